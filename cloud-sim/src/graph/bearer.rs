//! Whose token a Graph call carries.

use crate::answer::Answer;
use crate::call::Call;
use crate::entra::keys;
use crate::simulation::Shared;

/// Tenant and app as a call names them, not verified.
pub type Who = (Option<String>, Option<String>);

/// The caller of a Graph call.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    pub tenant: String,
    pub app_id: String,
    /// Object id of the signed-in person; absent for an app alone.
    pub user: Option<String>,
    pub permissions: Vec<String>,
    /// The control interface acts as an administrator who may do everything.
    pub all_powerful: bool,
}

impl Caller {
    pub fn administrator(tenant: &str) -> Self {
        Self { tenant: tenant.to_owned(), all_powerful: true, ..Self::default() }
    }

    pub fn holds(&self, permission: &str) -> bool {
        self.all_powerful || self.permissions.iter().any(|p| p == permission)
    }
}

fn refused(message: &str) -> Answer {
    Answer::error(401, "InvalidAuthenticationToken", message).header("www-authenticate", "Bearer realm=\"\"")
}

/// Checks signature, audience and times.
pub fn caller(shared: &Shared, call: &Call) -> Result<Caller, Answer> {
    let token = call
        .header("authorization")
        .and_then(|h| h.strip_prefix("Bearer "))
        .ok_or_else(|| refused("Access token is empty."))?;
    let claims = shared
        .keys
        .open(token)
        .ok_or_else(|| refused("Access token validation failure. Invalid signature."))?;
    let text = |name: &str| claims[name].as_str().unwrap_or("").to_owned();
    if ![call.base.as_str(), "https://graph.microsoft.com"].contains(&text("aud").as_str()) {
        return Err(refused("Access token validation failure. Invalid audience."));
    }
    let now = call.now.timestamp();
    let (from, until) = (claims["nbf"].as_i64().unwrap_or(i64::MAX), claims["exp"].as_i64().unwrap_or(0));
    if until <= now || from > now + 300 {
        return Err(refused("Lifetime validation failed, the token is expired."));
    }
    let user = (text("idtyp") == "user").then(|| text("oid"));
    let permissions = match &user {
        Some(_) => text("scp").split_whitespace().map(str::to_owned).collect(),
        None => claims["roles"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|r| r.as_str().map(str::to_owned))
            .collect(),
    };
    Ok(Caller { tenant: text("tid"), app_id: text("appid"), user, permissions, all_powerful: false })
}

/// Tenant and app a call seems to be about, unverified: for the journal and for faults.
pub fn seems(call: &Call) -> Who {
    let token = call.header("authorization").and_then(|h| h.strip_prefix("Bearer "));
    if let Some((_, claims, _, _)) = token.and_then(keys::parts) {
        let text = |name: &str| claims[name].as_str().map(str::to_owned);
        return (text("tid"), text("appid"));
    }
    let first = call.segments.first().filter(|_| !call.path.starts_with("/v1.0")).cloned();
    (first, call.form().get("client_id").cloned())
}
