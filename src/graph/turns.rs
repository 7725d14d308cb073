//! Who calls next: so many calls at once over all directories and in each, fair turns between directories, and what a
//! person waits for before what nobody waits for.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::graph::http::Limits;
use crate::kit::ids::EntraTenantId;

/// Whether somebody waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Urgency {
    /// A person pressed a button, or approved what is being done.
    Person,
    /// Reading that the portal does by itself.
    Background,
}

const ORDER: [Urgency; 2] = [Urgency::Person, Urgency::Background];

#[derive(Clone, Copy, Default)]
struct UnderWay {
    all: usize,
    background: usize,
}

impl UnderWay {
    fn room(self, most: usize, spared: usize, urgency: Urgency) -> bool {
        let theirs = most.saturating_sub(spared).max(1);
        self.all < most && (urgency == Urgency::Person || self.background < theirs)
    }

    fn begin(&mut self, urgency: Urgency) {
        self.all += 1;
        self.background += usize::from(urgency == Urgency::Background);
    }

    fn end(&mut self, urgency: Urgency) {
        self.all -= 1;
        self.background -= usize::from(urgency == Urgency::Background);
    }
}

struct Waiter {
    /// No other such call of this directory may be under way.
    alone: bool,
    turn: oneshot::Sender<Turn>,
}

#[derive(Default)]
struct Directory {
    under_way: UnderWay,
    alone: bool,
    people: VecDeque<Waiter>,
    background: VecDeque<Waiter>,
}

impl Directory {
    fn waiting(&mut self, urgency: Urgency) -> &mut VecDeque<Waiter> {
        match urgency {
            Urgency::Person => &mut self.people,
            Urgency::Background => &mut self.background,
        }
    }

    /// The first who may go; whoever gave up is forgotten.
    fn take(&mut self, urgency: Urgency) -> Option<Waiter> {
        let held = self.alone;
        let waiting = self.waiting(urgency);
        waiting.retain(|waiter| !waiter.turn.is_closed());
        let at = waiting.iter().position(|waiter| !(waiter.alone && held))?;
        waiting.remove(at)
    }

    fn is_idle(&self) -> bool {
        self.under_way.all == 0 && self.people.is_empty() && self.background.is_empty()
    }
}

#[derive(Default)]
struct State {
    under_way: UnderWay,
    directories: HashMap<EntraTenantId, Directory>,
    /// Directories in which somebody may be waiting; whose turn is next stands first.
    round: VecDeque<EntraTenantId>,
}

/// All calls of this process to Microsoft Graph.
pub(crate) struct Turns {
    all: usize,
    all_spared: usize,
    each: usize,
    each_spared: usize,
    state: Mutex<State>,
}

/// Held while one call is under way.
pub(crate) struct Turn {
    turns: Arc<Turns>,
    tenant: EntraTenantId,
    urgency: Urgency,
    alone: bool,
}

