//! Lists that mislead: an item missing or doubled, a next page that leads back, elsewhere, or on and on.

use serde_json::{Value, json};

use super::fault::Kind;
use crate::answer::Answer;
use crate::call::Call;

const ENDLESS: &str = "endless-";
const PAGES: u32 = 10_000;

pub fn is(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::StaleList | Kind::NextLoop | Kind::NextForeign | Kind::NextEndless | Kind::RepeatedItem
    )
}

/// The list's answer, misleading; none where it is no list, or none long enough.
pub fn mangled(kind: Kind, call: &Call, answer: &Answer) -> Option<Answer> {
    let mut body = answer.json_body().clone();
    let items = body["value"].as_array_mut()?;
    match kind {
        Kind::StaleList => {
            let made = |item: &Value| item["createdDateTime"].as_str().unwrap_or_default().to_owned();
            let newest = items.iter().enumerate().max_by_key(|(at, item)| (made(item), *at))?.0;
            items.remove(newest);
        }
        Kind::RepeatedItem => {
            let first = items.first()?.clone();
            items.push(first);
        }
        Kind::NextLoop => body["@odata.nextLink"] = json!(link(call, &call.base, &call.raw_query)),
        Kind::NextForeign => {
            body["@odata.nextLink"] = json!(link(call, &foreign(&call.base), "$skiptoken=1"))
        }
        _ => body["@odata.nextLink"] = json!(link(call, &call.base, &format!("$skiptoken={ENDLESS}2"))),
    }
    Some(Answer::ok(body))
}

/// Another origin that leads here all the same, so that a call that goes there is seen.
fn foreign(base: &str) -> String {
    if base.contains("127.0.0.1") {
        base.replace("127.0.0.1", "localhost")
    } else {
        "https://graph.example.invalid".to_owned()
    }
}

fn link(call: &Call, base: &str, query: &str) -> String {
    format!("{base}{}?{query}", call.path)
}

/// A page of an endless list: empty, and with a next one.
pub fn endless(call: &Call) -> Option<Answer> {
    let page: u32 = call.param("$skiptoken").strip_prefix(ENDLESS)?.parse().ok()?;
    let mut body = json!({"value": []});
    if page < PAGES {
        body["@odata.nextLink"] = json!(link(call, &call.base, &format!("$skiptoken={ENDLESS}{}", page + 1)));
    }
    Some(Answer::ok(body))
}
