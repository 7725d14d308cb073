//! One row of a list of requests, as people read it.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};

use crate::access_requests::deciders::Known;
use crate::access_requests::model::{
    APPROVERS, Claim, Key, Pressure, REPROCESS, RequestRow, UnderWay, Verdict, failed, pressure, type_key,
};
use crate::access_requests::store::{Present, account_of};
use crate::app::App;
use crate::connections::go_path;
use crate::connections::model::Connection;
use crate::kit::ids::{CustomerId, PersonId};
use crate::kit::text::T;
use crate::people::model::Oneself;

/// Read longer ago than this, a customer's requests are shown as not up to date.
pub const STALE: TimeDelta = TimeDelta::minutes(5);
/// People named as deciders in a row.
const NAMED: usize = 3;

/// What is known around the rows of one page.
pub struct Around<'a> {
    pub app: &'a App,
    pub t: T,
    pub now: DateTime<Utc>,
    pub who: &'a Oneself,
    pub person: Option<PersonId>,
    /// Whoever looks may decide; his connections, by customer.
    pub connections: Option<HashMap<CustomerId, Connection>>,
    pub known: Known,
    pub claims: Vec<Claim>,
    pub under_way: Vec<UnderWay>,
    pub present: Vec<Present>,
    /// Where he comes back to from Microsoft.
    pub back: String,
}

/// How somebody who may decide gets to decide on a row.
pub enum Way {
    /// By choosing it here.
    Choose,
    Connect(String),
    Renew(String),
    /// Not at all, or not by whoever looks.
    None,
}

pub struct RowView {
    pub key: String,
    /// For the browser to find the row again after a refresh.
    pub anchor: String,
    pub href: String,
    pub customer_href: String,
    pub customer_name: String,
    pub package_name: String,
    pub asks: String,
    /// More than a first request: told in a badge.
    pub extends: bool,
    pub requestor_name: String,
    pub requestor_mail: String,
    pub organization: Option<String>,
    /// What he has at this customer already, in words.
    pub present: String,
    pub justification: String,
    /// Questions and answers.
    pub answers: Vec<(String, String)>,
    pub asked: String,
    pub asked_moment: String,
    pub left: String,
    pub ends: Option<String>,
    pub pressure: String,
    pub pressure_key: &'static str,
    pub pressure_icon: &'static str,
    pub age: String,
    pub age_moment: String,
    pub stale: bool,
    /// Why it cannot be decided by the one who looks: it is his own, asked as this address.
    pub own: Option<String>,
    /// It may be his own; he is asked.
    pub maybe_own: bool,
    /// Nobody of ours decides on it.
    pub theirs: bool,
    /// None while no domain of the customer is known.
    pub open: Option<String>,
    pub deciders: Option<String>,
    pub nobody: bool,
    pub claim: Option<String>,
    pub under_way: Option<String>,
    pub way: Way,
    /// It was chosen in a form that came back.
    pub chosen: bool,
}

impl RowView {
    pub fn chooses(&self) -> bool {
        matches!(self.way, Way::Choose)
    }
}

/// What is asked, in words.
pub fn asks(t: T, request_type: &str) -> String {
    match type_key(request_type) {
        "" if request_type.eq_ignore_ascii_case("unknownFutureValue") => t.requests_type_unknown(),
        "" => request_type.to_owned(),
        key => t.text_or_key(&format!("requests-type-{key}")),
    }
}

/// A state in words, and the name of its colour.
pub fn state(t: T, state: &str) -> (String, String) {
    let key = state.to_lowercase();
    (t.text(&format!("requests-state-{key}")).unwrap_or_else(|| state.to_owned()), key)
}

/// Questions with their answers, in whatever shape they are kept.
pub fn answers(answers: &serde_json::Value) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let one = |answer: &serde_json::Value| {
        let asked = &answer["answeredQuestion"];
        let question = text(&answer["question"]).or_else(|| text(&asked["text"])).unwrap_or_default();
        let given = ["answer", "displayValue", "value"].iter().find_map(|name| text(&answer[*name]))?;
        Some((question, given))
    };
    answers.as_array().into_iter().flatten().filter_map(one).collect()
}

