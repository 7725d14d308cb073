//! Weighs what happened to one customer, and tells again of requests whose time runs out. One transaction: what is put
//! into the outbox and that it was weighed stand or fall together.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::model::Told;
use super::stages::Running;
use super::store::{self, Pending};
use super::weigh::Scales;
use crate::app::App;
use crate::kit::happening::{self, Happening, Kind};
use crate::kit::ids::CustomerId;
use crate::kit::outbox;
use crate::kit::scope::Tx;
use crate::kit::work::{Claimed, Outcome, WorkError};

/// The kind of work; whoever tells a happening wakes it.
pub const WORK: &str = happening::WORK;
/// While requests wait their ends may move or become known without a happening: looked at so often at least.
const LOOK: TimeDelta = TimeDelta::hours(6);

pub async fn work(app: App, claimed: Claimed) -> Outcome {
    match round(&app, &claimed).await {
        Ok(next) => Outcome::Done { next },
        Err(WorkError::LeaseLost) => Outcome::LeaseLost,
        Err(WorkError::Sql(error)) => {
            tracing::warn!(%error, "happenings were not weighed");
            Outcome::Failed { problem: json!({ "cause": "database" }), next: None }
        }
    }
}

async fn round(app: &App, claimed: &Claimed) -> Result<Option<DateTime<Utc>>, WorkError> {
    let (customer, now) = (claimed.customer(), app.clock.now());
    let mut tx = claimed.begin(&app.db).await?;
    let pending = store::pending(&mut tx, customer).await?;
    happening::tell_all(&mut tx, &due_stages(customer, &pending, now), now).await?;
    let told = store::unweighed(&mut tx, customer).await?;
    let mut put = 0;
    if !told.is_empty() {
        put = weigh(app, &mut tx, customer, &told, now).await?;
        store::weighed(&mut tx, customer, &told, now).await?;
    }
    let more = !store::unweighed(&mut tx, customer).await?.is_empty();
    tx.commit_bookkeeping("messages are told by what happened").await?;
    if put > 0 {
        app.nudge.notify_waiters();
    }
    let running = pending.iter().filter_map(|one| running(one)?.next(now));
    let next = running.chain((!pending.is_empty()).then_some(now + LOOK)).min();
    Ok(if more { Some(now) } else { next })
}

async fn weigh(
    app: &App,
    tx: &mut Tx,
    customer: CustomerId,
    told: &[Told],
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let rules = store::rules(tx).await?;
    if rules.iter().all(|rule| !rule.enabled) {
        return Ok(0);
    }
    let channels = store::channels(tx).await?;
    let scales = Scales {
        customer: Some(customer),
        tags: store::tags(tx, customer).await?,
        rules,
        channels: channels.iter().filter(|one| one.enabled).map(|one| one.id).collect(),
        readers: store::readers(tx, customer, now).await?,
        snoozed: store::snoozed(tx, customer, now).await?,
        quiet: store::settings(tx).await?.quiet(),
    };
    let messages: Vec<_> = told.iter().flat_map(|one| scales.weigh(one, now)).collect();
    outbox::put(tx, &app.clock, &app.chance, &messages).await
}

/// None: when it is denied automatically is not known (yet).
fn running(pending: &Pending) -> Option<Running> {
    Some(Running { created_at: pending.created_at, denied_at: pending.denied_at? })
}

/// What is to be told of each pending request now; what was told before is no news to `tell`.
fn due_stages(customer: CustomerId, pending: &[Pending], now: DateTime<Utc>) -> Vec<Happening> {
    let due = pending.iter().filter_map(|one| {
        let stage = running(one)?.reached(now)?;
        Some(Happening {
            kind: Kind::RequestPending,
            customer,
            about: format!("{}/{}", one.id, stage.key()),
            facts: one.facts(stage.key()),
        })
    });
    due.collect()
}
