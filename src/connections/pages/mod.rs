//! Pages of the connections room: one's own connections, the way to Microsoft, and back.

mod callback;
mod go;
mod list;

use crate::app::App;
use crate::kit::ids::CustomerId;
use crate::kit::right::Right;
use crate::kit::router::Routes;

/// Where Microsoft sends a person back to: the redirect address of the approver app.
pub const CALLBACK: &str = "/connect/callback";

/// Where a person leaves for the customer's sign-in, to come back to this address of ours.
pub fn go_path(customer: CustomerId, back: &str, silent: bool) -> String {
    let query = serde_html_form::to_string([("back", back)]).unwrap_or_default();
    format!("/connections/{customer}/go?{query}{}", if silent { "&silent=yes" } else { "" })
}

pub fn routes() -> Routes<App> {
    Routes::default()
        .get("/connections", Right::Decide, list::show)
        .get("/connections/{customer}/go", Right::Decide, go::go)
        .post("/connections/{customer}/disconnect", Right::Decide, list::disconnect)
        .get(CALLBACK, Right::Decide, callback::callback)
}
