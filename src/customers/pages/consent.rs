//! The consent page: what each app may do, the link to send, what the last check found.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::tabs::{Tab, tabs};
use crate::app::App;
use crate::customers::consent::{self, store::Consent};
use crate::customers::extract::Viewed;
use crate::customers::model::{Customer, State as CustomerState};
use crate::customers::store;
use crate::kit::audit::Event;
use crate::kit::error::{AppError, AppResult, Told};
use crate::kit::form::CustomerForm;
use crate::kit::frame::Frame;
use crate::kit::ids::CustomerId;
use crate::kit::page::Page;
use crate::kit::session::hash;
use crate::kit::text::T;
use crate::kit::work;
use crate::providers::{self, AppKind};

pub(super) const CALLBACK: &str = "/consent/callback";
/// Apps a customer consents to here.
const APPS: [AppKind; 3] = [AppKind::Reader, AppKind::Operator, AppKind::Approver];

struct AppView {
    key: &'static str,
    title: String,
    what: String,
    permissions: Vec<&'static str>,
    ready: bool,
    state: String,
    state_key: String,
    checked: Option<String>,
    problem: Option<(String, String)>,
    missing: Vec<String>,
    /// Until when the link sent last is good.
    open_until: Option<String>,
    /// When the administrator declined it, if nothing was asked since.
    declined: Option<String>,
    /// Makes the form's link the same one, however often the form is sent.
    once: String,
    /// The link, shown once: only its hash is kept.
    link: Option<String>,
    mail: Option<String>,
    remove: String,
}

#[derive(Template)]
#[template(path = "customers/consent.html")]
struct ConsentView {
    frame: Frame,
    t: T,
    tabs: Vec<Tab>,
    customer: Customer,
    apps: Vec<AppView>,
}

pub async fn show(State(app): State<App>, Viewed { page, customer }: Viewed) -> AppResult {
    page.show(&view(&app, &page, customer, None).await?)
}

async fn view(
    app: &App,
    page: &Page,
    customer: Customer,
    made: Option<(AppKind, String)>,
) -> Result<ConsentView, AppError> {
    let now = app.clock.now();
    let mut tx = page.scope().begin(&app.db).await?;
    let known = consent::store::all(&mut tx, customer.id).await?;
    let open = consent::store::open_links(&mut tx, customer.id, now).await?;
    let declined = consent::store::declined(&mut tx, customer.id).await?;
    let mut apps = Vec::new();
    for kind in APPS {
        let credential = providers::store::credential(&mut tx, &app.seal, kind).await?;
        let consent = known.iter().find(|one| one.app == kind);
        let mut view = app_view(app, page.t, &customer, kind, consent);
        view.ready = credential.is_some();
        view.declined = declined.iter().find(|(one, _)| *one == kind).map(|(_, at)| page.t.moment(at));
        if let Some(credential) = credential {
            view.remove = app.cloud.enterprise_app_link(customer.entra_tenant_id, &credential.client_id);
        }
        view.open_until =
            open.iter().rev().find(|(one, ..)| *one == kind).map(|(_, _, ends)| page.t.date(ends));
        if let Some((_, link)) = made.as_ref().filter(|(one, _)| *one == kind) {
            let (customer, provider) = (customer.name.clone(), page.session.provider_name.clone());
            view.mail = Some(match kind {
                AppKind::Approver => page
                    .t
                    .customers_consent_mail_approver()
                    .customer(customer)
                    .provider(provider)
                    .link(link.clone()),
                AppKind::Operator => page
                    .t
                    .customers_consent_mail_operator()
                    .customer(customer)
                    .provider(provider)
                    .link(link.clone()),
                _ => page
                    .t
                    .customers_consent_mail_reader()
                    .customer(customer)
                    .provider(provider)
                    .link(link.clone()),
            });
            view.link = Some(link.clone());
        }
        apps.push(view);
    }
    Ok(ConsentView {
        t: page.t,
        tabs: tabs(page, customer.id, "consent"),
        apps,
        frame: page.frame.clone(),
        customer,
    })
}

fn app_view(app: &App, t: T, customer: &Customer, kind: AppKind, consent: Option<&Consent>) -> AppView {
    let writes = customer.standing.state.writes();
    let state = consent.map_or("unknown", |one| one.shown_as(writes));
    let now = app.clock.now();
    AppView {
        key: kind.key(),
        title: t.text_or_key(&format!("customers-app-{}", kind.key())),
        what: t.text_or_key(&format!("customers-app-{}-what", kind.key())),
        permissions: match kind {
            AppKind::Approver => kind.delegated_permissions().to_vec(),
            _ => kind.application_permissions().to_vec(),
        },
        ready: false,
        state: t.text_or_key(&format!("customers-consent-{state}")),
        state_key: state.to_owned(),
        checked: consent.and_then(|one| one.checked_at).map(|at| t.age(&at, &now)),
        problem: consent.filter(|one| !one.rests(writes)).and_then(Consent::trouble).map(|cause| {
            let text = |part: &str| t.text_or_key(&format!("errors-{cause}-{part}"));
            (text("what"), text("fix"))
        }),
        missing: consent.filter(|one| !one.rests(writes)).map(|one| one.missing.clone()).unwrap_or_default(),
        open_until: None,
        declined: None,
        once: app.chance.token(),
        link: None,
        mail: None,
        remove: String::new(),
    }
}

