//! Background work of the engine: reading and planning, and applying approved plans.

mod look;
mod run;
mod turn;

use crate::customers::Customer;
use crate::customers::store as customers;
use crate::graph::{AppCredential, GraphError};
use crate::kit::error::AppError;
use crate::kit::work::{Claimed, WorkError};
use crate::onboarding::blueprint::Blueprint;
use crate::onboarding::facts::Facts;
use crate::onboarding::store;
use crate::providers::{self, AppKind};

pub use look::{LOOK, work as look};
pub use run::{RUN, work as run};

#[derive(Debug, thiserror::Error)]
enum EngineError {
    #[error(transparent)]
    Graph(#[from] GraphError),
    #[error(transparent)]
    App(#[from] AppError),
    #[error(transparent)]
    Work(#[from] WorkError),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// Everything a piece of work needs to know before it calls Microsoft.
struct Known {
    customer: Customer,
    facts: Facts,
    /// Version and document of the blueprint in force.
    blueprint: (i32, Blueprint),
    reader: Option<AppCredential>,
    operator: Option<AppCredential>,
}

/// None: the customer is gone or paused, and nothing is to be done.
async fn known(app: &crate::app::App, claimed: &Claimed) -> Result<Option<Known>, EngineError> {
    let mut tx = claimed.begin(&app.db).await?;
    let Some(customer) = customers::find(&mut tx, claimed.customer()).await? else { return Ok(None) };
    if customer.pause.is_some() {
        return Ok(None);
    }
    let facts = store::facts(&mut tx, customer.id).await?;
    let blueprint = store::current_blueprint(&mut tx, app.clock.now()).await?;
    let reader = providers::store::credential(&mut tx, &app.seal, AppKind::Reader).await?;
    let operator = providers::store::credential(&mut tx, &app.seal, AppKind::Operator).await?;
    tx.commit_bookkeeping("the first reading keeps the default blueprint").await?;
    Ok(Some(Known { customer, facts, blueprint, reader, operator }))
}
