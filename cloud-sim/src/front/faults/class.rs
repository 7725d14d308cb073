//! The class of a call: what is counted and hit on its own.

use serde::Serialize;

use crate::call::Call;
use crate::graph::bearer::Who;

/// A call without its keys.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Class {
    pub tenant: String,
    pub app: String,
    pub method: String,
    /// `GET /v1.0/groups/{id}/members`.
    pub name: String,
    pub shape: Shape,
}

/// What can happen to a call depends on this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    Token,
    /// Sign-in, keys, pages: for people.
    Page,
    Read,
    Create,
    Set,
}

impl Class {
    pub fn of(call: &Call, who: &Who) -> Self {
        let graph = is_graph(call);
        let mut pieces: Vec<String> = call.path.split('/').filter(|p| !p.is_empty()).map(bare).collect();
        if !graph && let Some(tenant) = pieces.first_mut() {
            "{tenant}".clone_into(tenant);
        }
        let upsert = call.header("prefer").is_some_and(|p| p.contains("create-if-missing"));
        let shape = match call.method.as_str() {
            _ if !graph && call.path.ends_with("/token") => Shape::Token,
            _ if !graph => Shape::Page,
            "GET" => Shape::Read,
            "POST" => Shape::Create,
            _ if upsert => Shape::Create,
            _ => Shape::Set,
        };
        Self {
            tenant: who.0.clone().unwrap_or_default(),
            app: who.1.clone().unwrap_or_default(),
            method: call.method.clone(),
            name: format!("{} /{}", call.method, pieces.join("/")),
            shape,
        }
    }
}

pub fn is_graph(call: &Call) -> bool {
    call.path.starts_with("/v1.0/") || call.path.starts_with("/beta/")
}

/// A path's piece without its key: a key holds a digit, and a dash, an `@` or a `%`.
fn bare(piece: &str) -> String {
    if let Some((name, key)) = piece.split_once('(') {
        return format!("{name}({})", key.split(['=', ')']).next().unwrap_or_default());
    }
    let key = piece.chars().any(|c| c.is_ascii_digit()) && piece.contains(['-', '@', '%']);
    let address = piece.contains('@') || piece.contains("%40");
    if key || address { "{id}".to_owned() } else { piece.to_owned() }
}

/// The part of Microsoft's cloud that throttles on its own (contract §14).
pub fn workload(call: &Call) -> &'static str {
    let rest = call.path.trim_start_matches("/v1.0").trim_start_matches("/beta");
    match rest.split('/').nth(1).unwrap_or_default() {
        _ if !is_graph(call) => "sign-in",
        "identityGovernance" => "entitlement",
        "roleManagement" => "defender",
        "auditLogs" => "reports",
        "security" => "security",
        _ => "identity",
    }
}
