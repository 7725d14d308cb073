//! What the layout shows around every page.

use crate::kit::text::{Lang, T};

/// Everything `layout/base.html` needs. Pages hold it as their field `frame`.
#[derive(Clone, Debug)]
pub struct Frame {
    pub lang: Lang,
    pub t: T,
    /// `auto`, `light` or `dark`.
    pub theme: String,
    pub provider_name: Option<String>,
    pub person_name: Option<String>,
    pub nav: Vec<NavItem>,
    /// Which customer one is in: shown in a band of its own, never a hidden choice.
    pub customer: Option<CustomerBand>,
    pub notice: Option<Notice>,
    pub request_id: String,
    /// Address of this page, for the language and theme choice to come back to.
    pub path: String,
}

#[derive(Clone, Debug)]
pub struct NavItem {
    pub href: String,
    pub label: String,
    pub icon: &'static str,
    pub current: bool,
    pub count: Option<i64>,
}

#[derive(Clone, Debug)]
pub struct CustomerBand {
    pub name: String,
    pub entra_tenant_id: String,
    pub href: String,
    pub verified: bool,
    /// 0–7, from the Entra tenant id: the same customer has the same colour on every page.
    pub colour: u8,
}

impl CustomerBand {
    /// Initials of the first two words of the name; with the colour they tell customers apart at a glance.
    pub fn mark(&self) -> String {
        let words = self.name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.take(2).filter_map(|word| word.chars().next()).flat_map(char::to_uppercase).collect()
    }
}

/// One sentence after a redirect: what was just done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub text: String,
}

impl Notice {
    /// The text `done-<key>` of the catalogue; anything else in the address shows nothing.
    pub fn done(t: T, key: &str) -> Option<Self> {
        let plain = key.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        let text = if plain { t.text(&format!("done-{key}")) } else { None };
        text.map(|text| Self { text })
    }
}
