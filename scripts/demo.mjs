// Runs the demo: builds, starts both programs, makes the world where there is none, ends everything together.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Trouble, startCloud, startPortal, stopAll, wantFree } from "./demo-world/processes.mjs";
import { who } from "./demo-world/cast.mjs";
import { makeProviders, makeCustomers } from "./demo-world.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const state = resolve(process.env.DEMO_STATE ?? join(root, ".demo"));
const cloudPort = Number(process.env.DEMO_CLOUD_PORT || 8090);
const portalPort = Number(process.env.DEMO_PORTAL_PORT || 8080);
const complete = join(state, "world-is-complete");
const begun = performance.now();
const say = (line) => console.log(line);
const since = () => `${((performance.now() - begun) / 1000).toFixed(1)} s`;

const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stopping.abort());
/** Whatever comes first: the work, or being told to stop. */
const unlessStopped = (work) =>
    Promise.race([
        work,
        new Promise((_, stop) => {
            const told = () => stop(stopping.signal.reason);
            if (stopping.signal.aborted) told();
            stopping.signal.addEventListener("abort", told, { once: true });
        }),
    ]);

async function build() {
    if (process.env.DEMO_BIN) return resolve(process.env.DEMO_BIN);
    say("building (the first time takes some minutes) …");
    const env = { ...process.env, SQLX_OFFLINE: "true" };
    delete env.DATABASE_URL;
    const run = (command, args, stdio) => {
        const child = spawn(command, args, { cwd: root, env, stdio });
        let text = "";
        child.stdout?.on("data", (part) => (text += part));
        return new Promise((done, failed) => {
            child.once("error", failed);
            child.once("exit", (code) => (code === 0 ? done(text.trim()) : failed(new Trouble("the build failed"))));
        });
    };
    const features = await run("scripts/features", [], ["ignore", "pipe", "inherit"]);
    await run("cargo", ["build", "--workspace", "--bins", "--quiet", "--features", features], "inherit");
    return join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "debug");
}

async function run() {
    if (cloudPort === portalPort) throw new Trouble("DEMO_CLOUD_PORT and DEMO_PORTAL_PORT are the same port");
    await wantFree(cloudPort, "DEMO_CLOUD_PORT");
    await wantFree(portalPort, "DEMO_PORTAL_PORT");
    const bin = await unlessStopped(build());
    const fresh = !existsSync(complete);
    if (fresh) {
        // Nothing, or a world whose making was broken off.
        for (const part of ["cloud", "portal"]) rmSync(join(state, part), { recursive: true, force: true });
    }
    mkdirSync(state, { recursive: true });
    const cloud = await unlessStopped(startCloud({ bin, state, port: cloudPort }));
    const start = async () => startPortal({ bin, state, port: portalPort, cloudUrl: cloud.url });
    let portal;
    if (fresh) {
        const world = await unlessStopped(makeProviders({ bin, state, cloud, start, say }));
        portal = world.portal;
        announce(portal, cloud);
        await unlessStopped(makeCustomers(world, Number(process.env.DEMO_CUSTOMERS || 30)));
        writeFileSync(complete, `${new Date().toISOString()}\n`);
        say(`the world is complete after ${since()}`);
    } else {
        portal = await unlessStopped(start());
        announce(portal, cloud);
    }
    const ended = (program) => program.ended.then((how) => {
        throw new Trouble(`${program.name} ended by itself (${how}); the end of ${program.log}:\n${program.lastWords()}`);
    });
    await unlessStopped(Promise.race([ended(cloud), ended(portal)]));
}

function announce(portal, cloud) {
    say(`\n  the portal            ${portal.url}   (on screen after ${since()})`);
    say(`  the simulated cloud   ${cloud.url}`);
    say("\n  Who can sign in, by name and without a password:");
    for (const line of who(portal.url)) say(`  ${line}`);
    say("\n  Ctrl-C stops everything; it is all there again next time. make demo-reset starts afresh.\n");
}

let failed = false;
try {
    await run();
} catch (error) {
    if (!stopping.signal.aborted) {
        failed = true;
        console.error(error instanceof Trouble ? error.message : error);
    }
}
if (stopping.signal.aborted) say("stopping …");
// The portal first: it stops its Postgres, and its last calls still find the cloud.
await stopAll();
process.exit(failed ? 1 : 0);
