//! What people keep about a customer: name, account manager, tags, notes, contacts; and the pause.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

use super::tabs::{Tab, tabs};
use crate::app::App;
use crate::customers::consent;
use crate::customers::extract::Viewed;
use crate::customers::model::{self, CONTACTS, Contact, ContactError, Customer, TagError, tags};
use crate::customers::store;
use crate::kit::audit::Event;
use crate::kit::error::{AppError, AppResult};
use crate::kit::form::{CustomerForm, FieldErrors};
use crate::kit::frame::Frame;
use crate::kit::ids::PersonId;
use crate::kit::page::Page;
use crate::kit::right::Right;
use crate::kit::scope::Tx;
use crate::kit::text::T;
use crate::providers::AppKind;

/// Rows of the contacts form at least; there is always an empty one, as long as one more fits.
const ROWS: usize = 4;

#[derive(Template)]
#[template(path = "customers/details.html")]
struct DetailsView {
    frame: Frame,
    t: T,
    tabs: Vec<Tab>,
    customer: Customer,
    name: String,
    manager: String,
    typed_tags: String,
    reason: String,
    managers: Vec<(String, String)>,
    contacts: Vec<Contact>,
    may_edit: bool,
    errors: FieldErrors,
}

async fn view(app: &App, page: &Page, customer: Customer) -> Result<DetailsView, AppError> {
    let mut tx = page.scope().begin(&app.db).await?;
    let managers = store::managers(&mut tx).await?;
    let mut contacts = store::contacts(&mut tx, customer.id).await?;
    contacts.resize_with(ROWS.max(contacts.len() + 1).min(CONTACTS), Contact::default);
    Ok(DetailsView {
        t: page.t,
        tabs: tabs(page, customer.id, "details"),
        name: customer.name.clone(),
        manager: customer.account_manager.map(|person| person.to_string()).unwrap_or_default(),
        typed_tags: customer.tags.join(", "),
        reason: String::new(),
        managers: managers.into_iter().map(|(id, name)| (id.to_string(), name)).collect(),
        contacts,
        may_edit: page.scope().may(Right::EditCustomers),
        errors: FieldErrors::default(),
        frame: page.frame.clone(),
        customer,
    })
}

pub async fn show(State(app): State<App>, Viewed { page, customer }: Viewed) -> AppResult {
    page.show(&view(&app, &page, customer).await?)
}

fn back(customer: &Customer, done: &str) -> Response {
    Redirect::to(&format!("/customers/{}/details?done={done}", customer.id)).into_response()
}

#[derive(Deserialize)]
pub struct DetailsForm {
    name: String,
    manager: String,
}

pub async fn details(
    State(app): State<App>,
    Viewed { page, customer }: Viewed,
    CustomerForm(form): CustomerForm<DetailsForm>,
) -> AppResult {
    let name = form.name.trim();
    if name.is_empty() || name.chars().count() > 200 {
        let mut view = view(&app, &page, customer).await?;
        view.errors.add("name", page.t.customers_name_wrong());
        view.name = form.name;
        view.manager = form.manager;
        return page.show_again(&view);
    }
    let mut tx = page.scope().begin(&app.db).await?;
    let manager = chosen_manager(&mut tx, &form.manager).await?;
    store::set_details(&mut tx, customer.id, name, manager).await?;
    let event = Event::new("customer.details-changed")
        .of(customer.id)
        .before(json!({ "name": customer.name, "account_manager": customer.account_manager }))
        .after(json!({ "name": name, "account_manager": manager }));
    tx.commit(&app.clock, event).await?;
    Ok(back(&customer, "saved"))
}

/// Nobody, or somebody of the provider's people; anything else is no choice of this page.
pub(super) async fn chosen_manager(tx: &mut Tx, typed: &str) -> Result<Option<PersonId>, AppError> {
    if typed.is_empty() {
        return Ok(None);
    }
    let id: PersonId = typed.parse().map_err(|_| AppError::Bad("no such person"))?;
    let known = store::managers(tx).await?.iter().any(|(known, _)| *known == id);
    if known { Ok(Some(id)) } else { Err(AppError::Bad("no such person")) }
}

#[derive(Deserialize)]
pub struct NotesForm {
    notes: String,
    tags: String,
}

