// The whole of the main job in a browser, with real clicks: in English, and in Dutch.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { House } from "./support/house.mjs";
import * as act from "./support/onboarding.mjs";
import { Provider } from "./support/provider.mjs";
import { begin, stepReaches } from "./support/quickly.mjs";

let house;
before(async () => {
  house = await House.open();
});
after(() => house?.end());

const CUSTOMERS = {
  en: { name: "Woodgrove Bank", domain: "woodgrove.example" },
  nl: { name: "Tulpenbank", domain: "tulpenbank.example" },
};
/** Another customer of the same provider, whose name comes first. */
const SECOND = {
  en: { name: "Alpine Ski House", domain: "alpineskihouse.example", rbac: "unified" },
  nl: { name: "Aardappelhandel", domain: "aardappelhandel.example", rbac: "unified" },
};
const TIERS = ["Tier 1 Analyst", "Tier 2 Analyst"];
const MEMBER = "Kim de Vries";

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
    await act.groupByHand(customer, TIERS[0], MEMBER);
    await act.addCustomer(staff, customer, manager.name);
    await act.accept(customer, await act.consentLink(staff, customer, "reader"));

    // What is in the tenant is read; the plan stands in words before anything is written. Whose group it is that bears
    // our name already, a person decides.
    await staff.link(t("customers-tab-onboarding")).click();
    await house.passUntil(staff.heading(t("onboarding-questions")));
    await act.nameAdministrator(staff, customer);
    await staff.open(customer.onboarding);
    await act.adopt(staff, TIERS[0], MEMBER);
    await staff.open(customer.onboarding);
    await staff.heading(t("onboarding-approve-title")).waitFor();
    for (const name of TIERS) await staff.link(t("onboarding-step-group", { name })).waitFor();
    const reading = await house.cloud.look(customer.tenant);
    assert.deepEqual([reading.groups.length, reading.packages.length], [1, 0]);
    await staff.button(t("onboarding-approve")).click();
    await staff.told("done-approved-waiting");
    await act.accept(customer, await act.consentLink(staff, customer, "operator"));

    // A second customer is set up meanwhile.
    const second = await act.Customer.make(house, t, SECOND[language]);
    await act.addCustomer(staff, second);
    await begin({ house, provider, staff }, second);

    // The run is watched: the page is never loaded again.
    await staff.open(customer.onboarding);
    await page.evaluate(() => (window.sameDocument = true));
    const done = page.locator(`[id="step-link.approvers"] .step-side`).getByText(t("onboarding-state-done"));
    await house.passUntil(done);
    await house.passUntil(page.getByRole("status").filter({ hasText: t("onboarding-run-waiting") }));
    assert.equal(await page.evaluate(() => window.sameDocument), true);
    const { groups } = await house.cloud.look(customer.tenant);
    assert.deepEqual(groups.map((one) => one.displayName).sort(), ["MSSP Analyst Approvers", ...TIERS], "taken over, not doubled");
    assert.equal(groups.find((one) => one.displayName === TIERS[0]).members.length, 1, "and who was in it still is");

    // Two approvers ask through their link; the customer's administrator lets them in.
    await staff.link(t("customers-tab-overview")).click();
    const approversLink = await page.locator("#link-approvers").innerText();
    const approvers = provider.analysts.slice(0, 2).map((name) => provider.analyst(name));
    for await (const one of approvers) {
      await act.ask(one, approversLink, "I decide on requests for this customer");
      await act.approve(customer.admin, customer, one.name);
    }

    // One of them asks at the other customer too; there it waits.
    await stepReaches({ house, provider, staff }, second, "link.approvers", "done");
    await staff.link(t("customers-tab-overview")).click();
    await act.ask(await approvers[0], await page.locator("#link-approvers").innerText(), "I decide here as well");
    await staff.open(customer.path);

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

    // The approver finds the requests of all customers in one list, his own among them: he signs in with one directory
    // and asks from another, so he says who he is there.
    const approver = await provider.person("approver").then((one) => one.signIn());
    const requests = approver.page.getByRole("navigation").getByRole("link", { name: t("requests-title"), exact: true });
    await requests.click();
    const his = (await approvers[0]).address;
    assert.notEqual(his, approver.address);
    const own = approver.page.getByRole("row").filter({ hasText: second.name });
    await house.passUntil(own);
    // It is for the approvers' own package: none of us decides on that.
    await own.getByText(t("requests-theirs")).waitFor();
    await own.getByRole("link", { name: t("requests-maybe-own-say") }).click();
    await approver.reads(t("people-address-proposed-me", { address: his }));
    await approver.button(t("people-address-is-me")).click();
    await approver.told("done-saved");
    await requests.click();
    await own.getByText(t("requests-own", { address: his })).waitFor();
    assert.equal(await own.getAttribute("class"), "own-row");
    assert.equal(await own.getByRole("link", { name: t("requests-open") }).count(), 0);

    // An analyst asks; the row comes by itself, and its deep link leads to where it is decided.
    const analyst = await provider.analyst(provider.analysts[2]);
    await act.ask(analyst, links.tier1, "First shift on Monday");
    const row = approver.page.getByRole("row").filter({ hasText: analyst.name });
    await house.passUntil(row);
    await approver.reads(t("requests-waiting", { count: 2 }));
    await row.getByRole("link", { name: customer.name, exact: true }).waitFor();
    await row.getByText("First shift on Monday").waitFor();
    await row.getByText(t("requests-type-add"), { exact: true }).waitFor();
    const opened = approver.context.waitForEvent("page");
    await row.getByRole("link", { name: t("requests-open") }).click();
    const there = approver.as(his, await opened);
    await there.heading(`Access packages of ${customer.name}`).waitFor();
    await there.link("Switch account").click();
    await there.pick();
    await there.page.getByRole("link", { name: /^Approvals/ }).click();
    await there.link(`Review request of ${analyst.name}`).click();
    await act.decide(there, "Approve");
    await house.passUntil(approver.page.getByText(t("requests-waiting", { count: 1 })));
    await own.waitFor();
    assert.equal(await row.count(), 0);

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

    // The account manager finds his own customer before the others, and sees where he stands, in the list and on the page.
    await manager.page.getByRole("navigation").getByRole("link", { name: t("customers-title"), exact: true }).click();
    const names = manager.page.locator("[data-row] th a");
    assert.deepEqual(await names.allInnerTexts(), [customer.name, second.name]);
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
