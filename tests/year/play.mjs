// The year itself: the clock goes on in steps; in each, people do what is due, and the portals what follows.
import { Agenda } from "./agenda.mjs";
import { leaves } from "./leaver.mjs";
import { DAY, Requests } from "./requests.mjs";
import { renewKeys } from "./setup.mjs";

const HOUR = 3_600_000;
const EM = "/identityGovernance/entitlementManagement";
/** How often somebody looks at what will end and what is to be reviewed. */
const LOOKS = 4 * DAY;

export class Play {
  constructor({ stage, world, chance, customers, providers, days, step, kills, say }) {
    Object.assign(this, { stage, world, chance, customers, providers, days, step, say });
    Object.assign(this, { cloud: stage.cloud, agenda: new Agenda(), counts: new Map(), troubles: [], gone: new Set(), outages: [], patches: [] });
    this.requests = new Requests(this);
    this.begin = this.now;
    this.end = this.begin + days * DAY;
    // When a portal is killed, and whether somebody decides at that moment.
    this.kills = Array.from({ length: kills }, () => this.begin + chance.between(1, days) * DAY).sort((one, other) => one - other);
    this.deaths = [];
  }

  get now() {
    return this.stage.now;
  }

  count(what, many = 1) {
    this.counts.set(what, (this.counts.get(what) ?? 0) + many);
  }

  /** Something went otherwise than it should; told at the end. */
  trouble(kind, what) {
    this.troubles.push({ kind, what });
  }

  plan() {
    const { chance } = this;
    for (const customer of this.customers) {
      for (const name of customer.provider.analysts.analysts) {
        for (const [tier, share, within] of [[1, 0.9, 40], [2, 0.4, 200]]) {
          if (chance.whether(share)) this.agenda.add(this.begin + chance.between(0.2, within) * DAY, () => this.requests.ask(customer, name, tier));
        }
      }
    }
    this.planOutages();
    const days = this.days;
    for (const provider of this.providers) {
      if (days > 340) this.agenda.add(this.begin + 320 * DAY, () => this.renew(provider));
      const leaver = provider.analysts.analysts[0];
      this.agenda.add(this.begin + chance.between(0.45, 0.55) * days * DAY, () => leaves(this, provider, leaver));
    }
    this.agenda.add(this.begin + LOOKS, () => this.look());
  }

  /** Some customers take back their consent to reading, and give it again days later. */
  planOutages() {
    const { chance } = this;
    const many = Math.max(1, Math.round(this.customers.length * 0.12));
    for (let at = 0; at < many; at += 1) {
      const customer = chance.pick(this.customers);
      const from = this.begin + chance.between(0.1, 0.85) * this.days * DAY;
      const until = from + chance.between(2, 9) * DAY;
      if (this.outages.some((one) => one.customer === customer)) continue;
      const outage = { customer };
      this.outages.push(outage);
      this.agenda.add(from, async () => {
        outage.from = this.now;
        await this.cloud.withdraw(customer.tenant, customer.provider.apps.reader);
        this.count("consents withdrawn");
      });
      this.agenda.add(until, async () => {
        await this.patiently("a consent renewed", () => customer.consent("reader"), () => {
          outage.until = this.now;
        });
      });
    }
  }

  /** A person whose page broke off tries again a little later. */
  async patiently(what, act, then = () => {}, tries = 0) {
    try {
      await act();
      this.count(what);
      await then();
    } catch (error) {
      if (tries > 20 || !/50\d|fetch failed|no form|no consent link|no consent page/.test(`${error.message} ${error.cause ?? ""}`)) throw error;
      this.agenda.add(this.now + 8 * HOUR, () => this.patiently(what, act, then, tries + 1));
    }
  }

  async renew(provider) {
    await renewKeys(this.world, provider);
    this.count("keys renewed", Object.keys(provider.apps).length);
  }

  /** What will end is asked to go on; what is to be reviewed is reviewed; so they are looked for. */
  async look() {
    this.agenda.add(this.now + LOOKS, () => this.look());
    const { tenants } = await this.cloud.control("GET", "/world");
    this.planned ??= new Set();
    for (const customer of this.customers) {
      const there = tenants.find((one) => one.id === customer.tenant);
      this.#ends(customer, there);
      this.#reviews(customer, there);
    }
  }

