//! Every call whose answer the portal reads, and what it understood of it.

use futures::FutureExt;
use futures::future::BoxFuture;
use mssp_portal::graph::catalogs::{CatalogResource, NewCatalog, ResourceRole, ResourceScope};
use mssp_portal::graph::connected_organizations::NewConnectedOrganization;
use mssp_portal::graph::defender::NewDefenderRole;
use mssp_portal::graph::groups::{NewGroup, Upserted};
use mssp_portal::graph::packages::NewPackage;
use mssp_portal::graph::policies::AssignmentPolicy;
use mssp_portal::graph::preflight::Readable;
use mssp_portal::graph::{
    AccessRequestId, AssignmentId, CatalogId, ConnectedOrganizationId, DefenderRoleId, Directory, GraphError,
    PackageId, PolicyId, ReviewDefinitionId, ReviewInstanceId,
};
use mssp_portal::kit::ids::{EntraTenantId, ObjectId};
use serde_json::{Value, json};

use super::meaning::{self, list};
use super::policy_meaning::policy;
use super::same::differences;

pub type Reader = for<'a> fn(&'a Directory, &'a Value) -> BoxFuture<'a, Result<Value, GraphError>>;

/// What each item of an answer cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Essential {
    Nothing,
    /// An `id`, whatever it looks like.
    Id,
    /// An `id` of a directory object: a GUID.
    Guid,
    /// A `tenantId`.
    TenantId,
}

pub struct Row {
    pub call: &'static str,
    pub essential: Essential,
    pub read: Reader,
}

const ID: &str = "0282e19d-bf41-435d-92a4-99bab93af305";

fn object() -> ObjectId {
    ID.parse().unwrap()
}

fn one<T>(found: Option<T>, of: impl Fn(&T) -> Value) -> Value {
    found.as_ref().map_or(Value::Null, of)
}

fn read<T>(readable: Readable<T>) -> T {
    match readable {
        Readable::Read(value) => value,
        Readable::NotReadable => unreachable!("the wire refuses nothing"),
    }
}

macro_rules! rows {
    ($($call:literal, $essential:ident, |$there:ident, $told:ident| $read:expr;)*) => {
        vec![$(Row {
            call: $call,
            essential: Essential::$essential,
            read: |$there, $told| async move { let _ = $told; Ok($read) }.boxed(),
        }),*]
    };
}

/// Nothing of a policy may be lost on its way through the portal: it is written back whole.
fn kept(of: &AssignmentPolicy, told: &Value) -> Value {
    let told = match told["value"].as_array() {
        Some(all) => all.iter().find(|one| one["id"] == json!(of.id)).cloned().unwrap_or_default(),
        None => told.clone(),
    };
    let written = serde_json::to_value(of).unwrap();
    let lost = differences(&without_people(told), &without_people(written));
    assert!(lost.is_empty(), "lost on the way through: {lost:?}");
    policy(of)
}

/// Sets of people are held to what is documented of them; of the package only the id is ever written.
fn without_people(mut value: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Array(items) => {
                items.retain(|item| item.get("@odata.type").is_none());
                items.iter_mut().for_each(strip);
            }
            Value::Object(object) => object.values_mut().for_each(strip),
            _ => {}
        }
    }
    if let Some(object) = value.as_object_mut() {
        object.remove("accessPackage");
    }
    strip(&mut value);
    value
}

pub fn rows() -> Vec<Row> {
    let mut rows = entitlement();
    rows.extend(directory());
    rows
}

