//! One person with everything he holds, at which customer and until when; and by what he is known.

use askama::Template;
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::rows::HeldView;
use super::{Choice, Part, at, choice, parts};
use crate::access::store::{self, HeldRow, PeopleFilter, PersonRow, Said};
use crate::app::App;
use crate::kit::error::{AppError, AppResult};
use crate::kit::form::FieldErrors;
use crate::kit::frame::Frame;
use crate::kit::page::Page;
use crate::kit::right::Right;
use crate::kit::scope::Tx;
use crate::kit::text::T;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// `ended`: what he held once.
    #[serde(skip_serializing_if = "String::is_empty")]
    show: String,
    /// Whom he may be one with: words of a name or an address.
    #[serde(skip_serializing_if = "String::is_empty")]
    q: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    after: String,
}

struct SaidView {
    account: String,
    at: Option<String>,
    told: Option<String>,
}

struct OtherView {
    id: String,
    name: String,
    mail: String,
    customers: i64,
}

struct LeaverView {
    href: String,
    told: String,
}

#[derive(Template)]
#[template(path = "access/person.html")]
pub struct PersonView {
    frame: Frame,
    t: T,
    parts: Vec<Part>,
    person: PersonRow,
    rows: Vec<HeldView>,
    ended: bool,
    said: Vec<SaidView>,
    /// Accounts that may be somebody else's, as choices of the form.
    accounts: Vec<Choice>,
    leavers: Vec<LeaverView>,
    q: String,
    others: Vec<OtherView>,
    links_href: String,
    may_say: bool,
    may_remove: bool,
    next: Option<String>,
    first: Option<String>,
    pub errors: FieldErrors,
}

/// The person in the address, if he has access at a customer in view.
pub async fn find(tx: &mut Tx, id: &str) -> Result<PersonRow, AppError> {
    let id: Uuid = id.parse().map_err(|_| AppError::NotFound)?;
    store::person(tx, id).await?.ok_or(AppError::NotFound)
}

fn said(t: T, one: Said) -> SaidView {
    let told =
        one.at.map(|at| t.access_said().who(one.by.unwrap_or_default()).at(t.moment(&at)).why(one.why));
    SaidView {
        at: one.customer.is_some().then_some(one.customer_name),
        account: one.account.trim_start_matches("oid:").to_owned(),
        told,
    }
}

/// An address everywhere, or one account at one customer.
fn accounts(t: T, known: &[Said], rows: &[HeldRow]) -> Vec<Choice> {
    let plain = |account: &str| account.trim_start_matches("oid:").to_owned();
    let everywhere = known.iter().filter(|one| one.customer.is_none()).map(|one| {
        choice(&format!("mail:{}", one.account), format!("{} {}", one.account, t.access_everywhere()), "")
    });
    let at_customers = rows.iter().map(|row| {
        let label = format!("{} {}", plain(&row.account), t.access_at(row.customer_name.clone()));
        choice(&format!("{}/{}", row.customer, row.account), label, "")
    });
    let mut all: Vec<Choice> = everywhere.chain(at_customers).collect();
    all.dedup_by(|one, other| one.value == other.value);
    all
}

pub async fn view(
    app: &App,
    page: &Page,
    tx: &mut Tx,
    person: PersonRow,
    asked: &Asked,
) -> Result<PersonView, AppError> {
    let (t, now, id) = (page.t, app.clock.now(), person.id);
    let ended = asked.show == "ended";
    let after = serde_json::from_str(&asked.after).ok();
    let (rows, next) = store::held_by(tx, id, !ended, after.as_ref()).await?;
    let known = store::said(tx, id).await?;
    let (left, _) = store::leavers(tx, Some(id), None).await?;
    let others = if asked.q.trim().is_empty() {
        Vec::new()
    } else {
        let filter = PeopleFilter { search: asked.q.chars().take(80).collect(), ..PeopleFilter::default() };
        store::people(tx, &filter).await?.rows
    };
    let path = format!("/access/people/{id}");
    let page_at = |after: String| at(&path, &Asked { after, ..asked.clone() });
    let mail = known.iter().find(|one| one.customer.is_none()).map(|one| one.account.clone());
    Ok(PersonView {
        t,
        parts: parts(page, "/access/people"),
        accounts: accounts(t, &known, &rows),
        rows: rows.into_iter().map(|row| HeldView::new(row, t, now)).collect(),
        ended,
        links_href: at("/access/links", &[("address", mail.unwrap_or_else(|| person.mail.clone()))]),
        said: known.into_iter().map(|one| said(t, one)).collect(),
        leavers: left
            .into_iter()
            .map(|one| LeaverView {
                href: format!("/access/leavers/{}", one.id),
                told: t.access_leaver_told().at(t.date(&one.started_at)).done(one.verified).all(one.all),
            })
            .collect(),
        q: asked.q.clone(),
        others: others
            .into_iter()
            .filter(|one| one.id != id)
            .take(20)
            .map(|one| OtherView {
                id: one.id.to_string(),
                name: one.name,
                mail: one.mail,
                customers: one.customers,
            })
            .collect(),
        may_say: page.scope().may(Right::RemoveAccess) && page.scope().limited_to().is_none(),
        may_remove: page.scope().may(Right::RemoveAccess),
        next: next.and_then(|cursor| serde_json::to_string(&cursor).ok()).map(page_at),
        first: (!asked.after.is_empty()).then(|| page_at(String::new())),
        errors: FieldErrors::default(),
        frame: page.frame.clone(),
        person,
    })
}

pub async fn show(
    State(app): State<App>,
    page: Page,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let person = find(&mut tx, &id).await?;
    let view = view(&app, &page, &mut tx, person, &asked).await?;
    drop(tx);
    page.show(&view)
}
