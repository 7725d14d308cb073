// Every page of the portal: the addresses of the route table, and what they show in each state worth a look.

/** GET routes that give no page of their own, and why. */
export const NO_PAGES = {
  "/livez": "a word for machines",
  "/readyz": "a word for machines",
  "/assets/{file}": "files",
  "/p/{slug}/go": "leads to the authority",
  "/admin/apps/{app}/certificate.cer": "a file",
  "/admin/apps/{app}/next.cer": "a file",
  "/access/people/export.csv": "a file",
  "/access/expiring/export.csv": "a file",
  "/access/matrix/export.csv": "a file",
  "/requests/rows": "part of /requests",
  "/requests/events": "a stream",
  "/requests/export.csv": "a file",
  "/connections/{customer}/go": "leads to the customer's sign-in",
  "/customers/{customer}/requests/rows": "part of the customer's requests",
  "/customers/{customer}/requests/events": "a stream",
  "/customers/{customer}/onboarding/progress": "part of the customer's onboarding",
  "/customers/{customer}/onboarding/events": "a stream",
};

/**
 * Pages as `{ route, name, at, who, status, act }`: `at` is the address, `act` what is done there before the look,
 * `who` is `visitor`, `admin`, or `newcomer` (of the provider that has nothing yet).
 */
export function pages(world) {
  const { running, asking, failing, lost, fresh } = world.customers;
  const { slug } = world.provider;
  const all = [];
  const add = (who) => (route, name, at, more = {}) => all.push({ route, name, at, who, status: 200, ...more });

  const visitor = add("visitor");
  visitor("/sign-in", "sign-in", "/sign-in");
  visitor("/sign-in", "sign-in-unknown", "/sign-in", {
    act: async (one) => {
      await one.field(one.t("sign-in-who")).fill("nobody@nowhere.example");
      await one.button(one.t("sign-in-continue")).click();
      await one.reads(one.t("sign-in-unknown-provider"));
    },
  });
  visitor("/p/{slug}", "gate", `/p/${slug}`);
  visitor("/p/{slug}/callback", "sign-in-over", `/p/${slug}/callback?state=forged&code=none`, { status: 409 });
  visitor("/consent/callback", "thanks", "/consent/callback?state=forged&admin_consent=True");
  visitor("/consent/callback", "declined", "/consent/callback?state=forged&error=access_denied");
  visitor(undefined, "visitor-not-found", "/nothing/here", { status: 404 });

  const newcomer = add("newcomer");
  newcomer("/", "today-empty", "/");
  newcomer("/customers", "customers-empty", "/customers");
  newcomer("/requests", "requests-empty", "/requests");
  newcomer("/access", "access-empty", "/access");
  newcomer("/access/expiring", "expiring-empty", "/access/expiring");
  newcomer("/access/calendar", "calendar-empty", "/access/calendar");
  newcomer("/access/reviews", "reviews-empty", "/access/reviews");
  newcomer("/access/matrix", "matrix-empty", "/access/matrix");
  newcomer("/access/links", "links-empty", "/access/links");
  newcomer("/access/leavers", "leavers-empty", "/access/leavers");
  newcomer("/access/warnings", "warnings-empty", "/access/warnings");
  newcomer("/health", "health-empty", "/health");
  newcomer("/health/rows", "health-rows-empty", "/health/rows");
  newcomer("/health/sync", "health-sync-empty", "/health/sync");
  newcomer("/admin", "admin-unfinished", "/admin");
  newcomer("/admin/apps/{app}", "app-unfinished", "/admin/apps/reader");
  newcomer("/audit", "audit-none-found", "/audit?who=Nobody");

  const admin = add("admin");
  admin("/", "today", "/");
  admin("/customers", "customers", "/customers");
  admin("/customers", "customers-none-found", "/customers?q=zzz");
  admin("/customers/add", "customer-add", "/customers/add");
  admin("/customers/add", "customer-add-refused", "/customers/add", {
    act: async (one) => {
      await one.field(one.t("customers-add-domain")).fill("not a domain");
      await one.button(one.t("customers-add-find")).click();
      await one.reads(one.t("customers-refused-malformed"));
    },
  });
  admin("/customers/add", "customer-found", "/customers/add", {
    act: async (one) => {
      await one.field(one.t("customers-add-domain")).fill(world.unclaimed);
      await one.button(one.t("customers-add-find")).click();
      await one.heading(one.t("customers-found")).waitFor();
    },
  });
  admin("/customers/{customer}", "customer", running.path);
  admin("/customers/{customer}", "customer-fresh", fresh.path);
  admin("/customers/{customer}", "customer-lost", lost.path);
  admin("/customers/{customer}/consent", "consent", `${running.path}/consent`);
  admin("/customers/{customer}/consent", "consent-lost", `${lost.path}/consent`);
  admin("/customers/{customer}/consent", "consent-link", `${fresh.path}/consent`, {
    act: async (one) => {
      await one.page.locator("#make-link-reader").click();
      await one.page.locator("#consent-link-reader").waitFor();
      await one.page.locator("summary", { hasText: one.t("customers-consent-mail-ready") }).click();
    },
  });
  admin("/customers/{customer}/details", "details", `${running.path}/details`);
  admin("/customers/{customer}/details", "details-refused", `${fresh.path}/details`, {
    act: async (one) => {
      await one.button(one.t("customers-pause-now")).click();
      await one.reads(one.t("customers-pause-reason-missing"));
    },
  });
  admin("/customers/{customer}/details", "contacts-refused", `${fresh.path}/details`, {
    act: async (one) => {
      await one.page.locator("input[name=mail]").first().fill("kim@proseware.example");
      await one.page.locator("form[action$=contacts] button").click();
      await one.reads(one.t("customers-contacts-no-name"));
    },
  });
  admin("/customers/{customer}/requests", "customer-requests", `${running.path}/requests`);
  admin("/customers/{customer}/requests", "customer-requests-empty", `${fresh.path}/requests`);
  admin("/customers/{customer}/alerts", "alerts", `${running.path}/alerts`);
  admin("/customers/{customer}/alerts", "alerts-unread", `${fresh.path}/alerts`);
  admin("/customers/{customer}/notices", "customer-notices", `${running.path}/notices`);
  admin("/customers/{customer}/notices", "snooze-refused", `${running.path}/notices`, {
    act: async (one) => {
      await one.button(one.t("notices-snooze-begin")).click();
      await one.reads(one.t("notices-snooze-reason-missing"));
    },
  });
  admin("/customers/{customer}/activity", "activity", `${running.path}/activity`);
  admin("/customers/{customer}/reading", "reading", `${running.path}/reading`);
  admin("/customers/{customer}/reading", "reading-lost", `${lost.path}/reading`);
  admin("/customers/{customer}/report", "report", `${running.path}/report?lang=nl`);
  admin("/requests", "requests", "/requests");
  admin("/requests", "requests-none-found", `/requests?customer=${fresh.path.split("/").pop()}`);

  const approver = add("approver");
  approver("/requests", "requests-decide", "/requests");
  approver("/requests", "requests-refused", "/requests", {
    act: async (one) => {
      await one.page.locator("#decide [value=approve]").check();
      // A browser would not send it: the page must say it too.
      await one.page.locator("#decide").evaluate((form) => (form.noValidate = true));
      await one.button(one.t("requests-decide-now")).click();
      await one.page.locator("#decide-error").waitFor();
    },
  });
  approver("/requests", "requests-keys", "/requests", {
    act: async (one) => {
      await one.button(one.t("requests-keys")).click();
      await one.heading(one.t("requests-keys")).waitFor();
    },
  });
  for (const tab of ["decided", "failed", "expired"]) approver("/requests", `requests-${tab}`, `/requests?tab=${tab}`);
  approver("/requests/{customer}/{request}", "request", world.request);
  admin("/requests/{customer}/{request}", "request-seen", world.request);
  approver("/requests/decisions/{batch}", "decisions", "/requests", {
    act: async (one) => {
      await one.page.locator("[data-choose]").first().check();
      await one.page.locator("#decide [value=approve]").check();
      await one.page.locator("#reason").fill("It is his own: Microsoft takes it from nobody");
      await one.button(one.t("requests-decide-now")).click();
      await one.heading(one.t("requests-outcomes")).waitFor();
    },
  });
  approver("/connections", "connections", "/connections");
  approver("/connect/callback", "connect-over", "/connect/callback?state=forged&code=none", { status: 409 });

  const onboarding = (customer, name) => admin("/customers/{customer}/onboarding", name, `${customer.path}/onboarding`);
  onboarding(running, "onboarding");
  onboarding(asking, "onboarding-questions");
  onboarding(failing, "onboarding-failed");
  onboarding(fresh, "onboarding-unread");
  const step = (customer, key, name, more) =>
    admin("/customers/{customer}/onboarding/steps/{step}", `step-${name}`, `${customer.path}/onboarding/steps/${key}`, more);
  step(running, "identify", "identify");
  step(running, "rbac", "declared");
  step(running, "policy.tier1", "policy");
  step(running, "first-approvers", "links");
  step(running, "defender-role.tier2", "to-declare", {
    act: async (one) => {
      await one.button(one.t("onboarding-declare")).click();
      await one.reads(one.t("onboarding-proof-wanted"));
    },
  });
  step(asking, "group.tier1", "adopt");
  step(asking, "policy.approvers", "administrator");
  step(failing, "catalog", "failed");

  admin("/access/people", "access-people", "/access/people");
  admin("/access/people", "access-people-none-found", "/access/people?q=zzz");
  admin("/access/people/{match}", "access-person", world.holder);
  admin("/access/people/{match}", "access-person-ended", `${world.holder}?show=ended`);
  admin("/access/people/{match}", "access-person-join", `${world.holder}?q=approver`);
  admin("/access/people/{match}/leave", "access-leave", `${world.holder}/leave`);
  admin("/access/people/{match}/leave", "access-leave-refused", `${world.holder}/leave`, {
    act: async (one) => {
      await one.button(one.t("access-leave-now")).click();
      await one.reads(one.t("access-leave-typed-wrong"));
    },
  });
  admin("/access/leavers", "access-leavers", "/access/leavers");
  admin("/access/leavers/{leaver}", "access-leaver", world.leaver);
  admin("/access/expiring", "access-expiring", "/access/expiring?within=all");
  admin("/access/calendar", "access-calendar", "/access/calendar");
  admin("/access/reviews", "access-reviews", "/access/reviews");
  admin("/access/matrix", "access-matrix", "/access/matrix");
  admin("/access/warnings", "access-warnings", "/access/warnings");
  admin("/access/links", "access-links", "/access/links");
  admin("/access/links", "access-links-of", `/access/links?address=${world.holderMail}&approvers=yes`);
  admin("/customers/{customer}/people", "customer-people", `${running.path}/people`);
  admin("/customers/{customer}/people", "customer-people-none", `${fresh.path}/people`);
  admin("/customers/{customer}/reviews/{round}", "access-round", world.round);

  admin("/health", "health", "/health");
  admin("/health/rows", "health-rows", "/health/rows");
  admin("/health/sync", "health-sync", "/health/sync");
  admin("/audit", "audit", "/audit");
  admin("/audit/verify", "audit-proof", "/audit/verify");
  admin("/admin", "admin", "/admin");
  admin("/admin", "admin-refused", "/admin", {
    act: async (one) => {
      await one.field(one.t("providers-analyst-domain")).fill(world.unclaimed);
      await one.button(one.t("layout-save")).click();
      await one.page.locator("#analyst_domain-error").waitFor();
    },
  });
  for (const app of ["sign-in", "reader", "operator", "approver"]) {
    admin("/admin/apps/{app}", `app-${app}`, `/admin/apps/${app}`);
  }
  admin("/admin/apps/{app}", "app-next-key", "/admin/apps/approver", {
    act: async (one) => {
      // Once only: where a key waits already, no other is made.
      const make = one.button(one.t("providers-make-certificate"));
      if (await make.count()) {
        await make.click();
        await one.page.waitForLoadState();
        // The other language's reader may have been first.
        await one.open("/admin/apps/approver");
      }
      await one.heading(one.t("providers-next")).waitFor();
      await one.page.locator("summary", { hasText: one.t("providers-next-untried") }).click();
      await one.button(one.t("providers-next-use")).click();
      await one.reads(one.t("providers-next-not-understood"));
    },
  });
  admin("/admin/people", "people", "/admin/people");
  admin("/admin/people/{person}", "person", world.person);
  admin("/admin/people/{person}", "person-proposed", world.proposed);
  admin("/admin/people/{person}", "oneself", world.oneself);
  admin("/admin/notices", "notices", "/admin/notices");
  admin("/admin/notices/mail", "notices-mail", "/admin/notices/mail");
  admin("/admin/notices/mail", "notices-mail-refused", "/admin/notices/mail", {
    act: async (one) => {
      await one.field(one.t("notices-mail-port")).fill("0");
      await one.button(one.t("layout-save")).click();
      await one.reads(one.t("notices-mail-port-wrong"));
    },
  });
  admin("/admin/notices/times", "notices-times", "/admin/notices/times");
  admin("/admin/notices/channels/add", "channel-add", "/admin/notices/channels/add?kind=webhook");
  admin("/admin/notices/channels/add", "channel-add-refused", "/admin/notices/channels/add?kind=teams", {
    act: async (one) => {
      await one.button(one.t("notices-channel-add")).click();
      await one.reads(one.t("notices-target-wrong"));
    },
  });
  admin("/admin/notices/channels/{channel}", "channel", world.channel);
  admin("/admin/notices/rules/add", "rule-add", "/admin/notices/rules/add");
  admin("/admin/notices/rules/{rule}", "rule", world.rule);
  admin("/admin/notices/outbox", "outbox", "/admin/notices/outbox");
  admin("/me", "me", "/me");
  admin("/me/notices", "me-notices", "/me/notices");
  admin("/me", "me-refused", "/me", {
    act: async (one) => {
      await one.field(one.t("people-address-field")).fill("nobody");
      await one.button(one.t("people-address-add")).click();
      await one.reads(one.t("people-address-wrong"));
    },
  });
  admin("/admin/blueprint", "blueprint", "/admin/blueprint");
  admin("/admin/blueprint/versions/{version}", "blueprint-version", "/admin/blueprint/versions/1");
  admin("/admin/blueprint", "blueprint-refused", "/admin/blueprint", {
    act: async (one) => {
      await one.page.locator("#days").fill("0");
      await one.button(one.t("blueprint-save")).click();
      await one.reads(one.t("blueprint-has-errors"));
    },
  });
  admin(undefined, "not-found", "/nothing/here", { status: 404 });
  admin(undefined, "method-not-allowed", "/sign-out", { status: 405 });
  add("manager")(undefined, "forbidden", "/admin", { status: 403 });
  return all;
}
