//! Bodies of POST, PATCH and PUT: what must be there, which words are known, and the refusal of anything else.

use reqwest::Method;
use serde_json::{Value, json};

use super::anyone::Reply;
use super::kit::{ADATUM, World};
use super::onboarded::{EM, Onboarded, id, member_role, policy};

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

fn directory(there: &Onboarded, group: &str) -> Vec<Write> {
    let user = json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{group}")});
    let owner = user.clone();
    let nickname = "Request_BadRequest";
    vec![
        write(
            Method::POST,
            "/v1.0/groups",
            json!({"displayName": "G", "mailEnabled": false, "mailNickname": "G", "securityEnabled": true}),
            vec![
                ("/displayName", NO, nickname),
                ("/mailEnabled", NO, nickname),
                ("/mailNickname", NO, nickname),
                ("/securityEnabled", NO, nickname),
                ("/mailNickname", json!("Tier 1"), nickname),
                ("/mailNickname", json!("x".repeat(65)), nickname),
                ("/mailNickname", json!("a@b"), nickname),
                ("/displayName", json!(5), nickname),
                ("/members@odata.bind", json!(vec!["https://x/directoryObjects/1"; 21]), nickname),
                ("/owners@odata.bind", json!(["nowhere"]), nickname),
                STRANGE_HERE,
            ],
        ),
        write(
            Method::PATCH,
            format!("/v1.0/groups/{group}"),
            json!({"displayName": "G2"}),
            vec![("/displayName", json!(5), nickname), STRANGE_HERE],
        ),
        write(
            Method::POST,
            format!("/v1.0/groups/{}/members/$ref", there.tier1),
            user,
            vec![("/@odata.id", NO, nickname), ("/@odata.id", json!("groups"), nickname)],
        ),
        write(
            Method::POST,
            format!("/v1.0/groups/{}/owners/$ref", there.tier1),
            owner,
            vec![("/@odata.id", NO, nickname), ("/@odata.id", json!(5), nickname)],
        ),
        write(
            Method::PATCH,
            "/v1.0/users/gail@adatum.example",
            json!({"displayName": "Gail A", "accountEnabled": true}),
            vec![
                ("/displayName", json!(5), nickname),
                ("/accountEnabled", json!("no"), nickname),
                STRANGE_HERE,
            ],
        ),
        write(
            Method::POST,
            "/v1.0/users/gail@adatum.example/checkMemberGroups",
            json!({"groupIds": [group]}),
            vec![
                ("/groupIds", NO, nickname),
                ("/groupIds", json!([]), nickname),
                ("/groupIds", json!(vec!["x"; 21]), nickname),
                STRANGE_HERE,
            ],
        ),
        write(
            Method::POST,
            "/v1.0/invitations",
            json!({"invitedUserEmailAddress": "new@guest.example", "inviteRedirectUrl": "https://a.example"}),
            vec![
                ("/invitedUserEmailAddress", NO, nickname),
                ("/inviteRedirectUrl", NO, nickname),
                ("/invitedUserEmailAddress", json!("nobody"), nickname),
                STRANGE_HERE,
            ],
        ),
        write(
            Method::PATCH,
            "/v1.0/security/alerts_v2/a1",
            json!({"status": "inProgress", "classification": "truePositive", "determination": "malware",
                "assignedTo": "ana"}),
            vec![
                ("/status", json!("open"), nickname),
                ("/classification", json!("TruePositive"), nickname),
                ("/determination", json!("bad"), nickname),
                ("/assignedTo", json!(1), nickname),
                STRANGE_HERE,
            ],
        ),
    ]
}