  #ends(customer, there) {
    const { chance } = this;
    const names = new Map(there.packages.map((one) => [one.id, one.displayName]));
    const tiers = new Map([1, 2].map((tier) => [customer.names.tier(tier), tier]));
    for (const held of there.assignments.filter((one) => one.state === "delivered" && one.ends)) {
      const end = Date.parse(held.ends);
      const key = `${held.id}/${held.ends}`;
      const name = names.get(held.package);
      const approvers = name === customer.names.approvers;
      if (end - this.now > 45 * DAY || this.planned.has(key) || !(approvers || tiers.has(name))) continue;
      this.planned.add(key);
      if (!chance.whether(approvers ? 0.96 : 0.55)) continue;
      const who = held.target.displayName;
      const when = this.now + chance.between(0.05, 0.7) * (end - this.now);
      this.agenda.add(when, () => this.requests.ask(customer, who, tiers.get(name), { wish: "extend", approvers }));
    }
  }

  #reviews(customer, there) {
    const { chance } = this;
    const mine = new Set(there.policies.filter((one) => [customer.names.approvers, customer.names.tier(1), customer.names.tier(2)].includes(there.packages.find((pack) => pack.id === one.package)?.displayName)).map((one) => one.id));
    for (const review of there.reviewInstances) {
      if (!mine.has(review.policy) || this.planned.has(review.id) || Date.parse(review.ends) < this.now) continue;
      this.planned.add(review.id);
      this.count("rounds of review");
      for (const person of review.people) {
        const decision = chance.weighed([[80, "Approve"], [8, "Deny"], [12, undefined]]);
        if (!decision) continue;
        const body = { decision, justification: "Still on the contract.", userPrincipalName: person.target.mail };
        this.agenda.add(this.now + chance.between(0.5, 20) * DAY, () => this.review(customer, review.id, body));
      }
    }
  }

  async review(customer, id, body) {
    const { approvers, domain } = customer.provider.analysts;
    const by = approvers.map((name) => `${name.split(" ")[0].toLowerCase()}@${domain}`).find((one) => one !== body.userPrincipalName);
    try {
      await this.cloud.control("POST", `/tenants/${customer.tenant}/reviews/${id}/decide`, { ...body, by });
      this.count(`reviewed: ${body.decision}`);
    } catch (error) {
      if (!/\b(400|403|404)\b/.test(error.message)) throw error;
      this.count("reviewed in vain");
    }
  }

  /** Somebody decides just now: if a portal is to be killed, this is the moment. */
  killNow() {
    if (this.kills.length === 0 || this.kills[0] > this.now) return Promise.resolve();
    this.kills.shift();
    this.count("portals killed while somebody decided");
    const death = this.stage.kill(this.chance.whether(0.5) ? 0 : 1, this.chance.between(5, 250));
    this.deaths.push(death);
    return death;
  }

  async run() {
    this.plan();
    for (let told = 0; this.now < this.end; ) {
      for (const act of this.agenda.due(this.now)) await act();
      await this.gather();
      // A kill that waited for a decision long enough comes while the portals work.
      const kill = this.kills.length > 0 && this.now - this.kills[0] > (this.chance.whether(0.5) ? 0 : 2 * DAY);
      if (kill) {
        this.kills.shift();
        this.count("portals killed at work");
        this.deaths.push(this.stage.kill(this.chance.whether(0.5) ? 0 : 1, this.chance.between(120, 450)));
      }
      await this.stage.pass((this.step * HOUR * this.chance.between(0.7, 1.1)) / 1000);
      this.count("steps");
      await Promise.all(this.deaths.splice(0));
      const day = Math.floor((this.now - this.begin) / DAY);
      if (day >= told + 20) {
        told = day;
        this.say(`  day ${day}: ${this.counts.get("asked")} asked, ${this.stage.hooks.taken.length} messages, ${this.stage.kills.length} killed, after ${Math.round(performance.now() / 1000)} s`);
      }
    }
    await this.calm();
  }

  /** What Microsoft was told to decide, by our portal: its journal forgets the oldest. */
  async gather() {
    const calls = await this.cloud.control("GET", `/journal?since=${this.seen ?? 0}`);
    for (const call of calls) {
      this.seen = Math.max(this.seen ?? 0, call.seq);
      if (call.method === "PATCH" && call.path.includes("/stages/")) this.patches.push(call);
    }
    await this.cloud.control("DELETE", "/journal");
  }

  /** Nobody does anything any more; who decided what is still found out. */
  async calm() {
    for (const outage of this.outages.filter((one) => one.from && !one.until)) await outage.customer.consent("reader");
    for (let round = 0; round < 60; round += 1) {
      await this.stage.pass((round < 20 ? 2 * HOUR : 12 * HOUR) / 1000);
      await this.gather();
      const { open } = await this.stage.postgres.one("select count(*) as open from access_request where decision <> '' and decision_from = '' and gone_at is null");
      if (open === 0 && round > 7) break;
    }
  }
}

export { EM };
