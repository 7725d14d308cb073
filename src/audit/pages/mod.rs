//! Pages of the audit room.

mod list;
mod proof;
mod row;
mod words;

use crate::app::App;
use crate::kit::right::Right;
use crate::kit::router::Routes;

pub fn routes() -> Routes<App> {
    Routes::default()
        .get("/audit", Right::ViewAudit, list::show)
        .get("/audit/verify", Right::ViewAudit, proof::show)
        .get("/customers/{customer}/activity", Right::ViewCustomers, list::of_customer)
}
