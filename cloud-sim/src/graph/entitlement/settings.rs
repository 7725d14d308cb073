//! `/settings`: what becomes of a guest who lost his last assignment (contract §8.3).

use serde_json::json;

use super::model::{duration, invalid, only, text, word};
use crate::answer::{Answer, Outcome};
use crate::graph::scene::Scene;
use crate::odata;

const ACTIONS: &[&str] = &["none", "blockSignIn", "blockSignInAndDelete"];

pub fn answer(scene: &mut Scene<'_>) -> Outcome {
    match scene.call.method.as_str() {
        "GET" => Ok(odata::single(scene.call, scene.tenant().em_settings.clone(), &[])),
        "PATCH" => update(scene),
        _ => Err(Answer::unknown()),
    }
}

fn update(scene: &mut Scene<'_>) -> Outcome {
    const AFTER: &str = "durationUntilExternalUserDeletedAfterBlocked";
    let body = scene.body()?;
    only(&body, "entitlementManagementSettings", &["externalUserLifecycleAction", AFTER])?;
    let action = word(&body, "externalUserLifecycleAction", ACTIONS)?;
    if duration(&body, AFTER)?.is_some_and(|s| s % 86_400 != 0) {
        return Err(invalid(AFTER, "Whole days are expected."));
    }
    let after = text(&body, AFTER)?;
    let settings = &mut scene.tenant_mut().em_settings;
    if let Some(action) = action {
        settings["externalUserLifecycleAction"] = json!(action);
    }
    if let Some(after) = after {
        settings[AFTER] = json!(after);
    }
    Ok(Answer::ok(settings.clone()))
}
