//! Tries an app's keys at the token endpoint of the provider's own directory. A waiting key that works is put into use.

use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::apps::{back, kind_of, worked};
use super::keys::{NothingForm, take};
use crate::app::App;
use crate::graph::AppCredential;
use crate::kit::audit::Event;
use crate::kit::error::AppResult;
use crate::kit::form::Form;
use crate::kit::ids::EntraTenantId;
use crate::kit::page::Page;
use crate::providers::{AppKind, store};

/// What the token endpoint says of this key. A token alone proves client id and key; which permissions the app holds
/// in the provider's own directory is told beside it.
async fn tried(
    app: &App,
    home: Option<EntraTenantId>,
    credential: Option<&AppCredential>,
    kind: AppKind,
) -> Value {
    let Some(credential) = credential else { return json!({ "cause": "unfinished" }) };
    // The staff's authority is not Entra: there is no directory to ask in.
    let Some(home) = home else { return json!({ "cause": "no-directory" }) };
    match app.graph.app(home, credential).permissions_now().await {
        Ok(found) => {
            let missing = found.missing(kind.application_permissions());
            json!({ "ok": true, "found": found.0, "missing": missing })
        }
        Err(error) => {
            let mut problem = error.problem();
            problem["ok"] = json!(false);
            problem
        }
    }
}

pub async fn check(
    State(app): State<App>,
    page: Page,
    Path(key): Path<String>,
    Form(NothingForm {}): Form<NothingForm>,
) -> AppResult {
    let kind = kind_of(&key)?;
    let mut tx = page.scope().begin(&app.db).await?;
    let home = store::sign_in_tenant(&mut tx).await?;
    let in_use = store::credential(&mut tx, &app.seal, kind).await?;
    let next = store::next_credential(&mut tx, &app.seal, kind).await?;
    drop(tx);
    let outcome = tried(&app, home, in_use.as_ref(), kind).await;
    let of_next = match &next {
        Some((credential, made_at)) => Some((tried(&app, home, Some(credential), kind).await, *made_at)),
        None => None,
    };
    let now = app.clock.now();
    let mut tx = page.scope().begin(&app.db).await?;
    store::set_checked(&mut tx, kind, &outcome, now).await?;
    let told =
        json!({ "app": kind.key(), "outcome": outcome, "next": of_next.as_ref().map(|(said, _)| said) });
    let mut events = vec![Event::new("app.checked").after(told)];
    let mut done = "checked";
    if let Some((said, made_at)) = of_next {
        store::set_next_checked(&mut tx, kind, made_at, &said, now).await?;
        if worked(Some(&said)) == Some(true)
            && let Some(taken) = take(&mut tx, &app.seal, kind, made_at, true, now).await?
        {
            events.push(taken);
            done = "next-proven";
        }
    }
    tx.commit_all(&app.clock, events).await?;
    Ok(back(kind, done))
}
