//! Approvals: what waits for the visitor, and what he decided.

use askama::Template;

use super::{Head, Visit, day, kind, package_name, refused, state, told};
use crate::access::{self, Verdict};
use crate::answer::{Answer, Outcome};
use crate::pages::html;
use crate::world::{Request, Tenant};

struct Row<'a> {
    id: &'a str,
    who: &'a str,
    mail: &'a str,
    package: &'a str,
    kind: &'a str,
    why: &'a str,
    asked: String,
    /// After this nobody can decide any more.
    until: String,
    state: &'a str,
}

#[derive(Template)]
#[template(path = "my_access/approvals.html")]
struct ApprovalsPage<'a> {
    place: &'a str,
    here: &'a str,
    head: Head,
    done: &'a str,
    pending: Vec<Row<'a>>,
    decided: Vec<Row<'a>>,
}

#[derive(Template)]
#[template(path = "my_access/approval.html")]
struct ApprovalPage<'a> {
    place: &'a str,
    here: &'a str,
    head: Head,
    row: Row<'a>,
    /// A reason is asked for.
    why: bool,
}

fn row<'a>(tenant: &'a Tenant, request: &'a Request) -> Row<'a> {
    Row {
        id: &request.id,
        who: &request.requestor.display_name,
        mail: &request.requestor.mail,
        package: package_name(tenant, &request.package),
        kind: kind(request),
        why: request.justification.as_deref().unwrap_or(""),
        asked: day(request.created),
        until: day(request.stage().and_then(|s| s.after("durationBeforeAutomaticDenial"))),
        state: state(request),
    }
}

pub fn list(visit: &Visit<'_>) -> Outcome {
    let tenant = visit.tenant()?;
    let waiting = visit.waiting();
    let me = visit.account.in_tenant(visit.world, &visit.tenant).map(|u| u.id.as_str());
    let by_me = |r: &&Request| {
        let mut decisions = r.stages.iter().filter_map(|s| s.decision.as_ref());
        me.is_some() && decisions.any(|d| d.by.as_deref() == me)
    };
    let page = ApprovalsPage {
        place: "My Access",
        here: "approvals",
        head: visit.head(),
        done: match visit.call.param("done") {
            "approved" => "You approved the request.",
            "denied" => "You denied the request.",
            _ => "",
        },
        pending: tenant.requests.iter().filter(|r| waiting.contains(&r.id)).map(|r| row(tenant, r)).collect(),
        decided: tenant.requests.iter().rev().filter(by_me).map(|r| row(tenant, r)).collect(),
    };
    Ok(html(200, &page))
}

pub fn page(visit: &Visit<'_>, id: &str) -> Outcome {
    let tenant = visit.tenant()?;
    let waiting = visit.waiting().into_iter().find(|w| w.eq_ignore_ascii_case(id));
    let Some(request) = tenant.requests.iter().find(|r| Some(&r.id) == waiting.as_ref()) else {
        let (way, what) =
            (format!("{}/approvals", visit.at()), "It was decided already, or is not yours to decide.");
        return Ok(told(404, "No such request waits for you", what, Some((&way, "Back to Approvals"))));
    };
    let why = request.stage().is_some_and(|s| s.settings["isApproverJustificationRequired"] == true);
    let (head, row) = (visit.head(), row(tenant, request));
    Ok(html(200, &ApprovalPage { place: "My Access", here: "approvals", head, row, why }))
}

/// `decision`: `approve` or `deny`; `reason`.
pub fn decide(visit: &mut Visit<'_>, id: &str) -> Outcome {
    let form = visit.call.form();
    let at = format!("{}/approvals", visit.at());
    let approve = match form.get("decision").map(String::as_str) {
        Some("approve") => true,
        Some("deny") => false,
        _ => {
            let what = "Choose Approve or Deny.";
            return Ok(told(400, "Nothing was decided", what, Some((&at, "Back to Approvals"))));
        }
    };
    let reason = form.get("reason").map_or("", |r| r.trim());
    let verdict = Verdict { approve, by: &visit.account, justification: reason };
    Ok(match access::decide(visit.world, visit.call.now, &visit.tenant, id, &verdict) {
        Ok(()) => Answer::redirect(&format!("{at}?done={}", if approve { "approved" } else { "denied" })),
        Err(no) => refused(&no, &at),
    })
}
