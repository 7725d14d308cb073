//! Links of one analyst: which packages of which customers he has, has asked for, or still has to ask for. Printable,
//! and a joiner's progress.

use askama::Template;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};

use super::expiring::packages;
use super::{Choice, Part, at, choice, parts};
use crate::access::store::{self, Has, LinkRow, LinksFilter, PeopleFilter};
use crate::app::App;
use crate::kit::error::AppResult;
use crate::kit::frame::Frame;
use crate::kit::page::Page;
use crate::kit::text::T;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// The analyst's address; he need not have anything yet.
    #[serde(skip_serializing_if = "String::is_empty")]
    address: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    package: String,
    /// `missing`: only what he still has to ask for.
    #[serde(skip_serializing_if = "String::is_empty")]
    show: String,
    /// `yes`: with the package that makes somebody an approver.
    #[serde(skip_serializing_if = "String::is_empty")]
    approvers: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    after: String,
}

struct LinkView {
    package: String,
    url: String,
    alive: bool,
    key: &'static str,
    icon: &'static str,
    told: String,
}

struct CustomerView {
    href: String,
    name: String,
    links: Vec<LinkView>,
}

struct PersonView {
    name: String,
    mail: String,
    href: String,
}

#[derive(Template)]
#[template(path = "access/links.html")]
struct LinksView {
    frame: Frame,
    t: T,
    parts: Vec<Part>,
    address: String,
    /// Known by that address, with his page.
    name: Option<(String, String)>,
    shows: Vec<Choice>,
    packages: Vec<Choice>,
    approvers: bool,
    /// Packages he has, and packages there are; and the same as a bar, where both are known exactly.
    progress: Option<(String, String)>,
    bar: Option<(i64, i64)>,
    made: String,
    rows: Vec<CustomerView>,
    /// Analysts to choose from, while none is.
    people: Vec<PersonView>,
    next: Option<String>,
    first: Option<String>,
}

fn link(row: LinkRow, t: T) -> LinkView {
    let (key, icon, told) = match row.has {
        Has::Held(Some(end)) => ("nobody", "circle-check", t.access_has_until(t.date(&end))),
        Has::Held(None) => ("nobody", "circle-check", t.access_has()),
        Has::Asked(Some(until)) => ("customer", "clock", t.access_asked_until(t.date(&until))),
        Has::Asked(None) => ("customer", "clock", t.access_asked()),
        Has::Missing => ("us", "hand-stop", t.access_to_ask()),
    };
    LinkView { package: row.name, url: row.url, alive: row.alive, key, icon, told }
}

pub async fn show(State(app): State<App>, page: Page, Query(asked): Query<Asked>) -> AppResult {
    let (t, now) = (page.t, app.clock.now());
    let address: String = asked.address.trim().to_lowercase().chars().take(254).collect();
    let filter = LinksFilter {
        missing: asked.show == "missing",
        approvers: asked.approvers == "yes" || asked.package == crate::access::model::APPROVERS,
        package: Some(asked.package.clone()).filter(|key| !key.is_empty()),
        after: serde_json::from_str(&asked.after).ok(),
    };
    let mut tx = page.scope().begin(&app.db).await?;
    let packages = packages(&mut tx, now, &asked.package).await?;
    let page_at = |after: String| at("/access/links", &Asked { after, ..asked.clone() });
    let mut view = LinksView {
        t,
        parts: parts(&page, "/access/links"),
        shows: vec![
            choice("", t.access_links_all(), &asked.show),
            choice("missing", t.access_links_missing(), &asked.show),
        ],
        packages,
        approvers: asked.approvers == "yes",
        progress: None,
        bar: None,
        made: t.moment(&now),
        name: None,
        rows: Vec::new(),
        people: Vec::new(),
        next: None,
        first: (!asked.after.is_empty()).then(|| page_at(String::new())),
        address: address.clone(),
        frame: page.frame.clone(),
    };
    if address.is_empty() {
        let ours = PeopleFilter { ours: Some(true), ..PeopleFilter::default() };
        let found = store::people(&mut tx, &ours).await?.rows;
        view.people = found
            .into_iter()
            .filter(|one| !one.mail.is_empty())
            .map(|one| PersonView {
                href: at("/access/links", &Asked { address: one.mail.clone(), ..Asked::default() }),
                name: one.name,
                mail: one.mail,
            })
            .collect();
        drop(tx);
        return page.show(&view);
    }
    let id = store::match_of(&mut tx, &address).await?;
    let mut mails = vec![address];
    if let Some(id) = id {
        mails.extend(store::mails_of(&mut tx, id).await?);
        let known = store::person(&mut tx, id).await?;
        view.name = known.map(|one| (one.name, format!("/access/people/{id}")));
    }
    let (rows, next) = store::links(&mut tx, &mails, id, &filter).await?;
    let (held, all) = store::progress(&mut tx, id, &filter).await?;
    view.progress = Some((held.figure(t), all.figure(t)));
    view.bar = held.exactly().zip(all.exactly());
    drop(tx);
    view.rows = rows
        .into_iter()
        .map(|row| CustomerView {
            href: format!("/customers/{}/people", row.customer),
            name: row.name,
            links: row.links.into_iter().map(|one| link(one, t)).collect(),
        })
        .collect();
    view.next = next.and_then(|cursor| serde_json::to_string(&cursor).ok()).map(page_at);
    page.show(&view)
}
