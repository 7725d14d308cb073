// Both ways: the portal onboards and Microsoft's clients read; Microsoft's SDK carries out and the portal has nothing
// left to do.

import assert from "node:assert/strict";

import { addressOf } from "../../scripts/demo-world/cast.mjs";
import { Cloud } from "../../scripts/demo-world/cloud.mjs";
import { Customer } from "../../scripts/demo-world/customer.mjs";
import { freePort, startPortal, stopAll } from "../../scripts/demo-world/processes.mjs";
import { add, declare, setUp } from "../../scripts/demo-world/providers.mjs";
import { Employee } from "../../scripts/demo-world/staff.mjs";
import { Time } from "../../scripts/demo-world/time.mjs";
import { Clients } from "./clients.mjs";
import { adoptAll, offersApproval, readAgain, stepsAt } from "./portal.mjs";

const told = JSON.parse(process.env.SDK_RUN);
const begun = performance.now();
const tell = (what) => console.log(`sdk ${((performance.now() - begun) / 1000).toFixed(0).padStart(3)} s  ${what}`);
const PERMISSIONS = [
  "EntitlementManagement.ReadWrite.All",
  "Group.ReadWrite.All",
  "RoleManagement.ReadWrite.Defender",
  "User.Read.All",
];

const person = (name, ...roles) => ({ name, roles, address: addressOf(name, "contoso.example") });
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
const { domain: analystDomain, approvers: APPROVERS, analysts: ANALYSTS } = PROVIDER.analysts;
const address = (name) => addressOf(name, analystDomain);

/** The portal onboards an empty directory; what its people asked for and got. */
async function onboard(customer) {
  const requests = [];
  const asked = (name, key, delivered) => {
    const state = delivered ? "delivered" : "pendingApproval";
    requests.push({ address: address(name), package: key, state, delivered });
  };
  await customer.add();
  await customer.read();
  await customer.declare("rbac", { rbac: "unified" });
  await customer.apply();
  await customer.seatApprovers();
  for (const name of APPROVERS) asked(name, "approvers", true);
  for (const step of ["device-groups", "live-response.tier2"]) await customer.declare(step);
  const [first, second] = ANALYSTS;
  await customer.ask(first, 1, "First shift.", APPROVERS[0]);
  asked(first, "tier1", true);
  await customer.ask(second, 2, "Second line.", APPROVERS[1]);
  asked(second, "tier2", true);
  await customer.ask(second, 1, "First shift too.");
  asked(second, "tier1", false);
  await readAgain(customer);
  await customer.step("first-analyst", "done");
  return requests;
}

/** No step that writes, changes or asks; only these are left to people. How many are done. */
async function nothingToDo(customer, left) {
  const open = await stepsAt(customer, "create", "change", "question", "blocked");
  assert.deepEqual(open, [], "the portal would do something");
  assert.deepEqual((await stepsAt(customer, "manual", "waiting")).sort(), [...left].sort());
  assert.equal(await offersApproval(customer), false);
  return (await stepsAt(customer, "done")).length;
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
  const world = { bin: told.bin, state: told.state, cloud, portal, time };
  const provider = await setUp(world, await add(world, declared));
  provider.onboarding = new Employee(portal.url, provider.slug, "Olga Onboarding");
  const blueprint = (values) => provider.admin.fill("/admin/blueprint", "/admin/blueprint", { ...values, why: "Agreed." });
  await blueprint({ defender: "automatic" });
  const clients = new Clients(told, cloud);
  await clients.register(provider.home, PERMISSIONS);
  tell("the portal runs beside a simulated cloud over https; a provider with four apps is set up");

  const ours = await Customer.make(world, provider, { name: "Adatum", domain: "adatum.example" });
  const theirs = await Customer.make(world, provider, { name: "Woodgrove Bank", domain: "woodgrove.example" });
  const facts = async (customer, more) => {
    const { users } = await cloud.inside(customer.tenant);
    const administrator = users.find((one) => one.userPrincipalName === customer.admin.address).id;
    const analysts = { analystTenant: provider.desk, analystDomain };
    return { tenant: customer.tenant, administrator, administratorAddress: customer.admin.address, ...analysts, ...more };
  };
  const run = async (name, what, customer, more) => {
    const { said, calls, seconds } = await clients.run(name, await facts(customer, more));
    const found = said.values ? `${said.objects} objects, ${said.values} values compared, ` : "";
    tell(`${what}: ${found}${calls} calls in ${seconds.toFixed(1)} s`);
    return said;
  };

  const requests = await onboard(ours);
  const left = await nothingToDo(ours, ["notification-rule", "operator-removed"]);
  tell(`the portal onboarded an empty directory: ${left} steps done`);
  await time.to(0);
  await cloud.control("POST", `/tenants/${ours.tenant}/consent`, { appId: clients.app.id, grant: true });
  await run("read_back.py", "Python SDK reads back what the portal made", ours, { requests });
  await run("read-back.mjs", "JavaScript client reads back what the portal made", ours, { requests });

  await run("sign_in.py", "msal: consent, three proofs, sign-in with PKCE, renewal", theirs);
  const made = await run("carry_out.py", "Python SDK carries out the procedure in an empty directory", theirs);
  const seated = APPROVERS.map((name) => ({ address: address(name), package: "approvers", state: "delivered", delivered: true }));
  for (const name of APPROVERS) {
    const who = { home: provider.desk, address: address(name) };
    await cloud.ask(theirs.tenant, who, "MSSP Analyst Approvers", "I decide on requests for you.");
  }
  await run("decide.py", "the customer's administrator lets the approvers in, by SDK", theirs, { waiting: APPROVERS.length });
  await run("read_back.py", "Python SDK reads back what it made", theirs, { requests: seated });
  await run("read-back.mjs", "JavaScript client reads back what the SDK made", theirs, { requests: seated });

  await theirs.add();
  await theirs.read();
  await theirs.nameAdministrator();
  const adopted = await adoptAll(theirs);
  const manual = ["rbac", "device-groups", "live-response.tier2", "first-analyst", "notification-rule"];
  await nothingToDo(theirs, manual);
  await readAgain(theirs);
  const done = await nothingToDo(theirs, manual);
  tell(`the portal reads what the SDK made: ${adopted.length} questions, all answered "adopt"; ${done} steps done, nothing to create or change`);
  await blueprint({ defender: "manual" });
  await readAgain(theirs);
  await nothingToDo(theirs, [...manual, "defender-role.tier1", "defender-role.tier2"]);
  const apps = Object.values(provider.apps);
  const graph = (call) => /^\/(v1\.0|beta)\//.test(call.path);
  const calls = (await clients.journal(theirs.tenant)).filter((call) => apps.includes(call.appId) && graph(call));
  // A batch carries calls, which stand in the journal beside it.
  const writes = calls.filter((call) => call.method !== "GET" && !call.path.endsWith("/$batch"));
  const wrote = writes.map((call) => `${call.method} ${call.path}`);
  assert.deepEqual(wrote, [], "the portal wrote in a directory that it only reads");
  await run("change.py", "somebody changes one value by SDK", theirs, { made });
  await readAgain(theirs);
  assert.deepEqual(await stepsAt(theirs, "create", "change", "question", "blocked"), ["policy.tier1"]);
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
