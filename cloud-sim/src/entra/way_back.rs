//! How an answer goes back to the application that asked: query, fragment or a posted form.

use askama::Template;
use url::Url;

use super::errors::EntraError;
use crate::answer::Answer;
use crate::call::Call;
use crate::pages;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Query,
    Fragment,
    FormPost,
}

impl Mode {
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "" | "query" => Some(Self::Query),
            "fragment" => Some(Self::Fragment),
            "form_post" => Some(Self::FormPost),
            _ => None,
        }
    }
}

/// The way back to an application whose redirect address was checked.
#[derive(Clone, Debug)]
pub struct WayBack {
    pub uri: String,
    pub mode: Mode,
    pub state: Option<String>,
}

#[derive(Template)]
#[template(path = "post_back.html")]
struct PostBack<'a> {
    place: &'a str,
    action: &'a str,
    fields: &'a [(&'a str, &'a str)],
}

impl WayBack {
    /// Goes back with these values and the state.
    pub fn with(&self, values: &[(&str, &str)]) -> Answer {
        let mut all = values.to_vec();
        if let Some(state) = &self.state {
            all.push(("state", state));
        }
        if self.mode == Mode::FormPost {
            return pages::html(200, &PostBack { place: "Sign in", action: &self.uri, fields: &all });
        }
        Answer::redirect(&self.address(&all))
    }

    /// Goes back with an error.
    pub fn refused(&self, call: &Call, error: &EntraError) -> Answer {
        let description = error.description(call).0;
        self.with(&[("error", error.error), ("error_description", &description)])
    }

    fn address(&self, values: &[(&str, &str)]) -> String {
        let Ok(mut url) = Url::parse(&self.uri) else { return self.uri.clone() };
        match self.mode {
            Mode::Fragment => {
                let mut text = url::form_urlencoded::Serializer::new(String::new());
                text.extend_pairs(values);
                url.set_fragment(Some(&text.finish()));
            }
            Mode::Query | Mode::FormPost => {
                url.query_pairs_mut().extend_pairs(values);
            }
        }
        url.to_string()
    }
}
