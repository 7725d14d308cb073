//! Webhooks: signed as Standard Webhooks 1.0 says (`webhook-id`, `webhook-timestamp`, `webhook-signature` v1), and the
//! one way in which anything is posted to an address that somebody typed.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use url::Url;

use super::Failure;
use crate::app::App;
use crate::kit::chance::Chance;
use crate::kit::outbox;
use crate::kit::reach::{self, Unreached};
use crate::notices::store::Letter;
use crate::notices::words::Said;

/// How a secret is written: the prefix tells leak scanners what it is.
const PREFIX: &str = "whsec_";
/// What a receiver says of an error, at most.
const SAID: usize = 2_000;

/// A fresh secret: 32 random bytes.
pub fn new_secret(chance: &Chance) -> SecretString {
    SecretString::from(format!("{PREFIX}{}", STANDARD.encode(chance.bytes::<32>())))
}

/// What is told to a machine. The same bytes at every try: times are moments, never spans.
pub fn body(full: &Letter, said: &Said) -> String {
    let told = &full.told;
    let kind = told["kind"].as_str().or_else(|| told["what"].as_str()).unwrap_or_default();
    let mut data = json!({ "title": said.title, "summary": said.subject });
    if let Some((id, name, domain, tenant)) = &full.customer {
        data["customer"] = json!({ "id": id.to_string(), "name": name, "domain": domain, "entra_tenant_id": tenant.to_string() });
    }
    if let Some((_, url)) = &said.link {
        data["link"] = json!(url.as_str());
    }
    if let Some(severity) = said.severity {
        data["severity"] = json!(severity.key());
    }
    for part in ["about", "facts", "by"] {
        if !told[part].is_null() {
            data[part] = told[part].clone();
        }
    }
    let at = told["at"].as_str().map_or_else(|| json!(full.made_at), |at| json!(at));
    json!({ "type": kind.replace('-', "."), "timestamp": at, "data": data }).to_string()
}

/// The three headers. The id is the message's own, whenever it is sent.
pub fn signed(
    letter: &outbox::Letter,
    body: &str,
    secrets: &[SecretString],
    now: DateTime<Utc>,
) -> Result<Vec<(&'static str, String)>, Failure> {
    let (id, timestamp) = (format!("msg_{}", letter.id.0.simple()), now.timestamp());
    let mut signatures = Vec::with_capacity(secrets.len());
    for secret in secrets {
        let encoded = secret.expose_secret().strip_prefix(PREFIX).unwrap_or_default();
        let key = STANDARD.decode(encoded).map_err(|_| Failure::dead("sealed", "the secret is not whole"))?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let signature = hmac::sign(&key, format!("{id}.{timestamp}.{body}").as_bytes());
        signatures.push(format!("v1,{}", STANDARD.encode(signature)));
    }
    if signatures.is_empty() {
        return Err(Failure::dead("sealed", "the channel has no secret"));
    }
    Ok(vec![
        ("webhook-id", id),
        ("webhook-timestamp", timestamp.to_string()),
        ("webhook-signature", signatures.join(" ")),
    ])
}

/// Posts JSON. Any answer of the 200s is taken.
pub async fn post(
    app: &App,
    target: &SecretString,
    body: &str,
    headers: &[(&'static str, String)],
) -> Result<(), Failure> {
    let url: Url = target.expose_secret().parse().map_err(|_| Failure::dead("no-address", ""))?;
    app.reach.admit(&url).map_err(|why| unreached(&why))?;
    let client = app.reach.client().map_err(|why| unreached(&why))?;
    let mut request = client
        .post(url)
        .header(http::header::CONTENT_TYPE, "application/json; charset=utf-8")
        .body(body.to_owned());
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let answer = match request.send().await {
        Ok(answer) => answer,
        // Without the address: it is as good as a password.
        Err(error) => {
            let error = error.without_url();
            return Err(match reach::reason(&error) {
                Some(why) => unreached(&why),
                None if error.is_connect() || error.is_builder() => {
                    Failure::passing("unreached", chain(&error))
                }
                None => Failure::lost(chain(&error)),
            });
        }
    };
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let said = format!("{status}: {}", beginning(answer).await);
    Err(match status.as_u16() {
        // Who stands before the receiver heard nothing more of it.
        504 => Failure::lost(said),
        408 | 425 | 429 | 500..=599 => Failure::passing("receiver-later", said),
        300..=399 => Failure::dead("redirected", said),
        _ => Failure::dead("receiver-refused", said),
    })
}

fn unreached(why: &Unreached) -> Failure {
    match why {
        Unreached::Private(_) | Unreached::NotHttps => Failure::dead("private", why.to_string()),
        Unreached::NoAddress(_) | Unreached::Authorities => Failure::passing("unreached", why.to_string()),
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut next = error.source();
    while let Some(inner) = next {
        said = format!("{said}: {inner}");
        next = inner.source();
    }
    said
}

/// The first part of what the receiver says, however much that is.
async fn beginning(mut answer: reqwest::Response) -> String {
    let mut said = Vec::new();
    while said.len() < SAID {
        match answer.chunk().await {
            Ok(Some(chunk)) => said.extend_from_slice(&chunk),
            Ok(None) | Err(_) => break,
        }
    }
    said.truncate(SAID);
    String::from_utf8_lossy(&said).into_owned()
}

/// The host of an address, which is all of it that is shown.
pub fn shown(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}", url.host_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_secret_is_whole_and_says_what_it_is() {
        let secret = new_secret(&Chance::seeded(1));
        let bytes = STANDARD.decode(secret.expose_secret().strip_prefix(PREFIX).unwrap()).unwrap();
        assert_eq!(bytes.len(), 32);
    }

    #[test]
    fn of_an_address_only_the_host_is_shown() {
        let url = |text: &str| shown(&text.parse().unwrap());
        assert_eq!(url("https://hooks.slack.example/services/T0/B0/secret"), "hooks.slack.example");
        assert_eq!(url("https://hooks.example:8443/?sig=secret"), "hooks.example:8443");
    }
}
