//! Telling people what happened: by mail, Teams, Slack or a signed webhook, by rules, once per event and recipient.
//! Other rooms tell `kit::happening`; this one weighs it against the provider's rules and puts messages into the outbox.

mod digest;
mod leave;
pub mod model;
mod pages;
mod post;
pub mod quiet;
mod round;
mod send;
mod stages;
pub mod store;
mod weigh;
mod words;
pub mod work;

pub use pages::routes;
pub use post::Post;
pub use send::{mail_place, secret_place, target_place};
