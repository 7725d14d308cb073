//! Quiet hours, time zone and the daily digest.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use serde_json::{Value, json};

use super::home::role;
use crate::app::App;
use crate::kit::audit::Event;
use crate::kit::error::AppResult;
use crate::kit::form::{FieldErrors, Form};
use crate::kit::frame::Frame;
use crate::kit::ids::OutgoingId;
use crate::kit::page::Page;
use crate::kit::right::Role;
use crate::kit::text::T;
use crate::notices::quiet::{Zone, clock_minute, clock_text, next_at};
use crate::notices::store::{self, Settings};

/// One box of a list of boxes.
pub struct BoxView {
    pub value: String,
    pub label: String,
    pub chosen: bool,
}

#[derive(Template)]
#[template(path = "notices/times.html")]
struct TimesView {
    frame: Frame,
    t: T,
    zone: String,
    zones: Vec<&'static str>,
    from: String,
    until: String,
    weekend: bool,
    digest_at: String,
    roles: Vec<BoxView>,
    errors: FieldErrors,
}

impl TimesView {
    fn new(page: &Page, settings: &Settings) -> Self {
        let t = page.t;
        let hours = settings.quiet_hours;
        Self {
            t,
            zone: settings.time_zone.clone(),
            zones: chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).collect(),
            from: hours.map(|(from, _)| clock_text(from)).unwrap_or_default(),
            until: hours.map(|(_, until)| clock_text(until)).unwrap_or_default(),
            weekend: settings.quiet_weekend,
            digest_at: clock_text(settings.digest_at),
            roles: Role::ALL
                .into_iter()
                .map(|one| BoxView {
                    value: one.claim().to_owned(),
                    label: role(t, one.claim()),
                    chosen: settings.digest_roles.iter().any(|claim| claim == one.claim()),
                })
                .collect(),
            errors: FieldErrors::default(),
            frame: page.frame.clone(),
        }
    }
}

pub async fn show(State(app): State<App>, page: Page) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let settings = store::settings(&mut tx).await?;
    drop(tx);
    page.show(&TimesView::new(&page, &settings))
}

#[derive(Deserialize)]
pub struct TimesForm {
    zone: String,
    from: String,
    until: String,
    #[serde(default)]
    weekend: String,
    digest_at: String,
    #[serde(default)]
    digest_roles: Vec<String>,
}

impl TimesForm {
    fn read(&self, t: T, before: &Settings) -> (Settings, FieldErrors) {
        let mut errors = FieldErrors::default();
        let zone = self.zone.trim();
        if Zone::parse(zone).is_none() || zone.len() > 60 {
            errors.add("zone", t.notices_zone_wrong());
        }
        let hours = match (self.from.trim(), self.until.trim()) {
            ("", "") => None,
            (from, until) => {
                let both = clock_minute(from).zip(clock_minute(until)).filter(|(from, until)| from != until);
                if both.is_none() {
                    errors.add("from", t.notices_quiet_wrong());
                }
                both
            }
        };
        let digest_at = clock_minute(&self.digest_at);
        if digest_at.is_none() {
            errors.add("digest_at", t.notices_digest_at_wrong());
        }
        let roles = Role::ALL.into_iter().map(|role| role.claim().to_owned());
        let settings = Settings {
            time_zone: zone.to_owned(),
            quiet_hours: hours,
            quiet_weekend: self.weekend == "yes",
            digest_at: digest_at.unwrap_or(before.digest_at),
            digest_roles: roles.filter(|role| self.digest_roles.contains(role)).collect(),
            ..before.clone()
        };
        (settings, errors)
    }
}

fn told(settings: &Settings) -> Value {
    json!({
        "time_zone": settings.time_zone,
        "quiet_from": settings.quiet_hours.map(|(from, _)| clock_text(from)),
        "quiet_until": settings.quiet_hours.map(|(_, until)| clock_text(until)),
        "quiet_weekend": settings.quiet_weekend,
        "digest_at": clock_text(settings.digest_at),
        "roles": settings.digest_roles.join(", "),
    })
}

/// What quiet hours held leaves at their new end, and the next digest comes at its new hour.
pub async fn save(State(app): State<App>, page: Page, Form(form): Form<TimesForm>) -> AppResult {
    let now = app.clock.now();
    let mut tx = page.scope().begin(&app.db).await?;
    let before = store::settings(&mut tx).await?;
    let (settings, errors) = form.read(page.t, &before);
    if !errors.is_empty() {
        let view = TimesView {
            zone: form.zone,
            from: form.from,
            until: form.until,
            digest_at: form.digest_at,
            errors,
            ..TimesView::new(&page, &settings)
        };
        return page.show_again(&view);
    }
    store::set_times(&mut tx, &settings, now).await?;
    store::release(&mut tx, settings.quiet().until(now).unwrap_or(now)).await?;
    let next = (!settings.digest_roles.is_empty()).then(|| next_at(settings.zone(), settings.digest_at, now));
    store::set_round(&mut tx, OutgoingId::new(&app.clock, &app.chance), next, now).await?;
    let event = Event::new("notices.times-changed").before(told(&before)).after(told(&settings));
    tx.commit(&app.clock, event).await?;
    app.nudge.notify_waiters();
    Ok(Redirect::to("/admin/notices?done=saved").into_response())
}
