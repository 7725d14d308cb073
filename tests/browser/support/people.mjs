// People at their browsers. Each has a browser of his own, and reads his own language.

/** How long a page may take to show what is waited for. */
const PATIENCE = 30_000;

export class Person {
  static async of(house, t, { name, address, ...choices }) {
    const person = new Person();
    Object.assign(person, { house, t, name, address });
    person.context = await house.browser.newContext({ locale: t.language === "nl" ? "nl-NL" : "en-GB", ...choices });
    person.context.setDefaultTimeout(PATIENCE);
    watch(house, person.context, name);
    person.page = await person.context.newPage();
    return person;
  }

  /** The same browser at another page of its own, under another account of his. */
  as(address, page) {
    return Object.assign(new Person(), this, { address, page });
  }

  /** Opens an address of the portal or of anywhere; reads whether it led to an error. */
  async open(address) {
    return this.page.goto(new URL(address, this.house.origin).href);
  }

  button(name, options) {
    return this.page.getByRole("button", { name, exact: true, ...options });
  }

  link(name, options) {
    return this.page.getByRole("link", { name, exact: true, ...options });
  }

  field(name) {
    return this.page.getByLabel(name, { exact: true });
  }

  heading(name) {
    return this.page.getByRole("heading", { name, exact: true });
  }

  /** Waits until the page says so. */
  async reads(text) {
    await this.page.getByText(text).first().waitFor();
  }

  /** Waits for the line that tells what was done. */
  async told(key) {
    await this.page.getByRole("status").filter({ hasText: this.t(key) }).waitFor();
  }

  /** Picks his account at the simulated sign-in. */
  async pick() {
    await this.page.getByRole("heading", { name: "Pick an account" }).waitFor();
    const mine = this.page.getByRole("button").filter({ hasText: this.address });
    if (await mine.count()) return mine.first().click();
    await this.page.getByLabel("Another account: its email address").fill(this.address);
    await this.page.getByRole("button", { name: "Next" }).click();
  }

  /** Signs in to the portal, from its front door. */
  async signIn() {
    const { t } = this;
    await this.open("/");
    await this.field(t("sign-in-who")).fill(this.address);
    await this.button(t("sign-in-continue")).click();
    await this.page.locator("main a.btn-primary").click();
    await this.pick();
    await this.heading(t("today-title")).waitFor();
    return this;
  }

  /** Opens an address of the simulated cloud, signing in first where it asks. */
  async visit(address) {
    await this.page.goto(address);
    if (this.page.url().includes("/signin")) await this.pick();
  }
}

/** Whatever a page complains of, or asks of a third party, is a failure of the story. */
function watch(house, context, name) {
  const known = () => [house.origin, house.cloud.origin, ...house.alsoKnown];
  context.on("weberror", (error) => house.troubles.push(`${name}: ${error.error()}`));
  context.on("console", (message) => {
    const refused = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !refused) house.troubles.push(`${name}: ${message.text()}`);
  });
  context.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith("http") && !known().includes(origin)) house.troubles.push(`${name}: asked ${request.url()}`);
  });
}
