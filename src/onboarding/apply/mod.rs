//! Applying one step in the customer's tenant: look, compare, write if still needed, say when it can be seen.
//!
//! Each step looks at its own object only, so that doing it twice changes nothing the second time. It decides
//! nothing: what is wanted comes from [`Wanted`]. No transaction is open here.

mod defender;
mod directory;
mod packages;

use serde_json::{Value, json};

use crate::graph::{CatalogId, Directory, GraphError, GraphErrorKind, PackageId};
use crate::kit::clock::Clock;
use crate::kit::ids::ObjectId;
use crate::onboarding::step::{StepKey, StepKind};
use crate::onboarding::wanted::Wanted;

/// What one attempt came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Applied {
    Done {
        /// Microsoft's id of the object, to be kept as ours.
        id: Option<String>,
        wrote: bool,
        before: Value,
        after: Value,
    },
    /// Written, or asked for, but the next call could not see it yet.
    NotYet(&'static str),
}

impl Applied {
    fn found(id: impl ToString) -> Self {
        Self::Done { id: Some(id.to_string()), wrote: false, before: Value::Null, after: Value::Null }
    }

    fn wrote(id: impl ToString, before: Value, after: Value) -> Self {
        Self::Done { id: Some(id.to_string()), wrote: true, before, after }
    }
}

/// Everything an attempt may use.
pub struct Hands<'a> {
    pub directory: &'a Directory,
    pub wanted: Wanted<'a>,
    pub clock: &'a Clock,
    /// An earlier attempt may have created this, or (empty) anything, a moment ago: as long as it is not found, it
    /// is waited for, not made again.
    pub unsure: Option<String>,
}

/// An object that the step builds on is not there: the plan's order was broken from outside.
fn gone(what: &'static str) -> GraphError {
    GraphError::missing(what)
}

impl Hands<'_> {
    fn owned(&self, kind: StepKind, of: &str) -> Option<&str> {
        self.wanted.facts.owned(&StepKey::new(kind, of).to_string())
    }

    fn group(&self, of: &str) -> Result<ObjectId, GraphError> {
        self.owned(StepKind::Group, of).and_then(|id| id.parse().ok()).ok_or_else(|| gone("the group"))
    }

    fn catalog(&self) -> Result<CatalogId, GraphError> {
        self.owned(StepKind::Catalog, "").map(CatalogId::new).ok_or_else(|| gone("the catalog"))
    }

    fn package(&self, of: &str) -> Result<PackageId, GraphError> {
        self.owned(StepKind::Package, of).map(PackageId::new).ok_or_else(|| gone("the package"))
    }

    fn reference(&self, step: &StepKey) -> String {
        self.wanted.facts.reference(&step.to_string())
    }

    /// What follows a look that found nothing: making it, unless it may just have been made.
    fn settling(&self, what: &'static str) -> Option<Applied> {
        let unsure = self.unsure.as_deref().is_some_and(|unsure| unsure.is_empty() || unsure == what);
        unsure.then_some(Applied::NotYet(what))
    }

    /// Does one step, or finds it done.
    ///
    /// # Errors
    /// What Microsoft refused. `LostAnswer`: a create may have happened.
    pub async fn apply(&self, step: &StepKey) -> Result<Applied, GraphError> {
        match step.kind {
            StepKind::Group => self.ensure_group(&step.of).await,
            StepKind::ConnectedOrganization => self.ensure_connected_organization().await,
            StepKind::Catalog => self.ensure_catalog(step).await,
            StepKind::Resource => self.ensure_resource(&step.of).await,
            StepKind::Package => self.ensure_package(step).await,
            StepKind::Policy => self.ensure_policy(step).await,
            StepKind::DefenderRole => self.ensure_defender_role(step).await,
            StepKind::Link => self.check_link(&step.of).await,
            _ => Ok(Applied::Done { id: None, wrote: false, before: Value::Null, after: Value::Null }),
        }
    }

    /// The package behind a link still answers; the link itself is kept by the portal.
    async fn check_link(&self, of: &str) -> Result<Applied, GraphError> {
        let id = self.package(of)?;
        let found = self.directory.package(&id).await?.ok_or_else(|| gone("the package"))?;
        let organization = self.directory.organization().await?;
        let after = json!({
            "name": found.display_name, "package": id, "hint": organization.hint().unwrap_or_default(),
        });
        Ok(Applied::Done { id: None, wrote: false, before: Value::Null, after })
    }
}

/// A write to an object made a moment ago may not find it: that passes by itself.
fn not_visible(error: GraphError, why: &'static str) -> Result<Applied, GraphError> {
    if error.kind == GraphErrorKind::NotFound { Ok(Applied::NotYet(why)) } else { Err(error) }
}
