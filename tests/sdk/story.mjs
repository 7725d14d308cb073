// Both ways: the portal onboards and Microsoft's clients read; Microsoft's SDK carries out and the portal has nothing
// left to do.

import assert from "node:assert/strict";

import { Cloud } from "../../scripts/demo-world/cloud.mjs";
import { freePort, startPortal, stopAll } from "../../scripts/demo-world/processes.mjs";
import { add, declare, setUp } from "../../scripts/demo-world/providers.mjs";
import { Employee } from "../../scripts/demo-world/staff.mjs";
import { Time } from "../../scripts/demo-world/time.mjs";
import { Clients } from "./clients.mjs";
import { Customer } from "./portal.mjs";

const told = JSON.parse(process.env.SDK_RUN);
const begun = performance.now();
const tell = (what) => console.log(`sdk ${((performance.now() - begun) / 1000).toFixed(0).padStart(3)} s  ${what}`);
const PERMISSIONS = [
  "EntitlementManagement.ReadWrite.All",
  "Group.ReadWrite.All",
  "RoleManagement.ReadWrite.Defender",
  "User.Read.All",
];

const person = (name, ...roles) => ({ name, roles, address: `${name.split(" ")[0].toLowerCase()}@contoso.example` });
const PROVIDER = {
  slug: "contoso",
  name: "Contoso SOC",
  domain: "contoso.example",
  language: "en",
  staff: [person("Olga Onboarding", "onboarding"), person("Anna Admin", "admin")],
  analysts: {
    name: "Contoso SOC Analysts",
    domain: "contoso-soc.example",
    approvers: ["Ben Approver", "Cleo Approver"],
    analysts: ["Ada Analyst", "Dirk Analyst"],
  },
};
const { domain: analystDomain } = PROVIDER.analysts;
const address = (name) => `${name.split(" ")[0].toLowerCase()}@${analystDomain}`;
const APPROVERS = PROVIDER.analysts.approvers.map(address);
const ANALYSTS = PROVIDER.analysts.analysts.map(address);

/** A directory with nothing in it but its administrator. */
async function directory(cloud, name, domain) {
  const administratorAddress = `admin@${domain}`;
  const administrator = `${name} Admin`;
  const user = { userPrincipalName: administratorAddress, displayName: administrator, roles: ["Global Administrator"] };
  const licences = ["AAD_PREMIUM_P2", "WINDEFATP"];
  const made = await cloud.tenant({ displayName: name, domains: [domain], licences, rbac: "unified", users: [user] });
  const id = made.users.find((one) => one.userPrincipalName === administratorAddress).id;
  return { name, domain, tenant: made.id, administrator, administratorAddress, administratorId: id };
}

/** The portal onboards an empty directory; what its people asked for and got. */
async function onboard(cloud, customer, provider) {
  await customer.add();
  await customer.consent("reader");
  await customer.wasRead();
  await customer.nameAdministrator();
  await customer.declare("rbac", "unified");
  await customer.approve();
  await customer.consent("operator");
  await customer.until("link.approvers");
  const requests = [];
  const ask = async (person, key, name, by) => {
    const who = { home: provider.desk, address: person };
    const id = await cloud.ask(customer.tenant, who, name, "I look after this customer.");
    if (by) await cloud.decide(customer.tenant, id, by);
    const outcome = by ? { state: "delivered", delivered: true } : { state: "pendingApproval", delivered: false };
    requests.push({ address: person, package: key, ...outcome });
  };
  for (const person of APPROVERS) {
    await ask(person, "approvers", "MSSP Analyst Approvers", customer.administratorAddress);
  }
  for (const tier of ["tier1", "tier2"]) await customer.until(`link.${tier}`);
  for (const step of ["device-groups", "live-response.tier2"]) await customer.declare(step);
  await ask(ANALYSTS[0], "tier1", "Tier 1 Analyst", APPROVERS[0]);
  await ask(ANALYSTS[1], "tier2", "Tier 2 Analyst", APPROVERS[1]);
  await ask(ANALYSTS[1], "tier1", "Tier 1 Analyst", undefined);
  await customer.readAgain();
  await customer.until("first-analyst");
  return requests;
}

/** No step that writes, changes or asks; which are left to people. */
async function nothingToDo(customer, wanted) {
  const seen = await customer.steps();
  const of = (...states) => [...seen].filter(([, state]) => states.includes(state)).map(([key]) => key);
  assert.deepEqual(of("create", "change", "question", "blocked"), [], "the portal would change what the SDK made");
  assert.deepEqual(of("manual", "waiting").sort(), [...wanted].sort());
  assert.equal((await customer.plan()).forms().some((form) => form.action.pathname.endsWith("/approve")), false);
  return of("done").length;
}

