//! Who is of the analysts' directory, as far as a customer's tenant tells. For display and warnings only: nobody gets
//! or loses access by it (design, "person").

use std::collections::BTreeSet;

use crate::graph::Directory;
use crate::graph::groups::Principal;
use crate::graph::requests::{Assignment, Subject};
use crate::kit::ids::ObjectId;
use crate::onboarding::facts::{Analysts, Facts};
use crate::onboarding::observation::SeenConnected;
use crate::onboarding::step::StepKind;

/// What is known of our people.
#[derive(Clone, Debug, Default)]
pub struct Ours {
    /// Of the analysts' mail, in small letters.
    domains: BTreeSet<String>,
    /// Ids of connected organizations that stand for that directory alone.
    organizations: BTreeSet<String>,
    /// People whom entitlement management says to be of such an organization.
    people: BTreeSet<ObjectId>,
}

impl Ours {
    /// By the domains that Admin named or that are verified there, and by the organization that is ours here.
    pub fn of(facts: &Facts) -> Self {
        let organizations = facts.owned(StepKind::ConnectedOrganization.key()).map(str::to_lowercase);
        Self {
            domains: facts.analyst_domains.clone(),
            organizations: organizations.into_iter().collect(),
            people: BTreeSet::new(),
        }
    }

    /// The verified domains of the analysts' directory, in small letters; none where they cannot be read: the app need
    /// not be consented to in the provider's own directories.
    pub async fn verified(directory: &Directory, analysts: &Analysts) -> Option<Vec<String>> {
        match directory.elsewhere(analysts.tenant).organization().await {
            Ok(own) => {
                let mut domains: Vec<String> =
                    own.verified_domains.iter().map(|one| one.name.to_lowercase()).collect();
                domains.sort_unstable();
                Some(domains)
            }
            Err(error) => {
                tracing::debug!(%error, "domains of the analysts' directory not read");
                None
            }
        }
    }

    #[cfg(test)]
    fn of_domains<'a>(domains: impl IntoIterator<Item = &'a str>) -> Self {
        Self { domains: domains.into_iter().map(str::to_lowercase).collect(), ..Self::default() }
    }

    /// Organizations that let in the analysts' directory and nobody else.
    pub(super) fn know_organizations(&mut self, seen: &[SeenConnected], analysts: Option<&Analysts>) {
        let Some(analysts) = analysts else { return };
        let only = seen.iter().filter(|one| one.is_only(analysts.tenant));
        self.organizations.extend(only.map(|one| one.id.to_lowercase()));
    }

    /// Whoever holds a package as one of our organization is ours wherever he stands.
    pub(super) fn know_holders(&mut self, held: &[Assignment]) {
        let subjects = held.iter().filter_map(|one| one.target.as_ref());
        let ids: Vec<ObjectId> =
            subjects.filter(|one| self.of_organization(one)).filter_map(|one| one.object_id).collect();
        self.people.extend(ids);
    }

    fn of_organization(&self, subject: &Subject) -> bool {
        let organization = subject.connected_organization.as_ref();
        organization.is_some_and(|one| self.organizations.contains(&one.id.to_string().to_lowercase()))
    }

    fn has_domain(&self, domain: &str) -> bool {
        self.domains.contains(&domain.to_lowercase())
    }

    /// A guest is told by his mail, or by the name that Entra gave him when he was invited.
    fn has_address(&self, mail: Option<&str>, principal_name: Option<&str>) -> bool {
        let of_mail = mail.and_then(|mail| mail.rsplit_once('@')).map(|(_, domain)| domain);
        let of_name = principal_name.and_then(home_domain);
        of_mail.into_iter().chain(of_name).any(|domain| self.has_domain(domain))
    }

    /// A member of a group.
    pub fn is(&self, one: &Principal) -> bool {
        self.people.contains(&one.id)
            || self.has_address(one.mail.as_deref(), one.user_principal_name.as_deref())
    }

    /// Whoever holds a package.
    pub(super) fn holds(&self, held: &Assignment) -> bool {
        held.target.as_ref().is_some_and(|one| {
            self.of_organization(one)
                || one.object_id.is_some_and(|id| self.people.contains(&id))
                || self.has_address(one.email.as_deref(), one.principal_name.as_deref())
        })
    }
}

/// `ada_soc.example#EXT#@customer.onmicrosoft.com` comes from `soc.example`: a domain holds no underscore.
fn home_domain(principal_name: &str) -> Option<&str> {
    let at = principal_name.to_ascii_uppercase().find("#EXT#")?;
    principal_name.get(..at)?.rsplit_once('_').map(|(_, domain)| domain)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn principal(mail: &str, name: &str) -> Principal {
        let id = "11111111-2222-3333-4444-555555555555";
        let mail = Some(mail).filter(|mail| !mail.is_empty());
        serde_json::from_value(json!({ "id": id, "mail": mail, "userPrincipalName": name })).unwrap()
    }

    #[test]
    fn analysts_are_known_by_every_domain_of_their_directory_and_by_a_guests_name() {
        let ours = Ours::of_domains(["soc.example", "Soc-Analysts.example"]);
        for (mail, name) in [
            ("ada@SOC.example", "x"),
            ("ada@soc-analysts.example", "x"),
            ("", "ada_de_groot_soc.example#EXT#@customer.onmicrosoft.com"),
            ("ada@gmail.example", "ada_soc.example#ext#@customer.onmicrosoft.com"),
        ] {
            assert!(ours.is(&principal(mail, name)), "{mail} {name}");
        }
        for (mail, name) in [
            ("", "admin@customer.example"),
            ("mallory@notsoc.example", "mallory_notsoc.example#EXT#@customer.onmicrosoft.com"),
            ("", "soc.example#EXT#@customer.onmicrosoft.com"),
            ("", "ada@soc.example.evil.example"),
        ] {
            assert!(!ours.is(&principal(mail, name)), "{mail} {name}");
        }
    }

    #[test]
    fn whoever_holds_a_package_for_our_organization_is_ours_and_a_shared_one_proves_nothing() {
        let tenant = "99999999-2222-3333-4444-555555555555".parse().unwrap();
        let analysts = Analysts { tenant, domain: "soc.example".to_owned() };
        let organization = |id: &str, sources: &[&str]| SeenConnected {
            id: id.to_owned(),
            name: id.to_owned(),
            configured: true,
            tenants: vec![tenant],
            sources: sources.iter().map(|one| (*one).to_owned()).collect(),
        };
        let holder = |organization: &str, person: u8| -> Assignment {
            let id = format!("{person}1111111-2222-3333-4444-555555555555");
            let target = json!({ "objectId": id, "connectedOrganization": { "id": organization } });
            serde_json::from_value(json!({ "id": "a", "target": target })).unwrap()
        };
        let mut ours = Ours::of_domains(["soc.example"]);
        let seen = [organization("sole", &["soc"]), organization("shared", &["soc", "others"])];
        ours.know_organizations(&seen, Some(&analysts));
        let held = [holder("SOLE", 1), holder("shared", 2)];
        ours.know_holders(&held);
        assert_eq!(held.iter().map(|one| ours.holds(one)).collect::<Vec<_>>(), [true, false]);
        let without_mail = principal("", "ada@elsewhere.example");
        assert!(ours.is(&without_mail), "he holds a package as one of ours");
    }
}
