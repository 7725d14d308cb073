//! The report of one customer: a page to print and hand over, in his language.

use askama::Template;
use axum::extract::{Query, State};
use chrono::{DateTime, Months, TimeDelta, Utc};
use serde::Deserialize;

use crate::app::App;
use crate::customers::{Tab, Viewed, tabs};
use crate::kit::error::AppResult;
use crate::kit::frame::Frame;
use crate::kit::text::{Lang, T};
use crate::onboarding::{self, StepLine};
use crate::reports::store::{self, Access, Requests, Round};

/// Periods that can be chosen, in months.
const PERIODS: [u32; 3] = [3, 12, 24];
const USUAL: u32 = 12;

/// The address's query. What cannot be read counts as not given.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    lang: String,
    months: String,
}

struct ChoiceView {
    value: String,
    label: String,
    chosen: bool,
}

struct AccessView {
    name: String,
    mail: String,
    package: String,
    since: String,
    until: String,
    approved: String,
}

struct RoundView {
    package: String,
    due: String,
    state: String,
    progress: String,
}

#[derive(Template)]
#[template(path = "reports/customer.html")]
struct ReportView {
    frame: Frame,
    /// Of whoever looks.
    t: T,
    /// Of the report.
    r: T,
    lang: Lang,
    tabs: Vec<Tab>,
    languages: Vec<ChoiceView>,
    periods: Vec<ChoiceView>,
    provider: String,
    customer: String,
    domain: String,
    entra_tenant_id: String,
    made: String,
    from: String,
    read: Option<String>,
    state: String,
    now: Vec<AccessView>,
    ended: Vec<AccessView>,
    rounds: Vec<RoundView>,
    requests: Requests,
    differences: Option<Vec<StepLine>>,
    cut: bool,
}

fn access_view(t: T, one: Access) -> AccessView {
    let approved = match (one.approver, one.approved_at) {
        (Some(who), Some(at)) => t.reports_approved_by().at(t.date(&at)).who(who),
        (Some(who), None) => who,
        (None, _) if one.by_nobody => t.reports_approved_by_nobody(),
        (None, _) => t.reports_approved_unknown(),
    };
    AccessView {
        name: if one.name.is_empty() { one.mail.clone() } else { one.name },
        mail: one.mail,
        package: one.package_name,
        since: t.date(&one.since),
        until: one.until.map_or_else(|| t.reports_no_end(), |at| t.date(&at)),
        approved,
    }
}

fn round_view(t: T, one: Round, now: DateTime<Utc>) -> RoundView {
    let state = match (one.open, one.due_at) {
        (true, _) if one.starts_at.is_some_and(|at| at > now) => t.reports_round_ahead(),
        (true, Some(due)) if due < now => t.reports_round_late(),
        (true, _) => t.reports_round_open(),
        (false, _) => t.reports_round_done(),
    };
    RoundView {
        package: one.package_name,
        due: one.due_at.map_or_else(|| t.reports_no_end(), |at| t.date(&at)),
        state,
        progress: t.reports_round_progress().people(one.people).approved(one.approved).denied(one.denied),
    }
}

fn period(asked: &Asked) -> u32 {
    asked.months.parse().ok().filter(|months| PERIODS.contains(months)).unwrap_or(USUAL)
}

pub async fn show(
    State(app): State<App>,
    Viewed { page, customer }: Viewed,
    Query(asked): Query<Asked>,
) -> AppResult {
    let lang = Lang::from_code(&asked.lang).unwrap_or(page.lang);
    let (t, r, now, months) = (page.t, lang.t(), app.clock.now(), period(&asked));
    let from = now.checked_sub_months(Months::new(months)).unwrap_or(now - TimeDelta::days(365));
    let mut tx = page.scope().begin(&app.db).await?;
    let held = store::access(&mut tx, customer.id, true, from).await?;
    let ended = store::access(&mut tx, customer.id, false, from).await?;
    let rounds = store::rounds(&mut tx, customer.id, from).await?;
    let requests = store::requests(&mut tx, customer.id, from).await?;
    let read = store::read_at(&mut tx, customer.id).await?;
    let plan = onboarding::store::stored_plan(&mut tx, customer.id).await?;
    drop(tx);
    let most = usize::try_from(store::MOST).unwrap_or(usize::MAX);
    page.show(&ReportView {
        t,
        r,
        lang,
        tabs: tabs(&page, customer.id, "report"),
        languages: Lang::ALL
            .into_iter()
            .map(|one| ChoiceView {
                value: one.code().to_owned(),
                label: t.text_or_key(&format!("reports-language-{}", one.code())),
                chosen: one == lang,
            })
            .collect(),
        periods: PERIODS
            .into_iter()
            .map(|one| ChoiceView {
                value: one.to_string(),
                label: t.reports_months(i64::from(one)),
                chosen: one == months,
            })
            .collect(),
        provider: page.session.provider_name.clone(),
        customer: customer.name.clone(),
        domain: customer.domain.clone(),
        entra_tenant_id: customer.entra_tenant_id.to_string(),
        made: r.moment(&now),
        from: r.date(&from),
        read: read.map(|at| r.moment(&at)),
        state: r.text_or_key(&format!("customers-state-{}", customer.standing.state.key())),
        cut: [held.len(), ended.len(), rounds.len()].contains(&most),
        now: held.into_iter().map(|one| access_view(r, one)).collect(),
        ended: ended.into_iter().map(|one| access_view(r, one)).collect(),
        rounds: rounds.into_iter().map(|one| round_view(r, one, now)).collect(),
        requests,
        differences: plan.map(|stored| onboarding::open_steps(r, customer.id, &stored.plan)),
        frame: page.frame.clone(),
    })
}
