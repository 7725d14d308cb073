//! The proof that the log is as it was written.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use tokio::sync::oneshot;

use crate::app::App;
use crate::audit::verify;
use crate::audit::walks::{Finding, Given, Turn};
use crate::kit::clock::Clock;
use crate::kit::error::{AppError, AppResult, Told};
use crate::kit::frame::Frame;
use crate::kit::page::Page;
use crate::kit::scope::Scope;
use crate::kit::text::T;

#[derive(Template)]
#[template(path = "audit/proof.html")]
struct ProofView {
    frame: Frame,
    t: T,
    sound: i64,
    head: String,
    until: Option<String>,
    /// Number of the first event that does not stand, and how it breaks the chain.
    broken: Option<(i64, String)>,
    walked: String,
}

/// How long a page waits for its walk; the router gives every page up after 30 s. Real time, as the router's.
const WAIT: Duration = Duration::from_secs(20);

/// How much longer a walk may take once the process stops.
const STOP_WITHIN: Duration = Duration::from_secs(5);

pub async fn show(State(app): State<App>, page: Page) -> AppResult {
    let found = match app.walks.ask(page.scope().provider(), app.clock.now()) {
        Given::Found(found) => found,
        Given::UnderWay => return Err(walking(page.t)),
        Given::Turn(turn) => match walk(&app, page.scope().clone(), turn).await? {
            Some(found) => found,
            None => return Err(walking(page.t)),
        },
    };
    tell(&page, found)
}

fn walking(t: T) -> AppError {
    AppError::Conflict(Told {
        title: t.audit_walking_title(),
        what: t.audit_walking_what(),
        fix: t.audit_walking_fix(),
    })
}

/// Walks aside; `None` where that takes too long to wait for: what it finds is kept for whoever asks next.
async fn walk(app: &App, scope: Scope, turn: Turn) -> Result<Option<Finding>, AppError> {
    let (answer, answered) = oneshot::channel();
    let own = app.clone();
    app.aside.spawn(async move {
        let walked = async {
            let mut tx = scope.begin(&own.db).await?;
            verify::walk(&mut tx).await
        };
        // A stopping process waits for a short walk, and for a long one no longer than for a page.
        let stopped = async {
            own.stop.cancelled().await;
            Clock::system().sleep(STOP_WITHIN).await;
        };
        let walked = tokio::select! {
            walked = walked => walked,
            () = stopped => return,
        };
        let found = walked.map(|report| Finding { report, at: own.clock.now() });
        if let Err(unheard) = answer.send(found) {
            match unheard {
                Ok(found) => turn.keep(found),
                Err(error) => tracing::warn!(%error, "an audit chain was not walked to its end"),
            }
        }
    });
    let machine = Clock::system();
    tokio::select! {
        answered = answered => match answered {
            Ok(found) => Ok(Some(found?)),
            Err(_) => Ok(None),
        },
        () = machine.sleep(WAIT) => Ok(None),
    }
}

fn tell(page: &Page, Finding { report, at }: Finding) -> AppResult {
    let t = page.t;
    if let Some(broken) = report.broken {
        tracing::error!(seq = broken.seq, why = broken.why.key(), "the audit chain is broken");
    }
    page.show(&ProofView {
        t,
        sound: report.sound,
        head: report.head,
        until: report.until.map(|at| t.moment(&at)),
        broken: report
            .broken
            .map(|broken| (broken.seq, t.text_or_key(&format!("audit-broken-{}", broken.why.key())))),
        walked: t.moment(&at),
        frame: page.frame.clone(),
    })
}
