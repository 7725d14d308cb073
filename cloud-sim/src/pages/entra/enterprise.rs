//! An enterprise application: what it was granted here, who has which of its roles, and taking it away.

use askama::Template;

use super::{APPLICATIONS, Desk, told};
use crate::answer::{Answer, Outcome};
use crate::entra::consent;
use crate::pages::html;
use crate::pages::visitor::Who;
use crate::world::{AppRole, Application, ServicePrincipal, Tenant, User};

#[derive(Template)]
#[template(path = "entra/enterprise.html")]
struct EnterprisePage<'a> {
    place: &'a str,
    who: Option<Who>,
    tenant: &'a Tenant,
    app: &'a ServicePrincipal,
    publisher: &'a str,
    roles: &'a [AppRole],
    people: Vec<(&'a User, &'a str)>,
    may_change: bool,
}

fn missing() -> Answer {
    told(
        404,
        "There is no such enterprise application",
        "This application is not in the directory: nobody consented to it, or it was removed.",
    )
}

fn registered<'a>(desk: &'a Desk<'_>, id: &str) -> Result<&'a Application, Answer> {
    desk.world.application(id).ok_or_else(missing)
}

pub fn page(desk: &Desk<'_>, id: &str) -> Outcome {
    let tenant = desk.tenant()?;
    let app = tenant.service_principal(id).ok_or_else(missing)?;
    let people = app.people.iter().filter_map(|(u, role)| Some((tenant.user(u)?, role.as_str())));
    let page = EnterprisePage {
        place: "Entra",
        who: desk.who(),
        publisher: desk.world.tenant(&app.owner_tenant).map_or("unknown", |t| t.display_name.as_str()),
        roles: &registered(desk, id)?.app_roles,
        people: people.collect(),
        may_change: desk.has(&APPLICATIONS),
        tenant,
        app,
    };
    Ok(html(200, &page))
}

/// `act`: `delete`, `disable`, `enable`, `assign` (with `person` and `role`) or `unassign`.
pub fn change(desk: &mut Desk<'_>, id: &str) -> Outcome {
    desk.need(&APPLICATIONS)?;
    let form = desk.call.form();
    let field = |name: &str| form.get(name).map_or("", |v| v.trim()).to_owned();
    let roles = registered(desk, id)?.app_roles.clone();
    let now = desk.call.now;
    let tenant = desk.tenant_mut()?;
    let user = tenant.person(&field("person")).map(|u| u.id.clone());
    let app = tenant.service_principal_mut(id).ok_or_else(missing)?;
    match field("act").as_str() {
        "delete" => {
            consent::delete(tenant, id, now);
            return Ok(desk.to(""));
        }
        "disable" => app.enabled = false,
        "enable" => app.enabled = true,
        act @ ("assign" | "unassign") => {
            let role = roles.iter().find(|r| r.value == field("role"));
            let Some((user, role)) = user.zip(role) else {
                let what = "Name a person of this directory and one of the application's roles.";
                return Ok(told(422, "Nobody was assigned", what));
            };
            let entry = (user, role.value.clone());
            app.people.retain(|p| *p != entry);
            if act == "assign" {
                app.people.push(entry);
            }
        }
        _ => return Ok(told(400, "Nothing was changed", "The form did not say what to do.")),
    }
    Ok(desk.to(&format!("/enterprise-applications/{id}")))
}
