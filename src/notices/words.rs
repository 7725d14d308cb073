//! A message in words, in the recipient's language: what the mail, the card, the blocks and the webhook are made of.

use chrono::{DateTime, Utc};
use fluent_bundle::FluentValue;
use serde_json::Value;
use url::Url;

use super::model::{Severity, Stage, Told};
use crate::kit::escape::straight;
use crate::kit::happening::Kind;
use crate::kit::ids::CustomerId;
use crate::kit::text::T;

/// One message, ready for every form.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// One line that stands alone: customer, what, who.
    pub subject: String,
    pub title: String,
    pub severity: Option<Severity>,
    /// Labels and values, in order.
    pub facts: Vec<(String, String)>,
    /// Parts of a digest: headline and lines.
    pub parts: Vec<(String, Vec<String>)>,
    /// Label and address of the page to go to.
    pub link: Option<(String, Url)>,
    /// Why this came, and where it is changed.
    pub foot: String,
}

/// Whose happening it is.
#[derive(Clone, Debug)]
pub struct Of {
    /// None: the provider's himself.
    pub customer: Option<CustomerId>,
    pub name: String,
    pub domain: String,
}

/// The page of the portal that a happening is dealt with on.
pub fn path(told: &Told, customer: Option<CustomerId>) -> String {
    if let Some(path) = told.fact("path").filter(|path| path.starts_with('/') && !path.starts_with("//")) {
        return path.to_owned();
    }
    let Some(customer) = customer else { return "/admin".to_owned() };
    match told.kind {
        Kind::RequestPending | Kind::RequestDecided | Kind::RequestExpired | Kind::DeliveryFailed => {
            format!("/customers/{customer}/requests")
        }
        Kind::RunFailed | Kind::Drifted => format!("/customers/{customer}/onboarding"),
        _ => format!("/customers/{customer}"),
    }
}

/// What a happening is called, by kind and stage.
pub fn title(t: T, told: &Told) -> String {
    match told.kind {
        Kind::RequestPending => {
            t.text_or_key(&format!("notices-title-request-{}", Stage::of(&told.facts).key()))
        }
        Kind::RequestDecided if told.fact("decision").is_some() => {
            t.text_or_key(&format!("notices-title-request-{}", told.fact("decision").unwrap_or_default()))
        }
        kind => t.text_or_key(&format!("notices-title-{}", kind.key())),
    }
}

fn moment(told: &Told, fact: &str) -> Option<DateTime<Utc>> {
    told.fact(fact)?.parse().ok()
}

/// Who it is about, with his address.
fn who(told: &Told) -> Option<String> {
    match (told.fact("who"), told.fact("mail")) {
        (Some(who), Some(mail)) if who != mail => Some(format!("{who} ({mail})")),
        (who, mail) => who.or(mail).map(str::to_owned),
    }
}

/// A happening as this language says it now.
pub fn happening(t: T, told: &Told, of: &Of, portal: &Url, now: DateTime<Utc>) -> Said {
    let title = title(t, told);
    let severity = Severity::of(told.kind, &told.facts);
    let package = told.fact("name").or_else(|| told.fact("package"));
    let until =
        moment(told, "until").map(|at| t.notices_until().moment(t.moment(&at)).left(t.time_left(&at, &now)));
    let many = told.facts.get("many").and_then(Value::as_i64).map(|many| many.to_string());
    let facts = [
        (t.notices_fact_customer(), of.customer.map(|_| named(of))),
        (t.notices_fact_what(), told.fact("title").map(str::to_owned)),
        (t.notices_fact_package(), package.map(str::to_owned)),
        (t.notices_fact_who(), who(told)),
        (t.notices_fact_why(), told.fact("why").map(str::to_owned)),
        (t.notices_fact_decided_by(), told.fact("by").map(str::to_owned)),
        (t.notices_fact_many(), many),
        (t.notices_fact_until(), until),
        (t.notices_fact_severity(), Some(t.text_or_key(&format!("notices-severity-{}", severity.key())))),
        (t.notices_fact_at(), Some(t.moment(&told.at))),
    ];
    let facts = facts.into_iter().filter_map(|(label, value)| Some((label, one_line(&value?))));
    let mut subject = t.notices_subject().customer(of.name.clone()).title(title.clone());
    for more in [package.map(str::to_owned), told.fact("who").map(str::to_owned)].into_iter().flatten() {
        subject = t.notices_subject_more().subject(subject).more(more);
    }
    Said {
        subject: one_line(&subject),
        title,
        severity: Some(severity),
        facts: facts.collect(),
        parts: Vec::new(),
        link: portal.join(&path(told, of.customer)).ok().map(|url| (t.notices_open(), url)),
        foot: t.notices_foot(),
    }
}

