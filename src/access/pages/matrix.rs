//! The estate as a matrix: each customer with each package of the blueprint in force, and how many people hold it.

use askama::Template;
use axum::extract::{Query, State};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Part, at, parts};
use crate::access::store::{self, MatrixRow, Stands};
use crate::app::App;
use crate::kit::error::AppResult;
use crate::kit::frame::Frame;
use crate::kit::page::Page;
use crate::kit::scope::Tx;
use crate::kit::text::T;
use crate::onboarding::store as onboarding;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    #[serde(skip_serializing_if = "String::is_empty")]
    after: String,
}

struct CellView {
    /// The package's name, for a narrow screen.
    package: String,
    key: &'static str,
    icon: &'static str,
    state: String,
    people: i64,
    href: String,
}

struct RowView {
    href: String,
    name: String,
    state: String,
    paused: bool,
    read: Option<(String, String)>,
    cells: Vec<CellView>,
    /// Packages of ours there that the blueprint no longer has.
    others: i64,
}

#[derive(Template)]
#[template(path = "access/matrix.html")]
struct MatrixView {
    frame: Frame,
    t: T,
    parts: Vec<Part>,
    packages: Vec<String>,
    rows: Vec<RowView>,
    next: Option<String>,
    first: Option<String>,
}

const fn icon(stands: Stands) -> &'static str {
    match stands {
        Stands::Present => "circle-check",
        Stands::Differs => "alert-triangle",
        Stands::Missing => "circle",
        Stands::Unknown => "help-circle",
    }
}

/// The blueprint's packages, key and name.
pub async fn columns(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<(String, String)>, sqlx::Error> {
    let (_, blueprint) = onboarding::current_blueprint(tx, now).await?;
    let keys = blueprint.keys();
    let named = keys.iter().filter_map(|key| Some(((*key).to_owned(), blueprint.package(key)?.name.clone())));
    Ok(named.collect())
}

pub async fn show(State(app): State<App>, page: Page, Query(asked): Query<Asked>) -> AppResult {
    let (t, now) = (page.t, app.clock.now());
    let after = serde_json::from_str(&asked.after).ok();
    let mut tx = page.scope().begin(&app.db).await?;
    let columns = columns(&mut tx, now).await?;
    let (rows, next) = store::matrix(&mut tx, after.as_ref()).await?;
    drop(tx);
    let row = |row: MatrixRow| {
        let read = row.read_at.is_some();
        let cell = |(key, name): &(String, String)| {
            let cell = row.cells.get(key).cloned().unwrap_or_default();
            let stands = cell.stands(read);
            CellView {
                package: name.clone(),
                key: stands.key(),
                icon: icon(stands),
                state: t.text_or_key(&format!("access-stands-{}", stands.key())),
                people: cell.people,
                href: match stands {
                    Stands::Present => format!("/customers/{}/people", row.customer),
                    _ => format!("/customers/{}/onboarding", row.customer),
                },
            }
        };
        let cells: Vec<CellView> = columns.iter().map(cell).collect();
        let others = row
            .cells
            .iter()
            .filter(|(key, cell)| cell.link == Some(true) && !columns.iter().any(|(known, _)| known == *key));
        RowView {
            href: format!("/customers/{}", row.customer),
            others: i64::try_from(others.count()).unwrap_or(i64::MAX),
            state: t.text_or_key(&format!("customers-state-{}", row.state)),
            read: row.read_at.map(|at| (t.age(&at, &now), t.moment(&at))),
            paused: row.paused,
            name: row.name.clone(),
            cells,
        }
    };
    let page_at = |after: String| at("/access/matrix", &Asked { after });
    page.show(&MatrixView {
        t,
        parts: parts(&page, "/access/matrix"),
        rows: rows.into_iter().map(row).collect(),
        packages: columns.iter().map(|(_, name)| name.clone()).collect(),
        next: next.and_then(|cursor| serde_json::to_string(&cursor).ok()).map(page_at),
        first: (!asked.after.is_empty()).then(|| page_at(String::new())),
        frame: page.frame.clone(),
    })
}
