//! The list itself, as the pages and their refreshed part show it.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::access_requests::model::{APPROVERS, Decided, Pressing, Pressure, RequestRow, pressure, type_key};
use crate::access_requests::store::{self, Cursor, Filter, UnreadOne};
use crate::app::App;
use crate::customers::{Customer, consent};
use crate::kit::error::AppError;
use crate::kit::ids::CustomerId;
use crate::kit::page::Page;
use crate::kit::right::Role;
use crate::kit::scope::Tx;
use crate::kit::text::T;
use crate::people;
use crate::people::model::Oneself;
use crate::providers::AppKind;

/// Read longer ago than this, a customer's requests are shown as not up to date.
const STALE: TimeDelta = TimeDelta::minutes(5);
/// Decided requests shown on a customer's page.
const DECIDED: i64 = 20;

/// The address's query. What cannot be read counts as not given: an old bookmark still opens.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub customer: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub package: String,
    /// How pressing.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub left: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub after: String,
}

impl Asked {
    pub fn filter(&self, now: DateTime<Utc>) -> Filter {
        Filter {
            customer: self.customer.parse().ok(),
            package: Some(self.package.clone()).filter(|key| !key.is_empty()),
            pressing: Pressing::from_key(&self.left).map(|pressing| (pressing, now)),
            ours: false,
            after: cursor(&self.after),
        }
    }

    pub fn narrowed(&self) -> bool {
        !self.customer.is_empty() || !self.package.is_empty() || !self.left.is_empty()
    }

