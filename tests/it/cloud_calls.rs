//! The portal's Graph client and the simulated cloud, which share no type, understand each other in every call.

use std::sync::Arc;

use cloud_sim::{Options, Simulation};
use mssp_portal::graph::catalogs::{CatalogChange, NewCatalog};
use mssp_portal::graph::connected_organizations::NewConnectedOrganization;
use mssp_portal::graph::defender::{DefenderRoleChange, NewDefenderRole};
use mssp_portal::graph::groups::{Membership, NewGroup, Upserted};
use mssp_portal::graph::packages::{NewPackage, PackageChange, ResourceRoleScope};
use mssp_portal::graph::preflight::Readable;
use mssp_portal::graph::requests::{AssignmentState, RequestState};
use mssp_portal::graph::{
    AppCredential, CatalogId, ClientId, Cloud, ConnectedOrganizationId, Directory, Graph, GraphErrorKind,
    PackageId, Proof,
};
use mssp_portal::kit::chance::Chance;
use mssp_portal::kit::clock::{SetClock, Ticking};
use mssp_portal::kit::ids::{EntraTenantId, ObjectId};
use mssp_portal::onboarding::blueprint::Blueprint;
use mssp_portal::onboarding::policy::PolicyFacts;
use serde_json::{Value, json};

use crate::support::cloud::options;

const MSSP: &str = "11111111-1111-4111-8111-111111111111";
const CUSTOMER: &str = "22222222-2222-4222-8222-222222222222";
const APP: &str = "aaaaaaaa-0000-4000-8000-000000000001";

struct Place {
    simulation: Simulation,
    http: reqwest::Client,
    directory: Directory,
    clock: SetClock,
}

impl Place {
    /// An app with every permission in a customer's directory; nothing is seen late.
    async fn new() -> Self {
        let clock = SetClock::at("2026-11-23T12:00:00Z".parse().unwrap());
        let shared = clock.clone();
        let options = Options { clock: Some(Arc::new(move || shared.now())), ..options() };
        let simulation = Simulation::start(options).await.unwrap();
        let cloud = Cloud::simulated(simulation.base_url()).unwrap();
        let graph = Graph::new(cloud, clock.clock(), Chance::seeded(7)).unwrap();
        let credential = AppCredential {
            client_id: ClientId::new(APP),
            proof: Proof::Secret("the-secret".to_owned().into()),
        };
        let directory = graph.app(CUSTOMER.parse::<EntraTenantId>().unwrap(), &credential);
        #[expect(clippy::disallowed_methods, reason = "a test's own client speaks to the test's own cloud")]
        let http = reqwest::Client::new();
        let place = Self { simulation, http, directory, clock };
        place.control("world", declared()).await;
        place.control(&format!("tenants/{CUSTOMER}/consent"), json!({"appId": APP, "grant": true})).await;
        place.control("switches", json!({"consistency.groups": 0, "consistency.catalog-resources": 0})).await;
        place
    }

