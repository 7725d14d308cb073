//! The groups that are ours, or that bear a wanted name, with their people.

use std::collections::BTreeMap;

use crate::graph::groups::{Group, Principal};
use crate::graph::{Directory, GraphError};
use crate::kit::ids::ObjectId;
use crate::onboarding::blueprint::Blueprint;
use crate::onboarding::facts::Facts;
use crate::onboarding::observation::{Observation, SeenGroup, SeenPrincipal};
use crate::onboarding::observe::Ours;
use crate::onboarding::step::{StepKey, StepKind};

/// A group as it was read; who of it is ours is told once more is known.
pub(super) struct ReadGroup {
    group: Group,
    members: Vec<Principal>,
    owners: Vec<Principal>,
}

/// `only`: those of one key, else all.
pub(super) async fn groups(
    directory: &Directory,
    blueprint: &Blueprint,
    facts: &Facts,
    only: Option<&str>,
) -> Result<Vec<ReadGroup>, GraphError> {
    let mut found: BTreeMap<ObjectId, Group> = BTreeMap::new();
    let mut keep = |groups: Vec<Group>| found.extend(groups.into_iter().map(|group| (group.id, group)));
    // Ours first, those of tiers that the blueprint no longer has among them.
    let owned: Vec<&str> = match only {
        Some(of) => facts.owned(&StepKey::new(StepKind::Group, of).to_string()).into_iter().collect(),
        None => facts.owned_of(StepKind::Group).collect(),
    };
    for id in owned.into_iter().filter_map(|id| id.parse::<ObjectId>().ok()) {
        keep(directory.group(id).await?.into_iter().collect());
    }
    for key in blueprint.keys().into_iter().filter(|key| only.is_none_or(|only| only == *key)) {
        keep(directory.group_by_unique_name(&facts.unique_name(key)).await?.into_iter().collect());
        if let Some(named) = blueprint.group(key) {
            keep(directory.groups_by_name(named.name.trim()).await?);
        }
    }
    let mut read = Vec::with_capacity(found.len());
    for group in found.into_values() {
        let members = directory.group_members(group.id).await?;
        let owners = directory.group_owners(group.id).await?;
        read.push(ReadGroup { group, members, owners });
    }
    Ok(read)
}

/// How many of a group's members may decide on requests, as the plan counts them.
pub(super) fn seats(members: &[Principal], ours: &Ours, facts: &Facts) -> usize {
    let administrator = facts.administrator.as_ref().map(|who| who.id);
    members.iter().filter(|one| ours.is(one) || Some(one.id) == administrator).count()
}

/// Some are known for ours only by what a whole reading sees: whoever was ours in the last one still is.
pub(super) fn seats_known(mut group: SeenGroup, last: &Observation) -> SeenGroup {
    let before = last.groups.iter().find(|one| one.id == group.id);
    let was = |id: &str, all: fn(&SeenGroup) -> &[SeenPrincipal]| {
        before.is_some_and(|group| all(group).iter().any(|one| one.ours && one.id == id))
    };
    for one in &mut group.members {
        one.ours = one.ours || was(&one.id, |group| &group.members);
    }
    for one in &mut group.owned_by {
        one.ours = one.ours || was(&one.id, |group| &group.owned_by);
    }
    group
}

impl ReadGroup {
    /// `apps`: client ids of the provider's own apps, which may own what they made.
    pub(super) fn seen(self, ours: &Ours, apps: &[String]) -> SeenGroup {
        let is_app = |one: &Principal| one.app_id.as_ref().is_some_and(|id| apps.contains(id));
        let seen = |all: &[Principal]| {
            let one = |one: &Principal| SeenPrincipal {
                id: one.id.to_string(),
                name: named(one),
                ours: ours.is(one) || is_app(one),
                mail: one.mail.clone().unwrap_or_default(),
            };
            let mut seen: Vec<SeenPrincipal> = all.iter().map(one).collect();
            seen.sort_unstable();
            seen
        };
        let mut owners: Vec<String> = self.owners.iter().map(named).collect();
        owners.sort_unstable();
        SeenGroup {
            usable: can_be_given(&self.group),
            id: self.group.id,
            name: self.group.display_name,
            unique_name: self.group.unique_name.unwrap_or_default(),
            members: seen(&self.members),
            owners,
            owned_by: seen(&self.owners),
        }
    }
}

fn named(one: &Principal) -> String {
    if one.display_name.is_empty() { one.id.to_string() } else { one.display_name.clone() }
}

/// Only membership of an assigned cloud security group can be given by a package (procedure 1.1, step 4).
fn can_be_given(group: &Group) -> bool {
    // Basic properties of a group need not tell it (GroupMember.Read.All): only what is said to be none is none.
    group.security_enabled != Some(false)
        && group.mail_enabled != Some(true)
        && group.group_types.is_empty()
        && group.on_premises_sync_enabled != Some(true)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_group_can_be_given_unless_it_is_said_to_be_of_another_kind() {
        let group = |told: Value| -> Group {
            let mut group = json!({ "id": "11111111-2222-3333-4444-555555555555", "displayName": "Any" });
            group.as_object_mut().unwrap().extend(told.as_object().unwrap().clone());
            serde_json::from_value(group).unwrap()
        };
        for told in [json!({}), json!({ "securityEnabled": null }), json!({ "securityEnabled": true })] {
            assert!(can_be_given(&group(told.clone())), "{told}");
        }
        for told in [
            json!({ "securityEnabled": false }),
            json!({ "mailEnabled": true }),
            json!({ "groupTypes": ["Unified"] }),
            json!({ "onPremisesSyncEnabled": true }),
        ] {
            assert!(!can_be_given(&group(told.clone())), "{told}");
        }
    }
}
