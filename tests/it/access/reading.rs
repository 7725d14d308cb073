//! What is read of a customer's access, against the simulated cloud.

use serde_json::{Value, json};

use super::there::There;

const DAY: u64 = 86_400;

#[tokio::test]
async fn who_holds_a_package_of_ours_is_read_and_told_before_it_ends_and_kept_when_it_has() {
    let there = There::new(&["Woodgrove Bank"], Value::Null).await;
    let place = &there.places[0];
    let nothing = there.turn(place).await;
    assert!(nothing.0.is_some_and(|kept| !kept.changed), "nobody holds anything");
    there.give(place, "ada").await;
    let (kept, _) = there.turn_after(place, 7200).await;
    assert!(kept.unwrap().changed);
    let page = there.page(&format!("/customers/{}/people", place.customer)).await;
    for words in ["Ada Analyst", "Tier 1 Analyst Access", "365 days left"] {
        assert!(page.contains(words), "no {words} in {page}");
    }
    assert_eq!(there.turn(place).await, (None, None), "nothing is due yet");
    let before = crate::walls::world::held(&there.app.owner, &[there.contoso.id]).await;
    let (kept, _) = there.turn_after(place, 7200).await;
    assert!(!kept.unwrap().changed);
    let after = crate::walls::world::held(&there.app.owner, &[there.contoso.id]).await;
    let changed = crate::walls::world::changed(&before, &after);
    assert!(changed.iter().all(|table| ["reading", "session", "audit_event"].contains(table)), "{changed:?}");

    let told = async || {
        there.told("access-ending").await.iter().map(|(_, facts)| facts["days"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(told().await, [json!(null); 0]);
    for (days, steps) in [(306, vec![60]), (10, vec![60]), (22, vec![60, 30]), (21, vec![60, 30, 7])] {
        there.turn_after(place, days * DAY).await;
        assert_eq!(told().await, steps.into_iter().map(Value::from).collect::<Vec<_>>());
        there.turn_after(place, 7200).await;
    }
    there.turn_after(place, 8 * DAY).await;
    let page = there.page(&format!("/customers/{}/people", place.customer)).await;
    let (_, ended) = page.split_once("Access that ended").unwrap_or_else(|| panic!("{page}"));
    assert!(ended.contains("Ada Analyst") && ended.contains("Ended"), "{page}");
    there.cloud.end().await;
}

#[tokio::test]
async fn a_guest_blocked_after_his_last_access_is_warned_of_until_he_can_come_in_again() {
    let there = There::new(&["Woodgrove Bank"], Value::Null).await;
    let place = &there.places[0];
    there.give(place, "ada").await;
    there.turn(place).await;
    there.end_by_hand(place, "ada").await;
    there.turn_after(place, 7200).await;
    there.turn_after(place, 7200).await;
    let page = there.page("/access/warnings").await;
    assert!(page.contains("Ada Analyst cannot sign in there"), "{page}");
    let own = there.page(&format!("/customers/{}", place.customer)).await;
    assert!(own.contains("Warnings"), "{own}");
    let today = there.page("/").await;
    assert!(today.contains("Guest blocked"), "{today}");
    assert_eq!(there.told("guest-blocked").await.len(), 1);
    let guests = there.by_hand(place.tenant, "GET", "/users", Value::Null).await;
    let mail = there.address("ada");
    let guest = guests["value"].as_array().unwrap().iter().find(|one| one["mail"] == mail).unwrap();
    let path = format!("/users/{}", guest["id"].as_str().unwrap());
    there.by_hand(place.tenant, "PATCH", &path, json!({ "accountEnabled": true })).await;
    there.turn_after(place, 2 * DAY).await;
    let page = there.page("/access/warnings").await;
    assert!(page.contains("Nothing warns"), "{page}");
    there.cloud.end().await;
}

#[tokio::test]
async fn a_review_is_found_by_its_query_followed_and_settled() {
    let start = "2026-12-20T00:00:00Z";
    let settings = json!({
        "isEnabled": true, "expirationBehavior": "removeAccess", "isRecommendationEnabled": true,
        "isReviewerJustificationRequired": true, "isSelfReview": false,
        "schedule": { "startDateTime": start, "expiration": { "type": "afterDuration", "duration": "P14D" },
            "recurrence": {
                "pattern": { "type": "absoluteMonthly", "interval": 12, "month": 0, "dayOfMonth": 0, "daysOfWeek": [] },
                "range": { "type": "noEnd", "numberOfOccurrences": 0 } } },
        "primaryReviewers": [], "fallbackReviewers": [],
    });
    let there = There::new(&["Woodgrove Bank"], settings).await;
    let place = &there.places[0];
    there.give(place, "ada").await;
    there.give(place, "ben").await;
    let (_, kept) = there.turn(place).await;
    assert!(kept.is_some(), "that there is no definition yet is no error");
    assert!(there.page("/access/reviews").await.contains("No round is open"));
    there.turn_after(place, 28 * DAY).await;
    let page = there.page("/access/reviews").await;
    for words in ["Woodgrove Bank", "Tier 1 Analyst Access", "Open", "0 of 2", "3 Jan 2027"] {
        assert!(page.contains(words), "no {words} in {page}");
    }
    assert_eq!(there.told("review-due").await.len(), 1, "begun");
    let people = there.page(&format!("/customers/{}/people", place.customer)).await;
    assert!(people.contains("3 Jan 2027") && people.contains("in review now"), "both dates: {people}");
    let round =
        sqlx::query_scalar!("select instance_id from review").fetch_one(&there.app.owner).await.unwrap();
    let said = json!({ "by": "admin@woodgrove-bank.example", "decision": "Approve", "justification": "Needed",
        "userPrincipalName": there.address("ada") });
    let path = format!("/tenants/{}/reviews/{round}/decide", place.tenant);
    there.cloud.control("POST", &path, said).await;
    there.turn_after(place, 8 * DAY).await;
    let page = there.page(&format!("/customers/{}/reviews/{round}", place.customer)).await;
    for words in ["1 of 2", "Keeps access", "Needed", "Not decided"] {
        assert!(page.contains(words), "no {words} in {page}");
    }
    assert_eq!(there.told("review-due").await.len(), 2, "and once more in its last week");
    there.turn_after(place, 9 * DAY).await;
    there.turn_after(place, DAY).await;
    let over = there.page("/access/reviews?show=over").await;
    assert!(over.contains("2 of 2") && over.contains("1 to be removed"), "{over}");
    let settled =
        sqlx::query_scalar!("select settled from review").fetch_one(&there.app.owner).await.unwrap();
    assert!(settled, "its decisions are read no more");
    there.cloud.end().await;
}
