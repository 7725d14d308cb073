//! The sign-in page: pick a person, get a code. Redeeming it is the token endpoint's part.

use chrono::TimeDelta;

use super::authorize_request::{Asked, Refusal, read};
use super::client;
use super::errors::{EntraError, SORRY};
use super::sessions::SignIn;
use super::token::FREE;
use crate::answer::Answer;
use crate::call::Call;
use crate::pages::account::{self, Account};
use crate::pages::{self, pick};
use crate::simulation::Shared;
use crate::world::{World, new_id};

/// How long a code waits to be redeemed.
const CODE: TimeDelta = TimeDelta::minutes(10);

/// A delegated scope without its resource: `https://graph.microsoft.com/User.Read` is `User.Read`.
pub fn bare<'a>(call: &Call, scope: &'a str) -> &'a str {
    for resource in [call.base.as_str(), "https://graph.microsoft.com"] {
        if let Some(rest) = scope.strip_prefix(resource).and_then(|r| r.strip_prefix('/')) {
            return rest;
        }
    }
    scope
}

fn refused(call: &Call, refusal: Refusal) -> Answer {
    match refusal {
        Refusal::Shown(error) => error.page(call, SORRY, None),
        Refusal::Returned(back, error) => back.refused(call, &error),
    }
}

/// `GET /{tenant}/oauth2/v2.0/authorize`: whoever is signed in, the page asks, since one browser plays many people.
pub fn page(shared: &Shared, call: &Call, name: &str) -> Answer {
    let asked = match read(&shared.world(), call, name) {
        Ok(asked) => asked,
        Err(refusal) => return refused(call, refusal),
    };
    if asked.prompt == "none" {
        return silently(shared, call, &asked);
    }
    show(&shared.world(), call, &asked, None)
}

fn show(world: &World, call: &Call, asked: &Asked, trouble: Option<&str>) -> Answer {
    let tenant = asked.tenant.as_deref().and_then(|id| world.tenant(id));
    let form = call.form();
    let page = pick::Pick {
        place: "Sign in",
        to: &match tenant {
            Some(t) => format!("{} at {}", asked.app.display_name, t.display_name),
            None => asked.app.display_name.clone(),
        },
        action: &format!("{}?{}", call.path, call.raw_query),
        choices: tenant.map_or_else(|| pick::everybody(world), |t| pick::choices(world, t, &asked.hint)),
        typed: form.get("address").map_or(&asked.hint, |a| a),
        trouble,
        back: "",
        cancel: true,
    };
    pages::html(if trouble.is_some() { 422 } else { 200 }, &page)
}

/// `POST` of the page: an account was picked.
pub fn picked(shared: &Shared, call: &Call, name: &str) -> Answer {
    let asked = match read(&shared.world(), call, name) {
        Ok(asked) => asked,
        Err(refusal) => return refused(call, refusal),
    };
    if call.form().contains_key("cancel") {
        let error =
            EntraError::new(400, "access_denied", 65_004, "User declined to consent to access the app.");
        return asked.back.refused(call, &error);
    }
    let account = pick::picked(&shared.world(), call);
    match account {
        Err(trouble) => show(&shared.world(), call, &asked, Some(&trouble)),
        Ok(account) => {
            let answer = match enter(shared, call, &asked, &account) {
                Ok(answer) => answer,
                Err(error) => refusal_page(call, &asked, &error),
            };
            account::remember(shared, call, &account, answer)
        }
    }
}

/// Some refusals end on a page; from "needs approval" a link leads back to the application.
fn refusal_page(call: &Call, asked: &Asked, error: &EntraError) -> Answer {
    if error.code != 90_094 {
        return error.page(call, SORRY, None);
    }
    let declined =
        EntraError::new(400, "access_denied", 65_004, "User declined to consent to access the app.");
    let back = asked.back.refused(call, &declined);
    let address = back.headers.into_iter().find(|(n, _)| n == "location").map(|(_, v)| v);
    error.page(call, "Need admin approval", address)
}

