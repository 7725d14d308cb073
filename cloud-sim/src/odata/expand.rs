//! `$expand`: navigation properties, with `$select` and `$expand` of their own.

use serde_json::Value;

/// One navigation property asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expand {
    pub name: String,
    pub inner: Vec<Expand>,
    select: Vec<String>,
    /// An option inside the brackets that is neither of the two.
    pub strange: Option<String>,
}

impl Expand {
    /// What was expanded, with the properties selected inside the brackets.
    pub fn shape(&self, value: Value) -> Value {
        match value {
            Value::Array(items) => Value::Array(items.into_iter().map(|item| self.shape(item)).collect()),
            Value::Object(map) if !self.select.is_empty() => {
                let kept = |name: &str| {
                    name.starts_with('@')
                        || self.select.iter().any(|s| s == name)
                        || self.inner.iter().any(|e| e.name == name)
                };
                Value::Object(map.into_iter().filter(|(name, _)| kept(name)).collect())
            }
            other => other,
        }
    }
}

/// Reads `$expand`: names parted by commas, options in brackets.
pub fn expands(text: &str) -> Vec<Expand> {
    let all = split_outside(text, ',').into_iter().map(|part| one(part.trim()));
    all.filter(|e| !e.name.is_empty()).collect()
}

fn one(part: &str) -> Expand {
    let Some((name, options)) = part.split_once('(') else {
        return Expand { name: part.to_owned(), ..Expand::default() };
    };
    let mut expand = Expand { name: name.to_owned(), ..Expand::default() };
    for option in split_outside(options.strip_suffix(')').unwrap_or(options), ';') {
        match option.trim().split_once('=') {
            Some(("$expand", inner)) => expand.inner.extend(expands(inner)),
            Some(("$select", names)) => expand.select.extend(names.split(',').map(|n| n.trim().to_owned())),
            _ => expand.strange = Some(option.to_owned()),
        }
    }
    expand
}

fn split_outside(text: &str, mark: char) -> Vec<&str> {
    let (mut depth, mut from, mut out) = (0_i32, 0, Vec::new());
    for (i, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            c if c == mark && depth == 0 => {
                out.push(&text[from..i]);
                from = i + c.len_utf8();
            }
            _ => {}
        }
    }
    out.push(&text[from..]);
    out
}
