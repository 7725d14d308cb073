//! What people hold of one package, in every state (contract §8.3); and one person of the directory, for whether he can
//! still sign in. As parts of a batch.

use crate::graph::directory::Ask;
use crate::graph::ids::PackageId;
use crate::graph::odata;
use crate::graph::requests;
use crate::graph::users;

/// Every assignment of a package. By package, since nobody gave us the names of those who hold others.
pub(crate) fn of_package_ask(package: &PackageId) -> Ask {
    requests::assignments_ask(Some(package), None)
}

/// A user by his object id, with whether he may sign in.
pub(crate) fn user_ask(id: &str) -> Ask {
    let query = odata::query(&[("$select", users::FULL)]);
    Ask::get("GET /users/{id}", format!("/v1.0/users/{}{query}", odata::segment(id)))
}
