//! Access as entitlement management grants it: who may ask, who decides, what happens by itself as time goes by.
//!
//! Plain functions over the world, shared by Graph, My Access and the control interface. None of them reads a clock:
//! the instant is an argument, and `advance` is called before every call that comes in.

mod administer;
mod advance;
mod approve;
mod ask;
mod deliver;
mod give;
mod lapse;
pub mod review;
pub mod scope;
pub mod trail;

use crate::answer::Answer;
use crate::pages::account::Account;
use crate::world::{Tenant, World};

pub use administer::{Administered, alter, assign, remove, reprocess};
pub use advance::advance;
pub use approve::{Verdict, approves, cancel, decide, waiting_for};
pub use ask::{Ask, Schedule, Wish, ask};
pub use give::{again, package_changes};
pub use scope::offers;

/// Why something was not done.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Graph's status for it: 400, 403, 404 or 409.
    pub status: u16,
    pub code: &'static str,
    pub sentence: String,
}

impl Refused {
    fn new(status: u16, code: &'static str, sentence: &str) -> Self {
        Self { status, code, sentence: sentence.to_owned() }
    }

    fn missing() -> Self {
        Self::new(404, "ResourceNotFound", "The resource was not found.")
    }
}

impl From<Refused> for Answer {
    fn from(refused: Refused) -> Self {
        Self::error(refused.status, refused.code, &refused.sentence)
    }
}

/// Where a tenant is in the world.
fn place(world: &World, tenant: &str) -> Result<usize, Refused> {
    world.tenants.iter().position(|t| t.answers_to(tenant)).ok_or_else(Refused::missing)
}

/// Without a licence nothing new is asked for or decided (INFERRED from "no new requests are processed").
fn licensed(world: &World, tenant: &Tenant) -> Result<(), Refused> {
    let held = tenant.is_governed(world.switches.on("em.suspended-licence-counts"));
    if held || !world.switches.on("em.licence-required") {
        return Ok(());
    }
    Err(Refused::new(403, "AccessDenied", "The tenant does not have a license for entitlement management."))
}

/// The object id by which a tenant knows an account, if it does.
fn object_of(world: &World, tenant: &str, account: &Account) -> Option<String> {
    account.in_tenant(world, tenant).map(|u| u.id.clone())
}
