//! One attempt at one step: journalled before the first call, before each write, and after the last.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::EngineError;
use super::run::Applying;
use crate::app::App;
use crate::graph::{Directory, GraphError, GraphErrorKind, PackageId};
use crate::kit::audit::Event;
use crate::kit::planted::{self, Bug};
use crate::kit::scope::Tx;
use crate::kit::unknown;
use crate::kit::work::{Claimed, WorkError};
use crate::onboarding::apply::{Applied, Hands, Ledger, Sent, Stop, Wrote};
use crate::onboarding::facts::Facts;
use crate::onboarding::progress;
use crate::onboarding::store::{self, RunStep, RunStepState};
use crate::onboarding::wanted::Wanted;

/// What an attempt means for the run.
pub(super) enum Turn {
    Done,
    /// Comes again then.
    Later(DateTime<Utc>),
    Failed,
    /// The operator's consent is gone; the run waits for it.
    ConsentLost,
}

/// Attempts until what never shows is left to a person: about a quarter of an hour. Longer than Microsoft was ever seen
/// to take; whatever an earlier step saw and made done is rather gone than late.
const PATIENCE: i32 = 20;
/// The same for what Microsoft makes some time after it was asked: about half an hour.
const DELIVERY: i32 = 40;
/// Writes that are answered before they have their effect.
const DELIVERED: &[&str] = &["resource", "package-role", "role", "assignment"];
/// Attempts in a row at something Microsoft refuses for a passing reason.
const REPEATS: i64 = 8;

/// One attempt. Errors of Microsoft end in the journal, not in the work's outcome.
pub(super) async fn turn(
    app: &App,
    claimed: &Claimed,
    applying: &Applying,
    facts: &Facts,
    directory: &Directory,
    step: &RunStep,
) -> Result<Turn, EngineError> {
    let begun = app.clock.now();
    let mut tx = claimed.begin(&app.db).await?;
    store::begin_step(&mut tx, applying.run.id, &step.key, begun).await?;
    if step.attempts == 0 {
        store::log(&mut tx, applying.run.id, (&step.key.to_string(), "begun"), &[], begun).await?;
    }
    tx.commit_bookkeeping("journal: before the first call").await?;
    let wanted = Wanted { blueprint: &applying.blueprint, facts };
    let journal = Journal { app, claimed, applying, step };
    let hands = Hands { directory, wanted, clock: &app.clock, sent: &step.sent, ledger: &journal };
    match hands.apply(&step.key).await {
        Ok(applied) => journal.done(applied).await,
        Err(Stop::NotYet(what)) => journal.not_yet(what).await,
        Err(Stop::Graph(error)) => journal.refused(&error).await,
        Err(Stop::Work(error)) => Err(error.into()),
    }
}

struct Journal<'a> {
    app: &'a App,
    claimed: &'a Claimed,
    applying: &'a Applying,
    step: &'a RunStep,
}

impl Ledger for Journal<'_> {
    async fn sending(&self, what: &'static str) -> Result<(), WorkError> {
        // The lease outlasts the call that follows; whoever lost it hears so here, and sends nothing.
        self.claimed.renew(&self.app.db, &self.app.clock).await?;
        let mut tx = self.claimed.begin(&self.app.db).await?;
        let now = self.app.clock.now();
        if !planted::has(Bug::CrashForgotten) {
            store::mark_sending(&mut tx, self.applying.run.id, &self.step.key, what, now).await?;
        }
        Ok(tx.commit_bookkeeping("journal: a write is about to leave").await?)
    }

    async fn refused(&self, what: &'static str) -> Result<(), WorkError> {
        let mut tx = self.claimed.begin(&self.app.db).await?;
        store::mark_refused(&mut tx, self.applying.run.id, &self.step.key, what).await?;
        Ok(tx.commit_bookkeeping("journal: a write that had no effect").await?)
    }

    async fn wrote(&self, wrote: Wrote) -> Result<(), WorkError> {
        let (now, key, run) = (self.app.clock.now(), &self.step.key, self.applying.run.id);
        let mut tx = self.claimed.begin(&self.app.db).await?;
        if let Some(id) = &wrote.id {
            store::own(&mut tx, self.claimed.customer(), &key.to_string(), id, now).await?;
        }
        store::mark_wrote(&mut tx, run, key, &wrote, now).await?;
        let event =
            Event::new("step.applied").of(self.claimed.customer()).before(wrote.before).after(json!({
                "step": key, "id": wrote.id, "wrote": wrote.what, "values": wrote.after, "run": run,
            }));
        Ok(tx.commit(&self.app.clock, event).await?)
    }

    async fn found(&self, id: &str) -> Result<(), WorkError> {
        let mut tx = self.claimed.begin(&self.app.db).await?;
        let key = self.step.key.to_string();
        store::own(&mut tx, self.claimed.customer(), &key, id, self.app.clock.now()).await?;
        Ok(tx.commit_bookkeeping("the id of what carries our mark").await?)
    }
}

