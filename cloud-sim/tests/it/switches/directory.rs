//! Switches of the directory: groups, people, applications, policies, the audit log.

use reqwest::Method;
use serde_json::{Value, json};

use crate::anyone::settings;
use crate::kit::{ADATUM, CONTOSO, READER, World};
use crate::onboarded::Onboarded;

const UPSERT: &str = "/v1.0/groups(uniqueName='mssp-x-tier1')";

fn group() -> Value {
    json!({"displayName": "Tier 1", "mailEnabled": false, "mailNickname": "Tier1", "securityEnabled": true})
}

async fn upsert(world: &World) -> (u16, Value) {
    let token = world.token(ADATUM, crate::kit::OPERATOR).await;
    let prefer = [("Prefer", "create-if-missing")];
    let reply = world.send(&token, Method::PATCH, UPSERT, Some(group()), &prefer).await;
    (reply.status, reply.body)
}

#[tokio::test]
async fn a_new_group_is_unseen_for_some_reads_for_a_time_or_not_at_all() {
    let world = World::standing().await;
    let read = async |id: &str| world.get(&format!("/v1.0/groups/{id}")).await.0;
    world.sim("switches", json!({"consistency.groups": 0})).await;
    let id = world.group("At once").await;
    assert_eq!(read(&id).await, 200);
    world.sim("switches", json!({"consistency.groups": 2})).await;
    let id = world.group("Late").await;
    assert_eq!([read(&id).await, read(&id).await, read(&id).await], [404, 404, 200]);
    world.sim("switches", json!({"consistency.groups": "60000ms"})).await;
    let id = world.group("Later").await;
    assert_eq!([read(&id).await, read(&id).await, read(&id).await], [404, 404, 404]);
    world.advance(59).await;
    assert_eq!(read(&id).await, 404);
    world.advance(1).await;
    assert_eq!(read(&id).await, 200);
}

#[tokio::test]
async fn the_unique_name_is_shown_to_everybody_or_to_those_who_may_write() {
    let world = World::with_consent().await;
    world.switch("consistency.groups", 0).await;
    let id = upsert(&world).await.1["id"].as_str().unwrap().to_owned();
    let path = format!("/v1.0/groups/{id}");
    for withheld in settings("groups.unique-name-withheld", [false, true]) {
        world.switch("groups.unique-name-withheld", withheld).await;
        let read = world.get(&path).await.1;
        assert_eq!(read.get("uniqueName").is_none(), withheld);
        let write = world.call(crate::kit::OPERATOR, Method::GET, &path, None).await.1;
        assert_eq!(write["uniqueName"], "mssp-x-tier1");
    }
}

