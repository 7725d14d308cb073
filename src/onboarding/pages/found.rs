//! What was read in the customer's tenant, in words: the facts that the procedure stands on, and every object that
//! bears our mark or one of our names.

use super::values::word;
use crate::kit::text::T;
use crate::onboarding::facts::Facts;
use crate::onboarding::names::Names;
use crate::onboarding::observation::{Observation, SeenConnected, SeenDefender, SeenGroup, SeenPackage};

/// An object: what it is, its name, what is in it, and whether it is ours.
pub struct FoundObject {
    pub kind: String,
    pub name: String,
    pub says: String,
    pub ours: bool,
}

pub struct Found {
    pub facts: Vec<(String, String)>,
    pub objects: Vec<FoundObject>,
}

pub fn found(t: T, seen: &Observation, facts: &Facts) -> Found {
    Found { facts: tenant(t, seen), objects: Objects { t, seen, facts }.all() }
}

fn list(t: T, all: &[String]) -> String {
    if all.is_empty() { t.layout_none() } else { all.join(", ") }
}

fn tenant(t: T, seen: &Observation) -> Vec<(String, String)> {
    let said = |is: bool| if is { t.layout_yes() } else { t.layout_no() };
    let may = |is: Option<bool>| is.map_or_else(|| t.onboarding_found_unreadable(), said);
    let preflight = &seen.preflight;
    let named = |policies: &Option<Vec<String>>| {
        policies.as_ref().map_or_else(|| t.onboarding_found_unreadable(), |names| list(t, names))
    };
    let defender = match &seen.defender {
        SeenDefender::Unknown => t.onboarding_found_defender_unknown(),
        SeenDefender::Inactive => t.onboarding_found_defender_inactive(),
        SeenDefender::Unified { roles, .. } => t.onboarding_found_defender_unified(roles.len()),
    };
    vec![
        (t.onboarding_found_organization(), seen.organization.clone()),
        (t.onboarding_found_domains(), list(t, &seen.domains)),
        (t.onboarding_found_licence(), said(preflight.licence)),
        (t.onboarding_found_defender_p2(), said(preflight.defender_p2)),
        (t.onboarding_found_invites(), may(preflight.invites)),
        (t.onboarding_found_inbound(), may(preflight.inbound)),
        (t.onboarding_found_mfa(), may(preflight.mfa_trusted)),
        (t.onboarding_found_blocking(), named(&preflight.blocking)),
        (t.onboarding_found_devices(), named(&preflight.devices)),
        (t.onboarding_found_defender(), defender),
    ]
}

struct Objects<'a> {
    t: T,
    seen: &'a Observation,
    facts: &'a Facts,
}

impl Objects<'_> {
    fn all(&self) -> Vec<FoundObject> {
        let seen = self.seen;
        let mut all: Vec<FoundObject> = seen.groups.iter().map(|one| self.group(one)).collect();
        all.extend(seen.connected.iter().map(|one| self.connected(one)));
        all.extend(seen.catalogs.iter().map(|one| {
            let said = |is| word(self.t, "published", if is { "yes" } else { "no" });
            let (published, external) = (said(one.published), said(one.external));
            let says = self
                .t
                .onboarding_found_in_catalog()
                .published(published)
                .external(external)
                .many(one.resources.len());
            self.object(self.t.onboarding_found_catalog(), &one.name, &one.id, says)
        }));
        all.extend(seen.packages.iter().map(|one| self.package(one)));
        if let SeenDefender::Unified { roles, .. } = &seen.defender {
            all.extend(roles.iter().filter(|role| !role.built_in).map(|role| {
                let groups: Vec<String> = role.groups.iter().map(|id| self.names().group(id)).collect();
                let says = self.t.onboarding_found_in_role(list(self.t, &groups));
                self.object(self.t.onboarding_found_role(), &role.name, &role.id, says)
            }));
        }
        all
    }

    fn names(&self) -> Names<'_> {
        Names { observation: self.seen, facts: self.facts }
    }

    fn object(&self, kind: String, name: &str, id: &str, says: String) -> FoundObject {
        let ours = self.facts.owned.values().any(|owned| owned.id.eq_ignore_ascii_case(id));
        FoundObject { kind, name: name.to_owned(), says, ours }
    }

    fn group(&self, group: &SeenGroup) -> FoundObject {
        let name = |one: &crate::onboarding::observation::SeenPrincipal| {
            if one.ours { one.name.clone() } else { self.t.onboarding_found_stranger(one.name.clone()) }
        };
        let members: Vec<String> = group.members.iter().map(name).collect();
        let says = self
            .t
            .onboarding_found_in_group()
            .members(list(self.t, &members))
            .owners(list(self.t, &group.owners));
        self.object(self.t.onboarding_found_group(), &group.name, &group.id.to_string(), says)
    }

    fn connected(&self, organization: &SeenConnected) -> FoundObject {
        let state = if organization.configured {
            self.t.onboarding_found_configured()
        } else {
            self.t.onboarding_found_proposed()
        };
        let says = self
            .t
            .onboarding_found_in_organization()
            .sources(list(self.t, &organization.sources))
            .state(state);
        let kind = self.t.onboarding_found_connected();
        self.object(kind, &organization.name, &organization.id, says)
    }

    fn package(&self, package: &SeenPackage) -> FoundObject {
        let gives = self.names().given(package);
        let policies: Vec<String> = package.policies.iter().map(|one| one.name.clone()).collect();
        let says = self
            .t
            .onboarding_found_in_package()
            .gives(list(self.t, &gives))
            .policies(list(self.t, &policies))
            .held(package.held)
            .ours(package.held_by_ours);
        self.object(self.t.onboarding_found_package(), &package.name, &package.id, says)
    }
}
