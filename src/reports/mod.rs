//! What is handed to a customer: who has access to his directory, since when and until when, by whose approval, what was
//! reviewed and decided, and what differs from what was agreed.

mod pages;
pub mod store;

pub use pages::routes;
