//! The token endpoint: client credentials, authorization code, refresh token.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::client;
use super::discovery::resolve;
use super::errors::EntraError;
use super::keys;
use super::sessions::SignIn;
use crate::answer::Answer;
use crate::call::Call;
use crate::simulation::Shared;
use crate::world::{Application, ServicePrincipal, World, new_id};

/// Scopes nobody's administrator must consent to.
pub const FREE: &[&str] = &["openid", "profile", "email", "offline_access", "User.Read"];
const LIVES: i64 = 3599;

/// `POST /{tenant}/oauth2/v2.0/token`.
pub fn answer(shared: &Shared, call: &Call, name: &str) -> Result<Answer, EntraError> {
    let form = call.form();
    let kind = form.get("grant_type").map_or("", String::as_str);
    let mut world = shared.world();
    if ["organizations", "common"].contains(&name) && kind == "client_credentials" {
        return Err(EntraError::new(
            400,
            "invalid_request",
            50_059,
            "No tenant-identifying information found in either the request or implied by any provided credentials.",
        ));
    }
    let tenant = match name {
        "organizations" | "common" => tenant_of_code(shared, &form)?,
        _ => resolve(&world, name)?,
    };
    let (app, sp) = client::authenticate(&mut world, call, &form, &tenant, name)?;
    match kind {
        "client_credentials" => {
            let roles = roles(&mut world, call, &tenant, &app.app_id);
            app_only(shared, call, &form, (&tenant, &app, &sp), &roles)
        }
        "authorization_code" => redeem(shared, call, &form, (&world, &tenant, &app, &sp)),
        "refresh_token" => refresh(shared, call, &form, (&world, &tenant, &app, &sp)),
        _ => Err(EntraError::new(
            400,
            "unsupported_grant_type",
            70_003,
            format!("The app requested an unsupported grant type '{kind}'."),
        )),
    }
}

fn tenant_of_code(shared: &Shared, form: &BTreeMap<String, String>) -> Result<String, EntraError> {
    let sessions = shared.sessions();
    let code = form.get("code").and_then(|c| sessions.codes.get(c));
    code.map(|c| c.tenant.clone()).ok_or_else(bad_code)
}

fn bad_code() -> EntraError {
    let text = "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource.";
    EntraError::new(400, "invalid_grant", 70_008, text)
}

/// Why a code that is there does not serve this caller.
fn foreign(sign_in: &SignIn, place: Place<'_>) -> Option<EntraError> {
    if sign_in.tenant != place.1 {
        let text = "Provided Authorization Code is intended to use against other tenant, thus rejected. OAuth2 Authorization Code must be redeemed against same tenant it was acquired for (/common or /{tenant-ID} as appropriate).";
        return Some(EntraError::new(400, "invalid_grant", 700_005, text));
    }
    let text = "The provided authorization code was issued to another client.";
    (sign_in.client_id != place.2.app_id).then(|| EntraError::new(400, "invalid_grant", 70_000, text))
}

fn unsigned() -> EntraError {
    EntraError::new(500, "server_error", 90_033, "The token could not be signed.")
}

/// The resource of a `/.default` scope.
fn resource(call: &Call, scope: &str) -> Option<String> {
    let resource = scope.strip_suffix("/.default")?;
    [call.base.as_str(), "https://graph.microsoft.com"].contains(&resource).then(|| resource.to_owned())
}

fn app_only(
    shared: &Shared,
    call: &Call,
    form: &BTreeMap<String, String>,
    who: (&str, &Application, &ServicePrincipal),
    roles: &[String],
) -> Result<Answer, EntraError> {
    let (tenant, app, sp) = who;
    let scope = form.get("scope").map_or("", String::as_str);
    let Some(aud) = resource(call, scope) else {
        return Err(match scope.strip_suffix("/.default") {
            Some(other) => EntraError::new(
                400,
                "invalid_resource",
                500_011,
                format!("The resource principal named {other} was not found in the tenant named {tenant}."),
            ),
            None => EntraError::new(
                400,
                "invalid_scope",
                1_002_012,
                format!(
                    "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."
                ),
            ),
        });
    };
    let mut claims = access_claims(call, tenant, &aud, app);
    claims["oid"] = json!(sp.id);
    claims["sub"] = json!(sp.id);
    claims["idtyp"] = json!("app");
    let lapsed = shared.faults().lasting.is_lapsed(tenant, &app.app_id, call.now);
    let roles = if lapsed { &[] } else { roles };
    if !roles.is_empty() {
        claims["roles"] = json!(roles);
    }
    let token = shared.keys.sign(&claims).ok_or_else(unsigned)?;
    Ok(Answer::ok(json!({
        "token_type": "Bearer", "expires_in": LIVES, "ext_expires_in": LIVES, "access_token": token,
    })))
}

/// What an app may do here. Tokens may go on without a new grant for a while (INFERRED, contract §15: a switch).
fn roles(world: &mut World, call: &Call, tenant: &str, app: &str) -> Vec<String> {
    let kept = i64::try_from(world.switches.number("consent.token-cache-seconds")).unwrap_or(0);
    let sp = world.tenant_mut(tenant).and_then(|t| t.service_principal_mut(app));
    let Some(sp) = sp else { return Vec::new() };
    let old = sp.told.clone().filter(|(at, _)| (call.now - *at).num_seconds() < kept);
    let told = old.unwrap_or_else(|| (call.now, sp.permissions()));
    sp.told = (kept > 0).then(|| told.clone());
    told.1
}

fn access_claims(call: &Call, tenant: &str, aud: &str, app: &Application) -> Value {
    let now = call.now.timestamp();
    json!({
        "aud": aud, "iss": format!("{}/{tenant}/", call.base), "iat": now, "nbf": now, "exp": now + LIVES,
        "appid": app.app_id, "app_displayname": app.display_name, "tid": tenant, "ver": "1.0", "uti": new_id(),
    })
}

