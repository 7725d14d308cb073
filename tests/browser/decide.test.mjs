// An approver without a mouse: he connects to five customers and decides on twelve requests, by keyboard alone.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { House } from "./support/house.mjs";
import { Keyboard } from "./support/keyboard.mjs";
import * as act from "./support/onboarding.mjs";
import { Provider } from "./support/provider.mjs";
import { begin, readNow, stepReaches } from "./support/quickly.mjs";

const CUSTOMERS = ["Alpine Ski House", "Fourth Coffee", "Northwind Traders", "Tailspin Toys", "Woodgrove Bank"];
const TIERS = ["Tier 1 Analyst", "Tier 2 Analyst"];
/** Requests of each customer: twelve in all. */
const ASKED = [3, 3, 2, 2, 2];

let house;
before(async () => {
  house = await House.open();
});
after(() => house?.end());

/** The customers, onboarded, with the approver among those who decide. */
async function ready(world) {
  const { staff, provider } = world;
  const customers = [];
  for (const name of CUSTOMERS) {
    const domain = `${name.toLowerCase().replaceAll(" ", "")}.example`;
    const customer = await act.Customer.make(house, provider.t, { name, domain, rbac: "unified" });
    await act.addCustomer(staff, customer);
    customers.push(customer);
  }
  for (const customer of customers) await begin(world, customer);
  for (const customer of customers) {
    await stepReaches(world, customer, "link.approvers", "done");
    for (const name of provider.analysts.slice(0, 2)) {
      const { id } = await ask(world, customer, "MSSP Analyst Approvers", name);
      const verdict = { approve: true, by: customer.admin.address, justification: "Known" };
      await house.cloud.control("POST", `tenants/${customer.tenant}/requests/${id}/decide`, verdict);
    }
    await house.cloud.consent(customer.tenant, provider.apps.approver);
  }
  for (const customer of customers) await stepReaches(world, customer, "link.tier2", "done");
  return customers;
}

function ask({ provider }, customer, pack, name) {
  const userPrincipalName = provider.address(name);
  const body = { package: pack, homeTenant: provider.analystTenant, userPrincipalName, justification: `On duty for ${customer.name}` };
  return house.cloud.control("POST", `tenants/${customer.tenant}/ask`, body);
}

/** The way back has the focus by itself; the browser gives it a moment after the page is read. */
async function back(keys) {
  await keys.page.waitForFunction(() => document.activeElement?.id === "back-to-list");
  await keys.press("Enter");
}

test("an approver decides twelve requests of five customers by keyboard alone", async () => {
  const provider = await Provider.add(house, "en");
  const { t } = provider;
  const admin = await provider.person("admin").then((one) => one.signIn());
  await provider.setUp(admin);
  const staff = await provider.person("onboarding").then((one) => one.signIn());
  const world = { house, provider, staff };
  const customers = await ready(world);
  const asked = [];
  for (const [at, customer] of customers.entries()) {
    const wishes = [[TIERS[0], provider.analysts[2]], [TIERS[1], provider.analysts[2]], [TIERS[0], provider.analysts[1]]];
    for (const [pack, name] of wishes.slice(0, ASKED[at])) {
      asked.push({ tenant: customer.tenant, ...(await ask(world, customer, pack, name)) });
    }
    await readNow(staff, customer);
  }
  assert.equal(asked.length, 12);

  const ben = await provider.person("approver").then((one) => one.signIn());
  const { page } = ben;
  const keys = new Keyboard(ben);
  await ben.open("/requests");
  await house.passUntil(page.getByText(t("requests-waiting", { count: 12 })));
  const list = page.getByRole("region", { name: t("requests-title"), exact: true });
  const waiting = page.locator("[data-row]");

  // What the keys do is told by one of them.
  await keys.tabTo(list);
  await keys.press("?");
  await ben.heading(t("requests-keys")).waitFor();
  await keys.press("Escape");

  // At each customer he signs in once, with his account of the analysts' directory.
  const his = ben.as(provider.address(ben.name), page);
  for (let connected = 0; connected < CUSTOMERS.length; connected += 1) {
    await ben.open("/requests");
    await keys.tabTo(list);
    await keys.press("j");
    const row = waiting.filter({ has: page.locator("[data-connect]") }).first();
    while (!(await row.evaluate((one) => one.contains(document.activeElement)))) await keys.press("j");
    await keys.press("a");
    await page.getByRole("heading", { name: "Pick an account" }).waitFor();
    await keys.activate(page.getByRole("button").filter({ hasText: his.address }).first());
    await ben.heading(t("requests-title")).waitFor();
  }
  assert.equal(await page.locator("[data-connect]").count(), 0);
  assert.equal(await page.locator("[data-choose]").count(), 12);

  // Nine at once, with one reason.
  await keys.tabTo(list);
  for (let chosen = 0; chosen < 9; chosen += 1) {
    await keys.press("j");
    await keys.press("x");
  }
  assert.equal(await page.locator("[data-choose]:checked").count(), 9);
  await keys.press("a");
  await keys.type("Known and expected on this shift");
  await keys.press("Enter");
  await ben.heading(t("requests-outcomes")).waitFor();
  await ben.reads(t("requests-outcomes-taken", { taken: 9, all: 9 }));
  await back(keys);
  await house.passUntil(page.getByText(t("requests-waiting", { count: 3 })));

  // One after another: approved, denied, and one on its own page.
  for (const [key, words, left] of [["a", "requests-outcome-approved-title", 2], ["d", "requests-outcome-denied-title", 1]]) {
    await keys.tabTo(list);
    await keys.press("j");
    await keys.press(key);
    await keys.type("Looked at one by one");
    await keys.press("Enter");
    await ben.reads(t(words));
    await back(keys);
    await house.passUntil(page.getByText(t("requests-waiting", { count: left })));
  }
  await keys.tabTo(list);
  await keys.press("j");
  await keys.press("o");
  await ben.heading(t("requests-history")).waitFor();
  await keys.tabTo(ben.page.getByRole("radio", { name: t("requests-approve") }));
  await keys.press("Space");
  await keys.fill(page.locator("#reason"), "The last one");
  await keys.press("Enter");
  await ben.reads(t("requests-outcome-approved-what"));
  await page.getByText("The last one").first().waitFor();

  // Microsoft was asked once for each, and each is decided; here stands by whom.
  const calls = await house.cloud.control("GET", "journal");
  const sent = calls.filter((call) => call.method === "PATCH" && call.path.includes("/stages/"));
  assert.equal(sent.length, 12);
  for (const { tenant, id } of asked) {
    const { state } = await house.cloud.byHand(tenant, "GET", `/identityGovernance/entitlementManagement/assignmentRequests/${id}`);
    assert.notEqual(state, "pendingApproval", id);
  }
  await ben.open("/requests?tab=decided");
  await house.passUntil(page.getByText(t("requests-decided-here", { name: ben.name })).nth(11));
  await ben.open("/connections");
  for (const { name } of customers) await page.getByRole("rowheader", { name }).waitFor();

  assert.deepEqual([...keys.wrong], []);
  assert.deepEqual(house.troubles, []);
  assert.deepEqual(await house.cloud.unknown(), []);
});
