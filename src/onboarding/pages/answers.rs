//! What people say: manual steps declared and reopened, questions answered, the customer's administrator named.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::acts::{back, changed};
use super::step::show_again;
use crate::app::App;
use crate::customers::{Customer, Viewed};
use crate::graph::GraphError;
use crate::kit::audit::Event;
use crate::kit::error::{AppError, AppResult};
use crate::kit::form::{CustomerForm, FieldErrors};
use crate::kit::page::Page;
use crate::kit::scope::Tx;
use crate::kit::work;
use crate::onboarding::blueprint::APPROVERS;
use crate::onboarding::facts::{Administrator, Declaration, Rbac};
use crate::onboarding::plan::{Plan, plan};
use crate::onboarding::replan::replan;
use crate::onboarding::step::{Candidate, Question, Step, StepKey, StepKind, StepState};
use crate::onboarding::store;
use crate::onboarding::work::{LOOK, RUN};
use crate::providers::{self, AppKind};

fn key_of(step: &str) -> Result<StepKey, AppError> {
    step.parse().map_err(|_| AppError::NotFound)
}

/// Plans anew and lets a waiting run go on; the last act before the commit.
async fn settle(app: &App, mut tx: Tx, customer: &Customer, event: Event) -> Result<(), AppError> {
    replan(&mut tx, app, customer.id).await?;
    work::wake(&mut tx, customer.id, RUN, app.clock.now()).await?;
    tx.commit(&app.clock, event.of(customer.id)).await?;
    app.nudge.notify_waiters();
    Ok(())
}

#[derive(Deserialize)]
pub struct DeclareForm {
    proof: String,
    #[serde(default)]
    rbac: Option<String>,
    /// Mark of what the page showed, where the declaration is about that.
    #[serde(default)]
    about: String,
}

/// A named person says that a manual step is done, and how one can see it.
pub async fn declare(
    State(app): State<App>,
    Path((_, step)): Path<(String, String)>,
    Viewed { page, customer }: Viewed,
    CustomerForm(form): CustomerForm<DeclareForm>,
) -> AppResult {
    let key = key_of(&step)?;
    if !Step::declarable(key.kind) {
        return Err(AppError::NotFound);
    }
    let (t, proof) = (page.t, form.proof.trim().to_owned());
    let mut errors = FieldErrors::default();
    if !(3..=2000).contains(&proof.chars().count()) {
        errors.add("proof", t.onboarding_proof_wanted());
    }
    // Whatever else a form may carry: no other step says which model is used.
    let model = form.rbac.as_deref().filter(|_| key.kind == StepKind::Rbac);
    let model = model.and_then(|text| serde_json::from_value::<Rbac>(json!(text)).ok());
    if key.kind == StepKind::Rbac && model.is_none() {
        errors.add("rbac", t.onboarding_model_wanted());
    }
    if !errors.is_empty() {
        return show_again(&app, &page, customer, &key, (errors, &proof)).await;
    }
    let mut tx = page.scope().begin(&app.db).await?;
    let mut about = Vec::new();
    if matches!(key.kind, StepKind::NotOurs | StepKind::Leftover | StepKind::Preflight) {
        let step = planned(&mut tx, &app, &customer).await?.and_then(|plan| plan.step(&key).cloned());
        let Some(step) = step.filter(|step| step.about_mark() == form.about) else {
            return Err(changed(page.t));
        };
        about = step.about;
    }
    let (by, at) = (page.session.person_name.clone(), app.clock.now());
    let declaration = Declaration { by, at, proof: proof.clone(), about };
    store::declare(&mut tx, customer.id, &key, &declaration).await?;
    if let Some(model) = model {
        store::set_rbac(&mut tx, customer.id, model, app.clock.now()).await?;
    }
    let after = json!({ "step": key, "model": model, "about": declaration.about });
    let event = Event::new("step.declared").after(after).why(proof);
    settle(&app, tx, &customer, event).await?;
    Ok(back(customer.id, "declared"))
}

#[derive(Deserialize)]
pub struct ReopenForm {
    why: String,
}

pub async fn reopen(
    State(app): State<App>,
    Path((_, step)): Path<(String, String)>,
    Viewed { page, customer }: Viewed,
    CustomerForm(form): CustomerForm<ReopenForm>,
) -> AppResult {
    let (key, why) = (key_of(&step)?, form.why.trim().to_owned());
    if why.chars().count() < 3 {
        let mut errors = FieldErrors::default();
        errors.add("why", page.t.onboarding_why_wanted());
        return show_again(&app, &page, customer, &key, (errors, &why)).await;
    }
    let mut tx = page.scope().begin(&app.db).await?;
    let before = store::facts(&mut tx, customer.id).await?.declared.remove(&key.to_string());
    if !store::forget(&mut tx, customer.id, &key).await? {
        return Err(changed(page.t));
    }
    let event = Event::new("step.reopened").before(json!({ "step": key, "declared": before })).why(why);
    settle(&app, tx, &customer, event).await?;
    Ok(back(customer.id, "reopened"))
}

