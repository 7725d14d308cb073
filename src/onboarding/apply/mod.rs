//! Applying one step in the customer's tenant: look, compare, write if still needed, say when it can be seen.
//!
//! Each step looks at its own object only, so that doing it twice changes nothing the second time. It decides
//! nothing: what is wanted comes from [`Wanted`]. Every write passes the [`Ledger`]. No transaction is open here.

mod defender;
mod directory;
mod ledger;
mod packages;

use serde_json::Value;

use crate::graph::{CatalogId, Directory, GraphError, GraphErrorKind, PackageId};
use crate::kit::clock::Clock;
use crate::kit::ids::ObjectId;
use crate::kit::planted::{self, Bug};
use crate::kit::work::WorkError;
use crate::onboarding::step::{StepKey, StepKind};
use crate::onboarding::wanted::Wanted;

pub use ledger::{Ledger, Mark, SETTLE, Sent, Wrote};

/// A step that is as wanted, and seen.
#[derive(Clone, Debug, PartialEq)]
pub enum Applied {
    /// Microsoft's id of the object, to be kept as ours.
    Done(Option<String>),
    /// The package behind a link answers; the link itself is kept by the portal.
    Linked { package: PackageId, name: String, hint: String },
}

impl Applied {
    fn done(id: impl ToString) -> Self {
        Self::Done(Some(id.to_string()))
    }
}

/// Why an attempt ended before that.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// Written, or asked for, but it cannot be seen yet.
    #[error("{0} is not seen yet")]
    NotYet(&'static str),
    /// What Microsoft refused. `LostAnswer`: a write may have happened.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The ledger cannot be kept, or somebody else has taken over: nothing more may be written.
    #[error(transparent)]
    Work(#[from] WorkError),
}

/// Everything an attempt may use.
pub struct Hands<'a, L> {
    pub directory: &'a Directory,
    pub wanted: Wanted<'a>,
    pub clock: &'a Clock,
    /// What earlier attempts of this run sent.
    pub sent: &'a Sent,
    pub ledger: &'a L,
}

/// An object that the step builds on is not there: the plan's order was broken from outside.
fn gone(what: &'static str) -> GraphError {
    GraphError::missing(what)
}

impl<L: Ledger> Hands<'_, L> {
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

    /// What follows a look that found nothing: making it, unless it may have been made already.
    fn settled(&self, what: &'static str) -> Result<(), Stop> {
        let forgets = planted::has(Bug::NotFoundMeansNew) || planted::has(Bug::NoLookup);
        if !forgets && self.sent.may_be_there(what, self.clock.now()) {
            Err(Stop::NotYet(what))
        } else {
            Ok(())
        }
    }

    /// One write, and what the ledger is told of it. `unknown`: after which errors it may have happened.
    async fn send<T>(
        &self,
        what: &'static str,
        unknown: fn(&GraphError) -> bool,
        call: impl Future<Output = Result<T, GraphError>>,
        told: impl FnOnce(&T) -> Wrote,
    ) -> Result<T, Stop> {
        self.ledger.sending(what).await?;
        match call.await {
            Ok(made) => {
                self.ledger.wrote(told(&made)).await?;
                Ok(made)
            }
            Err(error) => {
                if !unknown(&error) {
                    self.ledger.refused(what).await?;
                }
                Err(error.into())
            }
        }
    }

    /// Makes something that was looked for and is not there. `on`: what it builds on, which may have been made a
    /// moment ago and not be found yet.
    async fn create<T>(
        &self,
        what: &'static str,
        on: Option<&'static str>,
        call: impl Future<Output = Result<T, GraphError>>,
        told: impl FnOnce(&T) -> (Option<String>, Value),
    ) -> Result<T, Stop> {
        self.settled(what)?;
        // Refused because it is there: by an earlier attempt, by somebody else, or by this very one.
        let unknown = |error: &GraphError| error.kind == GraphErrorKind::LostAnswer || there_already(error);
        let told = |made: &T| {
            let (id, after) = told(made);
            Wrote { what, id, before: Value::Null, after }
        };
        let made = self.send(what, unknown, call, told).await;
        made.map_err(|stop| match (&stop, on) {
            (Stop::Graph(error), Some(on)) if error.kind == GraphErrorKind::NotFound => Stop::NotYet(on),
            (Stop::Graph(error), _) if there_already(error) => Stop::NotYet(what),
            _ => stop,
        })
    }

    /// Brings something that is there to other values. Sent twice it is the same, so it may have been sent often.
    async fn change(
        &self,
        call: impl Future<Output = Result<(), GraphError>>,
        before: Value,
        after: Value,
    ) -> Result<(), Stop> {
        let wrote = Wrote { what: "values", id: None, before, after };
        self.send("values", GraphError::passes, call, |()| wrote).await
    }

    /// Does one step, or finds it done.
    ///
    /// # Errors
    /// It is not done yet: [`Stop`] says why.
    pub async fn apply(&self, step: &StepKey) -> Result<Applied, Stop> {
        match step.kind {
            StepKind::Group => self.ensure_group(&step.of).await,
            StepKind::ConnectedOrganization => self.ensure_connected_organization().await,
            StepKind::Catalog => self.ensure_catalog(step).await,
            StepKind::Resource => self.ensure_resource(&step.of).await,
            StepKind::Package => self.ensure_package(step).await,
            StepKind::Policy => self.ensure_policy(step).await,
            StepKind::DefenderRole => self.ensure_defender_role(step).await,
            StepKind::Link => self.check_link(&step.of).await,
            _ => Ok(Applied::Done(None)),
        }
    }

    async fn check_link(&self, of: &str) -> Result<Applied, Stop> {
        let package = self.package(of)?;
        let found = self.directory.package(&package).await?.ok_or(Stop::NotYet("package"))?;
        let organization = self.directory.organization().await?;
        let hint = organization.hint().unwrap_or_default().to_owned();
        Ok(Applied::Linked { package, name: found.display_name, hint })
    }
}

/// The wanted text, where it is another: only that is sent.
fn other(is: &str, wanted: &str) -> Option<String> {
    (is != wanted).then(|| wanted.to_owned())
}

/// A list below something made a moment ago, which may not be found yet.
fn below<T>(list: Result<T, GraphError>, what: &'static str) -> Result<T, Stop> {
    list.map_err(|error| match error.kind {
        GraphErrorKind::NotFound => Stop::NotYet(what),
        _ => error.into(),
    })
}

/// Refused because it is there: reading lags behind, or another attempt of ours was quicker to arrive.
fn there_already(error: &GraphError) -> bool {
    let says = |code: &str| code.ends_with("AlreadyExists") || code.ends_with("AlreadyOnboarded");
    error.kind == GraphErrorKind::Conflict || error.code.as_deref().is_some_and(says)
}
