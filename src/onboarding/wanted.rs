//! The objects that a blueprint wants in one customer's tenant, with the names that people's answers give them.
//! Planning and applying ask here, so that they can never mean different things.

use crate::graph::catalogs::NewCatalog;
use crate::graph::defender::{NewDefenderRole, covers};
use crate::graph::groups::NewGroup;
use crate::graph::packages::NewPackage;
use crate::onboarding::blueprint::{APPROVERS, Blueprint, LiveResponse, Named, Reviewers};
use crate::onboarding::facts::{Answer, Facts};
use crate::onboarding::policy::{PolicyFacts, Subject};
use crate::onboarding::step::{StepKey, StepKind};

/// The blueprint and the facts of one customer, together.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    pub blueprint: &'a Blueprint,
    pub facts: &'a Facts,
}

fn object(kind: StepKind, of: &str) -> String {
    StepKey::new(kind, of).to_string()
}

impl Wanted<'_> {
    /// The display name of an object; with the provider's name behind it where ours stands beside another's.
    fn name(&self, object: &str, named: &Named) -> String {
        let beside = self.facts.answers.get(object) == Some(&Answer::Beside);
        let name = named.name.trim();
        if beside { format!("{name} ({})", self.facts.provider_name) } else { name.to_owned() }
    }

    pub fn group(&self, key: &str) -> Option<NewGroup> {
        let named = self.blueprint.group(key)?;
        let object = object(StepKind::Group, key);
        Some(NewGroup {
            display_name: self.name(&object, named),
            description: named.description.trim().to_owned(),
            mail_nickname: self.facts.unique_name(key),
        })
    }

    pub fn catalog(&self) -> NewCatalog {
        let object = object(StepKind::Catalog, "");
        NewCatalog {
            display_name: self.name(&object, &self.blueprint.catalog),
            description: self.facts.described(&self.blueprint.catalog.description, &object),
        }
    }

    /// Description of the analysts' organization where we make it.
    pub fn organization_described(&self) -> String {
        format!("Analysts of {}.", self.facts.provider_name)
    }

    pub fn package(&self, key: &str) -> Option<NewPackage> {
        let named = self.blueprint.package(key)?;
        let object = object(StepKind::Package, key);
        Some(NewPackage {
            display_name: self.name(&object, named),
            description: self.facts.described(&named.description, &object),
            is_hidden: self.blueprint.access.hidden,
        })
    }

    /// Name and description of the policy of a package.
    pub fn policy_named(&self, key: &str) -> Option<(String, String)> {
        let object = object(StepKind::Policy, key);
        let name = self.package(key)?.display_name;
        let text = format!("Analysts of {} ask, {} decides.", self.facts.provider_name, self.decider(key));
        Some((name, self.facts.described(&text, &object)))
    }

    fn decider(&self, key: &str) -> String {
        if key == APPROVERS {
            self.facts.administrator.as_ref().map(|who| who.name.clone()).unwrap_or_default()
        } else {
            self.group(APPROVERS).map(|group| group.display_name).unwrap_or_default()
        }
    }

    /// The policy of a package; none as long as the ids it names are not known.
    pub fn policy(&self, key: &str) -> Option<PolicyFacts> {
        self.policy_naming(key, self.organization()?, self.approvers()?)
    }

    /// The same for people to read: names stand for what is still to be made.
    pub fn policy_told(&self, key: &str) -> Option<PolicyFacts> {
        let named = |name: String| format!("named:{name}");
        let organization = self.organization().unwrap_or_else(|| named(self.facts.provider_name.clone()));
        let approvers = || named(self.group(APPROVERS).map(|group| group.display_name).unwrap_or_default());
        self.policy_naming(key, organization, self.approvers().unwrap_or_else(approvers))
    }

    fn organization(&self) -> Option<Subject> {
        let id = self.facts.owned(&object(StepKind::ConnectedOrganization, ""))?;
        Some(format!("organization:{id}").to_lowercase())
    }

    fn approvers(&self) -> Option<Subject> {
        let id = self.facts.owned(&object(StepKind::Group, APPROVERS))?;
        Some(format!("group:{id}").to_lowercase())
    }

    fn policy_naming(&self, key: &str, organization: Subject, approvers: Subject) -> Option<PolicyFacts> {
        let administrator = self.facts.administrator.as_ref();
        let administrator = administrator.map(|who| format!("user:{}", who.id).to_lowercase());
        let approver = if key == APPROVERS { administrator.clone()? } else { approvers.clone() };
        let mut facts = PolicyFacts::wanted(self.blueprint, organization, approver, approvers);
        // Where the administrator reviews, he does so for the tiers too.
        if let (Reviewers::Administrator, Some(review)) =
            (self.blueprint.review.reviewers, facts.review.as_mut())
        {
            review.reviewers = vec![administrator?];
        }
        Some(facts)
    }

    pub fn role(&self, key: &str, actions: &[String]) -> Option<NewDefenderRole> {
        let tier = self.blueprint.tier(key)?;
        let object = object(StepKind::DefenderRole, key);
        let (actions, _) = named_actions(tier.live_response, actions);
        Some(NewDefenderRole {
            display_name: self.name(&object, &tier.role),
            description: self.facts.described(&tier.role.description, &object),
            actions,
        })
    }
}

