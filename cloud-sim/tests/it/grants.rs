//! What applications and people were granted, seen and taken away: consent, sponsors, roles in a catalog, invitations.

use reqwest::Method;
use serde_json::{Value, json};

use super::kit::{ADATUM, APPROVER, OPERATOR, READER, World};
use super::onboarded::{EM, Onboarded, id};

const MICROSOFT_GRAPH: &str = "00000003-0000-0000-c000-000000000000";

async fn sp(world: &World, app: &str) -> String {
    id(&world.by_hand("GET", &format!("/servicePrincipals(appId='{app}')"), Value::Null).await.1)
}

#[tokio::test]
async fn app_roles_are_seen_from_both_ends_and_taken_away_from_either() {
    let world = World::with_consent().await;
    let token = world.app_with(&["Application.Read.All", "AppRoleAssignment.ReadWrite.All"]).await;
    let reader = sp(&world, READER).await;
    let held = format!("/v1.0/servicePrincipals/{reader}/appRoleAssignments");
    let resource = format!("/v1.0/servicePrincipals/{MICROSOFT_GRAPH}/appRoleAssignedTo");
    let (own, all) = (world.read(&token, &held).await, world.read(&token, &resource).await);
    assert_eq!(own.list().len(), 11);
    assert!(own.list().iter().all(|g| all.list().contains(g)));
    let [one, other] = [&own.list()[0], &own.list()[1]].map(id);
    let delete = async |path: String| world.send(&token, Method::DELETE, &path, None, &[]).await.status;
    assert_eq!(delete(format!("{held}/{one}")).await, 204);
    assert_eq!(delete(format!("{held}/{one}")).await, 404);
    assert_eq!(delete(format!("{resource}/{other}")).await, 204);
    assert_eq!(world.read(&token, &held).await.list().len(), 9);
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", READER),
        ("client_secret", "reader-secret"),
        ("scope", &world.url("/.default")),
    ];
    let answer: Value = world.ask_token(ADATUM, &form).await.json().await.unwrap();
    assert!(answer["access_token"].is_string(), "a token is issued all the same");
}

#[tokio::test]
async fn delegated_grants_are_listed_and_taken_away() {
    let world = World::with_consent().await;
    let token = world.app_with(&["Directory.Read.All", "DelegatedPermissionGrant.ReadWrite.All"]).await;
    let approver = sp(&world, APPROVER).await;
    let all =
        world.read(&token, &format!("/v1.0/oauth2PermissionGrants?$filter=clientId eq '{approver}'")).await;
    let grant = &all.list()[0];
    assert_eq!((&grant["consentType"], &grant["principalId"]), (&json!("AllPrincipals"), &Value::Null));
    assert!(grant["scope"].as_str().unwrap().contains("EntitlementManagement.ReadWrite.All"));
    let below =
        world.read(&token, &format!("/v1.0/servicePrincipals/{approver}/oauth2PermissionGrants")).await;
    assert_eq!(below.list(), all.list());
    let path = format!("/v1.0/oauth2PermissionGrants/{}", id(grant));
    assert_eq!(world.send(&token, Method::DELETE, &path, None, &[]).await.status, 204);
    assert_eq!(world.send(&token, Method::DELETE, &path, None, &[]).await.status, 404);
}

#[tokio::test]
async fn sponsors_are_people_of_the_directory_on_the_side_they_belong_to() {
    let (there, _) = Onboarded::with_ana().await;
    let world = &there.world;
    let of = |side: &str| format!("{EM}/connectedOrganizations/{}/{side}", there.organization);
    let gail = world.user_id("gail@adatum.example").await;
    let ana = world.get("/v1.0/users?$filter=mail eq 'ana@contoso-soc.example'").await.1["value"][0].clone();
    let reference = |id: &str| json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/users/{id}")});
    let add = async |side: &str, id: &str| world.post(&format!("{}/$ref", of(side)), reference(id)).await.0;
    assert_eq!(add("internalSponsors", &gail).await, 204);
    assert_eq!(add("externalSponsors", &gail).await, 400, "she is no guest");
    assert_eq!(add("externalSponsors", &id(&ana)).await, 204);
    assert_eq!(add("externalSponsors", "00000000-0000-4000-8000-00000000ffff").await, 404);
    assert_eq!(world.post(&of("internalSponsors"), json!({})).await.0, 405);
    let path =
        format!("connectedOrganizations/{}?$expand=internalSponsors,externalSponsors", there.organization);
    let shown = world.em(&path).await.1;
    assert_eq!(
        (&shown["internalSponsors"][0]["id"], &shown["externalSponsors"][0]["id"]),
        (&json!(gail), &ana["id"])
    );
    let remove = format!("{}/{gail}/$ref", of("internalSponsors"));
    assert_eq!(world.call(OPERATOR, Method::DELETE, &remove, None).await.0, 204);
    assert_eq!(world.call(OPERATOR, Method::DELETE, &remove, None).await.0, 404);
    assert_eq!(world.get(&of("internalSponsors")).await.1["value"], json!([]));
}

