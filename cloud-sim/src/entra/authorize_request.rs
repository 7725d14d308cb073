//! What an application asks of `/authorize`, judged before anybody picks an account.

use super::authorize::bare;
use super::discovery::resolve;
use super::errors::EntraError;
use super::way_back::{Mode, WayBack};
use crate::call::Call;
use crate::world::{Application, World};

/// A request in order.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Absent at `organizations` and `common`: the account's own.
    pub tenant: Option<String>,
    pub app: Application,
    pub back: WayBack,
    pub scope: String,
    pub nonce: Option<String>,
    pub challenge: String,
    pub prompt: String,
    pub hint: String,
}

/// Why a request is not in order: told on a page, or to the application.
pub enum Refusal {
    Shown(EntraError),
    Returned(WayBack, EntraError),
}

impl From<EntraError> for Refusal {
    fn from(error: EntraError) -> Self {
        Self::Shown(error)
    }
}

fn missing(name: &str) -> EntraError {
    EntraError::new(
        400,
        "invalid_request",
        900_144,
        format!("The request body must contain the following parameter: '{name}'."),
    )
}

fn needed<'a>(call: &'a Call, name: &str) -> Result<&'a str, EntraError> {
    Some(call.param(name)).filter(|v| !v.is_empty()).ok_or_else(|| missing(name))
}

/// The application, its redirect address and the tenant: whatever is wrong here is told to no application.
pub fn application(
    world: &World,
    call: &Call,
    name: &str,
) -> Result<(Option<String>, Application, String), EntraError> {
    let tenant = match name {
        "organizations" | "common" => None,
        _ => Some(resolve(world, name)?),
    };
    let client = needed(call, "client_id")?;
    let place = tenant.as_deref().unwrap_or("Microsoft Services");
    let app = world.application(client).cloned().ok_or_else(|| EntraError::no_application(client, place))?;
    if !app.multi_tenant && tenant.is_none() {
        return Err(EntraError::new(
            400,
            "invalid_request",
            50_194,
            format!(
                "Application '{}'({}) is not configured as a multi-tenant application. Usage of the /common endpoint is not supported for such apps created after '10/15/2018'. Use a tenant-specific endpoint or configure the application to be multi-tenant.",
                app.app_id, app.display_name
            ),
        ));
    }
    if !app.multi_tenant && tenant.as_deref() != Some(&app.home_tenant) {
        return Err(EntraError::no_application(client, place));
    }
    let uri = needed(call, "redirect_uri")?;
    if !app.redirect_uris.iter().any(|u| u == uri) {
        return Err(EntraError::new(
            400,
            "invalid_request",
            50_011,
            format!(
                "The redirect URI '{uri}' specified in the request does not match the redirect URIs configured for the application '{}'. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal.",
                app.app_id
            ),
        ));
    }
    Ok((tenant, app, uri.to_owned()))
}

/// Reads and judges the whole request.
pub fn read(world: &World, call: &Call, name: &str) -> Result<Asked, Refusal> {
    let (tenant, app, uri) = application(world, call, name)?;
    let state = call.query.get("state").cloned();
    let mode = Mode::of(call.param("response_mode"));
    let back = WayBack { uri, mode: mode.unwrap_or(Mode::Query), state };
    let returned = |error| Refusal::Returned(back.clone(), error);
    if mode.is_none() {
        return Err(returned(invalid(900_144, "The value of 'response_mode' is not supported.")));
    }
    kind(call).map_err(returned)?;
    let scope = scope(call).map_err(returned)?;
    let challenge = challenge(call).map_err(returned)?;
    let prompt = call.param("prompt").to_owned();
    if !["", "none", "login", "consent", "select_account"].contains(&prompt.as_str()) {
        return Err(returned(invalid(90_023, "Unsupported 'prompt' value.")));
    }
    let nonce = call.query.get("nonce").cloned();
    let hint = call.param("login_hint").to_owned();
    Ok(Asked { tenant, app, scope, nonce, challenge, prompt, hint, back: back.clone() })
}

fn invalid(code: u32, text: &str) -> EntraError {
    EntraError::new(400, "invalid_request", code, text)
}

fn kind(call: &Call) -> Result<(), EntraError> {
    match needed(call, "response_type")? {
        "code" => Ok(()),
        other => Err(EntraError::new(
            400,
            "unsupported_response_type",
            700_054,
            format!("response_type '{other}' is not enabled for the application."),
        )),
    }
}

/// Scopes of OpenID Connect and of Graph only; each resource but Graph is unknown here.
fn scope(call: &Call) -> Result<String, EntraError> {
    let scope = needed(call, "scope")?;
    for one in scope.split_whitespace().map(|s| bare(call, s)) {
        if let Some((resource, _)) = one.rsplit_once('/') {
            return Err(EntraError::new(
                400,
                "invalid_resource",
                500_011,
                format!("The resource principal named {resource} was not found in the tenant."),
            ));
        }
        if !one.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) {
            return Err(EntraError::new(
                400,
                "invalid_scope",
                70_011,
                format!(
                    "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope {scope} is not valid."
                ),
            ));
        }
    }
    Ok(scope.to_owned())
}

/// Stricter than Entra, which lets confidential clients go without: the simulation wants PKCE with S256 of all.
fn challenge(call: &Call) -> Result<String, EntraError> {
    let challenge = call.param("code_challenge");
    let fits = (43..=128).contains(&challenge.len())
        && challenge.chars().all(|c| c.is_ascii_alphanumeric() || "-._~".contains(c));
    if !fits {
        return Err(invalid(50_147, "The size of the code challenge parameter isn't valid."));
    }
    if call.param("code_challenge_method") != "S256" {
        return Err(invalid(50_149, "The code challenge method is not supported; it must be S256."));
    }
    Ok(challenge.to_owned())
}
