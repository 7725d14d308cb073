// `make demo`: a world that is there again after a restart, one clear line when a port is taken, nothing left running.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { Cloud } from "../../scripts/demo-world/cloud.mjs";
import { freePort } from "../../scripts/demo-world/processes.mjs";
import { Employee } from "../../scripts/demo-world/staff.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const bin = join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "debug");
const state = mkdtempSync(join(tmpdir(), "mssp-portal-demo-"));
// Postgres does not run as root: its own user must be able to pass through.
chmodSync(state, 0o711);
const demos = [];
after(async () => {
  for (const demo of demos) await demo.interrupt();
  rmSync(state, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
});

const [portalPort, cloudPort] = [await freePort(), await freePort()];
const portal = `http://localhost:${portalPort}`;

/** The demo, started as `make demo` does. */
class Demo {
  constructor(other = {}) {
    this.said = "";
    demos.push(this);
    const ports = { DEMO_PORTAL_PORT: portalPort, DEMO_CLOUD_PORT: cloudPort };
    const env = { ...process.env, DEMO_BIN: bin, DEMO_STATE: state, DEMO_CUSTOMERS: "2", ...ports, ...other };
    this.child = spawn(join(root, "scripts/demo"), [], { env, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on("data", (part) => (this.said += part));
    this.ended = new Promise((done) => this.child.once("exit", done));
  }

  async says(words, seconds = 240) {
    for (let waited = 0; waited < seconds; waited += 0.1) {
      if (this.said.includes(words)) return;
      assert.equal(this.child.exitCode, null, this.said);
      await pause(100);
    }
    assert.fail(`not within ${seconds} s: ${words}\n${this.said}`);
  }

  interrupt() {
    if (this.child.exitCode === null) this.child.kill("SIGINT");
    return this.ended;
  }
}

/** Processes whose command line names the demo's directory. */
function leftOver() {
  const named = (pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
    } catch {
      return "";
    }
  };
  return readdirSync("/proc").filter((pid) => /^\d+$/.test(pid)).map(named).filter((line) => line.includes(state));
}

test("a demo that is stopped and started again is on screen within 10 s, and its onboarded customer plans empty", async () => {
  const first = new Demo();
  await first.says("the world is complete");
  assert.equal(await first.interrupt(), 0);
  assert.deepEqual(leftOver(), [], "Ctrl-C ends everything, Postgres too");

  const second = new Demo();
  await second.says("on screen after");
  const seconds = Number(/on screen after ([\d.]+) s/.exec(second.said)[1]);
  assert.ok(seconds <= 10, `${seconds} s until the portal is on screen`);
  for (const name of ["Anna de Wit", "Bram Visser", "Carla Jansen", "Emma Bakker", "Grace Hill"]) {
    assert.ok(second.said.includes(name), `${name} can sign in`);
  }
  const cloud = new Cloud(`http://127.0.0.1:${cloudPort}`);
  await cloud.control("DELETE", "/journal");
  const staff = new Employee(portal, "contoso", "Bram Visser");
  const list = await staff.open("/customers");
  const channel = await (await fetch(`http://127.0.0.1:${cloudPort}/teams/contoso`)).text();
  assert.ok(channel.includes("Woodgrove Bank"), "the channel was told of him");
  const customer = /href="(\/customers\/[0-9a-f-]{36})"[^>]*>Woodgrove Bank</.exec(list.body)[1];
  const manager = await new Employee(portal, "contoso", "Emma Bakker").open("/customers");
  assert.match(manager.body, new RegExp(`${customer}/alerts" class="nowrap">[^<]*2[^<]*<`), "two of his alerts are open");
  const onboarding = `${customer}/onboarding`;
  const age = (page) => /<time class="age[^>]* title="([^"]+)"/.exec(page.body)?.[1];
  // The page shows minutes.
  await cloud.advance(120);
  const before = age(await staff.open(onboarding));
  await staff.fill(onboarding, "/check");
  let page;
  // The world's last leap in time may have hit a reading under way; it is done again.
  for (let turn = 0; turn < 300; turn += 1) {
    page = await staff.open(onboarding);
    if (age(page) !== before && page.body.includes("<h1>Onboarded</h1>")) break;
    await pause(100);
  }
  assert.notEqual(age(page), before, "it was read again");
  assert.ok(page.body.includes("<h1>Onboarded</h1>"), page.text);
  assert.ok(!page.body.includes('id="approve"'), "nothing is to be approved");
  const writes = (await cloud.control("GET", "/journal")).filter(
    (call) => call.method !== "GET" && /^\/(v1\.0|beta)\//.test(call.path) && !call.path.endsWith("/$batch"),
  );
  assert.deepEqual(writes, [], "nothing was written in anybody's tenant");
  assert.deepEqual(await cloud.control("GET", "/unknown"), []);
  assert.equal(await second.interrupt(), 0);
  assert.deepEqual(leftOver(), []);
});

test("a taken port is one clear line", async () => {
  const taken = createServer();
  const port = await freePort();
  await new Promise((done) => taken.listen({ port, host: "127.0.0.1" }, done));
  const demo = new Demo({ DEMO_PORTAL_PORT: port, DEMO_CLOUD_PORT: await freePort(), DEMO_STATE: join(state, "other") });
  assert.equal(await demo.ended, 1);
  assert.equal(demo.said, `port ${port} is taken: stop what listens there, or set DEMO_PORTAL_PORT to another port\n`);
  taken.close();
});
