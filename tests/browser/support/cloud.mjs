// The simulated cloud, steered through its control interface.

import { Process } from "./processes.mjs";

export class Cloud {
  static async start(binary) {
    const cloud = new Cloud();
    cloud.process = new Process(binary, ["--listen", "127.0.0.1:0"], {});
    cloud.origin = (await cloud.process.line("simulated cloud: ")).split("simulated cloud: ")[1].trim();
    return cloud;
  }

  async control(method, path, body) {
    const answer = await fetch(`${this.origin}/sim/${path}`, {
      method,
      // Defender answers some writes with a redirect, which is an answer here.
      redirect: "manual",
      headers: { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (answer.status >= 400) throw new Error(`${method} /sim/${path}: ${answer.status} ${text}`);
    return text === "" ? null : JSON.parse(text);
  }

  /** Declares a tenant, or adds to one that is there; it comes back with every id filled in. */
  async tenant(tenant) {
    const { tenants } = await this.control("POST", "world", { tenants: [tenant] });
    return tenants[0];
  }

  /** A tenant as the cloud holds it now. */
  async look(id) {
    const { tenants } = await this.control("GET", "world");
    return tenants.find((one) => one.id === id);
  }

  /** Time passes for the cloud, and for the portal that takes its time from it. */
  pass(seconds) {
    return this.control("POST", "clock", { advanceSeconds: seconds });
  }

  /** Something an administrator does by hand in his own directory. */
  byHand(tenant, method, path, body) {
    return this.control("POST", `tenants/${tenant}/graph`, { method, path, body });
  }

  consent(tenant, appId, grant = true) {
    return this.control("POST", `tenants/${tenant}/consent`, { appId, grant });
  }

  /** Nothing was asked of it that Microsoft does not have. */
  async unknown() {
    return this.control("GET", "unknown");
  }
}
