//! Switches of Defender's Unified RBAC: what people saw in the field, and what they did not.

use reqwest::Method;
use serde_json::{Value, json};

use crate::anyone::settings;
use crate::kit::{ADATUM, OPERATOR, World};

const ROLES: &str = "/beta/roleManagement/defender/roleDefinitions";
const ASSIGNMENTS: &str = "/beta/roleManagement/defender/roleAssignments";
const ACTIONS: &str = "/beta/roleManagement/defender/resourceNamespaces/microsoft.xdr/resourceActions";

fn role(actions: &[&str]) -> Value {
    let actions: Vec<String> = actions.iter().map(|a| format!("microsoft.xdr/{a}")).collect();
    json!({"displayName": "Tier 1", "description": "", "isEnabled": true,
        "rolePermissions": [{"allowedResourceActions": actions}]})
}

fn plain() -> Value {
    role(&["secops/securitydata/basics/read"])
}

async fn named(world: &World) -> Vec<Value> {
    let found = world.get(&format!("{ROLES}?$filter=displayName eq 'Tier 1'")).await.1;
    found["value"].as_array().unwrap().clone()
}

/// A role given to a group: the role, and the body that gave it.
async fn given(world: &World) -> (String, Value) {
    world.switch("consistency.groups", 0).await;
    let group = world.group("Tier 1").await;
    world.post(ROLES, plain()).await;
    let role = named(world).await[0]["id"].as_str().unwrap().to_owned();
    let body = json!({"displayName": "Tier 1", "roleDefinitionId": role, "principalIds": [group],
        "directoryScopeIds": ["/"], "appScopeIds": ["/"]});
    assert!(world.post(ASSIGNMENTS, body.clone()).await.0 < 400);
    (role, body)
}

#[tokio::test]
async fn a_role_that_was_made_is_answered_with_a_redirect_or_with_itself() {
    for redirect in settings("defender.redirect-after-post", [true, false]) {
        let world = World::with_consent().await;
        world.switch("defender.redirect-after-post", redirect).await;
        let (status, answer) = world.post(ROLES, plain()).await;
        assert_eq!(status, if redirect { 302 } else { 201 });
        assert_eq!(answer["id"].is_string(), !redirect);
        assert_eq!(named(&world).await.len(), 1, "it is there in either case");
    }
}

#[tokio::test]
async fn a_body_with_its_type_is_refused_or_taken() {
    for refused in settings("defender.odata-type-refused", [true, false]) {
        let world = World::with_consent().await;
        world.switch("defender.odata-type-refused", refused).await;
        let mut typed = plain();
        typed["@odata.type"] = json!("#microsoft.graph.unifiedRoleDefinition");
        let (status, answer) = world.post(ROLES, typed).await;
        assert_eq!(status, if refused { 400 } else { 302 });
        if refused {
            assert_eq!(answer["error"]["message"], "The roleDefinition field is required.");
        }
    }
}

#[tokio::test]
async fn actions_are_stored_reduced_or_as_they_were_sent() {
    for reduced in settings("defender.reduced-actions", [true, false]) {
        let world = World::with_consent().await;
        world.switch("defender.reduced-actions", reduced).await;
        world.post(ROLES, role(&["secops/securitydata/*/read", "secops/securitydata/basics/read"])).await;
        let stored = named(&world).await[0]["rolePermissions"][0]["allowedResourceActions"].clone();
        assert_eq!(stored.as_array().unwrap().len(), if reduced { 1 } else { 2 });
    }
}

#[tokio::test]
async fn a_blind_repeat_makes_a_duplicate_or_is_refused() {
    for made in settings("defender.duplicates-made", [true, false]) {
        let world = World::with_consent().await;
        world.switch("defender.duplicates-made", made).await;
        let (_, body) = given(&world).await;
        let again = if made { 302 } else { 409 };
        assert_eq!(world.post(ROLES, plain()).await.0, again);
        assert_eq!(world.post(ASSIGNMENTS, body).await.0, again);
        let count = named(&world).await.len();
        assert_eq!(count, if made { 2 } else { 1 });
        let all = world.get(ASSIGNMENTS).await.1["value"].clone();
        assert_eq!(all.as_array().unwrap().len(), count);
    }
}

