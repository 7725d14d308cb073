//! What a list shows, of all customers or of one: one page of rows and what there is to say around them.

use std::collections::HashMap;

use super::asked::{Asked, cursor_text};
use super::rows::{Around, EndedView, RowView, STALE, ended};
use crate::access_requests::deciders::Known;
use crate::access_requests::model::{Key, RequestRow, RequestTab};
use crate::access_requests::store::{self, Unread, UnreadOne};
use crate::app::App;
use crate::connections;
use crate::customers::{Customer, consent};
use crate::kit::counted::Counted;
use crate::kit::error::AppError;
use crate::kit::page::Page;
use crate::kit::right::{Right, Role};
use crate::kit::scope::Tx;
use crate::kit::text::T;
use crate::people;
use crate::people::model::Oneself;
use crate::providers::AppKind;

/// Ended requests shown on a customer's page.
const DECIDED: i64 = 20;

/// What the refreshed part shows. Templates call it `list`.
pub struct List {
    pub tab: RequestTab,
    pub rows: Vec<RowView>,
    /// Of the other tabs, and below a customer's pending ones.
    pub ended: Vec<EndedView>,
    /// How many wait, in words.
    pub waiting: String,
    pub narrowed: bool,
    /// On one customer's page, his name stands above and his ended requests below.
    pub of_customer: bool,
    pub may_decide: bool,
    pub unread: Option<String>,
    /// Why this customer's requests are not read at all.
    pub not_read: Option<String>,
    /// Why, customer by customer: his page, his name, the cause.
    pub unread_why: Vec<(String, String, String)>,
    /// Which account decides in My Access, where it is another than the one that signs in here.
    pub sign_in_as: Option<String>,
    /// An approver of whom nobody has said who he is in the analysts' directory.
    pub nobody_there: bool,
    /// What stands in the tab, and what is said while nothing does.
    pub lead: String,
    pub none: String,
    pub none_what: String,
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

fn waiting(t: T, many: Counted) -> String {
    many.exactly().map_or_else(|| t.requests_waiting_more(), |many| t.requests_waiting(many))
}

fn not_up_to_date(t: T, unread: &Unread) -> String {
    let names: Vec<&str> = unread.some.iter().map(|one| one.name.as_str()).collect();
    match unread.many.exactly() {
        Some(many) => t.requests_unread().count(many).names(names.join(", ")),
        None => t.requests_unread_more(names.join(", ")),
    }
}

/// An approver decides as the guest that his account of the analysts' directory is in the customer's.
fn sign_in_as(t: T, who: &Oneself) -> Option<String> {
    let domain = who.analyst_domain.clone()?;
    if !who.his.is_empty() {
        return Some(t.requests_sign_in_as(who.his.join(", ")));
    }
    who.unknown().then(|| t.requests_sign_in_there(domain))
}

/// Who looks, as far as it shows in requests.
pub async fn oneself(tx: &mut Tx, page: &Page) -> Result<Oneself, sqlx::Error> {
    match page.scope().person() {
        Some(person) => people::store::oneself(tx, person).await,
        None => Ok(Oneself::default()),
    }
}

/// What is known around these rows.
pub async fn around<'a>(
    tx: &mut Tx,
    app: &'a App,
    page: &Page,
    who: &'a Oneself,
    (rows, back): (&[RequestRow], String),
) -> Result<Around<'a>, sqlx::Error> {
    let now = app.clock.now();
    let keys: Vec<Key> = rows.iter().map(RequestRow::key).collect();
    let accounts: Vec<_> = rows.iter().map(|row| (row.customer, store::account_of(row))).collect();
    let connections = if page.scope().may(Right::Decide) {
        let own = connections::store::all(tx, &page.session).await?;
        let here = own.into_iter().filter(|one| one.here).map(|one| (one.customer, one));
        Some(here.collect::<HashMap<_, _>>())
    } else {
        None
    };
    Ok(Around {
        app,
        t: page.t,
        now,
        who,
        person: page.scope().person(),
        connections,
        known: Known::of(tx, rows).await?,
        claims: store::claims(tx, &keys, now).await?,
        under_way: store::under_way(tx, &keys).await?,
        present: store::present(tx, &accounts).await?,
        back,
    })
}

/// Reads one page of the list. `chosen` are the rows that a form that came back had chosen.
pub async fn list(
    tx: &mut Tx,
    app: &App,
    page: &Page,
    (asked, chosen): (&Asked, &[String]),
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
    let tab = if customer.is_some() { RequestTab::Pending } else { asked.tab() };
    let found = match tab {
        RequestTab::Pending => store::pending(tx, &filter).await?,
        _ => store::ended(tx, tab, &filter).await?,
    };
    let who = oneself(tx, page).await?;
    let unread = store::unread(tx, filter.customer, now - STALE).await?;
    let (waiting, not_read, mut over) = match customer {
        Some(customer) => {
            (String::new(), not_read(tx, t, customer).await?, store::decided(tx, customer.id, DECIDED).await?)
        }
        None => (waiting(t, store::pending_count(tx).await?), None, Vec::new()),
    };
    let (mut rows, next) = (Vec::new(), found.next);
    if tab == RequestTab::Pending {
        let around = around(tx, app, page, &who, (&found.rows, asked.at(&path, &asked.after))).await?;
        rows = found.rows.into_iter().map(|row| around.row(row, chosen)).collect();
    } else {
        over = found.rows;
    }
    Ok(List {
        tab,
        rows,
        ended: over.into_iter().map(|one| ended(t, now, one)).collect(),
        waiting,
        nobody_there: page.scope().roles().has(Role::Approver) && who.unknown(),
        narrowed: asked.narrowed(),
        of_customer: customer.is_some(),
        may_decide: page.scope().may(Right::Decide),
        not_read,
        sign_in_as: sign_in_as(t, &who),
        unread: (!unread.many.is_none()).then(|| not_up_to_date(t, &unread)),
        unread_why: unread.some.into_iter().map(|one| unread_why(t, one)).collect(),
        lead: t.text(&format!("requests-tab-{}-lead", tab.key())).unwrap_or_default(),
        none: t.text(&format!("requests-none-{}", tab.key())).unwrap_or_default(),
        none_what: t.text(&format!("requests-none-{}-what", tab.key())).unwrap_or_default(),
        next: next.as_ref().map(|cursor| asked.at(&path, &cursor_text(cursor))),
        first: (!asked.after.is_empty()).then(|| asked.at(&path, "")),
    })
}
