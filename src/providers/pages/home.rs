//! The provider at a glance: his directories, language, and how far each app is set up.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;

use super::apps::worked;
use crate::app::App;
use crate::graph::discovery;
use crate::kit::audit::Event;
use crate::kit::error::AppResult;
use crate::kit::form::{FieldErrors, Form};
use crate::kit::frame::Frame;
use crate::kit::ids::EntraTenantId;
use crate::kit::page::Page;
use crate::kit::text::{Lang, T};
use crate::providers::AppKind;
use crate::providers::analysts::{self, Foreign};
use crate::providers::store::{self, AppRow, Provider, Settings};

struct AppCard {
    key: &'static str,
    title: String,
    what: String,
    state: String,
    good: bool,
}

#[derive(Template)]
#[template(path = "providers/home.html")]
struct HomeView {
    frame: Frame,
    t: T,
    provider: Provider,
    apps: Vec<AppCard>,
    name: String,
    analyst_tenant: String,
    analyst_domain: String,
    analyst_mail_domains: String,
    language: String,
    new_people: String,
    keep_years: String,
    refresh_tokens: String,
    errors: FieldErrors,
}

impl HomeView {
    fn new(page: &Page, provider: Provider, apps: &[AppRow]) -> Self {
        let t = page.t;
        Self {
            t,
            apps: AppKind::ALL.into_iter().map(|kind| card(t, kind, apps)).collect(),
            name: provider.name.clone(),
            analyst_tenant: provider.analyst_tenant.map(|id| id.to_string()).unwrap_or_default(),
            analyst_domain: provider.analyst_domain.clone().unwrap_or_default(),
            analyst_mail_domains: provider.analyst_mail_domains.join(", "),
            language: provider.default_language.clone(),
            new_people: if provider.new_people_see_all { "all" } else { "none" }.to_owned(),
            keep_years: years(provider.keep_requests_days).to_string(),
            refresh_tokens: if provider.keeps_refresh_tokens { "keep" } else { "none" }.to_owned(),
            errors: FieldErrors::default(),
            frame: page.frame.clone(),
            provider,
        }
    }
}

fn card(t: T, kind: AppKind, apps: &[AppRow]) -> AppCard {
    let row = apps.iter().find(|row| row.app == kind.key());
    let outcome = row.and_then(|row| row.check_outcome.as_ref());
    let ok = worked(outcome);
    let untried = outcome.is_some_and(|outcome| outcome["cause"] == "no-directory");
    let (state, good) = match (row, ok) {
        (Some(_), Some(true)) => (t.providers_app_works(), true),
        (Some(_), Some(false)) => (t.providers_app_refused(), false),
        (Some(row), None) if untried && row.has_proof => (t.providers_app_untried(), true),
        (Some(row), None) if !row.client_id.is_empty() && row.has_proof => {
            (t.providers_app_unchecked(), false)
        }
        _ => (t.providers_app_unfinished(), false),
    };
    AppCard {
        key: kind.key(),
        title: t.text_or_key(&format!("providers-app-{}", kind.key())),
        what: t.text_or_key(&format!("providers-app-{}-what", kind.key())),
        state,
        good,
    }
}

pub async fn show(State(app): State<App>, page: Page) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let provider = store::provider(&mut tx).await?;
    let apps = store::apps(&mut tx).await?;
    drop(tx);
    page.show(&HomeView::new(&page, provider, &apps))
}

#[derive(Deserialize)]
pub struct SettingsForm {
    name: String,
    analyst_tenant: String,
    analyst_domain: String,
    /// Parted by commas or spaces.
    #[serde(default)]
    analyst_mail_domains: String,
    language: String,
    /// `all` or `none`: customers of somebody who signs in first.
    #[serde(default = "all")]
    new_people: String,
    /// How many years requests are kept; empty leaves it as it is.
    #[serde(default)]
    keep_years: String,
    /// `keep` or `none`.
    #[serde(default)]
    refresh_tokens: String,
}

/// More would be typed by nobody.
const MAIL_DOMAINS: usize = 50;

/// A year in the mean: 7 of them are 2,557 days.
const YEAR: i32 = 36_525;

fn years(days: i32) -> i32 {
    (days * 100 + YEAR / 2) / YEAR
}

fn days(years: i32) -> i32 {
    (years * YEAR + 50) / 100
}

