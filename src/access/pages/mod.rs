//! Pages of the access room.

mod customer;
mod expiring;
mod export;
mod leave;
mod leaver;
mod leavers;
mod links;
mod matrix;
mod months;
mod people;
mod person;
mod reviews;
mod rows;
mod warnings;
mod who;

pub use warnings::labelled;

use crate::app::App;
use crate::kit::page::Page;
use crate::kit::right::Right;
use crate::kit::router::Routes;

pub fn routes() -> Routes<App> {
    Routes::default()
        .get("/access", Right::ViewCustomers, people::show)
        .get("/access/people", Right::ViewCustomers, people::show)
        .get("/access/people/export.csv", Right::ViewCustomers, export::people)
        .get("/access/people/{match}", Right::ViewCustomers, person::show)
        .post("/access/people/{match}/merge", Right::RemoveAccess, who::merge)
        .post("/access/people/{match}/split", Right::RemoveAccess, who::split)
        .get("/access/people/{match}/leave", Right::RemoveAccess, leave::ask)
        .post("/access/people/{match}/leave", Right::RemoveAccess, leave::start)
        .get("/access/leavers", Right::ViewCustomers, leavers::show)
        .get("/access/leavers/{leaver}", Right::ViewCustomers, leaver::show)
        .post("/access/leavers/{leaver}/again", Right::RemoveAccess, leaver::again)
        .get("/access/expiring", Right::ViewCustomers, expiring::show)
        .get("/access/expiring/export.csv", Right::ViewCustomers, export::expiring)
        .get("/access/calendar", Right::ViewCustomers, months::show)
        .get("/access/reviews", Right::ViewCustomers, reviews::show)
        .get("/access/matrix", Right::ViewCustomers, matrix::show)
        .get("/access/matrix/export.csv", Right::ViewCustomers, export::matrix)
        .get("/access/warnings", Right::ViewCustomers, warnings::show)
        .get("/access/links", Right::ViewCustomers, links::show)
        .get("/customers/{customer}/people", Right::ViewCustomers, customer::show)
        .get("/customers/{customer}/reviews/{round}", Right::ViewCustomers, reviews::round)
}

/// One entry of the room's own navigation.
pub struct Part {
    pub href: &'static str,
    pub label: String,
    pub current: bool,
}

/// The views of this room, for its pages' heads.
fn parts(page: &Page, current: &str) -> Vec<Part> {
    let t = page.t;
    let all = [
        ("/access/people", t.access_people()),
        ("/access/expiring", t.access_expiring()),
        ("/access/calendar", t.access_calendar()),
        ("/access/reviews", t.access_reviews()),
        ("/access/matrix", t.access_matrix()),
        ("/access/links", t.access_links()),
        ("/access/leavers", t.access_leavers()),
        ("/access/warnings", t.access_warnings()),
    ];
    all.into_iter().map(|(href, label)| Part { href, label, current: href == current }).collect()
}

/// A choice of a filter.
pub struct Choice {
    pub value: String,
    pub label: String,
    pub chosen: bool,
}

fn choice(value: &str, label: String, chosen: &str) -> Choice {
    Choice { chosen: value == chosen, value: value.to_owned(), label }
}

/// The query of another view of the same list; nothing after the page's own path where nothing is asked.
fn at(path: &str, asked: &impl serde::Serialize) -> String {
    let query = serde_html_form::to_string(asked).unwrap_or_default();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}
