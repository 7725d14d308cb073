//! A group: its people, and adding and removing them by hand.

use askama::Template;

use super::{Desk, GROUPS, told};
use crate::answer::{Answer, Outcome};
use crate::pages::html;
use crate::pages::visitor::Who;
use crate::world::{Group, Tenant, User};

#[derive(Template)]
#[template(path = "entra/group.html")]
struct GroupPage<'a> {
    place: &'a str,
    who: Option<Who>,
    tenant: &'a Tenant,
    group: &'a Group,
    members: Vec<&'a User>,
    owners: Vec<&'a User>,
    may_change: bool,
}

fn missing() -> Answer {
    told(404, "There is no such group", "The directory has no group with this id.")
}

pub fn page(desk: &Desk<'_>, id: &str) -> Outcome {
    let tenant = desk.tenant()?;
    let group = tenant.group(id).ok_or_else(missing)?;
    let people = |ids: &'_ [String]| ids.iter().filter_map(|i| tenant.user(i)).collect();
    let page = GroupPage {
        place: "Entra",
        who: desk.who(),
        members: people(&group.members),
        owners: people(&group.owners),
        may_change: may_change(desk, group),
        tenant,
        group,
    };
    Ok(html(200, &page))
}

fn may_change(desk: &Desk<'_>, group: &Group) -> bool {
    let me = desk.account.in_tenant(desk.world, &desk.tenant);
    desk.has(&GROUPS) || me.is_some_and(|u| group.owners.contains(&u.id))
}

/// `add` holds an address of somebody in the directory, `remove` an object id.
pub fn change(desk: &mut Desk<'_>, id: &str) -> Outcome {
    if !may_change(desk, desk.tenant()?.group(id).ok_or_else(missing)?) {
        desk.need(&GROUPS)?;
    }
    let form = desk.call.form();
    let tenant = desk.tenant_mut()?;
    if let Some(gone) = form.get("remove") {
        tenant.group_mut(id).ok_or_else(missing)?.members.retain(|m| m != gone);
    } else {
        let typed = form.get("add").map_or("", |a| a.trim());
        let Some(user) = tenant.person(typed).map(|u| u.id.clone()) else {
            let what = format!("{typed} is nobody's user name or mail address in this directory.");
            return Ok(told(422, "No such person", &what));
        };
        let group = tenant.group_mut(id).ok_or_else(missing)?;
        if !group.members.contains(&user) {
            group.members.push(user);
        }
    }
    Ok(desk.to(&format!("/groups/{id}")))
}
