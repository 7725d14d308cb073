//! `POST /sim/world`: tenants, people, groups and applications, declared.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::trouble;
use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::entra::consent;
use crate::simulation::Shared;
use crate::world::application::Secret;
use crate::world::{AppRole, Application, Domain, Group, Tenant, User, World, licence, new_id};

/// Adds what the body declares; the answer is the body with every id filled in.
pub fn add(shared: &Shared, call: &Call, body: &Value) -> Outcome {
    let mut filled = body.clone();
    let mut world = shared.world();
    // Work on a copy: a declaration with a mistake changes nothing.
    let mut next = world.clone();
    for one in filled["tenants"].as_array_mut().into_iter().flatten() {
        tenant(&mut next, one, call.now)?;
    }
    *world = next;
    Ok(Answer::ok(filled))
}

fn id_of(value: &mut Value, name: &str) -> Result<String, Answer> {
    let id = match value[name].as_str() {
        None => new_id(),
        Some(text) => {
            uuid::Uuid::parse_str(text).map_err(|_| trouble(400, "an id is not a GUID"))?.to_string()
        }
    };
    value[name] = json!(id);
    Ok(id)
}

fn text(value: &Value, name: &str) -> Result<String, Answer> {
    value[name].as_str().map(str::to_owned).ok_or_else(|| trouble(400, &format!("{name} is missing")))
}

pub fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

fn tenant(world: &mut World, value: &mut Value, now: DateTime<Utc>) -> Result<(), Answer> {
    let id = id_of(value, "id")?;
    if world.tenant(&id).is_none() {
        let fresh = Tenant::fresh(&id, &text(value, "displayName")?, now);
        world.tenants.push(fresh);
        domains(world, &id, value)?;
    }
    let apps = value["applications"].take();
    let there = world.tenant_mut(&id).ok_or_else(|| trouble(500, "the tenant was lost"))?;
    for name in texts(&value["licences"]) {
        if !licence::known(&name) {
            return Err(trouble(400, &format!("licence {name} is not known here")));
        }
        if !there.licences.contains(&name) {
            there.licences.push(name);
        }
    }
    if let Some(rbac) = value["rbac"].as_str() {
        rbac.clone_into(&mut there.rbac);
    }
    for one in value["users"].as_array_mut().into_iter().flatten() {
        user(there, one, now)?;
    }
    for one in value["groups"].as_array_mut().into_iter().flatten() {
        group(there, one, now)?;
    }
    let mut apps = apps;
    for one in apps.as_array_mut().into_iter().flatten() {
        application(world, &id, one, now)?;
    }
    if !apps.is_null() {
        value["applications"] = apps;
    }
    Ok(())
}

/// The first domain is the default one; an initial `.onmicrosoft.com` domain is added.
fn domains(world: &mut World, id: &str, value: &mut Value) -> Result<(), Answer> {
    let mut names: Vec<String> = texts(&value["domains"]).iter().map(|d| d.to_lowercase()).collect();
    if names.is_empty() {
        return Err(trouble(400, "a tenant needs a domain"));
    }
    if !names.iter().any(|d| d.ends_with(".onmicrosoft.com")) {
        let stem: String = names[0].split('.').next().unwrap_or("tenant").replace('-', "");
        names.push(format!("{stem}.onmicrosoft.com"));
    }
    if let Some(taken) = names.iter().find(|n| world.tenant(n).is_some()) {
        return Err(trouble(409, &format!("domain {taken} belongs to another tenant")));
    }
    value["domains"] = json!(names);
    let tenant = world.tenant_mut(id).ok_or_else(|| trouble(500, "the tenant was lost"))?;
    tenant.domains = names
        .into_iter()
        .enumerate()
        .map(|(i, name)| Domain { is_default: i == 0, is_initial: name.ends_with(".onmicrosoft.com"), name })
        .collect();
    Ok(())
}

fn user(tenant: &mut Tenant, value: &mut Value, now: DateTime<Utc>) -> Result<(), Answer> {
    let upn = text(value, "userPrincipalName")?;
    if let Some(there) = tenant.user(&upn) {
        value["id"] = json!(there.id);
        return Ok(());
    }
    let mail = if value.get("mail").is_some_and(Value::is_null) {
        None
    } else {
        Some(value["mail"].as_str().map_or_else(|| upn.clone(), str::to_owned))
    };
    tenant.users.push(User {
        id: id_of(value, "id")?,
        display_name: text(value, "displayName")?,
        user_principal_name: upn,
        mail,
        enabled: value["accountEnabled"].as_bool().unwrap_or(true),
        roles: texts(&value["roles"]),
        created: Some(now),
        ..User::default()
    });
    Ok(())
}