fn entitlement() -> Vec<Row> {
    rows! {
        "GET EM/catalogs", Id, |there, told| list(&there.catalogs().await?, meaning::catalog);
        "GET EM/catalogs/{id}", Id, |there, told| one(there.catalog(&CatalogId::new("c")).await?, meaning::catalog);
        "POST EM/catalogs", Id, |there, told| {
            let new = NewCatalog { display_name: "n".into(), description: "d".into() };
            meaning::catalog(&there.create_catalog(&new).await?)
        };
        "GET EM/catalogs/{id}/resources", Id, |there, told| {
            list(&there.catalog_resources(&CatalogId::new("c")).await?, meaning::resource)
        };
        "POST EM/resourceRequests", Id, |there, told| {
            meaning::resource_request(&there.add_group_to_catalog(&CatalogId::new("c"), object(), "n").await?)
        };
        "GET EM/catalogs/{id}/accessPackages", Id, |there, told| {
            list(&there.packages_in_catalog(&CatalogId::new("c")).await?, meaning::package)
        };
        "GET EM/accessPackages", Id, |there, told| list(&there.packages_by_name("n").await?, meaning::package);
        "GET EM/accessPackages/{id}", Id, |there, told| one(there.package(&PackageId::new("p")).await?, meaning::package);
        "POST EM/accessPackages", Id, |there, told| {
            let new = NewPackage { display_name: "n".into(), description: "d".into(), is_hidden: true };
            meaning::package(&there.create_package(&CatalogId::new("c"), &new).await?)
        };
        "GET EM/accessPackages/{id}/resourceRoleScopes", Id, |there, told| {
            list(&there.package_roles(&PackageId::new("p")).await?, meaning::role_scope)
        };
        "POST EM/accessPackages/{id}/resourceRoleScopes", Id, |there, told| {
            let (resource, role, scope) = resource();
            meaning::role_scope(&there.add_package_role(&PackageId::new("p"), &resource, &role, &scope).await?)
        };
        "GET EM/connectedOrganizations", Id, |there, told| {
            list(&there.connected_organizations().await?, meaning::connected)
        };
        "GET EM/connectedOrganizations/{id}", Id, |there, told| {
            one(there.connected_organization(&ConnectedOrganizationId::new("o")).await?, meaning::connected)
        };
        "POST EM/connectedOrganizations", Id, |there, told| {
            let new = NewConnectedOrganization {
                display_name: "n".into(),
                description: "d".into(),
                domain: "soc.example".into(),
            };
            meaning::connected(&there.create_connected_organization(&new).await?)
        };
        "GET EM/assignmentPolicies", Id, |there, told| list(&there.policies().await?, |of| kept(of, told));
        "GET EM/assignmentPolicies/{id}", Id, |there, told| {
            one(there.policy(&PolicyId::new("p")).await?, |of| kept(of, told))
        };
        "POST EM/assignmentPolicies", Id, |there, told| {
            let new: AssignmentPolicy = serde_json::from_value(json!({"displayName": "n"})).unwrap();
            kept(&there.create_policy(&new).await?, told)
        };
        "GET EM/assignmentRequests", Id, |there, told| {
            list(&there.assignment_requests(None, None).await?, meaning::request)
        };
        "GET EM/assignmentRequests/{id}", Id, |there, told| {
            one(there.assignment_request(&AccessRequestId::new("r")).await?, meaning::request)
        };
        "POST EM/assignmentRequests", Id, |there, told| {
            meaning::request(&there.remove_assignment(&AssignmentId::new("a")).await?)
        };
        "GET EM/assignments", Id, |there, told| list(&there.assignments(None, None).await?, meaning::assignment);
    }
}

fn resource() -> (CatalogResource, ResourceRole, ResourceScope) {
    let resource = json!({"id": "r", "originId": ID, "roles": [{"id": "m", "originId": format!("Member_{ID}")}],
        "scopes": [{"id": "s", "originId": ID, "isRootScope": true}]});
    let resource: CatalogResource = serde_json::from_value(resource).unwrap();
    let (role, scope) = (resource.member_role().unwrap().clone(), resource.root_scope().unwrap().clone());
    (resource, role, scope)
}

