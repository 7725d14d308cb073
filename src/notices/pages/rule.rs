//! One rule: what it is about, and whom it tells.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::channels::name_error;
use super::home::{kind, role};
use super::times::BoxView;
use super::{NothingForm, may_steer, sees_all};
use crate::app::App;
use crate::kit::audit::Event;
use crate::kit::error::{AppError, AppResult};
use crate::kit::form::{FieldErrors, Form};
use crate::kit::frame::Frame;
use crate::kit::happening::Kind;
use crate::kit::ids::RuleId;
use crate::kit::page::Page;
use crate::kit::right::Role;
use crate::kit::scope::Tx;
use crate::kit::text::T;
use crate::notices::model::{MANAGER, Rule, Severity, Stage};
use crate::notices::store::{self, Channel};
use crate::onboarding::store::current_blueprint;

/// Tags that one rule names at most.
const TAGS: usize = 20;

#[derive(Template)]
#[template(path = "notices/rule.html")]
pub struct RuleView {
    frame: Frame,
    t: T,
    action: String,
    /// The page of a rule that is there already.
    drop: Option<String>,
    name: String,
    kinds: Vec<BoxView>,
    stages: Vec<BoxView>,
    tiers: Vec<BoxView>,
    tags: String,
    severities: Vec<BoxView>,
    channels: Vec<BoxView>,
    roles: Vec<BoxView>,
    languages: Vec<BoxView>,
    urgent: bool,
    enabled: bool,
    /// Whether he who looks may have a channel told.
    steers: bool,
    errors: FieldErrors,
}

impl RuleView {
    pub async fn new(
        page: &Page,
        tx: &mut Tx,
        rule: &Rule,
        id: Option<RuleId>,
        now: DateTime<Utc>,
    ) -> Result<Self, AppError> {
        let t = page.t;
        let channels = store::channels(tx).await?;
        let (_, blueprint) = current_blueprint(tx, now).await?;
        let mut tiers: Vec<String> = vec!["approvers".to_owned()];
        tiers.extend(blueprint.tiers.iter().map(|tier| tier.key.clone()));
        tiers.extend(rule.tiers.iter().filter(|tier| !tiers.contains(tier)).cloned().collect::<Vec<_>>());
        let boxed =
            |value: &str, label: String, chosen: bool| BoxView { value: value.to_owned(), label, chosen };
        let of = |list: &[String], value: &str| list.iter().any(|one| one == value);
        let people = rule.channel.is_none();
        let mut to = vec![boxed("people", t.notices_rule_people(), people)];
        let steers = may_steer(page);
        to.extend(
            channels
                .iter()
                .filter(|one| steers || rule.channel == Some(one.id))
                .map(|one| boxed(&one.id.to_string(), one.name.clone(), rule.channel == Some(one.id))),
        );
        let every_role = Role::ALL.into_iter().map(Role::claim).chain([MANAGER]);
        Ok(Self {
            t,
            action: id.map_or_else(
                || "/admin/notices/rules/add".to_owned(),
                |id| format!("/admin/notices/rules/{id}"),
            ),
            drop: id.map(|id| format!("/admin/notices/rules/{id}/drop")),
            name: rule.name.clone(),
            kinds: Kind::ALL
                .into_iter()
                .map(|one| boxed(one.key(), kind(t, one.key()), of(&rule.kinds, one.key())))
                .collect(),
            stages: Stage::ALL
                .into_iter()
                .map(|one| {
                    let label = t.text_or_key(&format!("notices-stage-{}", one.key()));
                    boxed(one.key(), label, of(&rule.stages, one.key()))
                })
                .collect(),
            tiers: tiers.iter().map(|tier| boxed(tier, tier.clone(), of(&rule.tiers, tier))).collect(),
            tags: rule.tags.join(", "),
            severities: Severity::ALL
                .into_iter()
                .map(|one| {
                    let label = t.text_or_key(&format!("notices-at-least-{}", one.key()));
                    boxed(one.key(), label, rule.severity == one)
                })
                .collect(),
            channels: to,
            roles: every_role.map(|claim| boxed(claim, role(t, claim), of(&rule.roles, claim))).collect(),
            languages: ["", "en", "nl"]
                .into_iter()
                .map(|code| {
                    let key = if code.is_empty() { "any" } else { code };
                    boxed(code, t.text_or_key(&format!("notices-language-{key}")), rule.language == code)
                })
                .collect(),
            urgent: rule.urgent,
            enabled: rule.enabled,
            steers,
            errors: FieldErrors::default(),
            frame: page.frame.clone(),
        })
    }

    pub fn with(mut self, errors: FieldErrors) -> Self {
        self.errors = errors;
        self
    }
}

#[derive(Deserialize)]
pub struct RuleForm {
    name: String,
    #[serde(default)]
    kinds: Vec<String>,
    #[serde(default)]
    stages: Vec<String>,
    #[serde(default)]
    tiers: Vec<String>,
    #[serde(default)]
    tags: String,
    severity: String,
    to: String,
    #[serde(default)]
    to_roles: Vec<String>,
    #[serde(default)]
    language: String,
    #[serde(default)]
    urgent: String,
    #[serde(default)]
    enabled: String,
}

