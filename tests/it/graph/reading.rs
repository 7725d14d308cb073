//! Answers as Microsoft documents them, and as it might answer tomorrow.

use mssp_portal::graph::catalogs::OriginSystem;
use mssp_portal::graph::connected_organizations::IdentitySourceKind;
use mssp_portal::graph::groups::PrincipalKind;
use mssp_portal::graph::packages::ResourceRoleScope;
use mssp_portal::graph::policies::{AssignmentPolicy, ReviewExpiry, TargetScope};
use mssp_portal::graph::preflight::Readable;
use mssp_portal::graph::requests::{RequestState, RequestType};
use mssp_portal::graph::subjects::SubjectSet;
use mssp_portal::graph::users::{ExternalUserState, UserType};
use mssp_portal::graph::{AccessRequestId, CatalogId, Directory, PackageId, PolicyId};
use serde_json::{Value, json};

use super::wire::{Reply, Wire, clock, credential, tenant};

async fn answering(body: Value) -> (Wire, Directory) {
    let wire = Wire::playing(move |_, _| Reply::json(200, body.clone())).await;
    let directory = wire.graph(&clock()).app(tenant(1), &credential("s"));
    (wire, directory)
}

const GROUP: &str = "0282e19d-bf41-435d-92a4-99bab93af305";

/// The policy of contract §7, with what a later version might add.
fn policy() -> Value {
    json!({
        "id": "p1", "displayName": "MSSP analysts", "description": "d",
        "allowedTargetScope": "SpecificConnectedOrganizationUsers",
        "specificAllowedTargets": [{"@odata.type": "#microsoft.graph.connectedOrganizationMembers",
            "connectedOrganizationId": "co1", "description": "MSSP"}],
        "expiration": {"type": "afterDuration", "duration": "P365D", "endDateTime": null},
        "requestorSettings": {"enableTargetsToSelfAddAccess": true, "onBehalfRequestors": null, "newSetting": 7},
        "requestApprovalSettings": {"isApprovalRequiredForAdd": true, "stages": [{
            "durationBeforeAutomaticDenial": "P14D", "escalationApprovers": null,
            "primaryApprovers": [{"@odata.type": "#microsoft.graph.groupMembers", "groupId": GROUP,
                "description": "MSSP Analyst Approvers"}]}]},
        "reviewSettings": {"isEnabled": true, "expirationBehavior": "removeAccess", "schedule": {
            "startDateTime": "2027-01-01T00:00:00Z", "expiration": {"type": "afterDuration", "duration": "P14D"},
            "recurrence": {"pattern": {"type": "absoluteMonthly", "interval": 12, "month": 0},
                "range": {"type": "noEnd"}}}},
        "questions": [{"id": "q1"}], "somethingNew": {"a": 1}, "createdDateTime": "2026-01-01T00:00:00Z",
        "accessPackage": {"id": "pkg1", "displayName": "Tier 1"}, "@odata.context": "x"
    })
}

#[tokio::test]
async fn a_policy_is_read_leniently_and_written_back_without_loss() {
    let (wire, directory) = answering(policy()).await;
    let read = directory.policy(&PolicyId::new("p1")).await.unwrap().unwrap();
    assert_eq!(read.allowed_target_scope, Some(TargetScope::SpecificConnectedOrganizationUsers));
    let review = read.review_settings.as_ref().unwrap();
    assert_eq!(review.expiration_behavior, Some(ReviewExpiry::RemoveAccess));
    let stage = &read.request_approval_settings.as_ref().unwrap().stages[0];
    assert!(stage.escalation_approvers.is_empty());
    let approvers = SubjectSet::GroupMembers {
        group: GROUP.parse().unwrap(),
        description: Some("MSSP Analyst Approvers".into()),
    };
    assert_eq!(stage.primary_approvers, [approvers]);
    assert_eq!(stage.duration_before_automatic_denial.as_ref().unwrap().seconds(), Some(14 * 86_400));

    directory.replace_policy(&PolicyId::new("p1"), &read).await.unwrap();
    let sent = wire.seen()[1].json();
    assert_eq!(wire.seen()[1].method, "PUT");
    assert_eq!((&sent["id"], &sent["accessPackage"]), (&json!("p1"), &json!({"id": "pkg1"})));
    assert_eq!((&sent["questions"], &sent["somethingNew"]), (&policy()["questions"], &json!({"a": 1})));
    assert_eq!(sent["requestorSettings"]["newSetting"], json!(7));
    assert_eq!(sent["specificAllowedTargets"], policy()["specificAllowedTargets"]);
    assert_eq!(sent["reviewSettings"]["schedule"], policy()["reviewSettings"]["schedule"]);
    assert_eq!(sent["expiration"], json!({"type": "afterDuration", "duration": "P365D"}), "no endDateTime");
    for own in ["@odata.context", "createdDateTime"] {
        assert!(sent.get(own).is_none(), "{own} is the service's own");
    }
}

