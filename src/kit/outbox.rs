//! The outbox: a message is written in the transaction that decided it, and leaves later. Claimed under a lease and
//! fenced like background work, so any number of processes may send.
//!
//! Of a message whose answer was lost, or that a process died over, nobody knows whether it is there: it is sent once
//! more under the same id, and after that left for a person, unless its receiver drops what he has.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::kit::chance::Chance;
use crate::kit::clock::Clock;
use crate::kit::db::Db;
use crate::kit::ids::{ChannelId, CustomerId, OutgoingId, PersonId, ProviderId};
use crate::kit::scope::{Scope, Tx};

/// Times a message is tried before it is left for a person: over about half a day.
pub const MAX_TRIES: i32 = 12;
/// Tries of which nobody knows how they ended, after which a message that its receiver might show twice is left too.
pub const MAX_DOUBTS: i32 = 2;
/// How long a claim is good for; the sender prolongs it before each message.
pub const LEASE: TimeDelta = TimeDelta::seconds(120);
/// The sender's name in the log of what background work did.
const SENDER: &str = "outbox";

/// A message as it is put in.
#[derive(Clone, Debug)]
pub struct New {
    /// What it tells, by identity. With the recipient it is unique: put in twice is sent once.
    pub event: String,
    pub recipient: String,
    pub customer: Option<CustomerId>,
    pub channel: Option<ChannelId>,
    pub person: Option<PersonId>,
    pub told: Value,
    pub due_at: DateTime<Utc>,
    /// It waits for quiet hours to end.
    pub held: bool,
    /// It leaves in quiet hours too.
    pub urgent: bool,
}

/// Who is being sent to: a channel, or (`None`) the people of a provider.
pub type Receiver = (ProviderId, Option<ChannelId>);

/// One claimed message.
#[derive(Clone, Debug)]
pub struct Letter {
    scope: Scope,
    pub id: OutgoingId,
    /// None: to a person.
    pub channel: Option<ChannelId>,
    pub attempts: i32,
    /// Earlier tries of which nobody knows how they ended.
    pub doubts: i32,
    fence: i64,
}

/// How sending ended.
#[derive(Clone, Debug)]
pub enum End {
    Sent,
    /// Nobody needs it any more; why.
    Dropped(Value),
    /// Not yet: it comes again after a growing wait, or is dead after too many.
    Failed(Value),
    /// It went out, and nobody knows whether the receiver has it: it comes once more, or is dead.
    Lost(Value),
    /// Trying again would not help: left for a person.
    Dead(Value),
    /// It waits until then without having been tried.
    Waits {
        until: DateTime<Utc>,
        held: bool,
    },
}

/// Claims at most so many due messages, providers in turn; none to receivers that are `busy`, none of providers that
/// are `full`.
///
/// # Errors
/// The database does not answer.
pub async fn claim(
    db: &Db,
    clock: &Clock,
    most: usize,
    (busy, full): (&[Receiver], &[ProviderId]),
) -> Result<Vec<Letter>, sqlx::Error> {
    let now = clock.now();
    let providers: Vec<uuid::Uuid> = busy.iter().map(|(provider, _)| provider.0).collect();
    let channels: Vec<Option<uuid::Uuid>> = busy.iter().map(|(_, channel)| channel.map(|id| id.0)).collect();
    let full: Vec<uuid::Uuid> = full.iter().map(|provider| provider.0).collect();
    let rows = sqlx::query!(
        r#"select provider_id as "provider_id!", outgoing_id as "outgoing_id!", channel_id, fence as "fence!",
                  attempts as "attempts!", doubts as "doubts!"
             from door_claim_outgoing($1, $2, $3, $4, $5, $6)"#,
        now,
        now + LEASE,
        i32::try_from(most).unwrap_or(i32::MAX),
        &providers,
        &channels as &[Option<uuid::Uuid>],
        &full,
    )
    .fetch_all(db.pool())
    .await?;
    let letters = rows.into_iter().map(|row| Letter {
        scope: Scope::of_work(ProviderId(row.provider_id), SENDER),
        id: OutgoingId(row.outgoing_id),
        channel: row.channel_id.map(ChannelId),
        attempts: row.attempts,
        doubts: row.doubts,
        fence: row.fence,
    });
    Ok(letters.collect())
}

impl Letter {
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    pub fn receiver(&self) -> Receiver {
        (self.scope.provider(), self.channel)
    }

