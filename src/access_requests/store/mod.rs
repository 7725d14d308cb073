//! SQL of the requests room.

mod choices;
mod claim;
mod decide;
mod keep;
mod list;
mod present;
mod trail;
mod wanted;

pub use choices::{
    CHOICES, Choice, Unread, UnreadOne, ended_customers, known_packages, pending_count, unread,
    waiting_customers, waiting_packages,
};
pub use claim::{CLAIM, claim, claims, release};
pub use decide::{
    Begun, Intent, ask_redelivery, decided_here, end, intend, mark_sent, of_batch, of_request, open,
    redelivering, redelivery_answered, refuse, under_way,
};
pub use keep::{Change, Followed, Kept, KnownPackage, count_open, followed, forget_others, keep, packages};
pub use list::{Cursor, Filter, PAGE, Page, Sort, changes, decided, ended, find, pending};
pub use present::{Present, account_of, present};
pub use trail::{Undecided, decided_by, forget_old, mark_gone, mark_unlisted, oldest_listed, undecided};
pub use wanted::{give_up, want};