fn directory() -> Vec<Row> {
    rows! {
        "GET /identityGovernance/accessReviews/definitions", Id, |there, told| {
            list(&there.review_definitions().await?, meaning::review_definition)
        };
        "GET /identityGovernance/accessReviews/definitions/{id}/instances", Id, |there, told| {
            list(&there.review_instances(&ReviewDefinitionId::new("d")).await?, meaning::review_instance)
        };
        "GET /identityGovernance/accessReviews/definitions/{id}/instances/{id}/decisions", Id, |there, told| {
            let (definition, instance) = (ReviewDefinitionId::new("d"), ReviewInstanceId::new("i"));
            list(&there.review_decisions(&definition, &instance).await?, meaning::review_decision)
        };
        "GET /auditLogs/directoryAudits", Id, |there, told| {
            list(&there.audits_about(&AccessRequestId::new("r")).await?, meaning::audit)
        };
        "GET /security/alerts_v2", Id, |there, told| {
            list(&there.alerts(chrono::DateTime::UNIX_EPOCH).await?, meaning::alert)
        };
        "GET /groups", Guid, |there, told| list(&there.groups_by_name("n").await?, meaning::group);
        "GET /groups/{id}", Guid, |there, told| one(there.group(object()).await?, meaning::group);
        "GET /groups(uniqueName)", Guid, |there, told| one(there.group_by_unique_name("u").await?, meaning::group);
        "PATCH /groups(uniqueName)", Guid, |there, told| {
            let new = NewGroup { display_name: "n".into(), description: "d".into(), mail_nickname: "n".into() };
            match there.upsert_group("u", &new).await? {
                Upserted::Created(group) => meaning::group(&group),
                Upserted::Updated => Value::Null,
            }
        };
        "GET /groups/{id}/members", Guid, |there, told| list(&there.group_members(object()).await?, meaning::principal);
        "GET /groups/{id}/owners", Guid, |there, told| list(&there.group_owners(object()).await?, meaning::principal);
        "GET /users/{id}", Guid, |there, told| one(there.user("a@b.example").await?, meaning::user);
        "GET /me", Guid, |there, told| meaning::user(&there.me().await?);
        "GET EM/accessPackageAssignmentApprovals/{id}/stages", Id, |there, told| {
            list(&there.approval_stages(&AccessRequestId::new("r")).await?, meaning::stage)
        };
        "GET /users", Guid, |there, told| list(&there.users_by_mail("a@b.example").await?, meaning::user);
        // Only this directory's own is an answer: the test asks as the first one that is told.
        "GET /organization", Guid, |there, told| list(&[there.organization().await?], meaning::organization);
        "GET /subscribedSkus", Nothing, |there, told| list(&there.subscribed_skus().await?, meaning::sku);
        "GET /tenantRelationships/findTenantInformationByDomainName(domainName)", TenantId, |there, told| {
            one(there.tenant_by_domain("b.example").await?, meaning::tenant)
        };
        "GET /tenantRelationships/findTenantInformationByTenantId(tenantId)", TenantId, |there, told| {
            one(there.tenant_by_id(EntraTenantId(ID.parse().unwrap())).await?, meaning::tenant)
        };
        "GET /policies/authorizationPolicy", Nothing, |there, told| {
            meaning::authorization(&read(there.authorization_policy().await?))
        };
        "GET /policies/crossTenantAccessPolicy/default", Nothing, |there, told| {
            meaning::cross_tenant(&read(there.cross_tenant_default().await?))
        };
        "GET /policies/crossTenantAccessPolicy/partners/{id}", Nothing, |there, told| {
            one(read(there.cross_tenant_partner(EntraTenantId(ID.parse().unwrap())).await?), meaning::cross_tenant)
        };
        "GET /identity/conditionalAccess/policies", Nothing, |there, told| {
            let policies = read(there.conditional_access().await?);
            let told = told["value"].as_array().cloned().unwrap_or_default();
            assert_eq!(policies.len(), told.len());
            policies.iter().zip(&told).map(|(of, told)| conditional_access(of, told)).collect()
        };
        "GET beta/roleManagement/defender/roleDefinitions", Id, |there, told| {
            list(&there.defender_roles().await?, meaning::defender_role)
        };
        "POST beta/roleManagement/defender/roleDefinitions", Id, |there, told| {
            let new = NewDefenderRole { display_name: "n".into(), description: "d".into(), actions: vec![] };
            meaning::defender_role(&there.create_defender_role(&new).await?)
        };
        "GET beta/roleManagement/defender/roleAssignments", Id, |there, told| {
            list(&there.defender_assignments().await?, meaning::defender_assignment)
        };
        "POST beta/roleManagement/defender/roleAssignments", Id, |there, told| {
            let made = there.create_defender_assignment("n", &DefenderRoleId::new("r"), object()).await?;
            meaning::defender_assignment(&made)
        };
    }
}

/// What the portal asks of such a policy, beside what the same questions give on the answer itself.
fn conditional_access(
    of: &mssp_portal::graph::conditional_access::ConditionalAccessPolicy,
    told: &Value,
) -> Value {
    let words = |list: &Value| -> Vec<String> {
        list.as_array().into_iter().flatten().filter_map(|word| Some(word.as_str()?.to_owned())).collect()
    };
    let controls = words(&told["grantControls"]["builtInControls"]);
    assert_eq!(of.blocks(), controls.iter().any(|control| control == "block"), "{told}");
    let users = &told["conditions"]["users"];
    let in_force = told["state"].as_str().is_some_and(|state| state.eq_ignore_ascii_case("enabled"));
    let named =
        words(&users["includeUsers"]).iter().any(|who| who == "All" || who == "GuestsOrExternalUsers");
    let spared = words(&users["excludeUsers"]).iter().any(|who| who == "GuestsOrExternalUsers");
    let reaches = in_force && (named || users["includeGuestsOrExternalUsers"].is_object()) && !spared;
    assert_eq!(of.reaches_guests_of(None), reaches, "{told}");
    json!({"displayName": of.display_name, "state": of.state.as_ref().map(|state| state.as_str())})
}