fn organizations(there: &Onboarded) -> Vec<Write> {
    let (model, word) = ("InvalidModel", "ArgumentException");
    vec![
        write(
            Method::POST,
            format!("{EM}/connectedOrganizations"),
            json!({"displayName": "O", "description": "", "state": "configured", "identitySources": [
                {"@odata.type": "#microsoft.graph.domainIdentitySource", "domainName": "other.example",
                 "displayName": "o"}]}),
            vec![
                ("/displayName", NO, model),
                ("/identitySources", NO, model),
                ("/identitySources/0", NO, model),
                ("/identitySources/0/@odata.type", NO, model),
                ("/identitySources/0/domainName", NO, model),
                ("/identitySources/0/domainName", json!("no domain"), model),
                ("/identitySources/0/tenantId", json!(ADATUM), "BadRequest"),
                ("/state", json!("maybe"), word),
                STRANGE,
            ],
        ),
        write(
            Method::PATCH,
            format!("{EM}/connectedOrganizations/{}", there.organization),
            json!({"displayName": "O2", "state": "proposed"}),
            vec![("/state", json!("maybe"), word), ("/identitySources", json!([]), "BadRequest"), STRANGE],
        ),
        write(
            Method::POST,
            format!("{EM}/catalogs"),
            json!({"displayName": "C", "description": "", "state": "published", "isExternallyVisible": true}),
            vec![
                ("/displayName", NO, model),
                ("/displayName", json!(" "), model),
                ("/state", json!("open"), word),
                ("/isExternallyVisible", json!("yes"), model),
                ("/catalogStatus", json!("Published"), "BadRequest"),
                STRANGE,
            ],
        ),
        write(
            Method::PATCH,
            format!("{EM}/catalogs/{}", there.catalog),
            json!({"description": "x"}),
            vec![("/state", json!("open"), word), STRANGE],
        ),
    ]
}

fn contents(there: &Onboarded, group: &str) -> Vec<Write> {
    let (model, word) = ("InvalidModel", "ArgumentException");
    vec![
        write(
            Method::POST,
            format!("{EM}/resourceRequests"),
            json!({"requestType": "adminAdd", "catalog": {"id": there.catalog},
                "resource": {"originId": group, "originSystem": "AadGroup"}}),
            vec![
                ("/requestType", NO, model),
                ("/requestType", json!("AdminPlease"), word),
                ("/catalog", NO, model),
                ("/catalog/id", json!("00000000-0000-4000-8000-00000000ffff"), "ResourceNotFound"),
                ("/resource", NO, model),
                ("/resource/originId", NO, model),
                ("/resource/originSystem", NO, model),
                ("/resource/originSystem", json!("AadUser"), word),
                ("/resource/url", json!("x"), "BadRequest"),
                STRANGE,
            ],
        ),
        write(
            Method::POST,
            format!("{EM}/resourceRequests"),
            json!({"requestType": "adminUpdate", "catalog": {"id": there.catalog},
                "resource": {"originId": there.tier1, "originSystem": "AadGroup"}}),
            vec![
                ("/resource/originId", NO, model),
                ("/resource/originId", json!("x"), "ResourceNotFound"),
                ("/resource/originSystem", NO, model),
                ("/catalog", NO, model),
                STRANGE,
            ],
        ),
        write(
            Method::POST,
            format!("{EM}/accessPackages"),
            json!({"displayName": "P", "isHidden": true, "catalog": {"id": there.catalog}}),
            vec![
                ("/displayName", NO, model),
                ("/catalog", NO, model),
                ("/isHidden", json!("true"), model),
                ("/catalogId", json!(there.catalog), "BadRequest"),
                STRANGE,
            ],
        ),
        write(
            Method::PATCH,
            format!("{EM}/accessPackages/{}", there.package),
            json!({"displayName": "P2"}),
            vec![("/isHidden", json!(1), model), ("/catalog", json!({}), "BadRequest"), STRANGE],
        ),
        write(
            Method::PATCH,
            format!("{EM}/settings"),
            json!({"externalUserLifecycleAction": "blockSignIn",
                "durationUntilExternalUserDeletedAfterBlocked": "P10D"}),
            vec![
                ("/externalUserLifecycleAction", json!("delete"), word),
                ("/durationUntilExternalUserDeletedAfterBlocked", json!("P1M"), "BadRequest"),
                ("/durationUntilExternalUserDeletedAfterBlocked", json!("PT5H"), model),
                STRANGE,
            ],
        ),
        write(
            Method::POST,
            "/v1.0/roleManagement/entitlementManagement/roleAssignments",
            json!({"principalId": group, "roleDefinitionId": "ae79f266-94d4-4dab-b730-feca7e132178",
                "appScopeId": format!("/AccessPackageCatalog/{}", there.catalog)}),
            vec![
                ("/principalId", NO, model),
                ("/roleDefinitionId", NO, model),
                ("/appScopeId", NO, model),
                ("/appScopeId", json!("/AccessPackageCatalog/x"), "ResourceNotFound"),
                ("/principalId", json!("x"), "SubjectNotFound"),
                STRANGE,
            ],
        ),
    ]
}

