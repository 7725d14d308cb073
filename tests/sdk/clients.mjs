// Microsoft's clients as processes of their own, and what the simulated cloud heard of them.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const PATIENCE = 120_000;

/** Runs a program to its end; what it printed. */
function run(program, words, env) {
  const child = spawn("setpriv", ["--pdeathsig", "TERM", "--", program, ...words], { env, stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.on("data", (part) => (out += part));
  child.stderr.on("data", (part) => (err += part));
  const late = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
  return new Promise((done, refuse) => {
    child.once("error", refuse);
    child.once("close", (code) => {
      clearTimeout(late);
      if (code === 0) done(out.trim());
      else refuse(new Error(`${words.join(" ")} ended with ${code}:\n${out}${err}`));
    });
  });
}

export class Clients {
  constructor({ origin, ca, python, state }, cloud) {
    Object.assign(this, { origin, python, state, cloud, operations: new Set(), calls: 0 });
    const { PATH, HOME } = process.env;
    // Which of them each library looks at: docs/decisions/sdk.md.
    const trust = { SSL_CERT_FILE: ca, REQUESTS_CA_BUNDLE: ca, NODE_EXTRA_CA_CERTS: ca };
    this.env = { PATH, HOME, ...trust, NO_PROXY: "*", PYTHONPYCACHEPREFIX: process.env.PYTHONPYCACHEPREFIX ?? `${state}/pycache` };
  }

  /** An application with a secret and a certificate, registered in a directory; nobody has consented to it yet. */
  async register(tenant, permissions) {
    const certificate = `${this.state}/app.pem`;
    const cer = await run(this.python, [here("certificate.py"), certificate], this.env);
    const redirect = "http://localhost/signed-in";
    const secret = "the secret of Microsoft's clients";
    const delegated = ["openid", "profile", "offline_access", "User.Read", "EntitlementManagement.ReadWrite.All"];
    const application = {
      displayName: "Microsoft's clients",
      secret,
      redirectUris: [redirect],
      signInAudience: "AzureADMultipleOrgs",
      requiredPermissions: { application: permissions, delegated },
    };
    const made = await this.cloud.tenant({ id: tenant, applications: [application] });
    const id = made.applications.find((one) => one.displayName === application.displayName).appId;
    await this.cloud.control("POST", `/tenants/${tenant}/applications/${id}/certificates`, { cer });
    this.app = { id, secret, certificate, redirect, permissions };
  }

  /** A script of a client, told where things are; its own account, and the calls it made. */
  async run(name, facts) {
    const since = (await this.journal()).at(-1)?.seq ?? 0;
    const begun = performance.now();
    const program = name.endsWith(".py") ? this.python : process.execPath;
    const place = { origin: this.origin, app: this.app, ...facts };
    const said = JSON.parse(await run(program, [here(name)], { ...this.env, SDK_PLACE: JSON.stringify(place) }));
    const calls = (await this.journal(facts.tenant, since)).filter((call) => call.appId === this.app.id);
    for (const call of calls) this.operations.add(operation(call));
    this.calls += calls.length;
    return { said, calls: calls.length, seconds: (performance.now() - begun) / 1000 };
  }

  journal(tenant = "", since = 0) {
    return this.cloud.control("GET", `/journal?tenant=${tenant}&since=${since}`);
  }
}

/** Method and address, with what differs from call to call taken out. */
function operation({ method, path }) {
  const id = /[0-9a-f]{8}-[0-9a-f-]{27}(_[0-9a-f-]{36})?/g;
  return `${method} ${path.replace(id, "{id}")}`;
}
