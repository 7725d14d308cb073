//! The Defender portal of a tenant, as far as it matters here: who is in, by which groups and roles.

use askama::Template;
use serde_json::Value;

use super::account::Account;
use super::{Told, html, visitor};
use crate::answer::Answer;
use crate::call::Call;
use crate::entra::admitted;
use crate::simulation::Shared;
use crate::world::{Tenant, User, World};

/// Directory roles that open the portal by themselves.
const OPENING: [&str; 4] =
    ["Global Administrator", "Security Administrator", "Security Reader", "Global Reader"];
/// Who may activate Unified RBAC.
const ACTIVATING: [&str; 2] = ["Global Administrator", "Security Administrator"];
const PLANS: [&str; 4] = ["WINDEFATP", "MDE_LITE", "MDE_SMB", "MTP"];

struct Role {
    name: String,
    /// The groups that give it, or "directly".
    by: String,
    actions: Vec<String>,
}

#[derive(Template)]
#[template(path = "defender.html")]
struct DefenderPage<'a> {
    place: &'a str,
    who: Option<visitor::Who>,
    tenant: &'a Tenant,
    person: &'a User,
    groups: Vec<&'a str>,
    directory_roles: Vec<&'a str>,
    roles: Vec<Role>,
    open: bool,
    may_activate: bool,
}

/// `GET /defender/?tid=…`; without `tid` the visitor's own.
pub fn page(shared: &Shared, call: &Call) -> Answer {
    let Some(account) = visitor::account(shared, call) else {
        return visitor::sign_in_first(call, call.param("tid"));
    };
    let wanted = Some(call.param("tid")).filter(|t| !t.is_empty()).unwrap_or(&account.tenant).to_owned();
    let mut world = shared.world();
    let Some(tenant) = world.tenant(&wanted).map(|t| t.id.clone()) else {
        return told(404, "There is no such directory", &format!("No directory has the tenant ID {wanted}."));
    };
    if let Err(error) = admitted(&mut world, "Microsoft Defender", &tenant, &account) {
        let named = world.tenant(&tenant).map_or("", |t| t.display_name.as_str());
        return told(
            403,
            &format!("You have no access to the Defender portal of {named}"),
            &error.sentence(),
        );
    }
    show(&world, call, &tenant, &account)
}

fn told(status: u16, title: &str, what: &str) -> Answer {
    html(status, &Told { place: "Defender", title, what, way: Some(("/", "All directories")) })
}

fn show(world: &World, call: &Call, tenant: &str, account: &Account) -> Answer {
    let Some((tenant, person)) = world.tenant(tenant).zip(account.in_tenant(world, tenant)) else {
        return Answer::empty(404);
    };
    if !PLANS.iter().any(|p| tenant.has_plan(p)) {
        let title = format!("{} has no Defender licence", tenant.display_name);
        return told(403, &title, "No service plan of this directory brings the Defender portal.");
    }
    let mine: Vec<_> = tenant.groups.iter().filter(|g| g.members.contains(&person.id)).collect();
    let directory_roles: Vec<&str> =
        person.roles.iter().map(String::as_str).filter(|r| OPENING.contains(r)).collect();
    let roles = if tenant.rbac == "unified" { roles(tenant, person) } else { Vec::new() };
    // Classic roles have no API and are not kept here: whoever is in a group is taken to have been given one.
    let classic = tenant.rbac == "classic" && !mine.is_empty();
    let page = DefenderPage {
        place: "Defender",
        who: visitor::who(world, call, account, &tenant.id),
        open: classic || !roles.is_empty() || !directory_roles.is_empty(),
        may_activate: tenant.rbac != "unified"
            && person.roles.iter().any(|r| ACTIVATING.contains(&r.as_str())),
        groups: mine.iter().map(|g| g.display_name.as_str()).collect(),
        tenant,
        person,
        directory_roles,
        roles,
    };
    html(if page.open { 200 } else { 403 }, &page)
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Unified roles a person holds, by his groups or directly.
fn roles(tenant: &Tenant, person: &User) -> Vec<Role> {
    let mut held = Vec::new();
    for assignment in &tenant.defender_assignments {
        let by: Vec<&str> = texts(&assignment["principalIds"])
            .into_iter()
            .filter_map(|id| match tenant.group(id) {
                Some(group) => group.members.contains(&person.id).then_some(group.display_name.as_str()),
                None => (id == person.id).then_some("directly"),
            })
            .collect();
        if by.is_empty() {
            continue;
        }
        let role = tenant.defender_roles.iter().find(|r| r["id"] == assignment["roleDefinitionId"]);
        let permissions = role.and_then(|r| r["rolePermissions"].as_array()).into_iter().flatten();
        held.push(Role {
            name: role.and_then(|r| r["displayName"].as_str()).unwrap_or("Built-in role").to_owned(),
            by: by.join(", "),
            actions: permissions
                .flat_map(|p| texts(&p["allowedResourceActions"]))
                .map(str::to_owned)
                .collect(),
        });
    }
    held
}

/// `POST /defender/activate`: turns Unified RBAC on, which no API does.
pub fn activate(shared: &Shared, call: &Call) -> Answer {
    let form = call.form();
    let tid = form.get("tid").map_or("", String::as_str);
    let account = visitor::account(shared, call);
    let mut world = shared.world();
    let allowed = account
        .as_ref()
        .zip(world.tenant(tid))
        .is_some_and(|(account, tenant)| visitor::with_role(&world, tenant, account, &ACTIVATING).is_some());
    match world.tenant_mut(tid).filter(|_| allowed) {
        Some(tenant) => {
            "unified".clone_into(&mut tenant.rbac);
            Answer::redirect(&format!("/defender/?tid={}", tenant.id))
        }
        None => told(
            403,
            "Not allowed",
            "Only a Security Administrator of this directory may activate workloads.",
        ),
    }
}
