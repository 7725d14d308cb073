//! One event in words.

use std::collections::HashMap;

use super::words;
use crate::audit::model::{FieldChange, Told, changes};
use crate::audit::store::EventRow;
use crate::kit::text::T;

pub struct FieldView {
    pub name: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

pub struct RowView {
    pub seq: i64,
    pub at: String,
    pub who: String,
    /// A person, not the portal's own work.
    pub human: bool,
    pub action: String,
    pub action_key: String,
    /// Title of the step it was about.
    pub step: Option<String>,
    pub customer: Option<(String, String)>,
    pub fields: Vec<FieldView>,
    pub left_out: usize,
    pub why: String,
}

/// An action in words; the key itself where this version has none, so that nothing vanishes.
pub fn action_text(t: T, action: &str) -> String {
    t.text(&format!("audit-action-{}", action.replace('.', "-"))).unwrap_or_else(|| action.to_owned())
}

/// Who acted, in words; a person's name as it was. What acted is told by its kind, never by its name.
fn actor_text(t: T, row: &EventRow) -> String {
    match row.actor_kind.as_str() {
        "person" => row.actor.clone(),
        "stranger" => t.audit_actor_stranger(row.actor.clone()),
        "work" => t.audit_actor_work(),
        "command-line" => t.audit_actor_command_line(),
        "browser" => t.audit_actor_browser(),
        // Written before the kind was kept.
        _ if row.person_id.is_some() => row.actor.clone(),
        _ if row.actor.starts_with("work:") => t.audit_actor_work(),
        _ if row.actor == "command line" => t.audit_actor_command_line(),
        _ => t.audit_actor_stranger(row.actor.clone()),
    }
}

/// Names of people by their ids, so that a value that is an id is told as a name.
pub type Names = HashMap<String, String>;

fn field(t: T, names: &Names, change: FieldChange) -> FieldView {
    let told = |value: String| value_text(t, names, &change.field, &value);
    FieldView {
        before: change.before.map(told),
        after: change.after.map(told),
        name: if change.field.is_empty() { String::new() } else { words::label(t, &change.field) },
    }
}

fn value_text(t: T, names: &Names, field: &str, value: &str) -> String {
    match value {
        "true" => t.layout_yes(),
        "false" => t.layout_no(),
        other => {
            let name = names.get(other).cloned().or_else(|| words::value(t, field, other));
            name.unwrap_or_else(|| other.to_owned())
        }
    }
}

impl RowView {
    pub fn new(row: EventRow, t: T, names: &Names) -> Self {
        let told: Told = serde_json::from_slice(&row.body).unwrap_or_default();
        let step = words::step_of(t, &told.before, &told.after);
        let (mut fields, left_out) = changes(&told.before, &told.after);
        // The step stands beside the action already.
        fields.retain(|one| step.is_none() || !matches!(one.field.as_str(), "step" | "object"));
        let (human, who) = (row.person_id.is_some(), actor_text(t, &row));
        let customer = row.customer_id.map(|id| {
            (format!("/customers/{id}"), row.customer_name.unwrap_or_else(|| t.audit_customer_gone()))
        });
        Self {
            seq: row.seq,
            at: t.moment(&row.at),
            who,
            human,
            action: action_text(t, &row.action),
            action_key: row.action,
            step,
            customer,
            fields: fields.into_iter().map(|change| field(t, names, change)).collect(),
            left_out,
            why: told.why,
        }
    }
}
