//! Deciding in place against the simulated cloud: what Microsoft answers, and what an approver is told then. A decision
//! is sent once, whatever happens.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use mssp_portal::access_requests::deciding::{self, Wish};
use mssp_portal::access_requests::model::Verdict;
use mssp_portal::customers::store as customers;
use mssp_portal::kit::crash::{Point, Watch, When, watched};
use mssp_portal::kit::scope::Scope;
use mssp_portal::kit::session;
use serde_json::{Value, json};

use super::approver::Seat;
use super::live::There;

const STAGES: &str = "/v1.0/identityGovernance/entitlementManagement/accessPackageAssignmentApprovals/*";

#[tokio::test]
async fn an_approver_approves_in_place_and_the_request_is_delivered() {
    let there = There::ready().await;
    let ben = there.connected("ben").await;
    let id = there.waiting("ada").await;
    let page = there.app.get(Some(&ben.person), "/requests").await.body;
    assert!(page.contains(&format!("value=\"{}/{id}\"", there.customer)), "to be chosen: {page}");
    let page = there.decide(&ben, &id, "approve").await.body;
    assert!(page.contains("Microsoft took the approval"), "{page}");
    assert!(page.contains("Approved by ben; being read"), "as it stands until it is read: {page}");
    assert_ne!(there.state(&id).await, "pendingApproval");
    assert_eq!(there.told().await, ["decision.intended", "decision.accepted"]);
    there.run().await;
    let page = there.app.get(Some(&ben.person), "/requests?tab=decided").await.body;
    assert!(page.contains("Ada Analyst") && page.contains("Ben Approver, here"), "{page}");
    assert!(page.contains("Known and expected"), "with the reason: {page}");
    let one = there.app.get(Some(&ben.person), &format!("/requests/{}/{id}", there.customer)).await.body;
    for words in
        ["Ada Analyst asked for Tier 1 Analyst Access", "ben decided here as ben@", "Known and expected"]
    {
        assert!(one.contains(words), "no {words} in {one}");
    }
    there.cloud.end().await;
}

#[tokio::test]
async fn an_approver_denies_in_place_with_the_reason_that_the_customer_reads() {
    let there = There::ready().await;
    let ben = there.connected("ben").await;
    let id = there.waiting("ada").await;
    let page = there.decide(&ben, &id, "deny").await.body;
    assert!(page.contains("Microsoft took the denial"), "{page}");
    assert_eq!(there.state(&id).await, "denied");
    there.run().await;
    let page = there.app.get(Some(&ben.person), "/requests?tab=decided").await.body;
    assert!(page.contains("Denied") && page.contains("Ben Approver, here"), "{page}");
    assert!(
        there.app.get(Some(&ben.person), "/requests?tab=expired").await.body.contains("No request expired")
    );
    there.cloud.end().await;
}

#[tokio::test]
async fn without_a_connection_or_a_reason_nothing_is_sent() {
    let there = There::ready().await;
    let id = there.waiting("ada").await;
    let ben = there.seat("ben").await;
    let list = there.app.get(Some(&ben.person), "/requests").await.body;
    assert!(list.contains(&format!("/connections/{}/go", there.customer)), "he connects first: {list}");
    there.decide(&ben, &id, "approve").await;
    assert_eq!(there.decisions().await, [("refused".to_owned(), "not-connected".to_owned())]);
    let path = format!("/requests/{}/{id}/decide", there.customer);
    let connected = there.connected("cleo").await;
    for (verdict, reason, words) in
        [("approve", "", "A reason is missing"), ("", "Known", "Say whether to approve or to deny")]
    {
        let batch = uuid::Uuid::from_u128(7);
        let form = format!("customer={}&batch={batch}&verdict={verdict}&reason={reason}", there.customer);
        let answer = there.app.post(Some(&ben.person), &path, &form).await;
        assert_eq!(answer.status, 422);
        let answer = there.app.post(Some(&connected.person), &path, &form).await;
        assert!(answer.status == 422 && answer.body.contains(words), "{}", answer.body);
        assert!(verdict.is_empty() || answer.body.contains("value=\"approve\" required checked"), "kept");
    }
    assert_eq!(there.decisions_sent().await, 0);
    assert_eq!(there.state(&id).await, "pendingApproval");
    there.cloud.end().await;
}