#[derive(Deserialize)]
pub struct LinkForm {
    app: String,
    #[serde(default)]
    once: String,
}

/// The link's state by what the form brought: a browser that sends the form again gets the same link, and no other
/// provider, customer or app can have it.
fn state_of(page: &Page, customer: CustomerId, kind: AppKind, once: &str) -> String {
    let of = format!("consent-link|{}|{customer}|{}|{once}", page.scope().provider(), kind.key());
    URL_SAFE_NO_PAD.encode(hash(&of))
}

/// Makes a link and shows it. It is good for 14 days and is spent only when consent is proven. Reloading the page that
/// shows it sends the form again and shows the same link.
pub async fn make_link(
    State(app): State<App>,
    Viewed { page, customer }: Viewed,
    CustomerForm(form): CustomerForm<LinkForm>,
) -> AppResult {
    let kind = AppKind::from_key(&form.app)
        .filter(|kind| APPS.contains(kind))
        .ok_or(AppError::Bad("no such app"))?;
    let mut tx = page.scope().begin(&app.db).await?;
    let credential = providers::store::credential(&mut tx, &app.seal, kind).await?;
    let credential = credential.ok_or_else(|| app_not_ready(page.t))?;
    // A form without its own mark, or with one that anybody could guess, makes a link like any other.
    let once = if form.once.len() < 32 { app.chance.token() } else { form.once };
    let state = state_of(&page, customer.id, kind, &once);
    if consent::store::keep_link(&mut tx, customer.id, kind, &state, app.clock.now()).await? {
        work::wake(&mut tx, customer.id, consent::WORK, app.clock.now()).await?;
        if kind == AppKind::Reader {
            store::link_sent(&mut tx, customer.id, app.clock.now()).await?;
        } else if customer.standing.state == CustomerState::OperatorWanted {
            let standing = customer.standing.clone();
            let standing = consent::settled(&mut tx, customer.id, standing, app.clock.now()).await?;
            store::set_standing(&mut tx, customer.id, &standing, app.clock.now()).await?;
        }
        tx.commit(&app.clock, Event::new("consent.link-made").of(customer.id).after(kind.key())).await?;
    } else {
        drop(tx);
    }
    let callback = app.address(CALLBACK);
    let link = app.cloud.admin_consent_link(
        customer.entra_tenant_id,
        &credential.client_id,
        callback.as_str(),
        &state,
    );
    page.show(&view(&app, &page, customer, Some((kind, link))).await?)
}

fn app_not_ready(t: T) -> AppError {
    AppError::Conflict(Told {
        title: t.customers_app_not_ready_title(),
        what: t.customers_app_not_ready_what(),
        fix: t.customers_app_not_ready_fix(),
    })
}

#[derive(Deserialize)]
pub struct CheckForm {
    /// Step of the onboarding whose page is to come back; empty for the overview.
    #[serde(default)]
    step: Option<String>,
}

/// Has everything about this customer read now.
pub async fn check_now(
    State(app): State<App>,
    Viewed { page, customer }: Viewed,
    CustomerForm(form): CustomerForm<CheckForm>,
) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let reads = consent::store::all(&mut tx, customer.id).await?;
    let reads = reads.iter().any(|one| one.app == AppKind::Reader && one.granted());
    store::wake_all(&mut tx, customer.id, app.clock.now()).await?;
    work::wake(&mut tx, customer.id, consent::WORK, app.clock.now()).await?;
    tx.commit(&app.clock, Event::new("customer.read-now").of(customer.id)).await?;
    app.nudge.notify_waiters();
    let plain = |text: &&String| {
        text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c))
    };
    let back = match form.step.as_ref().filter(plain) {
        Some(step) if step == "onboarding" => "/onboarding".to_owned(),
        Some(step) => format!("/onboarding/steps/{step}"),
        None => String::new(),
    };
    // What is told is what follows: a paused customer is not read, and one without consent is only asked about it.
    let done = match (&customer.pause, reads) {
        (Some(_), _) => "reading-paused",
        (None, false) => "checking-consent",
        (None, true) => "reading",
    };
    Ok(Redirect::to(&format!("/customers/{}{back}?done={done}", customer.id)).into_response())
}