impl Journal<'_> {
    async fn done(&self, applied: Applied) -> Result<Turn, EngineError> {
        let (now, key, run) = (self.app.clock.now(), &self.step.key, self.applying.run.id);
        let customer = self.claimed.customer();
        let mut tx = self.claimed.begin(&self.app.db).await?;
        let (id, linked) = match &applied {
            Applied::Done(id) => (id.as_deref(), false),
            Applied::Linked { package, name, hint } => {
                self.keep_link(&mut tx, package, name, hint, now).await?;
                (None, true)
            }
        };
        if let Some(id) = id {
            store::own(&mut tx, customer, &key.to_string(), id, now).await?;
        }
        store::end_step(&mut tx, run, (key, RunStepState::Done), None, now).await?;
        let sent = store::sent(&mut tx, run, key).await?;
        let message = if linked || !sent.0.is_empty() { "done" } else { "found" };
        store::log(&mut tx, run, (&key.to_string(), message), &[], now).await?;
        progress::keep(&mut tx, &self.app.clock, customer).await?;
        let unanswered = sent.unanswered();
        if unanswered.is_empty() {
            tx.commit_bookkeeping("each write was told when it was answered").await?;
        } else {
            // Sent without an answer, and now it is there: that was us.
            let after = json!({ "step": key, "id": id, "wrote": unanswered, "answer": "lost", "run": run });
            tx.commit(&self.app.clock, Event::new("step.applied").of(customer).after(after)).await?;
        }
        Ok(Turn::Done)
    }

    async fn keep_link(
        &self,
        tx: &mut Tx,
        package: &PackageId,
        name: &str,
        hint: &str,
        now: DateTime<Utc>,
    ) -> Result<(), EngineError> {
        let url = self.app.cloud.package_link(hint, package);
        let days = i64::from(self.applying.blueprint.access.decide_days);
        let link = (package.as_str(), name, url.as_str());
        let customer = self.claimed.customer();
        store::store_link(tx, customer, &self.step.key.of, link, Some(days * 86_400), now).await?;
        let found = json!({ "name": name, "package": package, "hint": hint });
        Ok(store::step_found(tx, self.applying.run.id, &self.step.key, &found).await?)
    }

    async fn not_yet(&self, what: &'static str) -> Result<Turn, EngineError> {
        if self.step.attempts >= patience(what, &self.step.sent) {
            return self.fail(json!({ "cause": "not-visible", "what": what }), "not-visible").await;
        }
        let first = self.step.state != RunStepState::Settling;
        self.end(RunStepState::Settling, &json!({ "what": what }), first.then_some("waits")).await?;
        Ok(Turn::Later(self.app.clock.now() + back_off(self.step.attempts)))
    }

    async fn refused(&self, error: &GraphError) -> Result<Turn, EngineError> {
        let mut problem = error.problem();
        if error.lost_consent() {
            self.end(RunStepState::Pending, &problem, Some("consent-lost")).await?;
            return Ok(Turn::ConsentLost);
        }
        let before = self.step.problem.as_ref().and_then(|problem| problem.get("repeats")?.as_i64());
        let repeats = before.unwrap_or(0) + 1;
        if error.passes() && repeats <= REPEATS {
            problem["repeats"] = json!(repeats);
            self.end(RunStepState::Pending, &problem, Some("again")).await?;
            return Ok(Turn::Later(self.app.clock.now() + wait_after(error, repeats)));
        }
        self.fail(problem, error.cause()).await
    }

    async fn fail(&self, problem: Value, cause: &str) -> Result<Turn, EngineError> {
        let (now, key, run) = (self.app.clock.now(), &self.step.key, self.applying.run.id);
        let mut tx = self.claimed.begin(&self.app.db).await?;
        store::end_step(&mut tx, run, (key, RunStepState::Failed), Some(&problem), now).await?;
        store::log(&mut tx, run, (&key.to_string(), "failed"), &[("cause", cause.to_owned())], now).await?;
        let sent = store::sent(&mut tx, run, key).await?;
        unknown::count(&mut tx, self.claimed.customer(), &problem, now).await?;
        let event = Event::new("step.failed").of(self.claimed.customer()).after(json!({
            "step": key, "problem": problem, "unanswered": sent.unanswered(), "run": run,
        }));
        tx.commit(&self.app.clock, event).await?;
        Ok(Turn::Failed)
    }

    async fn end(
        &self,
        state: RunStepState,
        problem: &Value,
        message: Option<&str>,
    ) -> Result<(), EngineError> {
        let (now, key, run) = (self.app.clock.now(), &self.step.key, self.applying.run.id);
        let mut tx = self.claimed.begin(&self.app.db).await?;
        store::end_step(&mut tx, run, (key, state), Some(problem), now).await?;
        if let Some(message) = message {
            let cause =
                problem.get("cause").or(problem.get("what")).and_then(Value::as_str).unwrap_or_default();
            store::log(&mut tx, run, (&key.to_string(), message), &[("cause", cause.to_owned())], now)
                .await?;
        }
        Ok(tx.commit_bookkeeping("journal: an attempt that is not the last").await?)
    }
}

