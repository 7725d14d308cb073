// A world in which every page has something to show: customers in different states, and a provider with none.

import { Person } from "./people.mjs";
import * as act from "./onboarding.mjs";
import { Provider } from "./provider.mjs";
import { begin, consent, readNow, stepReaches } from "./quickly.mjs";
import { texts } from "./texts.mjs";

const WANTED = "Tier 1 Analyst";

/** A customer, added by hand. */
async function add(world, name, domain, choices) {
  const customer = await act.Customer.make(world.house, world.provider.t, { name, domain, ...choices });
  await act.addCustomer(world.staff, customer, world.manager.name);
  return customer;
}

/** Everything applied, one step declared, an analyst in, another request waiting. */
async function running(world) {
  const { staff, house, provider } = world;
  const customer = await add(world, "Woodgrove Bank", "woodgrove.example", { rbac: "unified" });
  await begin(world, customer);
  await stepReaches(world, customer, "link.approvers", "done");
  for (const name of provider.analysts.slice(0, 2)) {
    const asked = await house.cloud.control("POST", `tenants/${customer.tenant}/ask`, request(provider, "MSSP Analyst Approvers", name));
    await decide(world, customer, asked.id, customer.admin.address);
  }
  await stepReaches(world, customer, "link.tier2", "done");
  await act.declare(staff, customer, "rbac", "Seen in Defender, ticket 4711", "unified");
  for (const [name, approve] of [[provider.analysts[2], true], [provider.analysts[0], undefined]]) {
    const asked = await house.cloud.control("POST", `tenants/${customer.tenant}/ask`, request(provider, WANTED, name));
    if (approve) await decide(world, customer, asked.id, provider.address(provider.analysts[0]));
    else world.request = `/requests/${customer.path.split("/").pop()}/${asked.id}`;
  }
  await house.cloud.consent(customer.tenant, provider.apps.approver);
  await readNow(staff, customer);
  await staff.open("/requests");
  await house.passUntil(staff.page.getByRole("row").filter({ hasText: provider.analysts[0] }));
  return customer;
}

function request(provider, pack, name) {
  const justification = "I look after this customer";
  return { package: pack, homeTenant: provider.analystTenant, userPrincipalName: provider.address(name), justification };
}

function decide(world, customer, id, by) {
  const path = `tenants/${customer.tenant}/requests/${id}/decide`;
  return world.house.cloud.control("POST", path, { approve: true, by, justification: "Known" });
}

/** Who has access is read; a round of reviews is open there, and one of two approvers is being removed. */
async function withAccess(world, customer) {
  const { staff, house, provider } = world;
  const { t, page } = staff;
  const { packages } = await house.cloud.look(customer.tenant);
  const { id } = packages.find((one) => one.displayName === `${WANTED}` || one.displayName.startsWith(WANTED));
  const scope = { "@odata.type": "#microsoft.graph.accessReviewQueryScope", queryType: "MicrosoftGraph", queryRoot: null };
  scope.query = `/identityGovernance/entitlementManagement/accessPackageAssignments?$filter=(accessPackageId eq '${id}')`;
  const now = new Date((await house.cloud.control("GET", "clock")).now);
  const days = (count) => new Date(now.getTime() + count * 86_400_000).toISOString();
  const nobody = { id: "00000000-0000-0000-0000-000000000000", displayName: "", userPrincipalName: "" };
  const decision = (number, name, word) => ({
    id: `d${number}`, accessReviewId: "round-1", decision: word, justification: word === "Approve" ? "On duty" : "",
    recommendation: "Approve", reviewedDateTime: null, reviewedBy: nobody, applyResult: "New", appliedDateTime: null,
    appliedBy: nobody, principalLink: null, resourceLink: null, resource: null,
    principal: { "@odata.type": "#microsoft.graph.userIdentity", id: `p${number}`, displayName: name, userPrincipalName: name },
  });
  const round = {
    id: "round-1", startDateTime: days(-1), endDateTime: days(13), status: "InProgress", scope, reviewers: [],
    fallbackReviewers: [], contactedReviewers: [],
    decisions: [decision(1, provider.analysts[2], "Approve"), decision(2, provider.analysts[0], "NotReviewed")],
  };
  const definition = {
    id: "11111111-aaaa-4aaa-8aaa-111111111111", displayName: "Yearly", createdDateTime: days(-1),
    lastModifiedDateTime: days(-1), status: "InProgress", scope, reviewers: [], fallbackReviewers: [], instances: [round],
  };
  await house.cloud.control("POST", `tenants/${customer.tenant}/set`, { reviews: [definition] });
  world.round = `${customer.path}/reviews/round-1`;
  await staff.open("/access/reviews");
  await reloadUntil(world, page.getByRole("row").filter({ hasText: t("access-progress", { done: 1, all: 2 }) }), 60);
  world.holderMail = provider.address(provider.analysts[2]);
  await staff.open("/access/people");
  await reloadUntil(world, page.getByRole("row").filter({ hasText: world.holderMail }));
  world.holder = await staff.link(provider.analysts[2]).getAttribute("href");
  await staff.link(provider.analysts[1]).click();
  await staff.link(t("access-leave")).click();
  await staff.field(t("access-why")).fill("Left the house");
  const address = provider.address(provider.analysts[1]);
  await staff.field(t("access-leave-type", { address })).fill(address);
  await staff.button(t("access-leave-now")).click();
  await staff.told("done-leaving");
  world.leaver = new URL(page.url()).pathname;
}

