//! Which permission opens which call: `data/permissions.tsv`, made from Microsoft's permission list.

use std::sync::LazyLock;

use super::bearer::Caller;
use crate::answer::Answer;
use crate::call::Call;

struct Row {
    version: &'static str,
    method: &'static str,
    pieces: Vec<&'static str>,
    application: Vec<Vec<&'static str>>,
    delegated: Vec<Vec<&'static str>>,
}

static TABLE: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let text =
        concat!(include_str!("../../data/permissions.tsv"), include_str!("../../data/permissions-added.tsv"));
    text.lines().filter_map(row).collect()
});

fn row(line: &'static str) -> Option<Row> {
    let mut cells = line.split('\t');
    let (version, operation) = (cells.next()?, cells.next()?);
    let (method, path) = operation.split_once(' ')?;
    let pieces = path.split('/').filter(|p| !p.is_empty()).flat_map(|p| match p.find('(') {
        Some(at) => vec![&p[..at], &p[at..]],
        None => vec![p],
    });
    Some(Row {
        version,
        method,
        pieces: pieces.collect(),
        application: alternatives(cells.next()?),
        delegated: alternatives(cells.next()?),
    })
}

/// `A; B, C + D (remark)`: alternatives, each a set that is needed whole.
fn alternatives(cell: &'static str) -> Vec<Vec<&'static str>> {
    let cell = cell.find('(').map_or(cell, |at| &cell[..at]);
    if cell.starts_with("NOT SUPPORTED") {
        return Vec::new();
    }
    cell.split([';', ',']).map(|a| a.split('+').map(str::trim).collect()).collect()
}

/// A template piece fits: `{id}` takes anything, a bracketed function compares the argument's name.
fn fits(template: &str, piece: &str) -> bool {
    if template.starts_with('(') && piece.starts_with('(') {
        let name = |t: &str| t.split('=').next().unwrap_or("").to_owned();
        return name(template) == name(piece);
    }
    template.starts_with('{') || template == piece
}

/// Refuses a call without the permission, or one no row knows (501).
pub fn check(call: &Call, caller: &Caller) -> Result<(), Answer> {
    let path: Vec<&str> =
        call.segments.iter().map(String::as_str).filter(|s| !s.starts_with("microsoft.graph.")).collect();
    let Some((version, rest)) = path.split_first() else { return Err(Answer::unknown()) };
    let mut rows = TABLE
        .iter()
        .filter(|r| r.version == *version && r.method == call.method && r.pieces.len() == rest.len())
        .filter(|r| r.pieces.iter().zip(rest).all(|(t, p)| fits(t, p)))
        .peekable();
    if rows.peek().is_none() {
        return Err(Answer::unknown());
    }
    if caller.all_powerful {
        return Ok(());
    }
    let allowed = rows.any(|row| {
        let ways = if caller.user.is_some() { &row.delegated } else { &row.application };
        ways.iter().any(|set| set.iter().all(|p| p.is_empty() || caller.holds(p)))
    });
    if allowed {
        Ok(())
    } else {
        Err(Answer::forbidden("Insufficient privileges to complete the operation."))
    }
}
