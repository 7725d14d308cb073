//! The proof that the log is as it was written.

use askama::Template;
use axum::extract::State;

use crate::app::App;
use crate::audit::verify;
use crate::kit::error::{AppError, AppResult, Told};
use crate::kit::frame::Frame;
use crate::kit::page::Page;
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

pub async fn show(State(app): State<App>, page: Page) -> AppResult {
    let t = page.t;
    let Ok(_turn) = app.walks.try_acquire() else {
        return Err(AppError::Conflict(Told {
            title: t.audit_walking_title(),
            what: t.audit_walking_what(),
            fix: t.audit_walking_fix(),
        }));
    };
    let mut tx = page.scope().begin(&app.db).await?;
    let report = verify::walk(&mut tx).await?;
    drop(tx);
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
        walked: t.moment(&app.clock.now()),
        frame: page.frame.clone(),
    })
}
