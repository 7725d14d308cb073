// Who is told: a receiver of signed webhooks and a mail server, both real, both keeping what arrived and when.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { createServer as createPlain } from "node:net";

/** Takes webhooks as Standard Webhooks says; turns a few away, which must come again. */
export class Hooks {
  static async start(now, chance, share = 0.02) {
    const hooks = Object.assign(new Hooks(), { now, secrets: new Map(), taken: [], turnedAway: 0, wrong: [] });
    hooks.server = createServer(async (ask, answer) => {
      let body = "";
      for await (const part of ask) body += part;
      const refuse = chance.whether(share);
      if (refuse) hooks.turnedAway += 1;
      else hooks.take(ask, body);
      answer.writeHead(refuse ? 503 : 204).end();
    });
    await new Promise((done) => hooks.server.listen(0, "127.0.0.1", done));
    hooks.url = `http://127.0.0.1:${hooks.server.address().port}`;
    return hooks;
  }

  take(ask, body) {
    const provider = ask.url.slice(1);
    const [id, timestamp] = [ask.headers["webhook-id"], ask.headers["webhook-timestamp"]];
    const key = Buffer.from((this.secrets.get(provider) ?? "").replace(/^whsec_/, ""), "base64");
    const right = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest();
    const given = (ask.headers["webhook-signature"] ?? "").split(" ").map((one) => Buffer.from(one.replace(/^v1,/, ""), "base64"));
    const at = this.now();
    if (!given.some((one) => one.length === right.length && timingSafeEqual(one, right))) this.wrong.push(`${id}: its signature`);
    if (Math.abs(at / 1000 - Number(timestamp)) > 300) this.wrong.push(`${id}: signed ${timestamp}, received ${at / 1000}`);
    this.taken.push({ provider, id, at, real: performance.now(), ...JSON.parse(body) });
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((done) => this.server.close(done));
  }
}

/** A mail server that takes everything. */
export class Mails {
  static async start(now) {
    const mails = Object.assign(new Mails(), { now, taken: [] });
    mails.server = createPlain((socket) => mails.talk(socket));
    await new Promise((done) => mails.server.listen(0, "127.0.0.1", done));
    mails.port = mails.server.address().port;
    return mails;
  }

  talk(socket) {
    let [left, mail, inside] = ["", { to: [] }, false];
    const say = (line) => socket.write(`${line}\r\n`);
    socket.on("error", () => {});
    socket.setEncoding("utf8");
    say("220 mail.example ESMTP");
    socket.on("data", (part) => {
      left += part;
      for (let end = left.indexOf("\r\n"); end >= 0; end = left.indexOf("\r\n")) {
        const line = left.slice(0, end);
        left = left.slice(end + 2);
        if (inside) {
          if (line !== ".") {
            mail.text += `${line.replace(/^\./, "")}\n`;
            continue;
          }
          inside = false;
          const head = mail.text.split("\n\n")[0].replaceAll(/\n[ \t]+/g, " ");
          const named = (name) => new RegExp(`^${name}: *(.*)$`, "im").exec(head)?.[1] ?? "";
          this.taken.push({ id: named("message-id"), subject: named("subject"), to: mail.to.join(), at: this.now(), real: performance.now() });
          mail = { to: [] };
          say("250 taken");
        } else if (/^ehlo/i.test(line)) say("250-mail.example\r\n250 8BITMIME");
        else if (/^rcpt to:/i.test(line)) (mail.to.push(/<([^>]*)>/.exec(line)[1]), say("250 yes"));
        else if (/^data/i.test(line)) ((inside = true), (mail.text = ""), say("354 go on"));
        else if (/^quit/i.test(line)) (say("221 bye"), socket.end());
        else say("250 yes");
      }
    });
  }

  stop() {
    return new Promise((done) => this.server.close(done));
  }
}
