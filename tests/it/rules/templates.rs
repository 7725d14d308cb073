//! What may not stand in a template.

use std::fs;

use super::files;

#[test]
fn no_template_has_inline_style_script_or_unescaped_text() {
    let templates = files("templates", "html");
    assert!(!templates.is_empty());
    for path in templates {
        let text = fs::read_to_string(&path).unwrap();
        for word in [" style=", "|safe", "<style", "javascript:", " onclick=", " onchange=", " onsubmit="] {
            assert!(!text.contains(word), "{} holds {word}", path.display());
        }
    }
}
