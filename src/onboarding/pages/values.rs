//! Values of plans and journals in the person's words: names for flags, scopes and permissions, never raw keys.

use serde_json::Value;

use super::words::ChangeLine;
use crate::kit::text::T;
use crate::onboarding::blueprint::LiveResponse;
use crate::onboarding::names::Names;
use crate::onboarding::policy::PolicyFacts;
use crate::onboarding::step::{Change, Told};
use crate::onboarding::wanted::permissions;

/// Values that are yes or no.
const FLAGS: [&str; 18] = [
    "published",
    "external",
    "hidden",
    "configured",
    "new-requests",
    "on-behalf",
    "own-schedule",
    "extension",
    "extension-approval",
    "approval",
    "requestor-justification",
    "approver-justification",
    "escalation",
    "review",
    "review-self",
    "self-removal",
    "review-recommendation",
    "reviewer-justification",
];

pub fn label(t: T, value: &str) -> String {
    t.text_or_key(&format!("onboarding-value-{value}"))
}

/// What a value is, in words. What Microsoft adds one day is shown as it writes it.
pub fn word(t: T, value: &str, is: &str) -> String {
    if matches!(is, "" | "–") {
        return t.layout_none();
    }
    let of = |group: &str, key: &str| t.text(&format!("onboarding-{group}-{}", key.to_lowercase()));
    let told = match value {
        _ if FLAGS.contains(&value) => match is {
            "yes" => Some(t.layout_yes()),
            "no" => Some(t.layout_no()),
            _ => None,
        },
        "scope" => of("scope", is),
        "no-response" => of("no-response", is),
        "kind" => of("kind", is),
        "actions" | "actions-lacking" | "actions-more" => {
            let all: Vec<String> = is.split(", ").map(|name| permission(t, name)).collect();
            Some(all.join("; "))
        }
        _ => None,
    };
    told.unwrap_or_else(|| is.to_owned())
}

/// The name that Microsoft shows for a permission, however this tenant spells it.
pub fn permission(t: T, name: &str) -> String {
    let small = name.to_lowercase();
    let mut all = permissions(LiveResponse::Advanced).into_iter();
    let known = all.find(|known| small == *known || small.ends_with(&format!("/{known}")));
    let told = known.and_then(|known| t.text(&format!("onboarding-permission-{}", known.replace('/', "-"))));
    told.unwrap_or_else(|| name.to_owned())
}

/// What of a candidate is not ours: a name, an owner, a scope that names nobody, something more that it gives.
pub fn foreigner(t: T, one: &str) -> String {
    match one.split_once(':') {
        Some(("scope", scope)) => word(t, "scope", scope),
        Some(("owner", name)) => t.onboarding_foreign_owner(name.to_owned()),
        Some(("gives", name)) => t.onboarding_foreign_gives(name.to_owned()),
        _ => one.to_owned(),
    }
}

pub fn told(t: T, values: &[Told]) -> Vec<(String, String)> {
    values.iter().map(|one| (label(t, &one.value), word(t, &one.value, &one.is))).collect()
}

pub fn change(t: T, change: &Change) -> ChangeLine {
    ChangeLine {
        value: label(t, &change.value),
        before: word(t, &change.value, &change.before),
        after: word(t, &change.value, &change.after),
    }
}

/// What a step's journal says of before and after, value by value; a value that stayed is left out.
pub fn journal(t: T, names: Names<'_>, before: Option<&Value>, after: Option<&Value>) -> Vec<ChangeLine> {
    let (before, after) = (flat(before, names), flat(after, names));
    let of = |all: &[Told], value: &str| {
        all.iter().find(|one| one.value == value).map(|one| one.is.clone()).unwrap_or_default()
    };
    let mut values: Vec<&str> = Vec::new();
    for one in before.iter().chain(&after) {
        if !values.contains(&one.value.as_str()) {
            values.push(&one.value);
        }
    }
    let changes = values.into_iter().map(|value| Change::new(value, of(&before, value), of(&after, value)));
    changes.filter(|one| one.before != one.after).map(|one| change(t, &one)).collect()
}

fn flat(value: Option<&Value>, names: Names<'_>) -> Vec<Told> {
    let Some(Value::Object(map)) = value else { return Vec::new() };
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        Value::Bool(is) => if *is { "yes" } else { "no" }.to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(all) => all
            .iter()
            .map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned))
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    };
    let mut told = Vec::new();
    for (key, value) in map {
        match serde_json::from_value::<PolicyFacts>(value.clone()) {
            Ok(policy) if key == "values" => told.extend(policy.told(&|one: &str| names.subject(one))),
            _ => told.push(Told::new(key, text(value))),
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kit::text::{KEYS, Lang};
    use crate::onboarding::blueprint::Blueprint;
    use crate::onboarding::facts::Facts;

    #[test]
    fn every_value_of_a_policy_and_every_permission_has_words_in_both_languages() {
        let facts = PolicyFacts::wanted(&Blueprint::default(), "o".into(), "u".into(), "g".into());
        for lang in Lang::ALL {
            for one in facts.told(&|one: &str| one.to_owned()) {
                assert!(KEYS.contains(&format!("onboarding-value-{}", one.value).as_str()), "{}", one.value);
                let word = word(lang.t(), &one.value, &one.is);
                let raw = ["yes", "no"].contains(&one.is.as_str())
                    || ["scope", "no-response"].contains(&one.value.as_str());
                assert!(!raw || word != one.is, "{}: {word}", one.value);
            }
            for name in permissions(LiveResponse::Advanced) {
                assert!(!permission(lang.t(), &format!("microsoft.xdr/{name}")).contains('/'), "{name}");
            }
        }
    }

    #[test]
    fn a_journal_tells_what_changed_and_nothing_else() {
        let (mut was, wanted) = (
            PolicyFacts::wanted(&Blueprint::default(), "o".into(), "u".into(), "g".into()),
            PolicyFacts::wanted(&Blueprint::default(), "o".into(), "u".into(), "g".into()),
        );
        was.ends_after = Some(30 * 86_400);
        let (observation, facts) = (Default::default(), Facts::of_nobody());
        let names = Names { observation: &observation, facts: &facts };
        let (before, after) = (json!({ "values": was }), json!({ "values": wanted, "hidden": true }));
        let lines = journal(Lang::Nl.t(), names, Some(&before), Some(&after));
        let lines: Vec<(&str, &str, &str)> =
            lines.iter().map(|one| (one.value.as_str(), one.before.as_str(), one.after.as_str())).collect();
        assert_eq!(lines, [("Toegang eindigt na (dagen)", "30", "365"), ("Verborgen", "Geen", "Ja")]);
    }
}