impl Turns {
    pub fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            all: limits.at_once_over_all.max(1),
            all_spared: limits.spared_over_all,
            each: limits.at_once.max(1),
            each_spared: limits.spared,
            state: Mutex::default(),
        })
    }

    /// Waits for a turn. `alone`: no other call that asks for this is under way in the directory meanwhile.
    pub async fn turn(self: &Arc<Self>, tenant: EntraTenantId, urgency: Urgency, alone: bool) -> Turn {
        let (turn, given) = oneshot::channel();
        {
            let mut state = self.lock();
            state.directories.entry(tenant).or_default().waiting(urgency).push_back(Waiter { alone, turn });
            if !state.round.contains(&tenant) {
                state.round.push_back(tenant);
            }
        }
        self.go_on();
        match given.await {
            Ok(turn) => turn,
            // Not reached: a waiter stays in its queue until it is given its turn.
            Err(_) => std::future::pending().await,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives out every turn that may be given.
    fn go_on(self: &Arc<Self>) {
        let mut given = Vec::new();
        {
            let mut state = self.lock();
            while let Some((waiter, tenant, urgency)) = self.next(&mut state) {
                let turn = Turn { turns: self.clone(), tenant, urgency, alone: waiter.alone };
                given.push((waiter.turn, turn));
            }
        }
        for (waiter, turn) in given {
            // Whoever gave up in this moment gives his turn back as it is dropped.
            drop(waiter.send(turn));
        }
    }

    fn next(&self, state: &mut State) -> Option<(Waiter, EntraTenantId, Urgency)> {
        for urgency in ORDER {
            if !state.under_way.room(self.all, self.all_spared, urgency) {
                continue;
            }
            for _ in 0..state.round.len() {
                let tenant = state.round.pop_front()?;
                let directory = state.directories.entry(tenant).or_default();
                let room = directory.under_way.room(self.each, self.each_spared, urgency);
                let waiter = if room { directory.take(urgency) } else { None };
                let asleep = directory.people.is_empty() && directory.background.is_empty();
                if let Some(waiter) = waiter {
                    directory.under_way.begin(urgency);
                    directory.alone |= waiter.alone;
                    state.under_way.begin(urgency);
                    if !asleep {
                        state.round.push_back(tenant);
                    }
                    return Some((waiter, tenant, urgency));
                }
                if asleep {
                    state.forget_idle(tenant);
                } else {
                    state.round.push_back(tenant);
                }
            }
        }
        None
    }
}

impl State {
    fn forget_idle(&mut self, tenant: EntraTenantId) {
        if self.directories.get(&tenant).is_some_and(Directory::is_idle) {
            self.directories.remove(&tenant);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        {
            let mut state = self.turns.lock();
            state.under_way.end(self.urgency);
            if let Some(directory) = state.directories.get_mut(&self.tenant) {
                directory.under_way.end(self.urgency);
                directory.alone &= !self.alone;
            }
            state.forget_idle(self.tenant);
        }
        self.turns.go_on();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::FutureExt;

    use super::*;

    fn tenant(number: u8) -> EntraTenantId {
        EntraTenantId(uuid::Uuid::from_bytes([number; 16]))
    }

    fn turns(over_all: usize, each: usize) -> Arc<Turns> {
        let limits = Limits {
            at_once_over_all: over_all,
            spared_over_all: 1,
            at_once: each,
            spared: 1,
            connect: Duration::ZERO,
            ..Limits::default()
        };
        Turns::new(&limits)
    }

    fn at_once(turns: &Arc<Turns>, tenant: EntraTenantId, urgency: Urgency) -> Option<Turn> {
        turns.turn(tenant, urgency, false).now_or_never()
    }

    #[test]
    fn background_leaves_a_place_for_a_person_in_each_directory_and_over_all() {
        let turns = turns(4, 3);
        let background: Vec<Turn> =
            std::iter::from_fn(|| at_once(&turns, tenant(1), Urgency::Background)).collect();
        assert_eq!(background.len(), 2);
        let one = at_once(&turns, tenant(1), Urgency::Person).expect("his place was kept");
        assert!(at_once(&turns, tenant(1), Urgency::Person).is_none(), "three at once in one directory");
        assert!(at_once(&turns, tenant(2), Urgency::Background).is_some(), "three of four are background");
        drop(one);
        let _third = at_once(&turns, tenant(2), Urgency::Background).unwrap();
        assert!(at_once(&turns, tenant(3), Urgency::Background).is_none());
        assert!(at_once(&turns, tenant(3), Urgency::Person).is_some());
    }

    #[tokio::test]
    async fn a_directory_with_one_call_comes_after_one_of_another_that_has_a_thousand() {
        let turns = turns(2, 2);
        let first = at_once(&turns, tenant(1), Urgency::Background).unwrap();
        let mut many: Vec<_> =
            (0..1000).map(|_| Box::pin(turns.turn(tenant(1), Urgency::Background, false))).collect();
        for one in &mut many {
            assert!(one.now_or_never().is_none());
        }
        let mut other = Box::pin(turns.turn(tenant(2), Urgency::Background, false));
        assert!((&mut other).now_or_never().is_none());
        drop(first);
        let mut before = 0;
        loop {
            if let Some(_his) = (&mut other).now_or_never() {
                break;
            }
            let at = many.iter_mut().position(|one| one.now_or_never().map(drop).is_some()).unwrap();
            drop(many.remove(at));
            before += 1;
        }
        assert!(before <= 1, "{before} calls of the other directory came first");
    }

    #[tokio::test]
    async fn a_person_comes_before_background_that_waited_longer() {
        let turns = turns(1, 1);
        let first = at_once(&turns, tenant(1), Urgency::Background).unwrap();
        let mut background = Box::pin(turns.turn(tenant(1), Urgency::Background, false));
        let mut person = Box::pin(turns.turn(tenant(2), Urgency::Person, false));
        assert!((&mut background).now_or_never().is_none() && (&mut person).now_or_never().is_none());
        drop(first);
        let his = (&mut person).now_or_never().expect("first");
        assert!((&mut background).now_or_never().is_none());
        drop(his);
        assert!((&mut background).now_or_never().is_some());
    }

    #[tokio::test]
    async fn whoever_gives_up_waiting_keeps_no_place_and_nothing_is_kept_of_an_idle_directory() {
        let turns = turns(1, 1);
        let first = at_once(&turns, tenant(1), Urgency::Person).unwrap();
        let mut waiting: Vec<_> =
            (0..2000).map(|_| Box::pin(turns.turn(tenant(2), Urgency::Person, true))).collect();
        for one in &mut waiting {
            assert!(one.now_or_never().is_none());
        }
        drop(waiting);
        drop(first);
        assert!(at_once(&turns, tenant(3), Urgency::Person).is_some());
        let state = turns.lock();
        assert!(state.directories.is_empty() && state.round.is_empty() && state.under_way.all == 0);
    }

    #[tokio::test]
    async fn a_call_that_must_be_alone_does_not_keep_others_out() {
        let turns = turns(4, 4);
        let write = turns.turn(tenant(1), Urgency::Person, true).await;
        let mut second = Box::pin(turns.turn(tenant(1), Urgency::Person, true));
        assert!((&mut second).now_or_never().is_none());
        assert!(at_once(&turns, tenant(1), Urgency::Person).is_some(), "a read passes it");
        assert!(turns.turn(tenant(2), Urgency::Person, true).now_or_never().is_some());
        drop(write);
        assert!((&mut second).now_or_never().is_some());
    }
}