/// The permissions of a tier (procedure §3), each by the end of its action's name. Tier 1 has everything but live
/// response and security settings; file collection belongs to advanced live response.
pub fn permissions(live_response: LiveResponse) -> Vec<&'static str> {
    let mut all = vec![
        "secops/securitydata/basics/read",
        "secops/securitydata/alerts/manage",
        "secops/securitydata/response/manage",
        "securityposture/posturemanagement/vulnerabilitymanagement/read",
        "securityposture/posturemanagement/exceptionhandling/manage",
        "securityposture/posturemanagement/remediationhandling/manage",
        "securityposture/posturemanagement/applicationhandling/manage",
        "securityposture/posturemanagement/baselineassessmentprofiles/manage",
    ];
    if live_response != LiveResponse::None {
        all.push("secops/securitydata/liveresponse-basic/manage");
    }
    if live_response == LiveResponse::Advanced {
        all.push("secops/securitydata/liveresponse-advanced/manage");
        all.push("secops/securitydata/filecollection/manage");
    }
    all
}

/// The tier's actions as this tenant names them, and the permissions that it has no name for.
pub fn named_actions(live_response: LiveResponse, tenant: &[String]) -> (Vec<String>, Vec<&'static str>) {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for permission in permissions(live_response) {
        let name = tenant.iter().find(|name| {
            let name = name.to_lowercase();
            name == permission || name.ends_with(&format!("/{permission}"))
        });
        match name {
            Some(name) => found.push(name.clone()),
            None => missing.push(permission),
        }
    }
    (found, missing)
}

/// Actions that the wanted ones do not account for: more than the tier may do.
pub fn excess<'a>(held: &'a [String], wanted: &[String]) -> Vec<&'a str> {
    held.iter().map(String::as_str).filter(|held| !wanted.iter().any(|one| covers(one, held))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tier_1_has_neither_live_response_nor_security_settings() {
        let tier1 = permissions(LiveResponse::None);
        assert!(tier1.iter().all(|name| !name.contains("liveresponse") && !name.contains("configuration")));
        assert!(!tier1.contains(&"secops/securitydata/filecollection/manage"));
        let tier2 = permissions(LiveResponse::Advanced);
        assert!(tier1.iter().all(|name| tier2.contains(name)));
        assert_eq!(tier2.len(), tier1.len() + 3);
    }

    #[test]
    fn actions_are_named_as_the_tenant_names_them() {
        let tenant = ["microsoft.xdr/secops/securitydata/basics/read".to_owned(), "x/other".to_owned()];
        let (found, missing) = named_actions(LiveResponse::None, &tenant);
        assert_eq!(found, [tenant[0].clone()]);
        assert_eq!(missing.len(), permissions(LiveResponse::None).len() - 1);
    }

    #[test]
    fn a_role_that_allows_more_is_seen() {
        let held = ["a/b/manage".to_owned(), "a/*/manage".to_owned()];
        assert_eq!(excess(&held, &["a/b/manage".to_owned()]), ["a/*/manage"]);
    }
}