fn packages(there: &Onboarded, resource: &Value) -> Vec<Write> {
    let (model, word) = ("InvalidModel", "ArgumentException");
    let mut fresh = policy(&there.package, &there.organization, &there.approvers);
    fresh["displayName"] = json!("Second");
    let mut put = fresh.clone();
    put["id"] = json!(there.policy);
    let broken = vec![
        ("/displayName", NO, model),
        ("/description", NO, model),
        ("/accessPackage", NO, model),
        ("/allowedTargetScope", json!("everybody"), word),
        ("/specificAllowedTargets/0/@odata.type", json!("#microsoft.graph.userSet"), model),
        ("/specificAllowedTargets/0/connectedOrganizationId", NO, model),
        ("/expiration/type", json!("afterYears"), word),
        ("/expiration/duration", json!("P1Y"), "BadRequest"),
        ("/expiration/endDateTime", json!("soon"), model),
        ("/requestorSettings/enableTargetsToSelfAddAccess", json!("yes"), model),
        ("/requestorSettings/acceptRequests", json!(true), "BadRequest"),
        ("/requestApprovalSettings/stages", json!([{}, {}, {}, {}]), model),
        ("/requestApprovalSettings/stages/0/isEscalationEnabled", json!(true), model),
        ("/requestApprovalSettings/stages/0/primaryApprovers", json!([]), model),
        ("/reviewSettings/expirationBehavior", json!("letGo"), word),
        ("/reviewSettings/schedule/startDateTime", json!("January"), model),
        ("/reviewSettings/schedule/expiration/type", json!("noExpiration"), model),
        ("/reviewSettings/schedule/recurrence/pattern/interval", json!(0), model),
        ("/reviewSettings/schedule/recurrence/range/type", json!("forever"), word),
        STRANGE,
    ];
    vec![
        write(Method::POST, format!("{EM}/assignmentPolicies"), fresh, broken.clone()),
        write(Method::PUT, format!("{EM}/assignmentPolicies/{}", there.policy), put, broken),
        write(
            Method::POST,
            format!("{EM}/accessPackages/{}/resourceRoleScopes", there.package),
            member_role(resource),
            vec![
                ("/role", NO, model),
                ("/scope", NO, model),
                ("/role/resource", NO, model),
                ("/role/originId", NO, model),
                ("/role/originSystem", NO, model),
                ("/role/originSystem", json!("SharePointOnline"), model),
                ("/role/originId", json!("Member_x"), "RoleNotFound"),
                ("/role/resource/id", json!("x"), "ResourceNotFound"),
                ("/scope/originId", json!("x"), "ScopeNotFound"),
                STRANGE,
            ],
        ),
        write(
            Method::POST,
            format!("{EM}/assignmentRequests"),
            json!({"requestType": "adminAdd", "assignment": {"accessPackageId": there.package,
                "assignmentPolicyId": there.policy, "target": {"email": "ana@contoso-soc.example"}}}),
            vec![
                ("/requestType", NO, model),
                ("/requestType", json!("userExtend"), word),
                ("/assignment", NO, model),
                ("/assignment/accessPackageId", NO, model),
                ("/assignment/assignmentPolicyId", NO, model),
                ("/assignment/target", NO, model),
                ("/assignment/target/email", json!("eve@nowhere.example"), "ConnectedOrganizationNotFound"),
                ("/schedule", json!({"startDateTime": "soon"}), model),
                ("/schedule", json!({"expiration": {"type": "afterDuration"}}), model),
                STRANGE,
            ],
        ),
    ]
}