/// Only what this very step asked for is being delivered to it.
fn patience(what: &str, sent: &Sent) -> i32 {
    if DELIVERED.contains(&what) && sent.0.contains_key(what) { DELIVERY } else { PATIENCE }
}

/// 2 s, 4 s, 8 s … at most 60 s.
fn back_off(attempts: i32) -> TimeDelta {
    let doublings = u32::try_from(attempts.clamp(0, 5)).unwrap_or(0);
    TimeDelta::seconds((2_i64 << doublings).min(60))
}

/// The same after a refusal, and never sooner than Microsoft asked for.
fn wait_after(error: &GraphError, repeats: i64) -> TimeDelta {
    let own = back_off(i32::try_from(repeats).unwrap_or(i32::MAX));
    let asked = match error.kind {
        GraphErrorKind::Throttled { retry_after: Some(asked) } => TimeDelta::from_std(asked).unwrap_or(own),
        _ => own,
    };
    own.max(asked)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::*;
    use crate::onboarding::apply::Mark;

    #[test]
    fn what_is_being_delivered_is_waited_for_longer_than_what_is_rather_gone() {
        let minutes = |what: &str, sent: &Sent| {
            (0..patience(what, sent)).map(back_off).sum::<TimeDelta>().num_minutes()
        };
        let mark = Mark { at: DateTime::UNIX_EPOCH, answered: true };
        let sent = Sent(BTreeMap::from([("resource".to_owned(), mark)]));
        assert_eq!(minutes("resource", &sent), 36);
        assert_eq!(minutes("resource", &Sent::default()), 16, "another step asked for it, and saw it");
        assert_eq!(minutes("catalog", &sent), 16);
    }

    #[test]
    fn a_wait_that_microsoft_asks_for_is_kept() {
        let busy = |seconds: Option<u64>| {
            let retry_after = seconds.map(Duration::from_secs);
            GraphError::new(GraphErrorKind::Throttled { retry_after }, "GET /x", "busy")
        };
        assert_eq!(wait_after(&busy(None), 1), TimeDelta::seconds(4));
        assert_eq!(wait_after(&busy(Some(1)), 1), TimeDelta::seconds(4));
        assert_eq!(wait_after(&busy(Some(300)), 1), TimeDelta::seconds(300));
        assert_eq!(wait_after(&busy(None), 99), TimeDelta::seconds(60));
    }
}
