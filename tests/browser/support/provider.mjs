// A provider, set up as his administrator does it: the command line, the Admin pages, the Entra admin center.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Person } from "./people.mjs";
import { texts } from "./texts.mjs";

const ROLES = ["admin", "onboarding", "approver", "account-manager", "auditor"];
const APPS = ["reader", "operator", "approver"];

/** Who takes part: staff of the provider by role, and analysts of his other directory. */
export const CASTS = {
  en: {
    slug: "contoso",
    name: "Contoso SOC",
    staff: {
      admin: "Anna Admin",
      onboarding: "Olga Onboarding",
      approver: "Ben Approver",
      "account-manager": "Maud Manager",
      auditor: "Otto Auditor",
    },
    analysts: ["Ben Approver", "Cleo Approver", "Ada Analyst"],
  },
  nl: {
    slug: "fabrikam",
    name: "Fabrikam Defense",
    staff: {
      admin: "Anke Beheer",
      onboarding: "Olaf Aansluiting",
      approver: "Bas Goedkeurder",
      "account-manager": "Maaike Relatie",
      auditor: "Otto Controle",
    },
    analysts: ["Bas Goedkeurder", "Chris Goedkeurder", "Aafke Analist"],
  },
};

const first = (name) => name.split(" ")[0].toLowerCase();

export class Provider {
  /** Directories at Microsoft, the sign-in app, and the provider in the portal, by the command line. */
  static async add(house, language) {
    const provider = Object.assign(new Provider(), CASTS[language], { house, t: texts(language) });
    const { slug, name } = provider;
    provider.domain = `${slug}.example`;
    provider.analystDomain = `${slug}-analysts.example`;
    const user = (domain, roles) => (one) => ({ userPrincipalName: `${first(one)}@${domain}`, displayName: one, roles });
    const home = await house.cloud.tenant({
      displayName: name,
      domains: [provider.domain],
      users: Object.values(provider.staff).map(user(provider.domain, [])),
      applications: [
        {
          displayName: `${name} sign-in`,
          redirectUris: [`${house.origin}/p/${slug}/callback`],
          signInAudience: "AzureADMyOrg",
          requiredPermissions: { application: [], delegated: ["openid", "profile"] },
          appRoles: ROLES,
        },
      ],
    });
    // The administrator of the directory, who looks after its app registrations.
    provider.keeper = await Person.of(house, provider.t, { name: "Keeper", address: `keeper@${provider.domain}` });
    await house.cloud.tenant({
      id: home.id,
      users: [{ userPrincipalName: provider.keeper.address, displayName: "Keeper", roles: ["Application Administrator"] }],
    });
    const analysts = await house.cloud.tenant({
      displayName: `${name} analysts`,
      domains: [provider.analystDomain],
      users: provider.analysts.map(user(provider.analystDomain, [])),
    });
    Object.assign(provider, { home: home.id, analystTenant: analysts.id, signInApp: home.applications[0].appId, apps: {} });
    for (const [role, one] of Object.entries(provider.staff)) await provider.give(role, one);
    const certificate = join(house.directory, `${slug}.cer`);
    const said = await house.command(
      ...["provider", "add", "--slug", slug, "--name", name, "--sign-in-tenant", home.id],
      ...["--mail-domain", provider.domain, "--client-id", provider.signInApp, "--certificate", certificate],
      ...["--language", language],
    );
    if (!said.includes(`${house.origin}/p/${slug}`)) throw new Error(`it does not say where to go on:\n${said}`);
    await provider.upload(provider.signInApp, certificate);
    return provider;
  }

  give(role, name) {
    const user = { userPrincipalName: `${first(name)}@${this.domain}`, appRole: role };
    return this.house.cloud.control("POST", `tenants/${this.home}/applications/${this.signInApp}/users`, user);
  }

  /** The directory's administrator uploads a certificate on the app's page in Entra. */
  async upload(appId, file) {
    await this.keeper.visit(`${this.house.cloud.origin}/entra/${this.home}/app-registrations/${appId}`);
    await this.keeper.page.getByLabel("Certificate file").setInputFiles(file);
    await this.keeper.button("Upload certificate").click();
    await this.keeper.reads("SHA-256 thumbprint");
  }

  /** A member of the staff, at his browser, not signed in yet. */
  person(role, choices) {
    const name = this.staff[role];
    return Person.of(this.house, this.t, { name, address: `${first(name)}@${this.domain}`, ...choices });
  }

  /** Address of somebody of the analysts' directory. */
  address(name) {
    return `${first(name)}@${this.analystDomain}`;
  }

  /** Somebody of the analysts' directory, at his browser. */
  analyst(name, choices) {
    return Person.of(this.house, this.t, { name, address: this.address(name), ...choices });
  }

  /** The Admin pages, from the empty installation to "every app works". */
  async setUp(admin) {
    const { t } = this;
    await admin.link(t("providers-title")).click();
    await admin.field(t("providers-analyst-tenant")).fill(this.analystTenant);
    await admin.field(t("providers-analyst-domain")).fill(this.analystDomain);
    await admin.button(t("layout-save")).click();
    await admin.told("done-saved");
    for (const key of APPS) await this.setUpApp(admin, key);
    await admin.link(t("providers-app-sign-in")).click();
    await this.check(admin);
    await admin.link(admin.t("today-title")).click();
    await admin.reads(t("today-gaps-none"));
  }

  /** One app: registered as the page says, its certificate made here and uploaded there, and checked. */
  async setUpApp(admin, key) {
    const { t, house } = this;
    await admin.link(t(`providers-app-${key}`)).click();
    await admin.heading(t(`providers-app-${key}`)).waitFor();
    const listed = async (title) => {
      const list = admin.page.locator("h3", { hasText: t(title) }).locator("+ ul code");
      return list.allInnerTexts();
    };
    const application = await listed("providers-application-permissions");
    const delegated = await listed("providers-delegated-permissions");
    const registered = await house.cloud.tenant({
      id: this.home,
      applications: [
        {
          displayName: `${this.name} ${key}`,
          redirectUris: [`${house.origin}/consent/callback`, `${house.origin}/connect/callback`],
          signInAudience: "AzureADMultipleOrgs",
          requiredPermissions: { application, delegated },
        },
      ],
    });
    const { appId } = registered.applications[0];
    this.apps[key] = appId;
    // As the page says: the reader is granted at home too, where it asks for customers' names.
    if (key === "reader") {
      await admin.reads(t("providers-consent-own"));
      await house.cloud.consent(this.home, appId);
    }
    await admin.field(t("providers-client-id")).fill(appId);
    await admin.button(t("layout-save")).first().click();
    await admin.told("done-saved");
    await admin.button(t("providers-make-certificate")).click();
    await admin.told("done-certificate-made");
    const download = admin.page.waitForEvent("download");
    await admin.link(t("providers-download")).click();
    const file = join(house.directory, `${this.slug}-${key}.cer`);
    await (await download).saveAs(file);
    if (readFileSync(file)[0] !== 0x30) throw new Error("the certificate is not DER");
    await this.upload(appId, file);
    await this.check(admin);
  }

  async check(admin) {
    const { t } = this;
    await admin.button(t("providers-check")).click();
    await admin.told("done-checked");
    await admin.reads(t("providers-app-works"));
    await admin.page.locator("main").getByRole("link", { name: t("providers-title"), exact: true }).click();
  }
}
