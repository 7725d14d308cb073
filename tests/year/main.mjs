// A year of the portal, played: docs/decisions/year.md. `node tests/year/main.mjs --bin target/debug [--short]`.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { contoso, customers, fabrikam } from "./cast.mjs";
import { Chance } from "./chance.mjs";
import { Play } from "./play.mjs";
import { decisions } from "./proof/decisions.mjs";
import { history } from "./proof/history.mjs";
import { notices as noticesProof } from "./proof/notices.mjs";
import { rest } from "./proof/rest.mjs";
import { walls } from "./proof/walls.mjs";
import { notices, onboard, provider } from "./setup.mjs";
import { Stage } from "./stage.mjs";

const SHORT = { customers: "6", analysts: "3", step: "20", kills: "6" };
const number = (given) => ({ type: "string", default: given });
const { values } = parseArgs({
  options: {
    bin: number("target/debug"),
    short: { type: "boolean", default: false },
    customers: number(""),
    analysts: number(""),
    days: number("400"),
    step: number(""),
    kills: number(""),
    seed: number(process.env.YEAR_SEED ?? "1"),
  },
});
const usual = values.short ? SHORT : { customers: "50", analysts: "10", step: "8", kills: "30" };
const of = (name) => Number(values[name] || usual[name]);
const say = (line) => console.log(line);
const seconds = (from) => Math.round((performance.now() - from) / 1000);
/** Of each kind of trouble so many are shown. */
const SHOWN = 8;

async function play(stage, chance) {
  const world = { bin: stage.bin, state: stage.state, cloud: stage.cloud, portal: stage.portal, time: stage.time, say };
  const roster = customers(of("customers"));
  const [ours, theirs] = [await provider(world, contoso(of("analysts"))), await provider(world, fabrikam(Math.min(3, of("analysts"))))];
  for (const one of [ours, theirs]) await notices(one, stage);
  const begun = performance.now();
  // The other provider has some of the same directories, and none of his own.
  const shared = roster.slice(0, Math.max(2, Math.round(roster.length / 10))).map((told) => ({ ...told, manager: "" }));
  const all = [...(await onboard(world, ours, roster)), ...(await onboard(world, theirs, shared))];
  say(`onboarded in ${seconds(begun)} s`);
  const year = new Play({ stage, world, chance, customers: all, providers: [ours, theirs], days: of("days"), step: of("step"), kills: of("kills"), say });
  await year.run();
  return year;
}

async function prove(year) {
  const [counts, wrongs] = [new Map(), new Map()];
  const count = (what, many = 1) => counts.set(what, (counts.get(what) ?? 0) + many);
  const wrong = (kind, what) => wrongs.set(kind, [...(wrongs.get(kind) ?? []), what]);
  for (const { kind, what } of year.troubles) wrong(kind, what);
  const { tenants } = await year.cloud.control("GET", "/world");
  for (const proof of [history, noticesProof, decisions, rest, walls]) {
    try {
      await proof({ play: year, tenants, wrong, count });
    } catch (error) {
      wrong(`the proof “${proof.name}” broke`, error.stack);
    }
  }
  return { counts, wrongs };
}

function table(title, counts) {
  say(`\n${title}`);
  for (const [what, many] of [...counts].sort(([one], [other]) => one.localeCompare(other))) say(`  ${String(many).padStart(7)}  ${what}`);
}

const begun = performance.now();
const chance = new Chance(Number(values.seed));
let [stage, failed] = [undefined, true];
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stage?.close().finally(() => process.exit(130)));
try {
  say(`seed ${values.seed}: ${of("customers")} customers, ${of("analysts")} analysts, ${of("days")} days in steps of some ${of("step")} hours, ${of("kills")} deaths`);
  // A month more, which becoming customers and coming to rest may take.
  stage = await Stage.open({ bin: resolve(values.bin), days: of("days") + 40, chance, say });
  const year = await play(stage, chance);
  const played = seconds(begun);
  const { counts, wrongs } = await prove(year);
  table("played", year.counts);
  table("compared", counts);
  say(`\nplayed in ${played} s, proven in ${seconds(begun) - played} s; ${stage.hooks.turnedAway} webhooks were turned away, ${stage.front.broken} answers lost`);
  for (const [kind, all] of wrongs) {
    say(`\nWRONG: ${kind} (${all.length})`);
    for (const what of all.slice(0, SHOWN)) say(`  ${what}`);
  }
  failed = wrongs.size > 0;
  say(failed ? "\nthe year does not hold" : "\nthe year holds");
} catch (error) {
  console.error(error);
  if (stage) say(`what the programs said is in ${stage.state} (kept with YEAR_KEEP=1)`);
} finally {
  await stage?.close();
}
process.exit(failed ? 1 : 0);
