//! Which permission opens which call: `data/permissions.tsv`, made from Microsoft's permission list.

use std::sync::LazyLock;

use super::bearer::Caller;
use super::template::{Template, nearest};
use crate::answer::Answer;
use crate::call::Call;

struct Row {
    operation: Template,
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
    let operation = Template::read(cells.next()?, cells.next()?)?;
    Some(Row { operation, application: alternatives(cells.next()?), delegated: alternatives(cells.next()?) })
}

/// `A; B, C + D (remark)`: alternatives, each a set that is needed whole.
fn alternatives(cell: &'static str) -> Vec<Vec<&'static str>> {
    let cell = cell.find('(').map_or(cell, |at| &cell[..at]);
    if cell.starts_with("NOT SUPPORTED") {
        return Vec::new();
    }
    cell.split([';', ',']).map(|a| a.split('+').map(str::trim).collect()).collect()
}

/// Refuses a call without the permission, or one no row knows (501).
pub fn check(call: &Call, caller: &Caller) -> Result<(), Answer> {
    let rows = nearest(&TABLE, call, |r| &r.operation);
    if rows.is_empty() {
        return Err(Answer::unknown());
    }
    if caller.all_powerful {
        return Ok(());
    }
    let allowed = rows.iter().any(|row| {
        let ways = if caller.user.is_some() { &row.delegated } else { &row.application };
        ways.iter().any(|set| set.iter().all(|p| !p.is_empty() && caller.holds(p)))
    });
    if allowed {
        Ok(())
    } else {
        Err(Answer::forbidden("Insufficient privileges to complete the operation."))
    }
}
