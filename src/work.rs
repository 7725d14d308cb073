//! Every kind of background work of the rooms, in one place.

use std::sync::Arc;

use chrono::TimeDelta;

use crate::app::App;
use crate::customers::consent;
use crate::kit::work::{Kinds, Workers};
use crate::notices::{self, Post};
use crate::onboarding;
use crate::{access, access_requests, reading};

/// What a fresh consent wakes: the kinds that read a customer.
const READS: &[&str] =
    &[onboarding::work::LOOK, onboarding::work::RUN, reading::work::WORK, access::work::WORK];

/// How far each kind stands back when it only comes round: a run never, requests a little, readings of a whole tenant
/// most.
fn kinds() -> Kinds<App> {
    let (later, last) = (TimeDelta::minutes(5), TimeDelta::minutes(10));
    Kinds::default()
        .with(onboarding::work::RUN, onboarding::work::run)
        .with(access::work::WORK, access::work::work)
        .patient(access::endings::WORK, last, access::endings::work)
        .patient(reading::work::WORK, reading::work::PATIENCE, reading::work::work)
        .with(access_requests::settle::WORK, access_requests::settle::work)
        .with(notices::work::WORK, notices::work::work)
        .patient(consent::WORK, later, async |app, claimed| consent::check::work(app, claimed, READS).await)
        .patient(onboarding::work::LOOK, last, onboarding::work::look)
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

/// The sender of one process.
pub fn post(app: &App) -> Arc<Post> {
    Arc::new(Post::new(app))
}