/// What Microsoft answers to the decision, the outcome, what the page says, and whether the request still waits.
#[tokio::test]
async fn each_refusal_of_microsofts_is_a_sentence_of_its_own_and_sent_once() {
    for (kind, outcome, words) in [
        ("403", "not-mine", "Not yours to decide"),
        ("404", "not-found", "No longer there"),
        ("409", "elsewhere", "Decided already"),
        ("401", "lapsed", "The connection has ended"),
        ("429", "throttled", "Microsoft asks to wait"),
    ] {
        let there = There::ready().await;
        let ben = there.connected("ben").await;
        let id = there.waiting("ada").await;
        there.fault("PATCH", STAGES, kind, json!({})).await;
        there.decide(&ben, &id, "approve").await;
        let row = (kind, there.decisions().await);
        assert_eq!(row, (kind, vec![("refused".to_owned(), outcome.to_owned())]));
        let page = there.app.get(Some(&ben.person), &format!("/requests/{}/{id}", there.customer)).await.body;
        assert!(page.contains(words) && page.contains("What to do"), "{kind}: {page}");
        assert_eq!(there.decisions_sent().await, 1, "{kind}");
        assert_eq!(there.state(&id).await, "pendingApproval", "{kind}");
        assert_eq!(there.told().await, ["decision.intended", "decision.refused"], "{kind}");
        let list = there.app.get(Some(&ben.person), "/requests").await.body;
        let may_again = list.contains(&format!("value=\"{}/{id}\"", there.customer));
        assert_eq!(may_again, kind != "401", "a connection that Microsoft refuses is gone: {list}");
        there.cloud.end().await;
    }
}

#[tokio::test]
async fn who_is_not_in_the_approvers_group_is_told_so_before_anything_is_sent() {
    let there = There::ready().await;
    there.invite("ben").await;
    let ben = there.seat("ben").await;
    assert_eq!(ben.connect(&there, "ben").await.status, 303);
    let id = there.waiting("ada").await;
    let page = there.decide(&ben, &id, "approve").await.body;
    assert_eq!(there.decisions_sent().await, 0);
    assert!(page.contains("Not yours to decide") && page.contains("ben@"), "as whom he tried: {page}");
    there.cloud.end().await;
}

#[tokio::test]
async fn a_request_decided_elsewhere_meanwhile_is_told_and_left_alone() {
    let there = There::ready().await;
    let ben = there.connected("ben").await;
    let id = there.waiting("ada").await;
    let verdict = json!({ "approve": false, "by": "admin@woodgrove-bank.example", "justification": "No" });
    there.cloud.control("POST", &format!("/tenants/{}/requests/{id}/decide", there.tenant), verdict).await;
    there.decide(&ben, &id, "approve").await;
    assert_eq!(there.decisions().await, [("refused".to_owned(), "elsewhere".to_owned())]);
    assert_eq!((there.decisions_sent().await, there.state(&id).await.as_str()), (0, "denied"));
    there.run().await;
    let page = there.app.get(Some(&ben.person), "/requests").await.body;
    assert!(page.contains("Nothing waits for a decision"), "its reading was woken: {page}");
    there.cloud.end().await;
}

#[tokio::test]
async fn a_token_that_is_over_decides_nothing_and_says_how_to_renew_it() {
    let there = There::ready().await;
    let ben = there.connected("ben").await;
    let id = there.waiting("ada").await;
    there.app.clock.advance(Duration::from_secs(59 * 60 - 50));
    let list = there.app.get(Some(&ben.person), "/requests").await.body;
    assert!(list.contains("silent=yes"), "the row offers to renew it: {list}");
    let one = there.app.get(Some(&ben.person), &format!("/requests/{}/{id}", there.customer)).await;
    assert_eq!(one.status, 303, "the request's own page renews it by itself");
    assert!(
        one.location().contains("/go?back=") && one.location().ends_with("silent=yes"),
        "{}",
        one.location()
    );
    let form = format!(
        "customer={}&batch={}&verdict=approve&reason=Known",
        there.customer,
        uuid::Uuid::from_u128(9)
    );
    let path = format!("/requests/{}/{id}/decide", there.customer);
    assert_eq!(there.app.post(Some(&ben.person), &path, &form).await.status, 303);
    assert_eq!(there.decisions().await, [("refused".to_owned(), "lapsed".to_owned())]);
    assert_eq!(there.decisions_sent().await, 0);
    there.cloud.end().await;
}

