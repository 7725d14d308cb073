//! Pages of the reports room.

mod customer;

use crate::app::App;
use crate::kit::right::Right;
use crate::kit::router::Routes;

pub fn routes() -> Routes<App> {
    Routes::default().get("/customers/{customer}/report", Right::ViewRequests, customer::show)
}
