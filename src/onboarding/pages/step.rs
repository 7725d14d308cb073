//! One step: what, why, who, how, what was found, before and after, attempts and journal.

use askama::Template;
use axum::extract::{Path, State};

use super::shown::{Shown, shown};
use super::values::{foreigner, journal, permission, told};
use super::words::{ChangeLine, Failure, StepLine, about, failure, line, log, question, title};
use crate::app::App;
use crate::customers::{Customer, Tab, Viewed, tabs};
use crate::kit::error::{AppError, AppResult};
use crate::kit::form::FieldErrors;
use crate::kit::frame::Frame;
use crate::kit::page::Page;
use crate::kit::right::Right;
use crate::kit::text::T;
use crate::onboarding::blueprint::APPROVERS;
use crate::onboarding::facts::{Declaration, PROOF_LIFE, Rbac};
use crate::onboarding::standing::move_after;
use crate::onboarding::step::{Candidate, Question, Step, StepKey, StepKind, StepState};
use crate::onboarding::store::{RunState, RunStep, RunStepState};
use crate::onboarding::wanted::permissions;

struct Proof {
    by: String,
    at: String,
    text: String,
    /// The proof is an address that can be opened.
    link: bool,
    /// Until when it counts.
    until: String,
    old: bool,
}

impl Proof {
    fn of(t: T, one: &Declaration, old: bool) -> Self {
        Self {
            by: one.by.clone(),
            at: t.moment(&one.at),
            text: one.proof.clone(),
            link: one.proof.starts_with("https://"),
            until: t.date(&(one.at + PROOF_LIFE)),
            old,
        }
    }
}

struct Attempt {
    state: String,
    attempts: i32,
    changes: Vec<ChangeLine>,
    /// Something was there before.
    changed: bool,
    problem: Option<Problem>,
    /// It can be tried again.
    retried: bool,
}

/// What went wrong, what to do, whose move it is, and Microsoft's id of the request.
struct Problem {
    what: String,
    fix: String,
    whose: &'static str,
    request: String,
}

/// Something of a wanted name that is not ours.
struct CandidateView {
    id: String,
    name: String,
    adoptable: bool,
    members: String,
    owners: String,
    held: usize,
    foreign: String,
    values: Vec<(String, String)>,
}

impl CandidateView {
    fn of(t: T, one: &Candidate) -> Self {
        Self {
            id: one.id.clone(),
            name: one.name.clone(),
            adoptable: one.adoptable,
            members: one.members.join(", "),
            owners: one.owners.join(", "),
            held: one.held,
            foreign: one.foreign.iter().map(|one| foreigner(t, one)).collect::<Vec<_>>().join(", "),
            values: told(t, &one.values),
        }
    }
}

/// Something to copy while it is done by hand.
struct CopyValue {
    name: String,
    value: String,
    /// It is an address at Microsoft that can be opened too.
    link: bool,
}

impl CopyValue {
    fn text(name: String, value: String) -> Self {
        Self { name, value, link: false }
    }

    fn link(name: String, value: String) -> Self {
        Self { name, value, link: true }
    }
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
    values: Vec<CopyValue>,
    open: Option<(String, String)>,
    needs: Vec<(String, String, bool)>,
    candidates: Vec<CandidateView>,
    /// What stands beside a candidate's owners; none where its kind has none.
    owners_title: Option<String>,
    asked: Option<String>,
    /// What to know before answering.
    adopt_lead: String,
    asks_administrator: bool,
    /// Another administrator can be named in place of the first.
    names_administrator: bool,
    administrator: Option<String>,
    answered: bool,
    proof: Option<Proof>,
    declarable: bool,
    /// Mark of what a declaration would be about.
    about: String,
    asks_model: bool,
    /// The permission model that was declared.
    model: Option<String>,
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
        StepState::Question(Question::Adopt(candidates)) => {
            candidates.iter().map(|one| CandidateView::of(t, one)).collect()
        }
        _ => Vec::new(),
    };
    let facts = &seen.facts;
    let declared = facts.declared.get(&key.to_string()).filter(|_| step.state != StepState::Manual);
    let proof = declared.or_else(|| facts.outdated.get(&key.to_string()));
    // The administrator can be changed as long as no approved plan with his name is being applied.
    let approvers_policy = StepKey::new(StepKind::Policy, APPROVERS);
    let names_administrator = *key == approvers_policy && seen.open_run().is_none();
    let may_onboard = page.scope().may(Right::Onboard);
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
        open: opens(t, app, (&customer, may_onboard), step, &seen),
        needs: needs.collect(),
        asked: question(t, step),
        adopt_lead: t
            .text(&format!("onboarding-adopt-lead-{}", kind.key()))
            .unwrap_or_else(|| t.onboarding_adopt_lead()),
        asks_administrator: step.state == StepState::Question(Question::Administrator),
        names_administrator: names_administrator && facts.administrator.is_some(),
        administrator: facts
            .administrator
            .as_ref()
            .filter(|_| kind == StepKind::FirstApprovers || *key == approvers_policy)
            .map(|who| format!("{} ({})", who.name, who.principal_name)),
        answered: seen.facts.answers.contains_key(&key.to_string())
            || seen.facts.owned.get(&key.to_string()).is_some_and(|owned| owned.adopted),
        candidates,
        owners_title: t.text(&format!("onboarding-candidate-owners-{}", kind.key())),
        proof: proof.map(|one| Proof::of(t, one, declared.is_none())),
        declarable: Step::declarable(kind)
            && (matches!(step.state, StepState::Manual | StepState::Blocked)
                || (kind == StepKind::DefenderRole && step.state == StepState::Waiting))
            && seen.read_at.is_some(),
        about: step.about_mark(),
        asks_model: kind == StepKind::Rbac,
        model: facts.rbac.filter(|_| kind == StepKind::Rbac).map(|model| model_text(t, model)),
        attempt: seen.run_step(key).map(|one| attempt(t, &seen, one)),
        log: seen
            .log
            .iter()
            .map(|one| (t.log_moment(&one.at, &now), log(t, &one.message, &one.arguments)))
            .collect(),
        run: seen.open_run().map(|run| run.id.to_string()),
        read: seen.read_at.map(|at| (t.age(&at, &now), t.moment(&at))),
        changes: super::words::changes(t, step),
        errors,
        typed: typed.to_owned(),
        may_onboard,
        may_steer: page.scope().may(Right::SteerWork),
        frame: page.frame.clone(),
        customer,
    })
}

