// Every page, in both languages: nothing that axe finds, and no sideways scrolling on a telephone.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";

import { House } from "./support/house.mjs";
import { NO_PAGES, pages } from "./support/pages.mjs";
import { lookers, showcase } from "./support/showcase.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WIDE = { width: 1440, height: 900 };
/** The markup is the same in both themes: in the second one only what depends on colours is asked again. */
const COLOURS = { type: "rule", values: ["color-contrast", "link-in-text-block"] };
/** Markup and colours are the same in both languages: in the second one only what words can break is asked again. */
const WORDS = { type: "tag", values: ["cat.text-alternatives", "cat.name-role-value", "cat.language", "cat.forms"] };
const THEMES = { en: { light: undefined, dark: COLOURS }, nl: { light: WORDS } };
const NARROW = { width: 390, height: 844 };

let house;
let world;
before(async () => {
  house = await House.open();
  world = await showcase(house);
});
after(() => house?.end());

test("every GET route of the table is looked at, or is known to give no page", async () => {
  const table = (await house.command("routes")).trim().split("\n").map((line) => line.split("\t"));
  const routes = table.filter(([method]) => method === "GET").map(([, path]) => path);
  const covered = new Set([...Object.keys(NO_PAGES), ...pages(world).map((page) => page.route)]);
  assert.deepEqual(routes.filter((route) => !covered.has(route)), [], "add them to support/pages.mjs");
  assert.deepEqual([...covered].filter((route) => route && !routes.includes(route)), [], "these are no routes");
});

describe("every page", { concurrency: 2 }, () => {
  for (const language of ["en", "nl"]) {
    test(`holds in ${language}`, async () => {
      const people = await lookers(world, language);
      const wrong = [];
      for (const page of pages(world)) wrong.push(...(await look(people[page.who], page)));
      assert.equal(wrong.join("\n"), "");
    });
  }
});

test("no page complained, and nothing was asked that Microsoft does not have", async () => {
  assert.deepEqual(house.troubles, []);
  assert.deepEqual(await house.cloud.unknown(), []);
});

/** Opens a page; what is wrong with it, in both themes and both widths. */
async function look(one, { name, at, status, act }) {
  const { page } = one;
  await page.setViewportSize(WIDE);
  const answer = await one.open(at);
  if (act) await act(one);
  const wrong = [];
  if (answer.status() !== status) wrong.push(`${name}: ${answer.status()}`);
  const language = await page.locator("html").getAttribute("lang");
  if (language !== one.t.language) wrong.push(`${name} is in ${language}`);
  await page.evaluate(axe);
  for (const [colorScheme, runOnly] of Object.entries(THEMES[one.t.language])) {
    // Without motion: a colour on its way is none of ours.
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.locator(`html[data-bs-theme=${colorScheme}]`).waitFor();
    const { violations } = await page.evaluate(
      (runOnly) => window.axe.run(document, { resultTypes: ["violations"], ...(runOnly && { runOnly }) }),
      runOnly,
    );
    for (const { id, nodes } of violations) {
      wrong.push(`${name} ${one.t.language} ${colorScheme} ${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
    }
  }
  await page.setViewportSize(NARROW);
  const [wide, held] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  if (wide > held) wrong.push(`${name} ${one.t.language} scrolls sideways: ${wide} of ${held}`);
  return wrong;
}
