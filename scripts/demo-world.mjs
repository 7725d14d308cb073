// The demo's world, made only by what people do: at the portal's pages, at Entra's, and in their own tenants.
import { CONTOSO, FABRIKAM } from "./demo-world/cast.mjs";
import { Cloud } from "./demo-world/cloud.mjs";
import { add, declare, setUp } from "./demo-world/providers.mjs";
import { CONTOSO_CUSTOMERS, FABRIKAM_CUSTOMERS } from "./demo-world/roster.mjs";
import { Employee } from "./demo-world/staff.mjs";
import { timeline } from "./demo-world/stories.mjs";
import { DAY, Time } from "./demo-world/time.mjs";

/** How long ago it all begins, in seconds: before the first customer came. */
const BEGINNING = 340 * DAY;
/** How far apart, in days, what happens side by side may lie: the longer ago, the farther. */
const together = (ago) => Math.max(0.01, ago / 10);

/** Starts the portal in the past and adds both providers; then their people can sign in. */
export async function makeProviders({ bin, state, cloud, start, say, from = BEGINNING }) {
    const control = new Cloud(cloud.url);
    const time = new Time(control);
    await time.begin(from);
    const [contoso, fabrikam] = await Promise.all([CONTOSO, FABRIKAM].map((one) => declare(control, one)));
    const portal = await start();
    const world = { bin, state, cloud: control, portal, time, say, contoso, fabrikam };
    world.contoso = await add(world, contoso);
    world.fabrikam = await add(world, fabrikam);
    return world;
}

/** The first `count` customers of Contoso, and Fabrikam's that belong to them or, beside all, every one of his. */
export async function makeCustomers(world, count) {
    const [contoso, fabrikam] = await Promise.all([world.contoso, world.fabrikam].map((one) => ready(world, one)));
    const ours = CONTOSO_CUSTOMERS.slice(0, count);
    const all = count >= CONTOSO_CUSTOMERS.length;
    const theirs = FABRIKAM_CUSTOMERS.filter(({ domain }) => all || ours.some((one) => one.domain === domain));
    const events = [...timeline(world, contoso, ours), ...timeline(world, fabrikam, theirs)].sort(([one], [other]) => other - one);
    const customers = ours.length + theirs.length;
    let [made, told] = [0, 0];
    while (events.length > 0) {
        const [ago] = events[0];
        const now = events.splice(0, events.filter(([one]) => ago - one <= together(ago)).length);
        // While somebody waits time goes on, but never into the next day that something happens.
        await world.time.to(ago * DAY, (events[0]?.[0] ?? 0) * DAY);
        for (const done of await Promise.allSettled(now.map(([, act]) => act()))) {
            if (done.status === "rejected") throw done.reason;
        }
        made += now.filter(([, , came]) => came).length;
        if (made > told) world.say(`  … ${made} of ${customers} customers`);
        told = made;
    }
    await world.time.to(0);
}

/** Everything set up on the Admin pages; everybody has signed in once, so that he can be chosen. */
async function ready(world, declared) {
    const provider = await setUp(world, declared);
    const people = Object.fromEntries(
        provider.staff.map(({ name }) => [name, new Employee(world.portal.url, provider.slug, name)]),
    );
    await Promise.all(Object.values(people).map((one) => one.signIn()));
    const onboarding = provider.staff.find((one) => one.roles.includes("onboarding")).name;
    return { ...provider, people, onboarding: people[onboarding] };
}
