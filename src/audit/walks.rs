//! Walks of whole audit chains that people asked for: one at a time for each provider and a few in all, so that a long
//! chain keeps nobody else from his proof. A walk that takes longer than its asker waits goes on; what it found is kept
//! until it is asked for again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::audit::verify::Report;
use crate::kit::ids::ProviderId;

/// Walks of all providers at once, in this process: each holds a connection.
const AT_ONCE: usize = 4;
/// So long a finding waits to be asked for.
const KEPT: TimeDelta = TimeDelta::hours(1);

#[derive(Debug)]
enum Walk {
    UnderWay,
    Found(Finding),
}

/// What a walk found, and when it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub report: Report,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Debug, Default)]
pub struct Walks(Arc<Mutex<HashMap<ProviderId, Walk>>>);

/// What somebody who asks for a proof is given.
#[derive(Debug)]
pub enum Given {
    /// He may walk.
    Turn(Turn),
    /// What an earlier walk found that its asker did not wait for.
    Found(Finding),
    /// His provider's chain, or too many others', are being walked.
    UnderWay,
}

/// The right to walk one provider's chain; given back once it is dropped.
#[derive(Debug)]
pub struct Turn {
    walks: Walks,
    provider: ProviderId,
}

impl Walks {
    pub fn ask(&self, provider: ProviderId, now: DateTime<Utc>) -> Given {
        let mut walks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        walks.retain(|_, walk| match walk {
            Walk::UnderWay => true,
            Walk::Found(finding) => now - finding.at < KEPT,
        });
        match walks.remove(&provider) {
            Some(Walk::Found(finding)) => return Given::Found(finding),
            Some(Walk::UnderWay) => {
                walks.insert(provider, Walk::UnderWay);
                return Given::UnderWay;
            }
            None => {}
        }
        if walks.values().filter(|walk| matches!(walk, Walk::UnderWay)).count() >= AT_ONCE {
            return Given::UnderWay;
        }
        walks.insert(provider, Walk::UnderWay);
        drop(walks);
        Given::Turn(Turn { walks: self.clone(), provider })
    }
}

impl Turn {
    /// Keeps what was found for whoever asks next.
    pub fn keep(self, finding: Finding) {
        let mut walks = self.walks.0.lock().unwrap_or_else(PoisonError::into_inner);
        walks.insert(self.provider, Walk::Found(finding));
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut walks = self.walks.0.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(walks.get(&self.provider), Some(Walk::UnderWay)) {
            walks.remove(&self.provider);
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn provider(number: u128) -> ProviderId {
        ProviderId(Uuid::from_u128(number))
    }

    fn turn(given: Given) -> Option<Turn> {
        match given {
            Given::Turn(turn) => Some(turn),
            Given::Found(_) | Given::UnderWay => None,
        }
    }

    #[test]
    fn a_provider_has_one_walk_at_a_time_and_the_others_theirs() {
        let (walks, now) = (Walks::default(), DateTime::UNIX_EPOCH);
        let mut turns = vec![turn(walks.ask(provider(1), now)).unwrap()];
        assert!(turn(walks.ask(provider(1), now)).is_none(), "his second");
        turns.extend((2..=4).map(|number| turn(walks.ask(provider(number), now)).unwrap()));
        assert!(turn(walks.ask(provider(5), now)).is_none(), "too many in all");
        turns.remove(0);
        assert!(turn(walks.ask(provider(5), now)).is_some());
        drop(turns);
        assert!(walks.0.lock().unwrap().is_empty());
    }

    #[test]
    fn what_nobody_waited_for_is_told_to_the_next_asker_once_and_not_for_ever() {
        let (walks, now) = (Walks::default(), DateTime::UNIX_EPOCH);
        let report = Report { sound: 3, head: String::new(), until: None, broken: None, passed: Vec::new() };
        let finding = Finding { report, at: now };
        turn(walks.ask(provider(1), now)).unwrap().keep(finding.clone());
        assert!(matches!(walks.ask(provider(1), now), Given::Found(found) if found == finding));
        turn(walks.ask(provider(1), now)).unwrap().keep(finding);
        assert!(turn(walks.ask(provider(1), now + KEPT)).is_some(), "too old to be a proof of now");
    }
}
