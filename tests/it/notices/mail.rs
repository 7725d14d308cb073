//! Mail, by a real server: encrypted, signed in, in the reader's language, and only to whom it concerns.

use mssp_portal::kit::happening::Kind;
use mssp_portal::kit::reach::Allowed;
use mssp_portal::kit::right::Role;
use serde_json::json;

use super::{Stage, many};
use crate::support::smtp::{Answer, Smtp};

/// With this mail server set up.
pub async fn stage(server: &Smtp) -> Stage {
    let authorities = Some(server.authority.clone());
    let stage = Stage::with(Allowed { private: true, authorities, ..Allowed::default() }).await;
    stage.mail_server(server).await;
    stage
}

#[tokio::test]
async fn each_reader_is_told_in_his_language_what_he_decides_by() {
    let server = Smtp::start().await;
    let stage = stage(&server).await;
    let dutch = stage.app.person(stage.provider, "Bas", &[Role::Approver], true).await;
    sqlx::query!("update person set language = 'nl' where person_id = $1", dutch.id.0)
        .execute(&stage.app.owner)
        .await
        .unwrap();
    stage.rule_for("approver", "").await;
    stage.asked("r1").await;
    stage.round().await;
    let mut mails = server.mails();
    mails.sort_by_key(|mail| mail.to.clone());
    let to: Vec<_> = mails.iter().map(|mail| mail.to.join(",")).collect();
    assert_eq!(to, ["anna@example.test", "bas@example.test"]);
    assert!(
        mails.iter().all(|mail| mail.over_tls && mail.user.is_some() && mail.from == "portal@soc.example")
    );
    let subjects: Vec<_> = mails.iter().map(|mail| mail.header("Subject").unwrap()).collect();
    assert_eq!(
        subjects,
        [
            "Adatum: New access request · Tier 2 · Ada Analyst",
            "Adatum: Nieuwe toegangsaanvraag · Tier 2 · Ada Analyst"
        ]
    );
    for (mail, wanted) in [
        (
            &mails[0],
            ["Customer: Adatum (adatum.example)", "Package: Tier 2", "Why: Incident 4711", "8 days left"],
        ),
        (
            &mails[1],
            ["Klant: Adatum (adatum.example)", "Pakket: Tier 2", "Waarom: Incident 4711", "nog 8 dagen"],
        ),
    ] {
        let parts = mail.parts();
        assert_eq!(parts.len(), 2, "plain text and HTML");
        for one in wanted {
            assert!(parts[0].contains(one), "{one}: {}", parts[0]);
        }
        let link = format!("http://localhost:8080/customers/{}/requests", stage.customer);
        assert!(parts[0].contains("Ada Analyst (ada@analysts.example)") && parts[0].contains(&link));
        assert!(parts[1].contains(&format!("href=\"{link}\"")));
        assert_eq!(mail.header("Auto-Submitted").as_deref(), Some("auto-generated"));
    }
    assert_ne!(mails[0].header("Message-ID"), mails[1].header("Message-ID"));
}

#[tokio::test]
async fn nobody_is_told_of_a_customer_he_does_not_see_or_after_he_was_shut_out() {
    let server = Smtp::start().await;
    let stage = stage(&server).await;
    let other = stage.app.customer(stage.provider, "Fabrikam").await;
    let narrow = stage.app.person(stage.provider, "Narrow", &[Role::Approver], false).await;
    let sees = |customer| crate::walls::world::give(&stage.app, stage.provider, narrow.id, customer);
    sees(other).await;
    let former = stage.app.person(stage.provider, "Former", &[Role::Approver], true).await;
    stage.app.person(stage.provider, "Auditor", &[Role::Auditor], true).await;
    let manager = stage.app.person(stage.provider, "Manager", &[Role::AccountManager], true).await;
    sqlx::query!("update customer set account_manager = $2 where customer_id = $1", other.0, manager.id.0)
        .execute(&stage.app.owner)
        .await
        .unwrap();
    stage.rule_for("approver", "").await;
    stage.rule_for("manager", "").await;
    stage.asked("r1").await;
    mssp_portal::work::workers(&stage.app.app).run_due().await.unwrap();
    // Shut out after the message was written, before it left.
    sqlx::query!("update person set disabled_at = created_at where person_id = $1", former.id.0)
        .execute(&stage.app.owner)
        .await
        .unwrap();
    stage.round().await;
    let to: Vec<_> = server.mails().iter().flat_map(|mail| mail.to.clone()).collect();
    assert_eq!(to, ["anna@example.test"]);
    assert_eq!(stage.states().await, [many("dropped", 1), many("sent", 1)]);
    // His own customer, by both rules: one message each.
    let stage = Stage { customer: other, ..stage };
    stage.asked("r2").await;
    stage.round().await;
    let mut to: Vec<_> = server.mails().iter().skip(1).flat_map(|mail| mail.to.clone()).collect();
    to.sort();
    assert_eq!(to, ["anna@example.test", "manager@example.test", "narrow@example.test"]);
}