impl SettingsForm {
    fn read(&self, t: T) -> Result<Settings, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = self.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > 120 {
            errors.add("name", t.providers_name_wrong());
        }
        let analyst_tenant = match self.analyst_tenant.trim() {
            "" => None,
            id => id.parse().map(Some).unwrap_or_else(|_| {
                errors.add("analyst_tenant", t.providers_tenant_wrong());
                None
            }),
        };
        let analyst_domain =
            Some(self.analyst_domain.trim().to_lowercase()).filter(|domain| !domain.is_empty());
        // A tenant id is something Microsoft can look up too, but it is no domain.
        let wrong = |domain: &String| discovery::named(domain).is_err() || !domain.contains('.');
        if analyst_domain.iter().any(wrong) {
            errors.add("analyst_domain", t.providers_domain_wrong());
        }
        let mut analyst_mail_domains: Vec<String> = self
            .analyst_mail_domains
            .split([',', ';', ' ', '\n', '\r', '\t'])
            .filter(|domain| !domain.is_empty())
            .map(str::to_lowercase)
            .collect();
        analyst_mail_domains.sort_unstable();
        analyst_mail_domains.dedup();
        if analyst_mail_domains.iter().any(wrong) || analyst_mail_domains.len() > MAIL_DOMAINS {
            errors.add("analyst_mail_domains", t.providers_mail_of_analysts_wrong());
        }
        let default_language = Lang::from_code(&self.language).unwrap_or_default().code().to_owned();
        let keep_requests_days = match self.keep_years.trim() {
            "" => None,
            text => match text.parse() {
                Ok(number @ 1..=100) => Some(days(number)),
                _ => {
                    errors.add("keep_years", t.providers_keep_years_wrong());
                    None
                }
            },
        };
        let settings = Settings {
            name,
            analyst_tenant,
            analyst_domain,
            analyst_mail_domains,
            default_language,
            new_people_see_all: self.new_people != "none",
            keep_requests_days,
            keeps_refresh_tokens: self.refresh_tokens == "keep",
        };
        if errors.is_empty() { Ok(settings) } else { Err(errors) }
    }
}

fn all() -> String {
    "all".to_owned()
}

/// Why the analysts' domain cannot be kept, and at which field that is told.
async fn foreign_domain(app: &App, t: T, settings: &Settings) -> Option<(&'static str, String)> {
    let domain = settings.analyst_domain.as_deref()?;
    let Some(tenant) = settings.analyst_tenant else {
        return Some(("analyst_tenant", t.providers_tenant_too()));
    };
    let sentence = match analysts::own(&app.graph, domain, EntraTenantId(tenant)).await {
        Ok(()) => return None,
        Err(Foreign::Elsewhere(tenant)) => t.providers_domain_elsewhere(tenant.to_string()),
        Err(Foreign::Nobodys) => t.providers_domain_nobodys(),
        Err(Foreign::AnotherCloud(cloud)) => t.customers_refused_another_cloud(cloud),
        Err(Foreign::Malformed) => t.providers_domain_wrong(),
        Err(Foreign::Unchecked(error)) => {
            tracing::warn!(%error, "the analysts' domain was not checked");
            t.providers_domain_unchecked()
        }
    };
    Some(("analyst_domain", sentence))
}

pub async fn save(State(app): State<App>, page: Page, Form(form): Form<SettingsForm>) -> AppResult {
    let read = match form.read(page.t) {
        Ok(settings) => match foreign_domain(&app, page.t, &settings).await {
            None => Ok(settings),
            Some((field, sentence)) => {
                let mut errors = FieldErrors::default();
                errors.add(field, sentence);
                Err(errors)
            }
        },
        refused => refused,
    };
    let mut tx = page.scope().begin(&app.db).await?;
    let before = store::provider(&mut tx).await?;
    let settings = match read {
        Ok(settings) => settings,
        Err(errors) => {
            let apps = store::apps(&mut tx).await?;
            let view = HomeView {
                errors,
                name: form.name,
                analyst_tenant: form.analyst_tenant,
                analyst_domain: form.analyst_domain,
                analyst_mail_domains: form.analyst_mail_domains,
                language: form.language,
                new_people: form.new_people,
                keep_years: form.keep_years,
                refresh_tokens: form.refresh_tokens,
                ..HomeView::new(&page, before, &apps)
            };
            return page.show_again(&view);
        }
    };
    store::set_provider(&mut tx, &settings).await?;
    tx.commit(&app.clock, Event::new("provider.changed").before(before).after(&settings)).await?;
    Ok(Redirect::to("/admin?done=saved").into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_are_shown_as_they_were_typed() {
        assert_eq!((days(7), days(1), days(100)), (2557, 365, 36_525));
        for number in 1..=100 {
            assert_eq!(years(days(number)), number);
        }
    }
}
