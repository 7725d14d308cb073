//! Who one is here: name, roles, what one sees, and one's address in the analysts' directory.

use askama::Template;
use axum::extract::State;

use super::address::{self, AddressesView};
use super::roles;
use super::sessions::SessionView;
use crate::app::App;
use crate::kit::error::{AppError, AppResult};
use crate::kit::frame::Frame;
use crate::kit::page::Page;
use crate::kit::scope::Tx;
use crate::kit::text::T;
use crate::people::model::Person;
use crate::people::store;

#[derive(Template)]
#[template(path = "people/oneself.html")]
pub struct OneselfView {
    frame: Frame,
    t: T,
    person: Person,
    roles: Vec<String>,
    sees: String,
    pub known: AddressesView,
    sessions: Vec<SessionView>,
}

/// The person of this session.
pub async fn find(page: &Page, tx: &mut Tx) -> Result<Person, AppError> {
    let id = page.scope().person().ok_or(AppError::NotFound)?;
    store::find(tx, id).await?.ok_or(AppError::NotFound)
}

pub async fn view(app: &App, page: &Page, tx: &mut Tx, person: Person) -> Result<OneselfView, AppError> {
    let t = page.t;
    let sessions = page.session.all(tx, app.clock.now()).await?;
    Ok(OneselfView {
        sessions: sessions.iter().map(|open| SessionView::new(open, t)).collect(),
        t,
        roles: roles(t, &page.scope().roles().claims()),
        sees: if person.sees_all { t.people_sees_all() } else { t.people_sees_some(person.given) },
        known: address::view(tx, t, person.id, "/me/analyst-address".to_owned()).await?,
        frame: page.frame.clone(),
        person,
    })
}

pub async fn show(State(app): State<App>, page: Page) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let person = find(&page, &mut tx).await?;
    page.show(&view(&app, &page, &mut tx, person).await?)
}
