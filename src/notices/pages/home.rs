//! Admin › Notices: the mail server, channels, rules, quiet hours and what could not be sent, at a glance.

use askama::Template;
use axum::extract::State;

use super::may_steer;
use crate::app::App;
use crate::kit::error::AppResult;
use crate::kit::frame::Frame;
use crate::kit::page::Page;
use crate::kit::text::T;
use crate::notices::model::{Rule, Stage};
use crate::notices::quiet::clock_text;
use crate::notices::store::{self, Channel, Settings};

struct ChannelView {
    href: String,
    name: String,
    kind: String,
    shown: String,
    enabled: bool,
}

struct RuleView {
    href: String,
    name: String,
    about: String,
    to: String,
    urgent: bool,
    enabled: bool,
}

struct SnoozeView {
    href: String,
    customer: String,
    what: String,
    reason: String,
    by: String,
    until: String,
}

#[derive(Template)]
#[template(path = "notices/home.html")]
struct HomeView {
    frame: Frame,
    t: T,
    mail: Option<String>,
    channels: Vec<ChannelView>,
    rules: Vec<RuleView>,
    quiet: String,
    digest: String,
    snoozes: Vec<SnoozeView>,
    dead: i64,
    /// Whether he who looks has a say in channels and the mail server.
    steers: bool,
}

/// Kinds of happening in words; none: every kind.
pub fn kind(t: T, kind: &str) -> String {
    if kind.is_empty() { t.notices_kind_every() } else { t.text_or_key(&format!("notices-kind-{kind}")) }
}

/// What a rule is about, in one line.
fn about(t: T, rule: &Rule) -> String {
    let kinds = if rule.kinds.is_empty() {
        t.notices_kind_every()
    } else {
        rule.kinds.iter().map(|one| kind(t, one)).collect::<Vec<_>>().join(", ")
    };
    let mut parts = vec![kinds];
    if !rule.stages.is_empty() && rule.stages.len() < Stage::ALL.len() {
        let stages = rule.stages.iter().map(|stage| t.text_or_key(&format!("notices-stage-{stage}")));
        parts.push(stages.collect::<Vec<_>>().join(", "));
    }
    if !rule.tiers.is_empty() {
        parts.push(t.notices_rule_tiers_are(rule.tiers.join(", ")));
    }
    if !rule.tags.is_empty() {
        parts.push(t.notices_rule_tags_are(rule.tags.join(", ")));
    }
    if rule.severity != crate::notices::model::Severity::Low {
        let severity = t.text_or_key(&format!("notices-severity-{}", rule.severity.key()));
        parts.push(t.notices_rule_severity_is(severity));
    }
    parts.join(" · ")
}

/// Whom a rule tells, in one line.
fn to(t: T, rule: &Rule, channels: &[Channel]) -> String {
    if let Some(id) = rule.channel {
        return channels.iter().find(|one| one.id == id).map(|one| one.name.clone()).unwrap_or_default();
    }
    let roles: Vec<String> = rule.roles.iter().map(|claim| role(t, claim)).collect();
    let roles = roles.join(", ");
    match rule.language.as_str() {
        "" => roles,
        code => t
            .notices_rule_language_is()
            .roles(roles)
            .language(t.text_or_key(&format!("notices-language-{code}"))),
    }
}

/// A role of a rule, or the customer's own account manager.
pub fn role(t: T, claim: &str) -> String {
    if claim == crate::notices::model::MANAGER {
        t.notices_role_manager()
    } else {
        t.text_or_key(&format!("people-role-{claim}"))
    }
}

pub fn quiet_line(t: T, settings: &Settings) -> String {
    let hours = settings.quiet_hours.map(|(from, until)| {
        t.notices_quiet_hours()
            .from(clock_text(from))
            .until(clock_text(until))
            .zone(settings.time_zone.clone())
    });
    match (hours, settings.quiet_weekend) {
        (Some(hours), true) => t.notices_quiet_both(hours),
        (Some(hours), false) => hours,
        (None, true) => t.notices_quiet_weekend_only(),
        (None, false) => t.notices_quiet_none(),
    }
}

pub async fn show(State(app): State<App>, page: Page) -> AppResult {
    let (t, now) = (page.t, app.clock.now());
    let mut tx = page.scope().begin(&app.db).await?;
    let settings = store::settings(&mut tx).await?;
    let channels = store::channels(&mut tx).await?;
    let rules = store::rules(&mut tx).await?;
    let snoozes = store::active(&mut tx, now).await?;
    let dead = store::dead_count(&mut tx).await?;
    drop(tx);
    let digest = if settings.digest_roles.is_empty() {
        t.notices_digest_none()
    } else {
        let roles: Vec<String> = settings.digest_roles.iter().map(|claim| role(t, claim)).collect();
        t.notices_digest_at()
            .at(clock_text(settings.digest_at))
            .zone(settings.time_zone.clone())
            .roles(roles.join(", "))
    };
    page.show(&HomeView {
        t,
        steers: may_steer(&page),
        mail: (!settings.mail.host.is_empty()).then(|| {
            t.notices_mail_line()
                .from(settings.mail.from.clone())
                .server(format!("{}:{}", settings.mail.host, settings.mail.port))
        }),
        rules: rules
            .iter()
            .map(|rule| RuleView {
                href: format!("/admin/notices/rules/{}", rule.id),
                name: rule.name.clone(),
                about: about(t, rule),
                to: to(t, rule, &channels),
                urgent: rule.urgent,
                enabled: rule.enabled,
            })
            .collect(),
        channels: channels
            .into_iter()
            .map(|one| ChannelView {
                href: format!("/admin/notices/channels/{}", one.id),
                kind: t.text_or_key(&format!("notices-channel-{}", one.kind.key())),
                name: one.name,
                shown: one.shown,
                enabled: one.enabled,
            })
            .collect(),
        quiet: quiet_line(t, &settings),
        digest,
        snoozes: snoozes
            .into_iter()
            .map(|one| SnoozeView {
                href: format!("/customers/{}/notices", one.customer),
                customer: one.customer_name,
                what: kind(t, &one.kind),
                reason: one.reason,
                by: one.by,
                until: t.moment(&one.ends_at),
            })
            .collect(),
        dead,
        frame: page.frame.clone(),
    })
}
