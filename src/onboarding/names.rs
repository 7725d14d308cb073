//! Names for the ids that policies and roles speak of, as far as they are known.

use crate::onboarding::facts::Facts;
use crate::onboarding::observation::{Observation, SeenPackage};

#[derive(Clone, Copy)]
pub struct Names<'a> {
    pub observation: &'a Observation,
    pub facts: &'a Facts,
}

impl Names<'_> {
    pub fn group(&self, id: &str) -> String {
        self.observation.group(id).map_or_else(|| id.to_owned(), |group| group.name.clone())
    }

    /// Everything that a package gives.
    pub fn given(&self, package: &SeenPackage) -> Vec<String> {
        let groups = package.gives.iter().map(|id| self.group(&id.to_string()));
        groups.chain(package.gives_else.iter().map(|one| one.name.clone())).collect()
    }

    pub fn organization(&self, id: &str) -> String {
        let found = self.observation.connected.iter().find(|one| one.id.eq_ignore_ascii_case(id));
        found.map_or_else(|| id.to_owned(), |one| one.name.clone())
    }

    /// The administrator with the name he signs in with, since names are not unique; else a member seen in a group.
    pub fn user(&self, id: &str) -> String {
        let named = self.facts.administrator.as_ref().filter(|who| who.id.to_string() == id);
        if let Some(who) = named {
            return format!("{} ({})", who.name, who.principal_name);
        }
        let mut members = self.observation.groups.iter().flat_map(|group| &group.members);
        let seen = members.find(|one| one.id.eq_ignore_ascii_case(id));
        seen.map_or_else(|| id.to_owned(), |one| one.name.clone())
    }

    /// A set of people as a policy names it; `named:` stands for what has no id yet.
    pub fn subject(&self, subject: &str) -> String {
        match subject.split_once(':') {
            Some(("group", id)) => self.group(id),
            Some(("organization", id)) => self.organization(id),
            Some(("user", id)) => self.user(id),
            Some(("named", name)) => name.to_owned(),
            _ => subject.to_owned(),
        }
    }
}
