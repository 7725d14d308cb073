//! Pages of the requests room.

mod acts;
mod asked;
mod decide;
mod events;
mod export;
mod history;
mod list;
mod lists;
mod one;
mod outcome;
mod rows;

pub use rows::{asks, state};

use crate::app::App;
use crate::kit::right::Right;
use crate::kit::router::Routes;

pub fn routes() -> Routes<App> {
    Routes::default()
        .get("/requests", Right::ViewRequests, list::show)
        .get("/requests/rows", Right::ViewRequests, list::rows)
        .get("/requests/events", Right::ViewRequests, events::all)
        .get("/requests/export.csv", Right::ViewRequests, export::csv)
        .post("/requests/decide", Right::Decide, decide::several)
        .get("/requests/decisions/{batch}", Right::Decide, decide::decisions)
        .get("/requests/{customer}/{request}", Right::ViewRequests, one::show)
        .post("/requests/{customer}/{request}/decide", Right::Decide, decide::one)
        .post("/requests/{customer}/{request}/claim", Right::Decide, acts::claim)
        .post("/requests/{customer}/{request}/reprocess", Right::Redeliver, acts::reprocess)
        .get("/customers/{customer}/requests", Right::ViewRequests, list::of_customer)
        .get("/customers/{customer}/requests/rows", Right::ViewRequests, list::rows_of_customer)
        .get("/customers/{customer}/requests/events", Right::ViewRequests, events::of_customer)
}
