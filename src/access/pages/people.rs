//! People with access over all customers: one person, one row. The room's first view.

use askama::Template;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};

use super::{Choice, Part, at, choice, parts};
use crate::access::model::nearness;
use crate::access::store::{self, PeopleFilter, PeopleSort, PersonRow};
use crate::app::App;
use crate::kit::error::AppResult;
use crate::kit::frame::Frame;
use crate::kit::page::Page;
use crate::kit::text::T;

/// The address's query. What cannot be read counts as not given: an old bookmark still opens.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    #[serde(skip_serializing_if = "String::is_empty")]
    q: String,
    /// `ours` or `others`.
    #[serde(skip_serializing_if = "String::is_empty")]
    who: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    sort: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    after: String,
}

impl Asked {
    /// From the first page on.
    pub fn filter(&self) -> PeopleFilter {
        PeopleFilter {
            search: self.q.chars().take(80).collect(),
            ours: match self.who.as_str() {
                "ours" => Some(true),
                "others" => Some(false),
                _ => None,
            },
            sort: PeopleSort::from_key(&self.sort).unwrap_or_default(),
            after: None,
        }
    }

    fn page(&self, after: String) -> String {
        at("/access/people", &Self { after, ..self.clone() })
    }
}

struct RowView {
    href: String,
    name: String,
    mail: String,
    ours: bool,
    customers: i64,
    held: i64,
    ends: Option<(String, String)>,
    near_key: &'static str,
    near_icon: &'static str,
}

#[derive(Template)]
#[template(path = "access/people.html")]
struct PeopleView {
    frame: Frame,
    t: T,
    parts: Vec<Part>,
    q: String,
    whose: Vec<Choice>,
    sorts: Vec<Choice>,
    rows: Vec<RowView>,
    narrowed: bool,
    export: String,
    next: Option<String>,
    first: Option<String>,
}

pub async fn show(State(app): State<App>, page: Page, Query(asked): Query<Asked>) -> AppResult {
    let (t, now) = (page.t, app.clock.now());
    let mut filter = asked.filter();
    let mut tx = page.scope().begin(&app.db).await?;
    // The address names the last person alone: what the order goes by is of customers out of view too.
    if let Ok(last) = asked.after.parse() {
        filter.after = store::place(&mut tx, filter.sort, last).await?;
    }
    let found = store::people(&mut tx, &filter).await?;
    drop(tx);
    let row = |row: PersonRow| {
        let (near_key, near_icon) = nearness(row.next_end, now);
        RowView {
            href: format!("/access/people/{}", row.id),
            ends: row.next_end.map(|at| (t.date(&at), t.time_left(&at, &now))),
            near_key,
            near_icon,
            name: row.name,
            mail: row.mail,
            ours: row.ours,
            customers: row.customers,
            held: row.held,
        }
    };
    let sort = |sort: PeopleSort| {
        choice(sort.key(), t.text_or_key(&format!("access-sort-{}", sort.key())), filter.sort.key())
    };
    page.show(&PeopleView {
        t,
        parts: parts(&page, "/access/people"),
        whose: vec![
            choice("ours", t.access_who_ours(), &asked.who),
            choice("others", t.access_who_others(), &asked.who),
        ],
        sorts: PeopleSort::ALL.into_iter().map(sort).collect(),
        rows: found.rows.into_iter().map(row).collect(),
        narrowed: !asked.q.is_empty() || !asked.who.is_empty(),
        next: found.next.map(|(_, last)| asked.page(last.to_string())),
        first: (!asked.after.is_empty()).then(|| asked.page(String::new())),
        export: at("/access/people/export.csv", &Asked { after: String::new(), ..asked.clone() }),
        q: asked.q.clone(),
        frame: page.frame.clone(),
    })
}