#[tokio::test]
async fn after_a_lost_answer_nothing_is_sent_again_and_the_reading_tells_that_it_was_taken() {
    let there = There::ready().await;
    let (ben, cleo) = (there.connected("ben").await, there.connected("cleo").await);
    let id = there.waiting("ada").await;
    there.fault("PATCH", STAGES, "lost-answer", json!({ "position": "after-effect" })).await;
    let page = there.decide(&ben, &id, "approve").await.body;
    assert!(page.contains("It is not sent a second time"), "{page}");
    assert_eq!(
        there.decisions().await,
        [("unknown".to_owned(), String::new())].map(|(s, _)| (s, "unknown".to_owned()))
    );
    there.decide(&cleo, &id, "deny").await;
    assert_eq!(
        there.decisions().await[1],
        ("refused".to_owned(), "busy".to_owned()),
        "nobody decides beside it"
    );
    for _ in 0..3 {
        there.later().await;
    }
    assert_eq!(there.decisions().await[0], ("settled".to_owned(), "as-meant".to_owned()));
    assert_eq!(there.decisions_sent().await, 1);
    assert_eq!(there.told().await, ["decision.intended", "decision.unknown", "decision.settled"]);
    let one = there.app.get(Some(&ben.person), &format!("/requests/{}/{id}", there.customer)).await.body;
    assert!(one.contains("the request is decided as meant"), "{one}");
    there.cloud.end().await;
}

#[tokio::test]
async fn a_decision_that_never_arrived_is_settled_as_still_waiting_and_can_be_decided_anew() {
    let there = There::ready().await;
    let ben = there.connected("ben").await;
    let id = there.waiting("ada").await;
    there.fault("PATCH", STAGES, "lost-answer", json!({ "position": "before-effect" })).await;
    there.decide(&ben, &id, "approve").await;
    there.later().await;
    let list = there.app.get(Some(&ben.person), "/requests").await.body;
    assert!(list.contains("no answer from Microsoft yet"), "not yet known: {list}");
    for _ in 0..8 {
        there.later().await;
    }
    assert_eq!(there.decisions().await, [("settled".to_owned(), "pending".to_owned())]);
    assert_eq!((there.decisions_sent().await, there.state(&id).await.as_str()), (1, "pendingApproval"));
    let page = there.decide(&ben, &id, "approve").await.body;
    assert!(page.contains("Microsoft took the approval"), "{page}");
    there.cloud.end().await;
}

