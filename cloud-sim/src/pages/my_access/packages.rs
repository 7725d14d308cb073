//! Access packages: those the visitor may ask for or has, and one of them.

use askama::Template;
use serde_json::Value;

use super::{Head, Visit, day, refused, state, told};
use crate::access::{self, Ask, Schedule, Wish};
use crate::answer::{Answer, Outcome};
use crate::pages::html;
use crate::world::{Assignment, Package, Policy};

struct Offer<'a> {
    id: &'a str,
    name: &'a str,
    description: &'a str,
}

struct Held<'a> {
    id: &'a str,
    name: &'a str,
    until: String,
}

#[derive(Template)]
#[template(path = "my_access/packages.html")]
struct PackagesPage<'a> {
    place: &'a str,
    here: &'a str,
    head: Head,
    offers: Vec<Offer<'a>>,
    held: Vec<Held<'a>>,
}

#[derive(Template)]
#[template(path = "my_access/package.html")]
struct PackagePage<'a> {
    place: &'a str,
    here: &'a str,
    head: Head,
    package: &'a Package,
    /// The groups it makes a person a member of.
    groups: Vec<&'a str>,
    /// An open request of the visitor: its state.
    open: Option<&'a str>,
    /// What the visitor has: until when, empty when it never ends.
    until: Option<String>,
    may_extend: bool,
    may_remove: bool,
    why: bool,
    /// How the policy limits what is given.
    terms: Vec<String>,
}

fn assignment<'a>(visit: &'a Visit<'_>, package: &str) -> Option<&'a Assignment> {
    let home = (visit.account.tenant.clone(), visit.account.user.clone());
    let me = visit.account.in_tenant(visit.world, &visit.tenant).map(|u| u.id.clone());
    let mine = |a: &&Assignment| {
        a.is_active()
            && a.package == package
            && (a.target.home.as_ref() == Some(&home) || (me.is_some() && a.target.object_id == me))
    };
    visit.world.tenant(&visit.tenant)?.assignments.iter().find(mine)
}

pub fn list(visit: &Visit<'_>) -> Outcome {
    let tenant = visit.tenant()?;
    let offered = access::offers(visit.world, &visit.tenant, &visit.account);
    // Hidden packages are found by their link only.
    let open = tenant.packages.iter().filter(|p| !p.hidden && offered.iter().any(|(id, _)| *id == p.id));
    let held = tenant.packages.iter().filter_map(|p| Some((p, assignment(visit, &p.id)?)));
    let page = PackagesPage {
        place: "My Access",
        here: "packages",
        head: visit.head(),
        offers: open
            .filter(|p| assignment(visit, &p.id).is_none())
            .map(|p| Offer {
                id: &p.id,
                name: &p.display_name,
                description: p.description.as_deref().unwrap_or(""),
            })
            .collect(),
        held: held.map(|(p, a)| Held { id: &p.id, name: &p.display_name, until: day(a.ends) }).collect(),
    };
    Ok(html(200, &page))
}

fn flag(policy: Option<&Policy>, path: [&str; 2]) -> bool {
    policy.is_some_and(|p| p.body[path[0]][path[1]] == true)
}

pub fn page(visit: &Visit<'_>, id: &str) -> Outcome {
    let tenant = visit.tenant()?;
    let (at, way) = (visit.at(), "Back to My Access");
    let Some(package) = tenant.package(id) else {
        let what = "It may have been deleted, or the link belongs to another organization.";
        return Ok(told(404, "We can't find this access package", what, Some((&at, way))));
    };
    let held = assignment(visit, &package.id);
    let open = tenant.requests.iter().rfind(|r| r.package == package.id && r.is_open() && visit.is_mine(r));
    let offered = access::offers(visit.world, &visit.tenant, &visit.account);
    let policy = match (held, open) {
        (Some(a), _) => Some(&a.policy),
        (None, Some(r)) => Some(&r.policy),
        (None, None) => offered.iter().find(|(p, _)| *p == package.id).map(|(_, policy)| policy),
    };
    let Some(policy) = policy.map(|id| tenant.policy(id)) else {
        let what = "No policy of this access package lets you ask for it with the account you are using. \
                    Perhaps you are signed in with the wrong one.";
        return Ok(told(403, "You can't request this access package", what, Some((&at, way))));
    };
    let scopes = tenant.role_scopes.iter().filter(|s| s.package == package.id);
    let resources = scopes.filter_map(|s| tenant.resources.iter().find(|r| r.id == s.resource));
    let page = PackagePage {
        place: "My Access",
        here: "packages",
        head: visit.head(),
        groups: resources.map(|r| r.display_name.as_str()).collect(),
        open: open.map(state),
        until: held.map(|a| day(a.ends)),
        may_extend: flag(policy, ["requestorSettings", "enableTargetsToSelfUpdateAccess"]),
        may_remove: flag(policy, ["requestorSettings", "enableTargetsToSelfRemoveAccess"]),
        why: flag(policy, ["requestApprovalSettings", "isRequestorJustificationRequired"]),
        terms: policy.map(|p| terms(&p.body)).unwrap_or_default(),
        package,
    };
    Ok(html(200, &page))
}

fn terms(policy: &Value) -> Vec<String> {
    let mut all = Vec::new();
    if policy["requestApprovalSettings"]["isApprovalRequiredForAdd"] == true {
        all.push("A request must be approved.".to_owned());
    }
    if let Some(length) = policy["expiration"]["duration"].as_str() {
        let days = crate::graph::duration(length).map(|s| s / 86_400);
        all.push(
            days.map_or_else(|| format!("Access lasts {length}."), |d| format!("Access lasts {d} days.")),
        );
    }
    if policy["reviewSettings"]["isEnabled"] == true {
        all.push("Access is reviewed from time to time.".to_owned());
    }
    all
}

/// `wish`: `add`, `extend` or `remove`; `justification`.
pub fn ask(visit: &mut Visit<'_>, id: &str) -> Outcome {
    let form = visit.call.form();
    let wish = match form.get("wish").map(String::as_str) {
        Some("extend") => Wish::Extend,
        Some("remove") => Wish::Remove,
        _ => Wish::Add,
    };
    let ask = Ask {
        tenant: &visit.tenant,
        package: id,
        account: &visit.account,
        wish,
        justification: form.get("justification").map_or("", |j| j.trim()),
        schedule: Schedule::default(),
    };
    let at = visit.at();
    Ok(match access::ask(visit.world, visit.call.now, &ask) {
        Ok(_) => Answer::redirect(&format!("{at}/request-history?done=asked")),
        Err(no) => refused(&no, &format!("{at}/access-packages/{id}")),
    })
}
