//! Whether an object passes a filter, and which properties a filter asks about.

use serde_json::Value;

use super::filter::{Filter, Literal, Operand};

/// Whether `object` passes.
pub fn passes(filter: &Filter, object: &Value) -> bool {
    match filter {
        Filter::And(a, b) => passes(a, object) && passes(b, object),
        Filter::Or(a, b) => passes(a, object) || passes(b, object),
        Filter::Not(inner) => !passes(inner, object),
        Filter::Compare(operand, op, literal) => compare(read(operand, object), op, literal),
        Filter::In(operand, all) => all.iter().any(|l| compare(read(operand, object), "eq", l)),
        Filter::Call(name, operand, literal) => call(name, &read(operand, object), literal),
        Filter::Any(path, variable, inner) => {
            let operand = Operand { path: path.clone(), lower: false };
            match read(&operand, object) {
                Value::Array(items) => items.iter().any(|item| passes(inner, &wrap(variable, item))),
                _ => false,
            }
        }
    }
}

fn wrap(variable: &str, item: &Value) -> Value {
    let mut map = serde_json::Map::new();
    map.insert(variable.to_owned(), item.clone());
    Value::Object(map)
}

/// Reads a property; a type cast in the path (`microsoft.graph.x`) must match `@odata.type`.
fn read(operand: &Operand, object: &Value) -> Value {
    let mut here = object;
    for piece in &operand.path {
        if let Some(cast) = piece.strip_prefix("microsoft.graph.") {
            let kind = here.get("@odata.type").and_then(Value::as_str).unwrap_or("");
            if kind.strip_prefix("#microsoft.graph.") != Some(cast) {
                return Value::Null;
            }
            continue;
        }
        match here.get(piece) {
            Some(next) => here = next,
            None => return Value::Null,
        }
    }
    match here {
        Value::String(s) if operand.lower => Value::String(s.to_lowercase()),
        other => other.clone(),
    }
}

fn compare(value: Value, op: &str, literal: &Literal) -> bool {
    match (value, literal) {
        (Value::Null, Literal::Null) => op == "eq",
        (_, Literal::Null) => op == "ne",
        (Value::Null, _) => op == "ne",
        (Value::Bool(b), Literal::Bool(l)) => ordered(b.cmp(l), op),
        (Value::String(s), Literal::Text(l) | Literal::Bare(l)) => match (instant(&s), instant(l)) {
            (Some(a), Some(b)) => ordered(a.cmp(&b), op),
            _ => ordered(s.to_lowercase().cmp(&l.to_lowercase()), op),
        },
        (Value::Number(n), Literal::Bare(l)) => {
            let (Some(a), Ok(b)) = (n.as_f64(), l.parse::<f64>()) else { return false };
            a.partial_cmp(&b).is_some_and(|o| ordered(o, op))
        }
        _ => false,
    }
}

fn instant(text: &str) -> Option<chrono::DateTime<chrono::Utc>> {
    chrono::DateTime::parse_from_rfc3339(text).ok().map(|d| d.to_utc())
}

fn ordered(order: std::cmp::Ordering, op: &str) -> bool {
    match op {
        "eq" => order.is_eq(),
        "ne" => order.is_ne(),
        "gt" => order.is_gt(),
        "ge" => order.is_ge(),
        "lt" => order.is_lt(),
        _ => order.is_le(),
    }
}

fn call(name: &str, value: &Value, literal: &Literal) -> bool {
    let (Value::String(text), Literal::Text(wanted)) = (value, literal) else { return false };
    let (text, wanted) = (text.to_lowercase(), wanted.to_lowercase());
    match name {
        "contains" => text.contains(&wanted),
        "startswith" => text.starts_with(&wanted),
        _ => text.ends_with(&wanted),
    }
}

/// A property path a filter asks about, its operator, and what it is compared with.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub operator: String,
    pub literals: Vec<Literal>,
}

impl Asked {
    fn new(operand: &Operand, operator: &str, literals: &[Literal]) -> Self {
        Self { path: operand.path.join("/"), operator: operator.to_owned(), literals: literals.to_vec() }
    }

    /// Whether every literal is of this kind of property; null is of any.
    pub fn is_about(&self, kind: &str) -> bool {
        let of = |literal: &Literal| match (kind, literal) {
            (_, Literal::Null) => true,
            ("boolean", literal) => matches!(literal, Literal::Bool(_)),
            ("date-time", Literal::Bare(text)) => instant(text).is_some() || day(text),
            ("integer", Literal::Bare(text)) => text.parse::<i64>().is_ok(),
            _ => false,
        };
        self.literals.iter().all(of)
    }
}

fn day(text: &str) -> bool {
    chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

/// Every property path a filter asks about, with its operator; a lambda's paths are prefixed by the collection's.
pub fn asked(filter: &Filter, out: &mut Vec<Asked>) {
    match filter {
        Filter::And(a, b) | Filter::Or(a, b) => {
            asked(a, out);
            asked(b, out);
        }
        Filter::Not(inner) => {
            let from = out.len();
            asked(inner, out);
            let turn =
                |one: &Asked| Asked { operator: "not".to_owned(), literals: Vec::new(), ..one.clone() };
            let turned: Vec<_> = out[from..].iter().map(turn).collect();
            out.extend(turned);
        }
        Filter::Compare(o, op, literal) => out.push(Asked::new(o, op, std::slice::from_ref(literal))),
        Filter::In(o, all) => out.push(Asked::new(o, "in", all)),
        Filter::Call(name, o, literal) => out.push(Asked::new(o, name, std::slice::from_ref(literal))),
        Filter::Any(path, variable, inner) => {
            let mut inside = Vec::new();
            asked(inner, &mut inside);
            for one in inside {
                let rest = one.path.strip_prefix(variable.as_str()).unwrap_or(&one.path);
                let joined = format!("{}/any/{}", path.join("/"), rest.trim_start_matches('/'));
                out.push(Asked { path: joined.trim_end_matches('/').to_owned(), ..one });
            }
        }
    }
}
