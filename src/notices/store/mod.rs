//! SQL of the notices room.

mod channels;
mod digest;
mod happenings;
mod outgoing;
mod people;
mod round;
mod rules;
mod settings;
mod snoozes;

pub use channels::{
    Channel, NewChannel, Sealed, add_channel, channel, channels, drop_channel, set_channel, set_secret,
    set_target,
};
pub use digest::{Ending, Figures, Waiting, digest_readers, endings, figures, happened, waiting};
pub use happenings::{Pending, pending, tags, unweighed, weighed};
pub use outgoing::{
    Filter, Letter, OutRow, ToChannel, ToPerson, again, again_all, dead_count, letter, list, of_customer,
    release, set_round,
};
pub use people::{Choice, choice, everybody, readers, set_choice};
pub use round::{key_told, prune};
pub use rules::{add_rule, drop_rule, rule, rules, set_rule};
pub use settings::{Mail, Settings, set_mail, set_times, settings};
pub use snoozes::{SnoozeRow, active, end_snooze, snooze, snoozed, snoozes};
