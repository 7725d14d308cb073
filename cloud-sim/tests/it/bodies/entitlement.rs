//! Writes to entitlement management.

use reqwest::Method;
use serde_json::{Value, json};

use super::{NO, STRANGE, Write, write};
use crate::kit::ADATUM;
use crate::onboarded::{EM, Onboarded, member_role, policy};

pub fn organizations(there: &Onboarded) -> Vec<Write> {
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

pub fn contents(there: &Onboarded, group: &str) -> Vec<Write> {
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

pub fn packages(there: &Onboarded, resource: &Value) -> Vec<Write> {
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
