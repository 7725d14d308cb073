//! The daily digest: one per person and day, by his roles, of the customers he sees, and none where nothing waits.

use mssp_portal::kit::happening::Kind;
use mssp_portal::kit::right::Role;
use serde_json::json;

use crate::support::smtp::Smtp;

const EIGHT: &str = "zone=Europe%2FAmsterdam&from=&until=&digest_at=08%3A00&digest_roles=approver&digest_roles=account-manager&digest_roles=auditor";

#[tokio::test]
async fn each_role_is_told_its_own_once_a_day() {
    let server = Smtp::start().await;
    let stage = super::mail::stage(&server).await;
    sqlx::query!("update person set roles = '{admin}' where person_id = $1", stage.admin.id.0)
        .execute(&stage.app.owner)
        .await
        .unwrap();
    stage.app.person(stage.provider, "Approver", &[Role::Approver], true).await;
    stage.app.person(stage.provider, "Elsewhere", &[Role::Approver], false).await;
    let manager = stage.app.person(stage.provider, "Manager", &[Role::AccountManager], true).await;
    stage.app.person(stage.provider, "Auditor", &[Role::Auditor], true).await;
    let quiet = stage.app.person(stage.provider, "Quiet", &[Role::Approver], true).await;
    stage.app.post(Some(&quiet), "/me/notices", "mail=yes").await;
    super::stages::keep(&stage, "r1", "pendingApproval", "2026-11-23T12:00:00Z", 14).await;
    sqlx::query!(
        "update customer set open_requests = 1, account_manager = $2, next_expiry = $3 where customer_id = $1",
        stage.customer.0,
        manager.id.0,
        stage.now() + chrono::TimeDelta::days(10)
    )
    .execute(&stage.app.owner)
    .await
    .unwrap();
    stage.form("/admin/notices/times", EIGHT).await;
    stage.round().await;
    assert_eq!(server.mails().len(), 0);
    stage.move_to("2026-11-24T06:59:00Z");
    stage.told(Kind::ConsentLost, "1", json!({})).await;
    stage.round().await;
    assert_eq!(server.mails().len(), 0);
    stage.move_to("2026-11-24T07:00:00Z");
    for _ in 0..2 {
        stage.round().await;
    }
    let mut mails = server.mails();
    mails.sort_by_key(|mail| mail.to.clone());
    let to: Vec<_> = mails.iter().map(|mail| mail.to.join(",")).collect();
    assert_eq!(to, ["approver@example.test", "auditor@example.test", "manager@example.test"]);
    let texts: Vec<_> = mails.iter().map(|mail| mail.parts()[0].clone()).collect();
    assert!(
        texts[0].contains("One access request waits.")
            && texts[0].contains("Adatum: Tier 2, Ada Analyst (13 days left)"),
        "{}",
        texts[0]
    );
    assert!(texts[1].contains("Consent lost: 1 in the last day"), "{}", texts[1]);
    assert!(texts[2].contains("Adatum: access ends on 3 Dec 2026"), "{}", texts[2]);
    assert_eq!(mails[0].header("Subject").as_deref(), Some("What waits on 24 Nov 2026"));
    // And again tomorrow, if it still waits.
    stage.move_to("2026-11-25T07:00:00Z");
    stage.round().await;
    let again = server.mails().iter().filter(|mail| mail.to == ["approver@example.test"]).count();
    assert_eq!(again, 2);
    // Without roles no digest is made any more.
    stage.form("/admin/notices/times", "zone=Europe%2FAmsterdam&from=&until=&digest_at=08%3A00").await;
    let before = server.mails().len();
    stage.move_to("2026-11-26T07:00:00Z");
    stage.round().await;
    assert_eq!(server.mails().len(), before);
}

#[tokio::test]
async fn a_digest_that_is_written_late_is_still_that_of_its_own_day() {
    let server = Smtp::start().await;
    let stage = super::mail::stage(&server).await;
    super::stages::keep(&stage, "r1", "pendingApproval", "2026-11-23T12:00:00Z", 14).await;
    sqlx::query!("update customer set open_requests = 1 where customer_id = $1", stage.customer.0)
        .execute(&stage.app.owner)
        .await
        .unwrap();
    stage.form("/admin/notices/times", EIGHT).await;
    // An outage: the digest of the 24th leaves in the morning of the 25th, and that of the 25th at its hour.
    stage.move_to("2026-11-25T06:00:00Z");
    stage.round().await;
    assert_eq!(server.mails().len(), 1);
    stage.move_to("2026-11-25T07:00:00Z");
    stage.round().await;
    assert_eq!(server.mails().len(), 2);
}
