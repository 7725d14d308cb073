// A Postgres of the year's own, and a way to ask it anything as its superuser.
import { execFile, execFileSync, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
const END = "~end of the answer~";

/** Postgres refuses root; whoever else we are is who he is. */
function user() {
  if (process.getuid() !== 0) return [];
  const known = (name) => {
    try {
      return execFileSync("id", ["-u", name], { stdio: ["ignore", "pipe", "ignore"] }).toString().trim();
    } catch {
      return "";
    }
  };
  const name = known("postgres") ? "postgres" : "nobody";
  const group = execFileSync("id", ["-g", name]).toString().trim();
  return ["setpriv", `--reuid=${known(name)}`, `--regid=${group}`, "--clear-groups", "--"];
}

export class Postgres {
  static async start(state) {
    const one = new Postgres();
    one.bin = execFileSync(join(root, "scripts/postgres-bin")).toString().trim();
    one.dir = join(state, "postgres");
    one.as = user();
    mkdirSync(one.dir, { recursive: true });
    if (one.as.length > 0) execFileSync("chown", [one.as[1].split("=")[1], one.dir]);
    await one.program("initdb", ["-D", one.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]);
    const settings = `-c listen_addresses= -c unix_socket_directories=${one.dir} -c fsync=off -c timezone=UTC -c max_connections=120`;
    await one.program("pg_ctl", ["start", "-D", one.data, "-s", "-w", "-l", join(one.dir, "log"), "-o", settings]);
    await one.program("psql", ["-X", "-q", "-h", one.dir, "-U", "postgres", "-d", "postgres", "-c", "create database portal"]);
    one.listen();
    return one;
  }

  get data() {
    return join(this.dir, "data");
  }

  /** The address of the database for a login. */
  url(login) {
    return `postgres://${login}@${encodeURIComponent(this.dir)}/portal`;
  }

  async program(name, args) {
    const [command, ...rest] = [...this.as, join(this.bin, name), ...args];
    const env = { PATH: process.env.PATH, LC_ALL: "C.UTF-8" };
    // Its own children must not keep our pipes open.
    if (name === "pg_ctl") {
      await new Promise((done, failed) => {
        const child = spawn(command, rest, { env, cwd: "/", stdio: "ignore" });
        child.once("error", failed);
        child.once("exit", (code) => (code === 0 ? done() : failed(new Error(`${name}: ${code}`))));
      });
    } else await run(command, rest, { env, cwd: "/" });
  }

  listen() {
    const args = ["-X", "-q", "-A", "-t", "-h", this.dir, "-U", "postgres", "-d", "portal"];
    this.child = spawn(join(this.bin, "psql"), args, { stdio: ["pipe", "pipe", "pipe"], env: { PATH: process.env.PATH, PGOPTIONS: "-c client_min_messages=error" } });
    this.asked = [];
    this.lines = [];
    this.complaints = "";
    this.child.stderr.on("data", (part) => (this.complaints += part));
    createInterface({ input: this.child.stdout }).on("line", (line) => {
      if (line !== END) return this.lines.push(line);
      const { done, failed, sql } = this.asked.shift();
      const text = this.lines.splice(0).join("\n");
      // What it complains of comes by another pipe, which may be later.
      if (text === "") setTimeout(() => failed(new Error(`${sql}\n${this.complaints}`)), 100);
      else done(JSON.parse(text));
    });
  }

  /** The rows of a query, as objects. */
  rows(sql) {
    return new Promise((done, failed) => {
      this.asked.push({ done, failed, sql });
      this.child.stdin.write(`select coalesce(json_agg(q), '[]') from (${sql}) q;\n\\echo ${END}\n`);
    });
  }

  async one(sql) {
    return (await this.rows(sql))[0];
  }

  async stop() {
    this.child?.stdin.end();
    await this.program("pg_ctl", ["stop", "-D", this.data, "-m", "immediate", "-s"]).catch(() => {});
  }
}