impl Around<'_> {
    fn claim(&self, key: &Key) -> Option<String> {
        let claim = self.claims.iter().find(|claim| claim.key == *key)?;
        let left = self.t.time_left(&claim.until, &self.now);
        Some(if Some(claim.person) == self.person {
            self.t.requests_claim_mine(left)
        } else {
            self.t.requests_claim_other().name(claim.name.clone()).left(left)
        })
    }

    /// Several ends of one package are an extension beside what runs: the last one counts.
    fn present(&self, row: &RequestRow) -> String {
        let (t, account) = (self.t, account_of(row));
        let his = self.present.iter().filter(|one| one.customer == row.customer && one.account == account);
        let mut held: BTreeMap<&str, Option<DateTime<Utc>>> = BTreeMap::new();
        for one in his {
            let end = held.entry(&one.package).or_insert(one.ends_at);
            *end = end.zip(one.ends_at).map(|(end, other)| end.max(other));
        }
        let told = held.into_iter().map(|(package, end)| match end {
            Some(at) => t.requests_present_until().package(package.to_owned()).date(t.date(&at)),
            None => package.to_owned(),
        });
        let told: Vec<String> = told.collect();
        if told.is_empty() { t.requests_present_none() } else { t.requests_present(told.join(", ")) }
    }

    fn under_way(&self, key: &Key) -> Option<String> {
        let one = self.under_way.iter().find(|one| one.key == *key)?;
        let name = one.person.clone();
        Some(match (one.state.as_str(), one.verdict) {
            ("accepted", Verdict::Approve) => self.t.requests_under_way_approved(name),
            ("accepted", Verdict::Deny) => self.t.requests_under_way_denied(name),
            ("unknown", _) => self.t.requests_under_way_unknown(name),
            _ => self.t.requests_under_way(name),
        })
    }

    /// How whoever looks decides on it.
    pub fn way(&self, row: &RequestRow) -> Way {
        let Some(connections) = &self.connections else { return Way::None };
        let key = row.key();
        let own = self.who.asks_as(&row.requestor_mail).is_some();
        if own || row.package == APPROVERS || self.under_way.iter().any(|one| one.key == key) {
            return Way::None;
        }
        match connections.get(&row.customer) {
            Some(one) if one.serves(self.now) => Way::Choose,
            Some(_) => Way::Renew(go_path(row.customer, &self.back, true)),
            None => Way::Connect(go_path(row.customer, &self.back, false)),
        }
    }

    /// The deciders in words; whether it is sure that nobody can.
    pub fn deciders(&self, row: &RequestRow) -> (Option<String>, bool) {
        let Some(deciders) = self.known.deciders(row) else { return (None, false) };
        if deciders.nobody() {
            return (None, true);
        }
        let name = |one: &crate::onboarding::observation::SeenPrincipal| {
            let me = self.who.asks_as(&one.mail).is_some();
            if me { self.t.requests_deciders_you() } else { one.name.clone() }
        };
        let mut names: Vec<String> = deciders.people.iter().map(name).collect();
        let you = self.t.requests_deciders_you();
        names.sort_by_key(|name| *name != you);
        let more = names.len().saturating_sub(NAMED) + usize::from(deciders.others);
        names.truncate(NAMED);
        if more > 0 {
            names.push(self.t.requests_deciders_more(i64::try_from(more).unwrap_or(i64::MAX)));
        }
        (Some(names.join(", ")), false)
    }

    pub fn row(&self, row: RequestRow, chosen: &[String]) -> RowView {
        let (t, now, key) = (self.t, self.now, row.key());
        let pressing = pressure(row.created_at, row.denied_at, now);
        let (deciders, nobody) = self.deciders(&row);
        RowView {
            way: self.way(&row),
            claim: self.claim(&key),
            under_way: self.under_way(&key),
            present: self.present(&row),
            organization: self.known.organization(&row).map(str::to_owned),
            deciders,
            nobody: nobody && row.package != APPROVERS,
            chosen: chosen.contains(&key.path()),
            href: format!("/requests/{}", key.path()),
            key: key.path(),
            anchor: format!("open-{}-{}", row.customer, row.id),
            customer_href: format!("/customers/{}/requests", row.customer),
            open: (!row.domain.is_empty()).then(|| self.app.cloud.my_access_link(&row.domain)),
            asks: asks(t, &row.request_type),
            theirs: row.package == APPROVERS,
            extends: type_key(&row.request_type) == "extend",
            own: self.who.asks_as(&row.requestor_mail).map(|address| t.requests_own(address)),
            maybe_own: self.who.may_be(&row.requestor_name, &row.requestor_mail),
            asked: t.age(&row.created_at, &now),
            asked_moment: t.moment(&row.created_at),
            left: left(t, row.denied_at, pressing, now),
            ends: row.denied_at.map(|at| t.moment(&at)),
            pressure: t.text_or_key(&format!("requests-pressure-{}", pressing.key())),
            pressure_key: pressing.key(),
            pressure_icon: pressing.icon(),
            age: t.age(&row.read_at, &now),
            age_moment: t.moment(&row.read_at),
            stale: now - row.read_at > STALE,
            answers: answers(&row.answers),
            requestor_name: row.requestor().to_owned(),
            customer_name: row.customer_name,
            package_name: row.package_name,
            requestor_mail: row.requestor_mail,
            justification: row.justification,
        }
    }
}

