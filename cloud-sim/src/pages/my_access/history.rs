//! The visitor's own requests in this organization.

use askama::Template;

use super::{Head, Visit, day, kind, package_name, refused, state};
use crate::access;
use crate::answer::{Answer, Outcome};
use crate::pages::html;

struct Row<'a> {
    id: &'a str,
    package: &'a str,
    kind: &'a str,
    state: &'a str,
    asked: String,
    /// What the approvers wrote.
    reasons: Vec<&'a str>,
    may_cancel: bool,
}

#[derive(Template)]
#[template(path = "my_access/history.html")]
struct HistoryPage<'a> {
    place: &'a str,
    here: &'a str,
    head: Head,
    done: &'a str,
    rows: Vec<Row<'a>>,
}

pub fn list(visit: &Visit<'_>) -> Outcome {
    let tenant = visit.tenant()?;
    let mine = tenant.requests.iter().rev().filter(|r| visit.is_mine(r));
    let rows = mine.map(|r| Row {
        id: &r.id,
        package: package_name(tenant, &r.package),
        kind: kind(r),
        state: state(r),
        asked: day(r.created),
        reasons: r
            .stages
            .iter()
            .filter_map(|s| s.decision.as_ref())
            .map(|d| d.justification.as_str())
            .filter(|j| !j.is_empty())
            .collect(),
        may_cancel: r.state == "pendingApproval",
    });
    let page = HistoryPage {
        place: "My Access",
        here: "history",
        head: visit.head(),
        done: match visit.call.param("done") {
            "asked" => "Your request was submitted.",
            "canceled" => "Your request was canceled.",
            _ => "",
        },
        rows: rows.collect(),
    };
    Ok(html(200, &page))
}

/// Takes a request back while it waits.
pub fn cancel(visit: &mut Visit<'_>, id: &str) -> Outcome {
    let at = format!("{}/request-history", visit.at());
    Ok(match access::cancel(visit.world, visit.call.now, &visit.tenant, id, &visit.account) {
        Ok(()) => Answer::redirect(&format!("{at}?done=canceled")),
        Err(no) => refused(&no, &at),
    })
}
