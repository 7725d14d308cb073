//! All background work at a glance.

use askama::Template;
use axum::extract::State;

use super::{Cause, kind_text};
use crate::app::App;
use crate::graph::catalogue;
use crate::health::model::{AgeRow, CauseRow, KeptRow, KindRow, UnknownRow};
use crate::health::store;
use crate::kit::error::AppResult;
use crate::kit::frame::Frame;
use crate::kit::page::Page;
use crate::kit::right::Right;
use crate::kit::text::T;
use crate::notices::store::dead_count;

struct KindView {
    title: String,
    what: String,
    href: String,
    row: KindRow,
    late: Option<String>,
    last: Option<(String, String)>,
}

struct CauseView {
    kinds: Vec<String>,
    cause_key: String,
    /// The button has something to start: not where only steps of runs failed.
    again: bool,
    cause: Cause,
    many: i64,
    stopped: i64,
    names: String,
    more: i64,
    failures: i32,
    href: String,
}

struct UnknownView {
    row: UnknownRow,
    link: Option<String>,
    last: (String, String),
}

struct KeptView {
    title: String,
    what: String,
    /// All of them, in the list of customers.
    href: String,
    many: i64,
    /// Page and name of some.
    some: Vec<(String, String)>,
    more: i64,
}

impl KeptView {
    fn new(t: T, row: KeptRow) -> Self {
        let paused = row.why == "paused";
        Self {
            title: if paused {
                t.customers_paused()
            } else {
                t.text_or_key(&format!("customers-state-{}", row.why))
            },
            what: t.text_or_key(&format!("health-standing-{}-what", row.why)),
            href: if paused {
                "/customers?paused=yes".to_owned()
            } else {
                format!("/customers?state={}&paused=no", row.why)
            },
            more: row.many.saturating_sub(i64::try_from(row.names.len()).unwrap_or(0)),
            many: row.many,
            some: row.ids.iter().map(|id| format!("/customers/{id}")).zip(row.names).collect(),
        }
    }
}

struct AgeView {
    href: String,
    name: String,
    requests: Option<(String, String)>,
    directory: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "health/home.html")]
struct HomeView {
    frame: Frame,
    t: T,
    kinds: Vec<KindView>,
    causes: Vec<CauseView>,
    unknown: Vec<UnknownView>,
    kept: Vec<KeptView>,
    slowest: Vec<AgeView>,
    stopped: i64,
    /// Messages that could not be sent, for whoever may send them again.
    dead: i64,
    may_steer: bool,
}

fn rows_of(kind: Option<&str>, cause: Option<&str>) -> String {
    let query = serde_html_form::to_string([("kind", kind), ("cause", cause)]).unwrap_or_default();
    format!("/health/rows?{query}")
}

pub async fn show(State(app): State<App>, page: Page) -> AppResult {
    let (t, now) = (page.t, app.clock.now());
    let mut tx = page.scope().begin(&app.db).await?;
    let kinds = store::kinds(&mut tx, now).await?;
    let causes = store::causes(&mut tx).await?;
    let unknown = store::unknown_codes(&mut tx).await?;
    let kept = store::kept(&mut tx).await?;
    let slowest = store::slowest(&mut tx).await?;
    let may_send = page.scope().may(Right::Administer);
    let dead = if may_send { dead_count(&mut tx).await? } else { 0 };
    drop(tx);
    let kind = |row: KindRow| KindView {
        title: kind_text(t, &row.kind),
        what: t.text(&format!("health-kind-{}-what", row.kind)).unwrap_or_default(),
        href: rows_of(Some(&row.kind), None),
        late: row.late_since.map(|at| t.span(&(now - at))),
        last: row.last_ended.map(|at| (t.age(&at, &now), t.moment(&at))),
        row,
    };
    let cause = |row: CauseRow| CauseView {
        kinds: row.kinds.iter().map(|kind| kind_text(t, kind)).collect(),
        again: row.kinds.iter().any(|kind| kind != "step"),
        href: rows_of(None, Some(&row.cause)),
        cause: Cause::new(t, &row.cause, None),
        more: row.many.saturating_sub(i64::try_from(row.names.len()).unwrap_or(0)),
        names: row.names.join(", "),
        cause_key: row.cause,
        many: row.many,
        stopped: row.stopped,
        failures: row.failures,
    };
    let code = |row: UnknownRow| UnknownView {
        link: catalogue::link_of("refused", Some(&row.code)),
        last: (t.age(&row.last_at, &now), t.moment(&row.last_at)),
        row,
    };
    let age = |row: AgeRow| AgeView {
        href: format!("/customers/{}", row.customer),
        name: row.name,
        requests: row.requests_at.map(|at| (t.age(&at, &now), t.moment(&at))),
        directory: row.directory_at.map(|at| (t.age(&at, &now), t.moment(&at))),
    };
    page.show(&HomeView {
        t,
        stopped: kinds.iter().map(|row| row.stopped).sum(),
        kinds: kinds.into_iter().map(kind).collect(),
        causes: causes.into_iter().map(cause).collect(),
        unknown: unknown.into_iter().map(code).collect(),
        kept: kept.into_iter().map(|row| KeptView::new(t, row)).collect(),
        slowest: slowest.into_iter().map(age).collect(),
        dead,
        may_steer: page.scope().may(Right::SteerWork),
        frame: page.frame.clone(),
    })
}
