//! Pages of the customers room.

use crate::app::App;
use crate::kit::router::Routes;

pub fn routes() -> Routes<App> {
    Routes::default()
}
