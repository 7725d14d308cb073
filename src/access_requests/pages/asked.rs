//! The address of a list of requests: its tab, filters, sorting and page, all of them in the query.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::access_requests::model::{Pressing, RequestTab};
use crate::access_requests::store::{Cursor, Filter, Sort};
use crate::kit::ids::CustomerId;

/// The address's query. What cannot be read counts as not given: an old bookmark still opens.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tab: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub customer: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub package: String,
    /// How pressing.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub left: String,
    /// `asked`: the longest asked first; else by time left.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sort: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub after: String,
}

impl Asked {
    pub fn tab(&self) -> RequestTab {
        RequestTab::from_key(&self.tab)
    }

    pub fn filter(&self, now: DateTime<Utc>) -> Filter {
        Filter {
            customer: self.customer.parse().ok(),
            package: Some(self.package.clone()).filter(|key| !key.is_empty()),
            pressing: Pressing::from_key(&self.left).map(|pressing| (pressing, now)),
            ours: false,
            sort: if self.sort == "asked" { Sort::Asked } else { Sort::Left },
            after: cursor(&self.after),
        }
    }

    pub fn narrowed(&self) -> bool {
        !self.customer.is_empty() || !self.package.is_empty() || !self.left.is_empty()
    }

    /// The same view at another address, or another part of it.
    pub fn at(&self, path: &str, after: &str) -> String {
        let other = Self { after: after.to_owned(), ..self.clone() };
        let query = serde_html_form::to_string(&other).unwrap_or_default();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// The same customer and package in another tab.
    pub fn in_tab(&self, path: &str, tab: RequestTab) -> String {
        let tab = if tab == RequestTab::Pending { String::new() } else { tab.key().to_owned() };
        let (customer, package) = (self.customer.clone(), self.package.clone());
        Self { tab, customer, package, ..Self::default() }.at(path, "")
    }

    /// Of an address of this list; of any other, the list as it opens.
    pub fn of_path(path: &str) -> Self {
        let query = path.strip_prefix("/requests?").unwrap_or_default();
        serde_html_form::from_str(query).unwrap_or_default()
    }
}

fn cursor(text: &str) -> Option<Cursor> {
    let (at, customer, id) = serde_json::from_str::<(DateTime<Utc>, CustomerId, String)>(text).ok()?;
    Some(Cursor { at, customer, id })
}

pub fn cursor_text(cursor: &Cursor) -> String {
    serde_json::to_string(&(&cursor.at, cursor.customer, &cursor.id)).unwrap_or_default()
}
