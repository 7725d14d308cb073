//! Bodies of POST, PATCH and PUT: what must be there, which words are known, and the refusal of anything else.

mod defender;
mod directory;
mod entitlement;

use reqwest::Method;
use serde_json::{Value, json};

use crate::anyone::Reply;
use crate::kit::{ADATUM, World};
use crate::onboarded::{Onboarded, id};

const RBAC: &str = "/beta/roleManagement/defender";

/// A write that works, and what is wrong with it once something is taken away or changed: pointer, value (null takes
/// it away), code.
struct Write {
    method: Method,
    path: String,
    body: Value,
    wrong: Vec<(&'static str, Value, &'static str)>,
}

fn changed(body: &Value, pointer: &str, value: &Value) -> Value {
    let mut body = body.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match body.pointer_mut(parent).unwrap() {
        Value::Object(map) if value.is_null() => drop(map.remove(name)),
        Value::Object(map) => drop(map.insert(name.to_owned(), value.clone())),
        Value::Array(items) if value.is_null() => drop(items.remove(name.parse().unwrap())),
        other => other[name.parse::<usize>().unwrap()] = value.clone(),
    }
    body
}

const STRANGE: (&str, Value, &str) = ("/strange", Value::Bool(true), "BadRequest");
const STRANGE_HERE: (&str, Value, &str) = ("/strange", Value::Bool(true), "Request_BadRequest");
const NO: Value = Value::Null;

fn write(
    method: Method,
    path: impl Into<String>,
    body: Value,
    wrong: Vec<(&'static str, Value, &'static str)>,
) -> Write {
    Write { method, path: path.into(), body, wrong }
}

/// Permissions for every write there is, and a token that holds them.
async fn anything(world: &World) -> String {
    let all = [
        "Group.ReadWrite.All",
        "User.Invite.All",
        "User.ReadWrite.All",
        "Directory.Read.All",
        "SecurityAlert.ReadWrite.All",
        "EntitlementManagement.ReadWrite.All",
        "RoleManagement.ReadWrite.Defender",
    ];
    world.app_with(&all).await
}

async fn sent(there: &Onboarded, token: &str, write: &Write, body: Value) -> Reply {
    there.world.send(token, write.method.clone(), &write.path, Some(body), &[]).await
}

async fn judge(there: &Onboarded, writes: Vec<Write>) {
    let token = anything(&there.world).await;
    let before = there.kept_without_audits().await;
    for write in &writes {
        for (pointer, value, code) in &write.wrong {
            let reply = sent(there, &token, write, changed(&write.body, pointer, value)).await;
            let told = format!("{} {} {pointer} = {value}: {:?}", write.method, write.path, reply.body);
            let status = if code.ends_with("NotFound") { vec![400, 404] } else { vec![400] };
            assert!(status.contains(&reply.status), "{told}");
            assert_eq!(reply.code(), *code, "{told}");
            assert!(reply.body["error"]["innerError"]["request-id"].is_string(), "{told}");
        }
        let text = there.world.client.request(write.method.clone(), there.world.url(&write.path));
        let text = text.bearer_auth(&token).header("content-type", "application/json").body("{not json");
        assert_eq!(text.send().await.unwrap().status(), 400, "{} {}", write.method, write.path);
    }
    assert_eq!(there.kept_without_audits().await, before, "what was refused changed nothing");
    for write in &writes {
        let told = async || there.kept().await["audits"].as_array().unwrap().len();
        let before = told().await;
        let reply = sent(there, &token, write, write.body.clone()).await;
        assert!(reply.status < 400, "{} {}: {reply:?}", write.method, write.path);
        let silent = SILENT.iter().any(|part| write.path.contains(part));
        assert_eq!(told().await == before, silent, "{} {} in the log", write.method, write.path);
    }
}

/// Not in the directory's log: what asks only, and the security log's own.
const SILENT: &[&str] = &["/checkMemberGroups", "/security/"];

/// Writes whose bodies are judged elsewhere, with where.
const ELSEWHERE: &[(&str, &str)] = &[
    ("/accessPackageAssignmentApprovals/", "requests.rs: an approver finds what waits for him and decides"),
    ("/decisions/", "reviews.rs: only reviewers decide signed in with a reason and known words"),
    ("Sponsors", "grants.rs: sponsors are people of the directory on the side they belong to"),
    ("/me/checkMemberGroups", "as of users"),
    ("/cancel", "no body"),
    ("/reprocess", "no body"),
    ("/stop", "no body"),
    ("/applyDecisions", "no body"),
    ("/tenantGovernance/", "not simulated"),
    ("/subscriptions", "not simulated"),
];

