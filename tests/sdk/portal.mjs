// What onboarding staff read on a customer's pages, and how they answer there. The acts themselves are the demo's.

import { texts } from "../browser/support/texts.mjs";

const t = texts("en");

const plan = (customer) => customer.staff.open(customer.at("/onboarding"));

/** Every step on the list of steps with its state. */
export async function steps(customer) {
  const page = await plan(customer);
  const lines = page.body.matchAll(/<li id="step-([^"]+)"><span class="step-icon step-([a-z-]+)">/g);
  const found = [...lines].map(([, key, state]) => [key, state]);
  if (found.length === 0) throw new Error(`no steps at ${page.url}: ${page.text}`);
  return new Map(found);
}

/** Steps in one of these states. */
export async function stepsAt(customer, ...states) {
  return [...(await steps(customer))].filter(([, state]) => states.includes(state)).map(([key]) => key);
}

/** Whether a plan is offered for approval. */
export async function offersApproval(customer) {
  return (await plan(customer)).forms().some((form) => form.action.pathname.endsWith("/approve"));
}

/** Answers "adopt" to everything that is asked about, as the pages ask it; the steps that were asked about. */
export async function adoptAll(customer) {
  const adopted = [];
  for (;;) {
    const [step] = await stepsAt(customer, "question");
    if (!step) return adopted;
    if (adopted.includes(step)) throw new Error(`asked about ${step} twice`);
    const page = await customer.staff.open(customer.at(`/onboarding/steps/${step}`));
    const adopts = (form) => form.fields.some(({ name, value }) => name === "answer" && value === "adopt");
    const offers = page.forms().filter(adopts);
    if (offers.length !== 1) throw new Error(`${offers.length} objects to adopt for ${step}: ${page.text}`);
    await customer.staff.submit(page, offers[0]);
    adopted.push(step);
  }
}

/** Has the tenant read anew, and waits for it: the reading from before has become some minutes old. */
export async function readAgain(customer) {
  const fresh = `${t("onboarding-read")} ${t("time-just-now")}`;
  const { time, cloud } = customer.world;
  const says = async (wanted) => (await plan(customer)).text.includes(fresh) === wanted;
  // A reading may be under way, of a new blueprint say, and end after the first leap.
  await time.wait(`${customer.name}: the reading grows old`, async () => {
    await cloud.advance(120);
    return says(false);
  });
  await customer.readNow();
  await time.wait(`${customer.name}: a new reading`, () => says(true));
}
