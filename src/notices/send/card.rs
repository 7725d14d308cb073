//! A message as Teams and Slack show it: an Adaptive Card, and blocks with a text for where blocks are not shown.

use serde_json::{Value, json};

use super::Failure;
use crate::notices::model::Severity;
use crate::notices::words::Said;

/// Texts that Slack takes in one block at most, and fields in one section.
const TEXT: usize = 2_900;
const FIELDS: usize = 10;

fn encoded(value: &Value) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| Failure::dead("not-understood", error.to_string()))
}

/// What Teams' workflow "when a webhook request is received" posts: an envelope with one Adaptive Card.
pub fn teams(said: &Said) -> Result<String, Failure> {
    let colour = match said.severity {
        Some(Severity::High) => "attention",
        Some(Severity::Medium) => "warning",
        Some(Severity::Low) | None => "default",
    };
    // Markdown would let what somebody typed become a link.
    let text =
        |text: &str| json!({ "type": "RichTextBlock", "inlines": [{ "type": "TextRun", "text": text }] });
    let mut body = vec![json!({
        "type": "RichTextBlock",
        "inlines": [{ "type": "TextRun", "text": said.title, "weight": "bolder", "size": "medium", "color": colour }],
    })];
    for (label, value) in &said.facts {
        body.push(json!({ "type": "RichTextBlock", "spacing": "small", "inlines": [
            { "type": "TextRun", "text": format!("{label}: "), "weight": "bolder" },
            { "type": "TextRun", "text": value },
        ] }));
    }
    for (head, lines) in &said.parts {
        body.push(json!({ "type": "RichTextBlock", "inlines": [
            { "type": "TextRun", "text": head, "weight": "bolder" }] }));
        body.extend(lines.iter().map(|line| text(&format!("• {line}"))));
    }
    body.push(json!({ "type": "RichTextBlock", "separator": true, "inlines": [
        { "type": "TextRun", "text": said.foot, "isSubtle": true, "size": "small" }] }));
    let actions: Vec<Value> = said
        .link
        .iter()
        .map(|(label, url)| json!({ "type": "Action.OpenUrl", "title": label, "url": url.as_str() }))
        .collect();
    encoded(&json!({
        "type": "message",
        "summary": said.subject,
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "fallbackText": said.subject,
                "msteams": { "width": "Full" },
                "body": body,
                "actions": actions,
            },
        }],
    }))
}

/// Slack's blocks; `text` is what notifications and screen readers get.
pub fn slack(said: &Said) -> Result<String, Failure> {
    // Plain text: what somebody typed mentions nobody and links nowhere.
    let plain = |text: &str, most: usize| {
        let cut: String = text.chars().take(most).collect();
        json!({ "type": "plain_text", "text": if cut.is_empty() { "-".to_owned() } else { cut }, "emoji": false })
    };
    let mut blocks = vec![json!({ "type": "header", "text": plain(&said.title, 150) })];
    for part in said.facts.chunks(FIELDS) {
        let fields: Vec<Value> =
            part.iter().map(|(label, value)| plain(&format!("{label}: {value}"), 2_000)).collect();
        blocks.push(json!({ "type": "section", "fields": fields }));
    }
    for (head, lines) in &said.parts {
        let lines: Vec<String> = lines.iter().map(|line| format!("• {line}")).collect();
        blocks.push(
            json!({ "type": "section", "text": plain(&format!("{head}\n{}", lines.join("\n")), TEXT) }),
        );
    }
    if let Some((label, url)) = &said.link {
        blocks.push(json!({ "type": "actions", "elements": [
            { "type": "button", "text": plain(label, 75), "url": url.as_str() }] }));
    }
    blocks.push(json!({ "type": "context", "elements": [plain(&said.foot, TEXT)] }));
    encoded(&json!({ "text": escaped(&said.subject), "blocks": blocks }))
}

/// Slack reads `<…>` and `&` in a text that is not a block.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said() -> Said {
        Said {
            subject: "Adatum: <!channel> & more".into(),
            title: "New access request".into(),
            severity: Some(Severity::High),
            facts: (0..12)
                .map(|n| (format!("Fact {n}"), "[click](https://evil.example) <@U1>".into()))
                .collect(),
            parts: vec![("Approver".into(), vec!["One".into(), "Two".into()])],
            link: Some(("Open".into(), "https://portal.example/customers/1".parse().unwrap())),
            foot: "Why this came".into(),
        }
    }

    #[test]
    fn a_card_has_no_markdown_that_somebody_typed() {
        let card: Value = serde_json::from_str(&teams(&said()).unwrap()).unwrap();
        let content = &card["attachments"][0]["content"];
        assert_eq!(
            (content["type"].as_str(), content["version"].as_str()),
            (Some("AdaptiveCard"), Some("1.4"))
        );
        let body = content["body"].as_array().unwrap();
        assert!(body.iter().all(|block| block["type"] == "RichTextBlock"), "a TextBlock reads Markdown");
        assert_eq!(content["actions"][0]["url"], "https://portal.example/customers/1");
        assert_eq!(body[0]["inlines"][0]["color"], "attention");
    }

    #[test]
    fn blocks_keep_to_slacks_limits_and_mention_nobody() {
        let message: Value = serde_json::from_str(&slack(&said()).unwrap()).unwrap();
        assert_eq!(message["text"], "Adatum: &lt;!channel&gt; &amp; more");
        let blocks = message["blocks"].as_array().unwrap();
        let sections: Vec<_> = blocks.iter().filter_map(|block| block["fields"].as_array()).collect();
        assert_eq!(sections.iter().map(|fields| fields.len()).collect::<Vec<_>>(), [10, 2]);
        assert!(sections.iter().all(|fields| fields.iter().all(|field| field["type"] == "plain_text")));
        assert!(!serde_json::to_string(&blocks).unwrap().contains("mrkdwn"));
    }
}
