//! Admin consent in the browser: an administrator picks his account, reads what the application wants, and accepts
//! or cancels. Version 1 and version 2 of the address differ in what they ask for and answer.

use askama::Template;

use super::authorize::admitted;
use super::authorize_request::application;
use super::consent;
use super::errors::{EntraError, SORRY};
use super::way_back::{Mode, WayBack};
use crate::answer::Answer;
use crate::call::Call;
use crate::pages::account::{self, Account};
use crate::pages::{self, pick};
use crate::simulation::Shared;
use crate::world::{Application, Tenant, World};

/// Who may grant application permissions of Graph.
const MAY_GRANT: [&str; 2] = ["Global Administrator", "Privileged Role Administrator"];
/// Who may grant delegated permissions too.
const MAY_GRANT_DELEGATED: [&str; 2] = ["Application Administrator", "Cloud Application Administrator"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    One,
    Two,
}

/// A request in order.
struct Asked {
    version: Version,
    /// Absent at `organizations`: the account's own.
    tenant: Option<String>,
    app: Application,
    back: WayBack,
    scope: String,
}

/// What a call's form carries: a picked account, or the decision of one.
enum Step {
    Pick,
    Picked,
    Decided { account: String, accept: bool },
    Cancelled,
}

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    place: &'a str,
    action: String,
    app: &'a Application,
    publisher: &'a Tenant,
    tenant: &'a Tenant,
    who: String,
    account: String,
}

fn read(world: &World, call: &Call, name: &str, version: Version) -> Result<Asked, EntraError> {
    if name == "common" {
        let text =
            "Use a tenant-specific endpoint or /organizations: admin consent is not possible at /common.";
        return Err(EntraError::new(400, "invalid_request", 50_059, text));
    }
    let (tenant, app, uri) = application(world, call, name)?;
    let scope = call.param("scope");
    let whole = [call.base.as_str(), "https://graph.microsoft.com"].map(|r| format!("{r}/.default"));
    if version == Version::Two && !whole.iter().any(|w| w == scope) {
        // Single delegated permissions could be asked for too; application permissions always need `/.default`.
        let text = format!(
            "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope '{scope}' is not valid."
        );
        return Err(EntraError::new(400, "invalid_scope", 70_011, text));
    }
    let back = WayBack { uri, mode: Mode::Query, state: call.query.get("state").cloned() };
    Ok(Asked { version, tenant, app, back, scope: scope.to_owned() })
}

fn step(call: &Call) -> Step {
    let form = call.form();
    let accept = form.get("decision").map(|d| d == "accept");
    match (accept, form.get("account")) {
        (Some(accept), Some(account)) => Step::Decided { account: account.clone(), accept },
        _ if form.contains_key("cancel") => Step::Cancelled,
        _ if call.method == "POST" => Step::Picked,
        _ => Step::Pick,
    }
}

/// Answers `GET` and `POST` of `/{tenant}/adminconsent` and `/{tenant}/v2.0/adminconsent`.
pub fn page(shared: &Shared, call: &Call, name: &str, version: Version) -> Answer {
    let asked = match read(&shared.world(), call, name, version) {
        Ok(asked) => asked,
        Err(error) => return error.page(call, SORRY, None),
    };
    match step(call) {
        Step::Pick => show_pick(&shared.world(), call, &asked, None),
        Step::Cancelled => cancelled(shared, call, &asked),
        Step::Picked => {
            let picked = pick::picked(&shared.world(), call);
            match picked {
                Err(trouble) => show_pick(&shared.world(), call, &asked, Some(&trouble)),
                Ok(account) => account::remember(shared, call, &account, ask(shared, call, &asked, &account)),
            }
        }
        Step::Decided { account, accept } => {
            // Only an account that signed in at this browser decides.
            let signed = account::signed_in(shared, call);
            match signed.iter().find(|a| a.key() == account) {
                Some(account) if accept => accepted(shared, call, &asked, account),
                Some(_) => cancelled(shared, call, &asked),
                None => show_pick(&shared.world(), call, &asked, Some("Sign in again: your session ended.")),
            }
        }
    }
}

