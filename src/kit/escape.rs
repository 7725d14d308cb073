//! How text is put into a page: markup has no effect, and no name turns the direction of what stands around it.

use std::fmt::{self, Write};

use askama::filters::{self, Escaper};

/// The escaper of every template (askama.toml).
#[derive(Clone, Copy, Debug, Default)]
pub struct Html;

/// Characters that are not seen, and make a reader see other words than are there.
fn turns(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The same where no page is: in mail, in what is posted, in files. Every other letter stays.
pub fn straight(text: &str) -> String {
    let mut straight = String::with_capacity(text.len());
    for c in text.chars() {
        if turns(c) {
            straight.push_str(&named(c));
        } else {
            straight.push(c);
        }
    }
    straight
}

fn named(c: char) -> String {
    format!("[U+{:04X}]", u32::from(c))
}

impl Escaper for Html {
    fn write_escaped_str<W: Write>(&self, mut page: W, text: &str) -> fmt::Result {
        let mut rest = text;
        // In UTF-8 each of them begins with one of two bytes.
        while rest.bytes().any(|byte| byte == 0xe2 || byte == 0xd8)
            && let Some((at, turning)) = rest.char_indices().find(|(_, c)| turns(*c))
        {
            filters::Html.write_escaped_str(&mut page, &rest[..at])?;
            page.write_str(&named(turning))?;
            rest = &rest[at + turning.len_utf8()..];
        }
        filters::Html.write_escaped_str(page, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let mut page = String::new();
        Html.write_escaped_str(&mut page, text).unwrap();
        page
    }

    #[test]
    fn what_turns_the_direction_is_shown_and_every_other_letter_stays() {
        assert_eq!(shown("Invoice \u{202e}fdp.exe"), "Invoice [U+202E]fdp.exe");
        assert_eq!(shown("\u{2066}a\u{2069}<b>"), "[U+2066]a[U+2069]&#60;b&#62;");
        assert_eq!(shown("שלום – “世界” ظ"), "שלום – “世界” ظ");
    }
}
