//! Pages of the requests room.

mod events;
mod list;
mod rows;

pub use rows::asks;

use crate::app::App;
use crate::kit::right::Right;
use crate::kit::router::Routes;

pub fn routes() -> Routes<App> {
    Routes::default()
        .get("/requests", Right::ViewRequests, list::show)
        .get("/requests/rows", Right::ViewRequests, list::rows)
        .get("/requests/events", Right::ViewRequests, events::all)
        .get("/customers/{customer}/requests", Right::ViewRequests, list::of_customer)
        .get("/customers/{customer}/requests/rows", Right::ViewRequests, list::rows_of_customer)
        .get("/customers/{customer}/requests/events", Right::ViewRequests, events::of_customer)
}
