// The life of a request: asked, then decided here or in My Access, taken back, left alone, or delivered badly.
import { addressOf } from "../../scripts/demo-world/cast.mjs";

const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
const EM = "/identityGovernance/entitlementManagement";
/** What Microsoft says no to in an ordinary life: he has it, has asked, or is blocked. */
const ORDINARY = /already has|has no assignment|blocked from signing in|does not allow/;

const FATES = [
  [34, "approved-here"],
  [22, "approved-there"],
  [7, "denied-here"],
  [6, "denied-there"],
  [13, "nobody"],
  [6, "cancelled"],
  [6, "delivery-fails"],
];

export class Requests {
  constructor(play) {
    Object.assign(this, { play, sessions: new Map() });
  }

  /** Somebody asks; what becomes of it is drawn now. `wish`: add or extend. */
  async ask(customer, name, tier, { wish = "add", approvers = false } = {}) {
    const { play } = this;
    const { chance, cloud } = play;
    if (play.gone.has(name)) return;
    const pack = approvers ? customer.names.approvers : customer.names.tier(tier);
    const who = customer.analyst(name);
    const justification = chance.pick(["On duty for you from Monday.", "I cover for a colleague.", "Investigation of an incident."]);
    const body = { package: pack, homeTenant: who.home, userPrincipalName: who.address, justification, wish };
    let id;
    try {
      ({ id } = await cloud.control("POST", `/tenants/${customer.tenant}/ask`, body));
    } catch (error) {
      if (!ORDINARY.test(error.message)) throw error;
      play.count("asked in vain");
      return;
    }
    play.count(wish === "extend" ? "asked for more time" : "asked");
    const fate = approvers ? (chance.whether(0.93) ? "approved-by-customer" : "nobody") : chance.weighed(FATES);
    const when = play.now + chance.between(0.1, 10) * DAY;
    play.agenda.add(when, () => this.meet({ customer, id, name, tier, fate, tries: 0 }));
    const again = ["denied-here", "denied-there", "nobody", "cancelled"].includes(fate) && chance.whether(0.5);
    if (again && !approvers) play.agenda.add(play.now + chance.between(15, 45) * DAY, () => this.ask(customer, name, tier));
  }

  async meet(one) {
    const { play } = this;
    const { customer, id, fate } = one;
    if (fate === "nobody") return;
    try {
      if (fate.endsWith("-here")) return await this.#here(one, fate === "approved-here");
      if (fate.endsWith("-there")) await this.#there(one, fate === "approved-there");
      else if (fate === "approved-by-customer") {
        await play.cloud.decide(customer.tenant, id, customer.admin.address);
        play.count("approved by the customer");
      } else if (fate === "cancelled") {
        await play.cloud.control("POST", `/tenants/${customer.tenant}/requests/${id}/cancel`, { by: customer.analyst(one.name).address });
        play.count("taken back");
      } else await this.#badly(one);
    } catch (error) {
      // Decided, or over, before it came to that.
      if (!/\b(409|403|400)\b/.test(error.message)) throw error;
      play.count(`too late to be ${fate}`);
    }
  }

