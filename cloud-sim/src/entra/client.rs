//! Who calls the token endpoint: client secret or signed assertion, judged against the registration.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::errors::EntraError;
use super::keys;
use crate::call::Call;
use crate::world::{Application, ServicePrincipal, World};

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The application and its service principal in the tenant, once the caller has proved himself.
pub fn authenticate(
    world: &mut World,
    call: &Call,
    form: &BTreeMap<String, String>,
    tenant: &str,
    named: &str,
) -> Result<(Application, ServicePrincipal), EntraError> {
    let client = form.get("client_id").map_or("", String::as_str);
    if client.is_empty() {
        return Err(EntraError::new(
            400,
            "invalid_request",
            900_144,
            "The request body must contain the following parameter: 'client_id'.",
        ));
    }
    let (app, sp) = installed(world, client, tenant)?;
    if let Some(assertion) = form.get("client_assertion") {
        if form.get("client_assertion_type").map(String::as_str) != Some(ASSERTION) {
            return Err(EntraError::new(
                400,
                "invalid_request",
                50_027,
                "client_assertion_type is not supported.",
            ));
        }
        assertion_holds(world, call, &app, assertion, (tenant, named))?;
    } else {
        secret_holds(&app, form.get("client_secret"), call.now)?;
    }
    Ok((app, sp))
}

/// The application in this tenant, enabled.
pub fn installed(
    world: &World,
    client: &str,
    tenant: &str,
) -> Result<(Application, ServicePrincipal), EntraError> {
    let missing = || EntraError::no_application(client, tenant);
    let app = world.application(client).ok_or_else(missing)?;
    let home = world.tenant(tenant).ok_or_else(missing)?;
    let sp = home.service_principal(client).ok_or_else(missing)?;
    if !sp.enabled {
        return Err(EntraError::new(
            400,
            "unauthorized_client",
            7_000_112,
            format!("Application '{client}'({}) is disabled.", app.display_name),
        ));
    }
    Ok((app.clone(), sp.clone()))
}

fn secret_holds(app: &Application, given: Option<&String>, now: DateTime<Utc>) -> Result<(), EntraError> {
    let Some(given) = given else {
        return Err(EntraError::new(
            401,
            "invalid_client",
            7_000_218,
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        ));
    };
    match app.secrets.iter().find(|s| s.value == *given) {
        None => Err(EntraError::new(
            401,
            "invalid_client",
            7_000_215,
            format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{}'.",
                app.app_id
            ),
        )),
        Some(s) if s.expires.is_some_and(|e| e <= now) => Err(EntraError::new(
            401,
            "invalid_client",
            7_000_222,
            format!("The provided client secret keys for app '{}' are expired.", app.app_id),
        )),
        Some(_) => Ok(()),
    }
}

fn assertion_holds(
    world: &mut World,
    call: &Call,
    app: &Application,
    assertion: &str,
    tenant: (&str, &str),
) -> Result<(), EntraError> {
    let wrong = |code, text: &str| EntraError::new(401, "invalid_client", code, text);
    let Some((header, claims, message, mark)) = keys::parts(assertion) else {
        return Err(wrong(50_027, "JWT token is invalid or malformed."));
    };
    let older = header["alg"] == "RS256" && !world.switches.on("assertions.rs256-refused");
    if header["alg"] != "PS256" && !older {
        return Err(wrong(5_002_738, "Invalid JWT token. The signing algorithm must be PS256."));
    }
    let certificates: Vec<Vec<u8>> =
        app.certificates.iter().filter_map(|c| STANDARD.decode(c).ok()).collect();
    let Some(certificate) = certificates.iter().find(|c| keys::is_named(&header, c)) else {
        let named = header["x5t#S256"].as_str().or(header["x5t"].as_str()).unwrap_or("");
        return Err(wrong(
            700_027,
            &format!(
                "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was not found., Thumbprint of key used by client: '{named}']"
            ),
        ));
    };
    if !keys::verify(header["alg"].as_str().unwrap_or(""), certificate, message, &mark) {
        return Err(wrong(50_012, "Client assertion contains an invalid signature."));
    }
    claims_hold(call, app, &claims, tenant)?;
    once(world, call, &claims)
}

fn claims_hold(
    call: &Call,
    app: &Application,
    claims: &Value,
    tenant: (&str, &str),
) -> Result<(), EntraError> {
    let wrong = |code, text: String| EntraError::new(401, "invalid_client", code, text);
    let own = |name: &str| claims[name].as_str().is_some_and(|v| v.eq_ignore_ascii_case(&app.app_id));
    if !own("iss") || !own("sub") {
        return Err(wrong(
            700_021,
            "Client assertion application identifier doesn't match 'client_id' parameter.".into(),
        ));
    }
    let aud = claims["aud"].as_str().unwrap_or("");
    let accepted = [tenant.0, tenant.1].map(|t| format!("{}/{t}/oauth2/v2.0/token", call.base));
    if !accepted.iter().any(|a| a == aud) {
        return Err(wrong(
            700_023,
            format!("Client assertion audience claim does not match Realm issuer. '{aud}'"),
        ));
    }
    let now = call.now.timestamp();
    // Fractions of a second are in order (RFC 7519); MSAL for Python sends them.
    let time = |name: &str| claims[name].as_f64().map_or(0, |seconds| seconds as i64);
    let (exp, nbf) = (time("exp"), time("nbf"));
    if exp <= now || nbf > now + 300 || exp > now + 24 * 3600 {
        return Err(wrong(
            700_024,
            format!(
                "Client assertion is not within its valid time range. Current time: {now}, expiry time of assertion {exp}."
            ),
        ));
    }
    Ok(())
}

/// An assertion serves once, as long as the switch says so.
fn once(world: &mut World, call: &Call, claims: &Value) -> Result<(), EntraError> {
    let Some(jti) = claims["jti"].as_str().filter(|j| !j.is_empty()) else {
        return Err(EntraError::new(401, "invalid_client", 50_027, "JWT token is invalid: it has no jti."));
    };
    world.used_assertions.retain(|_, until| *until > call.now);
    if world.switches.on("assertions.replay-refused") && world.used_assertions.contains_key(jti) {
        return Err(EntraError::new(401, "invalid_client", 50_013, "Assertion was already used."));
    }
    world.used_assertions.insert(jti.to_owned(), call.now + TimeDelta::hours(25));
    Ok(())
}
