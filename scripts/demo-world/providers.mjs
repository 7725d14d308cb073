// A provider comes to be: directories, registered apps, `provider add`, and the rest on the portal's Admin pages.
import { execFile } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROLES, addressOf } from "./cast.mjs";
import { Employee } from "./staff.mjs";

const run = promisify(execFile);
const APPS = ["sign-in", "reader", "operator", "approver"];
const user = (name, domain) => ({ userPrincipalName: addressOf(name, domain), displayName: name });

/** His directories, with nobody's app in them. */
export async function declare(cloud, provider) {
    const { analysts } = provider;
    const apart = analysts.domain !== provider.domain;
    const here = apart ? [] : [...analysts.approvers, ...analysts.analysts].map((name) => user(name, analysts.domain));
    const people = provider.staff.map((one) => user(one.name, provider.domain));
    const home = await cloud.tenant({
        displayName: provider.name,
        domains: [provider.domain],
        licences: ["SPE_E5"],
        users: [...people, ...here.filter((one) => people.every((known) => known.userPrincipalName !== one.userPrincipalName))],
    });
    const desk = apart
        ? await cloud.tenant({
              displayName: analysts.name,
              domains: [analysts.domain],
              licences: ["SPE_E5"],
              users: [...analysts.approvers, ...analysts.analysts].map((name) => user(name, analysts.domain)),
          })
        : home;
    return { ...provider, home: home.id, desk: desk.id };
}

/** Somebody registers an app in the provider's directory; answers its client id. */
async function register(cloud, provider, kind, redirect, permissions) {
    const app = {
        displayName: `${provider.name} ${kind}`,
        redirectUris: [redirect],
        signInAudience: kind === "sign-in" ? "AzureADMyOrg" : "AzureADMultipleOrgs",
        requiredPermissions: permissions,
        appRoles: kind === "sign-in" ? ROLES : [],
    };
    const tenant = { id: provider.home, displayName: provider.name, applications: [app] };
    return (await cloud.tenant(tenant)).applications[0].appId;
}

export const upload = (cloud, provider, appId, der) =>
    cloud.control("POST", `/tenants/${provider.home}/applications/${appId}/certificates`, { cer: der.toString("base64") });

/** `mssp-portal provider add`: after it his staff can sign in. */
export async function add({ bin, state, cloud, portal }, provider) {
    const permissions = { application: [], delegated: ["openid", "profile"] };
    const appId = await register(cloud, provider, "sign-in", `${portal.url}/p/${provider.slug}/callback`, permissions);
    await cloud.control("POST", `/tenants/${provider.home}/consent`, { appId, grant: true });
    for (const one of provider.staff) {
        for (const appRole of one.roles) {
            const body = { userPrincipalName: one.address, appRole };
            await cloud.control("POST", `/tenants/${provider.home}/applications/${appId}/users`, body);
        }
    }
    const certificate = join(state, `${provider.slug}-sign-in.cer`);
    const words = ["provider", "add", "--slug", provider.slug, "--name", provider.name, "--sign-in-tenant", provider.home];
    words.push("--mail-domain", provider.domain, "--language", provider.language, "--client-id", appId);
    words.push("--certificate", certificate);
    const program = ["--pdeathsig", "TERM", "--", join(bin, "mssp-portal"), ...words];
    await run("setpriv", program, { env: portal.env });
    await upload(cloud, provider, appId, readFileSync(certificate));
    rmSync(certificate);
    return { ...provider, apps: { "sign-in": appId } };
}

/** What the admin does on the Admin pages: directories of the analysts, the other three apps, each checked. */
export async function setUp({ cloud, portal }, provider) {
    const admin = new Employee(portal.url, provider.slug, provider.staff.find((one) => one.roles.includes("admin")).name);
    const desk = { analyst_tenant: provider.desk, analyst_domain: provider.analysts.domain };
    await admin.fill("/admin", "/admin/provider", desk);
    const apps = { ...provider.apps };
    for (const kind of APPS) {
        const at = `/admin/apps/${kind}`;
        if (kind !== "sign-in") {
            const page = await admin.open(at);
            const redirect = /<code id="redirect"[^>]*>([^<]+)</.exec(page.body)[1];
            const appId = await register(cloud, provider, kind, redirect, asked(page));
            await admin.fill(at, `${at}/client-id`, { client_id: appId });
            await admin.fill(at, `${at}/certificate`);
            await upload(cloud, provider, appId, await admin.download(`${portal.url}${at}/certificate.cer`));
            // At home too: it asks there for the names of customers.
            if (kind === "reader") await cloud.control("POST", `/tenants/${provider.home}/consent`, { appId, grant: true });
            apps[kind] = appId;
        }
        const checked = await admin.fill(at, `${at}/check`);
        if (!checked.body.includes("move-nobody")) throw new Error(`${provider.name} ${kind}: ${checked.text.slice(0, 600)}`);
    }
    if (provider.channel) await tell(admin, provider.channel, `${cloud.url}/teams/${provider.slug}`);
    return { ...provider, apps, admin };
}

/** A channel of Teams that is told everything. */
async function tell(admin, name, target) {
    await admin.fill("/admin/notices/channels/add?kind=teams", "/channels/add", { name, target });
    const page = await admin.open("/admin/notices/rules/add");
    const form = page.form("/rules/add");
    const [to] = form.fields.find((field) => field.name === "to").options.find(([, label]) => label === name);
    await admin.submit(page, form, { name: `Everything to ${name}`, to });
}

/** The permissions the portal's page asks for: application ones first, then delegated ones. */
function asked(page) {
    const lists = [...page.body.matchAll(/<ul[^>]*>((?:\s*<li>\s*<code>[\s\S]*?<\/li>)+)\s*<\/ul>/g)];
    const names = lists.map(([, list]) => [...list.matchAll(/<code>([^<]+)<\/code>/g)].map(([, name]) => name));
    const delegated = (list) => list.includes("openid");
    return { application: names.filter((list) => !delegated(list)).flat(), delegated: names.filter(delegated).flat() };
}
