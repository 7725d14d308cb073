//! SQL of the access room.

mod asked;
mod estate;
mod found;
mod held;
mod keep;
mod leavers;
mod leaving;
mod matches;
mod people;
mod reviews;
mod rounds;
mod warnings;

pub use asked::{Asker, OpenRequest, open_request_count, open_requests};
pub use estate::{
    Cell, CustomerCursor, Has, LinkRow, LinksFilter, LinksOfCustomer, MatrixRow, Stands, links, matrix,
    progress,
};
pub use held::{
    COUNTED, Day, EndingFilter, HeldRow, PersonCursor, days, ending, ending_counts, held_by, months,
    of_customer, own_endings,
};
pub use keep::{SeenGuest, guests_to_see, keep_assignments, keep_guests, ours};
pub use leavers::{
    LeaverCursor, LeaverRow, Moved, RemovalRow, leaver, leavers, open_removals, removals, set_removal,
};
pub use leaving::{NewLeaver, start};
pub use matches::{Account, merge, split};
pub use people::{
    Called, PeopleFilter, PeoplePage, PeopleSort, PersonRow, Said, called, mails_of, match_of, people,
    person, place, said,
};
pub use reviews::{DecisionRow, RoundCursor, RoundFilter, RoundRow, decisions, round, rounds};
pub use rounds::{Undecided, keep_decisions, keep_definitions, keep_rounds, policies, undecided, unsettled};
pub use warnings::{
    Ending, NewWarning, WarningRow, approver_seats, blocked_guests, keep_warnings, take_endings,
    warning_counts, warnings,
};
