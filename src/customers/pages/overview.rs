//! One customer at a glance: his standing, whose move, his links into Microsoft's portals, his people and notes.

use askama::Template;
use axum::extract::State;

use super::tabs::{Tab, tabs};
use crate::app::App;
use crate::customers::consent;
use crate::customers::extract::Viewed;
use crate::customers::model::{Contact, Customer};
use crate::customers::store::{self, PackageLink};
use crate::kit::error::AppResult;
use crate::kit::frame::Frame;
use crate::kit::reading;
use crate::kit::right::Right;
use crate::kit::text::T;

struct ConsentView {
    title: String,
    state: String,
    state_key: String,
    since: String,
    problem: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "customers/overview.html")]
struct OverviewView {
    frame: Frame,
    t: T,
    tabs: Vec<Tab>,
    customer: Customer,
    state: String,
    next_move: String,
    since: String,
    since_moment: String,
    read: Option<(String, String)>,
    expiry: Option<String>,
    paused: Option<(String, String, String)>,
    consents: Vec<ConsentView>,
    contacts: Vec<Contact>,
    links: Vec<PackageLink>,
    /// None while no domain of his is known.
    my_access: Option<String>,
    defender: Option<String>,
    entra: String,
    may_onboard: bool,
    may_keep_notes: bool,
    may_steer: bool,
}

pub async fn show(State(app): State<App>, Viewed { page, customer }: Viewed) -> AppResult {
    let (t, now) = (page.t, app.clock.now());
    let mut tx = page.scope().begin(&app.db).await?;
    let consents = consent::store::all(&mut tx, customer.id).await?;
    let contacts = store::contacts(&mut tx, customer.id).await?;
    let links = store::links(&mut tx, customer.id).await?;
    reading::looked(&mut tx, customer.id, now).await?;
    tx.commit_bookkeeping("who looks wants it fresh").await?;
    let standing = &customer.standing;
    let view = OverviewView {
        t,
        tabs: tabs(&page, customer.id, ""),
        state: t.text_or_key(&format!("customers-state-{}", standing.state.key())),
        next_move: t.text_or_key(&standing.next_move),
        since: t.span(&(now - customer.since)),
        since_moment: t.moment(&customer.since),
        read: customer.read_at.map(|at| (t.age(&at, &now), t.moment(&at))),
        expiry: customer.next_expiry.map(|at| t.date(&at)),
        paused: customer
            .pause
            .as_ref()
            .map(|pause| (t.moment(&pause.at), pause.by.clone().unwrap_or_default(), pause.reason.clone())),
        consents: consents
            .into_iter()
            .map(|one| {
                let state = one.shown_as(customer.standing.state.writes());
                let cause = one.trouble().filter(|_| state == one.state);
                ConsentView {
                    title: t.text_or_key(&format!("customers-app-{}", one.app.key())),
                    state: t.text_or_key(&format!("customers-consent-{state}")),
                    since: t.span(&(now - one.since)),
                    problem: cause.map(|cause| {
                        let text = |part: &str| t.text_or_key(&format!("errors-{cause}-{part}"));
                        (text("what"), text("fix"))
                    }),
                    state_key: state.to_owned(),
                }
            })
            .collect(),
        contacts,
        links,
        my_access: (!customer.domain.is_empty()).then(|| app.cloud.my_access_link(&customer.domain)),
        defender: app.cloud.defender_link(customer.entra_tenant_id),
        entra: app.cloud.entra_link(customer.entra_tenant_id),
        may_onboard: page.scope().may(Right::Onboard),
        may_keep_notes: page.scope().may(Right::KeepNotes),
        may_steer: page.scope().may(Right::SteerWork),
        frame: page.frame.clone(),
        customer,
    };
    page.show(&view)
}
