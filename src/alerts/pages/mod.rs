//! One customer's alerts: how many, how old, and where they are dealt with.

use askama::Template;
use axum::extract::State;

use crate::alerts::model::SEVERITIES;
use crate::alerts::store;
use crate::app::App;
use crate::customers::{Tab, Viewed, tabs};
use crate::kit::error::AppResult;
use crate::kit::frame::Frame;
use crate::kit::right::Right;
use crate::kit::router::Routes;
use crate::kit::text::T;

pub fn routes() -> Routes<App> {
    Routes::default().get("/customers/{customer}/alerts", Right::ViewCustomers, show)
}

struct CountView {
    severity: String,
    pressing: bool,
    open: i64,
    new: i64,
    oldest: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "alerts/customer.html")]
struct AlertsView {
    frame: Frame,
    t: T,
    tabs: Vec<Tab>,
    state: String,
    counts: Vec<CountView>,
    last: Option<(String, String)>,
    read: Option<(String, String)>,
    problem: Option<(String, String)>,
    /// None where this cloud has no Defender portal that is known.
    defender: Option<String>,
    consent: Option<String>,
}

async fn show(State(app): State<App>, Viewed { page, customer }: Viewed) -> AppResult {
    let (t, now) = (page.t, app.clock.now());
    let mut tx = page.scope().begin(&app.db).await?;
    let counts = store::counts(&mut tx, customer.id).await?;
    let standing = store::standing(&mut tx, customer.id).await?;
    drop(tx);
    let aged = |at: chrono::DateTime<chrono::Utc>| (t.age(&at, &now), t.moment(&at));
    let in_order = SEVERITIES.into_iter().filter_map(|severity| {
        let count = counts.iter().find(|count| count.severity == severity)?;
        Some(CountView {
            severity: t.text_or_key(&format!("alerts-severity-{severity}")),
            pressing: severity == "high",
            open: count.open,
            new: count.new,
            oldest: count.oldest.map(aged),
        })
    });
    let cause = standing.cause;
    page.show(&AlertsView {
        t,
        tabs: tabs(&page, customer.id, "alerts"),
        counts: in_order.collect(),
        last: standing.last_alert_at.map(aged),
        read: standing.read_at.map(aged),
        problem: (!cause.is_empty()).then(|| {
            let part = |part: &str| t.text_or_key(&format!("errors-{cause}-{part}"));
            (part("what"), part("fix"))
        }),
        state: standing.state,
        defender: app.cloud.defender_link(customer.entra_tenant_id),
        consent: page.scope().may(Right::Onboard).then(|| format!("/customers/{}/consent", customer.id)),
        frame: page.frame.clone(),
    })
}
