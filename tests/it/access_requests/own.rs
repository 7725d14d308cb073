//! Whose request it is, where staff sign in with one directory and ask from another. For display only: it greys a row
//! and never lets anybody in or out.

use mssp_portal::kit::right::Role;

use super::live::There;
use crate::support::app::Person;

/// Ada of the staff. In the analysts' directory she is ada@contoso-analysts.example.
async fn ada(there: &There) -> Person {
    let ada = there.app.person(there.contoso.id, "Ada Analyst", &[Role::Approver], true).await;
    sqlx::query!("update person set mail = 'ada@contoso.example' where person_id = $1", ada.id.0)
        .execute(&there.app.owner)
        .await
        .unwrap();
    ada
}

async fn there_with_request() -> There {
    let there = There::new().await;
    there.know_package().await;
    there.run().await;
    there.ask("ada").await;
    there.later().await;
    there
}

async fn get(there: &There, who: &Person, path: &str) -> String {
    there.app.get(Some(who), path).await.body
}

const HIS: &str = "ada@contoso-analysts.example";

async fn say(there: &There, who: &Person, path: &str, verdict: &str) -> (u16, String) {
    let form = format!("address={HIS}&verdict={verdict}");
    let answer = there.app.post(Some(who), path, &form).await;
    (answer.status.as_u16(), answer.body)
}

async fn told(there: &There) -> Vec<String> {
    sqlx::query_scalar!(
        r#"select coalesce(convert_from(body, 'utf8')::jsonb -> 'after' ->> 'own', 'unknown') as "own!"
             from audit_event where action = 'person.analyst-address' order by seq"#
    )
    .fetch_all(&there.app.owner)
    .await
    .unwrap()
}

#[tokio::test]
async fn ones_own_request_from_the_analysts_directory_is_proposed_confirmed_and_then_greyed() {
    let there = there_with_request().await;
    let ada = ada(&there).await;
    let before = get(&there, &ada, "/requests").await;
    assert!(!before.contains("own-row"), "nobody is matched by guessing: {before}");
    assert!(before.contains("Is this you?") && before.contains("href=\"/me\""), "{before}");
    let me = get(&there, &ada, "/me").await;
    assert!(me.contains(HIS) && me.contains("ada@contoso.example"), "{me}");
    assert_eq!(say(&there, &ada, "/me/analyst-address", "his").await.0, 303);
    let after = get(&there, &ada, "/requests").await;
    assert!(after.contains("own-row") && after.contains("Your own request"), "{after}");
    assert!(after.contains(&format!("as {HIS}")), "the reason names the address: {after}");
    assert!(!after.contains(&format!("open-{}", there.customer)) && !after.contains("Is this you?"));
    let today = get(&there, &ada, "/").await;
    assert!(today.contains("own-row") && today.contains("your own"), "{today}");
    let of_customer = get(&there, &ada, &format!("/customers/{}/requests", there.customer)).await;
    assert!(of_customer.contains("own-row"), "{of_customer}");
    let other = there.app.person(there.contoso.id, "Ben", &[Role::Approver], true).await;
    let others = get(&there, &other, "/requests").await;
    assert!(!others.contains("own-row") && others.contains(&format!("open-{}", there.customer)), "{others}");
    assert_eq!(told(&there).await, ["true"]);
    there.cloud.end().await;
}

#[tokio::test]
async fn a_namesake_is_split_off_and_a_match_can_be_taken_back() {
    let there = there_with_request().await;
    let ada = ada(&there).await;
    assert_eq!(say(&there, &ada, "/me/analyst-address", "another").await.0, 303);
    let split = get(&there, &ada, "/requests").await;
    assert!(!split.contains("own-row") && !split.contains("Is this you?"), "asked once: {split}");
    assert_eq!(say(&there, &ada, "/me/analyst-address", "his").await.0, 303);
    assert!(get(&there, &ada, "/requests").await.contains("own-row"));
    assert_eq!(say(&there, &ada, "/me/analyst-address", "unknown").await.0, 303);
    let open = get(&there, &ada, "/requests").await;
    assert!(!open.contains("own-row") && open.contains("Is this you?"), "asked again: {open}");
    assert_eq!(told(&there).await, ["false", "true", "unknown"]);
    there.cloud.end().await;
}

#[tokio::test]
async fn an_administrator_sets_it_too_and_an_address_belongs_to_one_person() {
    let there = there_with_request().await;
    let ada = ada(&there).await;
    let admin = there.app.person(there.contoso.id, "Admin", &[Role::Admin], true).await;
    let page = format!("/admin/people/{}", ada.id);
    let shown = get(&there, &admin, &page).await;
    assert!(shown.contains(HIS), "proposed by the same name and the same first part: {shown}");
    assert_eq!(say(&there, &admin, &format!("{page}/analyst-address"), "his").await.0, 303);
    assert!(get(&there, &ada, "/requests").await.contains("own-row"));
    let ben = there.app.person(there.contoso.id, "Ben", &[Role::Approver], true).await;
    let (status, body) = say(&there, &ben, "/me/analyst-address", "his").await;
    assert!(status == 422 && body.contains("another person"), "{status}: {body}");
    for wrong in ["ada", "ada@", "@contoso-analysts.example", "a+b@nowhere", "a@b@c.example"] {
        let form = format!("address={}&verdict=his", wrong.replace('@', "%40").replace('+', "%2B"));
        let answer = there.app.post(Some(&ben), "/me/analyst-address", &form).await;
        assert!(answer.status == 422 && answer.body.contains("not a mail address"), "{wrong}");
    }
    let approver = say(&there, &ben, &format!("{page}/analyst-address"), "another").await;
    assert_eq!(approver.0, 403, "others are the administrators' to tell");
    let activity = get(&there, &there.contoso.everyone, "/audit").await;
    for words in ["Analyst address told", HIS, "Ada Analyst"] {
        assert!(activity.contains(words), "no {words} in {activity}");
    }
    there.cloud.end().await;
}

#[tokio::test]
async fn an_approver_of_whom_no_analyst_address_is_known_is_told_so_and_the_same_directory_needs_none() {
    let there = there_with_request().await;
    let ben = there.app.person(there.contoso.id, "Ben", &[Role::Approver], true).await;
    let page = get(&there, &ben, "/requests").await;
    assert!(page.contains("your own requests cannot be marked") && page.contains("href=\"/me\""), "{page}");
    sqlx::query!("update person set mail = 'ben@contoso-analysts.example' where person_id = $1", ben.id.0)
        .execute(&there.app.owner)
        .await
        .unwrap();
    assert!(!get(&there, &ben, "/requests").await.contains("cannot be marked"), "he asks as he signs in");
    there.ask("ben").await;
    there.later().await;
    assert!(get(&there, &ben, "/requests").await.contains("own-row"), "by his sign-in address");
    there.cloud.end().await;
}
