//! Writes to Defender's Unified RBAC.

use reqwest::Method;
use serde_json::json;

use super::{NO, RBAC, Write, write};

pub fn writes(group: &str, role: &str, assignment: &str) -> Vec<Write> {
    let bad = "BadRequest";
    vec![
        write(
            Method::PATCH,
            format!("{RBAC}/roleDefinitions/{role}"),
            json!({"description": "Changed", "isEnabled": false}),
            vec![
                ("/displayName", json!(""), bad),
                ("/displayName", json!(5), "Request_BadRequest"),
                ("/isEnabled", json!("no"), bad),
                ("/rolePermissions", json!([{"allowedResourceActions": ["microsoft.xdr/x"]}]), bad),
                ("/strange", json!(true), "Request_BadRequest"),
            ],
        ),
        write(
            Method::PATCH,
            format!("{RBAC}/roleAssignments/{assignment}"),
            json!({"displayName": "A2", "appScopeIds": ["Mde"]}),
            vec![
                ("/displayName", json!(" "), bad),
                ("/roleDefinitionId", json!("nothing"), bad),
                ("/principalIds", json!([]), bad),
                ("/appScopeIds", json!("Mde"), bad),
                ("/strange", json!(true), "Request_BadRequest"),
            ],
        ),
        write(
            Method::POST,
            format!("{RBAC}/roleDefinitions"),
            json!({"displayName": "R", "isEnabled": true, "rolePermissions": [
                {"allowedResourceActions": ["microsoft.xdr/secops/securitydata/basics/read"]}]}),
            vec![
                ("/displayName", NO, bad),
                ("/isEnabled", NO, bad),
                ("/rolePermissions", NO, bad),
                ("/rolePermissions/0/allowedResourceActions", NO, bad),
                ("/rolePermissions/0/allowedResourceActions", json!(["microsoft.xdr/x"]), bad),
                ("/strange", json!(true), "Request_BadRequest"),
            ],
        ),
        write(
            Method::POST,
            format!("{RBAC}/roleAssignments"),
            json!({"displayName": "A", "roleDefinitionId": "00000000-0000-4000-8000-000000000001",
                "principalIds": [group], "directoryScopeIds": ["/"], "appScopeIds": ["/"]}),
            vec![
                ("/displayName", NO, bad),
                ("/roleDefinitionId", NO, bad),
                ("/principalIds", NO, bad),
                ("/principalIds", json!(["nobody"]), bad),
                ("/principalIds", json!("one"), bad),
                ("/strange", json!(true), "Request_BadRequest"),
            ],
        ),
    ]
}
