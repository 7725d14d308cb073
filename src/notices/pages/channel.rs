//! One channel: name, address, a test message, another secret, and what was sent there last.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use chrono::TimeDelta;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::json;

use super::channels::{SecretView, name_error, target_of};
use super::sent::SentView;
use super::{NothingForm, may_steer, sees_all};
use crate::app::App;
use crate::kit::audit::Event;
use crate::kit::error::{AppError, AppResult};
use crate::kit::form::{FieldErrors, Form};
use crate::kit::frame::Frame;
use crate::kit::ids::{ChannelId, OutgoingId};
use crate::kit::outbox::{self, New};
use crate::kit::page::Page;
use crate::kit::scope::Tx;
use crate::kit::text::{Lang, T};
use crate::notices::model::ChannelKind;
use crate::notices::send::{secret_place, target_place, webhook};
use crate::notices::store::{self, Channel, Filter};
use crate::notices::weigh::recipient;

/// How long the secret before the one in use signs beside it.
const OVERLAP: TimeDelta = TimeDelta::hours(24);

#[derive(Template)]
#[template(path = "notices/channel.html")]
struct ChannelView {
    frame: Frame,
    t: T,
    id: String,
    kind: String,
    how: String,
    /// Whether he who looks may change it.
    steers: bool,
    signed: bool,
    /// Until when the secret before signs too.
    overlap: Option<String>,
    shown: String,
    name: String,
    language: String,
    enabled: bool,
    last: Vec<SentView>,
    errors: FieldErrors,
}

async fn find(tx: &mut Tx, id: &str) -> Result<Channel, AppError> {
    let id: ChannelId = id.parse().map_err(|_| AppError::NotFound)?;
    store::channel(tx, id).await?.ok_or(AppError::NotFound)
}

async fn view(app: &App, page: &Page, tx: &mut Tx, channel: Channel) -> Result<ChannelView, AppError> {
    let (t, now) = (page.t, app.clock.now());
    let (rows, _) = store::list(tx, &Filter { channel: Some(channel.id), ..Filter::default() }).await?;
    let text = |part: &str| t.text_or_key(&format!("notices-channel-{}{part}", channel.kind.key()));
    Ok(ChannelView {
        t,
        id: channel.id.to_string(),
        kind: text(""),
        how: text("-how"),
        steers: may_steer(page),
        signed: channel.kind == ChannelKind::Webhook,
        overlap: channel
            .sealed
            .before
            .as_ref()
            .filter(|(_, until)| *until > now)
            .map(|(_, until)| t.moment(until)),
        shown: channel.shown,
        name: channel.name,
        language: channel.language,
        enabled: channel.enabled,
        last: rows.into_iter().take(10).map(|row| SentView::new(t, row, now)).collect(),
        errors: FieldErrors::default(),
        frame: page.frame.clone(),
    })
}

pub async fn show(State(app): State<App>, page: Page, Path(id): Path<String>) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let channel = find(&mut tx, &id).await?;
    page.show(&view(&app, &page, &mut tx, channel).await?)
}

#[derive(Deserialize)]
pub struct ChannelForm {
    name: String,
    /// Empty: the one that is kept stays.
    #[serde(default)]
    target: String,
    language: String,
    #[serde(default)]
    enabled: String,
}

