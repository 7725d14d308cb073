// The world's time: it begins in the past, is moved on while somebody waits, and ends at now.
import { setTimeout as pause } from "node:timers/promises";

/** How far it goes on at a time while somebody waits, and how often: work of the portal holds its leases. */
const STEP = 10;
const EVERY = 150;
/** The portal asks ten times a second how late it is; a leap is behind us when it has, also on a busy machine. */
const FOLLOWED = 600;
/** Nothing takes longer than this, on the machine's own clock, unless whoever waits says otherwise. */
const PATIENCE = 90_000;

export const DAY = 86_400;

export class Time {
    #waiting = 0;
    #until = 0;

    constructor(cloud, patience = PATIENCE) {
        this.patience = patience;
        this.cloud = cloud;
    }

    /** Seconds before now. Only forward; `until` is where going on by itself stops. */
    async to(behind, until = 0) {
        this.#until = until;
        if ((await this.cloud.behind()) <= behind) return;
        await this.cloud.offset(-behind);
        await pause(FOLLOWED);
    }

    /** The first thing that sets the clock: before it nothing has happened. */
    begin(behind) {
        return this.cloud.offset(-behind);
    }

    /** Asks again and again until it is true; time goes on meanwhile. */
    async wait(what, ask) {
        const late = performance.now() + this.patience;
        this.#waiting += 1;
        if (this.#waiting === 1) this.#run();
        try {
            for (;;) {
                const found = await ask();
                if (found) return found;
                if (performance.now() > late) throw new Error(`waited too long: ${typeof what === "function" ? await what() : what}`);
                await pause(EVERY);
            }
        } finally {
            this.#waiting -= 1;
        }
    }

    async #run() {
        while (this.#waiting > 0) {
            const step = Math.min(STEP, (await this.cloud.behind()) - this.#until);
            if (step > 0) await this.cloud.advance(step);
            await pause(EVERY);
        }
    }
}
