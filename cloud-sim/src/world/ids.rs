//! Ids of new objects: random, or drawn from a seed so that a run can be repeated.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

thread_local! {
    /// The simulation whose call is being answered on this thread.
    static HERE: RefCell<Option<Ids>> = const { RefCell::new(None) };
}

/// Where one simulation's ids come from.
#[derive(Clone, Default)]
pub struct Ids(Arc<Mutex<Option<StdRng>>>);

/// Ends the drawing when it is dropped.
pub struct Drawn;

impl Ids {
    pub fn seed(&self, seed: Option<u64>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = seed.map(StdRng::seed_from_u64);
    }

    /// Ids made on this thread come from here, until the answer is dropped.
    pub fn draw_here(&self) -> Drawn {
        HERE.set(Some(self.clone()));
        Drawn
    }
}

impl Drop for Drawn {
    fn drop(&mut self) {
        HERE.set(None);
    }
}

/// A new object id, lower-case.
pub fn new_id() -> String {
    let drawn = HERE.with_borrow(|here| {
        let ids = here.as_ref()?;
        let mut bytes = [0; 16];
        ids.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut()?.fill_bytes(&mut bytes);
        Some(uuid::Builder::from_random_bytes(bytes).into_uuid())
    });
    drawn.unwrap_or_else(uuid::Uuid::new_v4).to_string()
}
