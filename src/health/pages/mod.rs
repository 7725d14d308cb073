//! Pages of the health room.

mod again;
mod home;
mod rows;
mod sync;

use fluent_bundle::FluentValue;

use crate::app::App;
use crate::graph::catalogue;
use crate::kit::right::Right;
use crate::kit::router::Routes;
use crate::kit::text::T;

pub fn routes() -> Routes<App> {
    Routes::default()
        .get("/health", Right::ViewHealth, home::show)
        .get("/health/rows", Right::ViewHealth, rows::show)
        .get("/health/sync", Right::ViewHealth, sync::show)
        .post("/health/again", Right::SteerWork, again::all)
        .post("/customers/{customer}/work/again", Right::SteerWork, again::one)
}

/// A cause in words: what happened, whose move it is, how to mend it. Graph's causes have their texts with Graph.
struct Cause {
    what: String,
    whose: String,
    fix: String,
    /// Where Microsoft explains it.
    link: Option<String>,
}

impl Cause {
    fn new(t: T, cause: &str, code: Option<&str>) -> Self {
        let part = |part: &str| {
            t.text(&format!("errors-{cause}-{part}"))
                .or_else(|| t.text(&format!("health-cause-{cause}-{part}")))
                .unwrap_or_else(|| t.text_or_key(&format!("health-cause-unknown-{part}")))
        };
        Self {
            what: part("what"),
            whose: part("whose"),
            fix: part("fix"),
            link: catalogue::link_of(cause, code),
        }
    }
}

/// A kind of work, a consent, or `step:` with the step's key.
fn kind_text(t: T, kind: &str) -> String {
    let Some(step) = kind.strip_prefix("step:") else {
        return t.text(&format!("health-kind-{kind}")).unwrap_or_else(|| kind.to_owned());
    };
    let (key, of) = step.split_once('.').unwrap_or((step, ""));
    let arguments = vec![("name", FluentValue::from(of.to_owned()))];
    t.text_with(&format!("onboarding-step-{key}"), arguments).unwrap_or_else(|| step.to_owned())
}