    async fn control(&self, path: &str, body: Value) -> Value {
        let url = format!("{}/sim/{path}", self.simulation.base_url());
        let answer = self.http.post(url).json(&body).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    async fn group(&self, name: &str) -> ObjectId {
        let new = NewGroup {
            display_name: name.to_owned(),
            description: "d".to_owned(),
            mail_nickname: name.replace(' ', ""),
        };
        match self.directory.upsert_group(&name.to_lowercase().replace(' ', "-"), &new).await.unwrap() {
            Upserted::Created(group) => group.id,
            Upserted::Updated => unreachable!("the directory was empty"),
        }
    }

    async fn end(self) {
        self.simulation.stop().await;
    }
}

fn declared() -> Value {
    let permissions = [
        "EntitlementManagement.Read.All",
        "EntitlementManagement.ReadWrite.All",
        "Group.ReadWrite.All",
        "Organization.Read.All",
        "User.Read.All",
        "RoleManagement.ReadWrite.Defender",
        "CrossTenantInformation.ReadBasic.All",
        "Policy.Read.All",
    ];
    json!({"tenants": [
        {"id": MSSP, "displayName": "Provider", "domains": ["provider.example"],
         "users": [{"userPrincipalName": "ada@provider.example", "displayName": "Ada Analyst"}],
         "applications": [{"appId": APP, "displayName": "Portal", "secret": "the-secret",
            "requiredPermissions": {"application": permissions}}]},
        {"id": CUSTOMER, "displayName": "Customer", "domains": ["customer.example"],
         "licences": ["AAD_PREMIUM_P2", "WINDEFATP"],
         "users": [{"userPrincipalName": "gail@customer.example", "displayName": "Gail Admin"}]}
    ]})
}

async fn organization(there: &Directory) -> ConnectedOrganizationId {
    let new = NewConnectedOrganization {
        display_name: "Provider".to_owned(),
        description: String::new(),
        domain: "provider.example".to_owned(),
    };
    let made = there.create_connected_organization(&new).await.unwrap();
    let provider: EntraTenantId = MSSP.parse().unwrap();
    let found = there.connected_organizations_of(provider).await.unwrap();
    assert_eq!(found[0].id, made.id);
    assert!(there.connected_organization(&made.id).await.unwrap().unwrap().is_of(provider));
    assert_eq!(there.connected_organizations().await.unwrap().len(), 1);
    made.id
}

async fn catalog(there: &Directory) -> CatalogId {
    let new = NewCatalog { display_name: "MSSP Accesses".to_owned(), description: "d".to_owned() };
    let made = there.create_catalog(&new).await.unwrap();
    assert_eq!(there.catalogs_by_name("MSSP Accesses").await.unwrap()[0].id, made.id);
    there
        .update_catalog(
            &made.id,
            &CatalogChange { is_externally_visible: Some(true), ..CatalogChange::default() },
        )
        .await
        .unwrap();
    let read = there.catalog(&made.id).await.unwrap().unwrap();
    assert_eq!(read.is_externally_visible, Some(true));
    assert!(there.catalogs().await.unwrap().contains(&read));
    made.id
}

/// A package that gives membership of a group, made and read back.
async fn package(there: &Directory, catalog: &CatalogId, group: ObjectId) -> PackageId {
    there.add_group_to_catalog(catalog, group, "Tier 1 Analyst").await.unwrap();
    let resource = there.catalog_group(catalog, group).await.unwrap().unwrap();
    assert_eq!(there.catalog_resources(catalog).await.unwrap().len(), 1);
    let new = NewPackage {
        display_name: "Tier 1 Analyst".to_owned(),
        description: "d".to_owned(),
        is_hidden: true,
    };
    let made = there.create_package(catalog, &new).await.unwrap();
    let (role, scope) = (resource.member_role().unwrap(), resource.root_scope().unwrap());
    let given = there.add_package_role(&made.id, &resource, role, scope).await.unwrap();
    assert_eq!(given.id, ResourceRoleScope::id_of(&role.id, &scope.id));
    let roles = there.package_roles(&made.id).await.unwrap();
    assert!(roles.iter().any(|one| one.gives_membership_of(group)));
    there
        .update_package(&made.id, &PackageChange { is_hidden: Some(false), ..PackageChange::default() })
        .await
        .unwrap();
    let changed = there.package(&made.id).await.unwrap().unwrap();
    assert_eq!(
        (changed.is_hidden, changed.description.as_str()),
        (Some(false), "d"),
        "what was not sent stays"
    );
    assert_eq!(there.packages_by_name("Tier 1 Analyst").await.unwrap()[0].id, made.id);
    assert_eq!(there.packages_in_catalog(catalog).await.unwrap()[0].id, made.id);
    assert!(there.package(&made.id).await.unwrap().unwrap().catalog.is_some());
    made.id
}

#[tokio::test]
async fn a_customer_is_set_up_call_by_call_and_somebody_gets_access() {
    let place = Place::new().await;
    let there = &place.directory;
    let (approvers, tier1) = (place.group("Approvers").await, place.group("Tier 1 Analyst").await);
    let gail = there.user("gail@customer.example").await.unwrap().unwrap();
    there.add_group_member(approvers, gail.id).await.unwrap();
    assert_eq!(there.remove_group_member(approvers, gail.id).await.unwrap(), Membership::Changed);
    assert_eq!(there.add_group_member(approvers, gail.id).await.unwrap(), Membership::Changed);
    assert_eq!(there.add_group_member(approvers, gail.id).await.unwrap(), Membership::AlreadySo);
    let (organization, catalog) = (organization(there).await, catalog(there).await);
    let package = package(there, &catalog, tier1).await;
    let approver = format!("group:{approvers}");
    let target = format!("organization:{organization}").to_lowercase();
    let wanted = PolicyFacts::wanted(&Blueprint::default(), target, approver.clone(), approver);
    let policy = wanted.policy(("Analysts", "d"), &package, place.clock.now());
    there.create_policy(&policy).await.unwrap();
    let read = there.policies_of(&package).await.unwrap().remove(0);
    assert_eq!(PolicyFacts::of(&read).differences(&wanted, &|one: &str| one.to_owned()), []);
    let id = read.id.clone().unwrap();
    there.replace_policy(&id, &read).await.unwrap();
    let again = there.policy(&id).await.unwrap().unwrap();
    assert_eq!(PolicyFacts::of(&again), PolicyFacts::of(&read));
    somebody_gets_access(&place, &package, tier1).await;
    there.delete_policy(&id).await.unwrap();
    assert_eq!(there.policy(&id).await.unwrap(), None);
    place.end().await;
}

async fn somebody_gets_access(place: &Place, package: &PackageId, group: ObjectId) {
    let there = &place.directory;
    let ask =
        json!({"package": package, "userPrincipalName": "ada@provider.example", "justification": "On duty"});
    let asked = place.control(&format!("tenants/{CUSTOMER}/ask"), ask).await;
    let since = Some(place.clock.now());
    let pending = there.assignment_requests(Some(&RequestState::PendingApproval), since).await.unwrap();
    let who = pending[0].requestor.as_ref().unwrap();
    assert_eq!((who.email.as_deref(), who.object_id), (Some("ada@provider.example"), None));
    assert_eq!(pending[0].access_package.as_ref().unwrap().id, *package);
    let path = format!("tenants/{CUSTOMER}/requests/{}/decide", asked["id"].as_str().unwrap());
    let verdict = json!({"approve": true, "by": "gail@customer.example", "justification": "Known"});
    place.control(&path, verdict).await;
    let request = there.assignment_request(&pending[0].id).await.unwrap().unwrap();
    assert_eq!(request.state, Some(RequestState::Delivered));
    let held = there.assignments(Some(package), Some(&AssignmentState::Delivered)).await.unwrap();
    assert_eq!((held[0].ends().unwrap() - place.clock.now()).num_days(), 365);
    assert_eq!(there.group_members(group).await.unwrap().len(), 1);
    let guest = there.users_by_mail("ada@provider.example").await.unwrap();
    assert_eq!(Some(guest[0].id), held[0].target.as_ref().unwrap().object_id);
    there.remove_assignment(&held[0].id).await.unwrap();
    assert_eq!(there.group_members(group).await.unwrap().len(), 0);
    let again = json!({"package": package, "userPrincipalName": "gail@customer.example"});
    let url = format!("{}/sim/tenants/{CUSTOMER}/ask", place.simulation.base_url());
    let refused = place.http.post(url).json(&again).send().await.unwrap();
    assert_eq!(refused.status(), 403);
}

#[tokio::test]
async fn defender_roles_are_made_read_back_and_given() {
    let place = Place::new().await;
    let there = &place.directory;
    let group = place.group("Tier 1 Analyst").await;
    let actions = there.defender_actions().await.unwrap();
    let role = NewDefenderRole {
        display_name: "Tier 1 Analysts".to_owned(),
        description: "d".to_owned(),
        actions: actions.iter().take(2).map(|one| one.name.clone()).collect(),
    };
    let lost = there.create_defender_role(&role).await.unwrap_err();
    assert_eq!(lost.kind, GraphErrorKind::LostAnswer, "a redirect to http is what success looks like");
    let all = there.defender_roles().await.unwrap();
    let made = all.iter().find(|one| one.display_name == "Tier 1 Analysts").unwrap();
    assert!(made.allows_all(role.actions.iter().map(String::as_str)));
    let change = DefenderRoleChange { actions: Some(role.actions.clone()), ..DefenderRoleChange::default() };
    there.update_defender_role(&made.id, &change).await.unwrap();
    let lost = there.create_defender_assignment("Tier 1", &made.id, group).await.unwrap_err();
    assert_eq!(lost.kind, GraphErrorKind::LostAnswer);
    assert!(there.defender_assignments().await.unwrap()[0].is_for(&made.id, group));
    place.end().await;
}

#[tokio::test]
async fn facts_about_the_directory_are_read() {
    let place = Place::new().await;
    let there = &place.directory;
    assert_eq!(there.organization().await.unwrap().id, there.tenant());
    assert_eq!(there.subscribed_skus().await.unwrap().len(), 2);
    let provider: EntraTenantId = MSSP.parse().unwrap();
    assert!(there.tenant_by_domain("provider.example").await.unwrap().is_some());
    assert!(there.tenant_by_id(provider).await.unwrap().is_some());
    assert!(matches!(there.authorization_policy().await.unwrap(), Readable::Read(_)));
    assert!(matches!(there.cross_tenant_default().await.unwrap(), Readable::Read(_)));
    assert_eq!(there.cross_tenant_partner(provider).await.unwrap(), Readable::Read(None));
    let entry = json!([{"tenantId": MSSP, "inboundTrust": {"isMfaAccepted": true}}]);
    place.control(&format!("tenants/{CUSTOMER}/set"), json!({"partners": entry})).await;
    assert!(matches!(there.cross_tenant_partner(provider).await.unwrap(), Readable::Read(Some(_))));
    assert_eq!(there.conditional_access().await.unwrap(), Readable::Read(Vec::new()));
    place.end().await;
}