fn show_pick(world: &World, call: &Call, asked: &Asked, trouble: Option<&str>) -> Answer {
    let tenant = asked.tenant.as_deref().and_then(|id| world.tenant(id));
    let form = call.form();
    let page = pick::Pick {
        place: "Sign in",
        to: &asked.app.display_name,
        action: &format!("{}?{}", call.path, call.raw_query),
        choices: tenant.map_or_else(|| pick::everybody(world), |t| pick::choices(world, t, "")),
        typed: form.get("address").map_or("", |a| a),
        trouble,
        back: "",
        cancel: true,
    };
    pages::html(if trouble.is_some() { 422 } else { 200 }, &page)
}

/// The administrator's tenant, or why he is none.
fn administrator(
    world: &mut World,
    asked: &Asked,
    account: &Account,
) -> Result<(String, String), EntraError> {
    let tenant = asked.tenant.clone().unwrap_or_else(|| account.tenant.clone());
    if !asked.app.multi_tenant && tenant != asked.app.home_tenant {
        return Err(EntraError::no_application(&asked.app.app_id, &tenant));
    }
    let user = admitted(world, &asked.app.app_id, &tenant, account)?;
    let person = world.tenant(&tenant).and_then(|t| t.user(&user)).cloned().unwrap_or_default();
    let has = |roles: &[&str]| person.roles.iter().any(|r| roles.contains(&r.as_str()));
    if has(&MAY_GRANT) || (asked.app.required_application.is_empty() && has(&MAY_GRANT_DELEGATED)) {
        return Ok((tenant, person.user_principal_name));
    }
    Err(EntraError::new(
        403,
        "access_denied",
        90_093,
        "This operation can only be performed by an administrator. Sign out and sign in as an administrator or contact one of your organization's administrators.",
    ))
}

fn ask(shared: &Shared, call: &Call, asked: &Asked, account: &Account) -> Answer {
    let mut world = shared.world();
    let (tenant, who) = match administrator(&mut world, asked, account) {
        Ok(found) => found,
        Err(error) => return error.page(call, "Need admin approval", None),
    };
    let (Some(publisher), Some(tenant)) = (world.tenant(&asked.app.home_tenant), world.tenant(&tenant))
    else {
        return EntraError::no_tenant(&tenant).page(call, SORRY, None);
    };
    let page = ConsentPage {
        place: "Sign in",
        action: format!("{}?{}", call.path, call.raw_query),
        app: &asked.app,
        publisher,
        tenant,
        who,
        account: account.key(),
    };
    pages::html(200, &page)
}

fn accepted(shared: &Shared, call: &Call, asked: &Asked, account: &Account) -> Answer {
    let mut world = shared.world();
    let tenant = match administrator(&mut world, asked, account) {
        Ok((tenant, _)) => tenant,
        Err(error) => return error.page(call, "Need admin approval", None),
    };
    if let Some(there) = world.tenant_mut(&tenant) {
        consent::grant(there, &asked.app, call.now);
    }
    let mut values = vec![("admin_consent", "True"), ("tenant", tenant.as_str())];
    if asked.version == Version::Two {
        values.push(("scope", &asked.scope));
    }
    asked.back.with(&values)
}

/// Contract §15; the switch is for what was only inferred there.
fn cancelled(shared: &Shared, call: &Call, asked: &Asked) -> Answer {
    if shared.world().switches.on("consent.cancel-subcode") {
        let error =
            EntraError::new(400, "access_denied", 65_004, "User declined to consent to access the app.");
        let text = error.description(call).0;
        let values = [("error", "access_denied"), ("error_subcode", "cancel"), ("error_description", &text)];
        return asked.back.with(&values);
    }
    if asked.version == Version::One {
        let text = "The admin canceled the request";
        return asked.back.with(&[("error", "permission_denied"), ("error_description", text)]);
    }
    let text = "The resource owner or authorization server denied the request.";
    let text = EntraError::new(400, "consent_required", 65_004, text).description(call).0;
    let values = [("admin_consent", "True"), ("error", "consent_required"), ("error_description", &text)];
    asked.back.with(&values)
}