pub async fn save(
    State(app): State<App>,
    page: Page,
    Path(id): Path<String>,
    Form(form): Form<ChannelForm>,
) -> AppResult {
    sees_all(&page)?;
    let (t, now) = (page.t, app.clock.now());
    let mut tx = page.scope().begin(&app.db).await?;
    let channel = find(&mut tx, &id).await?;
    let mut errors = FieldErrors::default();
    if let Some(error) = name_error(t, &form.name) {
        errors.add("name", error);
    }
    let target = (!form.target.trim().is_empty()).then(|| target_of(&app, t, channel.kind, &form.target));
    let target = match target.transpose() {
        Ok(target) => target,
        Err(error) => {
            errors.add("target", error);
            None
        }
    };
    let enabled = form.enabled == "yes";
    if !errors.is_empty() {
        let shown =
            ChannelView { name: form.name, enabled, errors, ..view(&app, &page, &mut tx, channel).await? };
        return page.show_again(&shown);
    }
    let language = Lang::from_code(&form.language).unwrap_or_default().code();
    store::set_channel(&mut tx, channel.id, (form.name.trim(), language, enabled), now).await?;
    let mut to = channel.shown.clone();
    if let Some((shown, target)) = &target {
        let row = channel.id.to_string();
        let sealed = app.seal.seal(&target_place(page.scope().provider(), &row), target)?;
        store::set_target(&mut tx, channel.id, (shown, &sealed), now).await?;
        to.clone_from(shown);
    }
    let before = json!({ "channel": channel.name, "language": channel.language, "in_use": channel.enabled,
        "to": channel.shown });
    let after = json!({ "channel": form.name.trim(), "language": language, "in_use": enabled, "to": to,
        "address_changed": target.is_some() });
    tx.commit(&app.clock, Event::new("notices.channel-changed").before(before).after(after)).await?;
    Ok(Redirect::to(&format!("/admin/notices/channels/{}?done=saved", channel.id)).into_response())
}

/// Puts a test message into the outbox: it goes the way of every other.
pub async fn test(
    State(app): State<App>,
    page: Page,
    Path(id): Path<String>,
    Form(NothingForm {}): Form<NothingForm>,
) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let channel = find(&mut tx, &id).await?;
    let message = New {
        event: format!("test/{}", OutgoingId::new(&app.clock, &app.chance)),
        recipient: recipient(Some(channel.id), None),
        customer: None,
        channel: Some(channel.id),
        person: None,
        told: json!({ "what": "test", "by": page.frame.person_name }),
        due_at: app.clock.now(),
        held: false,
        urgent: true,
    };
    outbox::put(&mut tx, &app.clock, &app.chance, &[message]).await?;
    let event = Event::new("notices.tested").after(json!({ "channel": channel.name }));
    tx.commit(&app.clock, event).await?;
    app.nudge.notify_waiters();
    Ok(Redirect::to(&format!("/admin/notices/channels/{}?done=test-sent", channel.id)).into_response())
}

/// Another secret; both sign for a day, so that the receiver can change over in between.
pub async fn new_secret(
    State(app): State<App>,
    page: Page,
    Path(id): Path<String>,
    Form(NothingForm {}): Form<NothingForm>,
) -> AppResult {
    sees_all(&page)?;
    let (t, now) = (page.t, app.clock.now());
    let mut tx = page.scope().begin(&app.db).await?;
    let channel = find(&mut tx, &id).await?;
    if channel.kind != ChannelKind::Webhook {
        return Err(AppError::Conflict(crate::kit::error::Told {
            title: t.notices_secret_none(),
            what: t.notices_secret_none_what(),
            fix: t.notices_secret_none_fix(),
        }));
    }
    let (secret, row) = (webhook::new_secret(&app.chance), channel.id.to_string());
    let sealed = app.seal.seal(&secret_place(page.scope().provider(), &row), &secret)?;
    store::set_secret(&mut tx, channel.id, &sealed, now + OVERLAP, now).await?;
    let event = Event::new("notices.secret-changed").after(json!({ "channel": channel.name }));
    tx.commit(&app.clock, event).await?;
    page.show(&SecretView {
        t,
        name: channel.name,
        href: format!("/admin/notices/channels/{}", channel.id),
        secret: secret.expose_secret().to_owned(),
        rotated: Some(t.moment(&(now + OVERLAP))),
        frame: page.frame.clone(),
    })
}

/// With its rules and its messages.
pub async fn drop_it(
    State(app): State<App>,
    page: Page,
    Path(id): Path<String>,
    Form(NothingForm {}): Form<NothingForm>,
) -> AppResult {
    sees_all(&page)?;
    let mut tx = page.scope().begin(&app.db).await?;
    let channel = find(&mut tx, &id).await?;
    store::drop_channel(&mut tx, channel.id).await?;
    let told = json!({ "channel": channel.name, "channel_kind": channel.kind.key(), "to": channel.shown });
    tx.commit(&app.clock, Event::new("notices.channel-dropped").before(told)).await?;
    Ok(Redirect::to("/admin/notices?done=channel-dropped").into_response())
}
