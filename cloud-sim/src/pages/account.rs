//! Who sits at the browser: the accounts signed in there, remembered by a cookie of this host.

use crate::answer::Answer;
use crate::call::Call;
use crate::simulation::Shared;
use crate::world::{Tenant, User, World, new_id};

/// Cookies ignore ports: another name than the portal's, whatever host both run on.
pub const COOKIE: &str = "simulated-cloud-session";

/// An account: the tenant that keeps it, and its object id there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub tenant: String,
    pub user: String,
}

impl Account {
    /// The account behind an object of a tenant: a guest's is at his home, when that is simulated too.
    pub fn behind(world: &World, tenant: &Tenant, user: &User) -> Self {
        let home = user.home.clone().or_else(|| {
            let mail = user.mail.as_deref().filter(|_| user.guest)?;
            Self::of_address(world, mail).map(|a| (a.tenant, a.user))
        });
        let (tenant, user) = home.unwrap_or_else(|| (tenant.id.clone(), user.id.clone()));
        Self { tenant, user }
    }

    /// The account with this user name or mail address, in the tenant that owns the domain.
    pub fn of_address(world: &World, typed: &str) -> Option<Self> {
        let typed = typed.trim();
        let (_, domain) = typed.rsplit_once('@')?;
        let tenant = world.tenant(domain)?;
        let user = tenant.person(typed).filter(|u| !u.guest)?;
        Some(Self { tenant: tenant.id.clone(), user: user.id.clone() })
    }

    /// Reads `tenant/user` as a form carries it.
    pub fn of_key(world: &World, key: &str) -> Option<Self> {
        let (tenant, user) = key.split_once('/')?;
        let tenant = world.tenant(tenant)?;
        let user = tenant.user(user)?;
        Some(Self::behind(world, tenant, user))
    }

    pub fn key(&self) -> String {
        format!("{}/{}", self.tenant, self.user)
    }

    /// The person at home.
    pub fn person<'w>(&self, world: &'w World) -> Option<&'w User> {
        world.tenant(&self.tenant)?.user(&self.user)
    }

    /// The person as a tenant knows him: himself at home, the guest elsewhere.
    pub fn in_tenant<'w>(&self, world: &'w World, tenant: &str) -> Option<&'w User> {
        let there = world.tenant(tenant)?;
        if there.id == self.tenant {
            return there.user(&self.user);
        }
        let is_me = |u: &&User| u.guest && Self::behind(world, there, u) == *self;
        there.users.iter().find(is_me)
    }
}

/// The accounts signed in at this browser, the last used first.
pub fn signed_in(shared: &Shared, call: &Call) -> Vec<Account> {
    let Some(id) = call.cookie(COOKIE) else { return Vec::new() };
    shared.sessions().browsers.get(&id).cloned().unwrap_or_default()
}

/// Signs an account in at this browser. The session gets a new id.
pub fn remember(shared: &Shared, call: &Call, account: &Account, answer: Answer) -> Answer {
    let mut sessions = shared.sessions();
    let old = call.cookie(COOKIE).and_then(|id| sessions.browsers.remove(&id)).unwrap_or_default();
    let mut accounts = vec![account.clone()];
    accounts.extend(old.into_iter().filter(|a| a != account));
    let id = new_id();
    sessions.browsers.insert(id.clone(), accounts);
    answer.header("set-cookie", &format!("{COOKIE}={id}; Path=/; HttpOnly; SameSite=Lax"))
}

/// Signs everybody out at this browser.
pub fn forget(shared: &Shared, call: &Call, answer: Answer) -> Answer {
    if let Some(id) = call.cookie(COOKIE) {
        shared.sessions().browsers.remove(&id);
    }
    answer.header("set-cookie", &format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"))
}
