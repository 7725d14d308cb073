//! What a call costs, and the budgets it counts against (contract §14; the costs are of throttling-limits.md).

use crate::call::Call;
use crate::graph::bearer::Caller;
use crate::odata;
use crate::world::Switches;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Comes back evenly, as a token bucket.
    Bucket,
    /// So many calls in any stretch of so many seconds.
    Window,
}

/// One budget a call counts against.
#[derive(Clone, Debug)]
pub struct Limit {
    pub kind: Kind,
    /// Whose budget it is.
    pub key: String,
    pub most: f64,
    pub seconds: u32,
    pub cost: f64,
    /// The budget of an app in a tenant, whose use is told in a header.
    pub pair: bool,
    /// `x-ms-throttle-scope` and `x-ms-throttle-information` of its refusal.
    pub told: Option<(String, &'static str)>,
    /// Whether the refusal has a `Retry-After`.
    pub says_when: bool,
}

const IDENTITY: &[&str] = &[
    "groups",
    "users",
    "me",
    "organization",
    "servicePrincipals",
    "subscribedSkus",
    "oauth2PermissionGrants",
    "directoryObjects",
];

fn pieces(call: &Call) -> Vec<&str> {
    call.segments.iter().skip(1).map(String::as_str).collect()
}

/// Resource units of a call to users, groups and other directory objects; none for other services.
pub fn unit(call: &Call) -> Option<u32> {
    let path = pieces(call);
    if !path.first().is_some_and(|first| IDENTITY.contains(first)) {
        return None;
    }
    let base = match (call.method.as_str(), &path[..]) {
        ("POST", ["me" | "users", .., "checkMemberGroups"]) => 4,
        ("GET", ["groups", _, "members", ..] | ["subscribedSkus", ..]) => 3,
        (
            "GET",
            ["users"]
            | ["users" | "me", .., "memberOf"]
            | ["users", _, "memberOf", _]
            | ["oauth2PermissionGrants", ..]
            | ["servicePrincipals", _, "appRoleAssignments"],
        ) => 2,
        _ => 1,
    };
    let less = i32::from(call.query.contains_key("$select"))
        + i32::from(call.param("$top").parse::<u32>().is_ok_and(|top| top < 20));
    let more = i32::from(!odata::expands(call.param("$expand")).is_empty());
    u32::try_from((base - less + more).max(1)).ok()
}

/// The budgets of a call, each with what it costs there.
pub fn limits(switches: &Switches, people: usize, call: &Call, caller: &Caller) -> Vec<Limit> {
    let mut all = Vec::new();
    let entitlement = switches.number("throttle.entitlement-per-10-seconds");
    let path = pieces(call);
    if path.first() == Some(&"identityGovernance") && entitlement > 0 {
        all.push(Limit::window("governance", &[&caller.app_id, &caller.tenant], entitlement, 10));
    }
    if !switches.on("throttle.on") {
        return all;
    }
    all.push(Limit::bucket("graph", &[&caller.app_id], 130_000, 10, 1));
    match &path[..] {
        ["auditLogs", ..] => all.push(Limit::window("reports", &[&caller.app_id, &caller.tenant], 5, 10)),
        ["security", ..] => all.push(Limit::window("security", &[&caller.app_id, &caller.tenant], 150, 60)),
        ["invitations", ..] => all.push(Limit::window("invitations", &[&caller.tenant], 150, 5)),
        ["identity", "conditionalAccess", ..] => {
            let one = Limit::window("conditional-access", &[&caller.tenant], 1, 1);
            all.push(Limit { says_when: false, ..one });
        }
        _ => {}
    }
    if let Some(unit) = unit(call) {
        all.extend(identity(people, call, caller, unit));
    }
    let divisor = switches.number("throttle.divisor").max(1);
    for limit in &mut all {
        if limit.kind == Kind::Bucket {
            limit.most = (limit.most / divisor as f64).max(1.0);
        }
    }
    all
}

/// Identity and access: resource units by the size of the tenant, and writes.
fn identity(people: usize, call: &Call, caller: &Caller, unit: u32) -> Vec<Limit> {
    let (app, tenant) = (caller.app_id.as_str(), caller.tenant.as_str());
    let size = match people {
        0..50 => 3_500,
        50..=500 => 5_000,
        _ => 8_000,
    };
    let told = |scope: &str, access: &str, information: &'static str| {
        Some((format!("{scope}/{access}/{app}/{tenant}"), information))
    };
    let units = |scope: &str| told(scope, "ReadWrite", "ResourceUnitLimitExceeded");
    let writes = |scope: &str| told(scope, "Write", "WriteLimitExceeded");
    let pair = Limit { pair: true, ..Limit::bucket("units", &[app, tenant], size, 10, unit) };
    let mut all = vec![
        Limit { told: units("Tenant_Application"), ..pair },
        Limit { told: units("Application"), ..Limit::bucket("units", &[app], 150_000, 20, unit) },
    ];
    if call.method != "GET" {
        all.extend([
            Limit {
                told: writes("Tenant_Application"),
                ..Limit::bucket("writes", &[app, tenant], 3_000, 150, 1)
            },
            Limit { told: writes("Application"), ..Limit::bucket("writes", &[app], 70_000, 300, 1) },
            Limit { told: writes("Tenant"), ..Limit::bucket("writes", &[tenant], 18_000, 300, 1) },
        ]);
    }
    all
}

impl Limit {
    fn bucket(name: &str, whose: &[&str], most: u32, seconds: u32, cost: u32) -> Self {
        Self {
            kind: Kind::Bucket,
            key: format!("{name}/{}", whose.join("/")),
            most: f64::from(most),
            seconds,
            cost: f64::from(cost),
            pair: false,
            told: None,
            says_when: true,
        }
    }

    fn window(name: &str, whose: &[&str], most: u64, seconds: u32) -> Self {
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        Self { kind: Kind::Window, ..Self::bucket(name, whose, most, seconds, 1) }
    }
}
