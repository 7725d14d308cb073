//! How many event streams are open: each holds a connection and asks the database again and again, so neither a person
//! nor a provider nor all together may open them without end, and no provider takes the others' places.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::kit::ids::{PersonId, ProviderId};
use crate::kit::scope::Scope;

/// Open pages of one person that hear of changes by themselves, in all his sessions.
const PER_PERSON: usize = 8;
/// Streams of one provider's people.
const PER_PROVIDER: usize = 200;
/// Streams of this process.
const IN_ALL: usize = 400;

type Sitter = (ProviderId, Option<PersonId>);

/// The open streams of this process, counted by person.
#[derive(Clone, Debug, Default)]
pub struct Streams(Arc<Mutex<HashMap<Sitter, usize>>>);

/// One open stream; its place is free again once it is dropped.
#[derive(Debug)]
pub struct Seat {
    streams: Streams,
    sitter: Sitter,
}

impl Streams {
    /// A place for one more stream of this scope's person; `None`: there are enough.
    pub fn take(&self, scope: &Scope) -> Option<Seat> {
        let sitter = (scope.provider(), scope.person());
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let his = open.get(&sitter).copied().unwrap_or_default();
        let houses: usize =
            open.iter().filter(|((provider, _), _)| *provider == sitter.0).map(|(_, count)| count).sum();
        if his >= PER_PERSON || houses >= PER_PROVIDER || open.values().sum::<usize>() >= IN_ALL {
            return None;
        }
        open.insert(sitter, his + 1);
        drop(open);
        Some(Seat { streams: self.clone(), sitter })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        match open.get_mut(&self.sitter) {
            Some(his) if *his > 1 => *his -= 1,
            _ => drop(open.remove(&self.sitter)),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::kit::right::Roles;

    /// Person `person` of provider `provider`.
    fn scope(provider: u128, person: u128) -> Scope {
        let (provider, person) = (ProviderId(Uuid::from_u128(provider)), PersonId(Uuid::from_u128(person)));
        Scope::of_person(provider, person, String::new(), Roles::default(), true)
    }

    #[test]
    fn a_provider_who_takes_all_he_may_leaves_the_others_their_places() {
        let streams = Streams::default();
        let all_of = |provider: u128| {
            let people = (0..100).flat_map(|person| [person; 8]);
            people.filter_map(|person| streams.take(&scope(provider, person))).collect::<Vec<Seat>>()
        };
        let one = all_of(1);
        assert_eq!(one.len(), 200);
        assert!(streams.take(&scope(1, 99)).is_none(), "one too many for the provider");
        let mut two = all_of(2);
        assert_eq!(two.len(), 200, "as many as if he were alone");
        assert!(streams.take(&scope(3, 0)).is_none(), "one too many for the process");
        two.pop();
        let other = streams.take(&scope(3, 0));
        assert!(other.is_some());
        drop((one, two, other));
        assert!(streams.0.lock().unwrap().is_empty(), "nothing is kept of people without a stream");
    }

    #[test]
    fn a_person_has_eight_streams_however_many_sessions() {
        let streams = Streams::default();
        let mut seats: Vec<Seat> = (0..8).filter_map(|_| streams.take(&scope(1, 1))).collect();
        assert_eq!(seats.len(), 8);
        assert!(streams.take(&scope(1, 1)).is_none(), "a ninth");
        assert!(streams.take(&scope(1, 2)).is_some(), "another person");
        assert!(streams.take(&scope(2, 1)).is_some(), "another provider");
        seats.pop();
        assert!(streams.take(&scope(1, 1)).is_some());
    }
}
