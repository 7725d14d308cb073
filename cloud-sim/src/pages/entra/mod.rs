//! The Entra admin center of a tenant: enough to follow the procedure by hand and to change things beside the portal.

mod enterprise;
mod groups;
mod overview;
mod registration;

use super::account::Account;
use super::visitor::{self, Who};
use super::{Told, html};
use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::entra::admitted;
use crate::simulation::Shared;
use crate::world::{Tenant, World};

/// Who may change applications.
const APPLICATIONS: [&str; 4] = [
    "Global Administrator",
    "Application Administrator",
    "Cloud Application Administrator",
    "Privileged Role Administrator",
];
/// Who may change groups.
const GROUPS: [&str; 3] = ["Global Administrator", "Groups Administrator", "User Administrator"];

/// A page of the admin center under way: the directory, and the visitor who is in it.
struct Desk<'a> {
    call: &'a Call,
    world: &'a mut World,
    tenant: String,
    account: Account,
}

impl Desk<'_> {
    fn tenant(&self) -> Result<&Tenant, Answer> {
        self.world.tenant(&self.tenant).ok_or_else(|| told(404, "There is no such directory", ""))
    }

    fn tenant_mut(&mut self) -> Result<&mut Tenant, Answer> {
        self.world.tenant_mut(&self.tenant).ok_or_else(|| told(404, "There is no such directory", ""))
    }

    fn who(&self) -> Option<Who> {
        visitor::who(self.world, self.call, &self.account, &self.tenant)
    }

    fn has(&self, roles: &[&str]) -> bool {
        self.world
            .tenant(&self.tenant)
            .and_then(|t| visitor::with_role(self.world, t, &self.account, roles))
            .is_some()
    }

    /// Refuses whoever holds none of these directory roles.
    fn need(&self, roles: &[&str]) -> Result<(), Answer> {
        if self.has(roles) {
            return Ok(());
        }
        let what = format!("You need one of these directory roles: {}.", roles.join(", "));
        Err(told(403, "You do not have permission", &what))
    }

    /// Back to a page of this directory.
    fn to(&self, rest: &str) -> Answer {
        Answer::redirect(&format!("/entra/{}{rest}", self.tenant))
    }
}

fn told(status: u16, title: &str, what: &str) -> Answer {
    html(status, &Told { place: "Entra", title, what, way: Some(("/", "All directories")) })
}

/// Answers `/entra/{tenant}/…`.
pub fn answer(shared: &Shared, call: &Call) -> Outcome {
    let path: Vec<&str> = call.segments.iter().skip(1).map(String::as_str).collect();
    let Some((name, rest)) = path.split_first() else { return Ok(Answer::redirect("/")) };
    let Some(account) = visitor::account(shared, call) else {
        return Ok(visitor::sign_in_first(call, name));
    };
    let mut world = shared.world();
    let Some(tenant) = world.tenant(name).map(|t| t.id.clone()) else {
        return Ok(told(404, "There is no such directory", "No directory has this tenant ID."));
    };
    if let Err(error) = admitted(&mut world, "Microsoft Entra admin center", &tenant, &account) {
        let switch = visitor::who(&world, call, &account, &tenant).map(|w| w.switch).unwrap_or_default();
        let (title, sentence) = ("You are not in this directory", error.sentence());
        let way = Some((switch.as_str(), "Pick another account"));
        return Ok(html(403, &Told { place: "Entra", title, what: &sentence, way }));
    }
    let mut desk = Desk { call, world: &mut world, tenant, account };
    match (call.method.as_str(), rest) {
        ("GET", []) => overview::page(&desk),
        ("GET", ["groups", id]) => groups::page(&desk, id),
        ("POST", ["groups", id]) => groups::change(&mut desk, id),
        ("GET", ["enterprise-applications", id]) => enterprise::page(&desk, id),
        ("POST", ["enterprise-applications", id]) => enterprise::change(&mut desk, id),
        ("GET", ["app-registrations", id]) => registration::page(&desk, id),
        ("POST", ["app-registrations", id]) => registration::upload(&mut desk, id),
        _ => Ok(told(404, "There is no such page", "The simulated admin center has no page here.")),
    }
}
