//! What Microsoft's errors mean: one table, `errors.tsv`.
//!
//! A row's first cell is a code of Graph or of entitlement management (contract §1), a number of Entra (§15), or where
//! neither is told: `word:` Entra's `error`, `status:` the HTTP status, `kind:` what the client itself found out,
//! `text:` a sign in the message, `step:` what only the engine knows. Texts of a cause are `errors-<cause>-what`,
//! `-whose` and `-fix` in the locales.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::graph::error::{GraphErrorKind as Kind, WhoseMove};

const TABLE: &str = include_str!("errors.tsv");

/// One row of the table.
#[derive(Debug)]
pub struct Row {
    pub code: &'static str,
    /// What the engine acts on: the name of a `GraphErrorKind`.
    pub kind: &'static str,
    pub cause: &'static str,
    pub whose_move: WhoseMove,
    /// Where Microsoft explains it.
    pub link: &'static str,
}

fn row(line: &'static str) -> Option<Row> {
    let mut cells = line.split('\t');
    let (code, kind, cause) = (cells.next()?, cells.next()?, cells.next()?);
    let whose_move = match cells.next()? {
        "customer" => WhoseMove::Customer,
        "microsoft" => WhoseMove::Microsoft,
        _ => WhoseMove::Us,
    };
    Some(Row { code, kind, cause, whose_move, link: cells.next()? })
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| TABLE.lines().skip(1).filter_map(row).collect());

/// Codes differ in their capitals between services.
static BY_CODE: LazyLock<HashMap<String, &'static Row>> =
    LazyLock::new(|| ROWS.iter().map(|row| (row.code.to_ascii_lowercase(), row)).collect());

/// Every cause there is, for the texts and their tests.
pub static CAUSES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut causes: Vec<&'static str> = Vec::new();
    for row in ROWS.iter() {
        if !causes.contains(&row.cause) {
            causes.push(row.cause);
        }
    }
    causes
});

pub fn rows() -> &'static [Row] {
    &ROWS
}

/// Entitlement management says `ResourceNotFound…` of what it looks for elsewhere too (contract §3).
pub(crate) fn of(code: &str) -> Option<&'static Row> {
    const FAMILY: &str = "resourcenotfound";
    let code = code.to_ascii_lowercase();
    let family = || code.starts_with(FAMILY).then(|| BY_CODE.get(FAMILY)).flatten();
    BY_CODE.get(&code).or_else(family).copied()
}

/// The row of `word:invalid_client`, `status:403`, `kind:forbidden`, …
pub(crate) fn under(sort: &str, what: impl std::fmt::Display) -> Option<&'static Row> {
    of(&format!("{sort}:{what}"))
}

/// Who can end a cause, also where only its key was kept.
pub fn move_of(cause: &str) -> WhoseMove {
    ROWS.iter().find(|row| row.cause == cause).map_or(WhoseMove::Us, |row| row.whose_move)
}

/// Where Microsoft explains this code, or else this cause; Entra explains any of its numbers.
pub fn link_of(cause: &str, code: Option<&str>) -> Option<String> {
    let number = code.and_then(|code| code.strip_prefix("AADSTS")).filter(|number| is_number(number));
    let own = code.and_then(of).filter(|row| row.cause == cause);
    match (number, own) {
        (Some(number), _) => Some(format!("https://login.microsoftonline.com/error?code={number}")),
        (None, Some(row)) => Some(row.link.to_owned()),
        (None, None) => {
            let of_cause = ROWS.iter().rfind(|row| row.cause == cause);
            of_cause.map(|row| row.link.to_owned())
        }
    }
}

fn is_number(text: &str) -> bool {
    (1..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl Row {
    /// The kind with what this one error adds to it.
    pub(crate) fn kind_with(&self, code: &str, retry_after: Option<std::time::Duration>) -> Kind {
        match self.kind {
            "consent-missing" => Kind::ConsentMissing,
            "app-gone" => Kind::AppGone,
            "app-disabled" => Kind::AppDisabled,
            "bad-credential" => Kind::BadCredential,
            "no-such-tenant" => Kind::NoSuchTenant,
            "forbidden" => Kind::Forbidden,
            "not-found" => Kind::NotFound,
            "conflict" => Kind::Conflict,
            "throttled" => Kind::Throttled { retry_after },
            "unavailable" => Kind::Unavailable,
            _ => Kind::Refused { code: code.to_owned() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_each_thing_once_and_a_cause_has_one_move() {
        assert_eq!(BY_CODE.len(), ROWS.len(), "a code stands in two rows");
        assert_eq!(TABLE.lines().count() - 1, ROWS.len(), "a line that is not a row");
        for row in ROWS.iter() {
            assert_eq!(move_of(row.cause), row.whose_move, "{row:?}");
            assert!(row.link.starts_with("https://"), "{row:?}");
            let kind = row.kind_with(row.code, None);
            assert_eq!(
                kind.key() == "refused",
                row.kind == "refused" || row.code == "kind:lost-answer" || row.code == "kind:not-understood",
                "{row:?}"
            );
        }
        for line in TABLE.lines().skip(1) {
            assert!(matches!(line.split('\t').nth(3), Some("us" | "customer" | "microsoft")), "{line}");
        }
    }

    #[test]
    fn a_link_explains_the_code_and_else_the_cause() {
        let unknown = link_of("refused", Some("AADSTS424242"));
        assert_eq!(unknown.as_deref(), Some("https://login.microsoftonline.com/error?code=424242"));
        assert!(link_of("refused", Some("AADSTS1\"><script>")).unwrap().starts_with("https://learn."));
        assert!(link_of("throttled", None).unwrap().ends_with("/throttling"));
        assert_eq!(link_of("no such cause", None), None);
    }
}