    /// The same view at another address, or another part of it.
    pub fn at(&self, path: &str, after: &str) -> String {
        let other = Self { after: after.to_owned(), ..self.clone() };
        let query = serde_html_form::to_string(&other).unwrap_or_default();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

fn cursor(text: &str) -> Option<Cursor> {
    let (denied_at, customer, id) = serde_json::from_str::<(DateTime<Utc>, CustomerId, String)>(text).ok()?;
    Some(Cursor { denied_at, customer, id })
}

fn cursor_text(cursor: &Cursor) -> String {
    serde_json::to_string(&(&cursor.denied_at, cursor.customer, &cursor.id)).unwrap_or_default()
}

pub struct RowView {
    /// For the browser to find the row again after a refresh.
    pub anchor: String,
    pub customer_href: String,
    pub customer_name: String,
    pub package_name: String,
    pub asks: String,
    /// More than a first request: told in a badge.
    pub extends: bool,
    pub requestor_name: String,
    pub requestor_mail: String,
    pub justification: String,
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
}

/// What is asked, in words.
pub fn asks(t: T, request_type: &str) -> String {
    match type_key(request_type) {
        "" => request_type.to_owned(),
        key => t.text_or_key(&format!("requests-type-{key}")),
    }
}

impl RowView {
    fn new(row: RequestRow, who: &Oneself, app: &App, t: T, now: DateTime<Utc>) -> Self {
        let pressing = pressure(row.created_at, row.denied_at, now);
        Self {
            anchor: format!("open-{}-{}", row.customer, row.id),
            customer_href: format!("/customers/{}/requests", row.customer),
            open: (!row.domain.is_empty()).then(|| app.cloud.my_access_link(&row.domain)),
            asks: asks(t, &row.request_type),
            theirs: row.package == APPROVERS,
            extends: type_key(&row.request_type) != "add",
            own: who.asks_as(&row.requestor_mail).map(|address| t.requests_own(address)),
            maybe_own: who.may_be(&row.requestor_name, &row.requestor_mail),
            asked: t.age(&row.created_at, &now),
            asked_moment: t.moment(&row.created_at),
            left: match (row.denied_at, pressing) {
                (Some(denied), Pressure::Calm | Pressure::Soon | Pressure::LastDay) => {
                    t.time_left(&denied, &now)
                }
                (_, Pressure::Over) => t.time_over(),
                _ => t.requests_end_unknown(),
            },
            ends: row.denied_at.map(|at| t.moment(&at)),
            pressure: t.text_or_key(&format!("requests-pressure-{}", pressing.key())),
            pressure_key: pressing.key(),
            pressure_icon: pressing.icon(),
            age: t.age(&row.read_at, &now),
            age_moment: t.moment(&row.read_at),
            stale: now - row.read_at > STALE,
            customer_name: row.customer_name,
            package_name: row.package_name,
            requestor_name: if row.requestor_name.is_empty() {
                row.requestor_mail.clone()
            } else {
                row.requestor_name
            },
            requestor_mail: row.requestor_mail,
            justification: row.justification,
        }
    }
}

pub struct DecidedView {
    pub state: String,
    pub state_key: String,
    pub package_name: String,
    pub requestor: String,
    pub asked: String,
    pub at: String,
    pub at_moment: String,
}

impl DecidedView {
    fn new(one: Decided, t: T, now: DateTime<Utc>) -> Self {
        let state = t.text(&format!("requests-state-{}", one.state.to_lowercase()));
        Self {
            state: state.unwrap_or_else(|| one.state.clone()),
            state_key: one.state.to_lowercase(),
            package_name: one.package_name,
            requestor: if one.requestor_name.is_empty() { one.requestor_mail } else { one.requestor_name },
            asked: t.moment(&one.created_at),
            at: t.age(&one.decided_at, &now),
            at_moment: t.moment(&one.decided_at),
        }
    }
}

/// What the refreshed part shows. Templates call it `list`.
pub struct List {
    pub rows: Vec<RowView>,
    pub waiting: i64,
    pub narrowed: bool,
    /// On one customer's page, his name stands above and his decided requests below.
    pub of_customer: bool,
    pub unread: Option<String>,
    /// Why this customer's requests are not read at all.
    pub not_read: Option<String>,
    /// Why, customer by customer: his page, his name, the cause.
    pub unread_why: Vec<(String, String, String)>,
    /// Which account decides in My Access, where it is another than the one that signs in here.
    pub sign_in_as: Option<String>,
    /// An approver of whom nobody has said who he is in the analysts' directory.
    pub nobody_there: bool,
    pub decided: Vec<DecidedView>,
    pub next: Option<String>,
    pub first: Option<String>,
}

/// Why nothing of this customer is read: he is paused, or has not consented to it.
async fn not_read(tx: &mut Tx, t: T, customer: &Customer) -> Result<Option<String>, sqlx::Error> {
    if customer.pause.is_some() {
        return Ok(Some(t.requests_not_read_paused()));
    }
    let known = consent::store::all(tx, customer.id).await?;
    let reads = known.iter().any(|one| one.app == AppKind::Reader && one.granted());
    Ok((!reads).then(|| t.requests_not_read_consent()))
}

fn unread_why(t: T, one: UnreadOne) -> (String, String, String) {
    let told = |cause: &str| {
        let text = t.text(&format!("errors-{cause}-what"));
        text.or_else(|| t.text(&format!("health-cause-{cause}-what")))
    };
    let why = match one.cause.as_str() {
        _ if one.lost => t.requests_unread_consent(),
        "" => t.requests_unread_late(),
        cause => told(cause).unwrap_or_else(|| t.health_cause_unknown_what()),
    };
    (format!("/customers/{}", one.customer), one.name, why)
}

/// An approver decides as the guest that his account of the analysts' directory is in the customer's.
fn sign_in_as(t: T, who: &Oneself) -> Option<String> {
    let domain = who.analyst_domain.clone()?;
    if !who.his.is_empty() {
        return Some(t.requests_sign_in_as(who.his.join(", ")));
    }
    who.unknown().then(|| t.requests_sign_in_there(domain))
}

/// Reads one page of the list. `path` is that of the page, for its own further pages.
pub async fn list(
    tx: &mut Tx,
    app: &App,
    page: &Page,
    asked: &Asked,
    customer: Option<&Customer>,
) -> Result<List, AppError> {
    let (t, now) = (page.t, app.clock.now());
    let mut filter = asked.filter(now);
    let path = match customer {
        Some(customer) => {
            filter.customer = Some(customer.id);
            format!("/customers/{}/requests", customer.id)
        }
        None => "/requests".to_owned(),
    };
    let found = store::pending(tx, &filter).await?;
    let who = match page.scope().person() {
        Some(person) => people::store::oneself(tx, person).await?,
        None => Oneself::default(),
    };
    let unread = store::unread(tx, filter.customer, now - STALE).await?;
    let (waiting, decided) = match customer {
        Some(customer) => (None, store::decided(tx, customer.id, DECIDED).await?),
        None => (Some(store::pending_count(tx).await?), Vec::new()),
    };
    let not_read = match customer {
        Some(customer) => not_read(tx, t, customer).await?,
        None => None,
    };
    let shown = i64::try_from(found.rows.len()).unwrap_or(i64::MAX);
    Ok(List {
        waiting: waiting.unwrap_or(shown),
        rows: found.rows.into_iter().map(|row| RowView::new(row, &who, app, t, now)).collect(),
        nobody_there: page.scope().roles().has(Role::Approver) && who.unknown(),
        narrowed: asked.narrowed(),
        of_customer: customer.is_some(),
        not_read,
        sign_in_as: sign_in_as(t, &who),
        unread: (unread.many > 0).then(|| {
            let names: Vec<&str> = unread.some.iter().map(|one| one.name.as_str()).collect();
            t.requests_unread().count(unread.many).names(names.join(", "))
        }),
        unread_why: unread.some.into_iter().map(|one| unread_why(t, one)).collect(),
        decided: decided.into_iter().map(|one| DecidedView::new(one, t, now)).collect(),
        next: found.next.as_ref().map(|cursor| asked.at(&path, &cursor_text(cursor))),
        first: (!asked.after.is_empty()).then(|| asked.at(&path, "")),
    })
}
