//! Judging bodies sent to entitlement management: properties a type has, texts, words, durations.

use serde_json::{Value, json};

use crate::answer::Answer;

/// Entitlement management's refusal of a body (FIELD: contract §1); the details say what is wrong.
pub fn invalid(target: &str, why: &str) -> Answer {
    let detail = json!({"code": "InvalidModel", "message": why, "target": target});
    Answer::json(
        400,
        json!({"error": {"code": "InvalidModel", "message": "Model is not valid.", "target": target,
            "details": [detail]}}),
    )
}

/// Refuses a value that is no object, and properties the type does not have.
pub fn only(value: &Value, kind: &str, known: &[&str]) -> Result<(), Answer> {
    let Some(map) = value.as_object() else {
        return Err(invalid(kind, "An object is expected."));
    };
    match map.keys().find(|k| !known.contains(&k.as_str()) && !k.starts_with("@odata.")) {
        Some(bad) => Err(Answer::error(
            400,
            "BadRequest",
            &format!(
                "The property '{bad}' does not exist on type 'microsoft.graph.{kind}'. Make sure to only use property names that are defined by the type."
            ),
        )),
        None => Ok(()),
    }
}

/// A text, absent or null allowed.
pub fn text(value: &Value, name: &str) -> Result<Option<String>, Answer> {
    match &value[name] {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        _ => Err(invalid(name, "A string is expected.")),
    }
}

/// A text that must be there and not be empty.
pub fn need_text(value: &Value, name: &str) -> Result<String, Answer> {
    text(value, name)?.filter(|t| !t.trim().is_empty()).ok_or_else(|| invalid(name, "The value is required."))
}

/// A reference such as `{"catalog": {"id": "…"}}`.
pub fn need_reference(value: &Value, name: &str) -> Result<String, Answer> {
    need_text(&value[name], "id").map_err(|_| invalid(name, "The id of the object is required."))
}

pub fn flag(value: &Value, name: &str) -> Result<bool, Answer> {
    match &value[name] {
        Value::Null => Ok(false),
        Value::Bool(on) => Ok(*on),
        _ => Err(invalid(name, "A boolean is expected.")),
    }
}

pub fn list<'a>(value: &'a Value, name: &str) -> Result<&'a [Value], Answer> {
    match &value[name] {
        Value::Null => Ok(&[]),
        Value::Array(items) => Ok(items),
        _ => Err(invalid(name, "A collection is expected.")),
    }
}

/// A word of an enumeration, whatever its capitals (INFERRED: contract §1); answered in camelCase.
pub fn word(value: &Value, name: &str, words: &[&'static str]) -> Result<Option<&'static str>, Answer> {
    let Some(given) = text(value, name)? else { return Ok(None) };
    let found = words.iter().find(|w| w.eq_ignore_ascii_case(&given));
    found.copied().map(Some).ok_or_else(|| not_a_word(&given))
}

/// Refuses a body with words of enumerations in other capitals than the documentation's.
pub fn exact_words(body: &Value) -> Result<(), Answer> {
    match body {
        Value::Object(map) => map.iter().try_for_each(|(name, value)| {
            let wrong = value.as_str().filter(|_| ENUMERATED.contains(&name.as_str())).filter(|given| {
                let known = |same: fn(&str, &str) -> bool| WORDS.split(' ').any(|word| same(word, given));
                !known(|word, given| word == given) && known(str::eq_ignore_ascii_case)
            });
            match wrong {
                Some(given) => Err(not_a_word(given)),
                None => exact_words(value),
            }
        }),
        Value::Array(items) => items.iter().try_for_each(exact_words),
        _ => Ok(()),
    }
}

/// Properties of bodies whose values are words of an enumeration.
const ENUMERATED: &[&str] = &[
    "requestType",
    "state",
    "allowedTargetScope",
    "expirationBehavior",
    "externalUserLifecycleAction",
    "approverInformationVisibility",
    "type",
];
/// The words themselves, in the documentation's capitals.
const WORDS: &str = "userAdd userUpdate userRemove adminAdd adminUpdate adminRemove configured proposed published \
    unpublished notSpecified specificDirectoryUsers specificConnectedOrganizationUsers \
    specificDirectoryServicePrincipals allMemberUsers allDirectoryUsers allDirectoryServicePrincipals \
    allConfiguredConnectedOrganizationUsers allExternalUsers allDirectoryAgentIdentities noExpiration \
    afterDateTime afterDuration keepAccess removeAccess acceptAccessRecommendation none blockSignIn \
    blockSignInAndDelete default visible notVisible weekly absoluteMonthly endDate noEnd numbered";

fn not_a_word(given: &str) -> Answer {
    Answer::error(400, "ArgumentException", &format!("Requested value '{given}' was not found."))
}

pub fn need_word(value: &Value, name: &str, words: &[&'static str]) -> Result<&'static str, Answer> {
    word(value, name, words)?.ok_or_else(|| invalid(name, "The value is required."))
}

/// A length of time of the kind Edm.Duration, in seconds: days and time, never months or years (contract §7).
pub fn duration(value: &Value, name: &str) -> Result<Option<i64>, Answer> {
    let Some(given) = text(value, name)? else { return Ok(None) };
    seconds(&given).map(Some).ok_or_else(|| {
        Answer::error(
            400,
            "BadRequest",
            &format!("Cannot convert the literal '{given}' to the expected type 'Edm.Duration'."),
        )
    })
}

/// Reads `P14D`, `PT5M`, `P1DT2H`.
pub fn seconds(text: &str) -> Option<i64> {
    let rest = text.strip_prefix('P')?;
    let (days, time) = match rest.split_once('T') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (rest, ""),
    };
    let mut total = 0_i64;
    let mut days = days;
    let mut time = time;
    if !days.is_empty() {
        total += take(&mut days, 'D')? * 86_400;
    }
    for (unit, length) in [('H', 3600), ('M', 60), ('S', 1)] {
        if time.contains(unit) {
            total += take(&mut time, unit)? * length;
        }
    }
    (days.is_empty() && time.is_empty() && !rest.is_empty()).then_some(total)
}

fn take(text: &mut &str, unit: char) -> Option<i64> {
    let (number, rest) = text.split_once(unit)?;
    let whole = number.split_once('.').map_or(number, |(whole, _)| whole);
    *text = rest;
    whole.parse::<u32>().ok().map(i64::from)
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn only_days_and_time_are_a_duration() {
        assert_eq!(seconds("P365D"), Some(365 * 86_400));
        assert_eq!(seconds("PT0S"), Some(0));
        assert_eq!(seconds("P1DT2H3M4.5S"), Some(86_400 + 7200 + 180 + 4));
        for wrong in ["P1Y", "P1M", "14D", "P", "PT", "P1DT", "P-1D", "soon", ""] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
