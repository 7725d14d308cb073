// The same acts of onboarding, where nobody watches: consent without a browser, one click where a story has five.

import * as act from "./onboarding.mjs";

/** Reads the customer now. */
export async function readNow(staff, customer) {
  await staff.open(customer.path);
  await staff.page.locator(`form[action$="/check"] button`).click();
  // Before consent to reading is known, that is what is asked first.
  const told = (key) => staff.page.getByRole("status").filter({ hasText: staff.t(key) });
  await told("done-reading").or(told("done-checking-consent")).first().waitFor();
}

/** Consent without a browser, and the reading that finds it. */
export async function consent(world, customer, app, grant = true) {
  await world.house.cloud.consent(customer.tenant, world.provider.apps[app], grant);
  await readNow(world.staff, customer);
}

/** His plan, approved, with consent for writing. */
export async function begin(world, customer) {
  const { staff, house } = world;
  await consent(world, customer, "reader");
  await staff.open(customer.onboarding);
  await house.passUntil(staff.heading(staff.t("onboarding-questions")));
  await act.nameAdministrator(staff, customer);
  await staff.button(staff.t("onboarding-approve")).click();
  await staff.told("done-approved-waiting");
  await consent(world, customer, "operator");
}

/** The state of a step, on the list of steps. */
export async function stepReaches(world, customer, key, state) {
  const { staff, house } = world;
  await staff.open(customer.onboarding);
  await house.passUntil(staff.page.locator(`[id="step-${key}"] .step-side`).getByText(staff.t(`onboarding-state-${state}`)));
}
