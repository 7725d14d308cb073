//! The provider's mail server. Its password goes in and never comes out.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;

use super::sent::SentView;
use super::{NothingForm, sees_all};
use crate::app::App;
use crate::kit::audit::Event;
use crate::kit::error::{AppError, AppResult};
use crate::kit::form::{FieldErrors, Form};
use crate::kit::frame::Frame;
use crate::kit::ids::OutgoingId;
use crate::kit::outbox::{self, New};
use crate::kit::page::Page;
use crate::kit::scope::Tx;
use crate::kit::text::T;
use crate::notices::send::mail_place;
use crate::notices::store::{self, Filter, Mail, Settings};
use crate::notices::weigh::recipient;

#[derive(Template)]
#[template(path = "notices/mail_server.html")]
struct MailView {
    frame: Frame,
    t: T,
    mail: Mail,
    port: String,
    has_password: bool,
    set_up: bool,
    last: Vec<SentView>,
    errors: FieldErrors,
}

async fn view(app: &App, page: &Page, tx: &mut Tx, settings: Settings) -> Result<MailView, AppError> {
    let (t, now) = (page.t, app.clock.now());
    let (rows, _) = store::list(tx, &Filter { people: true, ..Filter::default() }).await?;
    Ok(MailView {
        t,
        port: settings.mail.port.to_string(),
        has_password: settings.mail_sealed.is_some(),
        set_up: !settings.mail.host.is_empty(),
        mail: settings.mail,
        last: rows.into_iter().take(5).map(|row| SentView::new(t, row, now)).collect(),
        errors: FieldErrors::default(),
        frame: page.frame.clone(),
    })
}

pub async fn show(State(app): State<App>, page: Page) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let settings = store::settings(&mut tx).await?;
    page.show(&view(&app, &page, &mut tx, settings).await?)
}

#[derive(Deserialize)]
pub struct MailForm {
    host: String,
    port: String,
    tls: String,
    user: String,
    /// Empty: the one that is kept stays.
    #[serde(default)]
    password: String,
    from: String,
}

impl MailForm {
    fn read(&self, t: T, has_password: bool) -> (Mail, FieldErrors) {
        let mut errors = FieldErrors::default();
        let host = self.host.trim().to_lowercase();
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-:_".contains(c);
        if host.is_empty() || host.len() > 253 || !host.chars().all(plain) {
            errors.add("host", t.notices_mail_host_wrong());
        }
        let port = self.port.trim().parse::<u16>().ok().filter(|port| *port > 0);
        if port.is_none() {
            errors.add("port", t.notices_mail_port_wrong());
        }
        let from = self.from.trim().to_owned();
        if from.parse::<lettre::message::Mailbox>().is_err() || from.len() > 254 {
            errors.add("from", t.notices_mail_from_wrong());
        }
        let tls = ["tls", "starttls", "none"].into_iter().find(|one| *one == self.tls).unwrap_or("starttls");
        let user = self.user.trim().to_owned();
        if user.len() > 254 {
            errors.add("user", t.notices_mail_user_wrong());
        }
        if !user.is_empty() && self.password.is_empty() && !has_password {
            errors.add("password", t.notices_mail_password_missing());
        }
        // A password in clear over the network is given to whoever listens.
        if !user.is_empty() && tls == "none" {
            errors.add("tls", t.notices_mail_tls_wrong());
        }
        let mail = Mail { host, port: port.map_or(587, i32::from), tls: tls.to_owned(), user, from };
        (mail, errors)
    }
}

pub async fn save(State(app): State<App>, page: Page, Form(form): Form<MailForm>) -> AppResult {
    sees_all(&page)?;
    let mut tx = page.scope().begin(&app.db).await?;
    let before = store::settings(&mut tx).await?;
    // A password goes to the server it was given for, and to no other.
    let same = before.mail.host == form.host.trim().to_lowercase() && before.mail.user == form.user.trim();
    let kept = before.mail_sealed.clone().filter(|_| same);
    let (mail, errors) = form.read(page.t, kept.is_some());
    if !errors.is_empty() {
        let shown = Settings { mail, mail_sealed: kept, ..before };
        let view = view(&app, &page, &mut tx, shown).await?;
        return page.show_again(&MailView { errors, port: form.port, ..view });
    }
    let provider = page.scope().provider();
    let sealed = match form.password.as_str() {
        "" => kept.filter(|_| !mail.user.is_empty()),
        given => Some(app.seal.seal(&mail_place(provider), &SecretString::from(given.to_owned()))?),
    };
    store::set_mail(&mut tx, &mail, sealed.as_deref(), app.clock.now()).await?;
    let event = Event::new("notices.mail-changed").before(&before.mail).after(
        json!({ "host": mail.host, "port": mail.port, "tls": mail.tls, "user": mail.user, "from": mail.from,
            "password_changed": !form.password.is_empty() }),
    );
    tx.commit(&app.clock, event).await?;
    Ok(Redirect::to("/admin/notices/mail?done=saved").into_response())
}

/// A test message to oneself.
pub async fn test(State(app): State<App>, page: Page, Form(NothingForm {}): Form<NothingForm>) -> AppResult {
    let person = page.scope().person().ok_or(AppError::NotFound)?;
    let mut tx = page.scope().begin(&app.db).await?;
    let known = crate::people::store::find(&mut tx, person).await?.ok_or(AppError::NotFound)?;
    if known.mail.is_empty() {
        return Err(AppError::Conflict(crate::kit::error::Told {
            title: page.t.notices_test_not(),
            what: page.t.notices_test_no_address(),
            fix: page.t.notices_test_no_address_fix(),
        }));
    }
    let message = New {
        event: format!("test/{}", OutgoingId::new(&app.clock, &app.chance)),
        recipient: recipient(None, Some(person)),
        customer: None,
        channel: None,
        person: Some(person),
        told: json!({ "what": "test", "by": known.name }),
        due_at: app.clock.now(),
        held: false,
        urgent: true,
    };
    outbox::put(&mut tx, &app.clock, &app.chance, &[message]).await?;
    tx.commit(&app.clock, Event::new("notices.tested").after(json!({ "to": known.mail }))).await?;
    app.nudge.notify_waiters();
    Ok(Redirect::to("/admin/notices/mail?done=test-sent").into_response())
}
