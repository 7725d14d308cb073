//! Reading a customer's tenant through the reader app: only what the plan needs, nothing judged.

mod defender;
mod governance;
mod one_step;
mod ours;
mod people;

use crate::graph::organization::Licences;
use crate::graph::preflight::{AuthorizationPolicy, CrossTenantAccess, InvitesFrom, Readable};
use crate::graph::{Directory, GraphError};
use crate::kit::ids::ObjectId;
use crate::onboarding::blueprint::{Blueprint, DefenderMode};
use crate::onboarding::facts::{Analysts, Facts, Rbac};
use crate::onboarding::observation::{Observation, Preflight};

pub use one_step::{Part, look_at};
pub use ours::Ours;

/// Reads everything the plan needs. About forty calls; each list is read to its end.
///
/// # Errors
/// The first call that fails: a half observation would be a plan against a world that never was.
pub async fn observe(
    directory: &Directory,
    blueprint: &Blueprint,
    facts: &Facts,
) -> Result<Observation, GraphError> {
    let organization = directory.organization().await?;
    let mut domains: Vec<String> = organization.verified_domains.iter().map(|one| one.name.clone()).collect();
    domains.sort_unstable();
    let groups = people::groups(directory, blueprint, facts, None).await?;
    let preflight = preflight(directory, facts.analysts.as_ref()).await?;
    let mut ours = Ours::read(directory, facts.analysts.as_ref()).await;
    let (governance, governance_unread) = match governance::read(directory, blueprint, facts, &mut ours).await
    {
        // Without a licence nothing of it can be read: that is what was found, not a failure.
        Err(error) if error.cause() == "licence" => (governance::Governance::default(), true),
        outcome => (outcome?, false),
    };
    let asks_defender =
        blueprint.defender.mode == DefenderMode::Automatic && facts.rbac != Some(Rbac::Classic);
    let defender = if asks_defender { defender::read(directory).await? } else { Default::default() };
    Ok(Observation {
        hint: organization.hint().unwrap_or_default().to_owned(),
        organization: organization.display_name,
        domains,
        preflight,
        groups: groups.into_iter().map(|group| group.seen(&ours, &facts.apps)).collect(),
        connected: governance.connected,
        catalogs: governance.catalogs,
        packages: governance.packages,
        governance_unread,
        defender,
    })
}

/// How many people in the approvers' group may decide on requests: ours, and the administrator whom the customer named.
///
/// # Errors
/// The members could not be read.
pub async fn seated(directory: &Directory, facts: &Facts, group: ObjectId) -> Result<usize, GraphError> {
    let members = directory.group_members(group).await?;
    let ours = Ours::read(directory, facts.analysts.as_ref()).await;
    Ok(people::seats(&members, &ours, facts))
}

async fn preflight(directory: &Directory, analysts: Option<&Analysts>) -> Result<Preflight, GraphError> {
    let licences = Licences::of(&directory.subscribed_skus().await?);
    let read = |policy: AuthorizationPolicy| policy.allow_invites_from != Some(InvitesFrom::Nobody);
    let invites = known(directory.authorization_policy().await?).map(read);
    let mut inbound = None;
    let mut mfa_trusted = None;
    if let Some(analysts) = analysts {
        let default = known(directory.cross_tenant_default().await?);
        let partner = known(directory.cross_tenant_partner(analysts.tenant).await?);
        if let (Some(default), Some(partner)) = (default, partner) {
            let partner = partner.unwrap_or_default();
            inbound = Some(!lets_in(&partner, &default).blocks_everybody());
            let trusts = |one: &CrossTenantAccess| one.inbound_trust.as_ref().and_then(|t| t.is_mfa_accepted);
            mfa_trusted = Some(trusts(&partner).or_else(|| trusts(&default)).unwrap_or(false));
        }
    }
    let blocking = known(directory.conditional_access().await?).map(|policies| {
        let blocks = policies.into_iter().filter(|one| one.reaches_guests() && one.asks_for("block"));
        let mut names: Vec<String> = blocks.map(|one| one.display_name).collect();
        names.sort_unstable();
        names
    });
    Ok(Preflight {
        licence: licences.entitlement_management(),
        defender_p2: licences.defender_endpoint_p2,
        invites,
        inbound,
        mfa_trusted,
        blocking,
    })
}

/// The entry for the partner where it says something, else the default.
fn lets_in<'a>(partner: &'a CrossTenantAccess, default: &'a CrossTenantAccess) -> &'a CrossTenantAccess {
    if partner.b2b_collaboration_inbound.is_some() { partner } else { default }
}

fn known<T>(read: Readable<T>) -> Option<T> {
    match read {
        Readable::Read(value) => Some(value),
        Readable::NotReadable => None,
    }
}
