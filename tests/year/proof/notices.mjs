// Whoever had to be warned was, in time, once.
import { decided, ofProvider } from "../truth.mjs";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const STAGES = [["50", (from, end) => from + (end - from) / 2], ["80", (from, end) => from + ((end - from) * 4) / 5], ["last-day", (_, end) => end - DAY]];

export async function notices({ play, tenants, wrong, count }) {
  const { hooks, mails, kills } = play.stage;
  for (const one of hooks.wrong) wrong("a webhook that a receiver would not believe", one);
  for (const provider of play.providers) {
    const taken = hooks.taken.filter((one) => one.provider === provider.slug);
    const truth = ofProvider(tenants, provider, play.customers);
    const by = new Map();
    for (const one of taken) {
      const key = `${one.type}/${one.data.customer?.id}/${one.data.about}`;
      by.set(key, [...(by.get(key) ?? []), one]);
      count(`messages: ${one.type}`);
    }
    once(by, kills, { wrong, count });
    denials(play, truth, by, { wrong, count });
    ends(play, truth, taken, { wrong, count });
    lost(play, provider, taken, { wrong, count });
  }
  const seen = new Map();
  for (const one of mails.taken) {
    count("mails");
    const key = `${one.to} ${one.id}`;
    if (seen.has(key) && !died(kills, seen.get(key), one)) wrong("a mail came twice", `${key}: ${one.subject}`);
    if (seen.has(key)) count("mails repeated after a death");
    seen.set(key, one);
  }
}

/** Whether a portal died between the first coming of a message and its coming again. */
function died(kills, first, again) {
  return kills.some((kill) => kill.real >= first.real - 2000 && kill.real <= again.real);
}

/** Who dies between sending and noting it sends again under the same id, by which a receiver knows it. */
function once(by, kills, { wrong, count }) {
  for (const [key, all] of by) {
    const ids = new Set(all.map((one) => one.id));
    if (ids.size > 1) wrong("told twice", `${key}: ${[...ids].join(", ")}`);
    else if (all.length > 1) {
      if (died(kills, all[0], all.at(-1))) count("messages repeated, same id, after a death");
      else wrong("sent twice though nobody died", key);
    }
  }
}

const blind = (play, customer, from, until) =>
  play.outages.some((one) => one.customer === customer && one.from <= until && (one.until ?? Infinity) + 12 * HOUR >= from);

function denials(play, truth, by, { wrong, count }) {
  for (const [id, one] of truth.requests) {
    const really = decided(one);
    if (!really || really.by !== null || really.approved) continue;
    count("automatic denials");
    const from = Date.parse(one.created);
    if (blind(play, one.customer, from, really.at)) {
      count("automatic denials while we could not see all of it");
      continue;
    }
    for (const [stage, at] of [["new", () => from], ...STAGES]) {
      const about = stage === "new" ? id : `${id}/${stage}`;
      const told = by.get(`request.pending/${one.customer.id}/${about}`)?.[0];
      const where = `${one.customer.name}, request ${id}, ${stage}`;
      if (!told) wrong("an automatic denial was not warned of", where);
      else if (told.at >= really.at) wrong("an automatic denial was warned of too late", where);
      else if (told.at < at(from, really.at) - HOUR) wrong("an automatic denial was warned of too early", where);
      else count("warnings of automatic denials in time");
    }
  }
}

function ends(play, truth, taken, { wrong, count }) {
  const told = new Map(taken.filter((one) => one.type === "access.ending").map((one) => [one.data.about, one]));
  for (const [id, one] of truth.assignments) {
    const end = Date.parse(one.ends);
    // Ended by itself, not taken away before.
    if (!one.expired || Date.parse(one.expired) !== end) continue;
    count("expiries");
    for (const days of [60, 30, 7]) {
      const at = end - days * DAY;
      const found = [...told].find(([about, message]) => about.startsWith(`${id}/`) && about.endsWith(`/${days}`) && Math.abs(Date.parse(message.data.facts.until) - end) < 1000)?.[1];
      const where = `${one.customer.name}, assignment ${id} of ${one.target.displayName}, ${days} days`;
      if (blind(play, one.customer, at - 2 * DAY, at + 2 * DAY)) count("warnings of expiries while we could not see");
      else if (!found) wrong("an expiry was not warned of", where);
      else if (found.at >= end) wrong("an expiry was warned of too late", where);
      else if (found.at < at - HOUR) wrong("an expiry was warned of too early", where);
      else if (found.at > at + 2 * DAY) wrong("an expiry was warned of days late", `${where}: ${((found.at - at) / DAY).toFixed(1)} days`);
      else count("warnings of expiries in time");
    }
  }
}

/** A lost consent is told, once. */
function lost(play, provider, taken, { wrong, count }) {
  for (const { customer, from, until } of play.outages.filter((one) => one.from && one.customer.provider === provider)) {
    const told = taken.filter((one) => one.type === "consent.lost" && one.data.customer.id === customer.id && one.at >= from && one.at <= (until ?? Infinity));
    const ids = new Set(told.map((one) => one.id));
    if (ids.size === 0) wrong("a lost consent was not told", customer.name);
    if (ids.size > 1) wrong("a lost consent was told more than once", `${customer.name}: ${ids.size}`);
    count("lost consents told");
  }
}
