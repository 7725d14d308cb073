//! The plan of one customer in words, and its run as it goes on.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;

use super::found::{Found, found};
use super::shown::{Shown, shown};
use super::words::{Section, line, log, question, sections};
use crate::app::App;
use crate::customers::{Customer, Tab, Viewed, tabs};
use crate::kit::error::{AppError, AppResult};
use crate::kit::frame::Frame;
use crate::kit::live::{self, Change, Listener};
use crate::kit::page::Page;
use crate::kit::right::Right;
use crate::kit::scope::in_view;
use crate::kit::text::T;
use crate::onboarding::progress::with_done;
use crate::onboarding::store::{self, RunState};

struct RunView {
    id: String,
    state: String,
    by: String,
    since: String,
    open: bool,
    failed: bool,
    cancelling: bool,
    done: usize,
    all: usize,
    log: Vec<(String, String)>,
}

struct QuestionView {
    href: String,
    asked: String,
}

/// The part that is fetched again while a run goes on.
#[derive(Template)]
#[template(path = "onboarding/progress.html")]
struct ProgressView {
    t: T,
    v: Progress,
}

struct Progress {
    customer: Customer,
    state: String,
    next_move: String,
    read: Option<(String, String)>,
    found: Option<Found>,
    sections: Vec<Section>,
    questions: Vec<QuestionView>,
    several_adoptions: bool,
    run: Option<RunView>,
    /// Id of the plan that can be approved now.
    approvable: Option<String>,
    acts: usize,
    operator: bool,
    never_read: bool,
    done: usize,
    all: usize,
    may_onboard: bool,
    may_steer: bool,
}

#[derive(Template)]
#[template(path = "onboarding/plan.html")]
struct PlanView {
    frame: Frame,
    t: T,
    tabs: Vec<Tab>,
    customer: Customer,
    v: Progress,
}

pub async fn show(State(app): State<App>, Viewed { page, customer }: Viewed) -> AppResult {
    let v = gather(&app, &page, customer.clone()).await?;
    let view = PlanView {
        t: page.t,
        tabs: tabs(&page, customer.id, "onboarding"),
        v,
        frame: page.frame.clone(),
        customer,
    };
    page.show(&view)
}

pub async fn progress(State(app): State<App>, Viewed { page, customer }: Viewed) -> AppResult {
    let v = gather(&app, &page, customer).await?;
    page.show(&ProgressView { t: page.t, v })
}

async fn gather(app: &App, page: &Page, customer: Customer) -> Result<Progress, AppError> {
    let (t, now) = (page.t, app.clock.now());
    let seen = shown(app, page, &customer, None).await?;
    let open = seen.open_run().is_some();
    let lines = seen.plan.steps.iter().map(|step| {
        let under = seen.run_step(&step.key).filter(|_| open);
        (step.key.kind, line(t, customer.id, step, under))
    });
    let sections = sections(t, lines.collect());
    let asks = seen.plan.questions().filter_map(|step| {
        let href = format!("/customers/{}/onboarding/steps/{}", customer.id, step.key);
        Some(QuestionView { href, asked: question(t, step)? })
    });
    let questions: Vec<QuestionView> = if seen.read_at.is_some() { asks.collect() } else { Vec::new() };
    let did: &[store::RunStep] = if open { &seen.run_steps } else { &[] };
    let (done, all) = with_done(&seen.plan, did).progress();
    let acts = seen.plan.acts().count();
    let approvable = seen.proposed.as_ref().filter(|_| !open && questions.is_empty() && acts > 0);
    Ok(Progress {
        state: t.text_or_key(&format!("customers-state-{}", customer.standing.state.key())),
        next_move: t.text_or_key(&customer.standing.next_move),
        read: seen.read_at.map(|at| (t.age(&at, &now), t.moment(&at))),
        found: seen.read_at.map(|_| found(t, &seen.observation, &seen.facts)),
        several_adoptions: questions.len() > 2,
        questions,
        run: run_view(t, &seen, now),
        approvable: approvable.filter(|_| !blocked(&seen)).map(|stored| stored.id.to_string()),
        acts,
        operator: seen.facts.operator,
        never_read: seen.read_at.is_none(),
        done,
        all,
        may_onboard: page.scope().may(Right::Onboard),
        may_steer: page.scope().may(Right::SteerWork),
        sections,
        customer,
    })
}

fn blocked(seen: &Shown) -> bool {
    seen.plan.steps.iter().any(|step| step.state == crate::onboarding::step::StepState::Blocked)
}

fn run_view(t: T, seen: &Shown, now: chrono::DateTime<chrono::Utc>) -> Option<RunView> {
    let run = seen.run.as_ref()?;
    let of = |step: &str| step.parse().ok().and_then(|key| seen.plan.step(&key));
    let lines = seen.log.iter().map(|one| {
        let what = log(t, &one.message, &one.arguments);
        let step = of(&one.step).map(|step| format!("{}: ", super::words::title(t, step)));
        (t.log_moment(&one.at, &now), format!("{}{what}", step.unwrap_or_default()))
    });
    let done = seen.run_steps.iter().filter(|step| step.state == store::RunStepState::Done).count();
    Some(RunView {
        id: run.id.to_string(),
        state: t.text_or_key(&format!("onboarding-run-{}", run.state.key())),
        by: run.started_by.clone().unwrap_or_default(),
        since: t.age(&run.started_at, &now),
        open: run.state.open(),
        failed: run.state == RunState::Failed,
        cancelling: run.state == RunState::Cancelling,
        done,
        all: seen.run_steps.len(),
        log: lines.collect(),
    })
}

/// Tells an open page that the plan or the run moved on.
pub async fn events(
    State(app): State<App>,
    Viewed { page, customer }: Viewed,
    headers: HeaderMap,
) -> Response {
    let listener = Listener {
        right: Right::ViewCustomers,
        stop: app.stop.clone(),
        since: app.clock.now(),
        house: app.clone(),
    };
    live::stream(listener, page.scope(), &headers, move |scope, since| {
        let app = app.clone();
        async move {
            let mut tx = scope.begin(&app.db).await?;
            if !in_view(&mut tx, customer.id).await? {
                return Ok(None);
            }
            let moved = store::moved(&mut tx, customer.id, since).await?;
            Ok(Some(moved.into_iter().map(|at| Change { id: customer.id.to_string(), at }).collect()))
        }
    })
}
