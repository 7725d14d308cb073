// The whole of the main job in a browser, with real clicks: in English, and in Dutch.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { House } from "./support/house.mjs";
import * as act from "./support/onboarding.mjs";
import { Provider } from "./support/provider.mjs";

let house;
before(async () => {
  house = await House.open();
});
after(() => house?.end());

const CUSTOMERS = {
  en: { name: "Woodgrove Bank", domain: "woodgrove.example" },
  nl: { name: "Tulpenbank", domain: "tulpenbank.example" },
};
const TIERS = ["Tier 1 Analyst", "Tier 2 Analyst"];

for (const language of ["en", "nl"]) {
  test(`a customer is onboarded and an analyst gets in (${language})`, async () => {
    const provider = await Provider.add(house, language);
    const { t } = provider;

    const admin = await provider.person("admin").then((one) => one.signIn());
    await provider.setUp(admin);
    const manager = await provider.person("account-manager").then((one) => one.signIn());
    assert.equal(await manager.page.locator("html").getAttribute("lang"), language);
    const staff = await provider.person("onboarding").then((one) => one.signIn());
    const { page } = staff;

    const customer = await act.Customer.make(house, t, CUSTOMERS[language]);
    await act.addCustomer(staff, customer, manager.name);
    await act.accept(customer, await act.consentLink(staff, customer, "reader"));

    // What is in the tenant is read; the plan stands in words before anything is written.
    await staff.link(t("customers-tab-onboarding")).click();
    await house.passUntil(staff.heading(t("onboarding-questions")));
    await act.nameAdministrator(staff, customer);
    await staff.heading(t("onboarding-approve-title")).waitFor();
    for (const name of TIERS) await staff.link(t("onboarding-step-group", { name })).waitFor();
    const reading = await house.cloud.look(customer.tenant);
    assert.deepEqual([reading.groups.length, reading.packages.length], [0, 0]);
    await staff.button(t("onboarding-approve")).click();
    await staff.told("done-approved");
    await act.accept(customer, await act.consentLink(staff, customer, "operator"));

    // The run is watched: the page is never loaded again.
    await staff.open(customer.onboarding);
    await page.evaluate(() => (window.sameDocument = true));
    const done = page.locator(`[id="step-link.approvers"] .step-side`).getByText(t("onboarding-state-done"));
    await house.passUntil(done);
    await house.passUntil(page.getByRole("status").filter({ hasText: t("onboarding-run-waiting") }));
    assert.equal(await page.evaluate(() => window.sameDocument), true);

    // Two approvers ask through their link; the customer's administrator lets them in.
    await staff.link(t("customers-tab-overview")).click();
    const approversLink = await page.locator("#link-approvers").innerText();
    const approvers = provider.analysts.slice(0, 2).map((name) => provider.analyst(name));
    for await (const one of approvers) {
      await act.ask(one, approversLink, "I decide on requests for this customer");
      await act.approve(customer.admin, customer, one.name);
    }

    // The tiers' packages follow by themselves.
    await staff.link(t("customers-tab-onboarding")).click();
    await page.evaluate(() => (window.sameDocument = true));
    for (const tier of ["tier1", "tier2"]) {
      const state = page.locator(`[id="step-link.${tier}"] .step-side`);
      await house.passUntil(state.getByText(t("onboarding-state-done")));
    }
    assert.equal(await page.evaluate(() => window.sameDocument), true);

    // What no API can do: done by the customer, declared here with proof.
    await customer.admin.visit(`${house.cloud.origin}/defender/?tid=${customer.tenant}`);
    await customer.admin.button("Activate workloads").click();
    await customer.admin.reads("Unified RBAC is active");
    await act.declare(staff, customer, "rbac", "Seen in Defender, ticket 4711", "unified");
    for (const step of ["defender-role.tier1", "defender-role.tier2"]) {
      await act.defenderRoleByHand(staff, customer, step);
      await act.declare(staff, customer, step, "Made by the customer on the phone");
    }
    for (const step of ["device-groups", "live-response.tier2"]) {
      await act.declare(staff, customer, step, `https://tickets.example/${step}`);
    }

    // Three durable links stand on the customer's page.
    await staff.link(t("customers-tab-overview")).click();
    const links = {};
    for (const key of ["approvers", "tier1", "tier2"]) links[key] = await page.locator(`#link-${key}`).innerText();
    assert.equal(new Set(Object.values(links)).size, 3);

    // An analyst asks; the approver sees it in the list over all customers, and decides by its deep link.
    const approver = await provider.person("approver").then((one) => one.signIn());
    await approver.page.getByRole("navigation").getByRole("link", { name: t("requests-title"), exact: true }).click();
    await approver.reads(t("requests-none"));
    const analyst = await provider.analyst(provider.analysts[2]);
    await act.ask(analyst, links.tier1, "First shift on Monday");
    const row = approver.page.getByRole("row").filter({ hasText: analyst.name });
    await house.passUntil(row);
    await row.getByRole("link", { name: customer.name, exact: true }).waitFor();
    await row.getByText("First shift on Monday").waitFor();
    const opened = approver.context.waitForEvent("page");
    await row.getByRole("link", { name: t("requests-open") }).click();
    const there = approver.as((await approvers[0]).address, await opened);
    await there.heading(`Access packages of ${customer.name}`).waitFor();
    await there.link("Switch account").click();
    await there.pick();
    await there.page.getByRole("link", { name: /^Approvals/ }).click();
    await there.link(`Review request of ${analyst.name}`).click();
    await act.decide(there, "Approve");
    await house.passUntil(approver.page.getByText(t("requests-none")));

    // The analyst opens the customer's Defender portal; the portal sees that the chain holds.
    const defender = await staff.page.getByRole("link", { name: t("customers-portal-defender") }).getAttribute("href");
    assert.equal(new URL(defender).searchParams.get("tid"), customer.tenant);
    await analyst.visit(defender);
    await analyst.reads("You have access.");
    await analyst.reads("Tier 1 Analyst");
    await staff.button(t("customers-check-now")).click();
    await staff.told("done-reading");
    await staff.link(t("customers-tab-onboarding")).click();
    const last = page.locator(`[id="step-first-analyst"] .step-side`).getByText(t("onboarding-state-done"));
    await house.passUntil(last);
    // The list below is no live page: whoever opens it must find the end there.
    await house.passUntil(page.getByRole("heading", { level: 1, name: t("customers-state-onboarded"), exact: true }));

    // The account manager sees where his customer stands, in the list and on the page.
    await manager.page.getByRole("navigation").getByRole("link", { name: t("customers-title"), exact: true }).click();
    const mine = manager.page.getByRole("row").filter({ hasText: customer.name });
    await mine.getByText(t("customers-state-onboarded"), { exact: true }).waitFor();
    await mine.getByText(t("customers-mine")).waitFor();
    await mine.getByText(t("layout-move-nobody")).waitFor();
    const steps = await mine.locator("progress").evaluate((bar) => [bar.value, bar.max]);
    await mine.getByText(t("customers-steps", { done: steps[0], total: steps[1] })).waitFor();
    await mine.getByRole("link", { name: customer.name }).click();
    await manager.heading(t("customers-state-onboarded")).waitFor();
    for (const link of Object.values(links)) await manager.page.getByText(link, { exact: true }).waitFor();
    assert.equal(await manager.button(t("customers-check-now")).count(), 0);

    assert.deepEqual(house.troubles, []);
    assert.deepEqual(await house.cloud.unknown(), []);
  });
}
