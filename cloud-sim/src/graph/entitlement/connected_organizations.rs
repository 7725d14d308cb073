//! `/connectedOrganizations` (contract §4).

use serde_json::{Value, json};

use super::model::{invalid, need_text, only, text, word};
use super::sponsors;
use crate::answer::{Answer, Outcome};
use crate::graph::scene::{Scene, plain_key, stamp};
use crate::odata;
use crate::world::{ConnectedOrganization, late, new_id};

const KIND: &str = "connectedOrganization";
const STATES: &[&str] = &["configured", "proposed"];

pub fn answer(scene: &mut Scene<'_>, rest: &[&str]) -> Outcome {
    match (scene.call.method.as_str(), rest) {
        ("GET", []) => list(scene),
        ("POST", []) => create(scene),
        ("GET", [id]) => {
            let expands = scene.expands();
            let org = find(scene, id)?;
            Ok(odata::single(scene.call, expanded(scene, &org, &expands), &[]))
        }
        ("PATCH", [id]) => update(scene, id),
        ("DELETE", [id]) => delete(scene, id),
        _ => Err(Answer::unknown()),
    }
}

fn shown(org: &ConnectedOrganization) -> Value {
    json!({
        "id": org.id, "displayName": org.display_name, "description": org.description,
        "createdDateTime": stamp(org.created), "modifiedDateTime": stamp(org.modified),
        "state": org.state, "identitySources": [org.identity_source],
    })
}

fn expanded(scene: &Scene<'_>, org: &ConnectedOrganization, expands: &[odata::Expand]) -> Value {
    let mut value = shown(org);
    for expand in expands {
        value[&expand.name] = sponsors::shown(scene, org, &expand.name).into();
    }
    value
}

/// The organization a path names. Counts as a read.
pub fn find(scene: &mut Scene<'_>, key: &str) -> Result<ConnectedOrganization, Answer> {
    let (id, now) = (plain_key(key), scene.now());
    late::seen_one(&mut scene.tenant_mut().connected_organizations, &id, now).ok_or_else(Answer::em_not_found)
}

/// Those that show themselves; one read.
fn list(scene: &mut Scene<'_>) -> Outcome {
    let (expands, now) = (scene.expands(), scene.now());
    let seen = late::seen(&mut scene.tenant_mut().connected_organizations, now);
    let items = seen.iter().map(|o| expanded(scene, o, &expands)).collect();
    scene.list(items)
}

fn create(scene: &mut Scene<'_>) -> Outcome {
    let body = scene.body()?;
    only(&body, KIND, &["displayName", "description", "identitySources", "state"])?;
    let sources = super::model::list(&body, "identitySources")?;
    let [source] = sources else {
        return Err(invalid("identitySources", "Exactly one identity source is expected."));
    };
    let (source, domains) = resolve(scene, source)?;
    let all = &scene.tenant().connected_organizations;
    let twice = all.iter().any(|o| o.identity_source == source);
    if twice && scene.switches().on("em.organization-twice-refused") {
        return Err(Answer::error(
            400,
            "ConnectedOrganizationAlreadyExists",
            "A connected organization with this identity source already exists.",
        ));
    }
    let org = ConnectedOrganization {
        id: new_id(),
        display_name: need_text(&body, "displayName")?,
        description: text(&body, "description")?,
        state: word(&body, "state", STATES)?.unwrap_or("configured").to_owned(),
        created: Some(scene.now()),
        modified: Some(scene.now()),
        identity_source: source,
        domains,
        delay: scene.switches().delay("consistency.organizations", scene.now()),
        ..ConnectedOrganization::default()
    };
    let mut answer = shown(&org);
    if scene.switches().on("em.organization-answered-without-sources") {
        answer["identitySources"] = json!([]);
    }
    scene.tenant_mut().connected_organizations.push(org);
    Ok(Answer::created(answer))
}

/// What the service makes of the one source sent: a domain of an Entra tenant becomes that tenant.
fn resolve(scene: &Scene<'_>, source: &Value) -> Result<(Value, Vec<String>), Answer> {
    let kind = source["@odata.type"].as_str().unwrap_or("").trim_start_matches('#');
    let kind = kind.trim_start_matches("microsoft.graph.");
    match kind {
        "domainIdentitySource" => only(source, kind, &["domainName", "displayName"])?,
        "externalDomainFederation" => only(source, kind, &["domainName", "displayName", "issuerUri"])?,
        "azureActiveDirectoryTenant" if !scene.switches().on("em.tenant-id-source-refused") => {
            let found = scene.world.tenant(source["tenantId"].as_str().unwrap_or(""));
            let tenant = found.ok_or_else(|| invalid("identitySources", "The tenant was not found."))?;
            return Ok(of_tenant(tenant));
        }
        _ => {
            return Err(invalid(
                "identitySources",
                "The identity source must be a domainIdentitySource or an externalDomainFederation.",
            ));
        }
    }
    let domain = need_text(source, "domainName")?.to_lowercase();
    let well_formed =
        domain.contains('.') && domain.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c));
    if !well_formed {
        return Err(invalid("domainName", "The domain name is not valid."));
    }
    match scene.world.tenant(&domain) {
        Some(tenant) if tenant.id == scene.tenant().id => {
            Err(invalid("domainName", "The domain belongs to this directory."))
        }
        Some(tenant) => Ok(of_tenant(tenant)),
        None => {
            let mut kept = source.clone();
            kept["@odata.type"] = json!(format!("#microsoft.graph.{kind}"));
            kept["domainName"] = json!(domain);
            Ok((kept, vec![domain]))
        }
    }
}

fn of_tenant(tenant: &crate::world::Tenant) -> (Value, Vec<String>) {
    let source = json!({
        "@odata.type": "#microsoft.graph.azureActiveDirectoryTenant",
        "displayName": tenant.display_name, "tenantId": tenant.id,
    });
    (source, tenant.domains.iter().map(|d| d.name.clone()).collect())
}

fn update(scene: &mut Scene<'_>, key: &str) -> Outcome {
    let body = scene.body()?;
    only(&body, KIND, &["displayName", "description", "state"])?;
    let (name, description) = (text(&body, "displayName")?, text(&body, "description")?);
    let state = word(&body, "state", STATES)?;
    let (id, now) = (find(scene, key)?.id, scene.now());
    let found = scene.tenant_mut().connected_organizations.iter_mut().find(|o| o.id == id);
    let org = found.ok_or_else(Answer::em_not_found)?;
    if let Some(name) = name {
        org.display_name = name;
    }
    if body.get("description").is_some() {
        org.description = description;
    }
    if let Some(state) = state {
        state.clone_into(&mut org.state);
    }
    org.modified = Some(now);
    Ok(Answer::empty(204))
}

fn delete(scene: &mut Scene<'_>, key: &str) -> Outcome {
    let id = find(scene, key)?.id;
    let names = |p: &crate::world::Policy| p.body.to_string().contains(&id);
    if scene.switches().on("em.organization-in-use-kept") && scene.tenant().policies.iter().any(names) {
        return Err(Answer::error(
            400,
            "ConnectedOrganizationInUse",
            "The connected organization is used by an assignment policy.",
        ));
    }
    scene.tenant_mut().connected_organizations.retain(|o| o.id != id);
    Ok(Answer::empty(204))
}