type Moment = fn(&Point<'_>) -> bool;

/// A process that dies there: everything it does afterwards waits for ever.
struct Dies(Moment);

impl Watch for Dies {
    fn reached(&self, point: &Point<'_>) -> Option<BoxFuture<'static, ()>> {
        (self.0)(point).then(|| Box::pin(futures::future::pending()) as BoxFuture<'static, ()>)
    }
}

async fn dies_at(there: &There, seat: &Seat, request: &str, dies: Moment) {
    let secret = seat.person.cookie.split_once('=').unwrap().1;
    let app = &there.app.app;
    let session = session::find(&app.db, &app.clock, secret).await.unwrap().unwrap();
    let mut tx = Scope::of_command_line(there.contoso.id).begin(&app.db).await.unwrap();
    let customer = customers::find(&mut tx, there.customer).await.unwrap().unwrap();
    drop(tx);
    let wish = Wish {
        batch: uuid::Uuid::from_u128(11),
        request: request.to_owned(),
        verdict: Verdict::Approve,
        reason: "Known".to_owned(),
    };
    let work = watched(Arc::new(Dies(dies)), deciding::decide(app, &session, &customer, &wish));
    assert!(tokio::time::timeout(Duration::from_secs(3), work).await.is_err(), "it went on");
}

#[tokio::test]
async fn after_a_crash_nothing_is_sent_and_the_request_is_found_waiting_or_decided() {
    let moments: [(&str, Moment, &str, usize, &str); 3] = [
        (
            "kept and not sent",
            |point| matches!(point, Point::Commit { when: When::After, what: "decision.intended" }),
            "intended",
            0,
            "pending",
        ),
        (
            "sent and not answered",
            |point| matches!(point, Point::Call { when: When::After, call, .. } if call.starts_with("PATCH EM/access")),
            "sent",
            1,
            "as-meant",
        ),
        (
            "answered and not kept",
            |point| matches!(point, Point::Commit { when: When::Before, what: "decision.accepted" }),
            "sent",
            1,
            "as-meant",
        ),
    ];
    for (moment, dies, state, sent, settled) in moments {
        let there = There::ready().await;
        let ben = there.connected("ben").await;
        let id = there.waiting("ada").await;
        dies_at(&there, &ben, &id, dies).await;
        assert_eq!(there.decisions().await, [(state.to_owned(), String::new())], "{moment}");
        for _ in 0..9 {
            there.later().await;
        }
        assert_eq!(there.decisions().await, [("settled".to_owned(), settled.to_owned())], "{moment}");
        assert_eq!(there.decisions_sent().await, sent, "{moment}");
        assert_eq!(there.told().await, ["decision.intended", "decision.settled"], "{moment}");
        there.cloud.end().await;
    }
}

#[tokio::test]
async fn of_two_at_once_one_is_taken_and_the_other_told() {
    let there = There::ready().await;
    let (ben, cleo) = (there.connected("ben").await, there.connected("cleo").await);
    let id = there.waiting("ada").await;
    there.fault("PATCH", STAGES, "slow", json!({ "holdMs": 400 })).await;
    tokio::join!(there.decide(&ben, &id, "approve"), there.decide(&cleo, &id, "deny"));
    let mut ends = there.decisions().await;
    ends.sort();
    assert_eq!(ends[0], ("accepted".to_owned(), String::new()));
    let (state, outcome) = &ends[1];
    assert!(state == "refused" && ["busy", "elsewhere", "over"].contains(&outcome.as_str()), "{ends:?}");
    assert_eq!(there.decisions_sent().await, 1);
    there.cloud.end().await;
}

#[tokio::test]
async fn the_same_form_sent_twice_is_one_decision() {
    let there = There::ready().await;
    let ben = there.connected("ben").await;
    let id = there.waiting("ada").await;
    let batch = uuid::Uuid::from_u128(12);
    for _ in 0..2 {
        there.decide_as(&ben, (&id, "approve"), batch).await;
    }
    assert_eq!(there.decisions().await, [("accepted".to_owned(), String::new())]);
    assert_eq!(there.decisions_sent().await, 1);
    there.cloud.end().await;
}

#[tokio::test]
async fn nobody_decides_on_his_own_request_or_on_the_approvers_package_here() {
    let there = There::ready().await;
    let ada = there.connected("ada").await;
    let form = format!("address={}&verdict=his", there.address("ada"));
    assert_eq!(there.app.post(Some(&ada.person), "/me/analyst-address", &form).await.status, 303);
    let id = there.waiting("ada").await;
    let list = there.app.get(Some(&ada.person), "/requests").await.body;
    assert!(list.contains("own-row") && !list.contains("data-choose"), "greyed, with the reason: {list}");
    there.decide(&ada, &id, "approve").await;
    sqlx::query!("update access_request set package = 'approvers'").execute(&there.app.owner).await.unwrap();
    let ben = there.connected("ben").await;
    there.decide(&ben, &id, "approve").await;
    let ends: Vec<String> = there.decisions().await.into_iter().map(|(_, outcome)| outcome).collect();
    assert_eq!(ends, ["own", "theirs"]);
    assert_eq!(there.decisions_sent().await, 0);
    there.cloud.end().await;
}

#[tokio::test]
async fn a_claim_is_seen_by_the_others_and_ends_by_itself() {
    let there = There::ready().await;
    let (ben, cleo) = (there.seat("ben").await, there.seat("cleo").await);
    let id = there.waiting("ada").await;
    let path = format!("/requests/{}/{id}/claim", there.customer);
    let claim = async |seat: &Seat, what: &str| {
        let form = format!("customer={}&claim={what}&back=%2Frequests", there.customer);
        there.app.post(Some(&seat.person), &path, &form).await.location().to_owned()
    };
    assert_eq!(claim(&ben, "take").await, "/requests?done=claimed");
    let list = async |seat: &Seat| there.app.get(Some(&seat.person), "/requests").await.body;
    assert!(list(&cleo).await.contains("ben is on it, 30 min left"), "{}", list(&cleo).await);
    assert!(list(&ben).await.contains("You are on it"), "{}", list(&ben).await);
    assert_eq!(claim(&cleo, "take").await, "/requests?done=claimed-before");
    assert_eq!(claim(&cleo, "release").await, "/requests?done=claim-released");
    assert!(list(&cleo).await.contains("ben is on it"), "only he gives it back");
    there.app.clock.advance(Duration::from_secs(30 * 60));
    assert!(!list(&cleo).await.contains("is on it"));
    assert_eq!(claim(&cleo, "take").await, "/requests?done=claimed");
    there.cloud.end().await;
}

#[tokio::test]
async fn who_can_decide_is_named_and_that_nobody_can_is_said_at_once() {
    let there = There::ready().await;
    let ben = there.seat("ben").await;
    there.waiting("ada").await;
    // As it is read of the directory: the approvers' group with its people, and the policy that names it.
    let seen = async |members: Value| {
        let package = json!({ "id": there.package, "name": "Tier 1", "description": "", "hidden": true, "catalog": "",
            "gives": [], "held": 0, "policies": [{ "id": "p", "name": "p", "description": "", "facts": {
                "scope": "", "targets": [], "ends_after": null, "extension": false, "extension_needs_approval": false,
                "approval": true, "requestor_justification": false, "review": null,
                "stages": [{ "decide_within": null, "justification": true,
                    "approvers": [format!("group:{}", there.approvers)] }] } }] });
        let group = json!({ "id": there.approvers, "name": "Approvers", "unique_name": "", "usable": true,
            "members": members, "owners": [] });
        sqlx::query!(
            "insert into observation (provider_id, customer_id, document, fingerprint, read_at)
             values ($1, $2, $3, '', $4)
             on conflict (provider_id, customer_id) do update set document = excluded.document",
            there.contoso.id.0,
            there.customer.0,
            json!({ "organization": "", "domains": [], "hint": "", "preflight": { "licence": true, "defender_p2": true,
                "invites": null, "inbound": null, "mfa_trusted": null, "blocking": null }, "groups": [group],
                "connected": [], "catalogs": [], "packages": [package], "defender": "unknown" }),
            there.app.app.clock.now()
        )
        .execute(&there.app.owner)
        .await
        .unwrap();
        there.app.get(Some(&ben.person), "/requests").await.body
    };
    let person = |name: &str, mail: &str| json!({ "name": name, "mail": mail, "ours": true, "id": name });
    let page =
        seen(json!([person("Cleo Approver", "cleo@x.example"), person("Ben", "ben@example.test")])).await;
    assert!(page.contains("you, Cleo Approver"), "{page}");
    for members in [json!([]), json!([person("Ada Analyst", &there.address("ada").to_uppercase())])] {
        let page = seen(members).await;
        assert!(page.contains("Nobody can decide this"), "{page}");
    }
    there.cloud.end().await;
}

#[tokio::test]
async fn what_cannot_be_told_to_the_audit_log_is_not_sent() {
    let there = There::ready().await;
    let ben = there.connected("ben").await;
    let id = there.waiting("ada").await;
    let audit = async |sql: &'static str| sqlx::raw_sql(sql).execute(&there.app.owner).await.unwrap();
    audit("revoke insert on audit_event from portal_app").await;
    there.decide(&ben, &id, "approve").await;
    audit("grant insert on audit_event to portal_app").await;
    assert_eq!(there.decisions().await, [("wanted".to_owned(), String::new())], "nothing was begun");
    assert_eq!(there.decisions_sent().await, 0);
    assert_eq!(there.state(&id).await, "pendingApproval");
    there.cloud.end().await;
}
