//! SQL of the requests room.

mod keep;
mod list;

pub use keep::{Kept, KnownPackage, count_open, forget_others, keep, known_pending, mark_gone, packages};
pub use list::{
    Choice, Cursor, Filter, PAGE, Page, Unread, UnreadOne, changes, decided, pending, pending_count, unread,
    waiting_customers, waiting_packages,
};
