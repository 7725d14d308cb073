//! Adding a customer: by domain or Entra tenant id, found by the discovery document, shown back before saving.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use serde_json::json;

use super::edit::chosen_manager;
use crate::app::App;
use crate::customers::consent;
use crate::customers::model::{NAME, Standing, State as CustomerState, WhoseMove};
use crate::customers::store::{self, NewCustomer, TakenBy};
use crate::graph::discovery::{self, Discovered, DiscoveryError};
use crate::graph::organization::TenantInformation;
use crate::kit::audit::Event;
use crate::kit::error::{AppError, AppResult};
use crate::kit::form::{FieldErrors, Form};
use crate::kit::frame::Frame;
use crate::kit::ids::{CustomerId, EntraTenantId};
use crate::kit::page::Page;
use crate::kit::scope::Tx;
use crate::kit::text::T;
use crate::kit::work;
use crate::providers::{self, AppKind};

#[derive(Template)]
#[template(path = "customers/add.html")]
struct AskView {
    frame: Frame,
    t: T,
    domain: String,
    error: Option<String>,
}

pub async fn ask(page: Page) -> AppResult {
    page.show(&AskView { t: page.t, domain: String::new(), error: None, frame: page.frame.clone() })
}

#[derive(Deserialize)]
pub struct FindForm {
    domain: String,
}

#[derive(Template)]
#[template(path = "customers/found.html")]
struct FoundView {
    frame: Frame,
    t: T,
    /// As it was typed, for the second look-up.
    typed: String,
    /// Empty: not known yet.
    domain: String,
    entra_tenant_id: String,
    region: Option<String>,
    name: String,
    verified: bool,
    managers: Vec<(String, String)>,
    manager: String,
    errors: FieldErrors,
}

/// Looks the directory up and shows it; nothing is saved yet.
pub async fn find(State(app): State<App>, page: Page, Form(form): Form<FindForm>) -> AppResult {
    let domain = form.domain.trim().to_lowercase();
    let again =
        |error| AskView { t: page.t, domain: domain.clone(), error: Some(error), frame: page.frame.clone() };
    let found = match app.graph.discover(&domain).await {
        Ok(found) => found,
        Err(error) => return page.show_again(&again(refusal(page.t, &error))),
    };
    let told = told(&app, &page, found.tenant).await;
    let mut tx = page.scope().begin(&app.db).await?;
    if let Some(sentence) = own_directory(&mut tx, page.t, found.tenant).await? {
        return page.show_again(&again(sentence));
    }
    if store::is_customer(&mut tx, found.tenant).await? {
        return page.show_again(&again(page.t.customers_refused_ours()));
    }
    page.show(&found_view(&page, &mut tx, domain, &found, told).await?)
}

async fn found_view(
    page: &Page,
    tx: &mut Tx,
    typed: String,
    found: &Discovered,
    told: Option<TenantInformation>,
) -> Result<FoundView, AppError> {
    let managers = store::managers(tx).await?;
    Ok(FoundView {
        t: page.t,
        entra_tenant_id: found.tenant.to_string(),
        region: found.region.clone(),
        domain: domain_of(&typed, told.as_ref()),
        verified: told.is_some(),
        name: told.map(|told| told.display_name).unwrap_or_default(),
        managers: managers.into_iter().map(|(id, name)| (id.to_string(), name)).collect(),
        manager: page.scope().person().map(|person| person.to_string()).unwrap_or_default(),
        errors: FieldErrors::default(),
        frame: page.frame.clone(),
        typed,
    })
}

/// Why a directory of the provider himself is no customer: what is set up in customers lets his own people in.
async fn own_directory(tx: &mut Tx, t: T, found: EntraTenantId) -> Result<Option<String>, sqlx::Error> {
    let provider = providers::store::provider(tx).await?;
    Ok(if provider.sign_in_tenant == Some(found.0) {
        Some(t.customers_refused_sign_in())
    } else if provider.analyst_tenant == Some(found.0) {
        Some(t.customers_refused_analysts())
    } else {
        None
    })
}

fn refusal(t: T, error: &DiscoveryError) -> String {
    match error {
        DiscoveryError::Malformed => t.customers_refused_malformed(),
        DiscoveryError::NoSuchTenant => t.customers_refused_no_such_tenant(),
        DiscoveryError::AnotherCloud(cloud) => t.customers_refused_another_cloud(cloud.clone()),
        DiscoveryError::Graph(error) => {
            tracing::warn!(%error, "discovery failed");
            t.customers_refused_unreachable()
        }
    }
}

