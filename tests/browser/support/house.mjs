// Everything a browser test needs: the simulated cloud, the portal with its private Postgres, Chromium.

import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

import { Cloud } from "./cloud.mjs";
import { Process, freePort, run } from "./processes.mjs";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const binaries = join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "debug");
const CHROMIUM = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-gpu",
];

export class House {
  /** All of it, empty. `end` must be called, also after a failure. */
  static async open() {
    const house = new House();
    house.directory = mkdtempSync(join(tmpdir(), "mssp-portal-browser-"));
    // Postgres does not run as root: its own user must be able to pass through.
    chmodSync(house.directory, 0o711);
    house.troubles = [];
    /** Origins besides the portal's and the cloud's that a page may ask. */
    house.alsoKnown = [];
    try {
      house.cloud = await Cloud.start(join(binaries, "cloud-sim"));
      house.port = await freePort();
      house.origin = `http://localhost:${house.port}`;
      await house.startPortal();
      const executablePath = process.env.CHROMIUM || execFileSync(join(root, "scripts/chromium-bin")).toString().trim();
      house.browser = await chromium.launch({ executablePath, args: CHROMIUM });
    } catch (error) {
      await house.end();
      throw error;
    }
    return house;
  }

  get environment() {
    return {
      PORTAL_URL: this.origin,
      PORTAL_LISTEN: `127.0.0.1:${this.port}`,
      PORTAL_DATA: join(this.directory, "portal"),
      CLOUD: "simulated",
      SIMULATED_CLOUD_URL: this.cloud.origin,
      SIMULATED_CLOCK: "true",
      // An authority of a story's own is on this machine.
      AUTHORITIES_TO_PRIVATE: "true",
      // All of a story's people sit behind one address.
      RATE_PER_MINUTE: "60000",
      RATE_ANONYMOUS_PER_MINUTE: "60000",
      ...(process.env.PG_BIN ? { PG_BIN: process.env.PG_BIN } : {}),
    };
  }

  async startPortal() {
    this.portal = new Process(join(binaries, "mssp-portal"), ["serve"], this.environment);
    await this.portal.line("ready portal=");
  }

  /** A command of the portal's program, beside the one that serves. */
  command(...parameters) {
    return run(join(binaries, "mssp-portal"), parameters, this.environment);
  }

  /** Ends every child; what the pages complained of is told by the caller's assertion. */
  async end() {
    await this.browser?.close();
    await this.portal?.stop();
    await this.cloud?.process.stop();
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }

  /**
   * Lets time pass, ten seconds at once, until a page shows something: background work is due by the clock, not by
   * the patience of a test.
   */
  async passUntil(locator, seconds = 600) {
    for (let passed = 0; passed < seconds; passed += 10) {
      try {
        return await locator.waitFor({ timeout: 350 });
      } catch (error) {
        if (error.name !== "TimeoutError") throw error;
      }
      await this.cloud.pass(10);
    }
    const page = locator.page();
    const text = await page.locator("main").innerText();
    throw new Error(`not within ${seconds} s of the cloud's clock: ${locator} at ${page.url()}\n${text}`);
  }
}
