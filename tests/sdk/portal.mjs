// The portal as the provider's people use it: over its pages, by forms and links.

import { Employee } from "../../scripts/demo-world/staff.mjs";
import { Visitor } from "../../scripts/demo-world/visitor.mjs";
import { texts } from "../browser/support/texts.mjs";

const t = texts("en");

/** The state of every step on the list of steps. */
function steps(page) {
  const lines = page.body.matchAll(/<li id="step-([^"]+)"><span class="step-icon step-([a-z-]+)">/g);
  return new Map([...lines].map(([, key, state]) => [key, state]));
}

/** One customer, in the hands of the onboarding staff. */
export class Customer {
  constructor(portal, provider, customer, time) {
    Object.assign(this, { portal, time, ...customer });
    this.staff = new Employee(portal.url, provider.slug, provider.staff[0].name);
  }

  /** Added by domain, after seeing what was found. */
  async add() {
    const found = await this.staff.fill("/customers/add", "/customers/add/find", { domain: this.domain });
    if (!found.text.includes(this.tenant)) throw new Error(`${this.domain} is not found: ${found.text}`);
    const made = await this.staff.submit(found, found.form("/customers/add"));
    this.path = made.url.pathname;
  }

  /** The consent link of an app, and the customer's administrator who opens it and accepts. */
  async consent(app) {
    const page = await this.staff.open(`${this.path}/consent`);
    const form = page.forms().find((one) => one.fields.some(({ name, value }) => name === "app" && value === app));
    const made = await this.staff.submit(page, form);
    const [, link] = new RegExp(`id="consent-link-${app}"[^>]*>([^<]+)<`).exec(made.body);
    const admin = new Visitor(this.administrator);
    const picking = await admin.get(link.replaceAll("&amp;", "&").replaceAll("&#38;", "&"));
    const asked = await press(admin, picking, this.administrator);
    const thanks = await press(admin, asked, "Accept");
    if (!thanks.text.includes(t("customers-thanks"))) throw new Error(`no thanks at ${thanks.url}: ${thanks.text}`);
  }

  plan() {
    return this.staff.open(`${this.path}/onboarding`);
  }

  async steps() {
    return steps(await this.plan());
  }

  /** Waits until the plan is as wanted. */
  wait(what, wanted) {
    let last;
    const ask = async () => {
      last = await this.plan();
      return wanted(steps(last), last);
    };
    return this.time.wait(() => `${what}: ${last?.text}`, ask);
  }

  /** Until the tenant was read for the first time. */
  wasRead() {
    return this.wait("the first reading", (_, page) => !page.text.includes(t("onboarding-never-read")));
  }

  until(step, state = "done") {
    return this.wait(`${step} ${state}`, (seen) => seen.get(step) === state);
  }

  act(step, ending, typed) {
    return this.staff.fill(`${this.path}/onboarding/steps/${step}`, ending, typed);
  }

  nameAdministrator() {
    return this.act("policy.approvers", "/administrator", { principal_name: this.administratorAddress });
  }

  declare(step, model) {
    const said = { proof: "Seen by us, ticket 4711", ...(model ? { rbac: model } : {}) };
    return this.act(step, `/${step}/declare`, said);
  }

  async approve() {
    await this.staff.fill(`${this.path}/onboarding`, "/approve");
  }

  /** Answers "adopt" to everything that is asked about, as the pages ask it; the steps that were asked about. */
  async adoptAll() {
    const adopted = [];
    for (;;) {
      const seen = await this.steps();
      const asked = [...seen].find(([, state]) => state === "question");
      if (!asked) return adopted;
      const [step] = asked;
      if (adopted.includes(step)) throw new Error(`asked about ${step} twice`);
      const page = await this.staff.open(`${this.path}/onboarding/steps/${step}`);
      const adopt = (form) => form.fields.some(({ name, value }) => name === "answer" && value === "adopt");
      const offers = page.forms().filter(adopt);
      if (offers.length !== 1) throw new Error(`${offers.length} objects to adopt for ${step}: ${page.text}`);
      await this.staff.submit(page, offers[0]);
      adopted.push(step);
    }
  }

  /** Has the tenant read anew, and waits for it: the reading from before has become some minutes old. */
  async readAgain() {
    const fresh = `${t("onboarding-read")} ${t("time-just-now")}`;
    await this.time.cloud.advance(120);
    await this.wait("an older reading", (_, page) => !page.text.includes(fresh));
    await this.staff.fill(`${this.path}/onboarding`, "/check");
    await this.wait("a new reading", (_, page) => page.text.includes(fresh));
  }
}

/** Presses the button whose words begin so. */
function press(visitor, page, words) {
  const mine = (button) => button.words.startsWith(words);
  const form = page.forms().find((one) => one.buttons.some(mine));
  if (!form) throw new Error(`no button ${words} at ${page.url} (${page.status}): ${page.text}`);
  const button = form.buttons.find(mine);
  return visitor.send(page, form, {}, button.name ? { [button.name]: button.value } : {});
}
