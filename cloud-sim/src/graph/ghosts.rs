//! What was deleted is still read for a while, alone and in its list (switch `consistency.deletions`).

use serde_json::Value;

use super::bearer::Caller;
use super::scene::Scene;
use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::odata;
use crate::world::World;
use crate::world::late::{Delay, Ghost};

/// What a DELETE is about to take away, where that is to be seen a little longer.
pub fn of(world: &mut World, call: &Call, caller: &Caller) -> Option<Ghost> {
    let delay = world.switches.delay("consistency.deletions", call.now);
    let gone = world.ghosts.iter().any(|g| g.tenant == caller.tenant && g.path == call.segments);
    if call.method != "DELETE" || delay == Delay::default() || gone {
        return None;
    }
    let mut look = call.clone();
    "GET".clone_into(&mut look.method);
    look.aim(&call.path);
    let answer = super::allowed(world, &look, &Caller::administrator(&caller.tenant)).ok()?;
    let body = answer.json_body().clone();
    let (tenant, path) = (caller.tenant.clone(), call.segments.clone());
    body["id"].is_string().then_some(Ghost { tenant, path, body, delay, shows: false })
}

/// A read of a ghost or of its list counts; those whose time is over are gone.
pub fn look(world: &mut World, call: &Call, caller: &Caller) {
    let here = |ghost: &Ghost| {
        let list = ghost.path.split_last().map_or(&[][..], |(_, list)| list);
        ghost.tenant == caller.tenant && (ghost.path == call.segments || list == call.segments)
    };
    world.ghosts.retain_mut(|ghost| {
        ghost.shows = call.method == "GET" && here(ghost);
        !(ghost.shows && ghost.delay.seen(call.now))
    });
}

/// The answer, or the ghost that is still read instead of "not found".
pub fn instead(scene: &Scene<'_>, outcome: Outcome) -> Outcome {
    let refusal = match outcome {
        Err(refusal) if refusal.status == 404 => refusal,
        other => return other,
    };
    let ghost = scene.world.ghosts.iter().find(|ghost| ghost.shows && ghost.path == scene.call.segments);
    ghost.map(|ghost| -> Answer { odata::single(scene.call, ghost.body.clone(), &[]) }).ok_or(refusal)
}

/// The ghosts that a list still shows.
pub fn among<'a>(scene: &'a Scene<'_>) -> impl Iterator<Item = Value> + 'a {
    let shown = scene.world.ghosts.iter().filter(|ghost| ghost.shows && ghost.path != scene.call.segments);
    shown.map(|ghost| ghost.body.clone())
}
