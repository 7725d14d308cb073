//! Every kind of background work of the rooms, in one place.

use crate::access_requests;
use crate::app::App;
use crate::customers::consent;
use crate::kit::work::{Kinds, Workers};
use crate::onboarding;

/// What a fresh consent wakes: the kinds that read a customer.
const READS: &[&str] = &[onboarding::work::LOOK, onboarding::work::RUN, access_requests::work::WORK];

fn kinds() -> Kinds<App> {
    Kinds::default()
        .with(consent::WORK, async |app, claimed| consent::check::work(app, claimed, READS).await)
        .with(onboarding::work::LOOK, onboarding::work::look)
        .with(onboarding::work::RUN, onboarding::work::run)
        .with(access_requests::work::WORK, access_requests::work::work)
}

/// The workers of one process.
pub fn workers(app: &App) -> Workers<App> {
    Workers::new(
        kinds(),
        app.clone(),
        app.db.clone(),
        app.clock.clone(),
        app.chance.clone(),
        app.nudge.clone(),
    )
}
