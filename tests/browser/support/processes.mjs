// Child processes of a test: started, listened to, and ended whatever happens.

import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { createInterface } from "node:readline";

/** Longer than any start on a busy machine. */
export const PATIENCE = 60_000;

const alive = new Set();
process.on("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));

/** A port nobody listens on just now. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Ends with an error that says what was waited for. */
export function within(milliseconds, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${milliseconds} ms: ${what()}`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** A program under way, with everything it has said. */
export class Process {
  constructor(program, parameters, environment) {
    this.name = program.split("/").pop();
    this.said = "";
    this.waiting = [];
    this.child = spawn(program, parameters, {
      env: { PATH: process.env.PATH, ...environment },
      cwd: "/tmp",
      stdio: ["ignore", "pipe", "pipe"],
    });
    alive.add(this.child);
    for (const stream of [this.child.stdout, this.child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => this.hear(line));
    }
    this.ended = new Promise((resolve) => {
      this.child.once("error", (error) => resolve({ code: null, error }));
      this.child.once("close", (code, signal) => resolve({ code, signal }));
    }).then((end) => {
      alive.delete(this.child);
      this.end = end;
      for (const { refuse } of this.waiting.splice(0)) refuse(new Error(`${this.name} ended: ${end.error ?? end.signal ?? end.code}\n${this.tail()}`));
      return end;
    });
  }

  hear(line) {
    this.said += `${line}\n`;
    this.waiting = this.waiting.filter(({ text, answer }) => !line.includes(text) || answer(line));
  }

  tail() {
    return this.said.split("\n").slice(-40).join("\n");
  }

  /** The line that holds this text, said already or to come. */
  line(text) {
    const known = this.said.split("\n").find((line) => line.includes(text));
    if (known !== undefined) return Promise.resolve(known);
    const heard = new Promise((answer, refuse) => {
      if (this.end) refuse(new Error(`${this.name} ended: ${end.error ?? end.signal ?? end.code}\n${this.tail()}`));
      else this.waiting.push({ text, answer: (line) => void answer(line), refuse });
    });
    return within(PATIENCE, () => `${text} from ${this.name}:\n${this.tail()}`, heard);
  }

  /** Asks it to end (or makes it), and waits for that. */
  async stop(signal = "SIGTERM") {
    if (!this.end) this.child.kill(signal);
    return within(PATIENCE, () => `the end of ${this.name}:\n${this.tail()}`, this.ended);
  }
}

/** Runs a command that must succeed; what it said. */
export async function run(program, parameters, environment) {
  const one = new Process(program, parameters, environment);
  const end = await within(PATIENCE, () => `the end of ${one.name} ${parameters.join(" ")}`, one.ended);
  if (end.code !== 0) throw new Error(`${one.name} ${parameters.join(" ")}:\n${one.said}`);
  return one.said;
}
