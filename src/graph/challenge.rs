//! Continuous access evaluation: a 401 may say which claims a token must have (contract §15 is silent; Microsoft
//! documents it under "claims challenges"). They are asked for, once, with a new token.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;
use serde_json::Value;

/// More than any documented challenge has.
const LONGEST: usize = 8 * 1024;

/// The claims of `WWW-Authenticate: Bearer …, error="insufficient_claims", claims="…"`, as the token endpoint takes
/// them. Anything that is no JSON object is no challenge.
pub(crate) fn claims_in(headers: &HeaderMap) -> Option<String> {
    let challenges = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    challenges.filter_map(claims_of).next()
}

fn claims_of(challenge: &str) -> Option<String> {
    if challenge.len() > LONGEST || parameter(challenge, "error")? != "insufficient_claims" {
        return None;
    }
    let claims = parameter(challenge, "claims")?.trim_end_matches('=');
    let standard = claims.replace('-', "+").replace('_', "/");
    let bytes = URL_SAFE_NO_PAD.decode(claims).or_else(|_| {
        let padded = format!("{standard}{}", "=".repeat((4 - standard.len() % 4) % 4));
        STANDARD.decode(padded)
    });
    let text = String::from_utf8(bytes.ok()?).ok()?;
    serde_json::from_str::<Value>(&text).ok().filter(Value::is_object)?;
    Some(text)
}

/// A parameter of a challenge, quoted or not. No documented value holds an escaped quote.
fn parameter<'a>(challenge: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = challenge.split_once(' ').map_or(challenge, |(_, rest)| rest);
    while let Some((key, after)) = rest.split_once('=') {
        let (value, left) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_once(',').unwrap_or((after, "")),
        };
        if key.trim_matches([' ', ',']).eq_ignore_ascii_case(name) {
            return Some(value.trim());
        }
        rest = left;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(challenge: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(WWW_AUTHENTICATE, challenge.parse().unwrap());
        claims_in(&headers)
    }

    #[test]
    fn the_documented_challenge_is_read_with_and_without_padding() {
        let claims = r#"{"access_token":{"nbf":{"essential":true, "value":"1604106651"}}}"#;
        let documented =
            "eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwgInZhbHVlIjoiMTYwNDEwNjY1MSJ9fX0=";
        for encoded in [documented, documented.trim_end_matches('=')] {
            let challenge = format!(
                "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", \
                 client_id=\"00000003-0000-0000-c000-000000000000\", error=\"insufficient_claims\", claims=\"{encoded}\""
            );
            assert_eq!(of(&challenge).as_deref(), Some(claims));
        }
    }

    #[test]
    fn what_is_no_challenge_asks_for_nothing() {
        for other in [
            "Bearer realm=\"\"",
            "Bearer error=\"invalid_token\", claims=\"eyJhIjoxfQ==\"",
            "Bearer error=\"insufficient_claims\"",
            "Bearer error=\"insufficient_claims\", claims=\"not base64!\"",
            "Bearer error=\"insufficient_claims\", claims=\"WzFd\"",
            "Bearer error=\"insufficient_claims, claims=",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
        assert_eq!(
            of(&format!("Bearer error=\"insufficient_claims\", claims=\"{}\"", "A".repeat(LONGEST))),
            None
        );
    }
}