#[derive(Deserialize)]
pub struct AnswerForm {
    /// `adopt`, `beside` or `again`.
    answer: String,
    #[serde(default)]
    id: String,
    /// Typed yes, where the object holds people who are not ours.
    #[serde(default)]
    yes: String,
}

/// The plan as it stands now, from the last reading.
async fn planned(tx: &mut Tx, app: &App, customer: &Customer) -> Result<Option<Plan>, AppError> {
    let Some((seen, _)) = store::observation(tx, customer.id).await? else { return Ok(None) };
    let now = app.clock.now();
    let (_, blueprint) = store::current_blueprint(tx, now).await?;
    let facts = store::facts(tx, customer.id).await?.as_of(now);
    Ok(Some(plan(&blueprint, &seen, &facts)))
}

/// The candidates as they stand in the store, not as the form says.
fn asked<'a>(plan: Option<&'a Plan>, key: &StepKey) -> Option<&'a [Candidate]> {
    match plan?.step(key).map(|step| &step.state) {
        Some(StepState::Question(Question::Adopt(candidates))) => Some(candidates),
        _ => None,
    }
}

/// Whoever takes something over with a typed yes has seen who is in it: he is not asked about the same people again.
async fn accept(
    tx: &mut Tx,
    app: &App,
    (page, customer): (&Page, &Customer),
    key: &StepKey,
    before: Option<&Plan>,
) -> Result<(), AppError> {
    let of = if key.of.is_empty() { key.kind.key() } else { key.of.as_str() };
    let step = StepKey::new(StepKind::NotOurs, of);
    let about = |plan: Option<&Plan>| {
        plan.and_then(|plan| plan.step(&step)).map(|step| step.about.clone()).unwrap_or_default()
    };
    let (seen_before, mut new) = (about(before), about(planned(tx, app, customer).await?.as_ref()));
    new.retain(|id| !seen_before.contains(id));
    if new.is_empty() {
        return Ok(());
    }
    let earlier = store::facts(tx, customer.id).await?.declared.remove(&step.to_string());
    new.extend(earlier.map(|one| one.about).unwrap_or_default());
    let (by, at) = (page.session.person_name.clone(), app.clock.now());
    let proof = page.t.onboarding_taken_over(page.t.onboarding_yes_word());
    Ok(store::declare(tx, customer.id, &step, &Declaration { by, at, proof, about: new }).await?)
}

/// Adopt an object, make ours beside it, or ask again.
pub async fn answer(
    State(app): State<App>,
    Path((_, step)): Path<(String, String)>,
    Viewed { page, customer }: Viewed,
    CustomerForm(form): CustomerForm<AnswerForm>,
) -> AppResult {
    let (key, now) = (key_of(&step)?, app.clock.now());
    let mut tx = page.scope().begin(&app.db).await?;
    if store::open_run(&mut tx, customer.id).await?.is_some() {
        return Err(changed(page.t));
    }
    let event = match form.answer.as_str() {
        "again" => {
            if !store::forget_answers(&mut tx, customer.id, &key.to_string()).await? {
                return Err(changed(page.t));
            }
            work::wake(&mut tx, customer.id, LOOK, now).await?;
            Event::new("question.asked-again").after(json!({ "object": key }))
        }
        answer @ ("adopt" | "beside") => {
            let before = planned(&mut tx, &app, &customer).await?;
            let Some(candidates) = asked(before.as_ref(), &key) else { return Err(changed(page.t)) };
            if answer == "beside" {
                store::answer_beside(&mut tx, customer.id, &key, now).await?;
                Event::new("question.beside").after(json!({ "object": key }))
            } else {
                let chosen = candidates.iter().find(|one| one.id == form.id && one.adoptable);
                let Some(chosen) = chosen else { return Err(changed(page.t)) };
                let yes = form.yes.trim().to_lowercase();
                if !chosen.foreign.is_empty() && yes != page.t.onboarding_yes_word().to_lowercase() {
                    drop(tx);
                    return typed_yes_wanted(&app, &page, customer, &key, chosen).await;
                }
                store::adopt(&mut tx, customer.id, &key, &chosen.id, now).await?;
                if !chosen.foreign.is_empty() {
                    accept(&mut tx, &app, (&page, &customer), &key, before.as_ref()).await?;
                }
                Event::new("question.adopted")
                    .before(json!(chosen))
                    .after(json!({ "object": key, "id": chosen.id }))
            }
        }
        _ => return Err(AppError::Bad("no such answer")),
    };
    settle(&app, tx, &customer, event).await?;
    Ok(back(customer.id, "answered"))
}

