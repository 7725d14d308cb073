//! Pages of the notices room.

mod channel;
mod channels;
mod customer;
mod home;
mod mail;
mod oneself;
mod outbox;
mod rule;
mod rules;
mod sent;
mod times;

use crate::app::App;
use crate::kit::error::{AppError, AppResult, Told};
use crate::kit::page::Page;
use crate::kit::right::Right;
use crate::kit::router::Routes;

/// A channel is told of every customer, and all mail goes by the mail server: only who sees all customers has a say in
/// them.
fn sees_all(page: &Page) -> AppResult<()> {
    if may_steer(page) {
        return Ok(());
    }
    Err(AppError::Conflict(Told {
        title: page.t.notices_all_title(),
        what: page.t.notices_all_what(),
        fix: page.t.notices_all_fix(),
    }))
}

fn may_steer(page: &Page) -> bool {
    page.scope().limited_to().is_none()
}

/// A form without fields.
#[derive(serde::Deserialize)]
struct NothingForm {}

pub fn routes() -> Routes<App> {
    Routes::default()
        .get("/admin/notices", Right::Administer, home::show)
        .get("/admin/notices/mail", Right::Administer, mail::show)
        .post("/admin/notices/mail", Right::Administer, mail::save)
        .post("/admin/notices/mail/test", Right::Administer, mail::test)
        .get("/admin/notices/times", Right::Administer, times::show)
        .post("/admin/notices/times", Right::Administer, times::save)
        .get("/admin/notices/channels/add", Right::Administer, channels::ask)
        .post("/admin/notices/channels/add", Right::Administer, channels::add)
        .get("/admin/notices/channels/{channel}", Right::Administer, channel::show)
        .post("/admin/notices/channels/{channel}", Right::Administer, channel::save)
        .post("/admin/notices/channels/{channel}/test", Right::Administer, channel::test)
        .post("/admin/notices/channels/{channel}/secret", Right::Administer, channel::new_secret)
        .post("/admin/notices/channels/{channel}/drop", Right::Administer, channel::drop_it)
        .get("/admin/notices/rules/add", Right::Administer, rules::ask)
        .post("/admin/notices/rules/add", Right::Administer, rules::add)
        .post("/admin/notices/rules/usual", Right::Administer, rules::usual)
        .get("/admin/notices/rules/{rule}", Right::Administer, rule::show)
        .post("/admin/notices/rules/{rule}", Right::Administer, rule::save)
        .post("/admin/notices/rules/{rule}/drop", Right::Administer, rule::drop_it)
        .get("/admin/notices/outbox", Right::Administer, outbox::show)
        .post("/admin/notices/outbox/again", Right::Administer, outbox::again)
        .get("/me/notices", Right::SignedIn, oneself::show)
        .post("/me/notices", Right::SignedIn, oneself::save)
        .get("/customers/{customer}/notices", Right::ViewCustomers, customer::show)
        .post("/customers/{customer}/notices/snooze", Right::KeepNotes, customer::snooze)
        .post("/customers/{customer}/notices/wake", Right::KeepNotes, customer::wake)
}
