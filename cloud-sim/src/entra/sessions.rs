//! What lives only as long as the process: sign-in codes, refresh tokens, browsers.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};

use crate::pages::account::Account;

/// A sign-in that waits for its code to be redeemed, or the right to refresh it.
#[derive(Clone, Debug)]
pub struct SignIn {
    pub client_id: String,
    pub redirect_uri: String,
    pub tenant: String,
    pub user: String,
    pub scope: String,
    pub nonce: Option<String>,
    pub challenge: String,
    pub until: DateTime<Utc>,
}

#[derive(Default)]
pub struct Sessions {
    pub codes: HashMap<String, SignIn>,
    /// Codes already redeemed.
    pub spent: HashSet<String>,
    pub refreshes: HashMap<String, SignIn>,
    /// Accounts by the secret in a browser's cookie, the last used first.
    pub browsers: HashMap<String, Vec<Account>>,
}
