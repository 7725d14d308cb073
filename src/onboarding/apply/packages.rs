//! Access packages and their policies.

use serde_json::{Value, json};

use super::{Applied, Hands, gone, not_visible};
use crate::graph::packages::AccessPackage;
use crate::graph::policies::AssignmentPolicy;
use crate::graph::{GraphError, GraphErrorKind, PackageId, PolicyId};
use crate::onboarding::policy::PolicyFacts;
use crate::onboarding::step::{StepKey, StepKind};

impl Hands<'_> {
    /// Natural key: our reference in the description; then the role it gives, known by a deterministic id.
    pub(super) async fn ensure_package(&self, step: &StepKey) -> Result<Applied, GraphError> {
        let wanted = self.wanted.package(&step.of).ok_or_else(|| gone("the tier"))?;
        let (group, catalog) = (self.group(&step.of)?, self.catalog()?);
        let mut found: Option<AccessPackage> = None;
        if let Some(id) = self.owned(StepKind::Package, &step.of) {
            found = self.directory.package(&PackageId::new(id)).await?;
        }
        if found.is_none() {
            let reference = self.reference(step);
            let there = self.directory.packages_in_catalog(&catalog).await?;
            found = there.into_iter().find(|package| package.description.contains(&reference));
        }
        let (mut before, mut after, mut wrote) = (Value::Null, Value::Null, false);
        let id = match found {
            Some(package) => {
                if package.display_name != wanted.display_name || package.is_hidden != Some(wanted.is_hidden)
                {
                    self.directory.update_package(&package.id, &wanted).await?;
                    before = json!({ "name": package.display_name, "hidden": package.is_hidden });
                    after = json!({ "name": wanted.display_name, "hidden": wanted.is_hidden });
                    wrote = true;
                }
                package.id
            }
            None => {
                if let Some(settling) = self.settling("package") {
                    return Ok(settling);
                }
                let made = match self.directory.create_package(&catalog, &wanted).await {
                    Ok(made) => made,
                    Err(error) => return not_visible(error, "catalog"),
                };
                after = json!({ "name": wanted.display_name, "hidden": wanted.is_hidden });
                wrote = true;
                made.id
            }
        };
        let roles = match self.directory.package_roles(&id).await {
            // A package a moment old may not be readable yet; its id must not be lost, so it is found again.
            Err(error) if error.kind == GraphErrorKind::NotFound => return Ok(Applied::NotYet("package")),
            roles => roles?,
        };
        if !roles.iter().any(|role| role.gives_membership_of(group)) {
            let Some(resource) = self.directory.catalog_group(&catalog, group).await? else {
                return Ok(Applied::NotYet("resource"));
            };
            let (Some(role), Some(scope)) = (resource.member_role(), resource.root_scope()) else {
                return Ok(Applied::NotYet("resource"));
            };
            match self.directory.add_package_role(&id, &resource, role, scope).await {
                Ok(_) => {}
                // It is there: another attempt of ours was quicker to arrive.
                Err(error) if error.kind == GraphErrorKind::Conflict => {}
                Err(error) => return not_visible(error, "package"),
            }
            (after["gives"], wrote) = (json!(self.wanted.group(&step.of).map(|g| g.display_name)), true);
        }
        Ok(Applied::Done { id: Some(id.to_string()), wrote, before, after })
    }

    /// Natural key: our reference in the description; an adopted policy is known by its id.
    pub(super) async fn ensure_policy(&self, step: &StepKey) -> Result<Applied, GraphError> {
        let package = self.package(&step.of)?;
        let wanted = self.wanted.policy(&step.of).ok_or_else(|| gone("what the policy names"))?;
        let (name, description) = self.wanted.policy_named(&step.of).ok_or_else(|| gone("the tier"))?;
        let mut new = wanted.policy((&name, &description), &package, self.clock.now());
        let there = self.directory.policies_of(&package).await?;
        let reference = self.reference(step);
        let known = self.owned(StepKind::Policy, &step.of);
        let fits = |fits: &dyn Fn(&AssignmentPolicy) -> bool| there.iter().find(|one| fits(one)).cloned();
        let found = fits(&|one| one.id.as_ref().map(PolicyId::as_str) == known && known.is_some())
            .or_else(|| fits(&|one| one.description.contains(&reference)));
        let Some(policy) = found else {
            if let Some(settling) = self.settling("policy") {
                return Ok(settling);
            }
            return match self.directory.create_policy(&new).await {
                Ok(made) => {
                    let id = made.id.ok_or_else(|| gone("the policy's id"))?;
                    Ok(Applied::wrote(id, Value::Null, json!({ "name": name, "values": wanted })))
                }
                Err(error) => not_visible(error, "package"),
            };
        };
        let id = policy.id.clone().ok_or_else(|| gone("the policy's id"))?;
        let is = PolicyFacts::of(&policy);
        if is == wanted {
            return Ok(Applied::found(id));
        }
        // Written whole: what this version does not know of it goes back as it came.
        new.id = Some(id.clone());
        new.rest = policy.rest.clone();
        if let (Some(new), Some(old)) = (&mut new.review_settings, &policy.review_settings) {
            let begun = old.schedule.as_ref().and_then(|schedule| schedule.start_date_time.clone());
            if let (Some(schedule), Some(begun)) = (&mut new.schedule, begun) {
                schedule.start_date_time = Some(begun);
            }
        }
        self.directory.replace_policy(&id, &new).await?;
        Ok(Applied::wrote(id, json!({ "values": is }), json!({ "values": wanted })))
    }
}
