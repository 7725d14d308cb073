//! One step: what, why, who, how, what was found, before and after, attempts and journal.

use askama::Template;
use axum::extract::{Path, State};
use serde_json::Value;

use super::shown::{Shown, shown};
use super::words::{ChangeLine, StepLine, about, line, log, question, title};
use crate::app::App;
use crate::customers::{Customer, Tab, Viewed, tabs};
use crate::kit::error::{AppError, AppResult};
use crate::kit::form::FieldErrors;
use crate::kit::frame::Frame;
use crate::kit::page::Page;
use crate::kit::right::Right;
use crate::kit::text::T;
use crate::onboarding::blueprint::APPROVERS;
use crate::onboarding::step::{Candidate, Question, Step, StepKey, StepKind, StepState};
use crate::onboarding::wanted::permissions;

struct Proof {
    by: String,
    at: String,
    text: String,
    /// The proof is an address that can be opened.
    link: bool,
}

struct Attempt {
    state: String,
    attempts: i32,
    before: Vec<(String, String)>,
    after: Vec<(String, String)>,
    problem: Option<(String, String, String)>,
    failed: bool,
}

#[derive(Template)]
#[template(path = "onboarding/step.html")]
struct StepView {
    frame: Frame,
    t: T,
    tabs: Vec<Tab>,
    customer: Customer,
    line: StepLine,
    what: String,
    why: String,
    who: String,
    how: Vec<String>,
    trap: String,
    /// Values to copy while doing it by hand: name, value.
    values: Vec<(String, String)>,
    open: Option<(String, String)>,
    needs: Vec<(String, String, bool)>,
    candidates: Vec<Candidate>,
    asked: Option<String>,
    asks_administrator: bool,
    administrator: Option<String>,
    answered: bool,
    proof: Option<Proof>,
    declarable: bool,
    asks_model: bool,
    attempt: Option<Attempt>,
    log: Vec<(String, String)>,
    run: Option<String>,
    read: Option<(String, String)>,
    changes: Vec<ChangeLine>,
    errors: FieldErrors,
    typed: String,
    may_onboard: bool,
    may_steer: bool,
}

pub async fn show(
    State(app): State<App>,
    Path((_, step)): Path<(String, String)>,
    Viewed { page, customer }: Viewed,
) -> AppResult {
    let key: StepKey = step.parse().map_err(|_| AppError::NotFound)?;
    let view = view(&app, &page, customer, &key, FieldErrors::default(), "").await?;
    page.show(&view)
}

/// The same page again, with what cannot be taken.
pub(super) async fn show_again(
    app: &App,
    page: &Page,
    customer: Customer,
    key: &StepKey,
    (errors, typed): (FieldErrors, &str),
) -> AppResult {
    let view = view(app, page, customer, key, errors, typed).await?;
    page.show_again(&view)
}

async fn view(
    app: &App,
    page: &Page,
    customer: Customer,
    key: &StepKey,
    errors: FieldErrors,
    typed: &str,
) -> Result<StepView, AppError> {
    let (t, now, kind) = (page.t, app.clock.now(), key.kind);
    let seen = shown(app, page, &customer, Some(&key.to_string())).await?;
    let step = seen.plan.step(key).ok_or(AppError::NotFound)?;
    let under = seen.run_step(key).filter(|_| seen.open_run().is_some());
    let href = |key: &StepKey| format!("/customers/{}/onboarding/steps/{key}", customer.id);
    let needs = step.needs.iter().filter_map(|need| {
        let step = seen.plan.step(need)?;
        Some((href(need), title(t, step), step.done()))
    });
    let candidates = match &step.state {
        StepState::Question(Question::Adopt(candidates)) => candidates.clone(),
        _ => Vec::new(),
    };
    let declared = seen.facts.declared.get(&key.to_string());
    let part = |part| about(t, kind, part, &step.name);
    Ok(StepView {
        t,
        tabs: tabs(page, customer.id, "onboarding"),
        line: line(t, customer.id, step, under),
        what: part("what"),
        why: part("why"),
        who: part("who"),
        how: part("how").lines().map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect(),
        trap: part("trap"),
        values: values(t, &seen, step),
        open: opens(t, app, &customer, step, &seen),
        needs: needs.collect(),
        asked: question(t, step),
        asks_administrator: step.state == StepState::Question(Question::Administrator),
        administrator: seen
            .facts
            .administrator
            .as_ref()
            .map(|who| format!("{} ({})", who.name, who.principal_name)),
        answered: seen.facts.answers.contains_key(&key.to_string())
            || seen.facts.owned.get(&key.to_string()).is_some_and(|owned| owned.adopted),
        candidates,
        proof: declared.map(|one| Proof {
            by: one.by.clone(),
            at: t.moment(&one.at),
            text: one.proof.clone(),
            link: one.proof.starts_with("https://"),
        }),
        declarable: Step::declarable(kind)
            && matches!(step.state, StepState::Manual | StepState::Blocked)
            && seen.read_at.is_some(),
        asks_model: kind == StepKind::Rbac,
        attempt: seen.run_step(key).map(|one| attempt(t, one)),
        log: seen
            .log
            .iter()
            .map(|one| (t.clock_time(&one.at), log(t, &one.message, &one.arguments)))
            .collect(),
        run: seen.open_run().map(|run| run.id.to_string()),
        read: seen.read_at.map(|at| (t.age(&at, &now), t.moment(&at))),
        changes: super::words::changes(t, step),
        errors,
        typed: typed.to_owned(),
        may_onboard: page.scope().may(Right::Onboard),
        may_steer: page.scope().may(Right::SteerWork),
        frame: page.frame.clone(),
        customer,
    })
}