#[tokio::test]
async fn an_unmet_prerequisite_is_refused_or_overlooked() {
    let world = World::with_consent().await;
    world.sim(&format!("tenants/{ADATUM}/set"), json!({"licences": ["AAD_PREMIUM_P2"]})).await;
    for checked in settings("defender.prerequisites-checked", [true, false]) {
        world.switch("defender.prerequisites-checked", checked).await;
        let (status, answer) =
            world.post(ROLES, role(&["secops/securitydata/liveresponse-basic/manage"])).await;
        assert_eq!(status, if checked { 400 } else { 302 });
        if checked {
            let message = answer["error"]["message"].as_str().unwrap();
            assert!(message.ends_with("is not a valid permission for storage."), "{message}");
        }
    }
}

#[tokio::test]
async fn actions_nobody_has_seen_are_spelled_as_guessed_or_otherwise() {
    for other in settings("defender.other-spellings", [false, true]) {
        let world = World::with_consent().await;
        world.switch("defender.other-spellings", other).await;
        let guessed = "securityposture/posturemanagement/remediationhandling/manage";
        assert_eq!(world.post(ROLES, role(&[guessed])).await.0, if other { 400 } else { 302 });
        let all = world.get(ACTIONS).await.1["value"].clone();
        let names: Vec<&str> = all.as_array().unwrap().iter().map(|a| a["name"].as_str().unwrap()).collect();
        assert_eq!(names.contains(&&*format!("microsoft.xdr/{guessed}")), !other);
        let every: Vec<&str> = names.iter().map(|n| n.trim_start_matches("microsoft.xdr/")).collect();
        assert_eq!(world.post(ROLES, role(&every)).await.0, 302, "what is listed is taken");
    }
}

#[tokio::test]
async fn a_role_that_is_given_goes_with_what_gives_it_or_stays() {
    for kept in settings("defender.role-in-use-kept", [false, true]) {
        let world = World::with_consent().await;
        world.switch("defender.role-in-use-kept", kept).await;
        let (role, _) = given(&world).await;
        let path = format!("{ROLES}/{role}");
        let status = world.call(OPERATOR, Method::DELETE, &path, None).await.0;
        assert_eq!(status, if kept { 400 } else { 204 });
        let all = world.get(ASSIGNMENTS).await.1["value"].clone();
        assert_eq!(all.as_array().unwrap().len(), usize::from(kept));
    }
}

#[tokio::test]
async fn version_1_answers_400_or_404() {
    let world = World::with_consent().await;
    for status in settings("defender.v1-status", [400, 404]) {
        world.switch("defender.v1-status", status).await;
        assert_eq!(world.get("/v1.0/roleManagement/defender/roleDefinitions").await.0, status);
    }
}

#[tokio::test]
async fn the_list_of_actions_is_read_or_closed() {
    let world = World::with_consent().await;
    for closed in settings("defender.unreadable-actions", [false, true]) {
        world.switch("defender.unreadable-actions", closed).await;
        assert_eq!(world.get(ACTIONS).await.0, if closed { 403 } else { 200 });
    }
}

#[tokio::test]
async fn where_unified_rbac_is_not_active_lists_are_refused_or_empty() {
    let world = World::with_consent().await;
    world.sim(&format!("tenants/{ADATUM}/set"), json!({"rbac": "classic"})).await;
    for status in settings("defender.inactive-status", [400, 403, 200]) {
        world.switch("defender.inactive-status", status).await;
        assert_eq!(world.get(ROLES).await.0, status);
        assert_eq!(
            world.post(ROLES, plain()).await.0,
            if status == 403 { 403 } else { 400 },
            "nothing is written"
        );
    }
}

#[tokio::test]
async fn the_names_of_actions_are_there_or_missing_while_roles_are_read() {
    let world = World::with_consent().await;
    let root = "/beta/roleManagement/defender";
    for missing in settings("defender.actions-missing", [true, false]) {
        world.switch("defender.actions-missing", missing).await;
        for path in ["resourceNamespaces", "resourceNamespaces/microsoft.xdr/resourceActions"] {
            assert_eq!(
                world.get(&format!("{root}/{path}")).await.0,
                if missing { 404 } else { 200 },
                "{path}"
            );
        }
        assert_eq!(world.get(&format!("{root}/roleDefinitions")).await.0, 200);
    }
}
