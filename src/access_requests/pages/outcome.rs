//! What became of a decision, in words: what happened, whose move it is, what to do.

use crate::access_requests::model::{Decision, STAGE, Verdict};
use crate::connections::go_path;
use crate::kit::text::T;

pub struct OutcomeView {
    pub href: String,
    pub customer_name: String,
    pub requestor: String,
    pub package_name: String,
    pub title: String,
    pub what: String,
    pub fix: String,
    /// Microsoft's own words.
    pub detail: String,
    pub icon: &'static str,
    pub tone: &'static str,
    /// Microsoft took it.
    pub good: bool,
    /// What became of it is not known yet.
    pub open: bool,
    /// Where one connects, where that is what it wants for.
    pub connect: Option<(String, String)>,
    pub verdict: String,
    pub person: String,
    pub account: String,
}

/// The key of its texts (`requests-outcome-<key>-…`).
fn key(one: &Decision) -> String {
    match (one.state.as_str(), one.verdict) {
        ("accepted", Verdict::Approve) if one.outcome == STAGE => "approved-stage".to_owned(),
        ("accepted", Verdict::Approve) => "approved".to_owned(),
        ("accepted", Verdict::Deny) => "denied".to_owned(),
        ("wanted", _) => "wanted".to_owned(),
        ("intended" | "sent", _) => "under-way".to_owned(),
        ("unknown", _) => "unknown".to_owned(),
        ("settled", _) => format!("settled-{}", one.outcome),
        _ => one.outcome.clone(),
    }
}

pub fn outcome(t: T, one: Decision) -> OutcomeView {
    let key = key(&one);
    let text = |part: &str| {
        let own = t.text_with(
            &format!("requests-outcome-{key}-{part}"),
            vec![("name", one.detail.clone().into()), ("account", one.account.clone().into())],
        );
        own.or_else(|| match part {
            "title" => None,
            "fix" => {
                let whose = t.text(&format!("errors-{key}-whose"))?;
                Some(format!("{whose} {}", t.text(&format!("errors-{key}-fix"))?))
            }
            part => t.text(&format!("errors-{key}-{part}")),
        })
    };
    let good = one.state == "accepted";
    let open = matches!(one.state.as_str(), "wanted" | "intended" | "sent" | "unknown");
    let busy = key == "busy";
    let connect = match key.as_str() {
        "not-connected" => Some((t.connections_connect(one.customer_name.clone()), false)),
        "lapsed" => Some((t.connections_renew(), true)),
        _ => None,
    };
    let path = format!("/requests/{}", one.key.path());
    OutcomeView {
        title: text("title").unwrap_or_else(|| t.requests_outcome_refused_title()),
        what: text("what").unwrap_or_else(|| t.requests_outcome_refused_what()),
        fix: text("fix").unwrap_or_else(|| t.requests_outcome_refused_fix()),
        connect: connect.map(|(label, silent)| (go_path(one.key.customer, &path, silent), label)),
        icon: if good {
            "circle-check"
        } else if open {
            "loader"
        } else {
            "alert-triangle"
        },
        tone: if good {
            "move-nobody"
        } else if open {
            "move-microsoft"
        } else {
            "move-us"
        },
        good,
        open,
        href: path,
        verdict: match one.verdict {
            Verdict::Approve => t.requests_approve(),
            Verdict::Deny => t.requests_deny(),
        },
        detail: if busy { String::new() } else { one.detail },
        customer_name: one.customer_name,
        requestor: one.requestor,
        package_name: one.package_name,
        person: one.person,
        account: one.account,
    }
}
