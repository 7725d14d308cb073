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
use crate::kit::scope::Tx;
use crate::kit::text::T;
use crate::onboarding::blueprint::{
    Blueprint, DefenderMode, Frequency, LiveResponse, NoResponse, Reviewers, Tier,
};
use crate::onboarding::store::{self, BlueprintVersion};

/// A choice of a select: key, words, chosen.
type Choice = (&'static str, String, bool);

/// A field of a tier.
struct TierField {
    name: &'static str,
    label: String,
    help: String,
    value: String,
    error: Option<String>,
}

struct Row {
    key: String,
    fields: Vec<TierField>,
    live: Vec<Choice>,
    live_help: String,
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
    /// Onboarded customers that will differ from a changed blueprint.
    touches: i64,
}

/// Why a field is there, and what Microsoft's example says or, where that is silent, what the portal starts with.
pub(super) fn help(t: T, field: &str) -> String {
    let why = t.text_or_key(&format!("blueprint-{}-why", field.replace('_', "-")));
    match examples(t).into_iter().find(|(name, ..)| name == field) {
        Some((_, value, true)) => format!("{why} {}", t.blueprint_example(value)),
        Some((_, value, false)) => format!("{why} {}", t.blueprint_default(value)),
        None => why,
    }
}

/// Field, default value in words, and whether Microsoft's pages document it.
fn examples(t: T) -> Vec<(String, String, bool)> {
    let one = Blueprint::default();
    let said = |is: bool| if is { t.layout_yes() } else { t.layout_no() };
    let choice = |group: &str, key: &str| t.text_or_key(&format!("blueprint-{group}-{key}"));
    let access = &one.access;
    let mut all = vec![
        ("approvers_group", one.approvers.group.name.clone(), true),
        ("approvers_package", one.approvers.package.name.clone(), true),
        ("catalog", one.catalog.name.clone(), true),
        ("days", access.days.to_string(), true),
        ("decide_days", access.decide_days.to_string(), true),
        ("hidden", said(access.hidden), true),
        ("extension", said(access.extension), true),
        ("extension_approval", said(access.extension_needs_approval), false),
        ("requestor_justification", said(access.requestor_justification), false),
        ("approver_justification", said(access.approver_justification), false),
        ("every", choice("every", one.review.every.key()), true),
        ("open_days", one.review.open_days.to_string(), true),
        ("reviewers", choice("reviewers", one.review.reviewers.key()), false),
        ("no_response", choice("no-response", one.review.no_response.key()), false),
        ("defender", choice("defender", one.defender.mode.key()), false),
    ];
    let names = |of: fn(&Tier) -> &str| one.tiers.iter().map(of).collect::<Vec<_>>().join(", ");
    all.push(("tier_group", names(|tier| &tier.group.name), true));
    all.push(("tier_package", names(|tier| &tier.package.name), true));
    all.push(("tier_role", names(|tier| &tier.role.name), true));
    let live: Vec<String> = one.tiers.iter().map(|tier| choice("live", tier.live_response.key())).collect();
    all.push(("live", live.join(", "), false));
    all.into_iter().map(|(field, value, documented)| (field.to_owned(), value, documented)).collect()
}

impl BlueprintView {
    fn new(
        page: &Page,
        form: BlueprintForm,
        errors: FieldErrors,
        (versions, touches): (Vec<BlueprintVersion>, i64),
    ) -> Self {
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
                let field = |name: &'static str, values: &Vec<String>| {
                    let part = name.trim_start_matches("tier_");
                    TierField {
                        name,
                        label: t.text_or_key(&format!("blueprint-tier-{part}")),
                        help: help(t, name),
                        value: at(values, row),
                        error: errors.of(&format!("{key}_{part}")).map(str::to_owned),
                    }
                };
                Row {
                    fields: vec![
                        field("tier_group", &form.tier_group),
                        field("tier_package", &form.tier_package),
                        field("tier_role", &form.tier_role),
                    ],
                    live: live(&at(&form.tier_live, row)),
                    live_help: help(t, "live"),
                    key,
                }
            })
            .collect();
        let flag = |name: &'static str, value: &Option<String>| {
            let words = t.text_or_key(&format!("blueprint-{}", name.replace('_', "-")));
            (name, words, help(t, name), value.is_some())
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
            touches,
            errors,
            form,
            frame: page.frame.clone(),
        }
    }
}

impl BlueprintView {
    fn help(&self, field: &str) -> String {
        help(self.t, field)
    }
}

pub async fn show(State(app): State<App>, page: Page) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let (version, blueprint) = store::current_blueprint(&mut tx, app.clock.now()).await?;
    let known = known(&mut tx).await?;
    tx.commit_bookkeeping("the first look keeps the default blueprint").await?;
    let form = BlueprintForm::of(version, &blueprint);
    page.show(&BlueprintView::new(&page, form, FieldErrors::default(), known))
}

/// What stands beside the form: the versions so far, and how many customers a change touches.
async fn known(tx: &mut Tx) -> Result<(Vec<BlueprintVersion>, i64), sqlx::Error> {
    Ok((store::blueprints(tx).await?, store::onboarded(tx).await?))
}

/// Keeps a next version; every customer is planned against it, and nothing is written without an approval.
pub async fn save(State(app): State<App>, page: Page, Form(form): Form<BlueprintForm>) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let (version, before) = store::current_blueprint(&mut tx, app.clock.now()).await?;
    if version != form.version {
        return Err(changed(page.t));
    }
    let past = store::past_tiers(&mut tx).await?;
    let after: Blueprint = match form.read(page.t, &before, &past) {
        Ok(after) => after,
        Err(errors) => {
            let known = known(&mut tx).await?;
            return page.show_again(&BlueprintView::new(&page, form, errors, known));
        }
    };
    if after == before {
        return Ok(Redirect::to("/admin/blueprint?done=unchanged").into_response());
    }
    let why = form.why.trim().to_owned();
    let touches = store::onboarded(&mut tx).await?;
    let mut errors = FieldErrors::default();
    if touches > 0 && why.is_empty() {
        errors.add("why", page.t.blueprint_why_wanted());
    }
    if form.touches.is_some_and(|shown| shown < touches) {
        errors.add("touches", page.t.blueprint_touches_more());
    }
    if !errors.is_empty() {
        let known = known(&mut tx).await?;
        return page.show_again(&BlueprintView::new(&page, form, errors, known));
    }
    if !store::save_blueprint(&mut tx, version + 1, &after, &why, app.clock.now()).await? {
        return Err(changed(page.t));
    }
    let event = Event::new("blueprint.saved").before(before).after(&after).why(why);
    tx.commit(&app.clock, event).await?;
    app.nudge.notify_waiters();
    Ok(Redirect::to("/admin/blueprint?done=saved").into_response())
}
