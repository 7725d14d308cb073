//! SQL of the requests room.

mod keep;
mod list;
mod trail;

pub use keep::{Change, Followed, Kept, KnownPackage, count_open, followed, forget_others, keep, packages};
pub use list::{
    Choice, Cursor, Filter, PAGE, Page, Unread, UnreadOne, changes, decided, pending, pending_count, unread,
    waiting_customers, waiting_packages,
};
pub use trail::{Undecided, decided_by, forget_old, mark_gone, mark_unlisted, oldest_listed, undecided};