async function story() {
  const cloud = new Cloud(told.origin);
  const time = new Time(cloud);
  // The world begins in the past and has come to now when Microsoft's clients sign in: they go by the machine's clock.
  await time.begin(7200);
  // Small pages, so that every list has a second one.
  await cloud.control("POST", "/switches", { "page.size": 2 });
  const declared = await declare(cloud, PROVIDER);
  const port = await freePort();
  const variables = { SIMULATED_CLOUD_CA: told.ca };
  const portal = await startPortal({ bin: told.bin, state: told.state, port, cloudUrl: told.origin, variables });
  const house = { bin: told.bin, state: told.state, cloud, portal };
  const provider = await setUp(house, await add(house, declared));
  const admin = new Employee(portal.url, provider.slug, "Anna Admin");
  const blueprint = (values) => admin.fill("/admin/blueprint", "/admin/blueprint", { ...values, why: "Agreed." });
  await blueprint({ defender: "automatic" });
  const clients = new Clients(told, cloud);
  await clients.register(provider.home, PERMISSIONS);
  tell("the portal runs beside a simulated cloud over https; a provider with four apps is set up");

  const ours = new Customer(portal, provider, await directory(cloud, "Adatum", "adatum.example"), time);
  const theirs = new Customer(portal, provider, await directory(cloud, "Woodgrove Bank", "woodgrove.example"), time);
  const facts = (customer, more) => ({
    tenant: customer.tenant,
    analystTenant: provider.desk,
    analystDomain,
    administrator: customer.administratorId,
    administratorAddress: customer.administratorAddress,
    ...more,
  });
  const run = async (name, what, customer, more) => {
    const { said, calls, seconds } = await clients.run(name, facts(customer, more));
    const found = said.values ? `${said.objects} objects, ${said.values} values compared, ` : "";
    tell(`${what}: ${found}${calls} calls in ${seconds.toFixed(1)} s`);
    return said;
  };

  const requests = await onboard(cloud, ours, provider);
  const left = await nothingToDo(ours, ["notification-rule", "operator-removed"]);
  tell(`the portal onboarded an empty directory: ${left} steps done`);
  await time.to(0);
  await cloud.control("POST", `/tenants/${ours.tenant}/consent`, { appId: clients.app.id, grant: true });
  await run("read_back.py", "Python SDK reads back what the portal made", ours, { requests });
  await run("read-back.mjs", "JavaScript client reads back what the portal made", ours, { requests });

  await run("sign_in.py", "msal: consent, three proofs, sign-in with PKCE, renewal", theirs);
  const made = await run("carry_out.py", "Python SDK carries out the procedure in an empty directory", theirs);
  const handed = { requests: APPROVERS.map((person) => ({ address: person, package: "approvers", state: "delivered", delivered: true })) };
  for (const person of APPROVERS) {
    await cloud.ask(theirs.tenant, { home: provider.desk, address: person }, "MSSP Analyst Approvers", "First approver.");
  }
  await run("decide.py", "the customer's administrator lets the approvers in, by SDK", theirs, { waiting: APPROVERS.length });
  await run("read_back.py", "Python SDK reads back what it made", theirs, handed);
  await run("read-back.mjs", "JavaScript client reads back what the SDK made", theirs, handed);

  await theirs.add();
  await theirs.consent("reader");
  await theirs.wasRead();
  await theirs.nameAdministrator();
  const adopted = await theirs.adoptAll();
  const manual = ["rbac", "device-groups", "live-response.tier2", "first-analyst", "notification-rule"];
  await nothingToDo(theirs, manual);
  await theirs.readAgain();
  const done = await nothingToDo(theirs, manual);
  tell(`the portal reads what the SDK made: ${adopted.length} questions, all answered "adopt"; ${done} steps done, nothing to create or change`);
  await blueprint({ defender: "manual" });
  await theirs.readAgain();
  await nothingToDo(theirs, [...manual, "defender-role.tier1", "defender-role.tier2"]);
  const apps = Object.values(provider.apps);
  const graph = (call) => /^\/(v1\.0|beta)\//.test(call.path);
  const calls = (await clients.journal(theirs.tenant)).filter((call) => apps.includes(call.appId) && graph(call));
  const wrote = calls.filter((call) => call.method !== "GET").map((call) => `${call.method} ${call.path}`);
  assert.deepEqual(wrote, [], "the portal wrote in a directory that it only reads");
  await run("change.py", "somebody changes one value by SDK", theirs, { made });
  await theirs.readAgain();
  assert.deepEqual([...(await theirs.steps())].filter(([, state]) => state === "change"), [["policy.tier1", "change"]]);
  tell("the portal sees exactly that change");
  assert.deepEqual(await cloud.control("GET", "/unknown"), [], "asked for something that the simulation does not have");
  tell(`all agree: ${clients.calls} calls of Microsoft's clients, ${clients.operations.size} different operations`);
}

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => stopAll().then(() => process.exit(1)));
}
try {
  await story();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await stopAll();
}
