// run.mjs PYTHON: starts the simulated cloud with TLS, then the story in a process that trusts its authority: Node
// reads NODE_EXTRA_CA_CERTS at its start only.

import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const bin = join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "debug");
const state = mkdtempSync(join(tmpdir(), "mssp-portal-sdk-"));
// Postgres does not run as root: its own user must be able to pass through.
chmodSync(state, 0o711);
const tls = join(state, "tls");

/** A program that ends with us, however we end. */
function start(program, words, env, stdout) {
  const child = spawn("setpriv", ["--pdeathsig", "TERM", "--", program, ...words], {
    env,
    stdio: ["ignore", stdout, "inherit"],
  });
  child.ended = new Promise((done) => child.once("exit", done).once("error", done));
  return child;
}

// What is said is recorded where somebody wants to hold it to Microsoft's description.
const record = process.env.CONTRACT_RECORD ? ["--record", process.env.CONTRACT_RECORD] : [];
const cloud = start(join(bin, "cloud-sim"), ["--listen", "127.0.0.1:0", "--tls-dir", tls, ...record], {}, "pipe");
const lines = createInterface({ input: cloud.stdout })[Symbol.asyncIterator]();
const { value: line } = await lines.next();
const origin = line?.split("simulated cloud: ")[1];
let code = 1;
if (origin) {
  const ca = join(tls, "ca.pem");
  const told = { origin, ca, bin, state, python: process.argv[2] };
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: ca, SDK_RUN: JSON.stringify(told) };
  const story = start(process.execPath, [join(root, "tests/sdk/story.mjs")], env, "inherit");
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => story.kill("SIGTERM"));
  code = await story.ended;
}
cloud.kill();
await cloud.ended;
rmSync(state, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
process.exit(code === 0 ? 0 : 1);
