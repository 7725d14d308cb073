//! The person a page is for, and the way to sign in first.

use super::account::{self, Account};
use crate::answer::Answer;
use crate::call::Call;
use crate::simulation::Shared;
use crate::world::{Tenant, User, World};

/// What the head of a page says of its visitor.
#[derive(Clone, Debug)]
pub struct Who {
    pub name: String,
    pub address: String,
    pub home: String,
    /// Where he picks another account and comes back.
    pub switch: String,
}

/// The account last used at this browser that still exists.
pub fn account(shared: &Shared, call: &Call) -> Option<Account> {
    let signed = account::signed_in(shared, call);
    let world = shared.world();
    signed.into_iter().find(|a| a.person(&world).is_some())
}

/// Leads to the account picker of a tenant; a fragment goes along by itself.
pub fn sign_in_first(call: &Call, tenant: &str) -> Answer {
    Answer::redirect(&sign_in_address(call, tenant))
}

fn sign_in_address(call: &Call, tenant: &str) -> String {
    let back = match call.raw_query.as_str() {
        "" => call.path.clone(),
        query => format!("{}?{query}", call.path),
    };
    let pairs = [("back", back.as_str()), ("tenant", tenant)];
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("/signin?{query}")
}

pub fn who(world: &World, call: &Call, account: &Account, tenant: &str) -> Option<Who> {
    let person = account.person(world)?;
    Some(Who {
        name: person.display_name.clone(),
        address: person.user_principal_name.clone(),
        home: world.tenant(&account.tenant)?.display_name.clone(),
        switch: sign_in_address(call, tenant),
    })
}

/// The visitor as the tenant knows him, when one of these directory roles is his.
pub fn with_role<'w>(
    world: &'w World,
    tenant: &Tenant,
    account: &Account,
    roles: &[&str],
) -> Option<&'w User> {
    account.in_tenant(world, &tenant.id).filter(|u| u.roles.iter().any(|r| roles.contains(&r.as_str())))
}
