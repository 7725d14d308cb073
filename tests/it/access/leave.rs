//! Somebody leaves: removed where we may write, told what to do where we may not, and seen to be gone everywhere.

use mssp_portal::providers::AppKind;
use serde_json::{Value, json};

use super::there::{Place, There};

async fn start(there: &There, who: &str) -> String {
    let page = there.page("/access/people").await;
    let row = page.split("<tr").find(|row| row.contains(&there.address(who))).unwrap().to_owned();
    let path = row.split("href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let staff = there.app.session(there.contoso.id, there.staff.id).await;
    let wrong = there.app.post(Some(&staff), &format!("{path}/leave"), "address=somebody&why=Left").await;
    assert_eq!(wrong.status, 422, "{}", wrong.body);
    let form = format!("address={}&why=Left+the+house", there.address(who).to_uppercase());
    let answer = there.app.post(Some(&staff), &format!("{path}/leave"), &form).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.location().split('?').next().unwrap().to_owned()
}

async fn delivered(there: &There, place: &Place) -> Vec<String> {
    let held = there.held(place).await;
    let now = held.iter().filter(|one| one["state"] == "delivered");
    now.map(|one| one["target"]["displayName"].as_str().unwrap().to_owned()).collect()
}

async fn let_write(there: &There, place: &Place) {
    there.cloud.consent(place.tenant, there.contoso.client_id(AppKind::Operator), true).await;
    let staff = there.app.session(there.contoso.id, there.staff.id).await;
    let form = format!("customer={}", place.customer);
    let path = format!("/customers/{}/check", place.customer);
    assert_eq!(there.app.post(Some(&staff), &path, &form).await.status, 303);
    there.work().await;
}

async fn consent_read(there: &There) {
    there.work().await;
}

#[tokio::test]
async fn a_leaver_is_removed_where_we_may_write_and_the_customer_is_told_what_to_do_where_not() {
    let there = There::new(&["Woodgrove Bank", "Tailspin Toys"], Value::Null).await;
    let (one, two) = (&there.places[0], &there.places[1]);
    consent_read(&there).await;
    let_write(&there, one).await;
    for place in &there.places {
        there.give(place, "ada").await;
        there.give(place, "ben").await;
        there.turn(place).await;
    }
    let record = start(&there, "ada").await;
    there.work().await;
    for _ in 0..6 {
        there.later(60).await;
        there.work().await;
    }
    assert_eq!(delivered(&there, one).await, ["Ben Approver"], "his alone, and only his");
    assert_eq!(delivered(&there, two).await.len(), 2, "nothing is written where only reading is consented");
    let page = there.page(&record).await;
    for words in [
        "1 of 2",
        "by the portal",
        "The customer must remove it",
        "One package is not gone yet",
        "Left the house",
        "Access packages",
        "Tier 1 Analyst Access",
    ] {
        assert!(page.contains(words), "no {words} in {page}");
    }
    there.end_by_hand(two, "ada").await;
    for _ in 0..4 {
        there.later(1200).await;
        there.work().await;
    }
    let page = there.page(&record).await;
    for words in ["2 of 2", "by the customer", "Everything is gone, and was seen to be gone"] {
        assert!(page.contains(words), "no {words} in {page}");
    }
    assert_eq!(there.requests(one, "adminRemove").await, 1);
    let log = there.page("/audit").await;
    for words in ["Removal of a person begun", "End of access asked at Microsoft", "Access seen to be gone"] {
        assert!(log.contains(words), "no {words} in {log}");
    }
    there.cloud.end().await;
}

#[tokio::test]
async fn a_lost_answer_is_looked_up_and_the_removal_never_asked_twice() {
    for fault in ["lost-answer", "503", "429"] {
        let there = There::new(&["Woodgrove Bank"], Value::Null).await;
        let place = &there.places[0];
        consent_read(&there).await;
        let_write(&there, place).await;
        there.give(place, "ada").await;
        there.turn(place).await;
        let hit = json!({ "path": "/v1.0/identityGovernance/entitlementManagement/assignmentRequests",
            "method": "POST", "fault": fault, "times": 1 });
        there.cloud.control("POST", "/faults", hit).await;
        let record = start(&there, "ada").await;
        for _ in 0..12 {
            there.work().await;
            there.later(120).await;
        }
        assert_eq!(delivered(&there, place).await, [""; 0], "{fault}");
        assert_eq!(there.requests(place, "adminRemove").await, 1, "{fault}");
        let page = there.page(&record).await;
        assert!(page.contains("Everything is gone"), "{fault}: {page}");
        there.cloud.end().await;
    }
}

#[tokio::test]
async fn a_removal_that_somebody_else_was_first_with_is_told_so_and_a_second_one_finds_nothing() {
    let there = There::new(&["Woodgrove Bank"], Value::Null).await;
    let place = &there.places[0];
    consent_read(&there).await;
    let_write(&there, place).await;
    there.give(place, "ada").await;
    there.turn(place).await;
    there.end_by_hand(place, "ada").await;
    there.later(600).await;
    let record = start(&there, "ada").await;
    there.work().await;
    let page = there.page(&record).await;
    assert!(page.contains("was gone already") && page.contains("1 of 1"), "{page}");
    assert_eq!(there.requests(place, "adminRemove").await, 1, "the customer's own");
    there.turn_after(place, 7200).await;
    let staff = there.app.session(there.contoso.id, there.staff.id).await;
    let id = sqlx::query_scalar!("select match_id from leaver").fetch_one(&there.app.owner).await.unwrap();
    let form = format!("address={}&why=Again", there.address("ada"));
    let again = there.app.post(Some(&staff), &format!("/access/people/{id}/leave"), &form).await;
    assert_eq!(again.status, 409);
    assert!(again.body.contains("Nothing to remove"), "{}", again.body);
    there.cloud.end().await;
}
