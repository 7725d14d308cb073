//! My Access of a tenant: asking for packages, deciding on requests, one's own history. One tenant at a time.
//!
//! The real addresses keep their page in the fragment (`/@domain#/access-packages/{id}`), which reaches no server; a
//! script leads on to the same page's plain address (`/@domain/access-packages/{id}`).

mod approvals;
mod history;
mod packages;

use chrono::{DateTime, Utc};

use super::account::Account;
use super::visitor::{self, Who};
use super::{Told, html};
use crate::access::{self, Refused};
use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::entra::admitted;
use crate::simulation::Shared;
use crate::world::{Request, Tenant, World};

/// A page under way: the tenant, and the visitor, who need not be in it.
struct Visit<'a> {
    call: &'a Call,
    world: &'a mut World,
    tenant: String,
    account: Account,
}

/// What every page of My Access shows around its content.
struct Head {
    who: Option<Who>,
    tenant: String,
    /// `/myaccess/@domain`.
    at: String,
    waiting: usize,
}

impl Visit<'_> {
    fn tenant(&self) -> Result<&Tenant, Answer> {
        self.world.tenant(&self.tenant).ok_or_else(no_directory)
    }

    fn at(&self) -> String {
        let domain = self.world.tenant(&self.tenant).map_or("", Tenant::default_domain);
        format!("/myaccess/@{domain}")
    }

    fn head(&self) -> Head {
        Head {
            who: visitor::who(self.world, self.call, &self.account, &self.tenant),
            tenant: self.world.tenant(&self.tenant).map(|t| t.display_name.clone()).unwrap_or_default(),
            at: self.at(),
            waiting: self.waiting().len(),
        }
    }

    /// Ids of the requests that wait for this visitor.
    fn waiting(&self) -> Vec<String> {
        access::waiting_for(self.world, self.call.now, &self.tenant, &self.account)
    }

    /// Whether a request is the visitor's own.
    fn is_mine(&self, request: &Request) -> bool {
        request.requestor.home.as_ref() == Some(&(self.account.tenant.clone(), self.account.user.clone()))
    }
}

fn told(status: u16, title: &str, what: &str, way: Option<(&str, &str)>) -> Answer {
    html(status, &Told { place: "My Access", title, what, way })
}

fn no_directory() -> Answer {
    told(
        404,
        "There is no such organization",
        "No directory has this domain.",
        Some(("/", "All directories")),
    )
}

/// Entitlement management said no.
fn refused(refused: &Refused, at: &str) -> Answer {
    let way = Some((at, "Back to My Access"));
    told(refused.status, "That is not possible", &refused.sentence, way)
}

fn day(at: Option<DateTime<Utc>>) -> String {
    at.map(|t| t.format("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default()
}

/// What the real thing calls a request's state on the screen.
fn state(request: &Request) -> &'static str {
    let by_nobody = request.stages.iter().filter_map(|s| s.decision.as_ref()).any(|d| d.by.is_none());
    match request.state.as_str() {
        "pendingApproval" => "Pending approval",
        "denied" if by_nobody => "Expired",
        "denied" => "Denied",
        "canceled" => "Canceled",
        "delivering" => "Delivering",
        "delivered" => "Delivered",
        "deliveryFailed" => "Delivery failed",
        "partiallyDelivered" => "Partially delivered",
        "scheduled" => "Scheduled",
        _ => "Submitted",
    }
}

/// What a request asks for, in words.
fn kind(request: &Request) -> &'static str {
    match request.request_type.as_str() {
        "userUpdate" => "Extend access",
        "userRemove" | "adminRemove" | "approverRemove" => "Remove access",
        "adminAdd" => "Access given by an administrator",
        _ => "Request access",
    }
}

fn package_name<'a>(tenant: &'a Tenant, id: &str) -> &'a str {
    tenant.package(id).map_or("a deleted access package", |p| p.display_name.as_str())
}

/// Answers `/myaccess/…`. Without a domain it is the visitor's own organization.
pub fn answer(shared: &Shared, call: &Call) -> Outcome {
    let path: Vec<&str> = call.segments.iter().skip(1).map(String::as_str).collect();
    let hint = path.first().and_then(|p| p.strip_prefix('@')).unwrap_or("");
    let Some(account) = visitor::account(shared, call) else {
        return Ok(visitor::sign_in_first(call, hint));
    };
    let mut world = shared.world();
    let wanted = if hint.is_empty() { &account.tenant } else { hint };
    let Some(tenant) = world.tenant(wanted).map(|t| t.id.clone()) else { return Ok(no_directory()) };
    // Whoever is not in the directory may still ask; a guest who is has accepted by coming, unless he is blocked.
    if account.in_tenant(&world, &tenant).is_some()
        && let Err(error) = admitted(&mut world, "My Access", &tenant, &account)
    {
        return Ok(told(403, "You can't sign in to this organization", &error.sentence(), None));
    }
    let mut visit = Visit { call, world: &mut world, tenant, account };
    match (call.method.as_str(), path.as_slice()) {
        ("GET", []) => Ok(Answer::redirect(&visit.at())),
        ("GET", [_] | [_, "access-packages"]) => packages::list(&visit),
        ("GET", [_, "access-packages", id]) => packages::page(&visit, id),
        ("POST", [_, "access-packages", id]) => packages::ask(&mut visit, id),
        ("GET", [_, "approvals"]) => approvals::list(&visit),
        ("GET", [_, "approvals", id]) => approvals::page(&visit, id),
        ("POST", [_, "approvals", id]) => approvals::decide(&mut visit, id),
        ("GET", [_, "request-history"]) => history::list(&visit),
        ("POST", [_, "request-history", id]) => history::cancel(&mut visit, id),
        _ => {
            let way = visit.at();
            let what = "My Access has no page at this address.";
            Ok(told(404, "There is no such page", what, Some((&way, "Back to My Access"))))
        }
    }
}
