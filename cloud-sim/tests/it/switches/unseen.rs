//! Switches of what lists and reads show late: people of a group, guests, requests, assignments.

use reqwest::Method;
use serde_json::{Value, json};

use crate::anyone::settings;
use crate::kit::{OPERATOR, World};
use crate::onboarded::{EM, Onboarded, id};

fn reference(id: &str) -> Value {
    json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{id}")})
}

#[tokio::test]
async fn who_was_put_into_a_group_is_listed_at_once_or_late() {
    for reads in settings("consistency.members", [0, 2]) {
        let world = World::with_consent().await;
        world.sim("switches", json!({"consistency.groups": 0, "consistency.members": reads})).await;
        let (group, gail) = (world.group("Any").await, world.user_id("gail@adatum.example").await);
        for side in ["members", "owners"] {
            let people = format!("/v1.0/groups/{group}/{side}");
            let add = format!("{people}/$ref");
            assert_eq!(world.post(&add, reference(&gail)).await.0, 204);
            assert_eq!(world.post(&add, reference(&gail)).await.0, 400, "the service knows him");
            for _ in 0..reads {
                assert_eq!(world.get(&people).await.1["value"], json!([]), "{side}");
            }
            let there = world.get(&people).await.1["value"].clone();
            assert_eq!(there.as_array().unwrap().len(), 1, "{side}");
        }
    }
}

#[tokio::test]
async fn an_invited_guest_is_found_at_once_or_late_and_joins_no_group_before() {
    for reads in settings("consistency.users", [0, 2]) {
        let world = World::with_consent().await;
        world.sim("switches", json!({"consistency.groups": 0, "consistency.users": reads})).await;
        let group = world.group("Any").await;
        let token = world.app_with(&["User.Invite.All"]).await;
        let body = json!({"invitedUserEmailAddress": "ana@contoso-soc.example", "inviteRedirectUrl": "https://a.example"});
        let made = world.send(&token, Method::POST, "/v1.0/invitations", Some(body), &[]).await;
        let guest = id(&made.body["invitedUser"]);
        let path = format!("/v1.0/users/{guest}");
        let join = format!("/v1.0/groups/{group}/members/$ref");
        for _ in 0..reads {
            assert_eq!(world.post(&join, reference(&guest)).await.0, 404);
            assert_eq!(world.get(&path).await.0, 404);
        }
        assert_eq!(world.get(&path).await.0, 200);
        assert_eq!(world.post(&join, reference(&guest)).await.0, 204);
        let listed = world.get("/v1.0/users?$filter=mail eq 'ana@contoso-soc.example'").await.1;
        assert_eq!(listed["value"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn what_was_deleted_is_gone_at_once_or_still_read_for_a_while() {
    for reads in settings("consistency.deletions", [0, 2]) {
        let world = World::with_consent().await;
        world.sim("switches", json!({"consistency.groups": 0, "consistency.deletions": reads})).await;
        let (group, gail) = (world.group("Any").await, world.user_id("gail@adatum.example").await);
        let people = format!("/v1.0/groups/{group}/members");
        assert_eq!(world.post(&format!("{people}/$ref"), reference(&gail)).await.0, 204);
        let out = format!("{people}/{gail}/$ref");
        assert_eq!(world.call(OPERATOR, Method::DELETE, &out, None).await.0, 204);
        assert_eq!(world.call(OPERATOR, Method::DELETE, &out, None).await.0, 404, "the service knows");
        for left in (0..=reads).rev() {
            let listed = world.get(&people).await.1["value"].as_array().unwrap().len();
            assert_eq!(listed, usize::from(left > 0), "{left} reads left");
        }
        let catalog = world.catalog().await;
        let (one, list) = (format!("catalogs/{catalog}"), "catalogs?$filter=displayName eq 'MSSP Accesses'");
        for (path, named) in [
            (format!("{EM}/{one}"), format!("{EM}/{list}")),
            (format!("/v1.0/groups/{group}"), "/v1.0/groups?$filter=displayName eq 'Any'".to_owned()),
        ] {
            assert_eq!(world.call(OPERATOR, Method::DELETE, &path, None).await.0, 204);
            assert_eq!(world.call(OPERATOR, Method::DELETE, &path, None).await.0, 404, "{path}");
            for left in (1..=reads).rev() {
                // Each look counts, at the one or into the list.
                if left % 2 == 0 {
                    assert_eq!(world.get(&path).await.0, 200, "{path}, {left} reads left");
                } else {
                    assert_eq!(world.get(&named).await.1["value"].as_array().unwrap().len(), 1, "{named}");
                }
            }
            assert_eq!(world.get(&path).await.0, 404, "{path}");
            assert_eq!(world.get(&named).await.1["value"], json!([]), "{named}");
        }
    }
}

#[tokio::test]
async fn a_request_is_read_and_taken_back_at_once_or_late() {
    for reads in settings("consistency.requests", [0, 2]) {
        let there = Onboarded::new().await;
        there.world.switch("consistency.requests", reads).await;
        let asked = there.asked("ana@contoso-soc.example").await.1;
        let path = format!("assignmentRequests/{}", id(&asked));
        let open = "assignmentRequests?$filter=state eq 'pendingApproval'";
        for n in 0..reads {
            // Each look counts, into the list or at the one.
            let blind = if n % 2 == 0 {
                there.world.em(open).await.1["value"] == json!([])
            } else {
                there.world.em(&path).await.0 == 404
            };
            assert!(blind, "{n}");
        }
        assert_eq!(there.world.em(&path).await.0, 200);
        assert_eq!(there.world.em(open).await.1["value"][0]["id"], asked["id"]);
    }
}

#[tokio::test]
async fn an_assignment_is_read_at_once_or_late() {
    for reads in settings("consistency.assignments", [0, 1]) {
        let there = Onboarded::new().await;
        there.world.switch("consistency.assignments", reads).await;
        there.let_ana_in().await;
        let all = "assignments?$filter=state eq 'delivered'";
        for _ in 0..reads {
            assert_eq!(there.world.em(all).await.1["value"], json!([]));
        }
        let held = there.world.em(all).await.1["value"][0].clone();
        let one = format!("{EM}/assignments/{}", id(&held));
        assert_eq!(there.world.call(OPERATOR, Method::GET, &one, None).await.0, 200);
    }
}