fn named(of: &Of) -> String {
    if of.domain.is_empty() { of.name.clone() } else { format!("{} ({})", of.name, of.domain) }
}

/// What a channel is sent to try it.
pub fn test(t: T, portal: &Url, by: &str) -> Said {
    Said {
        subject: t.notices_test_subject(),
        title: t.notices_test_subject(),
        severity: None,
        facts: vec![(t.notices_test_by(), one_line(by))],
        parts: Vec::new(),
        link: portal.join("/admin/notices").ok().map(|url| (t.notices_open(), url)),
        foot: t.notices_test_foot(),
    }
}

/// A digest: its parts by role, each with lines.
pub fn digest(t: T, told: &Value, portal: &Url, now: DateTime<Utc>) -> Said {
    let parts = told.get("parts").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let part = |part: &Value| {
        let role = part.get("role").and_then(Value::as_str).unwrap_or_default();
        let lines = part.get("lines").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let head = t.text_or_key(&format!("people-role-{role}"));
        (head, lines.iter().filter_map(|one| line(t, one, now)).collect())
    };
    Said {
        subject: t.notices_digest_subject(t.date(&now)),
        title: t.notices_digest_subject(t.date(&now)),
        severity: None,
        facts: Vec::new(),
        parts: parts.iter().map(part).collect(),
        link: portal.join("/").ok().map(|url| (t.notices_digest_open(), url)),
        foot: t.notices_digest_foot(),
    }
}

/// One line of a digest: a key of the catalogue and what stands in it.
fn line(t: T, told: &Value, now: DateTime<Utc>) -> Option<String> {
    let key = told.get("say").and_then(Value::as_str)?;
    let mut arguments: Vec<(&str, FluentValue<'static>)> = Vec::new();
    for name in ["count", "customer", "package", "who"] {
        match told.get(name) {
            Some(Value::Number(number)) => arguments.push((name, number.as_i64().unwrap_or(0).into())),
            Some(Value::String(text)) => arguments.push((name, one_line(text).into())),
            _ => {}
        }
    }
    if let Some(at) = told.get("until").and_then(Value::as_str).and_then(|at| at.parse().ok()) {
        arguments.push(("left", t.time_left(&at, &now).into()));
        arguments.push(("date", t.date(&at).into()));
    }
    if let Some(kind) = told.get("kind").and_then(Value::as_str) {
        arguments.push(("kind", t.text_or_key(&format!("notices-kind-{kind}")).into()));
    }
    t.text_with(&format!("notices-digest-{key}"), arguments)
}

/// Without line breaks and other characters that are no text: what a customer's analyst typed forges no line, and turns
/// the direction of none.
pub fn one_line(text: &str) -> String {
    let plain: String = straight(text).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_typed_is_one_line_that_reads_as_it_is() {
        for (typed, line) in [
            ("Incident\r\nBcc: eve@evil.example", "Incident Bcc: eve@evil.example"),
            ("a\u{0}b\u{1b}[2J", "a b [2J"),
            (" a \t b ", "a b"),
            ("invoice\u{202e}gpj.exe", "invoice[U+202E]gpj.exe"),
            ("\u{2066}Ada\u{2069}\u{200f}\u{200e}\u{61c}", "[U+2066]Ada[U+2069][U+200F][U+200E][U+061C]"),
            ("Zoë Ångström שלום", "Zoë Ångström שלום"),
        ] {
            assert_eq!(one_line(typed), line, "{typed:?}");
        }
    }
}
