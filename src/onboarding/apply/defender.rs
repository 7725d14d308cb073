//! Roles of Unified RBAC and their group, through an API that Microsoft calls beta.

use serde_json::{Value, json};

use super::{Applied, Hands, Ledger, Stop, Wrote, gone, other};
use crate::graph::GraphError;
use crate::graph::defender::{DefenderRole, DefenderRoleChange, NewDefenderRole, covers};
use crate::onboarding::step::{StepKey, StepKind};
use crate::onboarding::wanted::{excess, named_actions};

impl<L: Ledger> Hands<'_, L> {
    /// Natural keys: our reference in the role's description; (role, group) for the assignment.
    pub(super) async fn ensure_defender_role(&self, step: &StepKey) -> Result<Applied, Stop> {
        let tier = self.wanted.blueprint.tier(&step.of).ok_or_else(|| gone("the tier"))?;
        let group = self.group(&step.of)?;
        let tenant = self.directory.defender_action_names(&self.directory.defender_roles().await?).await?;
        if !named_actions(tier.live_response, &tenant).1.is_empty() {
            return Err(gone("names of the role's permissions in this directory").into());
        }
        let wanted = self.wanted.role(&step.of, &tenant).ok_or_else(|| gone("the tier"))?;
        let role = match self.find_role(step).await? {
            Some(role) => role,
            None => {
                let after = told(&wanted);
                let id = |made: &DefenderRole| Some(made.id.to_string());
                self.create_beta("role", self.directory.create_defender_role(&wanted), id, after).await?;
                self.find_role(step).await?.ok_or(Stop::NotYet("role"))?
            }
        };
        let change = DefenderRoleChange {
            display_name: other(&role.display_name, &wanted.display_name),
            actions: Some(wanted.actions.clone()).filter(|actions| !allows(&role, actions)),
        };
        if change != DefenderRoleChange::default() {
            let before = json!({ "name": role.display_name, "actions": role.actions().collect::<Vec<_>>() });
            self.change(self.directory.update_defender_role(&role.id, &change), before, told(&wanted))
                .await?;
        }
        let held = || async {
            let assignments = self.directory.defender_assignments().await?;
            Ok::<_, GraphError>(assignments.iter().any(|one| one.is_for(&role.id, group)))
        };
        if !held().await? {
            let call = self.directory.create_defender_assignment(&wanted.display_name, &role.id, group);
            let after = json!({ "assigned": tier.group.name });
            self.create_beta("assignment", call, |_| None, after).await?;
            if !held().await? {
                return Err(Stop::NotYet("assignment"));
            }
        }
        Ok(Applied::done(&role.id))
    }

    async fn find_role(&self, step: &StepKey) -> Result<Option<DefenderRole>, Stop> {
        let (known, reference) = (self.owned(StepKind::DefenderRole, &step.of), self.reference(step));
        let roles = self.directory.defender_roles().await?;
        let by_id = roles.iter().find(|role| Some(role.id.as_str()) == known);
        let found = by_id.or_else(|| roles.iter().find(|role| role.description.contains(&reference)));
        if let Some(role) = found.filter(|role| Some(role.id.as_str()) != known) {
            self.ledger.found(role.id.as_str()).await?;
        }
        Ok(found.cloned())
    }

    /// Microsoft answers a create that worked with a redirect, which is never followed (contract §9): it happened,
    /// and the id is read back.
    async fn create_beta<T>(
        &self,
        what: &'static str,
        call: impl Future<Output = Result<T, GraphError>>,
        id: impl FnOnce(&T) -> Option<String>,
        after: Value,
    ) -> Result<(), Stop> {
        let told = after.clone();
        match self.create(what, None, call, |made| (id(made), told)).await {
            Err(Stop::Graph(error)) if error.status.is_some_and(|status| (300..400).contains(&status)) => {
                Ok(self.ledger.wrote(Wrote { what, id: None, before: Value::Null, after }).await?)
            }
            made => made.map(drop),
        }
    }
}

fn told(role: &NewDefenderRole) -> Value {
    json!({ "name": role.display_name, "actions": role.actions })
}

/// Compared by coverage: the service stores a reduced list of actions.
fn allows(role: &DefenderRole, actions: &[String]) -> bool {
    let held: Vec<String> = role.actions().map(str::to_owned).collect();
    actions.iter().all(|action| held.iter().any(|held| covers(held, action)))
        && excess(&held, actions).is_empty()
}
