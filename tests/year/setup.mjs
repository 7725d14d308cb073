// Before the year begins: both providers set up, their customers onboarded, whoever is to be told named.
import { add, declare, setUp, upload } from "../../scripts/demo-world/providers.mjs";
import { Employee } from "../../scripts/demo-world/staff.mjs";
import { plain } from "../../scripts/demo-world/visitor.mjs";
import { YearCustomer } from "./customer.mjs";

/** So many customers are onboarded side by side. */
const ABREAST = 6;

/** A provider from nothing to staff who have signed in once. */
export async function provider(world, cast) {
  const declared = await declare(world.cloud, cast);
  const set = await setUp(world, await add(world, declared));
  const people = Object.fromEntries(set.staff.map(({ name }) => [name, new Employee(world.portal.url, set.slug, name)]));
  await Promise.all(Object.values(people).map((one) => one.signIn()));
  const who = (role) => people[set.staff.find((one) => one.roles.includes(role)).name];
  const ready = { ...set, people, admin: who("admin"), onboarding: who("onboarding"), who };
  if (cast.days) await blueprint(ready, cast);
  return ready;
}

/** A blueprint of his own: other names, and another length. */
async function blueprint({ admin }, { names, days }) {
  const page = await admin.open("/admin/blueprint");
  const form = page.form("/admin/blueprint");
  const many = form.fields.filter((field) => field.name === "tier_group").length;
  const tiers = (name) => Array.from({ length: many }, (_, at) => (at < 2 ? name(at + 1) : ""));
  await admin.submit(page, form, {
    approvers_group: names.approvers,
    approvers_package: names.approvers,
    catalog: names.catalog,
    tier_group: tiers(names.tier),
    tier_package: tiers(names.tier),
    tier_role: tiers((at) => `${names.tier(at)} role`),
    days: String(days),
  });
}

/** A signed webhook for everything, and mail to the approvers. */
export async function notices({ slug, admin }, { hooks, mails }) {
  const at = "/admin/notices/channels/add";
  const made = await admin.fill(`${at}?kind=webhook`, at, { name: "Everything", target: `${hooks.url}/${slug}`, language: "en" });
  const secret = plain(/id="secret"[^>]*>([^<]+)</.exec(made.body)?.[1] ?? "");
  if (!secret.startsWith("whsec_")) throw new Error(`no secret: ${made.text.slice(0, 400)}`);
  hooks.secrets.set(slug, secret);
  await admin.fill("/admin/notices/mail", "/admin/notices/mail", {
    host: "127.0.0.1",
    port: String(mails.port),
    tls: "none",
    user: "",
    password: "",
    from: `portal@${slug}.example`,
  });
  await rule(admin, { name: "All to the webhook" }, (label) => label === "Everything", {});
  await rule(admin, { name: "Approvers by mail" }, (_, value) => value === "people", { to_roles: "approver" });
}

async function rule(admin, typed, chosen, boxes) {
  const page = await admin.open("/admin/notices/rules/add");
  const form = page.form("/admin/notices/rules/add");
  const to = form.fields.find((field) => field.name === "to").options.find(([value, label]) => chosen(label, value))[0];
  form.fields.find((field) => field.name === "enabled").on = true;
  const next = await admin.send(page, form, { ...typed, to }, boxes);
  if (next.status !== 200) throw new Error(`the rule ${typed.name}: ${next.status} ${next.text.slice(0, 400)}`);
}

/** Customers onboarded, some at a time; answers them. */
export async function onboard(world, provider, roster) {
  const [made, waiting] = [[], [...roster]];
  const lane = async () => {
    for (let told = waiting.shift(); told; told = waiting.shift()) {
      const customer = await YearCustomer.make(world, provider, told);
      await customer.onboard();
      await customer.letApproversConnect();
      made.push(customer);
      world.say(`  … ${provider.name}: ${customer.name} (${made.length} of ${roster.length})`);
    }
  };
  await Promise.all(Array.from({ length: ABREAST }, lane));
  return made.sort((one, other) => roster.findIndex((told) => told.name === one.name) - roster.findIndex((told) => told.name === other.name));
}

/** Every app gets a new key before the old one ends: made, uploaded, checked. */
export async function renewKeys(world, provider) {
  const { admin } = provider;
  for (const [kind, appId] of Object.entries(provider.apps)) {
    const at = `/admin/apps/${kind}`;
    await admin.fill(at, `${at}/certificate`);
    await upload(world.cloud, provider, appId, await admin.download(`${world.portal.url}${at}/next.cer`));
    const checked = await admin.fill(at, `${at}/check`);
    if (checked.body.includes("next.cer")) throw new Error(`${provider.name} ${kind}: the new key is not in use: ${checked.text.slice(0, 600)}`);
  }
}
