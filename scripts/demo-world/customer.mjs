// One customer on his way through the procedure: what he, our staff and our analysts do, each at his own pages.
import { addressOf } from "./cast.mjs";
import { Visitor, plain } from "./visitor.mjs";

const DEFENDER = "/beta/roleManagement/defender";
const DECLARED = ["rbac", "defender-role.tier1", "defender-role.tier2", "device-groups", "live-response.tier2"];
const PROOFS = {
    rbac: "Seen on a shared screen with the customer's administrator.",
    "defender-role.tier1": "Screenshot in the onboarding ticket.",
    "defender-role.tier2": "Screenshot in the onboarding ticket.",
    "device-groups": "https://tickets.contoso.example/onboarding/device-groups",
    "live-response.tier2": "Toggle seen under Advanced features, together with the administrator.",
};

/** Declares a directory; answers its id. */
async function directory({ cloud }, told, admin) {
    const people = [[admin.name, admin.address, ["Global Administrator"]], ["Sam Colleague", `sam@${told.domain}`, []]];
    const made = await cloud.tenant({
        displayName: told.name,
        domains: [told.domain],
        licences: told.licences ?? ["SPE_E5"],
        rbac: told.rbac ?? "unified",
        users: people.map(([displayName, userPrincipalName, roles]) => ({ displayName, userPrincipalName, roles })),
    });
    return made.id;
}

export class Customer {
    /** With his directory as it was before anybody thought of us; two providers may have the same customer. */
    static async make(world, provider, told) {
        const admin = { name: told.admin ?? "Kim Administrator", address: `admin@${told.domain}` };
        world.directories ??= new Map();
        if (!world.directories.has(told.domain)) world.directories.set(told.domain, directory(world, told, admin));
        const tenant = await world.directories.get(told.domain);
        return Object.assign(new Customer(), { world, provider, told, admin, tenant, name: told.name });
    }

    get staff() {
        return this.provider.onboarding;
    }

    at(rest = "") {
        return `${this.path}${rest}`;
    }

    /** Onboarding staff add him by his domain, after seeing what was found. */
    async add() {
        const { staff, told } = this;
        const found = await staff.fill("/customers/add", "/customers/add/find", { domain: told.domain });
        const form = found.form("/customers/add");
        const managers = form.fields.find((field) => field.name === "manager").options;
        const manager = managers.find(([, name]) => name === told.manager)?.[0] ?? "";
        const page = await staff.submit(found, form, { name: told.name, manager });
        this.path = page.url.pathname;
        if (told.tags || told.notes) {
            const notes = { tags: (told.tags ?? []).join(", "), notes: told.notes ?? "" };
            await staff.fill(this.at("/details"), "/notes", notes);
        }
        const contact = { name: [this.admin.name], role: ["Administrator"], mail: [this.admin.address], phone: [""] };
        await staff.fill(this.at("/details"), "/contacts", contact);
    }

    /** A consent link is made; he answers it if `accept`. */
    async consent(app, accept = true) {
        const page = await this.staff.open(this.at("/consent"));
        const form = page.forms().find((one) => one.fields.some((field) => field.name === "app" && field.value === app));
        const made = await this.staff.submit(page, form);
        const link = plain(new RegExp(`id="consent-link-${app}"[^>]*>([^<]+)<`).exec(made.body)?.[1] ?? "");
        if (!link) throw new Error(`${this.name}: no consent link for ${app}: ${made.text.slice(0, 400)}`);
        if (accept) await this.#accept(link);
    }

