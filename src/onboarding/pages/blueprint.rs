//! The blueprint: one form with Microsoft's example as default, a sentence why beside each value, versions kept.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};

use super::acts::changed;
use super::blueprint_form::BlueprintForm;
use crate::app::App;
use crate::kit::audit::Event;
use crate::kit::error::AppResult;
use crate::kit::form::{FieldErrors, Form};
use crate::kit::frame::Frame;
use crate::kit::page::Page;
use crate::kit::text::T;
use crate::onboarding::blueprint::{Blueprint, DefenderMode, Frequency, LiveResponse, NoResponse, Reviewers};
use crate::onboarding::store::{self, BlueprintVersion};

/// A choice of a select: key, words, chosen.
type Choice = (&'static str, String, bool);

struct Row {
    key: String,
    group: String,
    package: String,
    role: String,
    live: Vec<Choice>,
    error: Option<String>,
}

struct Version {
    number: i32,
    at: String,
    by: String,
    why: String,
}

#[derive(Template)]
#[template(path = "onboarding/blueprint.html")]
struct BlueprintView {
    frame: Frame,
    t: T,
    form: BlueprintForm,
    rows: Vec<Row>,
    every: Vec<Choice>,
    reviewers: Vec<Choice>,
    no_response: Vec<Choice>,
    defender: Vec<Choice>,
    flags: Vec<(&'static str, String, String, bool)>,
    errors: FieldErrors,
    versions: Vec<Version>,
}

impl BlueprintView {
    fn new(page: &Page, form: BlueprintForm, errors: FieldErrors, versions: Vec<BlueprintVersion>) -> Self {
        let t = page.t;
        let choice = |group: &str, key: &'static str, chosen: &str| {
            (key, t.text_or_key(&format!("blueprint-{group}-{key}")), key == chosen)
        };
        let live =
            |chosen: &str| LiveResponse::ALL.iter().map(|one| choice("live", one.key(), chosen)).collect();
        let at = |values: &Vec<String>, row: usize| values.get(row).cloned().unwrap_or_default();
        let many = form.tier_group.len();
        let rows = (0..many.max(1) + usize::from(many < 5))
            .map(|row| {
                let key = at(&form.tier_key, row);
                let parts = ["group", "package", "role"].map(|part| errors.of(&format!("{key}_{part}")));
                Row {
                    group: at(&form.tier_group, row),
                    package: at(&form.tier_package, row),
                    role: at(&form.tier_role, row),
                    live: live(&at(&form.tier_live, row)),
                    error: parts.into_iter().flatten().next().map(str::to_owned),
                    key,
                }
            })
            .collect();
        let flag = |name: &'static str, value: &Option<String>| {
            let text = |part: &str| t.text_or_key(&format!("blueprint-{}{part}", name.replace('_', "-")));
            (name, text(""), text("-why"), value.is_some())
        };
        Self {
            t,
            every: Frequency::ALL.iter().map(|one| choice("every", one.key(), &form.review_every)).collect(),
            reviewers: Reviewers::ALL
                .iter()
                .map(|one| choice("reviewers", one.key(), &form.reviewers))
                .collect(),
            no_response: NoResponse::ALL
                .iter()
                .map(|one| choice("no-response", one.key(), &form.no_response))
                .collect(),
            defender: DefenderMode::ALL
                .iter()
                .map(|one| choice("defender", one.key(), &form.defender))
                .collect(),
            flags: vec![
                flag("hidden", &form.hidden),
                flag("requestor_justification", &form.requestor_justification),
                flag("approver_justification", &form.approver_justification),
                flag("extension", &form.extension),
                flag("extension_approval", &form.extension_approval),
            ],
            versions: versions
                .into_iter()
                .map(|one| Version {
                    number: one.version,
                    at: t.moment(&one.made_at),
                    by: one.made_by.unwrap_or_else(|| t.blueprint_by_default()),
                    why: one.why,
                })
                .collect(),
            rows,
            errors,
            form,
            frame: page.frame.clone(),
        }
    }
}

pub async fn show(State(app): State<App>, page: Page) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let (version, blueprint) = store::current_blueprint(&mut tx, app.clock.now()).await?;
    let versions = store::blueprints(&mut tx).await?;
    tx.commit_bookkeeping("the first look keeps the default blueprint").await?;
    let form = BlueprintForm::of(version, &blueprint);
    page.show(&BlueprintView::new(&page, form, FieldErrors::default(), versions))
}

/// Keeps a next version; every customer is planned against it, and nothing is written without an approval.
pub async fn save(State(app): State<App>, page: Page, Form(form): Form<BlueprintForm>) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let (version, before) = store::current_blueprint(&mut tx, app.clock.now()).await?;
    if version != form.version {
        return Err(changed(page.t));
    }
    let after: Blueprint = match form.read(page.t, &before) {
        Ok(after) => after,
        Err(errors) => {
            let versions = store::blueprints(&mut tx).await?;
            return page.show_again(&BlueprintView::new(&page, form, errors, versions));
        }
    };
    if after == before {
        return Ok(Redirect::to("/admin/blueprint?done=unchanged").into_response());
    }
    let why = form.why.trim().to_owned();
    if !store::save_blueprint(&mut tx, version + 1, &after, &why, app.clock.now()).await? {
        return Err(changed(page.t));
    }
    let event = Event::new("blueprint.saved").before(before).after(&after).why(why);
    tx.commit(&app.clock, event).await?;
    app.nudge.notify_waiters();
    Ok(Redirect::to("/admin/blueprint?done=saved").into_response())
}