#[tokio::test]
async fn the_shortest_documented_policy_is_read_and_belongs_to_its_package() {
    let (_wire, directory) = answering(json!({"value": [
        {"id": "a", "displayName": "All Users", "description": null, "accessPackage": {"id": "pkg1"}},
        {"id": "b", "displayName": "Other", "specificAllowedTargets": null, "accessPackage": {"id": "pkg2"}},
        {"id": "c", "displayName": "Of none"},
    ]}))
    .await;
    let policies = directory.policies_of(&PackageId::new("pkg1")).await.unwrap();
    assert_eq!(policies.len(), 1);
    assert_eq!(policies[0].id, Some(PolicyId::new("a")));
}

#[tokio::test]
async fn a_new_policy_is_sent_without_an_id() {
    let (wire, directory) = answering(json!({"id": "made", "displayName": "x"})).await;
    let new: AssignmentPolicy = serde_json::from_value(policy()).unwrap();
    let made = directory.create_policy(&new).await.unwrap();
    assert_eq!(made.id, Some(PolicyId::new("made")));
    assert!(wire.seen()[0].json().get("id").is_none());
}

#[tokio::test]
async fn requests_are_read_in_both_documented_spellings() {
    let (wire, directory) = answering(json!({"value": [
        {"id": "r1", "requestType": "userAdd", "state": "pendingApproval", "status": "PendingApproval",
         "createdDateTime": "2026-11-20T10:00:00.1234567Z", "completedDateTime": null, "justification": "night shift",
         "requestor": {"id": "s", "objectId": null, "displayName": "Ann", "email": "ann@soc.example",
             "connectedOrganization": null},
         "accessPackage": {"id": "pkg1", "displayName": "Tier 1"}, "assignment": null, "answers": []},
        {"id": "r2", "requestType": "AdminAdd", "requestState": "Submitted", "requestStatus": "Accepted",
         "completedDate": null},
        {"id": "r3", "requestType": "somethingNew", "state": "unknownFutureValue"},
    ]}))
    .await;
    let requests = directory.assignment_requests(Some(&RequestState::PendingApproval), None).await.unwrap();
    assert!(
        wire.seen()[0].path.contains("$filter=state%20eq%20%27pendingApproval%27"),
        "{}",
        wire.seen()[0].path
    );
    assert_eq!(requests[0].requestor.as_ref().unwrap().object_id, None);
    assert_eq!(requests[0].access_package.as_ref().unwrap().display_name, "Tier 1");
    assert_eq!(requests[1].request_type, Some(RequestType::AdminAdd));
    assert_eq!(requests[1].state, Some(RequestState::Submitted));
    assert_eq!(requests[2].request_type, Some(RequestType::Other("somethingNew".into())));
    assert_eq!(requests[2].state, Some(RequestState::Other("unknownFutureValue".into())));
}

#[tokio::test]
async fn an_end_that_cannot_be_read_is_an_error_and_not_access_for_ever() {
    let held = |end: Value| {
        json!({"value": [{"id": "a", "state": "delivered", "schedule":
        {"startDateTime": "2026-01-01T00:00:00Z", "expiration": {"type": "afterDateTime", "endDateTime": end}}}]})
    };
    let (_wire, directory) = answering(held(json!("2027-01-01T00:00:00.1234567Z"))).await;
    assert!(directory.assignments(None, None).await.unwrap()[0].ends().is_some());
    let (_wire, directory) = answering(held(Value::Null)).await;
    assert_eq!(directory.assignments(None, None).await.unwrap()[0].ends(), None);
    let (_wire, directory) = answering(held(json!("in a year"))).await;
    let error = directory.assignments(None, None).await.unwrap_err();
    assert_eq!((error.call, error.cause()), ("GET EM/assignments", "not-understood"));
}