fn model_text(t: T, model: Rbac) -> String {
    match model {
        Rbac::Unified => t.onboarding_model_unified(),
        Rbac::Classic => t.onboarding_model_classic(),
    }
}

fn attempt(t: T, seen: &Shown, step: &RunStep) -> Attempt {
    let problem = step.cause().map(|cause| {
        let Failure { what, fix } = failure(t, cause);
        let request = step.problem.as_ref().and_then(|problem| problem.get("request")?.as_str());
        let request = request.unwrap_or_default().to_owned();
        Problem { what, fix, whose: move_after(cause).key(), request }
    });
    // Trying again starts the count anew; the journal below still tells what went before.
    let begun = seen.log.iter().filter(|line| line.message == "begun").count();
    Attempt {
        state: t.text_or_key(&format!("onboarding-state-{}", step.state.key())),
        attempts: i32::try_from(begun).unwrap_or(i32::MAX).max(step.attempts),
        changed: step.before.as_ref().is_some_and(|before| !before.is_null()),
        changes: journal(t, seen.names(), step.before.as_ref(), step.after.as_ref()),
        problem,
        retried: step.state == RunStepState::Failed
            && seen.open_run().is_some_and(|run| run.state != RunState::Cancelling),
    }
}

/// What a person doing it by hand has to copy.
fn values(t: T, seen: &Shown, step: &Step) -> Vec<CopyValue> {
    let text = CopyValue::text;
    let mut values = Vec::new();
    match step.key.kind {
        StepKind::DefenderRole => {
            values.push(text(t.onboarding_copy_role(), step.name.clone()));
            let group = seen.plan.step(&StepKey::new(StepKind::Group, &step.key.of));
            values.extend(group.map(|group| text(t.onboarding_copy_group(), group.name.clone())));
            if let Some(live) = seen.live_response.get(&step.key.of) {
                let all = permissions(*live);
                let named: Vec<String> = all.iter().map(|name| permission(t, name)).collect();
                values.push(text(t.onboarding_copy_permissions(), named.join("\n")));
                values.push(text(t.onboarding_copy_permission_names(), all.join("\n")));
            }
        }
        StepKind::DeviceGroups | StepKind::LiveResponse => {
            let groups = seen.plan.steps.iter().filter(|one| one.key.kind == StepKind::Group);
            // Every tier works on devices; live response is one tier's.
            let concerned = |of: &str| match step.key.kind {
                StepKind::LiveResponse => of == step.key.of,
                _ => of != APPROVERS,
            };
            for group in groups.filter(|one| concerned(&one.key.of)) {
                values.push(text(t.onboarding_copy_group(), group.name.clone()));
            }
        }
        StepKind::FirstApprovers | StepKind::FirstAnalyst => {
            for (package, url) in &seen.facts.links {
                if (package == APPROVERS) == (step.key.kind == StepKind::FirstApprovers) {
                    let name = seen.plan.step(&StepKey::new(StepKind::Package, package));
                    let name = name.map_or_else(|| package.clone(), |one| one.name.clone());
                    values.push(CopyValue::link(name, url.clone()));
                }
            }
        }
        StepKind::Link => {
            let url = seen.facts.links.get(&step.key.of);
            values.extend(url.map(|url| CopyValue::link(step.name.clone(), url.clone())));
        }
        StepKind::ConnectedOrganization => {
            if let Some(analysts) = &seen.facts.analysts {
                values.push(text(t.onboarding_copy_domain(), analysts.domain.clone()));
                values.push(text(t.layout_entra_tenant_id(), analysts.tenant.to_string()));
            }
        }
        _ => {}
    }
    values
}

/// Where it is done: address and label.
fn opens(
    t: T,
    app: &App,
    (customer, may_onboard): (&Customer, bool),
    step: &Step,
    seen: &Shown,
) -> Option<(String, String)> {
    let tenant = customer.entra_tenant_id;
    match step.key.kind {
        StepKind::Rbac
        | StepKind::DefenderRole
        | StepKind::DeviceGroups
        | StepKind::LiveResponse
        | StepKind::NotificationRule
        | StepKind::FirstAnalyst => {
            app.cloud.defender_link(tenant).map(|link| (link, t.customers_portal_defender()))
        }
        StepKind::Group => {
            let id = seen.facts.owned(&step.key.to_string())?.parse().ok()?;
            Some((app.cloud.group_link(tenant, id), t.customers_portal_entra()))
        }
        StepKind::FirstApprovers => {
            Some((app.cloud.my_access_link(&customer.domain), t.customers_portal_my_access()))
        }
        // Whoever may not make links would find that page closed.
        StepKind::ReaderConsent | StepKind::OperatorConsent | StepKind::OperatorRemoved => {
            may_onboard.then(|| (format!("/customers/{}/consent", customer.id), t.customers_tab_consent()))
        }
        _ => Some((app.cloud.entra_link(tenant), t.customers_portal_entra())),
    }
}
