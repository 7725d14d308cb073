//! The sender: claims what is due in the outbox, sends it, and notes how that ended. One after the other to the same
//! receiver, different receivers side by side.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::model::Told;
use super::send::{self, Failure};
use super::store::{self, Letter, Settings};
use super::words::{self, Of, Said};
use super::{digest, quiet};
use crate::app::App;
use crate::kit::happening::Kind;
use crate::kit::outbox::{self, End};
use crate::kit::text::{Lang, T};

/// How often a quiet process looks for what is due.
const POLL: Duration = Duration::from_millis(500);
/// Claimed at once, and receivers sent to at once.
const MOST: usize = 32;
const AT_ONCE: usize = 16;
/// A receiver that was not reached so often in a row is let rest for a while.
const GIVEN_UP: u32 = 2;
const REST: TimeDelta = TimeDelta::minutes(1);

/// Sends what is due.
pub struct Post {
    app: App,
}

/// What was prepared under the lease.
enum Ready {
    Send(Box<Letter>, Box<Settings>),
    Over(End),
    /// The lease went to somebody else, or the round of digests was written.
    Nothing,
}

impl Post {
    pub fn new(app: &App) -> Self {
        Self { app: app.clone() }
    }

    /// Sends what is due now, until nothing is; says how many messages were claimed. Tests call this.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn run_due(self: &Arc<Self>) -> Result<usize, sqlx::Error> {
        let mut all = 0;
        loop {
            let claimed = outbox::claim(&self.app.db, &self.app.clock, MOST).await?;
            if claimed.is_empty() {
                return Ok(all);
            }
            all += claimed.len();
            let mut under_way = JoinSet::new();
            self.start(claimed, &mut under_way);
            while under_way.join_next().await.is_some() {}
        }
    }

    /// Runs until told to stop; then waits for what is under way.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut under_way: JoinSet<()> = JoinSet::new();
        while !stop.is_cancelled() {
            while under_way.try_join_next().is_some() {}
            let free = under_way.len() < AT_ONCE;
            let claimed =
                if free { outbox::claim(&self.app.db, &self.app.clock, MOST).await } else { Ok(Vec::new()) };
            match claimed {
                Ok(claimed) if !claimed.is_empty() => {
                    self.start(claimed, &mut under_way);
                    continue;
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "cannot claim messages"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.app.nudge.notified() => {}
                () = self.app.clock.sleep(POLL) => {}
                Some(_) = under_way.join_next(), if !under_way.is_empty() => {}
            }
        }
        while under_way.join_next().await.is_some() {}
    }

    /// One task per receiver: he sees one connection of ours at a time, and who is slow delays nobody else.
    fn start(self: &Arc<Self>, claimed: Vec<outbox::Letter>, under_way: &mut JoinSet<()>) {
        let mut by_receiver: BTreeMap<_, Vec<outbox::Letter>> = BTreeMap::new();
        for letter in claimed {
            by_receiver.entry((letter.scope().provider(), letter.channel)).or_default().push(letter);
        }
        for letters in by_receiver.into_values() {
            let post = Arc::clone(self);
            under_way.spawn(async move {
                let mut unreached = 0;
                for letter in letters {
                    unreached = post.one(&letter, unreached).await;
                }
            });
        }
    }

    /// Sends one, unless so many before it did not reach the same receiver; says how many that are now.
    async fn one(&self, letter: &outbox::Letter, unreached: u32) -> u32 {
        let app = &self.app;
        let end = match self.prepare(letter).await {
            Ok(Ready::Send(..)) if unreached >= GIVEN_UP => {
                End::Waits { until: app.clock.now() + REST, held: false }
            }
            Ok(Ready::Send(full, settings)) => self.send(letter, &full, &settings).await,
            Ok(Ready::Over(end)) => end,
            Ok(Ready::Nothing) => return unreached,
            Err(error) => {
                tracing::warn!(id = %letter.id, %error, "a message was not prepared");
                return unreached;
            }
        };
        let now_unreached = match &end {
            End::Failed(problem) if problem["cause"] == "unreached" => unreached + 1,
            End::Waits { held: false, .. } => unreached,
            _ => 0,
        };
        if let End::Failed(problem) | End::Dead(problem) = &end {
            tracing::warn!(id = %letter.id, %problem, "a message was not sent");
        }
        if let Err(error) = letter.finish(&app.db, &app.clock, &app.chance, end).await {
            tracing::warn!(id = %letter.id, %error, "what became of a message was not noted");
        }
        now_unreached
    }

    /// Holds the lease, and looks whether the message is still needed and may leave now.
    async fn prepare(&self, letter: &outbox::Letter) -> Result<Ready, sqlx::Error> {
        let (app, now) = (&self.app, self.app.clock.now());
        let Some(mut tx) = letter.begin(&app.db, &app.clock).await? else { return Ok(Ready::Nothing) };
        let Some(full) = store::letter(&mut tx, letter.id).await? else { return Ok(Ready::Nothing) };
        let settings = store::settings(&mut tx).await?;
        if full.told["what"] == "digest-round" {
            let next = (!settings.digest_roles.is_empty())
                .then(|| quiet::next_at(settings.zone(), settings.digest_at, now));
            digest::write(app, &mut tx, &settings, now).await?;
            store::set_round(&mut tx, letter.id, next, now).await?;
            tx.commit_bookkeeping("digests are told by what stands").await?;
            if let Some(until) = next {
                letter.finish(&app.db, &app.clock, &app.chance, End::Waits { until, held: false }).await?;
            }
            return Ok(Ready::Nothing);
        }
        tx.commit_bookkeeping("a message's lease is no act").await?;
        if let Some(why) = needless(&full) {
            return Ok(Ready::Over(End::Dropped(json!({ "cause": why }))));
        }
        if let Some(until) = settings.quiet().until(now).filter(|_| full.held) {
            return Ok(Ready::Over(End::Waits { until, held: true }));
        }
        if letter.attempts > outbox::MAX_TRIES {
            return Ok(Ready::Over(End::Dead(json!({ "cause": "crashed" }))));
        }
        Ok(Ready::Send(Box::new(full), Box::new(settings)))
    }

    async fn send(&self, letter: &outbox::Letter, full: &Letter, settings: &Settings) -> End {
        let app = &self.app;
        let Some(said) = self.said(full) else {
            return End::Dead(json!({ "cause": "not-understood" }));
        };
        let sent = match (&full.channel, &full.person) {
            (Some(channel), _) => send::to_channel(app, letter, full, channel, settings, &said).await,
            (None, Some(person)) => send::to_person(app, letter, person, settings, &said).await,
            (None, None) => Err(Failure::dead("no-recipient", "")),
        };
        match sent {
            Ok(()) => End::Sent,
            Err(failure) if failure.passes => End::Failed(failure.problem),
            Err(failure) => End::Dead(failure.problem),
        }
    }

    /// The message in the recipient's language.
    fn said(&self, full: &Letter) -> Option<Said> {
        let (t, now, portal) = (language(full), self.app.clock.now(), &self.app.portal_url);
        match full.told["what"].as_str()? {
            "happening" => {
                let (customer, name, domain, _) = full.customer.clone()?;
                let of = Of { customer, name, domain };
                Some(words::happening(t, &happening(&full.told)?, &of, portal, now))
            }
            "digest" => Some(words::digest(t, &full.told, portal, now)),
            "test" => Some(words::test(t, portal, full.told["by"].as_str().unwrap_or_default())),
            _ => None,
        }
    }
}

fn language(full: &Letter) -> T {
    let code = full.channel.as_ref().map(|channel| &channel.language);
    let code = code.or_else(|| full.person.as_ref().map(|person| &person.language));
    code.and_then(|code| Lang::from_code(code)).unwrap_or_default().t()
}

/// The happening inside a message.
pub fn happening(told: &Value) -> Option<Told> {
    Some(Told {
        kind: Kind::from_key(told["kind"].as_str()?)?,
        about: told["about"].as_str()?.to_owned(),
        facts: told["facts"].clone(),
        at: told["at"].as_str()?.parse().ok()?,
    })
}

/// Why nobody needs the message any more.
fn needless(full: &Letter) -> Option<&'static str> {
    if full.waits == Some(false) && full.told["facts"]["request"].is_string() {
        return Some("overtaken");
    }
    if full.person.as_ref().is_some_and(|person| !person.wanted) {
        return Some("not-wanted");
    }
    if full.channel.as_ref().is_some_and(|channel| !channel.enabled) && full.told["what"] != "test" {
        return Some("channel-off");
    }
    None
}
