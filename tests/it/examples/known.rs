//! Faults of the documentation, and why the simulated cloud refuses some of its requests: `known.json`.

use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    renamed: Vec<Renamed>,
    refused: Vec<Refused>,
}

/// A property that some pages call otherwise than the model does.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Renamed {
    model: String,
    documented: String,
    reason: String,
}

/// A documented request that is refused, rightly.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    /// The call, as the Graph client would name it.
    call: String,
    /// Words of the refusal.
    words: String,
    reason: String,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| serde_json::from_str(include_str!("known.json")).unwrap());

pub fn renamed(model: &str) -> Option<&'static str> {
    KNOWN.renamed.iter().find(|row| row.model == model).map(|row| row.documented.as_str())
}

/// Why a call is refused with these words, where that is known.
pub fn refused(is_of: impl Fn(&str) -> bool, words: &str) -> Option<&'static str> {
    let row = KNOWN.refused.iter().find(|row| is_of(&row.call) && words.contains(&row.words));
    row.map(|row| row.reason.as_str())
}

#[test]
fn every_known_fault_has_its_reason() {
    let reasons =
        KNOWN.renamed.iter().map(|row| &row.reason).chain(KNOWN.refused.iter().map(|row| &row.reason));
    assert!(reasons.clone().count() > 2 && reasons.clone().all(|reason| reason.len() > 10));
}