/** Somebody else's groups bear our names: questions are open. */
async function asking(world) {
  const customer = await add(world, "Litware", "litware.example");
  const { cloud } = world.house;
  const people = [{ userPrincipalName: "kim@litware.example", displayName: "Kim of Litware" }];
  const groups = [WANTED, "MSSP Analyst Approvers"].map((displayName) => ({ displayName, members: ["kim@litware.example"] }));
  await cloud.tenant({ id: customer.tenant, users: people, groups });
  await consent(world, customer, "reader");
  await stepReaches(world, customer, "group.tier1", "question");
  return customer;
}

/** A run that a step of Microsoft's keeps from going on. */
async function failing(world) {
  const customer = await add(world, "Tailspin Toys", "tailspin.example");
  const path = "/v1.0/identityGovernance/entitlementManagement/catalogs";
  const fault = { method: "POST", path, tenant: customer.tenant, times: 1000, fault: "404", position: "before-effect" };
  await world.house.cloud.control("POST", "faults", fault);
  await begin(world, customer);
  await stepReaches(world, customer, "catalog", "failed");
  return customer;
}

/** Consent was given and is gone: background work says so. */
async function lost(world) {
  const { staff, house } = world;
  const customer = await add(world, "Fourth Coffee", "fourthcoffee.example");
  await consent(world, customer, "reader");
  await staff.open(customer.onboarding);
  await house.passUntil(staff.heading(staff.t("onboarding-questions")));
  await consent(world, customer, "reader", false);
  await staff.open(customer.path);
  await reloadUntil(world, staff.heading(staff.t("customers-state-consent-lost")));
  return customer;
}

/** A signed webhook and a rule that tells it everything; their addresses. */
async function told(admin) {
  await admin.open("/admin/notices/channels/add?kind=webhook");
  await admin.field(admin.t("notices-channel-name")).fill("SOC");
  await admin.field(admin.t("notices-target")).fill("https://hooks.invalid/soc");
  await admin.button(admin.t("notices-channel-add")).click();
  await admin.link(admin.t("notices-secret-kept")).click();
  const channel = new URL(admin.page.url()).pathname;
  await admin.button(admin.t("notices-test-send")).click();
  await admin.told("done-test-sent");
  await admin.open("/admin/notices/rules/add");
  await admin.field(admin.t("notices-rule-name")).fill("Everything to the SOC");
  await admin.field(admin.t("notices-rule-channel")).selectOption({ label: "SOC" });
  await admin.button(admin.t("layout-save")).click();
  const rule = await admin.link("Everything to the SOC").getAttribute("href");
  return { channel, rule };
}

/** What is read seldom comes after some longer `steps`, in seconds. */
async function reloadUntil({ staff, house }, locator, steps = 10) {
  for (let turn = 0; turn < 60 && !(await locator.count()); turn += 1) {
    await house.cloud.pass(steps);
    await staff.page.reload();
  }
  await locator.waitFor();
}

/** The whole world. `admin` and `staff` are signed in. */
export async function showcase(house) {
  const provider = await Provider.add(house, "en");
  const empty = await Provider.add(house, "nl");
  const admin = await provider.person("admin").then((one) => one.signIn());
  await provider.setUp(admin);
  const manager = await provider.person("account-manager").then((one) => one.signIn());
  const staff = await provider.person("onboarding").then((one) => one.signIn());
  const world = { house, provider, empty, admin, manager, staff };
  world.customers = {
    running: await running(world),
    asking: await asking(world),
    failing: await failing(world),
    lost: await lost(world),
    fresh: await add(world, "Proseware", "proseware.example"),
  };
  await withAccess(world, world.customers.running);
  // A directory that is nobody's customer yet.
  world.unclaimed = "relecloud.example";
  await act.Customer.make(house, provider.t, { name: "Relecloud", domain: world.unclaimed });
  // He asks by the analysts' directory, and nobody has said yet that it is he.
  const approver = await provider.person("approver").then((one) => one.signIn());
  await admin.open("/admin/people");
  const person = (name) => admin.link(name).getAttribute("href");
  const [one, oneself, proposed] = [await person(staff.name), await person(admin.name), await person(approver.name)];
  Object.assign(world, { approver, person: one, oneself, proposed }, await told(admin));
  return world;
}

/** The people who look at every page in one language: other people for each, since a language is a person's own. */
export async function lookers(world, language) {
  const { house, provider, empty } = world;
  const t = texts(language);
  const [admin, other] = language === "en" ? ["admin", "account-manager"] : ["onboarding", "auditor"];
  for (const one of [provider, empty]) await one.give("admin", one.staff[admin]);
  if (language === "nl") await provider.give("approver", provider.staff[other]);
  const at = async (which, role) => {
    const one = await which.person(role);
    await one.signIn();
    return choose(one, t);
  };
  const manager = await at(provider, other);
  const approver = language === "en" ? await at(provider, "approver") : manager;
  await connect(world, approver);
  return {
    visitor: await Person.of(house, t, { name: "Visitor", address: "" }),
    admin: await at(provider, admin),
    manager,
    approver,
    newcomer: await at(empty, admin),
  };
}

/** With the account of somebody whom the customer made an approver. */
async function connect({ provider, customers }, one) {
  const customer = customers.running.path.split("/").pop();
  await one.open(`/connections/${customer}/go?back=%2Fconnections`);
  await one.as(provider.address(provider.analysts[0]), one.page).pick();
  await one.heading(one.t("connections-title")).waitFor();
}

/** Chooses his language in the menu under his name. */
async function choose(one, t) {
  await one.page.locator(".house-person summary").click();
  await one.page.locator(`.house-menu [name=language][value=${t.language}]`).click();
  await one.page.locator(`html[lang=${t.language}]`).waitFor();
  return Object.assign(one, { t });
}
