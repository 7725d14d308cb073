//! SQL of the requests room.

mod claim;
mod decide;
mod keep;
mod list;
mod trail;

pub use claim::{CLAIM, claim, claims, release};
pub use decide::{
    Begun, Intent, decided_here, end, intend, mark_sent, of_batch, of_request, open, redelivering, refuse,
    under_way,
};
pub use keep::{Change, Followed, Kept, KnownPackage, count_open, followed, forget_others, keep, packages};
pub use list::{
    Choice, Cursor, Filter, PAGE, Page, Sort, Unread, UnreadOne, changes, decided, ended, ended_customers,
    find, known_packages, pending, pending_count, unread, waiting_customers, waiting_packages,
};
pub use trail::{Undecided, decided_by, forget_old, mark_gone, mark_unlisted, oldest_listed, undecided};
