//! `/groups`: list, get, create, upsert by `uniqueName`, update, delete (contract §3).

use serde_json::{Value, json};

use super::group_people;
use super::scene::{Scene, bound_id, only, plain_key, stamp, text};
use crate::answer::{Answer, Outcome};
use crate::call::bracket_key;
use crate::odata;
use crate::world::{Group, late, new_id};

const KNOWN: &[&str] = &[
    "displayName",
    "description",
    "mailNickname",
    "mailEnabled",
    "securityEnabled",
    "groupTypes",
    "uniqueName",
    "visibility",
    "isAssignableToRole",
    "owners@odata.bind",
    "members@odata.bind",
];

/// A group as Graph shows it; `named` says whether `uniqueName` is among the properties.
pub fn shown(group: &Group, named: bool) -> Value {
    let mut value = json!({
        "id": group.id, "displayName": group.display_name, "description": group.description,
        "mailNickname": group.mail_nickname, "mailEnabled": group.mail_enabled,
        "securityEnabled": group.security_enabled, "groupTypes": group.group_types, "mail": null,
        "createdDateTime": stamp(group.created), "deletedDateTime": null, "visibility": null,
        "onPremisesSyncEnabled": group.on_premises_sync.then_some(true), "isAssignableToRole": null,
    });
    if named {
        value["uniqueName"] = json!(group.unique_name);
    }
    value
}

fn named(scene: &Scene<'_>) -> bool {
    !scene.switches().on("groups.unique-name-withheld") || scene.caller.holds("Group.ReadWrite.All")
}

/// With members and owners where they are expanded: twenty at most, as documented.
fn whole(scene: &Scene<'_>, group: &Group) -> Value {
    let mut value = shown(group, named(scene));
    for expand in scene.expands() {
        let ids = if expand.name == "owners" { &group.owners } else { &group.members };
        let seen = ids.iter().filter(|id| !group.late.contains_key(*id));
        let objects = seen.filter_map(|id| group_people::object(scene.tenant(), id));
        value[&expand.name] = objects.take(20).collect();
    }
    value
}

pub fn list(scene: &mut Scene<'_>) -> Outcome {
    let now = scene.now();
    let seen = late::seen(&mut scene.tenant_mut().groups, now);
    scene.list(seen.iter().map(|g| whole(scene, g)).collect())
}

/// The id of the group a path names: by id or by `(uniqueName='x')`. Counts as a read.
pub fn find(scene: &mut Scene<'_>, key: &str) -> Result<String, Answer> {
    let now = scene.now();
    let unique = bracket_key(key).filter(|(name, _)| name == "uniqueName").map(|(_, value)| value);
    let plain = plain_key(key);
    let fits = |g: &&mut Group| match &unique {
        Some(name) => g.unique_name.as_deref() == Some(name),
        None => g.id.eq_ignore_ascii_case(&plain),
    };
    let found = scene.tenant_mut().groups.iter_mut().find(fits);
    let seen = found.and_then(|g| g.delay.seen(now).then(|| g.id.clone()));
    seen.ok_or_else(|| Answer::not_found(unique.as_deref().unwrap_or(&plain)))
}

pub fn get(scene: &mut Scene<'_>, key: &str) -> Outcome {
    let id = find(scene, key)?;
    let group = scene.tenant().group(&id).ok_or_else(|| Answer::not_found(&id))?;
    Ok(odata::single(scene.call, whole(scene, group), &[]))
}

pub fn create(scene: &mut Scene<'_>) -> Outcome {
    let body = scene.body()?;
    let group = make(scene, &body, None)?;
    let answer = Answer::created(shown(&group, true));
    scene.tenant_mut().groups.push(group);
    Ok(answer)
}

fn make(scene: &Scene<'_>, body: &Value, unique: Option<&str>) -> Result<Group, Answer> {
    only(body, KNOWN)?;
    let need = |name: &str| {
        text(body, name)?.filter(|t| !t.is_empty()).ok_or_else(|| {
            Answer::bad_request(&format!("A value is required for property '{name}' of resource 'Group'."))
        })
    };
    let flag = |name: &str| {
        body[name].as_bool().ok_or_else(|| {
            Answer::bad_request(&format!("A value is required for property '{name}' of resource 'Group'."))
        })
    };
    let nickname = need("mailNickname")?;
    if nickname.len() > 64 || !nickname.is_ascii() || nickname.contains(|c| "@()\\[]\";:.<>, ".contains(c)) {
        return Err(Answer::bad_request(
            "Invalid value specified for property 'mailNickname' of resource 'Group'.",
        ));
    }
    let (mail, security, types) = (flag("mailEnabled")?, flag("securityEnabled")?, types(body)?);
    // Documented: security groups and Microsoft 365 groups are made here, mail-enabled security groups and
    // distribution lists elsewhere.
    let microsoft_365 = types.iter().any(|kind| kind == "Unified");
    if mail != microsoft_365 || (!mail && !security) {
        return Err(Answer::bad_request(
            "The service does not currently support writes of mail-enabled groups. Please ensure that the mail-enablement property is unset and the security-enablement property is set.",
        ));
    }
    let unique_name = match unique {
        Some(name) => Some(name.to_owned()),
        None => text(body, "uniqueName")?,
    };
    if let Some(name) = &unique_name
        && scene.tenant().groups.iter().any(|g| g.unique_name.as_ref() == Some(name))
    {
        return Err(Answer::bad_request(
            "Another object with the same value for property uniqueName already exists.",
        ));
    }
    Ok(Group {
        id: new_id(),
        display_name: need("displayName")?,
        description: text(body, "description")?,
        mail_nickname: nickname,
        unique_name,
        security_enabled: security,
        mail_enabled: mail,
        group_types: types,
        created: Some(scene.now()),
        members: bound(scene, body, "members@odata.bind")?,
        owners: bound(scene, body, "owners@odata.bind")?,
        delay: scene.switches().delay("consistency.groups", scene.now()),
        entitlement_delay: scene.switches().delay("consistency.groups-in-entitlement", scene.now()),
        ..Group::default()
    })
}

