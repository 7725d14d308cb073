//! No audit, no action: where the event cannot be written, nothing of the act stays.

use http::StatusCode;
use sqlx::raw_sql;

use super::cell::valid;
use super::expected::EXPECTED;
use super::world::{self, changed};
use crate::support::app::TestApp;

/// Acts that ask Microsoft first: without an answer they do not come to their event.
const ASK_FIRST: [&str; 3] =
    ["/admin/provider", "/customers/add", "/customers/{customer}/onboarding/administrator"];
/// What a person likes and what he looks at is no act, and has no event. Nor has a decision that was not begun, which is
/// all there is without a connection (that the others are undone: access_requests::decide).
const NO_ACT: [&str; 4] = [
    "/choices",
    "/requests/decide",
    "/requests/{customer}/{request}/decide",
    "/requests/{customer}/{request}/claim",
];

#[tokio::test]
async fn an_act_whose_event_cannot_be_written_is_undone_on_every_route() {
    let app = TestApp::offline().await;
    let of = world::provider(&app, "umbra", "Umbra").await;
    let mut undone = 0;
    for row in EXPECTED.iter().filter(|row| row.writes) {
        if NO_ACT.contains(&row.path) {
            continue;
        }
        let (path, form) = valid(row, &of, &app);
        if row.path.ends_with("/refresh") {
            // The world's own was a moment ago.
            app.clock.advance(std::time::Duration::from_secs(31));
        }
        let before = world::held(&app.owner, &[of.provider]).await;
        raw_sql("revoke insert on audit_event from portal_app").execute(&app.owner).await.unwrap();
        let answer = app.post(Some(&of.everyone), &path, &form).await;
        raw_sql("grant insert on audit_event to portal_app").execute(&app.owner).await.unwrap();
        if ASK_FIRST.contains(&row.path) {
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}: {}", row.path, answer.body);
        } else {
            assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{}: {}", row.path, answer.body);
            undone += 1;
        }
        let after = world::held(&app.owner, &[of.provider]).await;
        assert_eq!(changed(&before, &after), [""; 0], "{} was done without a word", row.path);
    }
    assert!(undone > 25, "{undone}");
    // The same acts are done as soon as they can be told; the session is still there too.
    let pause = format!("/customers/{}/pause", of.proposed.id);
    let form = format!("customer={}&reason=Contract+talks", of.proposed.id);
    assert_eq!(app.post(Some(&of.everyone), &pause, &form).await.status, StatusCode::SEE_OTHER);
}