fn group(tenant: &mut Tenant, value: &mut Value, now: DateTime<Utc>) -> Result<(), Answer> {
    let people = |names: &Value| -> Result<Vec<String>, Answer> {
        texts(names)
            .iter()
            .map(|n| {
                tenant.person(n).map(|u| u.id.clone()).ok_or_else(|| trouble(400, &format!("no person {n}")))
            })
            .collect()
    };
    let name = text(value, "displayName")?;
    let nickname = value["mailNickname"].as_str().map_or_else(|| name.replace(' ', ""), str::to_owned);
    let (members, owners) = (people(&value["members"])?, people(&value["owners"])?);
    value["mailNickname"] = json!(nickname);
    let made = Group {
        id: id_of(value, "id")?,
        display_name: name,
        description: value["description"].as_str().map(str::to_owned),
        mail_nickname: nickname,
        unique_name: value["uniqueName"].as_str().map(str::to_owned),
        security_enabled: true,
        on_premises_sync: value["onPremisesSyncEnabled"] == true,
        created: Some(now),
        members,
        owners,
        ..Group::default()
    };
    tenant.groups.push(made);
    Ok(())
}

fn application(world: &mut World, home: &str, value: &mut Value, now: DateTime<Utc>) -> Result<(), Answer> {
    let required = &value["requiredPermissions"];
    let (application, delegated) = (texts(&required["application"]), texts(&required["delegated"]));
    let app = Application {
        app_id: id_of(value, "appId")?,
        home_tenant: home.to_owned(),
        display_name: text(value, "displayName")?,
        redirect_uris: texts(&value["redirectUris"]),
        multi_tenant: value["signInAudience"] != "AzureADMyOrg",
        required_application: application,
        required_delegated: delegated,
        app_roles: texts(&value["appRoles"])
            .into_iter()
            .map(|v| AppRole { id: new_id(), value: v })
            .collect(),
        secrets: value["secret"]
            .as_str()
            .map(|s| Secret { value: s.to_owned(), expires: None })
            .into_iter()
            .collect(),
        certificates: Vec::new(),
    };
    let tenant = world.tenant_mut(home).ok_or_else(|| trouble(500, "the tenant was lost"))?;
    consent::install(tenant, &app, now);
    world.applications.retain(|a| a.app_id != app.app_id);
    world.applications.push(app);
    Ok(())
}

/// `POST /sim/tenants/{tid}/set`: replaces facts no API changes (`licences`, `rbac`, policies, people's state).
pub fn set(shared: &Shared, tid: &str, body: &Value) -> Outcome {
    let mut world = shared.world();
    let tenant = world.tenant_mut(tid).ok_or_else(|| trouble(404, "no such tenant"))?;
    for (name, value) in body.as_object().into_iter().flatten() {
        match name.as_str() {
            "licences" => tenant.licences = texts(value),
            "rbac" => tenant.rbac = value.as_str().unwrap_or("unified").to_owned(),
            "authorizationPolicy" => merge(&mut tenant.authorization_policy, value),
            "crossTenantDefault" => merge(&mut tenant.cross_tenant_default, value),
            "partners" => tenant.partners = value.as_array().cloned().unwrap_or_default(),
            "conditionalAccess" => tenant.conditional_access = value.as_array().cloned().unwrap_or_default(),
            "alerts" => tenant.alerts = value.as_array().cloned().unwrap_or_default(),
            "incidents" => tenant.incidents = value.as_array().cloned().unwrap_or_default(),
            "reviews" => tenant.reviews = value.as_array().cloned().unwrap_or_default(),
            "users" => people(tenant, value)?,
            other => return Err(trouble(400, &format!("{other} cannot be set"))),
        }
    }
    Ok(Answer::ok(json!({"id": tenant.id})))
}

fn merge(into: &mut Value, from: &Value) {
    for (name, value) in from.as_object().into_iter().flatten() {
        into[name] = value.clone();
    }
}

/// `[{"userPrincipalName", "accountEnabled"?, "externalUserState"?}]`.
fn people(tenant: &mut Tenant, list: &Value) -> Result<(), Answer> {
    for one in list.as_array().into_iter().flatten() {
        let id = one["userPrincipalName"].as_str().and_then(|u| tenant.person(u)).map(|u| u.id.clone());
        let user = tenant.users.iter_mut().find(|u| Some(&u.id) == id.as_ref());
        let user = user.ok_or_else(|| trouble(404, "no such person"))?;
        if let Some(on) = one["accountEnabled"].as_bool() {
            user.enabled = on;
        }
        if let Some(state) = one["externalUserState"].as_str() {
            user.external_state = Some(state.to_owned());
        }
    }
    Ok(())
}