pub async fn notes(
    State(app): State<App>,
    Viewed { page, customer }: Viewed,
    CustomerForm(form): CustomerForm<NotesForm>,
) -> AppResult {
    let tags = match tags(&form.tags) {
        Ok(tags) => tags,
        Err(error) => {
            let mut view = view(&app, &page, customer).await?;
            view.errors.add(
                "tags",
                match error {
                    TagError::TooMany => page.t.customers_tags_too_many(),
                    TagError::TooLong => page.t.customers_tags_too_long(),
                },
            );
            view.typed_tags = form.tags;
            view.customer.notes = form.notes;
            return page.show_again(&view);
        }
    };
    let mut tx = page.scope().begin(&app.db).await?;
    let notes: String = form.notes.chars().take(8000).collect();
    store::set_notes(&mut tx, customer.id, &notes).await?;
    store::set_tags(&mut tx, customer.id, &tags).await?;
    let event = Event::new("customer.notes-changed")
        .of(customer.id)
        .before(json!({ "notes": customer.notes, "tags": customer.tags }))
        .after(json!({ "notes": notes, "tags": tags }));
    tx.commit(&app.clock, event).await?;
    Ok(back(&customer, "saved"))
}

/// Columns of the contacts form, one entry per row.
#[derive(Deserialize)]
pub struct ContactsForm {
    #[serde(default)]
    name: Vec<String>,
    #[serde(default)]
    mail: Vec<String>,
    #[serde(default)]
    phone: Vec<String>,
    #[serde(default)]
    role: Vec<String>,
}

impl ContactsForm {
    fn rows(&self) -> Vec<Contact> {
        let part = |column: &[String], row: usize| column.get(row).cloned().unwrap_or_default();
        let contact = |row| Contact {
            name: part(&self.name, row),
            mail: part(&self.mail, row),
            phone: part(&self.phone, row),
            role: part(&self.role, row),
        };
        (0..self.name.len()).map(contact).collect()
    }
}

pub async fn contacts(
    State(app): State<App>,
    Viewed { page, customer }: Viewed,
    CustomerForm(form): CustomerForm<ContactsForm>,
) -> AppResult {
    let contacts = match model::contacts(form.rows()) {
        Ok(contacts) => contacts,
        Err(error) => {
            let mut view = view(&app, &page, customer).await?;
            let sentence = match error {
                ContactError::TooMany => page.t.customers_contacts_too_many(),
                ContactError::TooLong => page.t.customers_contacts_too_long(),
                ContactError::NoName => page.t.customers_contacts_no_name(),
                ContactError::Mail => page.t.customers_contacts_mail_wrong(),
            };
            view.errors.add("contacts", sentence);
            view.contacts = form.rows();
            return page.show_again(&view);
        }
    };
    let mut tx = page.scope().begin(&app.db).await?;
    let before = store::contacts(&mut tx, customer.id).await?;
    store::set_contacts(&mut tx, &app.chance, customer.id, &contacts).await?;
    let event = Event::new("customer.contacts-changed").of(customer.id).before(before).after(&contacts);
    tx.commit(&app.clock, event).await?;
    Ok(back(&customer, "saved"))
}

#[derive(Deserialize)]
pub struct PauseForm {
    reason: String,
}

/// A pause stops all background work of this customer, and says to everybody why.
pub async fn pause(
    State(app): State<App>,
    Viewed { page, customer }: Viewed,
    CustomerForm(form): CustomerForm<PauseForm>,
) -> AppResult {
    let reason: String = form.reason.trim().chars().take(500).collect();
    if reason.is_empty() {
        let mut view = view(&app, &page, customer).await?;
        view.errors.add("reason", page.t.customers_pause_reason_missing());
        return page.show_again(&view);
    }
    let mut tx = page.scope().begin(&app.db).await?;
    store::pause(&mut tx, customer.id, &reason, app.clock.now()).await?;
    tx.commit(&app.clock, Event::new("customer.paused").of(customer.id).why(reason)).await?;
    Ok(back(&customer, "paused"))
}

#[derive(Deserialize)]
pub struct ResumeForm {}

pub async fn resume(
    State(app): State<App>,
    Viewed { page, customer }: Viewed,
    CustomerForm(ResumeForm {}): CustomerForm<ResumeForm>,
) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    store::resume(&mut tx, customer.id, app.clock.now()).await?;
    let known = consent::store::all(&mut tx, customer.id).await?;
    let reads = known.iter().any(|one| one.app == AppKind::Reader && one.granted());
    tx.commit(&app.clock, Event::new("customer.resumed").of(customer.id)).await?;
    app.nudge.notify_waiters();
    Ok(back(&customer, if reads { "resumed" } else { "resumed-unread" }))
}
