//! The pages people see: what they share, and which page answers an address.

pub mod account;
mod defender;
mod entra;
mod home;
mod my_access;
pub mod pick;
mod teams;
mod upload;
mod visitor;

use askama::Template;

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::simulation::Shared;

/// First pieces of the addresses that are pages of their own, beside Entra's `/{tenant}/…`.
const PLACES: [&str; 7] = ["assets", "favicon.ico", "signin", "myaccess", "defender", "entra", "teams"];

/// Whether a call is for a page of this module.
pub fn wants(call: &Call) -> bool {
    call.segments.first().is_none_or(|first| PLACES.contains(&first.as_str()))
}

/// Answers a page.
pub fn answer(shared: &Shared, call: &Call) -> Outcome {
    let path: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match (call.method.as_str(), path.as_slice()) {
        ("GET", ["assets", "sim.css"]) => Ok(text("text/css", include_str!("../../static/sim.css"))),
        ("GET", ["assets", "sim.js"]) => Ok(text("text/javascript", include_str!("../../static/sim.js"))),
        ("GET", ["favicon.ico"]) => Ok(Answer::empty(204)),
        ("GET", ["signin"]) => Ok(pick::plain_page(shared, call)),
        ("GET", []) => Ok(home::page(shared, call)),
        (_, ["myaccess", ..]) => my_access::answer(shared, call),
        (_, ["entra", ..]) => entra::answer(shared, call),
        ("GET", ["defender"]) => Ok(defender::page(shared, call)),
        ("POST", ["defender", "activate"]) => Ok(defender::activate(shared, call)),
        ("GET", ["teams", channel]) => Ok(teams::page(shared, channel)),
        ("POST", ["teams", channel]) => teams::post(shared, call, channel),
        ("POST", ["signin"]) => Ok(pick::plain_picked(shared, call)),
        _ => Err(Answer::unknown()),
    }
}

fn text(kind: &'static str, text: &str) -> Answer {
    Answer::text(kind, text.to_owned())
}

/// A page from its template.
pub fn html(status: u16, page: &impl Template) -> Answer {
    match page.render() {
        Ok(text) => Answer::html(status, text),
        Err(error) => Answer::error(500, "generalException", &error.to_string()),
    }
}

/// A page that says in one sentence why it is not the one wanted.
#[derive(Template)]
#[template(path = "told.html")]
pub struct Told<'a> {
    pub place: &'a str,
    pub title: &'a str,
    pub what: &'a str,
    /// Address and text of the way out.
    pub way: Option<(&'a str, &'a str)>,
}
