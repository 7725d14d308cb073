// The two programs as child processes: both ports free, both answering, both ended in order.
import { spawn } from "node:child_process";
import { mkdirSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** A sentence for the person who started it; no stack is wanted. */
export class Trouble extends Error {}

/** Throws a sentence where somebody listens already. `variable` names the way out. */
export async function wantFree(port, variable) {
    if (!Number.isInteger(port) || port < 1 || port > 65535) {
        throw new Trouble(`${variable}=${process.env[variable]} is no port: give a number from 1 to 65535`);
    }
    // A browser may take localhost for either address.
    for (const host of ["127.0.0.1", "::1"]) {
        const code = await new Promise((done) => {
            const probe = createServer();
            probe.once("error", (error) => done(error.code));
            probe.listen({ port, host }, () => probe.close(() => done("")));
        });
        if (code === "EADDRINUSE") {
            throw new Trouble(`port ${port} is taken: stop what listens there, or set ${variable} to another port`);
        }
        if (code === "EACCES") {
            throw new Trouble(`port ${port} is not allowed to this user: set ${variable} to a port from 1024 on`);
        }
    }
}

/** A port that is free now. */
export function freePort() {
    return new Promise((done, failed) => {
        const probe = createServer();
        probe.once("error", failed);
        probe.listen({ port: 0, host: "127.0.0.1" }, () => {
            const { port } = probe.address();
            probe.close(() => done(port));
        });
    });
}

const started = [];

/** Ends every program that was started here, the last one first. */
export async function stopAll() {
    for (const program of started.splice(0).reverse()) await program.stop();
}

/** A program that runs until it is told to stop, its output in a file. */
export class Program {
    constructor(name, binary, args, env, log) {
        this.name = name;
        this.log = log;
        const out = openSync(log, "a");
        // Ends with us even when we are killed; in a session of its own, so that Ctrl-C reaches us alone.
        const words = ["--pdeathsig", "TERM", "--", binary, ...args];
        this.child = spawn("setpriv", words, { env, stdio: ["ignore", out, out], detached: true });
        this.ended = new Promise((done) => {
            this.child.once("error", (error) => done(error.message));
            this.child.once("exit", (code, signal) => done(signal ?? code));
        });
        this.running = true;
        started.push(this);
        this.ended.then(() => (this.running = false));
    }

    /** Waits until the address answers 200. */
    async ready(address) {
        while (this.running) {
            try {
                const answer = await fetch(address, { signal: AbortSignal.timeout(2000) });
                await answer.arrayBuffer();
                if (answer.ok) return;
            } catch {
                // Not listening yet.
            }
            await Promise.race([pause(30), this.ended]);
        }
        throw new Trouble(`${this.name} does not start; the end of ${this.log}:\n${this.lastWords()}`);
    }

    lastWords() {
        return readFileSync(this.log, "utf8").trimEnd().split("\n").slice(-6).join("\n");
    }

    /** Asks it to end and waits; one that does not is killed. */
    async stop(patience = 40_000) {
        if (this.running) this.child.kill("SIGTERM");
        const late = AbortSignal.timeout(patience);
        late.addEventListener("abort", () => this.child.kill("SIGKILL"));
        await this.ended;
    }
}

/** What either program may know of our environment. */
function bare(env) {
    const kept = ["PATH", "HOME", "PG_BIN", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "TMPDIR", "RUST_LOG"];
    const own = Object.fromEntries(kept.filter((name) => process.env[name]).map((name) => [name, process.env[name]]));
    return { ...own, ...env };
}

/** Starts the simulated cloud; its state is kept in `state`. */
export async function startCloud({ bin, state, port }) {
    mkdirSync(state, { recursive: true });
    const args = ["--listen", `127.0.0.1:${port}`, "--state", join(state, "cloud")];
    const cloud = new Program("the simulated cloud", join(bin, "cloud-sim"), args, bare({}), join(state, "cloud.log"));
    cloud.url = `http://127.0.0.1:${port}`;
    await cloud.ready(`${cloud.url}/sim/ready`);
    return cloud;
}

/** The variables of the portal beside that cloud; its commands take the same. */
export function portalVariables({ state, port, cloudUrl }) {
    return bare({
        PORTAL_URL: `http://localhost:${port}`,
        PORTAL_LISTEN: `127.0.0.1:${port}`,
        PORTAL_DATA: join(state, "portal"),
        CLOUD: "simulated",
        SIMULATED_CLOUD_URL: cloudUrl,
        SIMULATED_CLOCK: "true",
        // The simulated channels of Teams are on this machine.
        NOTICES_TO_PRIVATE: "true",
        // Everybody comes from one address here.
        RATE_PER_MINUTE: "100000",
        RATE_ANONYMOUS_PER_MINUTE: "10000",
    });
}

/** Starts the portal with its private Postgres, and waits until it serves. */
export async function startPortal({ bin, state, port, cloudUrl, variables = {} }) {
    const env = { ...portalVariables({ state, port, cloudUrl }), ...variables };
    const portal = new Program("the portal", join(bin, "mssp-portal"), ["serve"], env, join(state, "portal.log"));
    portal.url = `http://localhost:${port}`;
    portal.env = env;
    await portal.ready(`http://127.0.0.1:${port}/readyz`);
    return portal;
}
