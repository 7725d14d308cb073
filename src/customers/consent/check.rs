//! Proves each app's consent: a token for the *expected* directory, its permissions, and for the reader that the
//! directory is the customer's. Runs hourly and after every callback.

use chrono::TimeDelta;
use serde_json::json;

use super::store::{self, Found};
use crate::app::App;
use crate::customers::model::{Customer, NAME, Standing, State, WhoseMove};
use crate::customers::store::{self as customers, Identity};
use crate::graph::organization::Organization;
use crate::graph::{AppCredential, GraphError};
use crate::kit::audit::Event;
use crate::kit::error::AppError;
use crate::kit::happening::{self, Happening, Kind};
use crate::kit::work::{self, Claimed, Outcome, WorkError};
use crate::providers::{self, AppKind};

/// How often consent is probed when nothing happens.
const PROBE: TimeDelta = TimeDelta::minutes(60);
/// How soon again while a customer is expected to consent.
const EXPECTED: TimeDelta = TimeDelta::minutes(5);
/// Apps whose consent is application permissions, provable by a token.
const PROVABLE: [AppKind; 2] = [AppKind::Reader, AppKind::Operator];

/// The work itself. `wakes` are the kinds of work that read the customer, once reading is possible.
pub async fn work(app: App, claimed: Claimed, wakes: &[&'static str]) -> Outcome {
    match check(&app, &claimed, wakes).await {
        Ok(outcome) => outcome,
        Err(CheckError::Work(WorkError::LeaseLost)) => Outcome::LeaseLost,
        Err(error) => {
            tracing::warn!(customer = %claimed.customer(), %error, "consent not checked");
            Outcome::Failed { problem: json!({ "cause": "internal" }), next: None }
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum CheckError {
    #[error(transparent)]
    App(#[from] AppError),
    #[error(transparent)]
    Work(#[from] WorkError),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

async fn check(app: &App, claimed: &Claimed, wakes: &[&'static str]) -> Result<Outcome, CheckError> {
    let mut tx = claimed.begin(&app.db).await?;
    let Some(customer) = customers::find(&mut tx, claimed.customer()).await? else {
        return Ok(Outcome::Done { next: None });
    };
    let mut credentials = Vec::new();
    for kind in PROVABLE {
        if let Some(credential) = providers::store::credential(&mut tx, &app.seal, kind).await? {
            credentials.push((kind, credential));
        }
    }
    drop(tx);
    if customer.pause.is_some() {
        return Ok(Outcome::Done { next: None });
    }
    let mut problem = None;
    for (kind, credential) in &credentials {
        match prove(app, &customer, *kind, credential).await {
            Ok(proof) => keep(app, claimed, &customer, *kind, proof, wakes).await?,
            // Not knowing is no loss: the last proof stands, and the row is red in Health.
            Err(error) => problem = Some(error.problem()),
        }
    }
    let next =
        app.clock.now() + if customer.standing.whose_move == WhoseMove::Customer { EXPECTED } else { PROBE };
    Ok(match problem {
        Some(problem) => Outcome::Failed { problem, next: None },
        None => Outcome::Done { next: Some(next) },
    })
}

struct Proof {
    found: Found,
    organisation: Option<Identity>,
}

/// What the token endpoint and the directory itself say. An error is only what tells nothing about consent.
async fn prove(
    app: &App,
    customer: &Customer,
    kind: AppKind,
    credential: &AppCredential,
) -> Result<Proof, GraphError> {
    let directory = app.graph.app(customer.entra_tenant_id, credential);
    let permissions = match directory.permissions_now().await {
        Ok(permissions) => permissions,
        Err(error) if error.lost_consent() => {
            return Ok(Proof { found: refused(&error), organisation: None });
        }
        Err(error) => return Err(error),
    };
    let needed: Vec<&str> = kind
        .application_permissions()
        .iter()
        .copied()
        .filter(|name| !kind.optional_permissions().contains(name))
        .collect();
    let missing: Vec<String> = permissions.missing(&needed).into_iter().map(str::to_owned).collect();
    let mut found = Found {
        granted: missing.is_empty(),
        permissions: permissions.0.iter().cloned().collect(),
        cause: if missing.is_empty() { String::new() } else { "consent-missing".to_owned() },
        missing,
        detail: String::new(),
    };
    let mut organisation = None;
    if found.granted {
        match directory.organization().await {
            Ok(read) if read.id == customer.entra_tenant_id => organisation = Some(identity(read)),
            Ok(_) => {
                found.granted = false;
                found.cause = "no-such-tenant".to_owned();
            }
            // A fresh grant may not have reached every server yet: consent stands only once it works.
            Err(error) if error.whose_move() == crate::graph::WhoseMove::Customer => found = refused(&error),
            Err(error) => return Err(error),
        }
    }
    Ok(Proof { found, organisation })
}

fn identity(told: Organization) -> Identity {
    Identity {
        default_domain: told.default_domain().map(str::to_owned),
        domains: told.verified_domains.into_iter().map(|domain| domain.name).collect(),
        name: told.display_name.chars().take(NAME).collect(),
    }
}

fn refused(error: &GraphError) -> Found {
    Found {
        granted: false,
        permissions: Vec::new(),
        missing: Vec::new(),
        cause: error.cause().to_owned(),
        detail: error.to_string(),
    }
}

async fn keep(
    app: &App,
    claimed: &Claimed,
    customer: &Customer,
    kind: AppKind,
    proof: Proof,
    wakes: &[&'static str],
) -> Result<(), CheckError> {
    let now = app.clock.now();
    let mut tx = claimed.begin(&app.db).await?;
    let (before, state) = store::keep(&mut tx, customer.id, kind, &proof.found, now).await?;
    let changed = before.as_deref() != Some(&state);
    if proof.found.granted {
        store::spend_links(&mut tx, customer.id, kind, now).await?;
    }
    let mut events = Vec::new();
    if let Some(told) = &proof.organisation
        && let Some((before, now)) = customers::set_identity(&mut tx, customer.id, told).await?
    {
        let event = Event::new("customer.domain-read").of(customer.id);
        events.push(event.before(json!({ "domain": before })).after(json!({ "domain": now })));
    }
    // Whoever cannot be read any more is told once, and named until it is mended. The operator's is taken back as it should.
    if kind == AppKind::Reader && changed && state == "lost" {
        let about = format!("{}/{}", kind.key(), now.timestamp());
        let facts = json!({ "app": kind.key(), "path": format!("/customers/{}/consent", customer.id) });
        let told = Happening { kind: Kind::ConsentLost, customer: customer.id, about, facts };
        happening::tell(&mut tx, &told, now).await?;
    }
    // Before a first link it is our move: nobody at the customer has been asked.
    let asked = customer.standing.state != State::New || state == "lost";
    if kind == AppKind::Reader && !proof.found.granted && asked {
        let told = store::asked(&mut tx, customer.id, kind, now).await?;
        let standing = customer.standing.without_reader(state == "lost", told);
        customers::set_standing(&mut tx, customer.id, &standing, now).await?;
    }
    if kind == AppKind::Reader && proof.found.granted && changed {
        customers::set_standing(&mut tx, customer.id, &being_read(customer), now).await?;
    }
    // Last, like everywhere: who takes rows in another order could wait for us while we wait for him.
    if changed && (proof.found.granted || before.is_some()) {
        for kind in wakes {
            work::wake(&mut tx, customer.id, kind, now).await?;
        }
    }
    if changed {
        let event = Event::new("consent.changed").of(customer.id);
        let missing = &proof.found.missing;
        events.push(
            event
                .before(json!({ "app": kind.key(), "state": before }))
                .after(json!({ "app": kind.key(), "state": state, "missing": missing })),
        );
    }
    if events.is_empty() {
        tx.commit_bookkeeping("an unchanged consent is no news").await?;
        return Ok(());
    }
    tx.commit_all(&app.clock, events).await?;
    if changed {
        app.nudge.notify_waiters();
    }
    Ok(())
}

/// From consent to the first plan it is Microsoft's answers that are waited for.
fn being_read(customer: &Customer) -> Standing {
    Standing {
        state: State::Reading,
        whose_move: WhoseMove::Microsoft,
        next_move: "customers-next-reading".to_owned(),
        ..customer.standing.clone()
    }
}
