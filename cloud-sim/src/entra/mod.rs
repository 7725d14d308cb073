//! Entra: discovery, keys, tokens, sign-in and consent pages.

mod authorize;
mod authorize_request;
mod client;
pub mod consent;
mod consent_page;
mod discovery;
pub mod errors;
pub mod keys;
pub mod sessions;
mod sign_out;
mod token;
mod way_back;

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::simulation::Shared;
use consent_page::Version;

pub use authorize::admitted;

/// Answers everything outside Graph and the control interface.
pub fn answer(shared: &Shared, call: &Call) -> Outcome {
    let path: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    let said = match (call.method.as_str(), path.as_slice()) {
        ("GET", [name, "v2.0", ".well-known", "openid-configuration"]) => {
            discovery::document(shared, call, name)
        }
        ("GET", [name, "discovery", "v2.0", "keys"]) => discovery::keys(shared, call, name),
        ("POST", [name, "oauth2", "v2.0", "token"]) => token::answer(shared, call, name),
        ("GET", [name, "oauth2", "v2.0", "authorize"]) => Ok(authorize::page(shared, call, name)),
        ("POST", [name, "oauth2", "v2.0", "authorize"]) => Ok(authorize::picked(shared, call, name)),
        ("GET" | "POST", [name, "adminconsent"]) => Ok(consent_page::page(shared, call, name, Version::One)),
        ("GET" | "POST", [name, "v2.0", "adminconsent"]) => {
            Ok(consent_page::page(shared, call, name, Version::Two))
        }
        ("GET", [_, "oauth2", "v2.0", "logout"]) => Ok(sign_out::page(shared, call)),
        _ => return Err(Answer::unknown()),
    };
    Ok(said.unwrap_or_else(|e| e.body(call)))
}
