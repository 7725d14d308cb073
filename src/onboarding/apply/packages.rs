//! Access packages and their policies.

use serde_json::json;

use super::{Applied, Hands, Ledger, Stop, below, gone, other};
use crate::graph::packages::{AccessPackage, PackageChange, ResourceRoleScope};
use crate::graph::policies::AssignmentPolicy;
use crate::graph::{CatalogId, PackageId, PolicyId};
use crate::kit::ids::ObjectId;
use crate::onboarding::policy::PolicyFacts;
use crate::onboarding::step::{StepKey, StepKind};

impl<L: Ledger> Hands<'_, L> {
    /// Natural key: our reference in the description; then the role it gives, known by a deterministic id.
    pub(super) async fn ensure_package(&self, step: &StepKey) -> Result<Applied, Stop> {
        let wanted = self.wanted.package(&step.of).ok_or_else(|| gone("the tier"))?;
        let (group, catalog) = (self.group(&step.of)?, self.catalog()?);
        let after = json!({ "name": wanted.display_name, "hidden": wanted.is_hidden });
        let id = match self.find_package(step, &catalog).await? {
            Some(package) => {
                let change = PackageChange {
                    display_name: other(&package.display_name, &wanted.display_name),
                    is_hidden: Some(wanted.is_hidden).filter(|hidden| package.is_hidden != Some(*hidden)),
                };
                if change != PackageChange::default() {
                    let before = json!({ "name": package.display_name, "hidden": package.is_hidden });
                    let call = self.directory.update_package(&package.id, &change);
                    self.change(call, before, after).await?;
                }
                package.id
            }
            None => {
                let call = self.directory.create_package(&catalog, &wanted);
                let told = |made: &AccessPackage| (Some(made.id.to_string()), after);
                self.create("package", Some("catalog"), call, told).await?.id
            }
        };
        self.ensure_membership(&step.of, &id, &catalog, group).await?;
        Ok(Applied::done(id))
    }

    async fn find_package(&self, step: &StepKey, catalog: &CatalogId) -> Result<Option<AccessPackage>, Stop> {
        let known = self.owned(StepKind::Package, &step.of);
        if let Some(id) = known
            && let Some(package) = self.directory.package(&PackageId::new(id)).await?
        {
            return Ok(Some(package));
        }
        let reference = self.reference(step);
        let there = below(self.directory.packages_in_catalog(catalog).await, "catalog")?;
        let found = there.into_iter().find(|package| package.description.contains(&reference));
        if let Some(package) = found.as_ref().filter(|package| Some(package.id.as_str()) != known) {
            self.ledger.found(package.id.as_str()).await?;
        }
        Ok(found)
    }

    /// The package gives membership of its group, and can be seen to.
    async fn ensure_membership(
        &self,
        of: &str,
        package: &PackageId,
        catalog: &CatalogId,
        group: ObjectId,
    ) -> Result<(), Stop> {
        let gives = |roles: Vec<ResourceRoleScope>| roles.iter().any(|role| role.gives_membership_of(group));
        if gives(below(self.directory.package_roles(package).await, "package")?) {
            return Ok(());
        }
        let resource = below(self.directory.catalog_group(catalog, group).await, "catalog")?;
        let resource = resource.ok_or(Stop::NotYet("resource"))?;
        let (Some(role), Some(scope)) = (resource.member_role(), resource.root_scope()) else {
            return Err(Stop::NotYet("resource"));
        };
        let call = self.directory.add_package_role(package, &resource, role, scope);
        let after = json!({ "gives": self.wanted.group(of).map(|group| group.display_name) });
        self.create("package-role", Some("package"), call, |_| (None, after)).await?;
        let seen = gives(below(self.directory.package_roles(package).await, "package")?);
        if seen { Ok(()) } else { Err(Stop::NotYet("package-role")) }
    }

    /// Natural key: our reference in the description; an adopted policy is known by its id.
    pub(super) async fn ensure_policy(&self, step: &StepKey) -> Result<Applied, Stop> {
        let package = self.package(&step.of)?;
        let wanted = self.wanted.policy(&step.of).ok_or_else(|| gone("what the policy names"))?;
        let (name, description) = self.wanted.policy_named(&step.of).ok_or_else(|| gone("the tier"))?;
        let Some(policy) = self.find_policy(step, &package).await? else {
            let new = wanted.policy((&name, &description), &package, self.clock.now());
            let after = json!({ "name": name, "values": wanted });
            let told = |made: &AssignmentPolicy| (made.id.as_ref().map(ToString::to_string), after);
            self.create("policy", Some("package"), self.directory.create_policy(&new), told).await?;
            let seen = self.find_policy(step, &package).await?.and_then(|policy| policy.id);
            return seen.map(Applied::done).ok_or(Stop::NotYet("policy"));
        };
        let id = policy.id.clone().ok_or_else(|| gone("the policy's id"))?;
        let is = PolicyFacts::of(&policy);
        if is == wanted {
            return Ok(Applied::done(id));
        }
        // Written whole: a list does not show all that a policy is made of.
        let whole = self.directory.policy(&id).await?.ok_or(Stop::NotYet("policy"))?;
        let new = wanted.onto(&whole, &package, self.clock.now());
        let (before, after) = (json!({ "values": is }), json!({ "values": wanted }));
        self.change(self.directory.replace_policy(&id, &new), before, after).await?;
        Ok(Applied::done(id))
    }

    async fn find_policy(
        &self,
        step: &StepKey,
        package: &PackageId,
    ) -> Result<Option<AssignmentPolicy>, Stop> {
        let there = self.directory.policies_of(package).await?;
        let (known, reference) = (self.owned(StepKind::Policy, &step.of), self.reference(step));
        let fits = |fits: &dyn Fn(&AssignmentPolicy) -> bool| there.iter().find(|one| fits(one)).cloned();
        Ok(fits(&|one| one.id.as_ref().map(PolicyId::as_str) == known && known.is_some())
            .or_else(|| fits(&|one| one.description.contains(&reference))))
    }
}
