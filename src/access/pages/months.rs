//! What ends when: a chart of the coming months, and one month day by day with what ends and what must be reviewed.

use askama::Template;
use axum::extract::{Query, State};
use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use serde::Deserialize;

use super::expiring::between;
use super::{Part, parts};
use crate::access::store::{self, Day};
use crate::app::App;
use crate::kit::error::AppResult;
use crate::kit::frame::Frame;
use crate::kit::page::Page;
use crate::kit::text::T;

/// Months of the chart: one more than a year, since what is given today ends after one.
const MONTHS: u32 = 13;
/// The chart's own units.
const HEIGHT: i64 = 120;
const STEP: i64 = 48;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    month: String,
}

/// `Mar 2027`.
pub fn named(t: T, day: NaiveDate) -> String {
    format!("{} {}", t.text_or_key(&format!("time-month-{}", day.month())), day.year())
}

struct BarView {
    href: String,
    name: String,
    many: i64,
    x: i64,
    y: i64,
    middle: i64,
    height: i64,
    current: bool,
}

struct DayView {
    number: u32,
    date: String,
    href: String,
    ends: i64,
    reviews: i64,
    today: bool,
}

#[derive(Template)]
#[template(path = "access/months.html")]
struct MonthsView {
    frame: Frame,
    t: T,
    parts: Vec<Part>,
    bars: Vec<BarView>,
    width: i64,
    name: String,
    month_href: String,
    ends: i64,
    reviews: i64,
    before: String,
    after: String,
    weekdays: Vec<String>,
    /// Weeks of seven; what is not of this month is empty.
    weeks: Vec<Vec<Option<DayView>>>,
}

fn first_of(at: DateTime<Utc>) -> NaiveDate {
    let day = at.date_naive();
    day.with_day(1).unwrap_or(day)
}

fn link(day: NaiveDate) -> String {
    format!("/access/calendar?month={}", day.format("%Y-%m"))
}

/// The chart's bars: months without an end have none.
fn bars(t: T, from: NaiveDate, counted: &[(NaiveDate, i64)], shown: NaiveDate) -> Vec<BarView> {
    let most = counted.iter().map(|(_, many)| *many).max().unwrap_or(0).max(1);
    let months = (0..MONTHS).filter_map(|n| from.checked_add_months(Months::new(n)));
    let bar = |(place, month): (usize, NaiveDate)| {
        let many = counted.iter().find(|(of, _)| *of == month).map_or(0, |(_, many)| *many);
        let height = (many * HEIGHT / most).max(i64::from(many > 0));
        let x = i64::try_from(place).unwrap_or(0) * STEP;
        BarView {
            href: link(month),
            name: named(t, month),
            many,
            x: x + 6,
            middle: x + STEP / 2,
            y: HEIGHT - height + 16,
            height,
            current: month == shown,
        }
    };
    months.enumerate().map(bar).collect()
}

/// The days of a month in weeks from Monday on.
fn weeks(t: T, first: NaiveDate, days: &[Day], today: NaiveDate) -> Vec<Vec<Option<DayView>>> {
    let lead = usize::try_from(first.weekday().num_days_from_monday()).unwrap_or(0);
    let mut cells: Vec<Option<DayView>> = (0..lead).map(|_| None).collect();
    for day in first.iter_days().take_while(|day| day.month() == first.month()) {
        let found = days.iter().find(|one| one.day == day);
        cells.push(Some(DayView {
            number: day.day(),
            date: t.date(&day.and_time(chrono::NaiveTime::MIN).and_utc()),
            href: format!("/access/expiring?on={day}"),
            ends: found.map_or(0, |one| one.ends),
            reviews: found.map_or(0, |one| one.reviews),
            today: day == today,
        }));
    }
    while !cells.len().is_multiple_of(7) {
        cells.push(None);
    }
    let mut weeks = Vec::new();
    while !cells.is_empty() {
        let rest = cells.split_off(7.min(cells.len()));
        weeks.push(std::mem::replace(&mut cells, rest));
    }
    weeks
}

pub async fn show(State(app): State<App>, page: Page, Query(asked): Query<Asked>) -> AppResult {
    let (t, now) = (page.t, app.clock.now());
    let this = first_of(now);
    let shown = between(&asked.month).map_or(this, |(from, _)| first_of(from));
    let begins = |day: NaiveDate| day.and_time(chrono::NaiveTime::MIN).and_utc();
    let moved = |months: i32| {
        let by = Months::new(months.unsigned_abs());
        let other = if months < 0 { shown.checked_sub_months(by) } else { shown.checked_add_months(by) };
        other.unwrap_or(shown)
    };
    let last = this.checked_add_months(Months::new(MONTHS)).unwrap_or(this);
    let mut tx = page.scope().begin(&app.db).await?;
    let counted = store::months(&mut tx, begins(this), begins(last)).await?;
    let days = store::days(&mut tx, begins(shown), begins(moved(1))).await?;
    drop(tx);
    page.show(&MonthsView {
        t,
        parts: parts(&page, "/access/calendar"),
        bars: bars(t, this, &counted, shown),
        width: i64::from(MONTHS) * STEP,
        name: named(t, shown),
        month_href: format!("/access/expiring?on={}", shown.format("%Y-%m")),
        ends: days.iter().map(|day| day.ends).sum(),
        reviews: days.iter().map(|day| day.reviews).sum(),
        before: link(moved(-1)),
        after: link(moved(1)),
        weekdays: (1..=7).map(|day| t.text_or_key(&format!("access-weekday-{day}"))).collect(),
        weeks: weeks(t, shown, &days, now.date_naive()),
        frame: page.frame.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::text::Lang;

    #[test]
    fn a_month_has_whole_weeks_from_monday_on() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let of = |first: &str| weeks(Lang::En.t(), day(first), &[], day("2027-02-03"));
        let february = of("2027-02-01");
        assert_eq!(february.len(), 4, "it begins on a Monday and has 28 days");
        assert!(february[0][2].as_ref().is_some_and(|one| one.today && one.number == 3));
        let august = of("2027-08-01");
        assert_eq!((august.len(), august[0].iter().flatten().count()), (6, 1), "it begins on a Sunday");
    }

    #[test]
    fn the_longest_bar_fills_the_chart_and_the_smallest_is_seen() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let counted = [(day("2027-02-01"), 1), (day("2027-04-01"), 1000)];
        let bars = bars(Lang::En.t(), day("2027-02-01"), &counted, day("2027-04-01"));
        let told: Vec<_> = bars.iter().take(3).map(|bar| (bar.many, bar.height)).collect();
        assert_eq!(told, [(1, 1), (0, 0), (1000, HEIGHT)]);
        assert_eq!(bars.len(), 13);
    }
}
