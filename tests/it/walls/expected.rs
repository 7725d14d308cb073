//! What every route must answer, written a second time beside the route table: who may come, with which form, and
//! what he is told then. A changed right is seen here as a change, and a route that is not here fails.

use mssp_portal::kit::right::Role;

const ALL: &[Role] = &Role::ALL;
const ADMIN: &[Role] = &[Role::Admin];
const ONBOARDING: &[Role] = &[Role::Admin, Role::Onboarding];
const NOTES: &[Role] = &[Role::Admin, Role::Onboarding, Role::AccountManager];
const HEALTH: &[Role] = &[Role::Admin, Role::Onboarding, Role::Auditor];
const AUDIT: &[Role] = &[Role::Admin, Role::Auditor];
const APPROVER: &[Role] = &[Role::Approver];
const REDELIVER: &[Role] = &[Role::Admin, Role::Onboarding, Role::Approver];

/// One route, asked for a thing of the provider's own.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    pub method: &'static str,
    pub path: &'static str,
    /// `None`: anyone, signed in or not.
    pub who: Option<&'static [Role]>,
    /// What each of these is answered.
    pub status: u16,
    /// A body that the handler takes; what stands in braces is filled in for the thing that is asked for.
    pub form: &'static str,
    /// Something of the provider changes by it.
    pub writes: bool,
    /// The step that `{step}` names.
    pub step: &'static str,
    /// What the missing thing that a path names beside the customer is answered.
    pub missing: u16,
}

const ROUTE: Expected = Expected {
    method: "GET",
    path: "",
    who: None,
    status: 200,
    form: "",
    writes: false,
    step: "catalog",
    missing: 404,
};

const fn get(path: &'static str, who: &'static [Role]) -> Expected {
    Expected { path, who: Some(who), ..ROUTE }
}

const fn open(path: &'static str, status: u16) -> Expected {
    Expected { path, status, ..ROUTE }
}

const fn post(path: &'static str, who: &'static [Role], form: &'static str) -> Expected {
    Expected { method: "POST", path, who: Some(who), status: 303, form, writes: true, ..ROUTE }
}

const fn open_post(path: &'static str, form: &'static str) -> Expected {
    Expected { method: "POST", path, status: 303, form, ..ROUTE }
}

const BLUEPRINT: &str = "version={version}&approvers_group=MSSP+Analyst+Approvers&approvers_package=Approvers\
    &catalog=MSSP&tier_key=tier1&tier_group=Tier+1&tier_package=Tier+1&tier_role=Tier+1&tier_live=none&days=200\
    &decide_days=14&review_every=annually&open_days=20&reviewers=approvers&no_response=remove&defender=manual\
    &why={random}";

const RULE: &str = "name={random}&kinds=drifted&stages=50&tiers=tier1&tags=bank&severity=high&to=people\
    &to_roles=approver&language=nl&urgent=yes&enabled=yes";

