// Somebody leaves: onboarding staff remove him everywhere. Where the portal may write it does so and sees that he is
// gone; where it may only read, the customer's administrator does it, and the portal sees that too.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { House } from "./support/house.mjs";
import * as act from "./support/onboarding.mjs";
import { Provider } from "./support/provider.mjs";
import { begin, consent, readNow, stepReaches } from "./support/quickly.mjs";

const EM = "/identityGovernance/entitlementManagement";
const TIER = "Tier 1 Analyst";

let house;
before(async () => {
  house = await House.open();
});
after(() => house?.end());

/** A customer with everything applied, two approvers and this analyst with access. */
async function customerWith(world, name, domain, analyst) {
  const { provider, staff } = world;
  const customer = await act.Customer.make(house, provider.t, { name, domain, rbac: "unified" });
  await act.addCustomer(staff, customer);
  await begin(world, customer);
  await stepReaches(world, customer, "link.approvers", "done");
  const [first, second] = provider.analysts;
  for (const who of [first, second]) await given(world, customer, "MSSP Analyst Approvers", who, customer.admin.address);
  await stepReaches(world, customer, "link.tier2", "done");
  await given(world, customer, TIER, analyst, provider.address(first));
  return customer;
}

async function given({ provider }, customer, wanted, who, by) {
  const { packages } = await house.cloud.look(customer.tenant);
  const pack = packages.find((one) => one.displayName.startsWith(wanted)).id;
  const asked = await house.cloud.control("POST", `tenants/${customer.tenant}/ask`, {
    package: pack, homeTenant: provider.analystTenant, userPrincipalName: provider.address(who), justification: "On duty",
  });
  const path = `tenants/${customer.tenant}/requests/${asked.id}/decide`;
  await house.cloud.control("POST", path, { approve: true, by, justification: "Known" });
}

async function holders(customer) {
  const { value } = await house.cloud.byHand(customer.tenant, "GET", `${EM}/assignments?$expand=target`);
  return value.filter((one) => one.state === "delivered").map((one) => one.target.displayName).sort();
}

async function reloadUntil({ page }, locator) {
  for (let turn = 0; turn < 90 && !(await locator.count()); turn += 1) {
    await house.cloud.pass(20);
    await page.reload();
  }
  await locator.first().waitFor();
}

test("a leaver is removed from every customer, by the portal or by the customer", async () => {
  const provider = await Provider.add(house, "en");
  const { t } = provider;
  const admin = await provider.person("admin").then((one) => one.signIn());
  await provider.setUp(admin);
  const staff = await provider.person("onboarding").then((one) => one.signIn());
  const world = { house, provider, staff };
  const leaver = provider.analysts[2];
  const written = await customerWith(world, "Woodgrove Bank", "woodgrove.example", leaver);
  const read = await customerWith(world, "Tailspin Toys", "tailspin.example", leaver);
  // After the run the second customer takes the right to write away again.
  await consent(world, read, "operator", false);
  await readNow(staff, read);

  // One row for him, with both customers.
  const { page } = staff;
  await page.getByRole("navigation").getByRole("link", { name: t("access-title"), exact: true }).click();
  const row = page.getByRole("row").filter({ hasText: provider.address(leaver) });
  await reloadUntil(staff, row.filter({ has: page.getByRole("cell", { name: "2", exact: true }) }));
  await row.getByRole("link", { name: leaver }).click();
  for (const one of [written, read]) await staff.link(one.name).waitFor();

  // His address must be typed; nothing happens before.
  await staff.link(t("access-leave")).click();
  await staff.field(t("access-why")).fill("Left the house on 30 November");
  const confirm = staff.field(t("access-leave-type", { address: provider.address(leaver) }));
  await confirm.fill("somebody else");
  await staff.button(t("access-leave-now")).click();
  await staff.reads(t("access-leave-typed-wrong"));
  assert.ok((await holders(written)).includes(leaver));
  await confirm.fill(provider.address(leaver));
  await staff.button(t("access-leave-now")).click();
  await staff.told("done-leaving");
  const record = page.url();

  // Where the portal may write, he is removed and seen to be gone; the other one is told what to do.
  const of = (customer) => page.getByRole("row").filter({ hasText: customer.name });
  await reloadUntil(staff, of(written).getByText(t("access-removal-verified"), { exact: true }));
  await of(written).getByText(t("access-way-portal")).waitFor();
  await reloadUntil(staff, of(read).getByText(t("access-removal-by-customer")));
  assert.ok(!(await holders(written)).includes(leaver));
  assert.deepEqual((await holders(written)).length, 2, "the approvers stay");
  assert.ok((await holders(read)).includes(leaver));
  const mail = await page.locator(".copy-block code").innerText();
  assert.match(mail, new RegExp(provider.address(leaver)));
  assert.match(mail, /Access packages/);

  // The customer's administrator does it by hand; the portal sees it.
  const { value } = await house.cloud.byHand(read.tenant, "GET", `${EM}/assignments?$expand=target`);
  const held = value.find((one) => one.target.displayName === leaver && one.state === "delivered");
  await house.cloud.byHand(read.tenant, "POST", `${EM}/assignmentRequests`, { requestType: "adminRemove", assignment: { id: held.id } });
  await house.cloud.pass(600);
  await staff.button(t("access-record-again")).click();
  await reloadUntil(staff, page.getByText(t("access-record-done")));
  await of(read).getByText(t("access-way-customer")).waitFor();

  // The record is printed; who looks him up later finds it.
  await page.emulateMedia({ media: "print" });
  await staff.reads("Left the house on 30 November");
  await page.emulateMedia({ media: "screen" });
  await staff.open("/access/leavers");
  await staff.link(leaver).click();
  assert.equal(page.url().split("?")[0], record.split("?")[0]);
  const auditor = await provider.person("auditor").then((one) => one.signIn());
  await auditor.open("/audit");
  for (const act of ["leaver-started", "removal-asked", "removal-verified"]) {
    await auditor.page.getByText(t(`audit-action-access-${act}`)).locator("visible=true").first().waitFor();
  }

  assert.deepEqual(house.troubles, []);
  assert.deepEqual(await house.cloud.unknown(), []);
});