fn attempt(t: T, step: &crate::onboarding::store::RunStep) -> Attempt {
    let problem = step.problem.as_ref().and_then(|problem| {
        let cause = problem.get("cause")?.as_str()?;
        let text = |part: &str| t.text_or_key(&format!("errors-{cause}-{part}"));
        let request = problem.get("request").and_then(Value::as_str).unwrap_or_default();
        Some((text("what"), text("fix"), request.to_owned()))
    });
    Attempt {
        state: t.text_or_key(&format!("onboarding-state-{}", step.state.key())),
        attempts: step.attempts,
        before: flat(step.before.as_ref()),
        after: flat(step.after.as_ref()),
        problem,
        failed: step.state == crate::onboarding::store::RunStepState::Failed,
    }
}

/// A stored value as names and texts, one level deep and one below.
fn flat(value: Option<&Value>) -> Vec<(String, String)> {
    let Some(Value::Object(map)) = value else { return Vec::new() };
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    map.iter()
        .flat_map(|(key, value)| match value {
            Value::Object(inner) => inner.iter().map(|(key, value)| (key.clone(), text(value))).collect(),
            value => vec![(key.clone(), text(value))],
        })
        .collect()
}

/// What a person doing it by hand has to copy.
fn values(t: T, seen: &Shown, step: &Step) -> Vec<(String, String)> {
    let mut values = Vec::new();
    match step.key.kind {
        StepKind::DefenderRole => {
            values.push((t.onboarding_copy_role(), step.name.clone()));
            let group = seen.plan.step(&StepKey::new(StepKind::Group, &step.key.of));
            values.extend(group.map(|group| (t.onboarding_copy_group(), group.name.clone())));
            values.extend(
                seen.role_permissions(&step.key.of).map(|names| (t.onboarding_copy_permissions(), names)),
            );
        }
        StepKind::DeviceGroups | StepKind::LiveResponse => {
            let groups = seen.plan.steps.iter().filter(|one| one.key.kind == StepKind::Group);
            for group in groups.filter(|one| one.key.of != APPROVERS) {
                values.push((t.onboarding_copy_group(), group.name.clone()));
            }
        }
        StepKind::FirstApprovers | StepKind::FirstAnalyst => {
            for (package, url) in &seen.facts.links {
                if (package == APPROVERS) == (step.key.kind == StepKind::FirstApprovers) {
                    let name = seen.plan.step(&StepKey::new(StepKind::Package, package));
                    values.push((name.map_or_else(|| package.clone(), |one| one.name.clone()), url.clone()));
                }
            }
        }
        StepKind::Link => {
            let url = seen.facts.links.get(&step.key.of);
            values.extend(url.map(|url| (step.name.clone(), url.clone())));
        }
        StepKind::ConnectedOrganization => {
            if let Some(analysts) = &seen.facts.analysts {
                values.push((t.onboarding_copy_domain(), analysts.domain.clone()));
                values.push((t.layout_entra_tenant_id(), analysts.tenant.to_string()));
            }
        }
        _ => {}
    }
    values
}

impl Shown {
    fn role_permissions(&self, tier: &str) -> Option<String> {
        let live = self.live_response.get(tier)?;
        Some(permissions(*live).join("\n"))
    }
}

/// Where it is done: address and label.
fn opens(t: T, app: &App, customer: &Customer, step: &Step, seen: &Shown) -> Option<(String, String)> {
    let tenant = customer.entra_tenant_id;
    match step.key.kind {
        StepKind::Rbac
        | StepKind::DefenderRole
        | StepKind::DeviceGroups
        | StepKind::LiveResponse
        | StepKind::NotificationRule => {
            app.cloud.defender_link(tenant).map(|link| (link, t.customers_portal_defender()))
        }
        StepKind::Group => {
            let id = seen.facts.owned(&step.key.to_string())?.parse().ok()?;
            Some((app.cloud.group_link(tenant, id), t.customers_portal_entra()))
        }
        StepKind::FirstApprovers => {
            Some((app.cloud.my_access_link(&customer.domain), t.customers_portal_my_access()))
        }
        StepKind::ReaderConsent | StepKind::OperatorConsent | StepKind::OperatorRemoved => {
            Some((format!("/customers/{}/consent", customer.id), t.customers_tab_consent()))
        }
        _ => Some((app.cloud.entra_link(tenant), t.customers_portal_entra())),
    }
}
