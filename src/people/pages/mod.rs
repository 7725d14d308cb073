//! Pages of the people room.

mod address;
mod change;
mod list;
mod oneself;
mod person;
mod sessions;

use crate::app::App;
use crate::kit::right::Right;
use crate::kit::router::Routes;
use crate::kit::text::T;

pub fn routes() -> Routes<App> {
    Routes::default()
        .get("/admin/people", Right::Administer, list::show)
        .get("/admin/people/{person}", Right::Administer, person::show)
        .post("/admin/people/{person}/view", Right::Administer, change::view)
        .post("/admin/people/{person}/give", Right::Administer, change::give)
        .post("/admin/people/{person}/take", Right::Administer, change::take)
        .post("/admin/people/{person}/disable", Right::Administer, change::disable)
        .post("/admin/people/{person}/enable", Right::Administer, change::enable)
        .post("/admin/people/{person}/analyst-address", Right::Administer, address::of_person)
        .get("/me", Right::SignedIn, oneself::show)
        .post("/me/analyst-address", Right::SignedIn, address::of_oneself)
        .post("/me/sessions/end", Right::SignedIn, sessions::end_others)
}

/// Roles in words, as the last sign-in brought them.
fn roles(t: T, claims: &[String]) -> Vec<String> {
    claims
        .iter()
        .map(|claim| t.text(&format!("people-role-{claim}")).unwrap_or_else(|| claim.clone()))
        .collect()
}