  async #there({ customer, id }, approve) {
    const by = addressOf(this.play.chance.pick(customer.provider.analysts.approvers), customer.provider.analysts.domain);
    await this.play.cloud.decide(customer.tenant, id, by, approve);
    this.play.count(approve ? "approved in My Access" : "denied in My Access");
  }

  /** At the portal, by an approver who connects with his own account where he is not connected yet. */
  async #here(one, approve) {
    const { play } = this;
    const { customer, id } = one;
    const again = (why) => {
      one.tries += 1;
      play.count(`decided here later: ${why}`);
      if (one.tries < 40) play.agenda.add(play.now + 8 * HOUR, () => this.meet(one));
      else play.trouble("deciding here", `${customer.name}, request ${id} was never decided here: ${why}`);
    };
    const name = play.chance.pick(customer.provider.analysts.approvers);
    const approver = customer.provider.people[name];
    const at = `/requests/${customer.id}/${id}`;
    const kill = play.killNow();
    try {
      let page = await approver.get(play.world.portal.url + at);
      if (page.url.pathname === "/sign-in") page = await approver.open(at);
      if (page.status === 404) return again("not seen yet");
      if (page.status !== 200) return again(`answered ${page.status}`);
      const decides = (shown) => shown.forms().find((form) => form.action.pathname.endsWith("/decide"));
      if (!decides(page)) page = await this.#connect(approver, name, customer, at, page);
      const form = page && decides(page);
      if (!form) {
        const state = await play.cloud.byHand(customer.tenant, "GET", `${EM}/assignmentRequests/${id}`);
        if (state.state !== "pendingApproval") return void play.count("too late to be decided here");
        return again("no form");
      }
      const said = await approver.send(page, form, { verdict: approve ? "approve" : "deny", reason: "Known to us, works on this contract." });
      if (said.status !== 200) return again(`answered ${said.status}`);
      const taken = await play.cloud.byHand(customer.tenant, "GET", `${EM}/assignmentRequests/${id}`);
      if (taken.state === "pendingApproval") return again("not taken");
      play.count(approve ? "approved here" : "denied here");
    } catch (error) {
      if (!/fetch failed|502|leads round/.test(`${error.message} ${error.cause ?? ""}`)) throw error;
      again("the portal went away");
    } finally {
      await kill;
    }
  }

  /** Leaves for the customer's sign-in and comes back; nothing where that led nowhere. */
  async #connect(approver, name, customer, at, page) {
    const { play } = this;
    const link = new RegExp(`href="(/connections/${customer.id}/go[^"]*)"`).exec(page.body)?.[1];
    if (!link) return undefined;
    const origin = new URL(play.world.portal.url).origin;
    let next = await approver.get(new URL(link.replaceAll("&amp;", "&"), play.world.portal.url).href);
    for (let steps = 0; steps < 3 && next.url.origin !== origin; steps += 1) {
      const typed = next.forms().find((form) => form.fields.some((field) => field.name === "address"));
      const yes = next.forms().find((form) => form.buttons.some((button) => button.value === "accept"));
      if (typed) next = await approver.send(next, typed, { address: customer.analyst(name).address });
      else if (yes) next = await approver.send(next, yes, {}, { decision: "accept" });
      else break;
    }
    play.count("connected");
    if (next.url.origin !== origin) {
      play.count(`not connected: ${next.status} ${next.text.slice(0, 80)}`);
      return undefined;
    }
    if (next.url.pathname === at && next.status === 200) return next;
    if (next.status !== 200) play.count(`not connected: ${next.status} ${next.text.slice(0, 160)}`);
    return approver.open(at);
  }

  /** Approved in My Access while Microsoft delivers nothing; later it is asked to try again, or it is not. */
  async #badly(one) {
    const { play } = this;
    const { customer, id } = one;
    await play.cloud.control("POST", "/switches", { "em.delivery-fails": true });
    try {
      await this.#there(one, true);
      await play.cloud.byHand(customer.tenant, "GET", `${EM}/assignmentRequests/${id}`);
    } finally {
      await play.cloud.control("POST", "/switches", { "em.delivery-fails": false });
    }
    play.count("deliveries that failed");
    if (play.chance.whether(0.8)) play.agenda.add(play.now + play.chance.between(0.5, 5) * DAY, () => this.redeliver(one));
  }

  /** By our people where they may write, else by the customer's administrator. */
  async redeliver({ customer, id }) {
    const { play } = this;
    if (customer.told.keepsWriting) {
      const approver = customer.provider.who("approver");
      try {
        await approver.fill(`/requests/${customer.id}/${id}`, "/reprocess");
        return play.count("delivered again from here");
      } catch (error) {
        if (!/no form|502|fetch failed|40\d/.test(`${error.message} ${error.cause ?? ""}`)) throw error;
        play.count(`not delivered again from here: ${error.message.slice(0, 90).replaceAll(/[0-9a-f-]{36}/g, "…")}`);
      }
    }
    try {
      await play.cloud.byHand(customer.tenant, "POST", `${EM}/assignmentRequests/${id}/reprocess`);
      play.count("delivered again by the customer");
    } catch (error) {
      if (!/\b400\b/.test(error.message)) throw error;
      play.count("too late to be delivered again");
    }
  }
}
