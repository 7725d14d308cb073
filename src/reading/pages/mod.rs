//! What people see of the reading of one customer, and a turn now.

mod customer;
mod part;
mod refresh;

use crate::app::App;
use crate::kit::right::Right;
use crate::kit::router::Routes;

pub use part::{PartView, asleep};

pub fn routes() -> Routes<App> {
    Routes::default().get("/customers/{customer}/reading", Right::ViewRequests, customer::show).post(
        "/customers/{customer}/refresh",
        Right::ViewRequests,
        refresh::now,
    )
}