/// What Microsoft tells the provider's own reader about a directory; `None` where that cannot be asked, or nothing is
/// told.
async fn told(app: &App, page: &Page, tenant: EntraTenantId) -> Option<TenantInformation> {
    let mut tx = page.scope().begin(&app.db).await.ok()?;
    let home = providers::store::sign_in_tenant(&mut tx).await.ok()??;
    let reader = providers::store::credential(&mut tx, &app.seal, AppKind::Reader).await.ok()??;
    drop(tx);
    let told = app.graph.app(home, &reader).for_person().tenant_by_id(tenant).await;
    let told = told.map_err(|error| tracing::info!(%error, "organisation name not readable")).ok()??;
    Some(told).filter(|told| !told.display_name.is_empty())
}

/// The domain that was typed, else the directory's default one. Empty where neither is known: his own directory tells
/// it after the first consent.
fn domain_of(typed: &str, told: Option<&TenantInformation>) -> String {
    match discovery::named(typed) {
        Ok(name) if name.parse::<EntraTenantId>().is_err() => name,
        _ => told.map(|told| told.default_domain_name.to_lowercase()).unwrap_or_default(),
    }
}

#[derive(Deserialize)]
pub struct AddForm {
    domain: String,
    entra_tenant_id: String,
    name: String,
    manager: String,
}

pub async fn add(State(app): State<App>, page: Page, Form(form): Form<AddForm>) -> AppResult {
    // Looked up again: the id in the form is only what the person saw, not what we trust.
    let found = match app.graph.discover(&form.domain).await {
        Ok(found) if found.tenant.to_string() == form.entra_tenant_id => found,
        Ok(_) => return Err(AppError::Bad("the directory is another one than was shown")),
        Err(error) => {
            let error = Some(refusal(page.t, &error));
            return page.show_again(&AskView {
                t: page.t,
                domain: form.domain,
                error,
                frame: page.frame.clone(),
            });
        }
    };
    let told = told(&app, &page, found.tenant).await;
    let domain = domain_of(&form.domain, told.as_ref());
    let typed = form.name.trim().chars().take(NAME).collect::<String>();
    let mut tx = page.scope().begin(&app.db).await?;
    if let Some(sentence) = own_directory(&mut tx, page.t, found.tenant).await? {
        let (domain, error, frame) = (form.domain, Some(sentence), page.frame.clone());
        return page.show_again(&AskView { t: page.t, domain, error, frame });
    }
    if typed.is_empty() && told.is_none() && domain.is_empty() {
        // His tenant id alone would tell nobody in a list who he is.
        let mut view = found_view(&page, &mut tx, form.domain, &found, None).await?;
        view.errors.add("name", page.t.customers_name_missing());
        view.manager = form.manager;
        return page.show_again(&view);
    }
    let told = told.map(|told| told.display_name.chars().take(NAME).collect::<String>());
    // The domain stands in for a name until the directory's own can be read.
    let name = if typed.is_empty() { told.clone().unwrap_or_else(|| domain.clone()) } else { typed };
    let account_manager = chosen_manager(&mut tx, &form.manager).await?;
    let new = NewCustomer {
        id: CustomerId::new(&app.clock, &app.chance),
        entra_tenant_id: found.tenant,
        domain,
        name_verified: told.as_deref() == Some(name.as_str()),
        name,
        account_manager,
        standing: Standing {
            state: CustomerState::New,
            whose_move: WhoseMove::Us,
            next_move: "customers-next-send-link".to_owned(),
            steps_done: 0,
            steps_total: 0,
        },
    };
    match store::add(&mut tx, &new, app.clock.now()).await {
        Ok(()) => {}
        Err(TakenBy::Ours) => {
            let error = Some(page.t.customers_refused_ours());
            return page.show_again(&AskView {
                t: page.t,
                domain: form.domain,
                error,
                frame: page.frame.clone(),
            });
        }
        Err(TakenBy::Sql(error)) => return Err(error.into()),
    }
    work::wake(&mut tx, new.id, consent::WORK, app.clock.now()).await?;
    let event = Event::new("customer.added").of(new.id).after(json!({
        "name": new.name, "domain": new.domain, "entra_tenant_id": new.entra_tenant_id,
    }));
    tx.commit(&app.clock, event).await?;
    app.nudge.notify_waiters();
    Ok(Redirect::to(&format!("/customers/{}?done=customer-added", new.id)).into_response())
}
