//! What ends soon, over all customers: lists of 60, 30 and 7 days, and of any day or month of the calendar.

use askama::Template;
use axum::extract::{Query, State};
use chrono::{DateTime, Days, Months, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::rows::HeldView;
use super::{Choice, Part, at, choice, parts};
use crate::access::model::STEPS;
use crate::access::store::{self, COUNTED, EndingFilter};
use crate::app::App;
use crate::kit::error::AppResult;
use crate::kit::frame::Frame;
use crate::kit::page::Page;
use crate::kit::scope::Tx;
use crate::kit::text::T;
use crate::onboarding::store as onboarding;

/// The address's query. What cannot be read counts as not given: an old bookmark still opens.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Days ahead: 60, 30, 7; `all`.
    #[serde(skip_serializing_if = "String::is_empty")]
    within: String,
    /// A month, `2027-03`, or a day of it, `2027-03-05`.
    #[serde(skip_serializing_if = "String::is_empty")]
    on: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    package: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    customer: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    after: String,
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(chrono::NaiveTime::MIN).and_utc()
}

/// From the beginning of the month or day on, until it is over.
pub fn between(on: &str) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    if let Ok(day) = on.parse::<NaiveDate>() {
        return Some((midnight(day), midnight(day.checked_add_days(Days::new(1))?)));
    }
    let first: NaiveDate = format!("{on}-01").parse().ok()?;
    Some((midnight(first), midnight(first.checked_add_months(Months::new(1))?)))
}

impl Asked {
    fn within(&self) -> Option<i64> {
        match self.within.as_str() {
            "all" => None,
            "" if self.on.is_empty() => Some(STEPS[0]),
            given => STEPS.into_iter().find(|days| days.to_string() == given),
        }
    }

    pub fn filter(&self) -> EndingFilter {
        EndingFilter {
            within: self.within(),
            between: between(&self.on),
            package: Some(self.package.clone()).filter(|key| !key.is_empty()),
            customer: self.customer.parse().ok(),
            after: serde_json::from_str(&self.after).ok(),
        }
    }

    fn with(&self, change: impl FnOnce(&mut Self)) -> String {
        let mut other = Self { after: String::new(), ..self.clone() };
        change(&mut other);
        at("/access/expiring", &other)
    }
}

struct StepView {
    href: String,
    label: String,
    count: String,
    current: bool,
}

/// The blueprint's packages as choices of a filter.
pub async fn packages(tx: &mut Tx, now: DateTime<Utc>, chosen: &str) -> Result<Vec<Choice>, sqlx::Error> {
    let (_, blueprint) = onboarding::current_blueprint(tx, now).await?;
    let keys = blueprint.keys();
    let named = keys.iter().filter_map(|key| Some(choice(key, blueprint.package(key)?.name.clone(), chosen)));
    Ok(named.collect())
}

/// A figure that is counted up to a bound.
fn counted(many: i64) -> String {
    if many > COUNTED { format!("{COUNTED}+") } else { many.to_string() }
}

#[derive(Template)]
#[template(path = "access/expiring.html")]
struct ExpiringView {
    frame: Frame,
    t: T,
    parts: Vec<Part>,
    steps: Vec<StepView>,
    within: String,
    on: String,
    /// The day or month in words.
    on_told: Option<String>,
    customer: String,
    packages: Vec<Choice>,
    rows: Vec<HeldView>,
    narrowed: bool,
    export: String,
    next: Option<String>,
    first: Option<String>,
}

pub async fn show(State(app): State<App>, page: Page, Query(asked): Query<Asked>) -> AppResult {
    let (t, now) = (page.t, app.clock.now());
    let filter = asked.filter();
    let mut tx = page.scope().begin(&app.db).await?;
    let (rows, next) = store::ending(&mut tx, &filter, now).await?;
    let counts = store::ending_counts(&mut tx, &STEPS, now).await?;
    let packages = packages(&mut tx, now, &asked.package).await?;
    drop(tx);
    let chosen = |days: Option<i64>| asked.on.is_empty() && asked.within() == days;
    let mut steps: Vec<StepView> = STEPS
        .iter()
        .zip(&counts)
        .map(|(days, many)| StepView {
            href: asked.with(|other| {
                other.within = days.to_string();
                other.on.clear();
            }),
            label: t.access_within(*days),
            count: counted(*many),
            current: chosen(Some(*days)),
        })
        .collect();
    steps.push(StepView {
        href: asked.with(|other| {
            "all".clone_into(&mut other.within);
            other.on.clear();
        }),
        label: t.access_within_all(),
        count: String::new(),
        current: asked.on.is_empty() && asked.within == "all",
    });
    let on_told = filter.between.map(|(from, until)| {
        if until - from > chrono::TimeDelta::days(1) {
            super::months::named(t, from.date_naive())
        } else {
            t.date(&from)
        }
    });
    page.show(&ExpiringView {
        t,
        parts: parts(&page, "/access/expiring"),
        steps,
        on: if on_told.is_some() { asked.on.clone() } else { String::new() },
        on_told,
        within: asked.within.clone(),
        customer: asked.customer.clone(),
        packages,
        rows: rows.into_iter().map(|row| HeldView::new(row, t, now)).collect(),
        narrowed: !asked.package.is_empty() || !asked.customer.is_empty() || !asked.on.is_empty(),
        next: next
            .and_then(|cursor| serde_json::to_string(&cursor).ok())
            .map(|after| asked.with(|other| other.after = after)),
        first: (!asked.after.is_empty()).then(|| asked.with(|_| ())),
        export: at("/access/expiring/export.csv", &Asked { after: String::new(), ..asked.clone() }),
        frame: page.frame.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_or_a_month_of_the_calendar_is_a_stretch_of_time() {
        let told =
            |on| between(on).map(|(from, until)| format!("{} {}", from.format("%F"), until.format("%F")));
        assert_eq!(told("2027-12").as_deref(), Some("2027-12-01 2028-01-01"));
        assert_eq!(told("2028-02-29").as_deref(), Some("2028-02-29 2028-03-01"));
        assert_eq!((told(""), told("2027-13"), told("soon")), (None, None, None));
    }
}