/// Roles come with a sign-in: one who lost them at the authority stays what he was here, and never comes to say so.
#[tokio::test]
async fn whoever_has_not_signed_in_for_thirty_days_is_mailed_no_more() {
    let server = Smtp::start().await;
    let stage = stage(&server).await;
    let former = stage.app.person(stage.provider, "Former", &[Role::Approver], true).await;
    stage.rule_for("approver", "").await;
    stage.form("/admin/notices/times", "zone=UTC&from=&until=&digest_at=08%3A00&digest_roles=approver").await;
    let mailed = || {
        let mut to: Vec<_> = server.mails().iter().flat_map(|mail| mail.to.clone()).collect();
        to.sort();
        to
    };
    // Almost thirty days: a message is put into the outbox, and has not left when they are over.
    stage.wait(30 * 24 * 60 - 1);
    stage.app.session(stage.provider, stage.admin.id).await;
    stage.asked("r1").await;
    mssp_portal::work::workers(&stage.app.app).run_due().await.unwrap();
    assert_eq!(stage.states().await, [many("waiting", 2)]);
    stage.wait(2);
    stage.round().await;
    assert_eq!(mailed(), ["anna@example.test"]);
    assert_eq!(stage.states().await, [many("dropped", 1), many("sent", 1)]);
    assert_eq!(stage.causes().await, ["not-wanted"]);
    stage.asked("r2").await;
    stage.round().await;
    assert_eq!(stage.states().await, [many("dropped", 1), many("sent", 2)], "none was put in for him");
    let person = format!("/admin/people/{}", former.id);
    for path in ["/admin/people", &person] {
        let page = stage.get(path).await.body;
        assert_eq!(page.matches("Not mailed: not seen since 23 Nov 2026").count(), 1, "{path}: {page}");
    }
    // He comes again, and is told again.
    stage.app.session(stage.provider, former.id).await;
    stage.asked("r3").await;
    stage.round().await;
    assert_eq!(mailed().iter().filter(|to| *to == "former@example.test").count(), 1);
}

