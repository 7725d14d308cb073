//! How many event streams are open: each holds a connection and asks the database again and again, so neither one
//! session nor all together may open them without end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Open pages of one session that hear of changes by themselves.
const PER_SESSION: usize = 8;
/// Streams of this process.
const IN_ALL: usize = 400;

/// The open streams of this process, counted by session.
#[derive(Clone, Debug, Default)]
pub struct Streams(Arc<Mutex<HashMap<Vec<u8>, usize>>>);

/// One open stream; its place is free again once it is dropped.
#[derive(Debug)]
pub struct Seat {
    streams: Streams,
    session: Vec<u8>,
}

impl Streams {
    /// A place for one more stream of this session; `None`: there are enough.
    pub fn take(&self, session: Vec<u8>) -> Option<Seat> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let his = open.get(&session).copied().unwrap_or_default();
        if his >= PER_SESSION || open.values().sum::<usize>() >= IN_ALL {
            return None;
        }
        open.insert(session.clone(), his + 1);
        drop(open);
        Some(Seat { streams: self.clone(), session })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        match open.get_mut(&self.session) {
            Some(his) if *his > 1 => *his -= 1,
            _ => drop(open.remove(&self.session)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_eight_streams_and_a_process_four_hundred() {
        let streams = Streams::default();
        let mut seats: Vec<Seat> = (0..8).filter_map(|_| streams.take(vec![0])).collect();
        assert_eq!(seats.len(), 8);
        assert!(streams.take(vec![0]).is_none(), "a ninth");
        seats.extend(
            (1..50)
                .flat_map(|session| (0..8).map(move |_| session))
                .filter_map(|session| streams.take(vec![session])),
        );
        assert_eq!(seats.len(), 400);
        assert!(streams.take(vec![99]).is_none(), "one too many for the process");
        seats.pop();
        assert!(streams.take(vec![99]).is_some());
        seats.clear();
        assert!(streams.0.lock().unwrap().is_empty(), "nothing is kept of sessions without a stream");
    }
}
