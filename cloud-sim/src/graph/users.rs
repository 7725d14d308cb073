//! `/users` and `/me` (contract §22).

use serde_json::{Value, json};

use super::scene::{Scene, only, plain_key, stamp, text};
use crate::answer::{Answer, Outcome};
use crate::odata;
use crate::world::{Tenant, User, late};

/// Properties shown without `$select`.
const DEFAULT: &[&str] = &[
    "businessPhones",
    "displayName",
    "givenName",
    "id",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
];
/// All that User.ReadBasic.All may see.
const BASIC: &[&str] = &["displayName", "givenName", "id", "mail", "surname", "userPrincipalName"];

/// Of a guest from another Entra tenant (FIELD, contract §22); his home tenant is not told.
const GUEST_ISSUER: &str = "ExternalAzureAD";

/// A user with every property this simulation has.
pub fn shown(tenant: &Tenant, user: &User) -> Value {
    let (given, surname) = user.display_name.split_once(' ').unwrap_or((&user.display_name, ""));
    let identities = if user.guest {
        json!([{"signInType": "federated", "issuer": GUEST_ISSUER, "issuerAssignedId": null}])
    } else {
        json!([{"signInType": "userPrincipalName", "issuer": tenant.default_domain(),
            "issuerAssignedId": user.user_principal_name}])
    };
    json!({
        "id": user.id, "displayName": user.display_name, "givenName": given, "surname": surname,
        "userPrincipalName": user.user_principal_name, "mail": user.mail, "businessPhones": [], "jobTitle": null,
        "mobilePhone": null, "officeLocation": null, "preferredLanguage": null,
        "accountEnabled": user.enabled, "userType": if user.guest { "Guest" } else { "Member" },
        "externalUserState": user.external_state,
        "externalUserStateChangeDateTime": user.external_state.as_ref().map(|_| stamp(user.created)),
        "creationType": user.guest.then_some("Invitation"), "createdDateTime": stamp(user.created),
        "identities": identities, "otherMails": if user.guest { json!([user.mail]) } else { json!([]) },
        "proxyAddresses": user.mail.as_ref().map(|m| vec![format!("SMTP:{m}")]).unwrap_or_default(),
    })
}

