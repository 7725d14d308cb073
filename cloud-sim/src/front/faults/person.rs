//! Faults that are somebody's act, or Microsoft's own: an object changed or deleted midway, a delivery that hangs or
//! fails.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::fault::{Kind, Strike};
use super::lasting::Made;
use crate::call::Call;
use crate::graph::bearer::{Caller, Who};
use crate::simulation::Shared;
use crate::world::late::Delay;

const EM: &str = "/v1.0/identityGovernance/entitlementManagement";
const DEFENDER: &str = "/beta/roleManagement/defender";

/// Changes or deletes one of the objects the apps made: one that the answer shows, else the newest that can be.
pub fn acts(shared: &Shared, call: &Call, who: &Who, kind: Kind, shown: &Value) -> bool {
    let Some(tenant) = who.0.as_deref() else { return false };
    let made: Vec<Made> =
        shared.faults().lasting.made.iter().filter(|one| one.tenant == tenant).cloned().collect();
    let visible = |one: &Made| {
        let listed =
            shown["value"].as_array().is_some_and(|items| items.iter().any(|i| i["id"] == one.id.as_str()));
        listed || shown["id"] == one.id.as_str() || call.path.contains(&one.id)
    };
    let (first, then): (Vec<&Made>, Vec<&Made>) = made.iter().rev().partition(|one| visible(one));
    first.into_iter().chain(then).any(|one| act(shared, call, one, kind))
}

fn act(shared: &Shared, call: &Call, made: &Made, kind: Kind) -> bool {
    let Some(path) = path(made) else { return false };
    if kind == Kind::Deleted {
        return by_hand(shared, call, made, ("DELETE", &path), &Value::Null).is_some();
    }
    let changed = match made.kind.as_str() {
        "catalogs" => json!({"isExternallyVisible": false}),
        "assignmentPolicies" => {
            let whole = format!("{path}?$expand=accessPackage");
            let Some(mut policy) = by_hand(shared, call, made, ("GET", &whole), &Value::Null) else {
                return false;
            };
            policy["expiration"] = json!({"type": "afterDuration", "duration": "P30D"});
            policy["accessPackage"] = json!({"id": policy["accessPackage"]["id"]});
            return by_hand(shared, call, made, ("PUT", &path), &policy).is_some();
        }
        _ => json!({"displayName": "Renamed by hand"}),
    };
    by_hand(shared, call, made, ("PATCH", &path), &changed).is_some()
}

fn path(made: &Made) -> Option<String> {
    let id = &made.id;
    Some(match made.kind.as_str() {
        "groups" => format!("/v1.0/groups/{id}"),
        "catalogs" | "accessPackages" | "assignmentPolicies" | "connectedOrganizations" => {
            format!("{EM}/{}/{id}", made.kind)
        }
        "roleDefinitions" => format!("{DEFENDER}/roleDefinitions/{id}"),
        _ => return None,
    })
}

/// A call of the tenant's own administrator; its answer if it worked.
fn by_hand(
    shared: &Shared,
    call: &Call,
    made: &Made,
    (method, path): (&str, &str),
    body: &Value,
) -> Option<Value> {
    let mut inner = call.clone();
    method.clone_into(&mut inner.method);
    inner.aim(path);
    inner.headers.clear();
    inner.body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let answer = crate::graph::as_caller(shared, &inner, &Caller::administrator(&made.tenant)).ok()?;
    Some(answer.json_body().clone())
}

/// Makes an object of the name that a list is filtered by.
pub fn makes(shared: &Shared, call: &Call, who: &Who) -> bool {
    let Some(tenant) = who.0.clone() else { return false };
    let filter = call.param("$filter");
    let Some(name) = filter.strip_prefix("displayName eq '").and_then(|rest| rest.strip_suffix('\'')) else {
        return false;
    };
    let (kind, name) = (call.segments.last().cloned().unwrap_or_default(), name.replace("''", "'"));
    let made = Made { tenant: tenant.clone(), kind: kind.clone(), id: String::new() };
    let body = match kind.as_str() {
        "groups" => json!({
            "displayName": name, "mailNickname": "byhand", "mailEnabled": false, "securityEnabled": true,
        }),
        "catalogs" => json!({
            "displayName": name, "description": "made by hand", "state": "published", "isExternallyVisible": true,
        }),
        "accessPackages" => {
            let world = shared.world();
            let general = world.tenant(&tenant).and_then(|t| t.catalogs.iter().find(|c| c.built_in));
            let Some(catalog) = general.map(|c| c.id.clone()) else { return false };
            json!({"displayName": name, "description": "made by hand", "catalog": {"id": catalog}})
        }
        _ => return false,
    };
    let path = if kind == "groups" { "/v1.0/groups".to_owned() } else { format!("{EM}/{kind}") };
    let Some(answer) = by_hand(shared, call, &made, ("POST", &path), &body) else { return false };
    let list = if kind == "accessPackages" { "packages" } else { kind.as_str() };
    let world = shared.world();
    let tenant_now = world.tenant(&tenant).map(|t| json!(t)).unwrap_or_default();
    let found =
        tenant_now[list].as_array().and_then(|all| all.iter().find(|one| one["id"] == answer["id"]).cloned());
    drop(world);
    let note = json!({"tenant": tenant, "list": list, "object": found});
    shared.faults().lasting.made_by_hand.push(note);
    true
}

/// The resource just asked for hangs, or never comes.
pub fn delays(shared: &Shared, call: &Call, who: &Who, strike: Strike) -> bool {
    let mut world = shared.world();
    let Some(tenant) = who.0.as_deref().and_then(|t| world.tenant_mut(t)) else { return false };
    if strike.kind == Kind::DeliveryFails {
        return tenant.resources.pop().is_some();
    }
    let Some(resource) = tenant.resources.last_mut() else { return false };
    let wait = i64::try_from(strike.retry_after.unwrap_or(60)).unwrap_or(60);
    resource.delay = Delay { reads: 0, until: Some(call.now + TimeDelta::seconds(wait)) };
    true
}
