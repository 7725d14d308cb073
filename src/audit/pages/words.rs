//! Steps and values of an event in words. The texts are those of the rooms the words come from, found by their keys:
//! this room stands before them and knows none of their types.

use serde_json::Value;

use crate::kit::text::T;

const DAY: u64 = 86_400;
/// What a policy's field is called in the catalogue, where the two names differ.
const POLICY: [(&str, &str); 13] = [
    ("ends_after", "days"),
    ("extension_needs_approval", "extension-approval"),
    ("review.every_months", "review-months"),
    ("review.open_for", "review-days"),
    ("review.no_response", "no-response"),
    ("review.themselves", "review-self"),
    ("review.fallback", "fallback-reviewers"),
    ("review.reviewers", "reviewers"),
    ("review.stops", "review-stops"),
    ("decide_within", "decide-days"),
    ("justification", "approver-justification"),
    ("fallback", "fallback-approvers"),
    ("escalation.after", "escalation-days"),
];

/// The title of a step by its key, `group.tier1`.
pub fn step(t: T, key: &str) -> String {
    let (kind, of) = key.split_once('.').unwrap_or((key, ""));
    let name = match of {
        "approvers" => t.onboarding_value_approvers(),
        other => spaced(other),
    };
    let title = t.text_with(&format!("onboarding-step-{kind}"), vec![("name", name.into())]);
    // A step of which there is only one has no name of its own here.
    title.map_or_else(
        || key.to_owned(),
        |title| title.replace(" in “”", "").replace(" “”", "").trim().to_owned(),
    )
}

/// `tier1` as people write it: `Tier 1`.
fn spaced(of: &str) -> String {
    let digits = of.find(|c: char| c.is_ascii_digit()).unwrap_or(of.len());
    let (word, number) = of.split_at(digits);
    let mut letters = word.chars();
    let word: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    format!("{word} {number}").trim().to_owned()
}

/// The step an event is about, if it is about one.
pub fn step_of(t: T, before: &Value, after: &Value) -> Option<String> {
    let key = |value: &Value| {
        let key = value.get("step").or_else(|| value.get("object"))?;
        Some(key.as_str()?.to_owned()).filter(|key| !key.is_empty())
    };
    key(after).or_else(|| key(before)).map(|key| step(t, &key))
}

/// The part of a field's path that has a name, without the boxes it lies in and the places in lists.
fn plain(field: &str) -> String {
    let parts = field.split('.').filter(|part| part.parse::<usize>().is_err());
    let parts: Vec<&str> = parts.filter(|part| !matches!(*part, "values" | "stages")).collect();
    parts.join(".")
}

fn policy_key(field: &str) -> String {
    let known = POLICY.iter().find(|(name, _)| *name == field).map(|(_, key)| (*key).to_owned());
    known.unwrap_or_else(|| field.replace(['.', '_'], "-"))
}

/// What a field is called.
pub fn label(t: T, field: &str) -> String {
    let named = plain(field);
    let own = t.text(&format!("audit-field-{}", named.replace(['.', '_'], "-")));
    let policy = || t.text(&format!("onboarding-value-{}", policy_key(&named)));
    let last = || t.text(&format!("audit-field-{}", named.rsplit('.').next()?.replace('_', "-")));
    own.or_else(policy).or_else(last).unwrap_or_else(|| named.replace(['.', '_'], " "))
}

/// What a value is, where a room has a word for it.
pub fn value(t: T, field: &str, is: &str) -> Option<String> {
    let named = plain(field);
    let of = |group: &str| t.text(&format!("{group}-{}", is.to_lowercase()));
    let listed = |one: &dyn Fn(&str) -> String| is.split(", ").map(one).collect::<Vec<_>>().join(", ");
    match named.rsplit('.').next().unwrap_or_default() {
        "true" | "false" => None,
        "step" | "steps" | "object" | "objects" => Some(listed(&|key: &str| step(t, key))),
        "app" | "" => of("providers-app"),
        "kind" => of("health-kind"),
        "state" => of("customers-consent").or_else(|| of("onboarding-state")),
        "cause" => t.text(&format!("errors-{is}-what")),
        "why" => of("onboarding-log"),
        "model" => of("onboarding-model"),
        "scope" => of("onboarding-scope"),
        "no_response" => of("onboarding-no-response"),
        "sees" => of("people-sees"),
        "roles" => Some(listed(&|role: &str| {
            t.text(&format!("people-role-{role}")).unwrap_or_else(|| role.to_owned())
        })),
        "ends_after" | "open_for" | "decide_within" | "after" => {
            let seconds: u64 = is.parse().ok()?;
            seconds.is_multiple_of(DAY).then(|| (seconds / DAY).to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kit::text::Lang;

    #[test]
    fn a_step_is_told_by_its_title() {
        let (en, nl) = (Lang::En.t(), Lang::Nl.t());
        assert_eq!(step(en, "group.tier1"), "Group “Tier 1”");
        assert_eq!(step(en, "policy.approvers"), "Policy of “Approvers”");
        assert_eq!(step(nl, "catalog"), "Catalogus");
        assert_eq!(step(en, "first-approvers"), "First approvers");
        assert_eq!(step(en, "first-analyst"), "First analyst through");
        assert_eq!(step_of(en, &json!(null), &json!({ "object": "catalog" })).unwrap(), "Catalog");
        assert_eq!(step_of(en, &json!(null), &json!("reader")), None);
    }

    #[test]
    fn fields_and_values_are_told_in_the_rooms_words() {
        let t = Lang::En.t();
        for (field, is, label_is, value_is) in [
            ("values.values.ends_after", "31536000", "Access ends after (days)", "365"),
            ("values.values.stages.1.decide_within", "1209600", "Days to decide", "14"),
            ("values.values.review.no_response", "removeAccess", "When nobody reviews", "Access is removed"),
            ("problem.cause", "licence", "cause", "The customer lacks a licence for this."),
            ("steps", "group.tier1, catalog", "steps", "Group “Tier 1”, Catalog"),
            ("", "reader", "", "Reader app"),
        ] {
            assert!(label(t, field) == label_is || field.is_empty(), "{field}: {}", label(t, field));
            assert_eq!(value(t, field, is).as_deref(), Some(value_is), "{field}");
        }
        assert_eq!(value(t, "name", "Woodgrove"), None);
    }
}