#[tokio::test]
async fn a_request_that_is_gone_is_none_and_a_watermark_is_part_of_the_filter() {
    let wire = Wire::playing(|seen, _| match seen.path.contains("assignmentRequests?") {
        true => Reply::json(200, json!({"value": null})),
        false => Reply::json(404, json!({"error": {"code": "ResourceNotFound", "message": "no"}})),
    })
    .await;
    let directory = wire.graph(&clock()).app(tenant(1), &credential("s"));
    assert_eq!(directory.assignment_request(&AccessRequestId::new("r")).await.unwrap(), None);
    let since = "2026-11-01T00:00:00Z".parse().unwrap();
    assert!(directory.assignment_requests(None, Some(since)).await.unwrap().is_empty());
    assert!(wire.seen()[1].path.contains("createdDateTime%20ge%202026-11-01T00:00:00.000000Z"));
}

#[tokio::test]
async fn a_group_in_a_catalog_gives_its_member_role_and_root_scope() {
    let (wire, directory) = answering(json!({"id": "made", "value": [{
        "id": "res1", "displayName": "Tier 1 Analyst", "originId": GROUP, "originSystem": "AadGroup",
        "roles": [
            {"id": "owner", "displayName": "Owner", "originId": format!("Owner_{GROUP}")},
            {"id": "member", "displayName": "Member", "originId": format!("Member_{GROUP}")}],
        "scopes": [{"id": "root", "originId": GROUP, "isRootScope": true}]}]}))
    .await;
    let group = GROUP.parse().unwrap();
    let resource = directory.catalog_group(&CatalogId::new("c1"), group).await.unwrap().unwrap();
    assert_eq!(resource.origin_system, Some(OriginSystem::Group));
    let (role, scope) = (resource.member_role().unwrap(), resource.root_scope().unwrap());
    let id = ResourceRoleScope::id_of(&role.id, &scope.id);
    assert_eq!(id.as_str(), "member_root");
    directory.add_package_role(&PackageId::new("pkg1"), &resource, role, scope).await.unwrap();
    let sent = wire.seen()[1].json();
    assert_eq!(sent["role"]["resource"]["id"], json!("res1"));
    assert_eq!(sent["role"]["originId"], json!(format!("Member_{GROUP}")));
    assert_eq!(sent["scope"]["isRootScope"], json!(true));
}

#[tokio::test]
async fn members_tell_whether_they_are_guests_and_owners_may_be_withheld() {
    let (_wire, directory) = answering(json!({"value": [
        {"@odata.type": "#microsoft.graph.user", "id": GROUP, "mail": "ann@soc.example", "userType": "guest",
         "externalUserState": "PendingAcceptance"},
        {"@odata.type": "#microsoft.graph.servicePrincipal", "id": GROUP},
        {"id": GROUP},
    ]}))
    .await;
    let members = directory.group_members(GROUP.parse().unwrap()).await.unwrap();
    assert_eq!(members[0].user_type, Some(UserType::Guest));
    assert_eq!(members[0].external_user_state, Some(ExternalUserState::PendingAcceptance));
    assert_eq!(members[1].kind, Some(PrincipalKind::ServicePrincipal));
    assert_eq!((&members[2].kind, members[2].display_name.as_str()), (&None, ""));
}