#[tokio::test]
async fn who_wants_no_mail_gets_none() {
    let server = Smtp::start().await;
    let stage = stage(&server).await;
    stage.rule_for("approver", "").await;
    stage.form("/me/notices", "digest=yes").await;
    stage.asked("r1").await;
    stage.round().await;
    assert_eq!(server.mails().len(), 0);
    stage.form("/me/notices", "mail=yes&digest=yes").await;
    stage.asked("r2").await;
    stage.round().await;
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn a_server_that_refuses_is_told_with_its_words_and_what_to_do() {
    let server = Smtp::start().await;
    let stage = stage(&server).await;
    stage.rule_for("auditor", "").await;
    for (answer, cause, state) in
        [("451 4.3.0 later", "mail-later", "waiting"), ("550 5.1.1 nobody here", "mail-refused", "dead")]
    {
        server.answer(Answer::Say(answer));
        stage.asked(cause).await;
        stage.round().await;
        assert!(stage.causes().await.contains(&cause.to_owned()), "{:?}", stage.causes().await);
        assert!(stage.states().await.contains(&many(state, 1)), "{:?}", stage.states().await);
    }
    let page = stage.get("/admin/notices/outbox").await;
    assert!(page.body.contains("nobody here") && page.body.contains("The mail server refuses the message."));
}

#[tokio::test]
async fn a_wrong_password_waits_for_the_right_one_and_neither_is_ever_shown() {
    let server = Smtp::start().await;
    let stage = stage(&server).await;
    stage.rule_for("auditor", "").await;
    let wrong = format!(
        "host=localhost&port={}&tls=starttls&user=portal&password=not-the-one&from=portal%40soc.example",
        server.port
    );
    stage.form("/admin/notices/mail", &wrong).await;
    stage.asked("r1").await;
    stage.round().await;
    assert_eq!((stage.causes().await, server.mails().len()), (vec!["mail-login".to_owned()], 0));
    for page in ["/admin/notices/mail", "/admin/notices/outbox", "/audit", "/health"] {
        let answer = stage.get(page).await;
        assert!(!answer.body.contains("not-the-one"), "{page}");
    }
    let kept = sqlx::query_scalar!(r#"select mail_sealed as "sealed!" from notice_settings"#);
    let kept = kept.fetch_one(&stage.app.owner).await.unwrap();
    assert!(!String::from_utf8_lossy(&kept).contains("not-the-one"));
    stage.mail_server(&server).await;
    stage.wait(1);
    stage.round().await;
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn a_password_never_goes_to_another_server_or_without_encryption() {
    let server = Smtp::start().await;
    let stage = stage(&server).await;
    let kept = |host: &str, tls: &str| {
        format!("host={host}&port=25&tls={tls}&user=portal&password=&from=portal%40soc.example")
    };
    for (form, why) in [
        (kept("elsewhere.example", "starttls"), "Type the password for this server and user."),
        (kept("localhost", "none"), "Without encryption a password would be open"),
    ] {
        let answer = stage.app.post(Some(&stage.admin), "/admin/notices/mail", &form).await;
        assert_eq!(answer.status, 422, "{form}");
        assert!(answer.body.contains(why), "{}", answer.body);
    }
    stage.form("/admin/notices/mail", &kept("localhost", "tls")).await;
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_gets_no_mail() {
    let (server, stranger) = (Smtp::start().await, Smtp::start().await);
    let stage = stage(&stranger).await;
    stage.mail_server(&server).await;
    stage.rule_for("auditor", "").await;
    stage.asked("r1").await;
    stage.round().await;
    assert_eq!((stage.causes().await, server.mails().len()), (vec!["mail-tls".to_owned()], 0));
    assert!(server.connections() > 0);
}

#[tokio::test]
async fn a_mail_server_at_a_private_address_is_not_connected_to_unless_that_is_allowed() {
    let server = Smtp::start().await;
    let stage = Stage::with(Allowed::default()).await;
    stage.mail_server(&server).await;
    stage.rule_for("auditor", "").await;
    stage.asked("r1").await;
    stage.round().await;
    assert_eq!((stage.causes().await, server.connections()), (vec!["private".to_owned()], 0));
}

#[tokio::test]
async fn what_somebody_typed_forges_neither_header_nor_link() {
    let server = Smtp::start().await;
    let stage = stage(&server).await;
    stage.rule_for("auditor", "").await;
    let facts = json!({ "who": "Eve\r\nBcc: all@example.test", "why": "<a href=\"https://evil.example\">click</a>\nLink: x" });
    stage.told(Kind::RequestPending, "r1", facts).await;
    stage.round().await;
    let mail = &server.mails()[0];
    assert_eq!(mail.header("Bcc"), None);
    assert_eq!(mail.to.len(), 1);
    let parts = mail.parts();
    assert!(parts[0].contains("Why: <a href=\"https://evil.example\">click</a> Link: x"), "{}", parts[0]);
    assert!(!parts[1].contains("<a href=\"https://evil"), "{}", parts[1]);
}
