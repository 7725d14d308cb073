// What happened with a customer when he came, and what happened later.
import { Customer } from "./customer.mjs";

const EM = "/identityGovernance/entitlementManagement";

/** By the name in the roster: what happens from the day he came. */
export const STORIES = {
    added: (one) => one.add(),
    async asked(one) {
        await one.add();
        await one.consent("reader", false);
    },
    async blocked(one) {
        await one.add();
        await one.read();
    },
    async invitesClosed(one) {
        await one.world.cloud.set(one.tenant, { authorizationPolicy: { allowInvitesFrom: "none" } });
        await STORIES.blocked(one);
    },
    /** Somebody began by Microsoft's page and stopped in the middle. */
    async halfDone(one) {
        const { cloud } = one.world;
        await cloud.group(one.tenant, "Tier 1 Analyst", "For the SOC, see the mail of May");
        await cloud.group(one.tenant, "Tier 2 Analyst", "For the SOC, see the mail of May");
        await cloud.catalog(one.tenant, "MSSP Accesses", "Made by hand");
        await STORIES.blocked(one);
        await one.step("group.tier1", "question");
    },
    /** Fabrikam looked after him; its groups bear the same names and hold its people. */
    async anotherProvider(one) {
        await STORIES.blocked(one);
        await one.step("group.tier1", "question");
    },
    predecessor: (one) => one.onboard(),
    async planned(one) {
        await one.add();
        await one.read();
        await one.nameAdministrator();
        await one.reads('id="approve"');
    },
    async approved(one) {
        await STORIES.planned(one);
        await one.approve();
    },
    async failed(one) {
        const path = `/v1.0${EM}/catalogs`;
        await one.world.cloud.fault({ method: "POST", path, tenant: one.tenant, times: 1000, fault: "404", position: "before-effect" });
        await STORIES.approved(one);
        await one.consent("operator");
        await one.step("catalog", "failed");
    },
    async applied(one) {
        await one.add();
        await one.read();
        await one.apply();
    },
    async seated(one) {
        await STORIES.applied(one);
        await one.seatApprovers();
    },
    async declared(one) {
        await STORIES.seated(one);
        await one.byHand();
    },
    onboarded: (one) => one.onboard(),
};

/** What happened later, by `act`. */
export const LATER = {
    asks: (one, { who, tier, why, by }) => one.ask(who, tier, why, by),
    pauses: (one, { reason }) => one.pause(reason),
    /** His administrator removes our app. */
    async withdraws(one) {
        await one.world.cloud.withdraw(one.tenant, one.provider.apps.reader);
        await one.readNow();
        await one.world.time.wait(`${one.name} knows of no lost consent`, async () =>
            (await one.staff.open(one.at())).body.includes("Consent lost"));
    },
    /** Somebody changes things by hand. */
    async drifts(one) {
        const { cloud } = one.world;
        const there = await cloud.inside(one.tenant);
        const group = there.groups.find((group) => group.displayName === "Tier 2 Analyst");
        await cloud.byHand(one.tenant, "PATCH", `/groups/${group.id}`, { displayName: "SOC Tier 2" });
        const catalog = there.catalogs.find((catalog) => catalog.displayName === "MSSP Accesses");
        await cloud.byHand(one.tenant, "PATCH", `${EM}/catalogs/${catalog.id}`, { isExternallyVisible: false });
        await one.readNow();
        await one.reads("<h1>Drifted</h1>");
    },
    /** Defender raised alerts; `alerts` are `[severity, status, title, hours ago]`. */
    async alerted(one, { alerts }) {
        const { cloud } = one.world;
        const now = Date.now() - (await cloud.behind()) * 1000;
        const before = (hours) => new Date(now - hours * 3_600_000).toISOString();
        const list = alerts.map(([severity, status, title, hours], at) => ({
            id: `da${at + 1}`, severity, status, title, createdDateTime: before(hours), lastUpdateDateTime: before(hours / 2),
        }));
        await cloud.set(one.tenant, { alerts: list });
        await one.refresh();
        await one.world.time.wait(`${one.name}: no alerts`, async () =>
            (await one.staff.open(one.at("/alerts"))).body.includes("columnheader"));
    },
    /** The group of approvers is emptied by hand; nobody can decide any more. */
    async loses(one) {
        const { cloud } = one.world;
        const there = await cloud.inside(one.tenant);
        const group = there.groups.find((group) => group.displayName === "MSSP Analyst Approvers");
        for (const member of group.members) await cloud.byHand(one.tenant, "DELETE", `/groups/${group.id}/members/${member}/$ref`);
        await one.readNow();
    },
};

/** All that happens, as `[days ago, act, whether he comes by it]`. */
export function timeline(world, provider, roster) {
    return roster.flatMap((told) => {
        let one;
        const came = async () => {
            one = await Customer.make(world, provider, told);
            await STORIES[told.story](one);
        };
        const later = Object.entries(told.later ?? {}).map(([ago, what]) => [Number(ago), () => LATER[what.act](one, what), false]);
        return [[told.came, came, true], ...later];
    });
}

