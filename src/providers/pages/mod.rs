//! Admin: the provider's own set-up.

mod apps;
mod home;

use crate::app::App;
use crate::kit::right::Right;
use crate::kit::router::Routes;

pub fn routes() -> Routes<App> {
    Routes::default()
        .get("/admin", Right::Administer, home::show)
        .post("/admin/provider", Right::Administer, home::save)
        .get("/admin/apps/{app}", Right::Administer, apps::show)
        .post("/admin/apps/{app}/client-id", Right::Administer, apps::client_id)
        .post("/admin/apps/{app}/certificate", Right::Administer, apps::new_certificate)
        .get("/admin/apps/{app}/certificate.cer", Right::Administer, apps::download)
        .post("/admin/apps/{app}/secret", Right::Administer, apps::secret)
        .post("/admin/apps/{app}/check", Right::Administer, apps::check)
}