async fn typed_yes_wanted(
    app: &App,
    page: &Page,
    customer: Customer,
    key: &StepKey,
    chosen: &Candidate,
) -> AppResult {
    let mut errors = FieldErrors::default();
    errors.add(format!("yes-{}", chosen.id), page.t.onboarding_yes_wanted(page.t.onboarding_yes_word()));
    show_again(app, page, customer, key, (errors, "")).await
}

#[derive(Deserialize)]
pub struct BesideForm {}

/// Leaves everything that bears our names alone and makes ours beside it.
pub async fn all_beside(
    State(app): State<App>,
    Viewed { page, customer }: Viewed,
    CustomerForm(BesideForm {}): CustomerForm<BesideForm>,
) -> AppResult {
    let now = app.clock.now();
    let mut tx = page.scope().begin(&app.db).await?;
    if store::open_run(&mut tx, customer.id).await?.is_some() {
        return Err(changed(page.t));
    }
    let Some(plan) = planned(&mut tx, &app, &customer).await? else { return Err(changed(page.t)) };
    let asked = plan.questions().filter(|step| matches!(step.state, StepState::Question(Question::Adopt(_))));
    let keys: Vec<StepKey> = asked.map(|step| step.key.clone()).collect();
    if keys.is_empty() {
        return Err(changed(page.t));
    }
    for key in &keys {
        store::answer_beside(&mut tx, customer.id, key, now).await?;
    }
    settle(&app, tx, &customer, Event::new("question.beside").after(json!({ "objects": keys }))).await?;
    Ok(back(customer.id, "answered"))
}

#[derive(Deserialize)]
pub struct AdministratorForm {
    principal_name: String,
}

/// The customer's administrator who decides on the first approvers: looked up in his own directory, there and then.
pub async fn administrator(
    State(app): State<App>,
    Viewed { page, customer }: Viewed,
    CustomerForm(form): CustomerForm<AdministratorForm>,
) -> AppResult {
    let typed = form.principal_name.trim().to_owned();
    let mut tx = page.scope().begin(&app.db).await?;
    // An approved plan names him: it is not applied with another name.
    if store::open_run(&mut tx, customer.id).await?.is_some() {
        drop(tx);
        let sentence = page.t.onboarding_administrator_in_use();
        return refuse(&app, &page, customer, sentence, &typed).await;
    }
    let before = store::facts(&mut tx, customer.id).await?.administrator;
    let credential = providers::store::credential(&mut tx, &app.seal, AppKind::Reader).await?;
    drop(tx);
    let Some(credential) = credential else { return Err(changed(page.t)) };
    let found = if typed.contains('@') {
        app.graph.app(customer.entra_tenant_id, &credential).for_person().user(&typed).await
    } else {
        Ok(None)
    };
    let found = match found {
        Ok(found) => found.filter(|user| user.account_enabled != Some(false)),
        Err(error) => return not_looked_up(&app, &page, customer, &error, &typed).await,
    };
    let Some(user) = found else {
        let sentence = page.t.onboarding_administrator_unknown();
        return refuse(&app, &page, customer, sentence, &typed).await;
    };
    let administrator =
        Administrator { id: user.id, name: user.display_name, principal_name: user.user_principal_name };
    let mut tx = page.scope().begin(&app.db).await?;
    if store::open_run(&mut tx, customer.id).await?.is_some() {
        return Err(changed(page.t));
    }
    store::set_administrator(&mut tx, customer.id, &administrator, app.clock.now()).await?;
    let event = Event::new("administrator.named").before(json!(before)).after(json!(administrator));
    settle(&app, tx, &customer, event).await?;
    Ok(back(customer.id, "administrator"))
}

async fn not_looked_up(
    app: &App,
    page: &Page,
    customer: Customer,
    error: &GraphError,
    typed: &str,
) -> Result<Response, AppError> {
    let text = |part: &str| page.t.text_or_key(&format!("errors-{}-{part}", error.cause()));
    refuse(app, page, customer, format!("{} {}", text("what"), text("fix")), typed).await
}

async fn refuse(app: &App, page: &Page, customer: Customer, sentence: String, typed: &str) -> AppResult {
    let mut errors = FieldErrors::default();
    errors.add("principal_name", sentence);
    let key = StepKey::new(StepKind::Policy, APPROVERS);
    show_again(app, page, customer, &key, (errors, typed)).await
}
