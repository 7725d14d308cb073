// The main acts without a mouse, and without script.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { House } from "./support/house.mjs";
import { Keyboard } from "./support/keyboard.mjs";
import * as act from "./support/onboarding.mjs";
import { Provider } from "./support/provider.mjs";

let house;
let provider;
before(async () => {
  house = await House.open();
  provider = await Provider.add(house, "en");
  await provider.setUp(await provider.person("admin").then((one) => one.signIn()));
});
after(() => house?.end());

const nav = (person, key) =>
  person.page.getByRole("navigation", { name: person.t("layout-navigation") }).getByRole("link", { name: person.t(key), exact: true });

test("a customer is added, asked for consent, planned and approved by keyboard alone", async () => {
  const { t } = provider;
  const staff = await provider.person("onboarding", { reducedMotion: "reduce" });
  const keys = new Keyboard(staff);
  const { page } = staff;

  // Signing in, past the navigation first.
  await staff.open("/");
  await keys.skip();
  await keys.fill(staff.field(t("sign-in-who")), staff.address);
  await keys.press("Enter");
  await page.waitForURL(/\/p\//);
  await keys.activate(page.locator("main a.btn-primary"));
  await keys.fill(page.getByLabel("Another account: its email address"), staff.address);
  await keys.press("Enter");
  await staff.heading(t("today-title")).waitFor();

  // Adding a customer.
  const customer = await act.Customer.make(house, t, { name: "Woodgrove Bank", domain: "woodgrove.example" });
  await keys.activate(nav(staff, "customers-title"));
  await keys.activate(staff.link(t("customers-add")).first());
  await keys.fill(staff.field(t("customers-add-domain")), customer.domain);
  await keys.press("Enter");
  await keys.activate(staff.button(t("customers-add-this")), "Space");
  await staff.told("done-customer-added");
  customer.path = new URL(page.url()).pathname;

  // The consent link.
  const consentLink = async (app) => {
    await keys.activate(staff.link(t("customers-tab-consent")));
    await keys.activate(page.locator(`#make-link-${app}`));
    return page.locator(`#consent-link-${app}`).innerText();
  };
  await act.accept(customer, await consentLink("reader"));

  // The question about the customer's administrator, and the approval.
  await keys.activate(staff.link(t("customers-tab-onboarding")));
  await house.passUntil(staff.heading(t("onboarding-questions")));
  const question = page.getByRole("listitem").filter({ hasText: t("onboarding-ask-administrator") });
  await keys.activate(question.getByRole("link", { name: t("onboarding-answer") }));
  await keys.fill(staff.field(t("onboarding-administrator")), customer.admin.address);
  await keys.press("Enter");
  await staff.told("done-administrator");
  await keys.activate(staff.button(t("onboarding-approve")), "Space");
  await staff.told("done-approved-waiting");

  // A manual step, declared with a choice and a proof.
  await keys.activate(page.locator(`[id="step-rbac"]`).getByRole("link").first());
  await keys.activate(page.getByLabel(t("onboarding-model-unified")), "Space");
  await keys.fill(staff.field(t("onboarding-proof")), "Seen in Defender, ticket 4711");
  await keys.activate(staff.button(t("onboarding-declare")));
  await staff.told("done-declared");

  // The run; then somebody asks for access.
  await act.accept(customer, await consentLink("operator"));
  await keys.activate(staff.link(t("customers-tab-onboarding")));
  const done = page.locator(`[id="step-link.approvers"] .step-side`).getByText(t("onboarding-state-done"));
  await house.passUntil(done);
  const { analystTenant: homeTenant } = provider;
  const ask = (name, wanted) =>
    house.cloud.control("POST", `tenants/${customer.tenant}/ask`, {
      package: wanted, homeTenant, userPrincipalName: provider.address(name), justification: "Shift",
    });
  const first = await ask(provider.analysts[0], "MSSP Analyst Approvers");
  const decided = { approve: true, by: customer.admin.address, justification: "Known" };
  await house.cloud.control("POST", `tenants/${customer.tenant}/requests/${first.id}/decide`, decided);
  await house.passUntil(page.locator(`[id="step-link.tier1"] .step-side`).getByText(t("onboarding-state-done")));
  for (const name of provider.analysts.slice(1, 3)) await ask(name, "Tier 1 Analyst");
  await keys.activate(nav(staff, "requests-title"));
  const rows = page.getByRole("row").filter({ hasText: customer.name });
  await house.passUntil(rows.nth(1));
  const open = rows.first().getByRole("link", { name: t("requests-open") });
  await keys.tabTo(open);

  // In the list a letter moves; outside it is only a letter.
  const focused = (locator) => locator.evaluate((one) => one === document.activeElement);
  const opens = (row) => row.locator("[data-open]");
  const top = opens(rows.first());
  await keys.press("k");
  assert.equal(await focused(top), true, "k in the first row stays there");
  await keys.press("j");
  assert.equal(await focused(opens(rows.nth(1))), true);
  await keys.press("k");
  await keys.press("o");
  await page.waitForURL((url) => url.pathname.startsWith(customer.path.replace("/customers/", "/requests/")));
  await keys.activate(nav(staff, "customers-title"));
  await page.getByRole("row").filter({ hasText: customer.name }).waitFor();
  for (const key of ["j", "k", "o", "/"]) {
    await keys.press(key);
    assert.equal(await page.evaluate(() => document.activeElement === document.body), true, `${key} outside a list`);
  }
  await keys.tabTo(page.getByRole("row").getByRole("link", { name: customer.name, exact: true }));
  await keys.press("/");
  await keys.type("joko/");
  assert.equal(await page.locator("[data-search]").inputValue(), "joko/");

  // Signing out, through the menu.
  await keys.activate(page.locator(".house-person summary"));
  await keys.activate(staff.button(t("sign-in-sign-out")));
  await staff.field(t("sign-in-who")).waitFor();
  assert.deepEqual([...keys.wrong], [], "what had the focus was not seen to have it");
  assert.ok(keys.stops > 100, `only ${keys.stops} stops`);
});

test("a customer is added, planned, approved and a step declared without script", async () => {
  const { t } = provider;
  const staff = await provider.person("onboarding", { javaScriptEnabled: false }).then((one) => one.signIn());
  const { page } = staff;
  const reloadUntil = async (locator) => {
    for (let turn = 0; turn < 60 && !(await locator.count()); turn += 1) {
      await house.cloud.pass(10);
      await page.reload();
    }
    await locator.first().waitFor();
  };
  const customer = await act.Customer.make(house, t, { name: "Tailspin Toys", domain: "tailspin.example" });
  await act.addCustomer(staff, customer);
  await act.accept(customer, await act.consentLink(staff, customer, "reader"));
  await staff.link(t("customers-tab-onboarding")).click();
  await reloadUntil(staff.heading(t("onboarding-questions")));
  await act.nameAdministrator(staff, customer);
  await staff.button(t("onboarding-approve")).click();
  await staff.told("done-approved-waiting");
  await act.declare(staff, customer, "rbac", "Seen in Defender, ticket 4712", "unified");
  await act.accept(customer, await act.consentLink(staff, customer, "operator"));
  await staff.open(customer.onboarding);
  await reloadUntil(page.locator(`[id="step-link.approvers"] .step-side`).getByText(t("onboarding-state-done")));
  await staff.page.locator(".house-person summary").click();
  await staff.button("Nederlands").click();
  await page.locator("html[lang=nl]").waitFor();
});

test("no page complained, and nothing was asked that Microsoft does not have", async () => {
  assert.deepEqual(house.troubles, []);
  assert.deepEqual(await house.cloud.unknown(), []);
});
