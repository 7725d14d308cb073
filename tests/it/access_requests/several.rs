//! Several requests decided at once: one reason, and a result for each.

use mssp_portal::access_requests::model::{Key, Verdict};
use mssp_portal::access_requests::settle;
use mssp_portal::access_requests::store::{self, Intent};
use mssp_portal::kit::ids::CustomerId;
use mssp_portal::kit::scope::Scope;
use mssp_portal::kit::work;

use super::approver::Seat;
use super::live::There;

async fn send(there: &There, seat: &Seat, which: &[String], more: &str) -> crate::support::app::Answer {
    let which: String = which.iter().map(|one| format!("&which={}", one.replace('/', "%2F"))).collect();
    let form = format!("batch={}{which}&back=%2Frequests%3Fsort%3Dasked{more}", uuid::Uuid::from_u128(77));
    there.app.post(Some(&seat.person), "/requests/decide", &form).await
}

#[tokio::test]
async fn several_are_decided_with_one_reason_and_each_has_its_result() {
    let there = There::ready().await;
    let ben = there.connected("ben").await;
    let mut which = Vec::new();
    for who in ["ada", "cleo"] {
        which.push(format!("{}/{}", there.customer, there.ask(who).await));
    }
    there.later().await;
    // Of a customer he is not connected to.
    let other = there.app.customer(there.contoso.id, "Other").await;
    super::keep(&there.app, there.contoso.id, other, &super::request("r9", "Dora", &there.app, 1), 14).await;
    which.push(format!("{other}/r9"));
    let answer = send(&there, &ben, &which, "&verdict=deny&reason=Not+now").await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let page = there.app.get(Some(&ben.person), answer.location()).await.body;
    assert!(page.contains("Microsoft took 2 of 3"), "{page}");
    assert_eq!(page.matches("Microsoft took the denial").count(), 2, "{page}");
    assert!(
        page.contains("You are not connected to this customer") && page.contains("Connect to Other"),
        "{page}"
    );
    assert!(page.contains("href=\"/requests?sort=asked\""), "back to the list as it was: {page}");
    assert_eq!(there.decisions_sent().await, 2);
    let cleo = there.seat("cleo").await;
    let strangers = there.app.get(Some(&cleo.person), answer.location()).await;
    assert_eq!(strangers.status, 404, "another's form is nobody's business");
    let again = send(&there, &ben, &which, "&verdict=approve&reason=Now").await;
    assert_eq!((again.status.as_u16(), there.decisions_sent().await), (303, 2), "the same form once more");
    there.cloud.end().await;
}

#[tokio::test]
async fn a_form_without_choice_verdict_or_reason_comes_back_as_it_was() {
    let there = There::ready().await;
    let ben = there.connected("ben").await;
    let id = there.waiting("ada").await;
    let one = [format!("{}/{id}", there.customer)];
    for (which, more, words) in [
        (&[][..], "&verdict=approve&reason=Known", "No request is chosen"),
        (&one[..], "&reason=Known", "Say whether to approve or to deny"),
        (&one[..], "&verdict=approve&reason=+", "A reason is missing"),
    ] {
        let answer = send(&there, &ben, which, more).await;
        assert_eq!(answer.status, 422);
        assert!(answer.body.contains(words), "{words}: {}", answer.body);
        assert!(
            answer.body.contains(" checked>"),
            "what was chosen or typed is still there: {}",
            answer.body
        );
    }
    assert_eq!(there.decisions_sent().await, 0);
    there.cloud.end().await;
}

#[tokio::test]
async fn a_foreign_or_missing_customer_in_the_form_is_not_found_and_nothing_else_is_decided() {
    let there = There::ready().await;
    let ben = there.connected("ben").await;
    let id = there.waiting("ada").await;
    let fabrikam = there.app.provider("fabrikam").await;
    let foreign = there.app.customer(fabrikam, "Foreign").await;
    super::keep(&there.app, fabrikam, foreign, &super::request("r1", "Dora", &there.app, 1), 14).await;
    for other in [foreign, CustomerId(uuid::Uuid::from_u128(5))] {
        let which = [format!("{}/{id}", there.customer), format!("{other}/r1")];
        let answer = send(&there, &ben, &which, "&verdict=approve&reason=Known").await;
        assert_eq!(answer.status, 404);
    }
    assert_eq!(there.decisions_sent().await, 0);
    there.cloud.end().await;
}

#[tokio::test]
async fn what_a_form_wanted_and_a_process_that_ended_never_began_says_so_and_was_not_sent() {
    let there = There::ready().await;
    let ben = there.connected("ben").await;
    let id = there.waiting("ada").await;
    let key = Key { customer: there.customer, request: id };
    let batch = uuid::Uuid::from_u128(78);
    let wish = Intent {
        batch,
        key: &key,
        person: ben.person.id,
        verdict: Verdict::Approve,
        reason: "Known",
        account: "",
    };
    let mut tx = Scope::of_command_line(there.contoso.id).begin(&there.app.app.db).await.unwrap();
    assert_eq!(store::want(&mut tx, &[wish, wish], there.app.app.clock.now()).await.unwrap(), 1);
    work::wake(&mut tx, there.customer, settle::WORK, there.app.app.clock.now()).await.unwrap();
    tx.commit_bookkeeping("test").await.unwrap();
    let path = format!("/requests/decisions/{batch}");
    let page = there.app.get(Some(&ben.person), &path).await.body;
    assert!(page.contains("Waits for its turn"), "{page}");
    there.run().await;
    there.app.clock.advance(std::time::Duration::from_secs(660));
    there.run().await;
    let page = there.app.get(Some(&ben.person), &path).await.body;
    assert!(page.contains("Not begun") && page.contains("decide again"), "{page}");
    assert_eq!(there.decisions_sent().await, 0);
    there.cloud.end().await;
}