    /// A transaction that holds the message's lease and prolongs it; `None`: it went to somebody else.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn begin(&self, db: &Db, clock: &Clock) -> Result<Option<Tx>, sqlx::Error> {
        let mut tx = self.scope.begin(db).await?;
        let held = sqlx::query!(
            "update outgoing set leased_until = $4
              where provider_id = $1 and outgoing_id = $2 and fence = $3 and leased_until is not null",
            self.scope.provider().0,
            self.id.0,
            self.fence,
            clock.now() + LEASE,
        )
        .execute(&mut *tx)
        .await?;
        Ok((held.rows_affected() > 0).then_some(tx))
    }

    /// Notes, before it goes out, that nobody knows how this try ends; `finish` takes it back where it is known.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn doubt(&self, tx: &mut Tx) -> Result<(), sqlx::Error> {
        sqlx::query!(
            "update outgoing set doubts = $4 where provider_id = $1 and outgoing_id = $2 and fence = $3",
            self.scope.provider().0,
            self.id.0,
            self.fence,
            self.doubts + 1,
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }

    /// Notes how it ended. A stale holder changes nothing.
    ///
    /// # Errors
    /// The database does not answer: the message comes again after its lease.
    pub async fn finish(&self, db: &Db, clock: &Clock, chance: &Chance, end: End) -> Result<(), sqlx::Error> {
        let now = clock.now();
        let doubts = self.doubts + i32::from(matches!(end, End::Lost(_)));
        let again = Some(now + back_off(self.attempts, chance));
        let (state, problem, due, held, attempts) = match end {
            End::Sent => ("sent", None, None, false, self.attempts),
            End::Dropped(why) => ("dropped", Some(why), None, false, self.attempts),
            End::Dead(problem) => ("dead", Some(problem), None, false, self.attempts),
            End::Lost(problem) if doubts >= MAX_DOUBTS => ("dead", Some(problem), None, false, self.attempts),
            End::Failed(problem) | End::Lost(problem) if self.attempts >= MAX_TRIES => {
                ("dead", Some(problem), None, false, self.attempts)
            }
            End::Failed(problem) | End::Lost(problem) => {
                ("waiting", Some(problem), again, false, self.attempts)
            }
            End::Waits { until, held } => ("waiting", None, Some(until), held, self.attempts - 1),
        };
        let mut tx = self.scope.begin(db).await?;
        sqlx::query!(
            "update outgoing set leased_until = null, state = $4, problem = $5, due_at = $6, held = $7, attempts = $8,
                    doubts = $9
              where provider_id = $1 and outgoing_id = $2 and fence = $3 and leased_until is not null",
            self.scope.provider().0,
            self.id.0,
            self.fence,
            state,
            problem,
            due,
            held,
            attempts,
            doubts,
        )
        .execute(&mut *tx)
        .await?;
        tx.commit_bookkeeping("what became of a message").await
    }
}

/// 30 s, 1 min, 2 min … at most 4 h, times 0.8–1.2.
fn back_off(attempts: i32, chance: &Chance) -> TimeDelta {
    let doublings = u32::try_from(attempts.clamp(1, 12) - 1).unwrap_or(0);
    let seconds = (30_i64 << doublings).min(14_400);
    let jitter = 0.8 + 0.4 * chance.fraction();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "seconds, far below 2^52"
    )]
    TimeDelta::milliseconds((seconds as f64 * 1000.0 * jitter) as i64)
}

/// Puts messages in, in the transaction that decided them; says how many were not there yet.
///
/// # Errors
/// The database does not answer, or a customer, channel or person is not this provider's.
pub async fn put(tx: &mut Tx, clock: &Clock, chance: &Chance, messages: &[New]) -> Result<u64, sqlx::Error> {
    if messages.is_empty() {
        return Ok(0);
    }
    let (provider, now) = (tx.scope().provider(), clock.now());
    let ids: Vec<uuid::Uuid> = messages.iter().map(|_| OutgoingId::new(clock, chance).0).collect();
    let events: Vec<String> = messages.iter().map(|one| one.event.clone()).collect();
    let recipients: Vec<String> = messages.iter().map(|one| one.recipient.clone()).collect();
    let customers: Vec<Option<uuid::Uuid>> = messages.iter().map(|one| one.customer.map(|id| id.0)).collect();
    let channels: Vec<Option<uuid::Uuid>> = messages.iter().map(|one| one.channel.map(|id| id.0)).collect();
    let people: Vec<Option<uuid::Uuid>> = messages.iter().map(|one| one.person.map(|id| id.0)).collect();
    let told: Vec<Value> = messages.iter().map(|one| one.told.clone()).collect();
    let due: Vec<DateTime<Utc>> = messages.iter().map(|one| one.due_at).collect();
    let held: Vec<bool> = messages.iter().map(|one| one.held).collect();
    let urgent: Vec<bool> = messages.iter().map(|one| one.urgent).collect();
    let new = sqlx::query!(
        "insert into outgoing (provider_id, made_at, outgoing_id, event, recipient, customer_id, channel_id, person_id,
                               told, due_at, held, urgent)
         select $1, $2, m.* from unnest($3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::uuid[], $8::uuid[],
                                        $9::jsonb[], $10::timestamptz[], $11::bool[], $12::bool[]) as m
         on conflict (provider_id, event, recipient) do nothing",
        provider.0,
        now,
        &ids,
        &events,
        &recipients,
        &customers as &[Option<uuid::Uuid>],
        &channels as &[Option<uuid::Uuid>],
        &people as &[Option<uuid::Uuid>],
        &told,
        &due,
        &held,
        &urgent,
    )
    .execute(&mut **tx)
    .await?;
    Ok(new.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_tried_for_about_half_a_day_before_it_is_left() {
        let chance = Chance::seeded(1);
        let all: TimeDelta = (1..MAX_TRIES).map(|tries| back_off(tries, &chance)).sum();
        assert!(all > TimeDelta::hours(8) && all < TimeDelta::hours(16), "{all}");
        assert!(back_off(1, &chance) <= TimeDelta::seconds(36));
    }
}
