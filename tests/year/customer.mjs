// A customer of the year: onboarded as in the demo's world, by the names that his provider gives things.
import { addressOf } from "../../scripts/demo-world/cast.mjs";
import { Customer } from "../../scripts/demo-world/customer.mjs";

const DEFENDER = "/beta/roleManagement/defender";
const STEPS = ["rbac", "defender-role.tier1", "defender-role.tier2", "device-groups", "live-response.tier2"];

export class YearCustomer extends Customer {
  static async make(world, provider, told) {
    return Object.setPrototypeOf(await Customer.make(world, provider, told), YearCustomer.prototype);
  }

  /** His id at the portal. */
  get id() {
    return this.path.split("/").pop();
  }

  get names() {
    return this.provider.names;
  }

  analyst(name) {
    return { home: this.provider.desk, address: addressOf(name, this.provider.analysts.domain) };
  }

  /** Our people look at once, instead of when the portal would. */
  async step(key, ...states) {
    await this.readNow();
    return super.step(key, ...states);
  }

  async seatApprovers() {
    const { cloud } = this.world;
    for (const name of this.provider.analysts.approvers) {
      const request = await cloud.ask(this.tenant, this.analyst(name), this.names.approvers, "I decide on requests for you.");
      await cloud.decide(this.tenant, request, this.admin.address);
    }
    await this.step("link.tier2", "done");
  }

  async ask(name, tier, why, by) {
    const { cloud } = this.world;
    const request = await cloud.ask(this.tenant, this.analyst(name), this.names.tier(tier), why);
    if (by) await cloud.decide(this.tenant, request, addressOf(by, this.provider.analysts.domain));
    return request;
  }

  /** What no API can do: his administrator does it, our staff declare it. */
  async byHand() {
    for (const step of STEPS) {
      if (step.startsWith("defender-role")) await this.makeRole(step);
      await this.staff.fill(this.at(`/onboarding/steps/${step}`), "/declare", {
        proof: "Seen together with the customer's administrator.",
        ...(step === "rbac" ? { rbac: "unified" } : {}),
      });
    }
  }

  /** As the step's page says: its name, its group, its permissions. */
  async makeRole(step) {
    const { cloud } = this.world;
    const page = await this.staff.open(this.at(`/onboarding/steps/${step}`));
    const copied = (at) => (new RegExp(`id="value-${at}"[^>]*>([^<]+)<`).exec(page.body)?.[1] ?? "").trim();
    const [role, group] = [copied(0), copied(1)];
    const known = await cloud.byHand(this.tenant, "GET", `${DEFENDER}/resourceNamespaces/microsoft.xdr/resourceActions`);
    const allowed = copied(3).split(/\s+/).map((one) => known.value.find((action) => action.name.endsWith(`/${one}`))?.name);
    const rolePermissions = [{ allowedResourceActions: allowed.filter(Boolean) }];
    await cloud.byHand(this.tenant, "POST", `${DEFENDER}/roleDefinitions`, { displayName: role, isEnabled: true, rolePermissions });
    const there = await cloud.inside(this.tenant);
    await cloud.byHand(this.tenant, "POST", `${DEFENDER}/roleAssignments`, {
      displayName: role,
      roleDefinitionId: there.defenderRoles.find((one) => one.displayName === role).id,
      principalIds: [there.groups.find((one) => one.displayName === group).id],
      appScopeIds: ["/"],
    });
  }

  /** His administrator lets approvers decide in our portal, with their own accounts. */
  letApproversConnect() {
    return this.world.cloud.control("POST", `/tenants/${this.tenant}/consent`, { appId: this.provider.apps.approver, grant: true });
  }
}
