//! Bodies nobody should be able to use: HTML, cut off, nested without end, doubled keys, wrong kinds, new words.

use serde_json::{Value, json};

use super::fault::Kind;
use crate::answer::{Answer, Body};

pub fn is(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Html | Kind::Truncated | Kind::Deep | Kind::DuplicateKey | Kind::WrongType | Kind::UnknownWord
    )
}

/// The answer with a body of this kind; none where there is no body to spoil.
pub fn mangled(kind: Kind, answer: &Answer) -> Option<Answer> {
    if kind == Kind::Html {
        let page =
            "<!DOCTYPE html><html><head><title>Sign in to your account</title></head><body>…</body></html>";
        return Some(Answer::html(200, page.to_owned()));
    }
    let Body::Json(body) = &answer.body else { return None };
    let text = match kind {
        Kind::Truncated => {
            let whole = body.to_string();
            let cut = (0..=whole.len() * 2 / 3).rfind(|at| whole.is_char_boundary(*at))?;
            whole[..cut].to_owned()
        }
        Kind::Deep => format!("{{\"value\":{}", "[".repeat(100_000)),
        Kind::DuplicateKey => doubled(body)?,
        Kind::WrongType => wrong(body)?.to_string(),
        _ => {
            let mut changed = body.clone();
            if !new_words(&mut changed) {
                return None;
            }
            changed.to_string()
        }
    };
    Some(Answer { body: Body::Text("application/json", text), ..answer.clone() })
}

/// The first key that every object of its kind has, said twice with two values.
fn doubled(body: &Value) -> Option<String> {
    let (key, other) = if body["value"].is_array() {
        ("value", json!([]))
    } else if body["access_token"].is_string() {
        ("access_token", json!("e30.e30.e30"))
    } else {
        ("id", json!("00000000-0000-4000-8000-000000000000"))
    };
    body.get(key)?;
    let text = body.to_string();
    Some(format!("{{\"{key}\":{other},{}", text.strip_prefix('{')?))
}

fn wrong(body: &Value) -> Option<Value> {
    let mut changed = body.clone();
    if body["value"].is_array() {
        changed["value"] = json!("none");
    } else if body["access_token"].is_string() {
        changed["access_token"] = json!({"token": 7});
    } else if body["id"].is_string() {
        changed["id"] = json!({"value": 7});
    } else {
        return None;
    }
    Some(changed)
}

/// Words of open sets; Microsoft adds to them without asking.
const WORDS: &[&str] = &[
    "state",
    "status",
    "requestType",
    "catalogType",
    "allowedTargetScope",
    "expirationBehavior",
    "userType",
    "externalUserState",
    "capabilityStatus",
    "provisioningStatus",
    "originSystem",
    "allowInvitesFrom",
];

fn new_words(value: &mut Value) -> bool {
    match value {
        Value::Object(map) => {
            let mut changed = false;
            for (key, one) in map {
                if one.is_string() && WORDS.contains(&key.as_str()) {
                    *one = json!("unknownFutureValue");
                    changed = true;
                } else {
                    changed |= new_words(one);
                }
            }
            changed
        }
        Value::Array(items) => items.iter_mut().fold(false, |changed, one| new_words(one) | changed),
        _ => false,
    }
}
