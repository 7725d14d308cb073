//! People with access at a customer: whoever leaves, another who may be the same, a guest, a round of reviews.

use chrono::TimeDelta;
use mssp_portal::access::model::{Decision, Definition, Holding, Round, Warning, WarningKind, match_of_mail};
use mssp_portal::access::store::{self as access, NewLeaver, SeenGuest};
use mssp_portal::kit::ids::{CustomerId, ObjectId, ProviderId};
use mssp_portal::kit::scope::Tx;
use mssp_portal::onboarding::observation::{Observation, SeenGroup, SeenPrincipal};
use mssp_portal::onboarding::store as onboarding;
use serde_json::json;
use uuid::Uuid;

use crate::support::app::TestApp;

/// Whoever holds packages comes from the analysts' directory.
pub async fn holders_are_ours(app: &TestApp, provider: ProviderId) {
    sqlx::query!("update provider set analyst_domain = 'holders.example' where provider_id = $1", provider.0)
        .execute(&app.owner)
        .await
        .unwrap();
}

/// The address of whoever holds packages at this customer, and the round in which that is reviewed.
pub fn holder_mail(customer: CustomerId) -> String {
    format!("holder-{}@holders.example", customer.0.simple())
}

pub fn round_of(customer: CustomerId) -> String {
    format!("round-{customer}")
}

pub fn decision_of(customer: CustomerId) -> String {
    format!("decision-{customer}")
}

/// What one of the three people of a customer holds.
pub fn holding(customer: CustomerId, word: &str, who: &str, package: &str, app: &TestApp) -> Holding {
    let now = app.app.clock.now();
    let ended = who == "guest";
    Holding {
        id: format!("{who}-{package}-{customer}"),
        package: package.to_owned(),
        package_id: word.to_owned(),
        package_name: format!("{word} package"),
        state: if ended { "expired" } else { "delivered" }.to_owned(),
        status: word.to_owned(),
        target_oid: format!("{who}-{customer}"),
        target_name: format!("{word} {who}"),
        target_mail: holder_mail(customer).replace("holder-", &format!("{who}-")),
        organization: String::new(),
        policy_id: word.to_owned(),
        starts_at: Some(now - TimeDelta::days(345)),
        ends_at: Some(now + TimeDelta::days(20)),
        expired_at: ended.then(|| now - TimeDelta::days(3)),
    }
}

/// Somebody who leaves and still holds something, another who stays, a guest whose access ended, a round of reviews,
/// a warning.
pub async fn has_access(app: &TestApp, tx: &mut Tx, id: CustomerId, word: &str) -> (Uuid, Uuid, Uuid) {
    let (now, provider) = (app.app.clock.now(), tx.scope().provider());
    let held = |who: &str, package: &str| holding(id, word, who, package, app);
    access::keep_assignments(tx, id, &[held("holder", "approvers")], now).await.unwrap();
    let matched = |who: &str| match_of_mail(provider, &held(who, "tier1").target_mail);
    let (holder, twin, leaver) = (matched("holder"), matched("twin"), app.app.chance.uuid_v4());
    let (name, mail) = (format!("{word} holder"), holder_mail(id));
    let new = NewLeaver { id: leaver, match_id: holder, name: &name, mail: &mail, why: word };
    // So long ago that what he holds since is that of somebody who came back: it can be removed anew.
    assert_eq!(access::start(tx, &new, now - TimeDelta::days(400)).await.unwrap(), [id]);
    let all =
        [held("holder", "approvers"), held("holder", "tier1"), held("twin", "tier1"), held("guest", "tier1")];
    access::keep_assignments(tx, id, &all, now).await.unwrap();
    let guest = SeenGuest { oid: format!("guest-{id}"), enabled: Some(false), deleted: false };
    access::keep_guests(tx, id, &[guest], now - TimeDelta::days(2)).await.unwrap();
    let text = || word.to_owned();
    let definition = Definition {
        id: text(),
        package: "tier1".to_owned(),
        package_id: text(),
        policy_id: text(),
        name: text(),
        state: "InProgress".to_owned(),
    };
    access::keep_definitions(tx, id, std::slice::from_ref(&definition), now).await.unwrap();
    let round = Round {
        id: round_of(id),
        definition: text(),
        state: "InProgress".to_owned(),
        starts_at: Some(now - TimeDelta::days(1)),
        due_at: Some(now + TimeDelta::days(13)),
    };
    access::keep_rounds(tx, id, &[text()], &[round], now).await.unwrap();
    let decision = Decision {
        round: round_of(id),
        id: decision_of(id),
        principal_name: text(),
        decision: "NotReviewed".to_owned(),
        ..Decision::default()
    };
    access::keep_decisions(tx, id, &[round_of(id)], &[decision], now).await.unwrap();
    let warning = Warning {
        kind: WarningKind::ApproverLast,
        about: String::new(),
        ends_at: Some(now + TimeDelta::days(20)),
        facts: json!({ "names": [word] }),
    };
    access::keep_warnings(tx, id, &[warning], now).await.unwrap();
    // A table that only what a person says fills.
    let account = access::Account::At(id, held("twin", "tier1").account());
    let other = access::split(tx, twin, &account, word, now).await.unwrap().unwrap();
    (holder, other, leaver)
}

/// Our approvers' group was read, with somebody in it who was put there by hand.
pub async fn approvers_read(app: &TestApp, tx: &mut Tx, id: CustomerId, seen: &Observation, word: &str) {
    let (now, group) = (app.app.clock.now(), ObjectId(app.app.chance.uuid_v4()));
    let by_hand =
        SeenPrincipal { name: word.to_owned(), mail: String::new(), ours: true, id: "x".to_owned() };
    let approvers = SeenGroup {
        id: group,
        name: word.to_owned(),
        unique_name: String::new(),
        usable: true,
        members: vec![by_hand],
        owners: Vec::new(),
        owned_by: Vec::new(),
    };
    onboarding::own(tx, id, "group.approvers", &group.to_string(), now).await.unwrap();
    let seen = Observation { groups: vec![approvers], ..seen.clone() };
    onboarding::keep_observation(tx, id, &seen, now).await.unwrap();
}
