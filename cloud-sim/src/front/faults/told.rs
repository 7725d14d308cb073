//! Faults that answer with a status of their own, and the token that is not the one asked for.

use chrono::TimeDelta;
use serde_json::json;

use super::class::{is_graph, workload};
use super::fault::{Kind, Strike};
use crate::answer::Answer;
use crate::call::Call;
use crate::graph::bearer::Who;
use crate::simulation::Shared;

/// The answer of a fault that is a status.
pub fn told(call: &Call, strike: Strike) -> Option<Answer> {
    let wait = strike.retry_after;
    Some(match strike.kind {
        Kind::TooMany | Kind::Workload => busy(call, Some(wait.unwrap_or(1).to_string())),
        Kind::TooManyDate => {
            let seconds = i64::try_from(wait.unwrap_or(1)).unwrap_or(1);
            let until = call.now + TimeDelta::seconds(seconds);
            busy(call, Some(until.format("%a, %d %b %Y %H:%M:%S GMT").to_string()))
        }
        Kind::TooManyBare => busy(call, None),
        Kind::Internal => broken(call, 500, "generalException", "An error occurred sending the request."),
        Kind::BadGateway => broken(call, 502, "badGateway", "Bad gateway."),
        Kind::GatewayTimeout => broken(call, 504, "gatewayTimeout", "The server did not answer in time."),
        Kind::Unavailable => {
            let text = "The service is temporarily unavailable. Please retry.";
            let answer = broken(call, 503, "serviceNotAvailable", text);
            match wait {
                Some(wait) => answer.header("retry-after", &wait.to_string()),
                None => answer,
            }
        }
        Kind::Expired => Answer::error(
            401,
            "InvalidAuthenticationToken",
            "Lifetime validation failed, the token is expired.",
        )
        .header("www-authenticate", "Bearer realm=\"\""),
        Kind::Claims => {
            let text = "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp";
            let claims = "Bearer realm=\"\", error=\"insufficient_claims\", claims=\"eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwgInZhbHVlIjoiMTYwNDEwNjY1MSJ9fX0=\"";
            Answer::error(401, "InvalidAuthenticationToken", text).header("www-authenticate", claims)
        }
        Kind::Lapsed => Answer::forbidden("Insufficient privileges to complete the operation."),
        Kind::NotFound if call.path.contains("/entitlementManagement/") => Answer::em_not_found(),
        Kind::NotFound => Answer::not_found("it"),
        Kind::Conflict => {
            Answer::error(409, "Conflict", "The resource exists or is being changed by another request.")
        }
        Kind::Exists => {
            let text =
                "One or more added object references already exist for the following modified properties.";
            Answer::error(400, "Request_BadRequest", text)
        }
        _ => return None,
    })
}

/// Throttled, by Graph or by Entra.
pub fn busy(call: &Call, wait: Option<String>) -> Answer {
    let answer = if is_graph(call) {
        Answer::error(429, "TooManyRequests", "Please retry again later.")
            .header("x-ms-throttle-scope", &format!("Tenant_Application/{}", workload(call)))
    } else {
        let text = "AADSTS90055: The server is terminating the request because it is too busy.";
        entra(429, "temporarily_unavailable", text)
    };
    match wait {
        Some(wait) => answer.header("retry-after", &wait),
        None => answer,
    }
}

fn broken(call: &Call, status: u16, code: &str, text: &str) -> Answer {
    if is_graph(call) { Answer::error(status, code, text) } else { entra(status, "server_error", text) }
}

fn entra(status: u16, word: &str, text: &str) -> Answer {
    Answer::json(status, json!({"error": word, "error_description": text, "error_codes": []}))
}

/// The answer of the token endpoint with a token of some other tenant.
pub fn of_another(shared: &Shared, who: &Who, answer: &Answer) -> Option<Answer> {
    let mut body = answer.json_body().clone();
    let mut claims = shared.keys.open(body["access_token"].as_str()?)?;
    let other = {
        let world = shared.world();
        let mine = |id: &str| who.0.as_deref().is_some_and(|t| t.eq_ignore_ascii_case(id));
        world.tenants.iter().find(|t| !mine(&t.id))?.id.clone()
    };
    claims["tid"] = json!(other);
    body["access_token"] = json!(shared.keys.sign(&claims)?);
    Some(Answer::ok(body))
}
