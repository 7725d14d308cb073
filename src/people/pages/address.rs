//! Who somebody is in the analysts' directory: told by himself or by an administrator, so that his own requests are
//! marked. What is proposed becomes true only when a person says so.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use serde_json::json;

use super::{oneself, person};
use crate::app::App;
use crate::customers::model::is_mail;
use crate::kit::audit::Event;
use crate::kit::error::{AppError, AppResult};
use crate::kit::form::Form;
use crate::kit::ids::PersonId;
use crate::kit::page::Page;
use crate::kit::scope::Tx;
use crate::kit::text::T;
use crate::people::model::{ADDRESSES, Address, Person, Verdict};
use crate::people::store::{self, Taken};

/// What the part of the page about addresses shows. Templates call it `known`.
pub struct AddressesView {
    /// Where its forms are sent to.
    pub action: String,
    pub domain: Option<String>,
    pub told: Vec<ToldView>,
    pub proposed: Option<String>,
    pub typed: String,
    pub error: Option<String>,
}

pub struct ToldView {
    pub address: String,
    pub is_his: bool,
    pub said: String,
}

impl ToldView {
    fn new(told: Address, t: T) -> Self {
        let by = told.said_by.unwrap_or_default();
        Self {
            said: t.people_address_said().by(by).at(t.date(&told.said_at)),
            address: told.address,
            is_his: told.is_his,
        }
    }
}

pub async fn view(tx: &mut Tx, t: T, of: PersonId, action: String) -> Result<AddressesView, AppError> {
    let known = store::oneself(tx, of).await?;
    let proposed = match known.proposed() {
        Some(address) if store::seen_asking(tx, &known.name, &address).await? => Some(address),
        _ => None,
    };
    let told = store::addresses(tx, of).await?.into_iter().map(|one| ToldView::new(one, t)).collect();
    Ok(AddressesView {
        action,
        domain: known.analyst_domain,
        told,
        proposed,
        typed: String::new(),
        error: None,
    })
}

#[derive(Deserialize)]
pub struct AddressForm {
    address: String,
    verdict: String,
}

/// Of oneself.
pub async fn of_oneself(State(app): State<App>, page: Page, Form(form): Form<AddressForm>) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let me = oneself::find(&page, &mut tx).await?;
    match say(&app, &page, tx, &me, &form).await? {
        None => Ok(Redirect::to("/me?done=saved").into_response()),
        Some(error) => {
            let mut tx = page.scope().begin(&app.db).await?;
            let mut view = oneself::view(&app, &page, &mut tx, me).await?;
            (view.known.typed, view.known.error) = (form.address, Some(error));
            page.show_again(&view)
        }
    }
}

/// Of anybody, by an administrator; of himself too.
pub async fn of_person(
    State(app): State<App>,
    page: Page,
    Path(id): Path<String>,
    Form(form): Form<AddressForm>,
) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let of = person::find(&mut tx, &id).await?;
    match say(&app, &page, tx, &of, &form).await? {
        None => Ok(Redirect::to(&format!("/admin/people/{}?done=saved", of.id)).into_response()),
        Some(error) => {
            let mut tx = page.scope().begin(&app.db).await?;
            let mut view = person::view(&app, &page, &mut tx, of, String::new()).await?;
            (view.known.typed, view.known.error) = (form.address, Some(error));
            page.show_again(&view)
        }
    }
}

/// Keeps what was said; else why it cannot be.
async fn say(
    app: &App,
    page: &Page,
    mut tx: Tx,
    of: &Person,
    form: &AddressForm,
) -> Result<Option<String>, AppError> {
    let verdict = Verdict::from_key(&form.verdict).ok_or(AppError::Bad("no such verdict"))?;
    let address = form.address.trim().to_lowercase();
    if !is_mail(&address) || address.chars().count() > 254 {
        return Ok(Some(page.t.people_address_wrong()));
    }
    let told = store::addresses(&mut tx, of.id).await?;
    let before = told.iter().find(|one| one.address == address);
    let was = match before.map(|one| one.is_his) {
        Some(true) => Verdict::His,
        Some(false) => Verdict::Another,
        None => Verdict::Unknown,
    };
    if was == verdict {
        return Ok(None);
    }
    if before.is_none() && told.len() >= ADDRESSES {
        return Ok(Some(page.t.people_address_too_many()));
    }
    let kept = match verdict {
        Verdict::Unknown => store::unsay(&mut tx, of.id, &address).await.map_err(Taken::Sql),
        other => store::say(&mut tx, of.id, &address, other == Verdict::His, app.clock.now()).await,
    };
    match kept {
        Ok(()) => {}
        Err(Taken::Anothers) => return Ok(Some(page.t.people_address_taken())),
        Err(Taken::Sql(error)) => return Err(error.into()),
    }
    let own = |verdict: Verdict| match verdict {
        Verdict::His => json!(true),
        Verdict::Another => json!(false),
        Verdict::Unknown => json!(null),
    };
    let event = Event::new("person.analyst-address")
        .before(json!({ "own": own(was) }))
        .after(json!({ "person": of.name, "person_id": of.id, "address": address, "own": own(verdict) }));
    tx.commit(&app.clock, event).await?;
    Ok(None)
}