#[tokio::test]
async fn an_app_that_owns_a_catalog_works_in_it_without_the_permission_and_nowhere_else() {
    let there = Onboarded::new().await;
    let world = &there.world;
    let token = world.app_with(&["Group.ReadWrite.All"]).await;
    let package = |catalog: &str| json!({"displayName": "Own", "catalog": {"id": catalog}});
    let path = format!("{EM}/accessPackages");
    let make =
        async |catalog: &str| world.send(&token, Method::POST, &path, Some(package(catalog)), &[]).await;
    assert_eq!(make(&there.catalog).await.status, 403);
    let all = world.by_hand("GET", "/servicePrincipals", Value::Null).await.1;
    let app = all["value"].as_array().unwrap().iter().find(|s| s["displayName"] == "Any").unwrap().clone();
    let role = json!({"principalId": app["id"], "roleDefinitionId": "ae79f266-94d4-4dab-b730-feca7e132178",
        "appScopeId": format!("/AccessPackageCatalog/{}", there.catalog)});
    let roles = "/v1.0/roleManagement/entitlementManagement/roleAssignments";
    assert_eq!(world.post(roles, role).await.0, 201);
    let listed = world.get(&format!("{roles}?$expand=principal")).await.1["value"][0].clone();
    assert_eq!(listed["principal"]["@odata.type"], "#microsoft.graph.servicePrincipal");
    let made = make(&there.catalog).await;
    assert_eq!(made.status, 201, "{made:?}");
    let one = format!("{path}/{}", id(&made.body));
    assert_eq!(world.read(&token, &one).await.status, 200);
    assert_eq!(world.send(&token, Method::DELETE, &one, None, &[]).await.status, 204);
    let other = id(&world.make("catalogs", json!({"displayName": "Other"})).await);
    assert_eq!(make(&other).await.status, 403);
    assert_eq!(
        world.read(&token, &format!("{EM}/connectedOrganizations")).await.status,
        403,
        "not in a catalog"
    );
}

#[tokio::test]
async fn a_guest_is_invited_once_and_a_member_never() {
    let world = World::with_consent().await;
    let token = world.app_with(&["User.Invite.All"]).await;
    let invite = async |mail: &str| {
        let body = json!({"invitedUserEmailAddress": mail, "inviteRedirectUrl": "https://a.example"});
        world.send(&token, Method::POST, "/v1.0/invitations", Some(body), &[]).await
    };
    let first = invite("ana@contoso-soc.example").await;
    assert_eq!((first.status, &first.body["status"]), (201, &json!("PendingAcceptance")), "{first:?}");
    let again = invite("ana@contoso-soc.example").await;
    assert_eq!(again.body["invitedUser"]["id"], first.body["invitedUser"]["id"]);
    assert_eq!(invite("gail@adatum.example").await.status, 400);
    let select = "$select=userType,externalUserState,creationType,displayName";
    let path = format!("/v1.0/users/{}?{select}", first.body["invitedUser"]["id"].as_str().unwrap());
    let guest = world.get(&path).await.1;
    assert_eq!((&guest["userType"], &guest["creationType"]), (&json!("Guest"), &json!("Invitation")));
    assert_eq!(guest["displayName"], "Ana Analyst");
    world
        .sim(&format!("tenants/{ADATUM}/set"), json!({"authorizationPolicy": {"allowInvitesFrom": "none"}}))
        .await;
    assert_eq!(invite("bo@contoso-soc.example").await.status, 403);
}

#[tokio::test]
async fn one_licence_is_read_by_its_id_and_groups_one_may_not_read_have_ids_only() {
    let (there, _) = Onboarded::with_ana().await;
    let world = &there.world;
    let sku = world.get("/v1.0/subscribedSkus").await.1["value"][0].clone();
    assert_eq!(world.get(&format!("/v1.0/subscribedSkus/{}", id(&sku))).await.1, sku);
    assert_eq!(world.get("/v1.0/subscribedSkus/x").await.0, 404);
    let mine = "/v1.0/me/memberOf";
    let basic = world.person_with("ana@contoso-soc.example", &["User.Read"]).await;
    let shown = world.read(&basic, mine).await;
    assert_eq!(shown.list()[0], json!({"@odata.type": "#microsoft.graph.group", "id": there.tier1}));
    let more = world.person_with("ana@contoso-soc.example", &["User.Read", "GroupMember.Read.All"]).await;
    assert_eq!(world.read(&more, mine).await.list()[0]["displayName"], "Tier 1 Analyst");
}
