//! Adding rules: one by its form, or the usual ones at once.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use serde_json::json;

use super::NothingForm;
use super::rule::{RuleForm, RuleView, may_set};
use crate::app::App;
use crate::kit::audit::Event;
use crate::kit::error::AppResult;
use crate::kit::form::Form;
use crate::kit::happening::Kind;
use crate::kit::ids::RuleId;
use crate::kit::page::Page;
use crate::kit::text::T;
use crate::notices::model::{MANAGER, Rule, Severity};
use crate::notices::store;

pub async fn ask(State(app): State<App>, page: Page) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let fresh = fresh(RuleId(uuid::Uuid::nil()), String::new());
    page.show(&RuleView::new(&page, &mut tx, &fresh, None, app.clock.now()).await?)
}

fn fresh(id: RuleId, name: String) -> Rule {
    Rule {
        id,
        name,
        kinds: Vec::new(),
        stages: Vec::new(),
        tiers: Vec::new(),
        tags: Vec::new(),
        severity: Severity::Low,
        channel: None,
        roles: Vec::new(),
        language: String::new(),
        urgent: false,
        enabled: true,
    }
}

pub async fn add(State(app): State<App>, page: Page, Form(form): Form<RuleForm>) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let channels = store::channels(&mut tx).await?;
    let (rule, errors) = form.read(page.t, RuleId::new(&app.clock, &app.chance), &channels);
    if !errors.is_empty() {
        let view = RuleView::new(&page, &mut tx, &rule, None, app.clock.now()).await?;
        return page.show_again(&view.with(errors));
    }
    may_set(&page, &[&rule])?;
    store::add_rule(&mut tx, &rule, app.clock.now()).await?;
    let event = Event::new("notices.rule-added").after(super::rule::told(&rule, &channels));
    tx.commit(&app.clock, event).await?;
    Ok(Redirect::to("/admin/notices?done=saved").into_response())
}

/// What most providers want: each role is told what it must act on.
fn usual_rules(t: T, id: impl Fn() -> RuleId) -> Vec<Rule> {
    let list = |kinds: &[Kind]| kinds.iter().map(|kind| kind.key().to_owned()).collect::<Vec<_>>();
    let roles = |roles: &[&str]| roles.iter().map(|role| (*role).to_owned()).collect::<Vec<_>>();
    let rule = |name: String| fresh(id(), name);
    vec![
        Rule {
            kinds: list(&[Kind::RequestPending]),
            roles: roles(&["approver"]),
            ..rule(t.notices_usual_requests())
        },
        Rule {
            kinds: list(&[Kind::RequestPending]),
            stages: vec!["last-day".to_owned()],
            roles: roles(&["approver"]),
            urgent: true,
            ..rule(t.notices_usual_last_day())
        },
        Rule {
            kinds: list(&[
                Kind::RequestExpired,
                Kind::DeliveryFailed,
                Kind::ConsentLost,
                Kind::RunFailed,
                Kind::Drifted,
                Kind::CredentialEnding,
            ]),
            roles: roles(&["onboarding"]),
            ..rule(t.notices_usual_trouble())
        },
        Rule {
            kinds: list(&[
                Kind::AccessEnding,
                Kind::ApproverLast,
                Kind::ApproversFew,
                Kind::ApproversEmpty,
                Kind::GuestBlocked,
                Kind::ReviewDue,
                Kind::ConsentLost,
            ]),
            roles: roles(&[MANAGER]),
            ..rule(t.notices_usual_manager())
        },
    ]
}

/// Those whose name no rule has yet.
pub async fn usual(State(app): State<App>, page: Page, Form(NothingForm {}): Form<NothingForm>) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let before = store::rules(&mut tx).await?;
    let mut rules = usual_rules(page.t, || RuleId::new(&app.clock, &app.chance));
    rules.retain(|rule| before.iter().all(|one| one.name != rule.name));
    if !rules.is_empty() {
        for rule in &rules {
            store::add_rule(&mut tx, rule, app.clock.now()).await?;
        }
        let names: Vec<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
        let event = Event::new("notices.rule-added").after(json!({ "rules": names.join(", ") }));
        tx.commit(&app.clock, event).await?;
    }
    Ok(Redirect::to("/admin/notices?done=saved").into_response())
}
