//! Which query options which call takes: `data/query-options.tsv`, from the page of each call. Another one is 400.

mod filters;
mod table;

use crate::answer::Answer;
use crate::call::Call;
use crate::odata;
use table::Row;

const ALL: &[&str] =
    &["$filter", "$select", "$expand", "$top", "$skip", "$skiptoken", "$count", "$orderby", "$search"];

fn bad(message: &str) -> Answer {
    Answer::error(400, "BadRequest", message)
}

fn unsupported(message: &str) -> Answer {
    Answer::error(400, "Request_UnsupportedQuery", message)
}

/// Refuses options that no page lists for this call; `lenient` takes what the SDKs' address templates carry.
pub fn check(call: &Call, lenient: bool) -> Result<(), Answer> {
    let asked: Vec<&str> = call.query.keys().map(String::as_str).filter(|k| k.starts_with('$')).collect();
    if let Some(strange) = asked.iter().find(|k| !ALL.contains(k)) {
        return Err(bad(&format!("Query option '{strange}' was not recognized.")));
    }
    let Some(row) = table::of(call) else { return Ok(()) };
    if let Some(option) = asked.iter().find(|k| !lenient && !row.takes(k)) {
        return Err(bad(&format!(
            "Query option '{}' is not allowed. To allow it, set the 'AllowedQueryOptions' property on EnableQueryAttribute or QueryValidationSettings.",
            option.trim_start_matches('$')
        )));
    }
    numbers(call, row)?;
    expanded(call, row)?;
    properties(call, row)?;
    let filter = filters::check(call, row, lenient)?;
    advanced(call, row, filter)
}

fn numbers(call: &Call, row: &Row) -> Result<(), Answer> {
    for name in ["$top", "$skip"] {
        let Some(text) = call.query.get(name) else { continue };
        let number: Option<usize> = text.parse().ok();
        let number =
            number.ok_or_else(|| bad(&format!("Invalid value '{text}' for {name} query option found.")))?;
        let most = row.top.unwrap_or(usize::MAX);
        if name == "$top" && !(1..=most).contains(&number) {
            let most =
                row.top.map_or_else(String::new, |most| format!(" Must be between 1 and {most} inclusive."));
            return Err(unsupported(&format!("Invalid page size specified: '{number}'.{most}")));
        }
    }
    match call.query.get("$count").map(String::as_str) {
        None | Some("true" | "false") => Ok(()),
        Some(other) => Err(bad(&format!("Invalid value '{other}' for $count query option found."))),
    }
}

/// What is expanded exists, and no other option of the brackets than `$select` and `$expand` is asked for.
fn expanded(call: &Call, row: &Row) -> Result<(), Answer> {
    for expand in odata::expands(call.param("$expand")) {
        if row.expands.contains(&"?") {
            return Err(Answer::unknown());
        }
        if !row.expands.contains(&expand.name.as_str()) {
            return Err(bad(&format!(
                "Parsing OData Select and Expand failed: Could not find a property named '{}' on type 'microsoft.graph.{}'.",
                expand.name, row.kind
            )));
        }
        if let Some(option) = expand.strange {
            return Err(bad(&format!(
                "Parsing OData Select and Expand failed: the option '{option}' is not supported inside $expand."
            )));
        }
    }
    Ok(())
}

/// What is selected or sorted by exists.
fn properties(call: &Call, row: &Row) -> Result<(), Answer> {
    let selected = call.param("$select").split(',').map(str::trim).filter(|n| !n.is_empty());
    let sorted = odata::orders(call.param("$orderby")).into_iter().map(|(name, _)| name);
    for name in selected.map(str::to_owned).chain(sorted) {
        if !row.has(name.split('/').next().unwrap_or("")) {
            return Err(bad(&format!(
                "Parsing OData Select and Expand failed: Could not find a property named '{name}' on type 'microsoft.graph.{}'.",
                row.kind
            )));
        }
    }
    let words = call.param("$orderby").split(',').flat_map(|one| one.split_whitespace().skip(1));
    match words.into_iter().find(|w| !["asc", "desc"].contains(w)) {
        Some(word) => Err(bad(&format!("Syntax error: '{word}' in '$orderby'."))),
        None => Ok(()),
    }
}

/// Counting, searching and the rarer filters of directory objects are advanced queries (contract §1).
fn advanced(call: &Call, row: &Row, rare_filter: bool) -> Result<(), Answer> {
    if !row.advanced {
        return Ok(());
    }
    let (counts, searches) = (call.param("$count") == "true", call.query.contains_key("$search"));
    let both = call.query.contains_key("$orderby") && call.query.contains_key("$filter");
    let eventual =
        call.header("consistencylevel").is_some_and(|level| level.eq_ignore_ascii_case("eventual"));
    if searches && !eventual {
        return Err(bad(
            "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'",
        ));
    }
    if (counts || rare_filter || both) && !(eventual && counts) {
        return Err(unsupported(
            "The query is an advanced one: it needs the header 'ConsistencyLevel: eventual' and $count=true.",
        ));
    }
    odata::searches(call.param("$search")).map(|_| ()).map_err(|why| bad(&why))
}