#[tokio::test]
async fn an_upsert_knows_a_group_that_reads_do_not_show_yet_or_is_refused_and_never_makes_a_second() {
    for all in settings("groups.upsert-sees-all", [true, false]) {
        let world = World::with_consent().await;
        world.sim("switches", json!({"consistency.groups": "60000ms", "groups.upsert-sees-all": all})).await;
        assert_eq!(upsert(&world).await.0, 201);
        assert_eq!(upsert(&world).await.0, if all { 204 } else { 400 });
        world.advance(61).await;
        assert_eq!(upsert(&world).await.0, 204);
        let found = world.get("/v1.0/groups?$filter=displayName eq 'Tier 1'").await.1;
        assert_eq!(found["value"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn owners_that_are_applications_are_listed_or_left_out() {
    let world = World::with_consent().await;
    world.switch("consistency.groups", 0).await;
    let group = world.group("Owned").await;
    let sp = world.by_hand("GET", &format!("/servicePrincipals(appId='{READER}')"), Value::Null).await.1;
    for id in [sp["id"].as_str().unwrap(), &world.user_id("gail@adatum.example").await] {
        let owner = json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{id}")});
        assert_eq!(world.post(&format!("/v1.0/groups/{group}/owners/$ref"), owner).await.0, 204);
    }
    for listed in settings("groups.service-principal-owners-listed", [true, false]) {
        world.switch("groups.service-principal-owners-listed", listed).await;
        let owners = world.get(&format!("/v1.0/groups/{group}/owners")).await.1["value"].clone();
        assert_eq!(owners.as_array().unwrap().len(), 1 + usize::from(listed));
    }
}

#[tokio::test]
async fn a_basic_token_that_selects_more_is_told_less_or_refused() {
    let world = World::with_consent().await;
    let token = world.app_with(&["User.ReadBasic.All"]).await;
    let (more, less) =
        ("/v1.0/users?$select=displayName,accountEnabled", "/v1.0/users?$select=displayName,mail");
    for refused in settings("users.basic-refused", [false, true]) {
        world.switch("users.basic-refused", refused).await;
        let reply = world.read(&token, more).await;
        assert_eq!(reply.status, if refused { 403 } else { 200 });
        if !refused {
            assert!(reply.list()[0].get("accountEnabled").is_none());
        }
        assert_eq!(world.read(&token, less).await.status, 200);
    }
}

#[tokio::test]
async fn a_guest_s_issuer_is_told_or_not() {
    let (there, _) = Onboarded::with_ana().await;
    let path = "/v1.0/users?$filter=mail eq 'ana@contoso-soc.example'&$select=identities";
    for told in settings("users.guest-issuer-told", [true, false]) {
        there.world.switch("users.guest-issuer-told", told).await;
        let identities = there.world.get(path).await.1["value"][0]["identities"].clone();
        assert_eq!(identities[0]["issuer"].as_str(), told.then_some("ExternalAzureAD"));
    }
}

#[tokio::test]
async fn a_section_a_partner_does_not_set_is_null_or_shows_the_default() {
    let world = World::with_consent().await;
    world.sim(&format!("tenants/{ADATUM}/set"), json!({"partners": [{"tenantId": CONTOSO}]})).await;
    let path = format!("/v1.0/policies/crossTenantAccessPolicy/partners/{CONTOSO}");
    for null in settings("policies.partner-sections-null", [true, false]) {
        world.switch("policies.partner-sections-null", null).await;
        assert_eq!(world.get(&path).await.1["inboundTrust"].is_null(), null);
    }
}

#[tokio::test]
async fn options_no_page_lists_are_refused_or_taken_as_the_sdks_have_them() {
    let there = Onboarded::in_world(World::strange().await).await;
    let one = "catalogs?$top=1&$orderby=displayName&$count=true";
    for refused in settings("odata.undocumented-refused", [true, false]) {
        there.world.switch("odata.undocumented-refused", refused).await;
        let (status, page) = there.world.em(one).await;
        assert_eq!(status, if refused { 400 } else { 200 }, "{page}");
        if !refused {
            assert_eq!(
                (&page["@odata.count"], &page["value"][0]["displayName"]),
                (&json!(2), &json!("General"))
            );
        }
        let by_state = there.world.em("catalogs?$filter=state eq 'published'").await;
        assert_eq!(by_state.0, if refused { 400 } else { 200 });
        assert_eq!(there.world.em("catalogs?$filter=colour eq 'red'").await.0, 400, "in either case");
    }
}

#[tokio::test]
async fn an_app_that_may_change_what_it_owns_reaches_itself_or_not() {
    let world = World::with_consent().await;
    for itself in settings("applications.owned-by-reaches-itself", [false, true]) {
        world.switch("applications.owned-by-reaches-itself", itself).await;
        let token = world.app_with(&["Application.ReadWrite.OwnedBy"]).await;
        let all = world.read(&token, "/v1.0/servicePrincipals").await;
        let own = all.list().iter().rev().find(|s| s["displayName"] == "Any").unwrap();
        let delete = async |key: &str| {
            world
                .send(&token, Method::DELETE, &format!("/v1.0/servicePrincipals{key}"), None, &[])
                .await
                .status
        };
        assert_eq!(delete(&format!("(appId='{READER}')")).await, 403, "another's");
        let key = format!("/{}", own["id"].as_str().unwrap());
        assert_eq!(delete(&key).await, if itself { 204 } else { 403 });
    }
}

#[tokio::test]
async fn tokens_tell_a_new_consent_at_once_or_up_to_an_hour_later() {
    for seconds in settings("consent.token-cache-seconds", [0, 3600]) {
        let world = World::standing().await;
        world.switch("consent.token-cache-seconds", seconds).await;
        let roles = async || {
            let token = world.token(ADATUM, READER).await;
            world.read(&token, "/v1.0/organization").await.status
        };
        world.by_hand("DELETE", &format!("/servicePrincipals(appId='{READER}')"), Value::Null).await;
        let app = json!({"appId": READER, "displayName": "Reader", "secret": "reader-secret",
            "requiredPermissions": {"application": []}});
        let declare = async |app: &Value| {
            world.sim("world", json!({"tenants": [{"id": CONTOSO, "applications": [app]}]})).await;
            world.consent(ADATUM, READER, true).await;
        };
        declare(&app).await;
        assert_eq!(roles().await, 403);
        let mut more = app.clone();
        more["requiredPermissions"]["application"] = json!(["Organization.Read.All"]);
        declare(&more).await;
        assert_eq!(roles().await, if seconds == 0 { 200 } else { 403 });
        world.advance(3600).await;
        assert_eq!(roles().await, 200);
    }
}

async fn activities(there: &Onboarded, filter: &str) -> Vec<(String, String)> {
    let path = format!("/v1.0/auditLogs/directoryAudits?$filter={filter}");
    let rows = there.world.get(&path).await.1["value"].clone();
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    rows.as_array()
        .unwrap()
        .iter()
        .map(|r| (text(r, "activityDisplayName"), text(r, "correlationId")))
        .collect()
}

#[tokio::test]
async fn a_decision_is_told_by_one_row_or_two_with_the_request_s_correlation_or_another() {
    for twice in settings("audit.decision-told-twice", [true, false]) {
        for kept in settings("audit.correlation-kept", [true, false]) {
            let there = Onboarded::new().await;
            let how = json!({"audit.decision-told-twice": twice, "audit.correlation-kept": kept});
            there.world.sim("switches", how).await;
            let request = there.let_ana_in().await;
            let about = format!("targetResources/any(t:t/id eq '{}')", request["id"].as_str().unwrap());
            let rows = activities(&there, &about).await;
            let of = |name: &str| rows.iter().find(|(activity, _)| activity == name);
            assert_eq!(of("Request approved").is_some(), twice, "{rows:?}");
            let asked = &of("User requests access package assignment").unwrap().1;
            let decided = &of("Approve access package assignment request").unwrap().1;
            assert_eq!(asked == decided, kept);
        }
    }
}

#[tokio::test]
async fn the_audit_log_tells_at_once_or_minutes_later() {
    let there = Onboarded::in_world(World::standing().await).await;
    for delay in settings("audit.delay-seconds", [0, 300]) {
        there.world.switch("audit.delay-seconds", delay).await;
        there.world.group(&format!("Told after {delay}")).await;
        let added = async || {
            let rows = activities(&there, "activityDisplayName eq 'Add group'").await;
            rows.len()
        };
        let before = added().await;
        there.world.advance(300).await;
        assert_eq!(added().await > before, delay > 0);
    }
}

#[tokio::test]
async fn a_page_of_alerts_names_the_next_one_or_does_not_and_skipping_reads_on() {
    let world = World::with_consent().await;
    let alert =
        |n: usize| json!({"id": format!("a{n}"), "createdDateTime": format!("2026-11-2{n}T08:00:00Z")});
    let all: Vec<Value> = (0..5).map(alert).collect();
    world.sim(&format!("tenants/{ADATUM}/set"), json!({"alerts": all})).await;
    let token = world.token(ADATUM, READER).await;
    for withheld in settings("alerts.next-link-withheld", [true, false]) {
        world.switch("alerts.next-link-withheld", withheld).await;
        let page = world.read(&token, "/v1.0/security/alerts_v2?$top=3").await.body;
        assert_eq!(page.get("@odata.nextLink").is_none(), withheld, "{page}");
        let rest = world.read(&token, "/v1.0/security/alerts_v2?$top=3&$skip=3").await.body;
        assert_eq!(rest["value"].as_array().unwrap().len(), 2);
    }
}