impl RuleForm {
    pub fn read(&self, t: T, id: RuleId, channels: &[Channel]) -> (Rule, FieldErrors) {
        let mut errors = FieldErrors::default();
        if let Some(error) = name_error(t, &self.name) {
            errors.add("name", error);
        }
        let known = |given: &[String], all: Vec<&str>| -> Vec<String> {
            all.into_iter().filter(|one| given.iter().any(|given| given == one)).map(str::to_owned).collect()
        };
        let tags = self.tags.split(',').map(|tag| tag.trim().to_lowercase()).filter(|tag| !tag.is_empty());
        let tags: Vec<String> = tags.collect();
        if tags.len() > TAGS || tags.iter().any(|tag| tag.chars().count() > 40) {
            errors.add("tags", t.notices_rule_tags_wrong());
        }
        let channel = channels.iter().find(|one| one.id.to_string() == self.to).map(|one| one.id);
        if channel.is_none() && self.to != "people" {
            errors.add("to", t.notices_rule_to_wrong());
        }
        let roles = known(&self.to_roles, Role::ALL.into_iter().map(Role::claim).chain([MANAGER]).collect());
        if self.to == "people" && roles.is_empty() {
            errors.add("to_roles", t.notices_rule_roles_missing());
        }
        let tiers = self.tiers.iter().filter(|tier| (1..=60).contains(&tier.chars().count()));
        let rule = Rule {
            id,
            name: self.name.trim().to_owned(),
            kinds: known(&self.kinds, Kind::ALL.into_iter().map(Kind::key).collect()),
            stages: known(&self.stages, Stage::ALL.into_iter().map(Stage::key).collect()),
            tiers: tiers.take(20).cloned().collect(),
            tags,
            severity: Severity::from_key(&self.severity).unwrap_or(Severity::Low),
            channel,
            roles: if channel.is_some() { Vec::new() } else { roles },
            language: ["en", "nl"].into_iter().find(|code| *code == self.language).unwrap_or("").to_owned(),
            urgent: self.urgent == "yes",
            enabled: self.enabled == "yes",
        };
        (rule, errors)
    }
}

/// What is told to people is told only to those who see the customer; what is told to a channel, of every customer.
pub fn may_set(page: &Page, rules: &[&Rule]) -> AppResult<()> {
    if rules.iter().all(|rule| rule.channel.is_none()) { Ok(()) } else { sees_all(page) }
}

/// As the audit log tells it.
pub fn told(rule: &Rule, channels: &[Channel]) -> Value {
    let channel = rule.channel.and_then(|id| channels.iter().find(|one| one.id == id)).map(|one| &one.name);
    json!({
        "rule": rule.name, "happenings": rule.kinds.join(", "), "stages": rule.stages.join(", "),
        "tiers": rule.tiers.join(", "), "tags": rule.tags.join(", "), "severity": rule.severity.key(),
        "channel": channel, "roles": rule.roles.join(", "), "language": rule.language, "urgent": rule.urgent,
        "in_use": rule.enabled,
    })
}

async fn find(tx: &mut Tx, id: &str) -> Result<Rule, AppError> {
    let id: RuleId = id.parse().map_err(|_| AppError::NotFound)?;
    store::rule(tx, id).await?.ok_or(AppError::NotFound)
}

pub async fn show(State(app): State<App>, page: Page, Path(id): Path<String>) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let rule = find(&mut tx, &id).await?;
    page.show(&RuleView::new(&page, &mut tx, &rule, Some(rule.id), app.clock.now()).await?)
}

pub async fn save(
    State(app): State<App>,
    page: Page,
    Path(id): Path<String>,
    Form(form): Form<RuleForm>,
) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let before = find(&mut tx, &id).await?;
    let channels = store::channels(&mut tx).await?;
    let (rule, errors) = form.read(page.t, before.id, &channels);
    if !errors.is_empty() {
        let view = RuleView::new(&page, &mut tx, &rule, Some(rule.id), app.clock.now()).await?;
        return page.show_again(&view.with(errors));
    }
    may_set(&page, &[&before, &rule])?;
    store::set_rule(&mut tx, &rule, app.clock.now()).await?;
    let event =
        Event::new("notices.rule-changed").before(told(&before, &channels)).after(told(&rule, &channels));
    tx.commit(&app.clock, event).await?;
    Ok(Redirect::to("/admin/notices?done=saved").into_response())
}

pub async fn drop_it(
    State(app): State<App>,
    page: Page,
    Path(id): Path<String>,
    Form(NothingForm {}): Form<NothingForm>,
) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let rule = find(&mut tx, &id).await?;
    may_set(&page, &[&rule])?;
    let channels = store::channels(&mut tx).await?;
    store::drop_rule(&mut tx, rule.id).await?;
    tx.commit(&app.clock, Event::new("notices.rule-dropped").before(told(&rule, &channels))).await?;
    Ok(Redirect::to("/admin/notices?done=rule-dropped").into_response())
}