/// `prompt=none`: the signed-in account, or an error the application can act on.
fn silently(shared: &Shared, call: &Call, asked: &Asked) -> Answer {
    let mut fitting: Vec<Account> = account::signed_in(shared, call);
    {
        let world = shared.world();
        fitting.retain(|a| {
            let here = asked.tenant.as_deref().unwrap_or(&a.tenant);
            a.in_tenant(&world, here).is_some()
                && (asked.hint.is_empty() || Account::of_address(&world, &asked.hint).as_ref() == Some(a))
        });
    }
    let error = match fitting.as_slice() {
        [] => EntraError::new(
            400,
            "login_required",
            50_058,
            "A silent sign-in request was sent but no user is signed in.",
        ),
        [one] => match enter(shared, call, asked, one) {
            Ok(answer) => return answer,
            Err(error) if error.code == 90_094 => not_consented(asked),
            Err(error) => EntraError { error: "interaction_required", ..error },
        },
        _ => EntraError::new(
            400,
            "interaction_required",
            16_000,
            "Either multiple user identities are available for the current request or selected account is not supported for the scenario.",
        ),
    };
    asked.back.refused(call, &error)
}

fn not_consented(asked: &Asked) -> EntraError {
    EntraError::new(
        400,
        "consent_required",
        65_001,
        format!(
            "The user or administrator has not consented to use the application with ID '{}' named '{}'. Send an interactive authorization request for this user and resource.",
            asked.app.app_id, asked.app.display_name
        ),
    )
}

/// The account goes in: a code is made, bound to all that was asked.
fn enter(shared: &Shared, call: &Call, asked: &Asked, account: &Account) -> Result<Answer, EntraError> {
    let mut world = shared.world();
    let tenant = asked.tenant.clone().unwrap_or_else(|| account.tenant.clone());
    let user = admitted(&mut world, &asked.app.app_id, &tenant, account)?;
    consented(&world, call, asked, &tenant)?;
    let code = format!("1.{}{}", new_id().replace('-', ""), new_id().replace('-', ""));
    let sign_in = SignIn {
        client_id: asked.app.app_id.clone(),
        redirect_uri: asked.back.uri.clone(),
        tenant,
        user,
        scope: asked.scope.clone(),
        nonce: asked.nonce.clone(),
        challenge: asked.challenge.clone(),
        until: call.now + CODE,
    };
    shared.sessions().codes.insert(code.clone(), sign_in);
    Ok(asked.back.with(&[("code", &code), ("session_state", &new_id())]))
}

/// The person as the tenant knows him, if it lets him in. A guest who comes the first time has accepted with it.
pub fn admitted(world: &mut World, app: &str, tenant: &str, account: &Account) -> Result<String, EntraError> {
    let Some(user) = account.in_tenant(world, tenant).cloned() else {
        let name = account.person(world).map(|u| u.user_principal_name.clone()).unwrap_or_default();
        let named = world.tenant(tenant).map(|t| t.display_name.clone()).unwrap_or_default();
        return Err(EntraError::new(
            400,
            "invalid_request",
            50_020,
            format!(
                "User account '{name}' from identity provider 'https://sts.windows.net/{}/' does not exist in tenant '{named}' and cannot access the application '{app}' in that tenant. The account needs to be added as an external user in the tenant first. Sign out and sign in again with a different Microsoft Entra user account.",
                account.tenant
            ),
        ));
    };
    let blocked_at_home = account.person(world).is_some_and(|u| !u.enabled);
    if !user.enabled || blocked_at_home {
        return Err(EntraError::new(400, "access_denied", 50_057, "The user account is disabled."));
    }
    let found = world.tenant_mut(tenant).and_then(|t| t.users.iter_mut().find(|u| u.id == user.id));
    if let Some(guest) = found.filter(|u| u.external_state.as_deref() == Some("PendingAcceptance")) {
        guest.external_state = Some("Accepted".to_owned());
    }
    Ok(user.id)
}

/// Whether the application may have what it asks for. Nobody but an administrator consents here.
fn consented(world: &World, call: &Call, asked: &Asked, tenant: &str) -> Result<(), EntraError> {
    let there = world.tenant(tenant).and_then(|t| t.service_principal(&asked.app.app_id));
    let needs = || {
        EntraError::new(
            400,
            "access_denied",
            90_094,
            format!(
                "{} needs permission to access resources in your organization that only an admin can grant. Please ask an admin to grant permission to this app before you can use it.",
                asked.app.display_name
            ),
        )
    };
    if there.is_none() {
        return Err(needs());
    }
    let sp = client::installed(world, &asked.app.app_id, tenant)?.1;
    let held = |s: &str| s == ".default" || FREE.contains(&s) || sp.delegated.iter().any(|d| d == s);
    if asked.scope.split_whitespace().all(|s| held(bare(call, s))) { Ok(()) } else { Err(needs()) }
}
