//! Roles of a provider's staff, and the rights that a route may ask for. Roles add up (union).

use serde::{Deserialize, Serialize};

/// What a person is to his provider; comes as the `roles` claim of his sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    Admin,
    Onboarding,
    Approver,
    AccountManager,
    Auditor,
}

impl Role {
    pub const ALL: [Self; 5] =
        [Self::Admin, Self::Onboarding, Self::Approver, Self::AccountManager, Self::Auditor];

    /// Value of the app role in Entra, as the token carries it.
    pub const fn claim(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Onboarding => "onboarding",
            Self::Approver => "approver",
            Self::AccountManager => "account-manager",
            Self::Auditor => "auditor",
        }
    }

    /// Reads a claim; what is not one of ours gives nothing.
    pub fn from_claim(claim: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.claim().eq_ignore_ascii_case(claim))
    }

    const fn rights(self) -> &'static [Right] {
        use Right::*;
        match self {
            Self::Admin => &[
                SignedIn,
                ViewCustomers,
                EditCustomers,
                KeepNotes,
                Onboard,
                RemoveAccess,
                ViewRequests,
                Redeliver,
                ViewHealth,
                SteerWork,
                Administer,
                ViewAudit,
            ],
            Self::Onboarding => &[
                SignedIn,
                ViewCustomers,
                EditCustomers,
                KeepNotes,
                Onboard,
                RemoveAccess,
                ViewRequests,
                Redeliver,
                ViewHealth,
                SteerWork,
            ],
            Self::Approver => &[SignedIn, ViewCustomers, ViewRequests, Decide, Redeliver],
            Self::AccountManager => &[SignedIn, ViewCustomers, KeepNotes, ViewRequests],
            Self::Auditor => &[SignedIn, ViewCustomers, ViewRequests, ViewHealth, ViewAudit],
        }
    }
}

/// What a route asks for. `kit::router` refuses a request whose person has it not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// No session is needed: sign-in, consent callback, health of the process, assets.
    Anyone,
    /// Any signed-in person: own language, own sessions, sign-out.
    SignedIn,
    ViewCustomers,
    /// Add a customer, change his name, domain, account manager; pause.
    EditCustomers,
    /// Tags, contacts and notes.
    KeepNotes,
    /// Consent links, plans, runs, manual steps, answers.
    Onboard,
    /// Remove a person who leaves everywhere; say who is who across customers.
    RemoveAccess,
    ViewRequests,
    /// Connect to customers with one's own account, decide on requests, claim them.
    Decide,
    /// Ask Microsoft to deliver once more what failed.
    Redeliver,
    ViewHealth,
    /// Start stopped work again, read a customer now.
    SteerWork,
    /// The provider's own set-up: apps, people, blueprint.
    Administer,
    ViewAudit,
}

/// The roles of one person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roles(Vec<Role>);

impl Roles {
    pub fn new(roles: impl IntoIterator<Item = Role>) -> Self {
        let mut roles: Vec<Role> = roles.into_iter().collect();
        roles.sort_unstable();
        roles.dedup();
        Self(roles)
    }

    /// From claims or stored text; unknown ones give no right.
    pub fn from_claims<T: AsRef<str>>(claims: &[T]) -> Self {
        Self::new(claims.iter().filter_map(|claim| Role::from_claim(claim.as_ref())))
    }

    pub fn claims(&self) -> Vec<String> {
        self.0.iter().map(|role| role.claim().to_owned()).collect()
    }

    pub fn iter(&self) -> impl Iterator<Item = Role> + '_ {
        self.0.iter().copied()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn has(&self, role: Role) -> bool {
        self.0.contains(&role)
    }

    pub fn may(&self, right: Right) -> bool {
        right == Right::Anyone || self.0.iter().any(|role| role.rights().contains(&right))
    }
}
