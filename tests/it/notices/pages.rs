//! Admin › Notices: rules as people make them, and what the pages say.

use super::Stage;
use crate::support::receiver::{Receiver, Reply};

#[tokio::test]
async fn the_usual_rules_are_offered_once_and_told_in_words() {
    let stage = Stage::new().await;
    let page = stage.get("/admin/notices").await;
    assert!(page.body.contains("Begin with the usual rules") && page.body.contains("None yet"));
    for _ in 0..2 {
        stage.form("/admin/notices/rules/usual", "").await;
    }
    let page = stage.get("/admin/notices").await;
    assert!(!page.body.contains("Begin with the usual rules"));
    assert_eq!(page.body.matches("/admin/notices/rules/").count(), 5, "four rules, and the way to another");
    assert!(
        page.body.contains("Access request waits · Last day") && page.body.contains("also in quiet hours")
    );
    let first = page.body.split("href=\"/admin/notices/rules/").nth(2).unwrap().split('"').next().unwrap();
    let page = stage.get(&format!("/admin/notices/rules/{first}")).await;
    assert_eq!(page.status, 200);
    stage.form(&format!("/admin/notices/rules/{first}/drop"), "").await;
    let page = stage.get(&format!("/admin/notices/rules/{first}")).await;
    assert_eq!(page.status, 404);
}

#[tokio::test]
async fn a_rule_without_anybody_to_tell_is_refused_in_words() {
    let stage = Stage::new().await;
    for (form, why) in [
        ("name=&severity=low&to=people&to_roles=approver", "A name has 1 to 80 characters."),
        ("name=X&severity=low&to=people", "Choose at least one role, or a channel."),
        (
            "name=X&severity=low&to=00000000-0000-0000-0000-000000000000",
            "Choose people or one of the channels.",
        ),
    ] {
        let answer = stage.app.post(Some(&stage.admin), "/admin/notices/rules/add", form).await;
        assert_eq!(answer.status, 422, "{form}");
        assert!(answer.body.contains(why), "{why}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_test_message_goes_the_way_of_every_other_and_its_end_stands_on_the_page() {
    let (stage, receiver) = (Stage::new().await, Receiver::start().await);
    let (channel, _) = stage.channel("teams", &receiver.url).await;
    stage.form(&format!("{channel}/test"), "").await;
    stage.round().await;
    assert!(receiver.sent()[0].json().to_string().contains("Test message of the access portal"));
    receiver.reply(Reply::Status(410));
    stage.form(&format!("{channel}/test"), "").await;
    stage.round().await;
    let page = stage.get(&channel).await;
    assert!(
        page.body.contains("Sent") && page.body.contains("The receiver refuses the message."),
        "{}",
        page.body
    );
    // Out of use, but still to be tried; then dropped with all of it.
    stage.form(&channel, "name=Old&target=&language=nl").await;
    stage.form(&format!("{channel}/test"), "").await;
    stage.round().await;
    assert!(receiver.sent()[2].json().to_string().contains("Proefbericht van de toegangsportal"));
    stage.form(&format!("{channel}/drop"), "").await;
    assert_eq!(stage.get(&channel).await.status, 404);
    assert_eq!(stage.states().await, []);
}
