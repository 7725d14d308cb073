//! What one is told oneself: mail of what happens, and the daily digest.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;

use crate::app::App;
use crate::kit::audit::Event;
use crate::kit::error::{AppError, AppResult};
use crate::kit::form::Form;
use crate::kit::frame::Frame;
use crate::kit::page::Page;
use crate::kit::text::T;
use crate::notices::store::{self, Choice};

#[derive(Template)]
#[template(path = "notices/oneself.html")]
struct OneselfView {
    frame: Frame,
    t: T,
    mail: String,
    choice: Choice,
    quiet: String,
    /// A digest is made for one of his roles.
    digest: bool,
}

pub async fn show(State(app): State<App>, page: Page) -> AppResult {
    let person = page.scope().person().ok_or(AppError::NotFound)?;
    let mut tx = page.scope().begin(&app.db).await?;
    let known = crate::people::store::find(&mut tx, person).await?.ok_or(AppError::NotFound)?;
    let choice = store::choice(&mut tx, person).await?;
    let settings = store::settings(&mut tx).await?;
    drop(tx);
    let claims = page.scope().roles().claims();
    page.show(&OneselfView {
        t: page.t,
        mail: known.mail,
        choice,
        quiet: super::home::quiet_line(page.t, &settings),
        digest: settings.digest_roles.iter().any(|role| claims.contains(role)),
        frame: page.frame.clone(),
    })
}

#[derive(Deserialize)]
pub struct ChoiceForm {
    #[serde(default)]
    mail: String,
    #[serde(default)]
    digest: String,
}

pub async fn save(State(app): State<App>, page: Page, Form(form): Form<ChoiceForm>) -> AppResult {
    let person = page.scope().person().ok_or(AppError::NotFound)?;
    let mut tx = page.scope().begin(&app.db).await?;
    let before = store::choice(&mut tx, person).await?;
    let to = Choice { mail: form.mail == "yes", digest: form.digest == "yes" };
    if to != before {
        store::set_choice(&mut tx, person, to, app.clock.now()).await?;
        tx.commit(&app.clock, Event::new("person.notices-chosen").before(before).after(to)).await?;
    }
    Ok(Redirect::to("/me/notices?done=saved").into_response())
}