#[tokio::test]
async fn a_connected_organization_is_known_by_its_tenant_with_and_without_the_sign_of_a_type() {
    for kind in ["#microsoft.graph.azureActiveDirectoryTenant", "microsoft.graph.azureActiveDirectoryTenant"]
    {
        let source = json!({"@odata.type": kind, "tenantId": tenant(5), "displayName": "SOC"});
        let (wire, directory) =
            answering(json!({"value": [{"id": "co1", "state": "Configured", "identitySources": [source]}]}))
                .await;
        let found = directory.connected_organizations_of(tenant(5)).await.unwrap();
        assert!(found[0].is_of(tenant(5)) && !found[0].is_of(tenant(6)));
        assert_eq!(found[0].identity_sources[0].kind, Some(IdentitySourceKind::EntraTenant));
        assert!(
            wire.seen()[0]
                .path
                .contains("identitySources/any(is:is/microsoft.graph.azureActiveDirectoryTenant")
        );
    }
}

#[tokio::test]
async fn guest_facts_that_may_not_be_read_leave_the_person_readable() {
    let wire = Wire::playing(|seen, _| match seen.path.contains("userType") {
        true => Reply::json(403, json!({"error": {"code": "Authorization_RequestDenied"}})),
        false => Reply::json(200, json!({"id": GROUP, "userPrincipalName": "a@b.example"})),
    })
    .await;
    let directory = wire.graph(&clock()).app(tenant(1), &credential("s"));
    let user = directory.user("ann_soc.example#EXT#@b.example").await.unwrap().unwrap();
    assert_eq!(user.user_type, None);
    assert!(wire.seen()[1].path.starts_with("/v1.0/users/ann_soc.example%23EXT%23%40b.example?"));
}

#[tokio::test]
async fn an_organization_of_another_id_is_no_proof() {
    let (_wire, directory) = answering(json!({"value": [{"id": tenant(2), "displayName": "Other"}]})).await;
    assert!(directory.organization().await.is_err());
    let (_wire, directory) =
        answering(json!({"value": [{"id": tenant(1), "displayName": "Contoso", "verifiedDomains":
        [{"name": "contoso.example", "isDefault": true, "isInitial": false},
         {"name": "contoso.onmicrosoft.com", "isDefault": false, "isInitial": true, "capabilities": ""}]}]}))
        .await;
    let organization = directory.organization().await.unwrap();
    assert_eq!(organization.hint(), Some("contoso.onmicrosoft.com"));
    assert_eq!(organization.default_domain(), Some("contoso.example"));
}

#[tokio::test]
async fn a_policy_that_may_not_be_read_is_an_answer_and_no_entry_is_another() {
    for (status, expected) in [(403, Readable::NotReadable), (404, Readable::Read(None))] {
        let wire = Wire::playing(move |_, _| Reply::json(status, json!({"error": {"code": "x"}}))).await;
        let directory = wire.graph(&clock()).app(tenant(1), &credential("s"));
        assert_eq!(directory.cross_tenant_partner(tenant(9)).await.unwrap(), expected);
    }
    let (_wire, directory) = answering(json!({"value": [{"displayName": "CA1", "state": "enabled",
        "conditions": {"users": {"includeUsers": ["All"], "excludeUsers": []}},
        "grantControls": {"operator": "OR", "builtInControls": ["compliantDevice"]}},
        {"displayName": "CA2", "state": "enabled", "conditions": null, "grantControls": null}]}))
    .await;
    let Readable::Read(policies) = directory.conditional_access().await.unwrap() else { panic!("readable") };
    assert!(policies[0].reaches_guests_of(None) && policies[0].asks_for_a_device(None));
    assert!(!policies[1].reaches_guests_of(None) && !policies[1].blocks());
}

#[test]
fn every_cause_has_its_three_texts_in_both_languages() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("locales");
    for language in ["en", "nl"] {
        let texts = std::fs::read_to_string(root.join(language).join("errors.ftl")).unwrap();
        let found: std::collections::BTreeSet<_> = texts
            .lines()
            .filter_map(|line| line.split_once(" = ")?.0.strip_prefix("errors-"))
            .filter(|key| !key.starts_with("move-") && !matches!(*key, "reference" | "explained"))
            .map(str::to_owned)
            .collect();
        let wanted = mssp_portal::graph::error::CAUSES
            .iter()
            .flat_map(|cause| ["what", "whose", "fix"].map(|part| format!("{cause}-{part}")))
            .collect();
        assert_eq!(found, wanted, "{language}");
    }
}
