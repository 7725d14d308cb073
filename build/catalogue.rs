//! Reads locales/{en,nl}/*.ftl and makes one method per text. A key that is missing in a language, stands twice, or
//! has other variables fails the build. A text with two or more variables takes each by its name, one call after the
//! other (`t.customers_steps().done(3).total(17)`): a swap cannot be written without naming it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};

const LANGUAGES: [&str; 2] = ["en", "nl"];

/// A text's variables, in the order in which it first speaks of them.
type Keys = BTreeMap<String, Vec<String>>;

pub fn build() -> Result<(), String> {
    println!("cargo::rerun-if-changed=locales");
    let mut sources = BTreeMap::new();
    let mut keys: BTreeMap<&str, Keys> = BTreeMap::new();
    for language in LANGUAGES {
        let (source, found) = read(language)?;
        sources.insert(language, source);
        keys.insert(language, found);
    }
    let (english, dutch) = (&keys["en"], &keys["nl"]);
    compare(english, dutch)?;
    let out = env::var("OUT_DIR").map_err(|error| error.to_string())?;
    let out = Path::new(&out);
    for language in LANGUAGES {
        write(&out.join(format!("{language}.ftl")), &sources[language])?;
    }
    write(&out.join("text.rs"), &methods(english))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

fn read(language: &str) -> Result<(String, Keys), String> {
    let folder = format!("locales/{language}");
    let mut files: Vec<_> = fs::read_dir(&folder)
        .map_err(|error| format!("{folder}: {error}"))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "ftl"))
        .collect();
    files.sort();
    let (mut source, mut keys) = (String::new(), Keys::new());
    for path in files {
        let name = path.display().to_string();
        println!("cargo::rerun-if-changed={name}");
        let text = fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))?;
        let resource = fluent_syntax::parser::parse(text.as_str()).map_err(|(_, errors)| {
            format!("{name}: {}", errors.first().map_or("?".into(), ToString::to_string))
        })?;
        for entry in resource.body {
            let Entry::Message(message) = entry else { continue };
            let Some(pattern) = message.value else {
                return Err(format!("{name}: {} is empty", message.id.name));
            };
            let mut variables = Vec::new();
            collect(&pattern, &mut variables);
            if keys.insert(message.id.name.to_owned(), variables).is_some() {
                return Err(format!("{name}: {} stands twice", message.id.name));
            }
        }
        source.push_str(&text);
        source.push('\n');
    }
    Ok((source, keys))
}

fn collect(pattern: &Pattern<&str>, variables: &mut Vec<String>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            collect_expression(expression, variables);
        }
    }
}

fn collect_expression(expression: &Expression<&str>, variables: &mut Vec<String>) {
    match expression {
        Expression::Inline(inline) => collect_inline(inline, variables),
        Expression::Select { selector, variants } => {
            collect_inline(selector, variables);
            for variant in variants {
                collect(&variant.value, variables);
            }
        }
    }
}

fn collect_inline(inline: &InlineExpression<&str>, variables: &mut Vec<String>) {
    match inline {
        InlineExpression::VariableReference { id } if variables.iter().any(|known| known == id.name) => {}
        InlineExpression::VariableReference { id } => variables.push(id.name.to_owned()),
        InlineExpression::Placeable { expression } => collect_expression(expression, variables),
        InlineExpression::FunctionReference { arguments, .. } => {
            for argument in &arguments.positional {
                collect_inline(argument, variables);
            }
        }
        _ => {}
    }
}

fn compare(english: &Keys, dutch: &Keys) -> Result<(), String> {
    let mut wrong = Vec::new();
    for (key, variables) in english {
        match dutch.get(key) {
            None => wrong.push(format!("{key} is missing in Dutch")),
            Some(theirs) if sorted(theirs) != sorted(variables) => {
                wrong.push(format!("{key} has {variables:?} in English but {theirs:?} in Dutch"));
            }
            Some(_) => {}
        }
    }
    wrong.extend(
        dutch
            .keys()
            .filter(|key| !english.contains_key(*key))
            .map(|key| format!("{key} is missing in English")),
    );
    if wrong.is_empty() { Ok(()) } else { Err(format!("locales differ: {}", wrong.join("; "))) }
}

fn sorted(variables: &[String]) -> BTreeSet<&String> {
    variables.iter().collect()
}

fn methods(keys: &Keys) -> String {
    let (mut out, mut named) = (String::from("impl T {\n"), String::new());
    for (key, variables) in keys {
        let name = key.replace('-', "_");
        let _ = match variables.as_slice() {
            [] => writeln!(
                out,
                "    /// `{key}`\n    pub fn {name}(&self) -> String {{\n        self.say({key:?}, Vec::new())\n    }}"
            ),
            [one] => writeln!(
                out,
                "    /// `{key}`\n    pub fn {name}(&self, {}: impl Into<FluentValue<'static>>) -> String {{\n        \
                 self.say({key:?}, vec![({one:?}, {}.into())])\n    }}",
                one.replace('-', "_"),
                one.replace('-', "_"),
            ),
            several => {
                let said = said(&mut named, key, several);
                writeln!(
                    out,
                    "    /// `{key}`: {}\n    pub fn {name}(&self) -> {said}<0> {{\n        \
                     {said}(*self, Vec::new())\n    }}",
                    several.join(", ")
                )
            }
        };
    }
    out.push_str("}\n");
    out.push_str(&named);
    out.push_str("\n/// Every key of the catalogues.\npub const KEYS: &[&str] = &[\n");
    for key in keys.keys() {
        let _ = writeln!(out, "    {key:?},");
    }
    out.push_str("];\n");
    out
}

/// A text that is told its variables one by one; the number is how many it knows. Only the last gives the text.
fn said(out: &mut String, key: &str, variables: &[String]) -> String {
    let part = |part: &str| part[..1].to_uppercase() + &part[1..];
    let said: String = key.split('-').map(part).collect();
    let _ = writeln!(
        out,
        "\n/// `{key}`\n#[must_use]\npub struct {said}<const KNOWN: usize>(T, Vec<(&'static str, FluentValue<'static>)>);"
    );
    for (index, variable) in variables.iter().enumerate() {
        let method = variable.replace('-', "_");
        let (gives, body) = if index + 1 == variables.len() {
            ("String".to_owned(), format!("self.0.say({key:?}, self.1)"))
        } else {
            (format!("{said}<{}>", index + 1), format!("{said}(self.0, self.1)"))
        };
        let _ = writeln!(
            out,
            "\nimpl {said}<{index}> {{\n    pub fn {method}(mut self, value: impl Into<FluentValue<'static>>) -> {gives} {{\n        \
             self.1.push(({variable:?}, value.into()));\n        {body}\n    }}\n}}"
        );
    }
    said
}
