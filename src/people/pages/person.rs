//! One person: roles as his sign-in brought them, the customers he sees, and whether he may come in.

use askama::Template;
use axum::extract::{Path, Query, State};
use serde::Deserialize;

use super::address::{self, AddressesView};
use super::roles;
use crate::app::App;
use crate::customers::store as customers;
use crate::kit::error::{AppError, AppResult};
use crate::kit::form::FieldErrors;
use crate::kit::frame::Frame;
use crate::kit::ids::PersonId;
use crate::kit::page::Page;
use crate::kit::scope::Tx;
use crate::kit::text::T;
use crate::people::model::{Given, Person};
use crate::people::store;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
}

struct FoundView {
    id: String,
    name: String,
    domain: String,
    given: bool,
}

#[derive(Template)]
#[template(path = "people/person.html")]
pub struct PersonView {
    frame: Frame,
    t: T,
    person: Person,
    roles: Vec<String>,
    seen: String,
    seen_moment: String,
    unmailed: Option<String>,
    since: String,
    disabled: Option<String>,
    given: Vec<Given>,
    /// Customers given to him that the one who looks does not see himself, or that do not fit the page.
    others: i64,
    q: String,
    found: Vec<FoundView>,
    oneself: bool,
    /// Only who sees all himself can let another see all.
    may_give_all: bool,
    pub known: AddressesView,
    pub reason: String,
    pub errors: FieldErrors,
}

/// The person in the address. Missing and foreign are the same.
pub async fn find(tx: &mut Tx, id: &str) -> Result<Person, AppError> {
    let id: PersonId = id.parse().map_err(|_| AppError::NotFound)?;
    store::find(tx, id).await?.ok_or(AppError::NotFound)
}

pub async fn view(
    app: &App,
    page: &Page,
    tx: &mut Tx,
    person: Person,
    search: String,
) -> Result<PersonView, AppError> {
    let (t, now) = (page.t, app.clock.now());
    let given = store::given(tx, person.id).await?;
    let found = if search.trim().is_empty() {
        Vec::new()
    } else {
        let filter = customers::Filter {
            search: search.chars().take(80).collect(),
            sort: customers::Sort::Name,
            ..customers::Filter::default()
        };
        customers::list(tx, &filter).await?.rows
    };
    let shown = i64::try_from(given.len()).unwrap_or(i64::MAX);
    Ok(PersonView {
        t,
        roles: roles(t, &person.roles),
        seen: t.age(&person.seen_at, &now),
        seen_moment: t.moment(&person.seen_at),
        unmailed: person.unmailed_since(now).map(|at| t.date(&at)),
        since: t.date(&person.created_at),
        disabled: person.disabled_at.map(|at| t.moment(&at)),
        others: person.given.saturating_sub(shown),
        found: found
            .into_iter()
            .map(|row| FoundView {
                given: given.iter().any(|one| one.customer.0 == row.customer_id),
                id: row.customer_id.to_string(),
                name: row.name,
                domain: row.domain,
            })
            .collect(),
        oneself: page.scope().person() == Some(person.id),
        may_give_all: page.scope().limited_to().is_none(),
        known: address::view(tx, t, person.id, format!("/admin/people/{}/analyst-address", person.id))
            .await?,
        q: search,
        reason: String::new(),
        errors: FieldErrors::default(),
        frame: page.frame.clone(),
        person,
        given,
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
    let view = view(&app, &page, &mut tx, person, asked.q).await?;
    page.show(&view)
}
