//! The discovery document and the key set.

use serde_json::json;

use super::errors::EntraError;
use crate::answer::Answer;
use crate::call::Call;
use crate::simulation::Shared;
use crate::world::World;

/// A tenant id or domain as Entra judges it: the id, or the error.
pub fn resolve(world: &World, name: &str) -> Result<String, EntraError> {
    if let Some(tenant) = world.tenant(name) {
        return Ok(tenant.id.clone());
    }
    if uuid::Uuid::parse_str(name).is_ok() || is_domain(name) {
        return Err(EntraError::no_tenant(name));
    }
    Err(EntraError::malformed_tenant(name))
}

fn is_domain(name: &str) -> bool {
    let label = |l: &str| {
        !l.is_empty()
            && l.len() <= 63
            && l.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    name.contains('.') && name.len() <= 253 && name.split('.').all(label)
}

/// `GET /{tenant}/v2.0/.well-known/openid-configuration`.
pub fn document(shared: &Shared, call: &Call, name: &str) -> Result<Answer, EntraError> {
    let base = &call.base;
    let (authority, issuer) = if ["organizations", "common"].contains(&name) {
        (name.to_owned(), format!("{base}/{{tenantid}}/v2.0"))
    } else {
        let id = resolve(&shared.world(), name)?;
        (id.clone(), format!("{base}/{id}/v2.0"))
    };
    let at = format!("{base}/{authority}");
    Ok(Answer::ok(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{at}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{at}/oauth2/v2.0/token"),
        "jwks_uri": format!("{at}/discovery/v2.0/keys"),
        "userinfo_endpoint": format!("{base}/oidc/userinfo"),
        "end_session_endpoint": format!("{at}/oauth2/v2.0/logout"),
        "token_endpoint_auth_methods_supported":
            ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "preferred_username",
            "name", "tid", "ver", "oid", "roles"],
        "request_uri_parameter_supported": false,
        "tenant_region_scope": "EU", "cloud_instance_name": "simulated.example",
        "msgraph_host": base.split_once("://").map_or(base.as_str(), |(_, host)| host),
    })))
}

/// `GET /{tenant}/discovery/v2.0/keys`.
pub fn keys(shared: &Shared, call: &Call, name: &str) -> Result<Answer, EntraError> {
    let id = match name {
        "organizations" | "common" => "{tenantid}".to_owned(),
        _ => resolve(&shared.world(), name)?,
    };
    Ok(Answer::ok(shared.keys.jwks(&format!("{}/{id}/v2.0", call.base))))
}
