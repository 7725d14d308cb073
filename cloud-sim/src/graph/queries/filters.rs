//! `$filter`: each property with the operators its page lists.

use super::table::Row;
use super::{bad, unsupported};
use crate::answer::Answer;
use crate::call::Call;
use crate::odata::{self, Asked};

/// Operators of directory objects that are answered by the advanced index only.
const RARE: &[&str] = &["ne", "not", "endswith"];

/// Refuses what no page lists; answers whether the filter is an advanced one.
pub fn check(call: &Call, row: &Row, lenient: bool) -> Result<bool, Answer> {
    let Some(text) = call.query.get("$filter") else { return Ok(false) };
    let asked = odata::filter_asks(text).map_err(|why| bad(&format!("Invalid filter clause: {why}")))?;
    let expands = odata::expands(call.param("$expand"));
    for one @ Asked { path, operator, .. } in &asked {
        let first = path.split('/').next().unwrap_or("");
        if !row.has(first) {
            return Err(bad(&format!(
                "Invalid filter clause: Could not find a property named '{first}' on type 'microsoft.graph.{}'.",
                row.kind
            )));
        }
        if let Some(kind) = row.holds(path).filter(|kind| !one.is_about(kind)) {
            return Err(bad(&format!(
                "Invalid filter clause: A binary operator with incompatible types was detected: property '{path}' of type {kind}, operator '{operator}'."
            )));
        }
        if lenient {
            continue;
        }
        let listed = row.filters.iter().find(|f| f.path == path);
        let listed = listed.filter(|f| !f.expanded || expands.iter().any(|e| e.name == first));
        if listed.is_none_or(|f| !f.operators.contains(&operator.as_str())) {
            return Err(unsupported(&format!(
                "Unsupported or invalid query filter clause specified for property '{path}' of resource '{}'.",
                row.kind
            )));
        }
    }
    Ok(asked.iter().any(|one| RARE.contains(&one.operator.as_str())))
}