#[tokio::test]
async fn no_write_of_the_permission_lists_is_left_out() {
    let there = Onboarded::new().await;
    let (organization, policies) = (there.organization.clone(), there.policy.clone());
    let none = json!({"roles": [{}], "scopes": [{}]});
    let all = [
        directory::writes(&there, "g"),
        entitlement::organizations(&there),
        entitlement::contents(&there, "g"),
        entitlement::packages(&there, &none),
        defender::writes("g", "r", "a"),
    ];
    let keys = ["gail@adatum.example", "/a1", "/g", "/r", "/a"];
    let bare = |write: &Write| {
        let ids = [&*organization, &*policies, &*there.catalog, &*there.package, &*there.tier1];
        let path = ids.iter().fold(write.path.clone(), |path, id| path.replace(id, "{id}"));
        let pieces = path
            .split('/')
            .map(|p| if keys.iter().any(|k| k.trim_start_matches('/') == p) { "{id}" } else { p });
        format!("{} {}", write.method, pieces.collect::<Vec<_>>().join("/"))
    };
    let judged: std::collections::BTreeSet<String> = all.iter().flatten().map(bare).collect();
    let tables =
        [include_str!("../../../data/permissions.tsv"), include_str!("../../../data/permissions-added.tsv")];
    let mut count = 0;
    for line in tables.iter().flat_map(|table| table.lines()).filter(|l| !l.starts_with("version")) {
        let mut cells = line.split('\t');
        let (version, operation) = (cells.next().unwrap(), cells.next().unwrap());
        let (method, path) = operation.split_once(' ').unwrap();
        let old = version == "v1.0" && path.contains("/roleManagement/defender/");
        let writes = ["POST", "PATCH", "PUT"].contains(&method);
        if !writes || old || ELSEWHERE.iter().any(|(part, _)| path.contains(part)) {
            continue;
        }
        count += 1;
        let write = format!("{method} /{version}{path}");
        assert!(judged.contains(&write), "{write} is not among {judged:#?}");
    }
    assert!(count > 20, "{count}");
}

impl Onboarded {
    pub async fn kept_without_audits(&self) -> Value {
        let mut kept = self.kept().await;
        kept["audits"] = Value::Null;
        kept
    }
}

#[tokio::test]
async fn writes_to_the_directory_need_their_properties_and_take_no_others() {
    let there = Onboarded::new().await;
    there.world.sim(&format!("tenants/{ADATUM}/set"), json!({"alerts": [{"id": "a1"}]})).await;
    let group = there.world.group("Any").await;
    judge(&there, directory::writes(&there, &group)).await;
}

#[tokio::test]
async fn writes_to_entitlement_management_need_their_properties_and_take_no_others() {
    let there = Onboarded::new().await;
    let group = there.world.group("Any").await;
    judge(&there, entitlement::organizations(&there)).await;
    judge(&there, entitlement::contents(&there, &group)).await;
}

#[tokio::test]
async fn policies_roles_and_requests_need_their_properties_and_take_no_others() {
    let there = Onboarded::new().await;
    let group = there.world.group("Any").await;
    assert_eq!(there.world.add_resource(&there.catalog, &group).await.0, 201);
    let resource = there.world.resource(&there.catalog, &group).await.unwrap();
    judge(&there, entitlement::packages(&there, &resource)).await;
}

#[tokio::test]
async fn writes_to_defender_need_their_properties_and_take_no_others() {
    let there = Onboarded::new().await;
    let plain = json!({"displayName": "Mine", "isEnabled": true, "rolePermissions": [
        {"allowedResourceActions": ["microsoft.xdr/secops/securitydata/basics/read"]}]});
    there.world.switch("defender.redirect-after-post", false).await;
    let role = id(&there.world.post(&format!("{RBAC}/roleDefinitions"), plain).await.1);
    let given = json!({"displayName": "Given", "roleDefinitionId": role, "principalIds": [there.tier1],
        "directoryScopeIds": ["/"]});
    let assignment = id(&there.world.post(&format!("{RBAC}/roleAssignments"), given).await.1);
    judge(&there, defender::writes(&there.tier1, &role, &assignment)).await;
}