fn defender(group: &str, role: &str, assignment: &str) -> Vec<Write> {
    let bad = "BadRequest";
    vec![
        write(
            Method::PATCH,
            format!("{RBAC}/roleDefinitions/{role}"),
            json!({"description": "Changed", "isEnabled": false}),
            vec![
                ("/displayName", json!(""), bad),
                ("/displayName", json!(5), "Request_BadRequest"),
                ("/isEnabled", json!("no"), bad),
                ("/rolePermissions", json!([{"allowedResourceActions": ["microsoft.xdr/x"]}]), bad),
                ("/strange", json!(true), "Request_BadRequest"),
            ],
        ),
        write(
            Method::PATCH,
            format!("{RBAC}/roleAssignments/{assignment}"),
            json!({"displayName": "A2", "appScopeIds": ["Mde"]}),
            vec![
                ("/displayName", json!(" "), bad),
                ("/roleDefinitionId", json!("nothing"), bad),
                ("/principalIds", json!([]), bad),
                ("/appScopeIds", json!("Mde"), bad),
                ("/strange", json!(true), "Request_BadRequest"),
            ],
        ),
        write(
            Method::POST,
            format!("{RBAC}/roleDefinitions"),
            json!({"displayName": "R", "isEnabled": true, "rolePermissions": [
                {"allowedResourceActions": ["microsoft.xdr/secops/securitydata/basics/read"]}]}),
            vec![
                ("/displayName", NO, bad),
                ("/isEnabled", NO, bad),
                ("/rolePermissions", NO, bad),
                ("/rolePermissions/0/allowedResourceActions", NO, bad),
                ("/rolePermissions/0/allowedResourceActions", json!(["microsoft.xdr/x"]), bad),
                ("/strange", json!(true), "Request_BadRequest"),
            ],
        ),
        write(
            Method::POST,
            format!("{RBAC}/roleAssignments"),
            json!({"displayName": "A", "roleDefinitionId": "00000000-0000-4000-8000-000000000001",
                "principalIds": [group], "directoryScopeIds": ["/"], "appScopeIds": ["/"]}),
            vec![
                ("/displayName", NO, bad),
                ("/roleDefinitionId", NO, bad),
                ("/principalIds", NO, bad),
                ("/principalIds", json!(["nobody"]), bad),
                ("/principalIds", json!("one"), bad),
                ("/strange", json!(true), "Request_BadRequest"),
            ],
        ),
    ]
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
        directory(&there, "g"),
        organizations(&there),
        contents(&there, "g"),
        packages(&there, &none),
        defender("g", "r", "a"),
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
        [include_str!("../../data/permissions.tsv"), include_str!("../../data/permissions-added.tsv")];
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
    judge(&there, directory(&there, &group)).await;
}

#[tokio::test]
async fn writes_to_entitlement_management_need_their_properties_and_take_no_others() {
    let there = Onboarded::new().await;
    let group = there.world.group("Any").await;
    judge(&there, organizations(&there)).await;
    judge(&there, contents(&there, &group)).await;
}

#[tokio::test]
async fn policies_roles_and_requests_need_their_properties_and_take_no_others() {
    let there = Onboarded::new().await;
    let group = there.world.group("Any").await;
    assert_eq!(there.world.add_resource(&there.catalog, &group).await.0, 201);
    let resource = there.world.resource(&there.catalog, &group).await.unwrap();
    judge(&there, packages(&there, &resource)).await;
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
    judge(&there, defender(&there.tier1, &role, &assignment)).await;
}
