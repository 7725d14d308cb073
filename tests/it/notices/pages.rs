//! Admin › Notices: rules as people make them, and what the pages say.

use mssp_portal::kit::happening::Kind;
use mssp_portal::kit::right::Role;
use serde_json::json;

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

#[tokio::test]
async fn whoever_sees_only_some_customers_has_no_say_in_what_is_told_of_all() {
    let (stage, receiver) = (Stage::new().await, Receiver::start().await);
    let narrow = stage.app.person(stage.provider, "Narrow", &[Role::Admin], false).await;
    let (channel, _) = stage.channel("teams", &receiver.url).await;
    let id = channel.rsplit('/').next().unwrap();
    let rows = async || {
        sqlx::query_scalar!(
            r#"select (select count(*) from notice_channel) * 10 + (select count(*) from notice_rule) as "many!""#
        )
        .fetch_one(&stage.app.owner)
        .await
        .unwrap()
    };
    let elsewhere = "target=https%3A%2F%2Fevil.example%2Fhook&language=en&enabled=yes";
    let to_channel = format!("name=All&severity=low&to={id}&enabled=yes");
    let mail = "host=evil.example&port=25&tls=none&user=&from=a%40evil.example";
    for (path, form) in [
        ("/admin/notices/channels/add", format!("kind=webhook&name=Mine&{elsewhere}")),
        (&channel, format!("name=Mine&{elsewhere}")),
        (&format!("{channel}/secret"), String::new()),
        (&format!("{channel}/drop"), String::new()),
        ("/admin/notices/rules/add", to_channel.clone()),
        ("/admin/notices/mail", mail.to_owned()),
    ] {
        let form = form.trim_end_matches("&enabled=yes");
        let answer = stage.app.post(Some(&narrow), path, form).await;
        assert_eq!(answer.status, 409, "{path}: {}", answer.body);
        assert!(answer.body.contains("Only for who sees all customers"), "{path}");
    }
    assert_eq!(rows().await, 10, "one channel, no rule");
    stage.told(Kind::ConsentLost, "reader/1", json!({})).await;
    stage.round().await;
    assert_eq!(stage.states().await, []);

    // A rule for people is his to make: nobody is told of a customer he does not see. It never becomes one for a channel.
    let people = "name=Ours&severity=low&to=people&to_roles=approver&enabled=yes";
    assert_eq!(stage.app.post(Some(&narrow), "/admin/notices/rules/add", people).await.status, 303);
    let rule =
        sqlx::query_scalar!("select rule_id from notice_rule").fetch_one(&stage.app.owner).await.unwrap();
    let rule = format!("/admin/notices/rules/{rule}");
    assert_eq!(stage.app.post(Some(&narrow), &rule, &to_channel).await.status, 409);
    stage.form(&rule, &to_channel).await;
    for (path, form) in [(rule.clone(), people), (format!("{rule}/drop"), "")] {
        assert_eq!(stage.app.post(Some(&narrow), &path, form).await.status, 409, "{path}");
    }
    assert_eq!(rows().await, 11);
    for path in ["/admin/notices", &channel, &rule] {
        let page = stage.app.get(Some(&narrow), path).await.body;
        assert!(page.contains("A channel is told of every customer"), "{path}");
    }
}
