// What stands before two portals: one address, each request to whichever of them is next and alive.
import { Agent, createServer, request } from "node:http";

export class Front {
  static async start(port) {
    const front = new Front();
    front.backends = [];
    front.turn = 0;
    front.broken = 0;
    front.server = createServer((ask, answer) => front.pass(ask, answer));
    // A connection that is reused must not end at that moment because the machine is slow.
    front.server.keepAliveTimeout = 3_600_000;
    await new Promise((done, failed) => front.server.once("error", failed).listen(port, "127.0.0.1", done));
    return front;
  }

  add(port) {
    this.backends.push({ port, agent: new Agent() });
  }

  async pass(ask, answer) {
    const parts = [];
    for await (const part of ask) parts.push(part);
    const body = Buffer.concat(parts);
    this.turn += 1;
    const order = this.backends.map((_, at) => this.backends[(this.turn + at) % this.backends.length]);
    for (const [at, backend] of order.entries()) {
      const left = at + 1 < order.length;
      const end = await this.hand(backend, ask, body, answer);
      if (end === "answered") return;
      // Only what was never heard may be told to another; the rest a person sees as a bad gateway.
      if (end === "unheard" && left) continue;
      this.broken += 1;
      if (!answer.headersSent) answer.writeHead(502, { "content-type": "text/plain" });
      answer.end("bad gateway");
      return;
    }
  }

  hand(backend, ask, body, answer) {
    return new Promise((done) => {
      const headers = { ...ask.headers, "content-length": body.length };
      delete headers.connection;
      const options = { host: "127.0.0.1", port: backend.port, method: ask.method, path: ask.url, headers, agent: backend.agent };
      const passed = request(options, (got) => {
        answer.writeHead(got.statusCode, got.rawHeaders);
        got.pipe(answer);
        got.once("end", () => done("answered"));
        got.once("error", () => done("lost"));
        got.once("aborted", () => (answer.destroy(), done("answered")));
      });
      passed.once("error", (error) => done(error.code === "ECONNREFUSED" ? "unheard" : "lost"));
      passed.end(body);
    });
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }
}
