//! Groups, the connected organization, the catalog, and groups as its resources.

use serde_json::{Value, json};

use super::{Applied, Hands, Ledger, Stop, Wrote, below, gone, other};
use crate::graph::catalogs::{Catalog, CatalogChange, CatalogState};
use crate::graph::connected_organizations::{ConnectedOrganizationState, NewConnectedOrganization};
use crate::graph::groups::{Group, Upserted};
use crate::graph::{CatalogId, CatalogResourceId, ConnectedOrganizationId, GraphError};
use crate::kit::ids::ObjectId;
use crate::kit::planted::{self, Bug};
use crate::onboarding::step::{StepKey, StepKind};

impl<L: Ledger> Hands<'_, L> {
    /// Natural key: `uniqueName`; an adopted group has none of ours and is known by its id.
    pub(super) async fn ensure_group(&self, of: &str) -> Result<Applied, Stop> {
        let wanted = self.wanted.group(of).ok_or_else(|| gone("the tier"))?;
        if let Some(group) = self.find_group(of).await? {
            if group.display_name != wanted.display_name {
                let call = self.directory.update_group(group.id, Some(&wanted.display_name), None);
                let (before, after) =
                    (json!({ "name": group.display_name }), json!({ "name": wanted.display_name }));
                self.change(call, before, after).await?;
            }
            return Ok(Applied::done(group.id));
        }
        // The unique name makes sending it twice the same as sending it once.
        let unique = self.wanted.facts.unique_name(of);
        let told = |made: &Upserted| {
            let id = match made {
                Upserted::Created(group) => Some(group.id.to_string()),
                // It was there and we could not see it: reading lags behind.
                Upserted::Updated => None,
            };
            Wrote { what: "group", id, before: Value::Null, after: json!({ "name": wanted.display_name }) }
        };
        let call = self.directory.upsert_group(&unique, &wanted);
        self.send("group", GraphError::passes, call, told).await?;
        let seen = self.find_group(of).await?;
        seen.map(|group| Applied::done(group.id)).ok_or(Stop::NotYet("group"))
    }

    async fn find_group(&self, of: &str) -> Result<Option<Group>, GraphError> {
        if let Some(id) = self.owned(StepKind::Group, of).and_then(|id| id.parse::<ObjectId>().ok())
            && let Some(group) = self.directory.group(id).await?
        {
            return Ok(Some(group));
        }
        self.directory.group_by_unique_name(&self.wanted.facts.unique_name(of)).await
    }

    /// Natural key: the analysts' Entra tenant as its only source; a shared one is ours by a person's answer only.
    pub(super) async fn ensure_connected_organization(&self) -> Result<Applied, Stop> {
        let analysts = self.wanted.facts.analysts.as_ref().ok_or_else(|| gone("the analysts' directory"))?;
        let known = self.owned(StepKind::ConnectedOrganization, "");
        let there = self.directory.connected_organizations_of(analysts.tenant).await?;
        let ours = there.iter().find(|one| Some(one.id.as_str()) == known);
        if let Some(found) = ours.or_else(|| there.iter().find(|one| one.identity_sources.len() == 1)) {
            if found.state != Some(ConnectedOrganizationState::Configured) {
                let (before, after) = (json!({ "configured": false }), json!({ "configured": true }));
                let call = self.directory.configure_connected_organization(&found.id);
                self.change(call, before, after).await?;
            }
            return Ok(Applied::done(&found.id));
        }
        const WHAT: &str = "connected-organization";
        let id = match self.owned(StepKind::ConnectedOrganization, "") {
            Some(id) if self.sent.may_be_there(WHAT, self.clock.now()) => ConnectedOrganizationId::new(id),
            _ => {
                let new = NewConnectedOrganization {
                    display_name: self.wanted.facts.provider_name.clone(),
                    description: self.wanted.organization_described(),
                    domain: analysts.domain.clone(),
                };
                let after = json!({ "name": new.display_name, "domain": new.domain });
                let call = self.directory.create_connected_organization(&new);
                self.create(WHAT, None, call, |made| (Some(made.id.to_string()), after)).await?.id
            }
        };
        // The service turns the domain into the directory it belongs to.
        match self.directory.connected_organization(&id).await? {
            Some(read) if read.is_of(analysts.tenant) => Ok(Applied::done(id)),
            Some(read) if !read.identity_sources.is_empty() => {
                Err(GraphError::missing("a domain that belongs to the analysts' directory").into())
            }
            _ => Err(Stop::NotYet(WHAT)),
        }
    }

    /// Natural key: our reference in the description.
    pub(super) async fn ensure_catalog(&self, step: &StepKey) -> Result<Applied, Stop> {
        let wanted = self.wanted.catalog();
        let blind = planted::has(Bug::NoLookup);
        let found = if blind { None } else { self.find_catalog(step, &wanted.display_name).await? };
        let Some(catalog) = found else {
            let told = |made: &Catalog| (Some(made.id.to_string()), json!({ "name": made.display_name }));
            let made = self.create("catalog", None, self.directory.create_catalog(&wanted), told).await?;
            let seen = self.find_catalog(step, &wanted.display_name).await?;
            return seen.map(|_| Applied::done(made.id)).ok_or(Stop::NotYet("catalog"));
        };
        let published = catalog.state == Some(CatalogState::Published);
        let external = catalog.is_externally_visible == Some(true);
        let change = CatalogChange {
            display_name: other(&catalog.display_name, &wanted.display_name),
            state: (!published).then_some(CatalogState::Published),
            is_externally_visible: (!external).then_some(true),
        };
        if change != CatalogChange::default() {
            let before =
                json!({ "name": catalog.display_name, "published": published, "external": external });
            let after = json!({ "name": wanted.display_name, "published": true, "external": true });
            self.change(self.directory.update_catalog(&catalog.id, &change), before, after).await?;
        }
        Ok(Applied::done(&catalog.id))
    }

    async fn find_catalog(&self, step: &StepKey, name: &str) -> Result<Option<Catalog>, GraphError> {
        if let Some(id) = self.owned(StepKind::Catalog, "")
            && let Some(catalog) = self.directory.catalog(&CatalogId::new(id)).await?
        {
            return Ok(Some(catalog));
        }
        let reference = self.reference(step);
        let named = self.directory.catalogs_by_name(name).await?;
        Ok(named.into_iter().find(|catalog| catalog.description.contains(&reference)))
    }

    /// Natural key: (catalog, group). Delivered later; done once its roles can be given.
    pub(super) async fn ensure_resource(&self, of: &str) -> Result<Applied, Stop> {
        let (group, catalog) = (self.group(of)?, self.catalog()?);
        if let Some(id) = self.find_resource(&catalog, group).await? {
            return Ok(Applied::done(id));
        }
        let name = self.wanted.group(of).map(|group| group.display_name).unwrap_or_default();
        let call = self.directory.add_group_to_catalog(&catalog, group, &name);
        let after = json!({ "name": name });
        self.create("resource", Some("group"), call, |_| (None, after)).await?;
        let seen = self.find_resource(&catalog, group).await?;
        seen.map(Applied::done).ok_or(Stop::NotYet("resource"))
    }

    async fn find_resource(
        &self,
        catalog: &CatalogId,
        group: ObjectId,
    ) -> Result<Option<CatalogResourceId>, Stop> {
        let found = below(self.directory.catalog_group(catalog, group).await, "catalog")?;
        let usable =
            found.as_ref().is_none_or(|one| one.member_role().is_some() && one.root_scope().is_some());
        if usable { Ok(found.map(|one| one.id)) } else { Err(Stop::NotYet("resource")) }
    }
}