/// Every route of the portal.
pub const EXPECTED: &[Expected] = &[
    open("/livez", 200),
    open("/readyz", 200),
    open("/assets/{file}", 200),
    open("/sign-in", 200),
    open_post("/sign-in", "who={slug}&back=%2F"),
    open("/p/{slug}", 200),
    open("/p/{slug}/go", 303),
    Expected { missing: 409, ..open("/p/{slug}/callback", 409) },
    open("/consent/callback", 200),
    open_post("/visitor/choices", "language=nl&theme=dark&back=%2Fsign-in"),
    post("/sign-out", ALL, ""),
    post("/choices", ALL, "language=nl&theme=dark&back=%2F"),
    get("/me", ALL),
    post("/me/analyst-address", ALL, "address={random}@a.example&verdict=his"),
    Expected { writes: false, ..post("/me/sessions/end", ALL, "") },
    get("/me/notices", ALL),
    post("/me/notices", ALL, "digest=yes"),
    get("/", ALL),
    get("/customers", ALL),
    get("/customers/add", ONBOARDING),
    Expected {
        status: 200,
        writes: false,
        ..post("/customers/add/find", ONBOARDING, "domain={unclaimed}.example")
    },
    post(
        "/customers/add",
        ONBOARDING,
        "domain={unclaimed}.example&entra_tenant_id={unclaimed-tenant}&name=New&manager=",
    ),
    get("/customers/{customer}", ALL),
    get("/customers/{customer}/details", NOTES),
    post("/customers/{customer}/details", ONBOARDING, "customer={customer}&name=Other&manager="),
    post("/customers/{customer}/notes", NOTES, "customer={customer}&notes=Other&tags=other"),
    post("/customers/{customer}/contacts", NOTES, "customer={customer}&name=Kim&mail=&phone=&role="),
    post("/customers/{customer}/pause", ONBOARDING, "customer={customer}&reason=Contract+talks"),
    post("/customers/{customer}/resume", ONBOARDING, "customer={customer}"),
    get("/customers/{customer}/consent", ONBOARDING),
    Expected {
        status: 200,
        ..post("/customers/{customer}/consent", ONBOARDING, "customer={customer}&app=reader")
    },
    post("/customers/{customer}/check", ONBOARDING, "customer={customer}"),
    get("/customers/{customer}/onboarding", ALL),
    get("/customers/{customer}/onboarding/progress", ALL),
    get("/customers/{customer}/onboarding/events", ALL),
    get("/customers/{customer}/onboarding/steps/{step}", ALL),
    post("/customers/{customer}/onboarding/approve", ONBOARDING, "customer={customer}&plan={plan}"),
    post("/customers/{customer}/onboarding/cancel", ONBOARDING, "customer={customer}&run={run}"),
    post("/customers/{customer}/onboarding/retry", ONBOARDING, "customer={customer}&run={run}&step="),
    post(
        "/customers/{customer}/onboarding/administrator",
        ONBOARDING,
        "customer={customer}&principal_name=admin@{tenant}.example",
    ),
    post("/customers/{customer}/onboarding/beside", ONBOARDING, "customer={customer}"),
    post("/customers/{customer}/onboarding/steps/{step}/check", ONBOARDING, "customer={customer}"),
    Expected {
        step: "rbac",
        ..post(
            "/customers/{customer}/onboarding/steps/{step}/declare",
            ONBOARDING,
            "customer={customer}&proof=Seen+by+Anna&rbac=classic",
        )
    },
    Expected {
        step: "rbac",
        ..post(
            "/customers/{customer}/onboarding/steps/{step}/reopen",
            ONBOARDING,
            "customer={customer}&why=It+was+another+tenant",
        )
    },
    Expected {
        step: "group.tier2",
        ..post(
            "/customers/{customer}/onboarding/steps/{step}/answer",
            ONBOARDING,
            "customer={customer}&answer=again&id=&yes=",
        )
    },
    get("/customers/{customer}/requests", ALL),
    get("/customers/{customer}/requests/rows", ALL),
    get("/customers/{customer}/requests/events", ALL),
    get("/customers/{customer}/alerts", ALL),
    get("/customers/{customer}/notices", ALL),
    post(
        "/customers/{customer}/notices/snooze",
        NOTES,
        "customer={customer}&kind=drifted&days=7&reason=Migration",
    ),
    post("/customers/{customer}/notices/wake", NOTES, "customer={customer}&snooze={snooze}"),
    get("/customers/{customer}/report", ALL),
    get("/customers/{customer}/activity", ALL),
    get("/customers/{customer}/reading", ALL),
    post("/customers/{customer}/refresh", ALL, "customer={customer}"),
    post("/customers/{customer}/work/again", ONBOARDING, "customer={customer}&kind=requests"),
    get("/requests", ALL),
    get("/requests/rows", ALL),
    get("/requests/events", ALL),
    get("/access", ALL),
    get("/access/people", ALL),
    get("/access/people/export.csv", ALL),
    get("/access/people/{match}", ALL),
    post("/access/people/{match}/merge", ONBOARDING, "other={other}&why=One+mailbox"),
    post("/access/people/{match}/split", ONBOARDING, "what={customer}%2F{mail}&why=Another+Ada"),
    get("/access/people/{match}/leave", ONBOARDING),
    post("/access/people/{match}/leave", ONBOARDING, "address={mail}&why=Left+the+house"),
    get("/access/leavers", ALL),
    get("/access/leavers/{leaver}", ALL),
    post("/access/leavers/{leaver}/again", ONBOARDING, ""),
    get("/access/expiring", ALL),
    get("/access/expiring/export.csv", ALL),
    get("/access/calendar", ALL),
    get("/access/reviews", ALL),
    get("/access/matrix", ALL),
    get("/access/matrix/export.csv", ALL),
    get("/access/warnings", ALL),
    get("/access/links", ALL),
    get("/customers/{customer}/people", ALL),
    get("/customers/{customer}/reviews/{round}", ALL),
    get("/requests/export.csv", ALL),
    post(
        "/requests/decide",
        APPROVER,
        "batch={batch}&which={customer}/{request}&verdict=deny&reason=No&back=%2F",
    ),
    Expected { status: 404, ..get("/requests/decisions/{batch}", APPROVER) },
    get("/requests/{customer}/{request}", ALL),
    post(
        "/requests/{customer}/{request}/decide",
        APPROVER,
        "customer={customer}&batch={batch}&verdict=approve&reason=Known",
    ),
    post("/requests/{customer}/{request}/claim", APPROVER, "customer={customer}&claim=take"),
    // It did not fail.
    Expected {
        status: 409,
        writes: false,
        ..post("/requests/{customer}/{request}/reprocess", REDELIVER, "customer={customer}")
    },
    get("/connections", APPROVER),
    // Microsoft knows no such directory.
    Expected { status: 409, ..get("/connections/{customer}/go", APPROVER) },
    Expected { writes: false, ..post("/connections/{customer}/disconnect", APPROVER, "customer={customer}") },
    Expected { status: 409, ..get("/connect/callback", APPROVER) },
    get("/audit", AUDIT),
    get("/audit/verify", AUDIT),
    get("/health", HEALTH),
    get("/health/rows", HEALTH),
    get("/health/sync", HEALTH),
    post("/health/again", ONBOARDING, "kind=requests&cause=throttled"),
    get("/admin", ADMIN),
    post(
        "/admin/provider",
        ADMIN,
        "name={random}&analyst_tenant={unclaimed-tenant}&analyst_domain={unclaimed}.example&language=en&new_people=all",
    ),
    get("/admin/apps/{app}", ADMIN),
    get("/admin/apps/{app}/certificate.cer", ADMIN),
    post("/admin/apps/{app}/client-id", ADMIN, "client_id={unclaimed-tenant}"),
    post("/admin/apps/{app}/certificate", ADMIN, ""),
    get("/admin/apps/{app}/next.cer", ADMIN),
    // What was made waits: it is dropped, another waits then, which is put into use.
    post("/admin/apps/{app}/next/drop", ADMIN, ""),
    post("/admin/apps/{app}/secret", ADMIN, "secret=0123456789abcdef0123"),
    post("/admin/apps/{app}/next/use", ADMIN, "understood=yes"),
    post("/admin/apps/{app}/check", ADMIN, ""),
    get("/admin/people", ADMIN),
    get("/admin/people/{person}", ADMIN),
    post("/admin/people/{person}/view", ADMIN, "sees=all"),
    post("/admin/people/{person}/give", ADMIN, "which={customer}"),
    post("/admin/people/{person}/take", ADMIN, "which={given}"),
    post("/admin/people/{person}/disable", ADMIN, "reason=Left+the+house"),
    post("/admin/people/{person}/enable", ADMIN, "reason=Came+back"),
    post("/admin/people/{person}/analyst-address", ADMIN, "address={random}@a.example&verdict=his"),
    get("/admin/notices", ADMIN),
    post("/admin/notices/rules/usual", ADMIN, ""),
    get("/admin/notices/mail", ADMIN),
    post(
        "/admin/notices/mail",
        ADMIN,
        "host={random}.example&port=25&tls=none&user=&password=&from=a%40b.example",
    ),
    post("/admin/notices/mail/test", ADMIN, ""),
    get("/admin/notices/times", ADMIN),
    post(
        "/admin/notices/times",
        ADMIN,
        "zone=%2B02:00&from=22:00&until=07:00&weekend=yes&digest_at=08:00&digest_roles=approver",
    ),
    get("/admin/notices/channels/add", ADMIN),
    post(
        "/admin/notices/channels/add",
        ADMIN,
        "kind=slack&name={random}&target=https%3A%2F%2Fhooks.example%2F&language=en",
    ),
    get("/admin/notices/channels/{channel}", ADMIN),
    post("/admin/notices/channels/{channel}", ADMIN, "name={random}&target=&language=nl&enabled=yes"),
    post("/admin/notices/channels/{channel}/test", ADMIN, ""),
    Expected { status: 200, ..post("/admin/notices/channels/{channel}/secret", ADMIN, "") },
    post("/admin/notices/channels/{channel}/drop", ADMIN, ""),
    get("/admin/notices/rules/add", ADMIN),
    post("/admin/notices/rules/add", ADMIN, RULE),
    get("/admin/notices/rules/{rule}", ADMIN),
    post("/admin/notices/rules/{rule}", ADMIN, RULE),
    post("/admin/notices/rules/{rule}/drop", ADMIN, ""),
    get("/admin/notices/outbox", ADMIN),
    post("/admin/notices/outbox/again", ADMIN, "message={message}"),
    get("/admin/blueprint", ADMIN),
    get("/admin/blueprint/versions/{version}", ADMIN),
    post("/admin/blueprint", ADMIN, BLUEPRINT),
];
