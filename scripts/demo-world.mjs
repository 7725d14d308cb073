// The demo's world, made only by what people do: at the portal's pages, at Entra's, and in their own tenants.
import { CONTOSO, FABRIKAM } from "./demo-world/cast.mjs";
import { Cloud } from "./demo-world/cloud.mjs";
import { add, declare, setUp } from "./demo-world/providers.mjs";
import { DAY, Time } from "./demo-world/time.mjs";

/** How long ago the first customer came. */
const BEGINNING = 340 * DAY;

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

export async function makeCustomers(world, count) {
    [world.contoso, world.fabrikam] = await Promise.all([setUp(world, world.contoso), setUp(world, world.fabrikam)]);
    await world.time.to(0);
}
