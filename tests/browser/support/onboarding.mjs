// The acts of onboarding one customer, as people do them.

import { Person } from "./people.mjs";

/** A customer's directory with its administrator; Defender's roles are not turned on yet. */
export class Customer {
  static async make(house, t, { name, domain, rbac = "off" }) {
    const customer = Object.assign(new Customer(), { house, name, domain });
    const address = `admin@${domain}`;
    const made = await house.cloud.tenant({
      displayName: name,
      domains: [domain],
      licences: ["AAD_PREMIUM_P2", "WINDEFATP"],
      rbac,
      users: [{ userPrincipalName: address, displayName: `${name} Admin`, roles: ["Global Administrator"] }],
    });
    customer.tenant = made.id;
    customer.admin = await Person.of(house, t, { name: `${name} Admin`, address });
    return customer;
  }

  get myAccess() {
    return `${this.house.cloud.origin}/myaccess/@${this.domain}`;
  }

  get onboarding() {
    return `${this.path}/onboarding`;
  }
}

/** Onboarding staff add the customer by his domain, after seeing what was found. */
export async function addCustomer(staff, customer, manager) {
  const { t, page } = staff;
  await staff.page.getByRole("navigation").getByRole("link", { name: t("customers-title"), exact: true }).click();
  await staff.link(t("customers-add")).first().click();
  await staff.field(t("customers-add-domain")).fill(customer.domain);
  await staff.button(t("customers-add-find")).click();
  await staff.heading(t("customers-found")).waitFor();
  await page.locator("main").getByText(customer.tenant).waitFor();
  await page.locator("dl").getByText(customer.name, { exact: true }).waitFor();
  if (manager) await staff.field(t("customers-column-manager")).selectOption({ label: manager });
  await staff.button(t("customers-add-this")).click();
  await staff.told("done-customer-added");
  customer.path = new URL(page.url()).pathname;
  await staff.heading(t("customers-state-new")).waitFor();
}

/** The consent link of an app, copied from the consent page. */
export async function consentLink(staff, customer, app) {
  const { t, page } = staff;
  await staff.open(`${customer.path}/consent`);
  const section = page.locator(`#app-${app}`);
  await section.getByRole("button", { name: t("customers-consent-make-link"), exact: true }).click();
  return page.locator(`#consent-link-${app}`).innerText();
}

/** The customer's administrator opens the link in his own browser and accepts. */
export async function accept(customer, link) {
  const { admin } = customer;
  await admin.page.goto(link);
  await admin.pick();
  await admin.heading("Permissions requested").waitFor();
  await admin.button("Accept").click();
  await admin.heading(admin.t("customers-thanks")).waitFor();
}

/** Opens a step from the list of steps. */
export async function openStep(staff, customer, key) {
  await staff.open(customer.onboarding);
  await staff.page.locator(`[id="step-${key}"]`).getByRole("link").first().click();
}

/** Names the customer's administrator who decides on the first approvers. */
export async function nameAdministrator(staff, customer) {
  const { t } = staff;
  const question = staff.page.getByRole("listitem").filter({ hasText: t("onboarding-ask-administrator") });
  await question.getByRole("link", { name: t("onboarding-answer") }).click();
  await staff.field(t("onboarding-administrator")).fill(customer.admin.address);
  await staff.button(t("onboarding-administrator-save")).click();
  await staff.told("done-administrator");
}

/** The customer already has a group of our name, made by hand, with his own people in it. */
export async function groupByHand(customer, displayName, member) {
  const userPrincipalName = `${member.split(" ")[0].toLowerCase()}@${customer.domain}`;
  const users = [{ userPrincipalName, displayName: member }];
  await customer.house.cloud.tenant({ id: customer.tenant, users, groups: [{ displayName, members: [userPrincipalName] }] });
}

/** Staff see whose group it is, and take it over with a typed yes. */
export async function adopt(staff, name, member) {
  const { t, page } = staff;
  const question = page.getByRole("listitem").filter({ hasText: name });
  await question.getByRole("link", { name: t("onboarding-answer") }).click();
  const candidate = page.locator(".candidate");
  await candidate.getByRole("heading", { name, exact: true }).waitFor();
  await candidate.locator("dd.bad").getByText(member).waitFor();
  const word = t("onboarding-yes-word");
  await candidate.getByLabel(t("onboarding-yes-label", { word }), { exact: true }).fill(word);
  await candidate.getByRole("button", { name: t("onboarding-adopt"), exact: true }).click();
  await staff.told("done-answered");
}

/** A manual step is declared done, with proof. */
export async function declare(staff, customer, key, proof, model) {
  const { t } = staff;
  await openStep(staff, customer, key);
  if (model) await staff.page.getByLabel(t(`onboarding-model-${model}`)).check();
  await staff.field(t("onboarding-proof")).fill(proof);
  await staff.button(t("onboarding-declare")).click();
  await staff.told("done-declared");
}

/** Asks for a package through its link in My Access. */
export async function ask(analyst, link, why) {
  await analyst.visit(link);
  await analyst.page.getByLabel(/^Business justification/).fill(why);
  await analyst.button("Request").click();
  await analyst.heading("Request history").waitFor();
}

/** Approves, in the customer's My Access, what somebody asked for. */
export async function approve(approver, customer, name) {
  await approver.visit(`${customer.myAccess}/approvals`);
  await approver.link(`Review request of ${name}`).click();
  await decide(approver, "Approve");
}

/** On the page of one request. */
export async function decide(approver, decision) {
  await approver.page.getByLabel(/^Reason/).fill("Known and expected");
  await approver.button(decision).click();
  await approver.heading("Approvals").waitFor();
}

/** The customer makes one of Defender's roles by hand, with what the step's page gives him to copy. */
export async function defenderRoleByHand(staff, customer, key) {
  await openStep(staff, customer, key);
  const copied = async (at) => (await staff.page.locator(`#value-${at}`).innerText()).trim();
  const [name, group, permissions] = [await copied(0), await copied(1), await copied(3)];
  const { cloud } = customer.house;
  const defender = "/beta/roleManagement/defender";
  const known = await cloud.byHand(customer.tenant, "GET", `${defender}/resourceNamespaces/microsoft.xdr/resourceActions`);
  const actions = permissions.split("\n").map((one) => {
    const action = known.value.find((action) => action.name.endsWith(`/${one}`));
    if (!action) throw new Error(`Defender knows no permission ${one}`);
    return action.name;
  });
  await cloud.byHand(customer.tenant, "POST", `${defender}/roleDefinitions`, {
    displayName: name,
    isEnabled: true,
    rolePermissions: [{ allowedResourceActions: actions }],
  });
  const there = await cloud.look(customer.tenant);
  await cloud.byHand(customer.tenant, "POST", `${defender}/roleAssignments`, {
    displayName: name,
    roleDefinitionId: there.defenderRoles.find((one) => one.displayName === name).id,
    principalIds: [there.groups.find((one) => one.displayName === group).id],
    appScopeIds: ["/"],
  });
}
