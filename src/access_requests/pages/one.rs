//! One request with all that is known of it, and what can be done about it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use uuid::Uuid;

use super::history::{Entry, history};
use super::lists::{around, oneself};
use super::outcome::{OutcomeView, outcome};
use super::rows::{EndedView, RowView, Way, ended};
use crate::access_requests::model::{Key, PENDING, REPROCESS, failed};
use crate::access_requests::store;
use crate::app::App;
use crate::customers::{Customer, Viewed, consent};
use crate::graph::PackageId;
use crate::kit::error::{AppError, AppResult};
use crate::kit::frame::Frame;
use crate::kit::page::Page;
use crate::kit::right::Right;
use crate::kit::text::T;
use crate::providers::AppKind;

/// How a failed delivery is asked for once more.
pub enum Redeliver {
    /// Here, by the operator app.
    Here,
    /// By the customer: this opens his admin center.
    Customer(String),
    /// It is too late: only a new request helps.
    Late,
    None,
}

#[derive(Template)]
#[template(path = "access_requests/one.html")]
struct OneView {
    frame: Frame,
    t: T,
    customer: Customer,
    row: RowView,
    ended: EndedView,
    waits: bool,
    history: Vec<Entry>,
    /// What became of what was meant last.
    last: Option<OutcomeView>,
    /// The account one is connected with here.
    connected: Option<String>,
    may_decide: bool,
    claimed_by_me: bool,
    batch: Uuid,
    verdict: String,
    reason: String,
    error: Option<String>,
    redeliver: Redeliver,
    /// What the requestor is handed: where he sees how it ended, and where he asks again.
    his_history: Option<String>,
    package_link: Option<String>,
}

/// Verdict, reason and sentence of a form that could not be taken.
type Again = (String, String, String);

pub async fn show(
    State(app): State<App>,
    Viewed { page, customer }: Viewed,
    Path((_, request)): Path<(String, String)>,
) -> AppResult {
    let key = Key { customer: customer.id, request };
    let view = view(&app, &page, customer, &key, None).await?;
    match &view.row.way {
        // Renewed without a question where Microsoft still knows him; where not, the connection is gone when he is back.
        Way::Renew(href) if view.waits => Ok(Redirect::to(href).into_response()),
        _ => page.show(&view),
    }
}

pub async fn show_again(
    app: &App,
    page: Page,
    customer: Customer,
    key: &Key,
    again: Again,
) -> Result<Response, AppError> {
    page.show_again(&view(app, &page, customer, key, Some(again)).await?)
}

async fn view(
    app: &App,
    page: &Page,
    customer: Customer,
    key: &Key,
    again: Option<Again>,
) -> Result<OneView, AppError> {
    let (t, now) = (page.t, app.clock.now());
    let mut tx = page.scope().begin(&app.db).await?;
    let row = store::find(&mut tx, key).await?.ok_or(AppError::NotFound)?;
    let who = oneself(&mut tx, page).await?;
    let back = format!("/requests/{}", key.path());
    let around = around(&mut tx, app, page, &who, (std::slice::from_ref(&row), back)).await?;
    let decisions = store::of_request(&mut tx, key).await?;
    let consents = consent::store::all(&mut tx, customer.id).await?;
    drop(tx);
    let waits = row.state == PENDING;
    let writes = consents.iter().any(|one| one.app == AppKind::Operator && one.granted());
    let redeliver = match row.failed_at.or(row.completed_at).filter(|_| failed(&row.state)) {
        None => Redeliver::None,
        Some(at) if at + REPROCESS <= now => Redeliver::Late,
        Some(_) if writes && page.scope().may(Right::Redeliver) => Redeliver::Here,
        Some(_) => Redeliver::Customer(app.cloud.entra_link(customer.entra_tenant_id)),
    };
    let claim = around.claims.iter().find(|claim| claim.key == *key);
    let last = decisions.last().filter(|one| waits || one.state != "refused").cloned();
    let domain = Some(row.domain.clone()).filter(|domain| !domain.is_empty());
    let connected = around.connections.as_ref().and_then(|own| own.get(&customer.id));
    let (verdict, reason, error) = again.map_or_else(Default::default, |(v, r, e)| (v, r, Some(e)));
    Ok(OneView {
        history: history(t, &now, &row, decisions, claim),
        claimed_by_me: claim.is_some_and(|claim| Some(claim.person) == page.scope().person()),
        last: last.map(|one| outcome(t, one)),
        connected: connected.map(|one| one.account.shown().to_owned()),
        may_decide: page.scope().may(Right::Decide),
        batch: app.chance.uuid_v4(),
        verdict,
        reason,
        error,
        redeliver,
        his_history: domain.as_ref().map(|domain| app.cloud.my_access_link(domain)),
        package_link: domain
            .as_ref()
            .map(|domain| app.cloud.package_link(domain, &PackageId::new(row.package_id.as_str()))),
        waits,
        ended: ended(t, now, row.clone()),
        row: around.row(row, &[]),
        customer,
        t,
        frame: page.frame.clone(),
    })
}
