//! One attempt at one step: journalled before the first call, and after the last.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::EngineError;
use super::run::Applying;
use crate::app::App;
use crate::graph::{Directory, GraphError, GraphErrorKind};
use crate::kit::audit::Event;
use crate::kit::unknown;
use crate::kit::work::Claimed;
use crate::onboarding::apply::{Applied, Hands};
use crate::onboarding::facts::Facts;
use crate::onboarding::step::StepKind;
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

/// How long something that may have been created is looked for before it is made (again).
const SETTLE: TimeDelta = TimeDelta::seconds(90);
/// Attempts until a step that never shows, or is never let through, is left to a person: about half an hour.
const PATIENCE: i32 = 40;
/// Attempts at something Microsoft refuses for a passing reason.
const REPEATS: i32 = 8;

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
    let unsure = unsure(step, begun);
    let mut tx = claimed.begin(&app.db).await?;
    store::begin_step(&mut tx, applying.run.id, &step.key, begun).await?;
    if step.attempts == 0 {
        store::log(&mut tx, applying.run.id, (&step.key.to_string(), "begun"), &[], begun).await?;
    }
    tx.commit_bookkeeping("journal: before the first call").await?;
    let wanted = Wanted { blueprint: &applying.blueprint, facts };
    let since = unsure.as_ref().map(|(_, since)| *since);
    let hands = Hands { directory, wanted, clock: &app.clock, unsure: unsure.map(|(what, _)| what) };
    let outcome = hands.apply(&step.key).await;
    let journal = Journal { app, claimed, applying, step, since };
    match outcome {
        Ok(Applied::Done { id, wrote, before, after }) => journal.done(id, wrote, before, after).await,
        Ok(Applied::NotYet(what)) => journal.not_yet(what).await,
        Err(error) => journal.refused(&error).await,
    }
}

/// What an earlier attempt may have made without our seeing it, and since when.
fn unsure(step: &RunStep, now: DateTime<Utc>) -> Option<(String, DateTime<Utc>)> {
    let (what, since) = match step.state {
        // Begun and never ended: the process died in between.
        RunStepState::Working => (String::new(), step.started_at?),
        _ => {
            let problem = step.problem.as_ref()?;
            let since = problem.get("since")?.as_str()?.parse().ok()?;
            (problem.get("what")?.as_str()?.to_owned(), since)
        }
    };
    (now - since < SETTLE).then_some((what, since))
}

struct Journal<'a> {
    app: &'a App,
    claimed: &'a Claimed,
    applying: &'a Applying,
    step: &'a RunStep,
    since: Option<DateTime<Utc>>,
}