type Place<'a> = (&'a World, &'a str, &'a Application, &'a ServicePrincipal);

fn redeem(
    shared: &Shared,
    call: &Call,
    form: &BTreeMap<String, String>,
    place: Place<'_>,
) -> Result<Answer, EntraError> {
    let code = form.get("code").map_or("", String::as_str);
    let sign_in = take(shared, call, code, place)?;
    if form.get("redirect_uri") != Some(&sign_in.redirect_uri) {
        return Err(EntraError::new(
            400,
            "invalid_grant",
            50_011,
            "The redirect URI specified in the request does not match the one the code was issued for.",
        ));
    }
    let verifier = form.get("code_verifier").map_or("", String::as_str);
    if keys::challenge(verifier) != sign_in.challenge {
        return Err(EntraError::new(
            400,
            "invalid_grant",
            501_481,
            "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
        ));
    }
    tokens(shared, call, &sign_in, place)
}

/// Takes a code away: it serves once, and only whom it was made for.
fn take(shared: &Shared, call: &Call, code: &str, place: Place<'_>) -> Result<SignIn, EntraError> {
    let mut sessions = shared.sessions();
    if sessions.spent.contains(code) {
        let text = "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.";
        return Err(EntraError::new(400, "invalid_grant", 54_005, text));
    }
    let malformed = || {
        EntraError::new(400, "invalid_grant", 9_002_313, "Invalid request. Request is malformed or invalid.")
    };
    let known = sessions.codes.get(code).ok_or_else(malformed)?;
    if let Some(error) = foreign(known, place) {
        return Err(error);
    }
    let sign_in = sessions.codes.remove(code).ok_or_else(malformed)?;
    sessions.spent.insert(code.to_owned());
    if sign_in.until <= call.now { Err(bad_code()) } else { Ok(sign_in) }
}

fn refresh(
    shared: &Shared,
    call: &Call,
    form: &BTreeMap<String, String>,
    place: Place<'_>,
) -> Result<Answer, EntraError> {
    let given = form.get("refresh_token").map_or("", String::as_str);
    let sign_in = shared.sessions().refreshes.get(given).cloned().ok_or_else(bad_code)?;
    if sign_in.until <= call.now || sign_in.tenant != place.1 || sign_in.client_id != place.2.app_id {
        return Err(bad_code());
    }
    tokens(shared, call, &SignIn { nonce: None, ..sign_in }, place)
}

fn tokens(shared: &Shared, call: &Call, sign_in: &SignIn, place: Place<'_>) -> Result<Answer, EntraError> {
    let (world, tenant, app, sp) = place;
    let user = world.tenant(tenant).and_then(|t| t.user(&sign_in.user)).ok_or_else(bad_code)?;
    if !user.enabled {
        return Err(EntraError::new(400, "invalid_grant", 50_057, "The user account is disabled."));
    }
    let bare: Vec<&str> = sign_in.scope.split(' ').map(|s| super::authorize::bare(call, s)).collect();
    let mut scp: Vec<String> = bare
        .iter()
        .filter(|s| FREE.contains(s) || sp.delegated.iter().any(|d| d == *s))
        .map(|s| (*s).to_owned())
        .collect();
    if bare.contains(&".default") {
        scp.extend(sp.delegated.iter().cloned());
    }
    let mut body = json!({"token_type": "Bearer", "expires_in": LIVES, "scope": scp.join(" ")});
    if bare.contains(&"openid") {
        body["id_token"] = json!(shared.keys.sign(&id_claims(call, sign_in, place)).ok_or_else(unsigned)?);
    }
    let mut claims = access_claims(call, tenant, &call.base, app);
    claims["oid"] = json!(user.id);
    claims["sub"] = json!(format!("{}-{}", user.id, app.app_id));
    claims["idtyp"] = json!("user");
    claims["name"] = json!(user.display_name);
    claims["scp"] = json!(scp.join(" "));
    body["access_token"] = json!(shared.keys.sign(&claims).ok_or_else(unsigned)?);
    if bare.contains(&"offline_access") {
        let refresh = new_id();
        let kept = SignIn { until: call.now + chrono::TimeDelta::days(90), ..sign_in.clone() };
        shared.sessions().refreshes.insert(refresh.clone(), kept);
        body["refresh_token"] = json!(refresh);
    }
    Ok(Answer::ok(body))
}

fn id_claims(call: &Call, sign_in: &SignIn, place: Place<'_>) -> Value {
    let (world, tenant, app, sp) = place;
    let now = call.now.timestamp();
    let user = world.tenant(tenant).and_then(|t| t.user(&sign_in.user)).cloned().unwrap_or_default();
    let shown = if user.guest { user.mail.clone() } else { None };
    let mut claims = json!({
        "iss": format!("{}/{tenant}/v2.0", call.base), "aud": app.app_id, "iat": now, "nbf": now, "exp": now + 3600,
        "tid": tenant, "oid": user.id, "sub": format!("{}-{}", user.id, app.app_id), "ver": "2.0", "uti": new_id(),
        "name": user.display_name, "preferred_username": shown.unwrap_or_else(|| user.user_principal_name.clone()),
    });
    if let Some(nonce) = &sign_in.nonce {
        claims["nonce"] = json!(nonce);
    }
    if let Some(mail) = user.mail.filter(|_| sign_in.scope.split(' ').any(|s| s == "email")) {
        claims["email"] = json!(mail);
    }
    let roles: Vec<&String> = sp.people.iter().filter(|(u, _)| *u == user.id).map(|(_, r)| r).collect();
    if !roles.is_empty() {
        claims["roles"] = json!(roles);
    }
    claims
}