/// Whether the token may see more than names and addresses.
fn whole(scene: &Scene<'_>) -> bool {
    let full = ["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];
    full.iter().any(|p| scene.caller.holds(p))
}

/// Leaves out what a token with only the basic permission may not see, and where a guest comes from if that is not
/// told (FIELD, a switch).
fn visible(scene: &Scene<'_>, mut user: Value) -> Value {
    if user["userType"] == "Guest" && !scene.switches().on("users.guest-issuer-told") {
        user["identities"] = json!([]);
    }
    if whole(scene) {
        return user;
    }
    let Value::Object(map) = user else { return user };
    Value::Object(map.into_iter().filter(|(k, _)| BASIC.contains(&k.as_str())).collect())
}

/// Nobody tells whether a basic token that selects more is refused (INFERRED, a switch) or gets less.
fn basic(scene: &Scene<'_>) -> Result<(), Answer> {
    let mut selected = scene.call.param("$select").split(',').map(str::trim).filter(|n| !n.is_empty());
    let more = selected.any(|name| !BASIC.contains(&name));
    if more && !whole(scene) && scene.switches().on("users.basic-refused") {
        return Err(Answer::forbidden("Insufficient privileges to complete the operation."));
    }
    Ok(())
}

pub fn list(scene: &mut Scene<'_>) -> Outcome {
    basic(scene)?;
    let now = scene.now();
    let seen = late::seen(&mut scene.tenant_mut().users, now);
    let tenant = scene.tenant();
    let items = seen.iter().map(|u| visible(scene, shown(tenant, u))).collect();
    scene.list_showing(items, DEFAULT)
}

pub fn get(scene: &mut Scene<'_>, key: &str) -> Outcome {
    basic(scene)?;
    let (key, now) = (plain_key(key), scene.now());
    let id = scene.tenant().user(&key).map(|u| u.id.clone()).ok_or_else(|| Answer::not_found(&key))?;
    let found = late::seen_one(&mut scene.tenant_mut().users, &id, now);
    let user = found.ok_or_else(|| Answer::not_found(&key))?;
    Ok(odata::single(scene.call, visible(scene, shown(scene.tenant(), &user)), DEFAULT))
}

/// An administrator changes a person: his name, his mail, whether he may sign in.
pub fn update(scene: &mut Scene<'_>, key: &str) -> Outcome {
    let body = scene.body()?;
    only(&body, &["displayName", "mail", "accountEnabled"])?;
    if !(body["accountEnabled"].is_null() || body["accountEnabled"].is_boolean()) {
        return Err(Answer::bad_request(
            "Invalid value specified for property 'accountEnabled' of resource 'User'.",
        ));
    }
    let (name, mail) = (text(&body, "displayName")?, text(&body, "mail")?);
    let key = plain_key(key);
    let id = scene.tenant().user(&key).map(|u| u.id.clone()).ok_or_else(|| Answer::not_found(&key))?;
    let found = scene.tenant_mut().users.iter_mut().find(|u| u.id == id);
    let user = found.ok_or_else(|| Answer::not_found(&key))?;
    if let Some(name) = name {
        user.display_name = name;
    }
    if let Some(mail) = mail {
        user.mail = Some(mail);
    }
    if let Some(on) = body["accountEnabled"].as_bool() {
        user.enabled = on;
    }
    Ok(Answer::empty(204))
}

/// A deleted person is in no group any more; what he was assigned stays on the books (INFERRED).
pub fn delete(scene: &mut Scene<'_>, key: &str) -> Outcome {
    let key = plain_key(key);
    let tenant = scene.tenant_mut();
    let id = tenant.user(&key).map(|u| u.id.clone()).ok_or_else(|| Answer::not_found(&key))?;
    tenant.users.retain(|u| u.id != id);
    for group in &mut tenant.groups {
        group.members.retain(|m| *m != id);
        group.owners.retain(|o| *o != id);
    }
    Ok(Answer::empty(204))
}

/// The signed-in person's object id; an app alone has none.
pub fn me(scene: &Scene<'_>) -> Result<String, Answer> {
    scene
        .caller
        .user
        .clone()
        .ok_or_else(|| Answer::bad_request("/me request is only valid with delegated authentication flow."))
}

pub fn get_me(scene: &Scene<'_>) -> Outcome {
    let id = me(scene)?;
    let tenant = scene.tenant();
    let user = tenant.user(&id).ok_or_else(|| Answer::not_found(&id))?;
    Ok(odata::single(scene.call, shown(tenant, user), DEFAULT))
}

/// Groups a person is in; a restricted guest sees none (contract §22, the trap).
pub fn member_of(scene: &Scene<'_>, key: &str) -> Outcome {
    let tenant = scene.tenant();
    let user = tenant.user(&plain_key(key)).ok_or_else(|| Answer::not_found(key))?;
    let restricted = tenant.authorization_policy["guestUserRoleId"] == "2af84b1e-32c8-42b7-82bc-daa82404023b";
    let blind = restricted && user.guest && scene.caller.user.as_deref() == Some(&user.id);
    let mut items = Vec::new();
    for group in tenant.groups.iter().filter(|g| !blind && g.members.contains(&user.id)) {
        let mut item = super::groups::shown(group, true);
        if !reads_groups(scene) {
            item = json!({"id": group.id});
        }
        item["@odata.type"] = json!("#microsoft.graph.group");
        items.push(item);
    }
    scene.list(items)
}

/// Of objects whose type the token may not read only type and id are told (contract §22).
fn reads_groups(scene: &Scene<'_>) -> bool {
    const ANY: &[&str] = &[
        "Directory.Read.All",
        "Directory.ReadWrite.All",
        "Group.Read.All",
        "Group.ReadWrite.All",
        "Group.ReadBasic.All",
        "GroupMember.Read.All",
        "GroupMember.ReadBasic.All",
        "GroupMember.ReadWrite.All",
    ];
    ANY.iter().any(|p| scene.caller.holds(p))
}

pub fn check_member_groups(scene: &Scene<'_>, key: &str) -> Outcome {
    let body = scene.body()?;
    only(&body, &["groupIds"])?;
    let asked: Vec<&str> =
        body["groupIds"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if asked.is_empty() || asked.len() > 20 {
        return Err(Answer::bad_request("groupIds takes 1 to 20 ids."));
    }
    let tenant = scene.tenant();
    let user = tenant.user(&plain_key(key)).ok_or_else(|| Answer::not_found(key))?;
    let inside: Vec<&str> = asked.into_iter().filter(|g| tenant.is_member(g, &user.id)).collect();
    Ok(Answer::ok(json!({"value": inside})))
}