impl Journal<'_> {
    async fn done(
        &self,
        id: Option<String>,
        wrote: bool,
        before: Value,
        after: Value,
    ) -> Result<Turn, EngineError> {
        let (now, key, run) = (self.app.clock.now(), &self.step.key, self.applying.run.id);
        let customer = self.claimed.customer();
        let mut tx = self.claimed.begin(&self.app.db).await?;
        if let Some(id) = &id {
            store::own(&mut tx, customer, &key.to_string(), id, now).await?;
        }
        if key.kind == StepKind::Link {
            self.keep_link(&mut tx, &after, now).await?;
        }
        let values = (Some(&before).filter(|one| !one.is_null()), Some(&after).filter(|one| !one.is_null()));
        store::end_step(&mut tx, run, (key, RunStepState::Done), values, None, now).await?;
        // An earlier attempt of this run may have written what this one only found.
        let wrote = wrote || self.step.attempts > 0;
        let message = if wrote { "done" } else { "found" };
        store::log(&mut tx, run, (&key.to_string(), message), &[], now).await?;
        if wrote {
            let event = Event::new("step.applied")
                .of(customer)
                .before(before)
                .after(json!({ "step": key, "id": id, "values": after, "run": run }));
            tx.commit(&self.app.clock, event).await?;
        } else {
            tx.commit_bookkeeping("nothing was written in the customer's tenant").await?;
        }
        Ok(Turn::Done)
    }

    async fn keep_link(
        &self,
        tx: &mut crate::kit::scope::Tx,
        found: &Value,
        now: DateTime<Utc>,
    ) -> Result<(), EngineError> {
        let text = |key: &str| found.get(key).and_then(Value::as_str).unwrap_or_default();
        let package = crate::graph::PackageId::new(text("package"));
        let url = self.app.cloud.package_link(text("hint"), &package);
        let days = i64::from(self.applying.blueprint.access.decide_days);
        let link = (package.as_str(), text("name"), url.as_str());
        let customer = self.claimed.customer();
        Ok(store::store_link(tx, customer, &self.step.key.of, link, Some(days * 86_400), now).await?)
    }

    async fn not_yet(&self, what: &'static str) -> Result<Turn, EngineError> {
        let now = self.app.clock.now();
        if self.step.attempts >= PATIENCE {
            return self.fail(json!({ "cause": "not-visible", "what": what }), "not-visible").await;
        }
        let since = self.since.unwrap_or(now);
        let problem = json!({ "what": what, "since": since.to_rfc3339() });
        self.end(RunStepState::Settling, &problem, (self.step.attempts == 0).then_some("waits")).await?;
        Ok(Turn::Later(now + back_off(self.step.attempts)))
    }

    async fn refused(&self, error: &GraphError) -> Result<Turn, EngineError> {
        let now = self.app.clock.now();
        let mut problem = error.problem();
        if error.lost_consent() {
            self.end(RunStepState::Pending, &problem, Some("consent-lost")).await?;
            return Ok(Turn::ConsentLost);
        }
        if error.kind == GraphErrorKind::LostAnswer {
            problem["what"] = json!("");
            problem["since"] = json!(self.since.unwrap_or(now).to_rfc3339());
        }
        if error.passes() && self.step.attempts < REPEATS {
            self.end(RunStepState::Pending, &problem, Some("again")).await?;
            return Ok(Turn::Later(now + back_off(self.step.attempts + 1)));
        }
        self.fail(problem, error.cause()).await
    }

    async fn fail(&self, problem: Value, cause: &str) -> Result<Turn, EngineError> {
        let (now, key, run) = (self.app.clock.now(), &self.step.key, self.applying.run.id);
        let mut tx = self.claimed.begin(&self.app.db).await?;
        store::end_step(&mut tx, run, (key, RunStepState::Failed), (None, None), Some(&problem), now).await?;
        store::log(&mut tx, run, (&key.to_string(), "failed"), &[("cause", cause.to_owned())], now).await?;
        unknown::count(&mut tx, self.claimed.customer(), &problem, now).await?;
        let event = Event::new("step.failed").of(self.claimed.customer()).after(json!({
            "step": key, "problem": problem, "run": run,
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
        store::end_step(&mut tx, run, (key, state), (None, None), Some(problem), now).await?;
        if let Some(message) = message {
            let cause =
                problem.get("cause").or(problem.get("what")).and_then(Value::as_str).unwrap_or_default();
            store::log(&mut tx, run, (&key.to_string(), message), &[("cause", cause.to_owned())], now)
                .await?;
        }
        Ok(tx.commit_bookkeeping("journal: an attempt that is not the last").await?)
    }
}

/// 2 s, 4 s, 8 s … at most 60 s.
fn back_off(attempts: i32) -> TimeDelta {
    let doublings = u32::try_from(attempts.clamp(0, 5)).unwrap_or(0);
    TimeDelta::seconds((2_i64 << doublings).min(60))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onboarding::step::StepKey;

    fn step(state: RunStepState, problem: Option<Value>, started_at: Option<DateTime<Utc>>) -> RunStep {
        let key = StepKey::new(StepKind::Catalog, "");
        RunStep { key, state, attempts: 1, before: None, after: None, problem, started_at, ended_at: None }
    }

    #[test]
    fn a_create_that_may_have_happened_is_looked_for_before_it_is_repeated() {
        let begun = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let died = step(RunStepState::Working, None, Some(begun));
        assert_eq!(unsure(&died, begun + TimeDelta::seconds(10)), Some((String::new(), begun)));
        assert_eq!(unsure(&died, begun + TimeDelta::minutes(2)), None);
        let lost = json!({ "cause": "lost-answer", "what": "", "since": begun.to_rfc3339() });
        let lost = step(RunStepState::Pending, Some(lost), Some(begun));
        assert!(unsure(&lost, begun + TimeDelta::seconds(80)).is_some());
        let refused = step(RunStepState::Pending, Some(json!({ "cause": "throttled" })), Some(begun));
        assert_eq!(unsure(&refused, begun), None);
    }
}
