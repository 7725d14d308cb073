//! SQL of the requests room.

mod claim;
mod decide;
mod keep;
mod list;

pub use claim::{CLAIM, claim, claims, release};
pub use decide::{
    Begun, Intent, decided_here, end, intend, mark_sent, of_batch, of_request, open, redelivering, refuse,
    under_way,
};
pub use keep::{Kept, KnownPackage, count_open, forget_others, keep, known_pending, mark_gone, packages};
pub use list::{
    Choice, Cursor, Filter, PAGE, Page, Sort, Unread, UnreadOne, changes, decided, ended, ended_customers,
    find, known_packages, pending, pending_count, unread, waiting_customers, waiting_packages,
};
