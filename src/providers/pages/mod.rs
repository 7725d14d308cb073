//! Admin: the provider's own set-up.

mod apps;
mod check;
mod home;
mod keys;

use crate::app::App;
use crate::kit::right::Right;
use crate::kit::router::Routes;

pub fn routes() -> Routes<App> {
    Routes::default()
        .get("/admin", Right::Administer, home::show)
        .post("/admin/provider", Right::Administer, home::save)
        .get("/admin/apps/{app}", Right::Administer, apps::show)
        .post("/admin/apps/{app}/client-id", Right::Administer, apps::client_id)
        .post("/admin/apps/{app}/certificate", Right::Administer, keys::new_certificate)
        .get("/admin/apps/{app}/certificate.cer", Right::Administer, keys::download)
        .post("/admin/apps/{app}/secret", Right::Administer, keys::secret)
        .post("/admin/apps/{app}/check", Right::Administer, check::check)
        .get("/admin/apps/{app}/next.cer", Right::Administer, keys::download_next)
        .post("/admin/apps/{app}/next/use", Right::Administer, keys::use_next)
        .post("/admin/apps/{app}/next/drop", Right::Administer, keys::drop_next)
}