/// The time left in words.
pub fn left(t: T, denied: Option<DateTime<Utc>>, pressing: Pressure, now: DateTime<Utc>) -> String {
    match (denied, pressing) {
        (Some(denied), Pressure::Calm | Pressure::Soon | Pressure::LastDay) => t.time_left(&denied, &now),
        (_, Pressure::Over) => t.time_over(),
        _ => t.requests_end_unknown(),
    }
}

/// A request that waits no more.
pub struct EndedView {
    pub href: String,
    pub customer_href: String,
    pub customer_name: String,
    pub state: String,
    pub state_key: String,
    pub package_name: String,
    pub requestor: String,
    pub asked: String,
    pub at: String,
    pub at_moment: String,
    /// Who decided, or that it is not known.
    pub by: String,
    /// Why, as far as it is known.
    pub reason: String,
    /// Microsoft lists it no more.
    pub gone: bool,
    /// How long it can be delivered once more; of a failed one.
    pub again: Option<(String, bool)>,
}

/// Who decided, in words; empty where nobody had to.
pub fn decider(t: T, row: &RequestRow) -> String {
    let name = if row.decider_name.is_empty() { &row.decider_mail } else { &row.decider_name };
    match (row.decision_from.as_str(), row.decision.as_str()) {
        (_, "") => String::new(),
        ("nobody", "denied") => t.requests_decided_nobody(),
        ("nobody", _) => t.requests_decided_itself(),
        ("here", _) => t.requests_decided_here(name.clone()),
        (_, _) if !name.is_empty() => name.clone(),
        _ => t.requests_decided_unknown(),
    }
}

pub fn ended(t: T, now: DateTime<Utc>, row: RequestRow) -> EndedView {
    let at = row.failed_at.or(row.waited_until).or(row.completed_at).unwrap_or(row.read_at);
    let (told, state_key) = state(t, &row.state);
    let again = row.failed_at.filter(|_| failed(&row.state)).map(|at| {
        let end = at + REPROCESS;
        let over = end <= now;
        (if over { t.requests_again_over() } else { t.time_left(&end, &now) }, over)
    });
    EndedView {
        href: format!("/requests/{}", row.key().path()),
        customer_href: format!("/customers/{}/requests", row.customer),
        by: decider(t, &row),
        state: told,
        state_key,
        asked: t.moment(&row.created_at),
        at: t.age(&at, &now),
        at_moment: t.moment(&at),
        gone: row.gone_at.is_some(),
        again,
        requestor: row.requestor().to_owned(),
        customer_name: row.customer_name,
        package_name: row.package_name,
        reason: row.decision_reason,
    }
}
