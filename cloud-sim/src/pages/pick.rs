//! The page on which a person picks his account. No password is asked: this is a simulation.

use askama::Template;

use super::account::{self, Account};
use super::html;
use crate::answer::Answer;
use crate::call::Call;
use crate::simulation::Shared;
use crate::world::{Tenant, World};

/// Longer lists are cut: whoever is not in it types his address.
const MOST: usize = 50;

/// One account to pick.
#[derive(Clone, Debug)]
pub struct Choice {
    pub key: String,
    pub name: String,
    pub address: String,
    /// Roles, or that he is a guest.
    pub note: String,
}

#[derive(Template)]
#[template(path = "pick.html")]
pub struct Pick<'a> {
    pub place: &'a str,
    /// What the person goes on to.
    pub to: &'a str,
    pub action: &'a str,
    pub choices: Vec<Choice>,
    pub typed: &'a str,
    pub trouble: Option<&'a str>,
    /// Where a plain sign-in leads afterwards.
    pub back: &'a str,
    pub cancel: bool,
}

/// The people of a tenant, its guests last; `hint` comes first.
pub fn choices(world: &World, tenant: &Tenant, hint: &str) -> Vec<Choice> {
    let mut people: Vec<_> = tenant.users.iter().collect();
    let hinted = |u: &crate::world::User| tenant.person(hint).is_some_and(|h| h.id == u.id);
    people.sort_by_key(|u| (!hinted(u), u.guest, u.display_name.to_lowercase()));
    people.into_iter().take(MOST).map(|u| choice(world, tenant, u)).collect()
}

fn choice(world: &World, tenant: &Tenant, user: &crate::world::User) -> Choice {
    let mut notes = user.roles.clone();
    if user.guest {
        let account = Account::behind(world, tenant, user);
        let home = world.tenant(&account.tenant).filter(|t| t.id != tenant.id);
        notes.push(home.map_or_else(|| "guest".to_owned(), |t| format!("guest from {}", t.display_name)));
    }
    if !user.enabled {
        notes.push("sign-in blocked".to_owned());
    }
    let shown = if user.guest { user.mail.as_ref() } else { None };
    Choice {
        key: format!("{}/{}", tenant.id, user.id),
        name: user.display_name.clone(),
        address: shown.unwrap_or(&user.user_principal_name).clone(),
        note: notes.join(", "),
    }
}

/// The people of a tenant, then those of its connected organizations who are no guests yet.
fn with_partners(world: &World, tenant: &Tenant) -> Vec<Choice> {
    let mut all = choices(world, tenant, "");
    let known: Vec<Account> = tenant.users.iter().map(|u| Account::behind(world, tenant, u)).collect();
    let named = tenant.connected_organizations.iter().filter_map(|o| o.identity_source["tenantId"].as_str());
    for partner in named.filter_map(|id| world.tenant(id)) {
        for user in partner.users.iter().filter(|u| !u.guest) {
            if !known.contains(&Account::behind(world, partner, user)) {
                let mut one = choice(world, partner, user);
                one.note = format!("from {}", partner.display_name);
                all.push(one);
            }
        }
    }
    all.truncate(MOST);
    all
}

/// The people of every tenant, for pages that belong to none.
pub fn everybody(world: &World) -> Vec<Choice> {
    let members = world.tenants.iter().flat_map(|t| t.users.iter().filter(|u| !u.guest).map(move |u| (t, u)));
    members.take(MOST).map(|(t, u)| choice(world, t, u)).collect()
}

/// The account a form names, by its button or by a typed address; else the sentence to show.
pub fn picked(world: &World, call: &Call) -> Result<Account, String> {
    let form = call.form();
    if let Some(key) = form.get("person") {
        return Account::of_key(world, key)
            .ok_or_else(|| "That account is not there any more. Pick another one.".to_owned());
    }
    let typed = form.get("address").map_or("", String::as_str).trim();
    Account::of_address(world, typed).ok_or_else(|| {
        format!("AADSTS50034: The user account {typed} does not exist in any simulated directory.")
    })
}

/// An address of this host, or its first page.
fn safe(back: &str) -> &str {
    let local = back.starts_with('/') && !back[1..].starts_with(['/', '\\']);
    if local && !back.contains(char::is_control) { back } else { "/" }
}

/// `GET /signin?back=…&tenant=…`: signs in for the pages of this cloud itself.
pub fn plain_page(shared: &Shared, call: &Call) -> Answer {
    show_plain(shared, call.param("back"), call.param("tenant"), None, "")
}

/// `POST /signin`.
pub fn plain_picked(shared: &Shared, call: &Call) -> Answer {
    let form = call.form();
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    let account = picked(&shared.world(), call);
    match account {
        Err(trouble) => show_plain(shared, field("back"), field("tenant"), Some(&trouble), field("address")),
        Ok(account) => account::remember(shared, call, &account, Answer::redirect(safe(field("back")))),
    }
}

fn show_plain(shared: &Shared, back: &str, tenant: &str, trouble: Option<&str>, typed: &str) -> Answer {
    let world = shared.world();
    let there = world.tenant(tenant);
    let choices = there.map_or_else(|| everybody(&world), |t| with_partners(&world, t));
    let to = there.map_or("the simulated cloud", |t| t.display_name.as_str());
    let status = if trouble.is_some() { 422 } else { 200 };
    let page = Pick {
        place: "Sign in",
        to,
        action: "/signin",
        choices,
        typed,
        trouble,
        back: safe(back),
        cancel: false,
    };
    html(status, &page)
}
