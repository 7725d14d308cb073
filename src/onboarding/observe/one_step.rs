//! One step looked at by itself: the few calls that tell where it stands, laid over the last reading of the whole.

use super::people::seats_known;
use super::{Ours, defender, governance, people, preflight};
use crate::graph::requests::AssignmentState;
use crate::graph::{Directory, GraphError, PackageId};
use crate::onboarding::blueprint::{APPROVERS, Blueprint, DefenderMode};
use crate::onboarding::facts::{Facts, Rbac};
use crate::onboarding::observation::{
    Observation, Preflight, SeenConnected, SeenDefender, SeenGroup, SeenPackage, same_name,
};
use crate::onboarding::step::{StepKey, StepKind};

/// What was read for one step.
pub enum Part {
    /// The groups that bear the key's mark or name now, and how those of before are told.
    Groups {
        now: Vec<SeenGroup>,
        owned: Option<String>,
        unique: String,
        name: String,
    },
    Connected(Vec<SeenConnected>),
    /// Packages of which it was read who holds them.
    Held(Vec<SeenPackage>),
    Preflight(Preflight),
    Defender(SeenDefender),
}

/// Reads what tells of this step; none where few calls cannot tell: then the whole reading must.
///
/// # Errors
/// The first call that fails.
pub async fn look_at(
    directory: &Directory,
    (blueprint, facts): (&Blueprint, &Facts),
    step: &StepKey,
    last: &Observation,
) -> Result<Option<Part>, GraphError> {
    let automatic = blueprint.defender.mode == DefenderMode::Automatic && facts.rbac != Some(Rbac::Classic);
    let of = if step.kind == StepKind::FirstApprovers { APPROVERS } else { step.of.as_str() };
    Ok(match step.kind {
        StepKind::Group | StepKind::FirstApprovers | StepKind::NotOurs => {
            groups(directory, (blueprint, facts), of, last).await?
        }
        StepKind::ConnectedOrganization => Some(Part::Connected(governance::connected(directory).await?)),
        StepKind::Preflight if !last.governance_unread => {
            Some(Part::Preflight(preflight(directory, facts.analysts.as_ref()).await?))
        }
        StepKind::DefenderRole if automatic => Some(Part::Defender(defender::read(directory).await?)),
        StepKind::FirstAnalyst => Some(held(directory, (blueprint, facts), last).await?),
        _ => None,
    })
}

async fn groups(
    directory: &Directory,
    (blueprint, facts): (&Blueprint, &Facts),
    of: &str,
    last: &Observation,
) -> Result<Option<Part>, GraphError> {
    let Some(named) = blueprint.group(of) else { return Ok(None) };
    let read = people::groups(directory, blueprint, facts, Some(of)).await?;
    let mut ours = Ours::of(facts);
    ours.know_organizations(&last.connected, facts.analysts.as_ref());
    let now = read.into_iter().map(|group| seats_known(group.seen(&ours, &facts.apps), last)).collect();
    let owned = facts.owned(&format!("group.{of}")).map(str::to_owned);
    let (unique, name) = (facts.unique_name(of), named.name.clone());
    Ok(Some(Part::Groups { now, owned, unique, name }))
}

/// Who holds the tiers' packages that the last reading knows.
async fn held(
    directory: &Directory,
    (blueprint, facts): (&Blueprint, &Facts),
    last: &Observation,
) -> Result<Part, GraphError> {
    let mut ours = Ours::of(facts);
    ours.know_organizations(&last.connected, facts.analysts.as_ref());
    let tiers = blueprint.tiers.iter().filter_map(|tier| facts.owned(&format!("package.{}", tier.key)));
    let mut now = Vec::new();
    for package in tiers.filter_map(|id| last.package(id)) {
        let (of, delivered) = (PackageId::new(&package.id), AssignmentState::Delivered);
        let held = directory.assignments(Some(&of), Some(&delivered)).await?;
        ours.know_holders(&held);
        now.push(governance::with_holders(package.clone(), &held, &ours));
    }
    Ok(Part::Held(now))
}

impl Part {
    /// The last reading with this in the place of what it said of it.
    #[must_use]
    pub fn over(self, last: Observation) -> Observation {
        match self {
            Self::Groups { now, owned, unique, name } => {
                let before = |group: &SeenGroup| {
                    Some(group.id.to_string()) == owned
                        || group.unique_name == unique
                        || same_name(&group.name, &name)
                        || now.iter().any(|one| one.id == group.id)
                };
                let mut groups: Vec<SeenGroup> =
                    last.groups.iter().filter(|one| !before(one)).cloned().collect();
                groups.extend(now);
                groups.sort_unstable();
                Observation { groups, ..last }
            }
            Self::Connected(connected) => Observation { connected, ..last },
            Self::Held(now) => {
                let newer =
                    |one: SeenPackage| now.iter().find(|new| new.id == one.id).cloned().unwrap_or(one);
                Observation { packages: last.packages.into_iter().map(newer).collect(), ..last }
            }
            Self::Preflight(preflight) => Observation { preflight, ..last },
            Self::Defender(defender) => Observation { defender, ..last },
        }
    }
}
