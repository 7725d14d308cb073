//! The first page: every simulated directory, and where to go from it.

use askama::Template;

use super::{html, visitor};
use crate::answer::Answer;
use crate::call::Call;
use crate::simulation::Shared;
use crate::world::Tenant;

#[derive(Template)]
#[template(path = "home.html")]
struct Home<'a> {
    place: &'a str,
    who: Option<visitor::Who>,
    tenants: &'a [Tenant],
    channels: Vec<&'a str>,
}

pub fn page(shared: &Shared, call: &Call) -> Answer {
    let account = visitor::account(shared, call);
    let world = shared.world();
    let who = account.and_then(|a| visitor::who(&world, call, &a, ""));
    let channels = world.channels.keys().map(String::as_str).collect();
    html(200, &Home { place: "Directories", who, tenants: &world.tenants, channels })
}