    async #accept(link) {
        const visitor = new Visitor(this.admin.name);
        const picking = await visitor.get(link);
        const typed = picking.forms().find((form) => form.fields.some((field) => field.name === "address"));
        const asked = await visitor.send(picking, typed, { address: this.admin.address });
        const consent = asked.forms().find((form) => form.buttons.some((button) => button.value === "accept"));
        if (!consent) throw new Error(`${this.name}: no consent page: ${asked.text.slice(0, 400)}`);
        const thanks = await visitor.send(asked, consent, {}, { decision: "accept" });
        if (thanks.status !== 200) throw new Error(`${this.name}: consent ended with ${thanks.status}`);
    }

    /** Waits until a step shows one of these states. */
    step(key, ...states) {
        const there = new RegExp(`id="step-${key.replaceAll(".", "\\.")}"><span class="step-icon step-(${states.join("|")})"`);
        const look = async () => (await this.staff.open(this.at("/onboarding"))).body;
        return this.world.time.wait(async () => `${this.name}: ${key} is not ${states} at ${this.path}`, async () => there.test(await look()));
    }

    /** Waits for words on his onboarding page. */
    reads(words) {
        const look = async () => (await this.staff.open(this.at("/onboarding"))).body;
        return this.world.time.wait(`${this.name}: “${words}”`, async () => (await look()).includes(words));
    }

    async readNow() {
        await this.staff.fill(this.at("/onboarding"), "/check");
    }

    /** Everything that is read of him, besides what the steps need. */
    async refresh() {
        await this.staff.fill(this.at(), "/refresh");
    }

    /** He has consented to reading; what is in his directory was read. */
    async read() {
        await this.consent("reader");
        const onboarding = async () => (await this.staff.open(this.at("/onboarding"))).body;
        await this.world.time.wait(`${this.name}: never read`, async () => !(await onboarding()).includes("has not been read yet"));
    }

    /** Who decides on the first approvers. */
    async nameAdministrator() {
        const at = this.at("/onboarding/steps/first-approvers");
        const link = /href="([^"]+)">[^<]*<span class="visually-hidden"> \([^)]*administrator/i.exec((await this.staff.open(this.at("/onboarding"))).body);
        await this.staff.fill(link?.[1] ?? at, "/administrator", { principal_name: this.admin.address });
    }

    async approve() {
        await this.reads('id="approve"');
        await this.staff.fill(this.at("/onboarding"), "/approve");
    }

    /** The plan is approved, writing is allowed; the approvers' package has its link. */
    async apply() {
        await this.nameAdministrator();
        await this.approve();
        await this.consent("operator");
        await this.step("link.approvers", "done");
    }

    /** Our approvers ask for their package; his administrator lets them in. */
    async seatApprovers() {
        const { cloud } = this.world;
        for (const name of this.provider.analysts.approvers) {
            const request = await cloud.ask(this.tenant, this.#analyst(name), "MSSP Analyst Approvers", "I decide on requests for you.");
            await cloud.decide(this.tenant, request, this.admin.address);
        }
        await this.step("link.tier2", "done");
    }

    #analyst(name) {
        return { home: this.provider.desk, address: addressOf(name, this.provider.analysts.domain) };
    }

    async declare(step, more = {}) {
        await this.staff.fill(this.at(`/onboarding/steps/${step}`), "/declare", { proof: PROOFS[step], ...more });
    }

    /** What no API can do: his administrator does it, our staff declare it. */
    async byHand(steps = DECLARED) {
        const model = this.told.rbac === "classic" ? "classic" : "unified";
        for (const step of steps) {
            if (step === "defender-role.tier1" && model === "unified") await this.#makeDefenderRoles();
            await this.declare(step, step === "rbac" ? { rbac: model } : {});
        }
    }

    /** The roles of Unified RBAC, made by his administrator as the step's page says. */
    async #makeDefenderRoles() {
        const { cloud } = this.world;
        const known = await cloud.byHand(this.tenant, "GET", `${DEFENDER}/resourceNamespaces/microsoft.xdr/resourceActions`);
        const named = (values) => values.map((value) => known.value.find((one) => one.name.endsWith(`/${value}`))?.name).filter(Boolean);
        for (const [tier, role] of [["tier1", "Tier 1 Analysts"], ["tier2", "Tier 2 Analysts"]]) {
            const page = await this.staff.open(this.at(`/onboarding/steps/defender-role.${tier}`));
            const copied = /id="value-3"[^>]*>([^<]+)</.exec(page.body)?.[1] ?? "";
            const rolePermissions = [{ allowedResourceActions: named(copied.trim().split(/\s+/)) }];
            await cloud.byHand(this.tenant, "POST", `${DEFENDER}/roleDefinitions`, { displayName: role, isEnabled: true, rolePermissions });
            const there = await cloud.inside(this.tenant);
            await cloud.byHand(this.tenant, "POST", `${DEFENDER}/roleAssignments`, {
                displayName: role,
                roleDefinitionId: there.defenderRoles.find((one) => one.displayName === role).id,
                principalIds: [there.groups.find((one) => one.displayName === role.replace(/s$/, "")).id],
                appScopeIds: ["/"],
            });
        }
    }

    /** An analyst asks for a tier; `by` approves, or it stays pending. */
    async ask(name, tier, why, by) {
        const { cloud } = this.world;
        const request = await cloud.ask(this.tenant, this.#analyst(name), `Tier ${tier} Analyst`, why);
        if (by) await cloud.decide(this.tenant, request, addressOf(by, this.provider.analysts.domain));
        return request;
    }

    /** The whole procedure, up to the first analyst who got in. */
    async onboard() {
        await this.add();
        await this.read();
        await this.apply();
        await this.seatApprovers();
        await this.byHand();
        const [first, second] = this.provider.analysts.analysts;
        const [approver] = this.provider.analysts.approvers;
        await this.ask(first, 1, "Takes the first shift for this customer.", approver);
        await this.ask(second, 2, "Second line, may need live response.", approver);
        await this.step("first-analyst", "done");
        await this.reads("<h1>Onboarded</h1>");
        if (!this.told.keepsWriting) this.world.cloud.withdraw(this.tenant, this.provider.apps.operator);
    }

    async pause(reason) {
        await this.staff.fill(this.at("/details"), "/pause", { reason });
    }
}
