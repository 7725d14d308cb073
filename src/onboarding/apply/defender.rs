//! Roles of Unified RBAC and their group, through an API that Microsoft calls beta.

use serde_json::{Value, json};

use super::{Applied, Hands, gone};
use crate::graph::defender::{DefenderRole, covers};
use crate::graph::{GraphError, GraphErrorKind};
use crate::onboarding::step::{StepKey, StepKind};
use crate::onboarding::wanted::{excess, named_actions};

impl Hands<'_> {
    /// Natural keys: our reference in the role's description; (role, group) for the assignment. Microsoft answers a
    /// create that worked with a redirect: that comes out as a lost answer and is looked up (contract §9).
    pub(super) async fn ensure_defender_role(&self, step: &StepKey) -> Result<Applied, GraphError> {
        let tier = self.wanted.blueprint.tier(&step.of).ok_or_else(|| gone("the tier"))?;
        let group = self.group(&step.of)?;
        let tenant: Vec<String> =
            self.directory.defender_actions().await?.into_iter().map(|action| action.name).collect();
        if !named_actions(tier.live_response, &tenant).1.is_empty() {
            return Err(gone("names of the role's permissions in this directory"));
        }
        let wanted = self.wanted.role(&step.of, &tenant).ok_or_else(|| gone("the tier"))?;
        let (known, reference) = (self.owned(StepKind::DefenderRole, &step.of), self.reference(step));
        let roles = self.directory.defender_roles().await?;
        let found = roles
            .iter()
            .find(|role| Some(role.id.as_str()) == known)
            .or_else(|| roles.iter().find(|role| role.description.contains(&reference)));
        let Some(role) = found else {
            if let Some(settling) = self.settling("role") {
                return Ok(settling);
            }
            let made = self.directory.create_defender_role(&wanted).await;
            return read_back(made, "role");
        };
        let (mut before, mut after, mut wrote) = (Value::Null, Value::Null, false);
        if !is_as(role, &wanted.display_name, &wanted.actions) {
            self.directory.update_defender_role(&role.id, &wanted).await?;
            before = json!({ "name": role.display_name, "actions": role.actions().collect::<Vec<_>>() });
            after = json!({ "name": wanted.display_name, "actions": wanted.actions });
            wrote = true;
        }
        let assignments = self.directory.defender_assignments().await?;
        if !assignments.iter().any(|one| one.is_for(&role.id, group)) {
            if let Some(settling) = self.settling("assignment") {
                return Ok(settling);
            }
            let made = self.directory.create_defender_assignment(&wanted.display_name, &role.id, group).await;
            return read_back(made, "assignment");
        }
        Ok(Applied::Done { id: Some(role.id.to_string()), wrote, before, after })
    }
}

/// Whether answered or not, what was sent is looked up before anything else.
fn read_back<T>(made: Result<T, GraphError>, what: &'static str) -> Result<Applied, GraphError> {
    match made {
        Err(error) if error.kind != GraphErrorKind::LostAnswer => Err(error),
        _ => Ok(Applied::NotYet(what)),
    }
}

/// Compared by coverage: the service stores a reduced list of actions.
fn is_as(role: &DefenderRole, name: &str, actions: &[String]) -> bool {
    let held: Vec<String> = role.actions().map(str::to_owned).collect();
    role.display_name == name
        && actions.iter().all(|action| held.iter().any(|held| covers(held, action)))
        && excess(&held, actions).is_empty()
}
