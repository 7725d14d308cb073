//! Everybody who has ever signed in for this provider.

use askama::Template;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};

use super::roles;
use crate::app::App;
use crate::kit::error::AppResult;
use crate::kit::frame::Frame;
use crate::kit::ids::PersonId;
use crate::kit::page::Page;
use crate::kit::text::T;
use crate::people::store::{self, Cursor};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    #[serde(skip_serializing_if = "String::is_empty")]
    q: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    after: String,
}

impl Asked {
    fn at(&self, after: String) -> String {
        let query = serde_html_form::to_string(Self { after, ..self.clone() }).unwrap_or_default();
        if query.is_empty() { "/admin/people".to_owned() } else { format!("/admin/people?{query}") }
    }
}

struct RowView {
    href: String,
    name: String,
    mail: String,
    roles: Vec<String>,
    sees: String,
    seen: String,
    seen_moment: String,
    unmailed: Option<String>,
    disabled: bool,
}

#[derive(Template)]
#[template(path = "people/list.html")]
struct ListView {
    frame: Frame,
    t: T,
    q: String,
    rows: Vec<RowView>,
    next: Option<String>,
    first: Option<String>,
}

pub async fn show(State(app): State<App>, page: Page, Query(asked): Query<Asked>) -> AppResult {
    let (t, now) = (page.t, app.clock.now());
    let after = serde_json::from_str::<(String, PersonId)>(&asked.after).ok();
    let after = after.map(|(name, id)| Cursor { name, id });
    let search: String = asked.q.chars().take(80).collect();
    let mut tx = page.scope().begin(&app.db).await?;
    let (people, next) = store::list(&mut tx, &search, after.as_ref()).await?;
    drop(tx);
    let rows = people.into_iter().map(|person| RowView {
        href: format!("/admin/people/{}", person.id),
        roles: roles(t, &person.roles),
        sees: if person.sees_all { t.people_sees_all() } else { t.people_sees_some(person.given) },
        seen: t.age(&person.seen_at, &now),
        seen_moment: t.moment(&person.seen_at),
        unmailed: person.unmailed_since(now).map(|at| t.date(&at)),
        disabled: person.disabled_at.is_some(),
        name: person.name,
        mail: person.mail,
    });
    let next = next.and_then(|cursor| serde_json::to_string(&(&cursor.name, cursor.id)).ok());
    page.show(&ListView {
        t,
        rows: rows.collect(),
        next: next.map(|after| asked.at(after)),
        first: (!asked.after.is_empty()).then(|| asked.at(String::new())),
        q: asked.q,
        frame: page.frame.clone(),
    })
}