/// Kinds beyond a plain security group.
fn types(body: &Value) -> Result<Vec<String>, Answer> {
    let list = match &body["groupTypes"] {
        Value::Null => Vec::new(),
        Value::Array(list) => list.clone(),
        _ => return Err(Answer::bad_request("'groupTypes' must be a list.")),
    };
    let known = |kind: &Value| kind.as_str().filter(|k| *k == "Unified").map(str::to_owned);
    let types: Option<Vec<String>> = list.iter().map(known).collect();
    types.ok_or_else(|| {
        Answer::bad_request("Invalid value specified for property 'groupTypes' of resource 'Group'.")
    })
}

/// Object ids bound to a group: at most 20, and each must exist.
pub fn bound(scene: &Scene<'_>, body: &Value, name: &str) -> Result<Vec<String>, Answer> {
    let Some(list) = body.get(name) else { return Ok(Vec::new()) };
    let list = list.as_array().ok_or_else(|| Answer::bad_request(&format!("'{name}' must be a list.")))?;
    if list.len() > 20 {
        return Err(Answer::bad_request("The limit of 20 references in one request is exceeded."));
    }
    list.iter().map(|item| exists(scene, item)).collect()
}

/// The id of an address, when such an object exists in this tenant.
pub fn exists(scene: &Scene<'_>, address: &Value) -> Result<String, Answer> {
    let id =
        bound_id(address).ok_or_else(|| Answer::bad_request("Invalid URL format specified in @odata.id."))?;
    let tenant = scene.tenant();
    let there = tenant.user(&id).is_some_and(|u| u.delay.passed(scene.now()))
        || tenant.group(&id).is_some()
        || tenant.service_principals.iter().any(|s| s.id == id);
    if there { Ok(id) } else { Err(Answer::not_found(&id)) }
}

/// `PATCH /groups/{id}` and the upsert `PATCH /groups(uniqueName='x')` with `Prefer: create-if-missing`.
pub fn update(scene: &mut Scene<'_>, key: &str) -> Outcome {
    let body = scene.body()?;
    only(&body, KNOWN)?;
    let unique = bracket_key(key).filter(|(name, _)| name == "uniqueName").map(|(_, value)| value);
    let (now, all) = (scene.now(), scene.switches().on("groups.upsert-sees-all"));
    let id = match &unique {
        // Nobody tells whether the upsert knows a group that reads do not show yet (INFERRED, a switch); it never
        // makes a second one.
        Some(name) => {
            let known = |g: &&Group| g.unique_name.as_ref() == Some(name) && (all || g.delay.passed(now));
            scene.tenant().groups.iter().find(known).map(|g| g.id.clone())
        }
        None => Some(find(scene, key)?),
    };
    let Some(id) = id else {
        let name = unique.unwrap_or_default();
        let prefers = scene.call.header("prefer").is_some_and(|p| p.contains("create-if-missing"));
        if !prefers {
            return Err(Answer::not_found(&name));
        }
        let group = make(scene, &body, Some(&name))?;
        let answer = Answer::created(shown(&group, true)).header("preference-applied", "create-if-missing");
        scene.tenant_mut().groups.push(group);
        return Ok(answer);
    };
    change(scene, &id, &body)
}

fn change(scene: &mut Scene<'_>, id: &str, body: &Value) -> Outcome {
    let members = bound(scene, body, "members@odata.bind")?;
    let owners = bound(scene, body, "owners@odata.bind")?;
    if let Some(name) = text(body, "uniqueName")?
        && scene.tenant().group(id).is_some_and(|g| g.unique_name.as_ref().is_some_and(|u| *u != name))
    {
        return Err(Answer::bad_request("Property 'uniqueName' is read-only and cannot be set."));
    }
    let (display, description, nickname) =
        (text(body, "displayName")?, body.get("description").cloned(), text(body, "mailNickname")?);
    let Some(group) = scene.tenant_mut().group_mut(id) else { return Err(Answer::not_found(id)) };
    if group.on_premises_sync {
        return Err(Answer::bad_request(
            "Unable to update the specified properties for on-premises mastered Directory Sync objects.",
        ));
    }
    if let Some(name) = display {
        group.display_name = name;
    }
    if let Some(value) = description {
        group.description = value.as_str().map(str::to_owned);
    }
    if let Some(name) = nickname {
        group.mail_nickname = name;
    }
    for (list, new) in [(&mut group.members, members), (&mut group.owners, owners)] {
        for one in new {
            if !list.contains(&one) {
                list.push(one);
            }
        }
    }
    Ok(Answer::empty(204))
}

pub fn delete(scene: &mut Scene<'_>, key: &str) -> Outcome {
    let id = find(scene, key)?;
    scene.tenant_mut().groups.retain(|g| g.id != id);
    Ok(Answer::empty(204))
}
