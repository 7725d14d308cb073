//! Groups, the connected organization, the catalog, and groups as its resources.

use serde_json::json;

use super::{Applied, Hands, gone, not_visible};
use crate::graph::catalogs::{Catalog, CatalogState};
use crate::graph::connected_organizations::{ConnectedOrganizationState, NewConnectedOrganization};
use crate::graph::groups::{Group, Upserted};
use crate::graph::{CatalogId, GraphError};
use crate::kit::ids::ObjectId;
use crate::onboarding::step::{StepKey, StepKind};

impl Hands<'_> {
    /// Natural key: `uniqueName`; an adopted group has none of ours and is known by its id.
    pub(super) async fn ensure_group(&self, of: &str) -> Result<Applied, GraphError> {
        let wanted = self.wanted.group(of).ok_or_else(|| gone("the tier"))?;
        let unique = self.wanted.facts.unique_name(of);
        let mut found: Option<Group> = None;
        if let Some(id) = self.owned(StepKind::Group, of).and_then(|id| id.parse::<ObjectId>().ok()) {
            found = self.directory.group(id).await?;
        }
        if found.is_none() {
            found = self.directory.group_by_unique_name(&unique).await?;
        }
        match found {
            Some(group) if group.display_name == wanted.display_name => Ok(Applied::found(group.id)),
            Some(group) => {
                self.directory.update_group(group.id, Some(&wanted.display_name), None).await?;
                let after = json!({ "name": wanted.display_name });
                Ok(Applied::wrote(group.id, json!({ "name": group.display_name }), after))
            }
            None => match self.directory.upsert_group(&unique, &wanted).await? {
                Upserted::Created(group) => {
                    let after = json!({ "name": group.display_name, "id": group.id });
                    Ok(Applied::wrote(group.id, json!(null), after))
                }
                // It was there and we could not see it: reading lags behind.
                Upserted::Updated => Ok(Applied::NotYet("group")),
            },
        }
    }

    /// Natural key: the analysts' Entra tenant as its only source; a shared one is ours by a person's answer only.
    pub(super) async fn ensure_connected_organization(&self) -> Result<Applied, GraphError> {
        let analysts = self.wanted.facts.analysts.as_ref().ok_or_else(|| gone("the analysts' directory"))?;
        let known = self.owned(StepKind::ConnectedOrganization, "");
        let there = self.directory.connected_organizations_of(analysts.tenant).await?;
        let ours = there.iter().find(|one| Some(one.id.as_str()) == known);
        if let Some(found) = ours.or_else(|| there.iter().find(|one| one.identity_sources.len() == 1)) {
            if found.state == Some(ConnectedOrganizationState::Configured) {
                return Ok(Applied::found(&found.id));
            }
            self.directory.configure_connected_organization(&found.id).await?;
            let (before, after) = (json!({ "configured": false }), json!({ "configured": true }));
            return Ok(Applied::wrote(&found.id, before, after));
        }
        if let Some(settling) = self.settling("connected-organization") {
            return Ok(settling);
        }
        let new = NewConnectedOrganization {
            display_name: self.wanted.facts.provider_name.clone(),
            description: format!("Analysts of {}.", self.wanted.facts.provider_name),
            domain: analysts.domain.clone(),
        };
        let made = self.directory.create_connected_organization(&new).await?;
        let read = self.directory.connected_organization(&made.id).await?;
        if read.is_some_and(|read| !read.is_of(analysts.tenant)) {
            return Err(GraphError::missing("a domain that belongs to the analysts' directory"));
        }
        Ok(Applied::wrote(&made.id, json!(null), json!({ "name": new.display_name, "domain": new.domain })))
    }

    /// Natural key: our reference in the description.
    pub(super) async fn ensure_catalog(&self, step: &StepKey) -> Result<Applied, GraphError> {
        let wanted = self.wanted.catalog();
        let mut found: Option<Catalog> = None;
        if let Some(id) = self.owned(StepKind::Catalog, "") {
            found = self.directory.catalog(&CatalogId::new(id)).await?;
        }
        if found.is_none() {
            let reference = self.reference(step);
            let named = self.directory.catalogs_by_name(&wanted.display_name).await?;
            found = named.into_iter().find(|catalog| catalog.description.contains(&reference));
        }
        let Some(catalog) = found else {
            if let Some(settling) = self.settling("catalog") {
                return Ok(settling);
            }
            let made = self.directory.create_catalog(&wanted).await?;
            return Ok(Applied::wrote(&made.id, json!(null), json!({ "name": made.display_name })));
        };
        let published = catalog.state == Some(CatalogState::Published);
        let external = catalog.is_externally_visible == Some(true);
        if published && external && catalog.display_name == wanted.display_name {
            return Ok(Applied::found(&catalog.id));
        }
        self.directory.update_catalog(&catalog.id, &wanted).await?;
        let before = json!({ "name": catalog.display_name, "published": published, "external": external });
        let after = json!({ "name": wanted.display_name, "published": true, "external": true });
        Ok(Applied::wrote(&catalog.id, before, after))
    }

    /// Natural key: (catalog, group). Delivered later; done once its roles can be given.
    pub(super) async fn ensure_resource(&self, of: &str) -> Result<Applied, GraphError> {
        let (group, catalog) = (self.group(of)?, self.catalog()?);
        if let Some(found) = self.directory.catalog_group(&catalog, group).await? {
            let usable = found.member_role().is_some() && found.root_scope().is_some();
            return Ok(if usable { Applied::found(&found.id) } else { Applied::NotYet("resource") });
        }
        if let Some(settling) = self.settling("resource") {
            return Ok(settling);
        }
        let name = self.wanted.group(of).map(|group| group.display_name).unwrap_or_default();
        match self.directory.add_group_to_catalog(&catalog, group, &name).await {
            Ok(_) => Ok(Applied::NotYet("resource")),
            // It is there and we could not see it: reading lags behind.
            Err(error) if error.code.as_deref() == Some("ResourceAlreadyOnboarded") => {
                Ok(Applied::NotYet("resource"))
            }
            Err(error) => not_visible(error, "group"),
        }
    }
}
