//! The groups that are ours, or that bear a wanted name, with their people.

use std::collections::BTreeMap;

use crate::graph::groups::{Group, Principal};
use crate::graph::{Directory, GraphError};
use crate::kit::ids::ObjectId;
use crate::onboarding::blueprint::Blueprint;
use crate::onboarding::facts::Facts;
use crate::onboarding::observation::{SeenGroup, SeenPrincipal};

pub(super) async fn groups(
    directory: &Directory,
    blueprint: &Blueprint,
    facts: &Facts,
) -> Result<Vec<SeenGroup>, GraphError> {
    let mut found: BTreeMap<ObjectId, Group> = BTreeMap::new();
    let mut keep = |groups: Vec<Group>| found.extend(groups.into_iter().map(|group| (group.id, group)));
    for key in blueprint.keys() {
        let owned = facts.owned(&format!("group.{key}")).and_then(|id| id.parse::<ObjectId>().ok());
        if let Some(id) = owned {
            keep(directory.group(id).await?.into_iter().collect());
        }
        keep(directory.group_by_unique_name(&facts.unique_name(key)).await?.into_iter().collect());
        if let Some(named) = blueprint.group(key) {
            keep(directory.groups_by_name(named.name.trim()).await?);
        }
    }
    let mut seen = Vec::with_capacity(found.len());
    for group in found.into_values() {
        let members = directory.group_members(group.id).await?;
        let owners = directory.group_owners(group.id).await?;
        seen.push(seen_group(group, &members, &owners, facts));
    }
    Ok(seen)
}

fn seen_group(group: Group, members: &[Principal], owners: &[Principal], facts: &Facts) -> SeenGroup {
    let domain = facts.analysts.as_ref().map(|analysts| analysts.domain.to_lowercase());
    let mut members: Vec<SeenPrincipal> = members
        .iter()
        .map(|one| {
            let mail = one.mail.clone().unwrap_or_default();
            let at = mail.rsplit_once('@').map(|(_, domain)| domain.to_lowercase());
            SeenPrincipal {
                id: one.id.to_string(),
                name: named(one),
                ours: domain.is_some() && at == domain,
                mail,
            }
        })
        .collect();
    members.sort_unstable();
    let mut owners: Vec<String> = owners.iter().map(named).collect();
    owners.sort_unstable();
    SeenGroup {
        usable: can_be_given(&group),
        id: group.id,
        name: group.display_name,
        unique_name: group.unique_name.unwrap_or_default(),
        members,
        owners,
    }
}

fn named(one: &Principal) -> String {
    if one.display_name.is_empty() { one.id.to_string() } else { one.display_name.clone() }
}

/// Only membership of an assigned cloud security group can be given by a package (procedure 1.1, step 4).
fn can_be_given(group: &Group) -> bool {
    group.security_enabled == Some(true)
        && group.mail_enabled != Some(true)
        && group.group_types.is_empty()
        && group.on_premises_sync_enabled != Some(true)
}
