//! The sender: claims what is due in the outbox, sends it, and notes how that ended. One after the other to the same
//! receiver, different receivers side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::leave::{Ready, may_leave};
use super::model::Told;
use super::send::{self, Failure, Leaves};
use super::store::{self, Letter, Settings};
use super::words::{self, Of, Said};
use super::{digest, quiet, round};
use crate::app::App;
use crate::kit::happening::Kind;
use crate::kit::ids::ProviderId;
use crate::kit::outbox::{self, End, Receiver};
use crate::kit::text::{Lang, T};

/// How often a quiet process looks for what is due.
const POLL: Duration = Duration::from_millis(500);
/// Claimed at once, and receivers sent to at once: of all, and of one provider, whose silent servers must not take the
/// places of the others.
const MOST: usize = 32;
const AT_ONCE: usize = 32;
const OF_ONE: usize = 8;
/// Sends what is due.
pub struct Post {
    app: App,
    /// Who is being sent to by this process: nothing more is claimed for him meanwhile.
    busy: Mutex<BTreeSet<Receiver>>,
}

/// A receiver's turn. It ends with the task, however that ends.
struct Turn {
    post: Arc<Post>,
    receiver: Receiver,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.post.busy().remove(&self.receiver);
    }
}

impl Post {
    pub fn new(app: &App) -> Self {
        Self { app: app.clone(), busy: Mutex::default() }
    }

    fn busy(&self) -> MutexGuard<'_, BTreeSet<Receiver>> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is due now, but nothing for receivers and providers that have their part.
    async fn claim(&self) -> Result<Vec<outbox::Letter>, sqlx::Error> {
        let busy: Vec<Receiver> = self.busy().iter().copied().collect();
        let mut of_one: BTreeMap<ProviderId, usize> = BTreeMap::new();
        for (provider, _) in &busy {
            *of_one.entry(*provider).or_default() += 1;
        }
        let full: Vec<ProviderId> =
            of_one.into_iter().filter(|(_, many)| *many >= OF_ONE).map(|(provider, _)| provider).collect();
        outbox::claim(&self.app.db, &self.app.clock, MOST, (&busy, &full)).await
    }

    /// Sends what is due now, until nothing is; says how many messages were claimed. Tests call this.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn run_due(self: &Arc<Self>) -> Result<usize, sqlx::Error> {
        let mut all = 0;
        loop {
            let claimed = self.claim().await?;
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
            let claimed = if free { self.claim().await } else { Ok(Vec::new()) };
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

    /// One task per receiver: he sees one connection of this process at a time, and who is slow delays nobody else.
    fn start(self: &Arc<Self>, claimed: Vec<outbox::Letter>, under_way: &mut JoinSet<()>) {
        let mut by_receiver: BTreeMap<Receiver, Vec<outbox::Letter>> = BTreeMap::new();
        for letter in claimed {
            by_receiver.entry(letter.receiver()).or_default().push(letter);
        }
        // What is not begun by then goes back, before its lease ends.
        let until = self.app.clock.now() + outbox::LEASE / 3;
        for (receiver, letters) in by_receiver {
            let may = {
                let mut busy = self.busy();
                let of_one = busy.iter().filter(|(provider, _)| *provider == receiver.0).count();
                of_one < OF_ONE && busy.insert(receiver)
            };
            let post = Arc::clone(self);
            if !may {
                under_way.spawn(async move { post.give_back(&letters).await });
                continue;
            }
            let turn = Turn { post, receiver };
            under_way.spawn(async move {
                let (post, mut unreached) = (&turn.post, 0);
                for (at, letter) in letters.iter().enumerate() {
                    if at > 0 && post.app.clock.now() >= until {
                        return post.give_back(&letters[at..]).await;
                    }
                    unreached = post.one(letter, unreached).await;
                }
            });
        }
    }

    /// They come again at once, as if they had not been claimed.
    async fn give_back(&self, letters: &[outbox::Letter]) {
        for letter in letters {
            let until = self.app.clock.now();
            self.note(letter, End::Waits { until, held: false }).await;
        }
    }

    async fn note(&self, letter: &outbox::Letter, end: End) {
        let app = &self.app;
        if let Err(error) = letter.finish(&app.db, &app.clock, &app.chance, end).await {
            tracing::warn!(id = %letter.id, %error, "what became of a message was not noted");
        }
    }

    /// Sends one, unless so many before it did not reach the same receiver; says how many that are now.
    async fn one(&self, letter: &outbox::Letter, unreached: u32) -> u32 {
        let end = match self.prepare(letter, unreached).await {
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
            End::Lost(_) => unreached + 1,
            End::Waits { held: false, .. } => unreached,
            _ => 0,
        };
        if let End::Failed(problem) | End::Lost(problem) | End::Dead(problem) = &end {
            // The receiver's own words may hold addresses: they stand in the outbox, for whoever may read it.
            let cause = problem["cause"].as_str().unwrap_or_default();
            tracing::warn!(id = %letter.id, cause, "a message was not sent");
        }
        self.note(letter, end).await;
        now_unreached
    }

    /// Holds the lease, and looks whether the message is still needed and may leave now.
    async fn prepare(&self, letter: &outbox::Letter, unreached: u32) -> Result<Ready, sqlx::Error> {
        let (app, now) = (&self.app, self.app.clock.now());
        let Some(mut tx) = letter.begin(&app.db, &app.clock).await? else { return Ok(Ready::Nothing) };
        let Some(full) = store::letter(&mut tx, letter.id, now).await? else { return Ok(Ready::Nothing) };
        let settings = store::settings(&mut tx).await?;
        match full.told["what"].as_str() {
            Some("digest-round") => {
                let next = (!settings.digest_roles.is_empty())
                    .then(|| quiet::next_at(settings.zone(), settings.digest_at, now));
                digest::write(app, &mut tx, &settings, (full.due_at, now)).await?;
                store::set_round(&mut tx, letter.id, next, now).await?;
                tx.commit_bookkeeping("digests are told by what stands").await?;
                if let Some(until) = next {
                    self.note(letter, End::Waits { until, held: false }).await;
                }
                return Ok(Ready::Nothing);
            }
            Some("provider-round") => {
                round::make(app, &mut tx, &settings, now).await?;
                tx.commit_bookkeeping("what is over goes, and keys that end are told by what stands").await?;
                self.note(letter, End::Waits { until: now + round::EVERY, held: false }).await;
                return Ok(Ready::Nothing);
            }
            _ => {}
        }
        let ready = may_leave(letter, full, settings, (unreached, now));
        if let Ready::Send(full, _) = &ready
            && !full.drops_what_it_has()
        {
            letter.doubt(&mut tx).await?;
        }
        tx.commit_bookkeeping("a message's lease is no act").await?;
        Ok(ready)
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
            Err(failure) => match failure.leaves {
                Leaves::Again => End::Failed(failure.problem),
                Leaves::Doubt => End::Lost(failure.problem),
                Leaves::Nothing => End::Dead(failure.problem),
            },
        }
    }

    /// The message in the recipient's language.
    fn said(&self, full: &Letter) -> Option<Said> {
        let (t, now, portal) = (language(full), self.app.clock.now(), &self.app.portal_url);
        match full.told["what"].as_str()? {
            "happening" => {
                let of = match full.customer.clone() {
                    Some((customer, name, domain, _)) => Of { customer: Some(customer), name, domain },
                    None => Of { customer: None, name: full.provider.clone(), domain: String::new() },
                };
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
