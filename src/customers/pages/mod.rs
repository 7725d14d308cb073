//! Pages of the customers room.

mod add;
mod callback;
mod consent;
mod edit;
mod list;
mod overview;
mod tabs;

pub use tabs::{Tab, tabs};

use crate::app::App;
use crate::kit::right::Right;
use crate::kit::router::Routes;

pub fn routes() -> Routes<App> {
    Routes::default()
        .get("/customers", Right::ViewCustomers, list::show)
        .get("/customers/add", Right::EditCustomers, add::ask)
        .post("/customers/add/find", Right::EditCustomers, add::find)
        .post("/customers/add", Right::EditCustomers, add::add)
        .get("/customers/{customer}", Right::ViewCustomers, overview::show)
        .get("/customers/{customer}/details", Right::KeepNotes, edit::show)
        .post("/customers/{customer}/details", Right::EditCustomers, edit::details)
        .post("/customers/{customer}/notes", Right::KeepNotes, edit::notes)
        .post("/customers/{customer}/contacts", Right::KeepNotes, edit::contacts)
        .post("/customers/{customer}/pause", Right::EditCustomers, edit::pause)
        .post("/customers/{customer}/resume", Right::EditCustomers, edit::resume)
        .get("/customers/{customer}/consent", Right::Onboard, consent::show)
        .post("/customers/{customer}/consent", Right::Onboard, consent::make_link)
        .post("/customers/{customer}/check", Right::SteerWork, consent::check_now)
        .get("/consent/callback", Right::Anyone, callback::callback)
}
