//! Whether a domain is the analysts' own. Every customer's connected organization is made by it: a foreign one would
//! let in foreign people.

use crate::graph::discovery::DiscoveryError;
use crate::graph::{Graph, GraphError};
use crate::kit::ids::EntraTenantId;

/// Why a domain is not known to belong to the analysts' directory.
#[derive(Debug, thiserror::Error)]
pub enum Foreign {
    #[error("it belongs to another directory, {0}")]
    Elsewhere(EntraTenantId),
    #[error("Microsoft knows no tenant with it")]
    Nobodys,
    #[error("it belongs to a directory in another Microsoft cloud ({0})")]
    AnotherCloud(String),
    #[error("it is not a domain")]
    Malformed,
    #[error("it could not be checked: {0}")]
    Unchecked(GraphError),
}

/// Asks Microsoft's sign-in each time; what it does not answer is not taken for true.
///
/// # Errors
/// See [`Foreign`].
pub async fn own(graph: &Graph, domain: &str, analysts: EntraTenantId) -> Result<(), Foreign> {
    if !domain.contains('.') {
        // A tenant id can be looked up too, but it is no domain.
        return Err(Foreign::Malformed);
    }
    match graph.discover(domain).await {
        Ok(found) if found.tenant == analysts => Ok(()),
        Ok(found) => Err(Foreign::Elsewhere(found.tenant)),
        Err(DiscoveryError::NoSuchTenant) => Err(Foreign::Nobodys),
        Err(DiscoveryError::AnotherCloud(cloud)) => Err(Foreign::AnotherCloud(cloud)),
        Err(DiscoveryError::Malformed) => Err(Foreign::Malformed),
        Err(DiscoveryError::Graph(error)) => Err(Foreign::Unchecked(error)),
    }
}
