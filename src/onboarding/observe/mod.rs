//! Reading a customer's tenant through the reader app: only what the plan needs, nothing judged.

mod defender;
mod governance;
mod one_step;
mod ours;
mod people;

use crate::graph::conditional_access::ConditionalAccessPolicy;
use crate::graph::organization::Licences;
use crate::graph::preflight::{AuthorizationPolicy, CrossTenantAccess, InvitesFrom, Readable};
use crate::graph::requests::AssignmentState;
use crate::graph::{Directory, GraphError, GraphErrorKind, PackageId};
use crate::kit::ids::ObjectId;
use crate::onboarding::blueprint::{APPROVERS, Blueprint, DefenderMode};
use crate::onboarding::facts::{Analysts, Facts, Rbac};
use crate::onboarding::observation::{Observation, Preflight};
use crate::onboarding::step::{StepKey, StepKind};

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
    let mut ours = Ours::of(facts);
    let (governance, governance_unread) = match governance::read(directory, blueprint, facts, &mut ours).await
    {
        // Without a licence nothing of it can be read: that is what was found, not a failure.
        Err(error) if wants_a_licence(&error, preflight.licence) => (governance::Governance::default(), true),
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

/// It says so, or nobody bought one: no page tells the words of that refusal. A permission that the token lacks is not
/// meant.
fn wants_a_licence(error: &GraphError, bought: bool) -> bool {
    error.cause() == "licence"
        || (!bought && error.kind == GraphErrorKind::Forbidden && error.missing.is_empty())
}

/// How many people in the approvers' group may decide on requests: ours, and the administrator whom the customer named.
///
/// # Errors
/// The members could not be read.
pub async fn seated(directory: &Directory, facts: &Facts, group: ObjectId) -> Result<usize, GraphError> {
    let members = directory.group_members(group).await?;
    let mut ours = Ours::of(facts);
    let seats = people::seats(&members, &ours, facts);
    let package = facts.owned(&StepKey::new(StepKind::Package, APPROVERS).to_string()).map(PackageId::new);
    let Some(package) = package.filter(|_| seats == 0 && !members.is_empty()) else { return Ok(seats) };
    // His mail may be of any domain: whoever holds the package as one of our organization is ours too.
    ours.know_holders(&directory.assignments(Some(&package), Some(&AssignmentState::Delivered)).await?);
    Ok(people::seats(&members, &ours, facts))
}

async fn preflight(directory: &Directory, analysts: Option<&Analysts>) -> Result<Preflight, GraphError> {
    let licences = Licences::of(&directory.subscribed_skus().await?);
    let read = |policy: AuthorizationPolicy| policy.allow_invites_from != Some(InvitesFrom::Nobody);
    let invites = known(directory.authorization_policy().await?).map(read);
    let mut inbound = None;
    let mut mfa_trusted = None;
    let mut trust = None;
    if let Some(analysts) = analysts {
        let default = known(directory.cross_tenant_default().await?);
        let partner = known(directory.cross_tenant_partner(analysts.tenant).await?);
        if let (Some(default), Some(partner)) = (default, partner) {
            let partner = partner.unwrap_or_default();
            inbound = Some(!lets_in(&partner, &default).blocks_everybody());
            let trusts = |one: &CrossTenantAccess| one.inbound_trust.as_ref().and_then(|t| t.is_mfa_accepted);
            mfa_trusted = Some(trusts(&partner).or_else(|| trusts(&default)).unwrap_or(false));
            trust = partner.inbound_trust.or(default.inbound_trust);
        }
    }
    let policies = known(directory.conditional_access().await?);
    let tenant = analysts.map(|analysts| analysts.tenant);
    let touching = |does: &dyn Fn(&ConditionalAccessPolicy) -> bool| {
        let all = policies.as_ref()?.iter();
        let named = all.filter(|one| one.reaches_guests_of(tenant) && !one.is_narrowed() && does(one));
        let mut names: Vec<String> = named.map(|one| one.display_name.clone()).collect();
        names.sort_unstable();
        Some(names)
    };
    let blocking = touching(&ConditionalAccessPolicy::blocks);
    let devices = touching(&|one| one.asks_for_a_device(trust.as_ref()));
    Ok(Preflight {
        licence: licences.entitlement_management(),
        defender_p2: licences.defender_endpoint_p2,
        invites,
        inbound,
        mfa_trusted,
        blocking,
        devices,
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
