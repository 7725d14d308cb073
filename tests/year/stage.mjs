// What a year is played on: the simulated cloud, one Postgres, two portals behind one address, receivers of notices.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { Cloud } from "../../scripts/demo-world/cloud.mjs";
import { Program, freePort, portalVariables, stopAll } from "../../scripts/demo-world/processes.mjs";
import { Time } from "../../scripts/demo-world/time.mjs";
import { Front } from "./front.mjs";
import { Postgres } from "./postgres.mjs";
import { Hooks, Mails } from "./receivers.mjs";

const run = promisify(execFile);
/** Claims of a piece of work after which it is left for a person. */
const LEFT_ALONE = 5;
/** How long a claim of work or of a message holds, in seconds, and a little. */
const LEASE = 125;
/** Longer than anything takes on a busy machine, in milliseconds. */
const PATIENCE = 600_000;

export class Stage {
  static async open({ bin, days, chance, say }) {
    const stage = Object.assign(new Stage(), { bin, chance, say, kills: [], buried: 0, state: mkdtempSync(join(tmpdir(), "mssp-portal-year-")) });
    // Postgres's own user must be able to pass through.
    chmodSync(stage.state, 0o711);
    try {
      await stage.#openCloud(days);
      stage.postgres = await Postgres.start(stage.state);
      stage.hooks = await Hooks.start(() => stage.now, chance);
      stage.mails = await Mails.start(() => stage.now);
      await stage.#openPortals();
    } catch (error) {
      await stage.close();
      throw error;
    }
    return stage;
  }

  /** The simulated moment, in milliseconds, as both programs have it. */
  get now() {
    return Date.now() + this.offset * 1000;
  }

  async #openCloud(days) {
    const port = await freePort();
    const env = { PATH: process.env.PATH };
    const program = new Program("the simulated cloud", join(this.bin, "cloud-sim"), ["--listen", `127.0.0.1:${port}`], env, join(this.state, "cloud.log"));
    const url = `http://127.0.0.1:${port}`;
    await program.ready(`${url}/sim/ready`);
    this.cloud = new Cloud(url);
    this.time = new Time(this.cloud, PATIENCE);
    const set = async (seconds, act) => {
      const answer = await act(seconds);
      this.offset = (await this.cloud.control("GET", "/clock")).offsetSeconds;
      return answer;
    };
    // Whoever moves the clock, we know where it stands.
    const [offset, advance] = [this.cloud.offset.bind(this.cloud), this.cloud.advance.bind(this.cloud)];
    this.cloud.offset = (seconds) => set(seconds, offset);
    this.cloud.advance = (seconds) => set(seconds, advance);
    await this.time.begin(days * 86_400);
  }

  async #openPortals() {
    const [front, ...own] = [await freePort(), await freePort(), await freePort()];
    this.front = await Front.start(front);
    this.url = `http://localhost:${front}`;
    const base = portalVariables({ state: this.state, port: front, cloudUrl: this.cloud.url });
    const env = { ...base, DATABASE_URL: this.postgres.url("portal_app"), NOTICES_TO_PRIVATE: "true", LOG: "warn", DATABASE_CONNECTIONS: "24" };
    this.env = { ...env, DATABASE_OWNER_URL: this.postgres.url("postgres") };
    mkdirSync(env.PORTAL_DATA, { recursive: true });
    await this.command("migrate");
    this.portals = own.map((port, at) => ({ at, port, env: { ...env, PORTAL_LISTEN: `127.0.0.1:${port}` } }));
    for (const one of this.portals) {
      this.front.add(one.port);
      await this.startPortal(one);
    }
    /** What the world of the demo takes for a portal. */
    this.portal = { url: this.url, env: this.env };
  }

  async startPortal(one) {
    one.program = new Program(`portal ${one.at}`, join(this.bin, "mssp-portal"), ["serve"], one.env, join(this.state, `portal-${one.at}.log`));
    await one.program.ready(`http://127.0.0.1:${one.port}/readyz`);
  }

  /** A command of the portal's program; what it said. */
  async command(...words) {
    const program = ["--pdeathsig", "TERM", "--", join(this.bin, "mssp-portal"), ...words];
    return (await run("setpriv", program, { env: this.env })).stdout;
  }

  /** Kills one of the portals as the machine's power does, after so many milliseconds, and starts it again. */
  async kill(at, after) {
    const one = this.portals[at];
    await pause(after);
    this.kills.push({ at, when: this.now, real: performance.now() });
    one.program.child.kill("SIGKILL");
    await one.program.ended;
    await this.startPortal(one);
  }

  /** Time passes; then whatever is due is done. */
  async pass(seconds) {
    await this.cloud.advance(seconds);
    // The portals ask ten times a second how late it is.
    await pause(160);
    return this.settle();
  }

  /**
   * Waits until no work is due or under way. The clock is moved meanwhile only when a portal died: what it held is due
   * when its lease is over, and whoever lives must not lose his own for it.
   */
  async settle(patience = PATIENCE) {
    const late = performance.now() + patience;
    let [still, before] = [performance.now(), ""];
    for (;;) {
      const left = await this.#due();
      if (left.due + left.held === 0) return;
      const shown = JSON.stringify(left);
      if (shown !== before) [still, before] = [performance.now(), shown];
      if (performance.now() > late) throw new Error(`work does not end: ${shown}`);
      if (left.due === 0 && performance.now() - still > 4000 && this.buried < this.kills.length) {
        this.buried = this.kills.length;
        await this.cloud.advance(LEASE);
      }
      await pause(40);
    }
  }

  #due() {
    const now = `'${new Date(this.now - 300).toISOString()}'::timestamptz`;
    return this.postgres.one(`
      select (select count(*) from work where due_at <= ${now} and attempts < ${LEFT_ALONE}
                 and (leased_until is null or leased_until <= ${now}))
           + (select count(*) from outgoing where due_at <= ${now} and (leased_until is null or leased_until <= ${now})) as due,
             (select count(*) from work where leased_until > ${now})
           + (select count(*) from outgoing where due_at is not null and leased_until > ${now}) as held`);
  }

  async close() {
    await stopAll();
    await this.front?.stop();
    await this.hooks?.stop();
    await this.mails?.stop();
    await this.postgres?.stop();
    if (!process.env.YEAR_KEEP) rmSync(this.state, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}
