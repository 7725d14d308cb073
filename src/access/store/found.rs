//! What the lists of this room share: ranges of typed words.

use crate::customers::model::words;

/// What was typed, as ranges of words that all must be there: from each, and before each.
pub(super) fn ranges(typed: &str) -> (Vec<String>, Vec<String>) {
    let lows = words([typed]);
    let highs = lows.iter().map(|word| format!("{word}{}", char::MAX)).collect();
    (lows, highs)
}
