//! Consent of a customer to the provider's apps: the link, the callback that decides nothing, and the check that
//! proves it at the token endpoint.

pub mod check;
pub mod store;

/// Kind of work: proves each app's consent; hourly, and at once after a callback.
pub const WORK: &str = "consent";
