//! Adding a channel. The secret of a signed webhook is shown once, here, and never again.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::sees_all;
use crate::app::App;
use crate::customers::model::is_mail;
use crate::kit::audit::Event;
use crate::kit::error::{AppError, AppResult};
use crate::kit::form::{FieldErrors, Form};
use crate::kit::frame::Frame;
use crate::kit::ids::ChannelId;
use crate::kit::page::Page;
use crate::kit::reach::Unreached;
use crate::kit::text::{Lang, T};
use crate::notices::model::ChannelKind;
use crate::notices::send::{secret_place, target_place, webhook};
use crate::notices::store::{self, NewChannel};

#[derive(Template)]
#[template(path = "notices/channel_add.html")]
struct AddView {
    frame: Frame,
    t: T,
    kind: &'static str,
    title: String,
    how: String,
    name: String,
    target: String,
    language: String,
    errors: FieldErrors,
}

/// A secret, shown once.
#[derive(Template)]
#[template(path = "notices/secret.html")]
pub struct SecretView {
    pub frame: Frame,
    pub t: T,
    pub name: String,
    pub href: String,
    pub secret: String,
    pub rotated: Option<String>,
}

impl AddView {
    fn new(page: &Page, kind: ChannelKind) -> Self {
        let t = page.t;
        let text = |part: &str| t.text_or_key(&format!("notices-channel-{}{part}", kind.key()));
        Self {
            t,
            kind: kind.key(),
            title: text(""),
            how: text("-how"),
            name: String::new(),
            target: String::new(),
            language: page.lang.code().to_owned(),
            errors: FieldErrors::default(),
            frame: page.frame.clone(),
        }
    }
}

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    kind: String,
}

pub async fn ask(page: Page, Query(asked): Query<Asked>) -> AppResult {
    sees_all(&page)?;
    let kind = ChannelKind::from_key(&asked.kind).unwrap_or(ChannelKind::Webhook);
    page.show(&AddView::new(&page, kind))
}

#[derive(Deserialize)]
pub struct AddForm {
    kind: String,
    name: String,
    target: String,
    language: String,
}

/// What is shown of a target and what is sealed, if it is one.
pub fn target_of(app: &App, t: T, kind: ChannelKind, typed: &str) -> Result<(String, SecretString), String> {
    let typed = typed.trim();
    if kind == ChannelKind::Mail {
        let fits = is_mail(typed) && typed.chars().count() <= 254;
        return if fits {
            Ok((typed.to_owned(), SecretString::from(typed.to_owned())))
        } else {
            Err(t.people_address_wrong())
        };
    }
    let url: Url = typed.parse().map_err(|_| t.notices_target_wrong())?;
    app.reach.admit(&url).map_err(|why| match why {
        Unreached::Private(host) => t.notices_target_private(host),
        _ => t.notices_target_wrong(),
    })?;
    if typed.len() > 2_000 {
        return Err(t.notices_target_wrong());
    }
    Ok((webhook::shown(&url), SecretString::from(url.to_string())))
}

pub fn name_error(t: T, name: &str) -> Option<String> {
    let length = name.trim().chars().count();
    (length == 0 || length > 80).then(|| t.notices_name_wrong())
}

pub async fn add(State(app): State<App>, page: Page, Form(form): Form<AddForm>) -> AppResult {
    sees_all(&page)?;
    let t = page.t;
    let kind = ChannelKind::from_key(&form.kind).ok_or(AppError::Bad("no such kind of channel"))?;
    let mut errors = FieldErrors::default();
    if let Some(error) = name_error(t, &form.name) {
        errors.add("name", error);
    }
    let target = target_of(&app, t, kind, &form.target);
    let (shown, target) = match target {
        Ok(target) if errors.is_empty() => target,
        other => {
            if let Err(error) = other {
                errors.add("target", error);
            }
            let view = AddView {
                name: form.name,
                target: form.target,
                language: form.language,
                errors,
                ..AddView::new(&page, kind)
            };
            return page.show_again(&view);
        }
    };
    let (id, provider) = (ChannelId::new(&app.clock, &app.chance), page.scope().provider());
    let row = id.to_string();
    let secret = (kind == ChannelKind::Webhook).then(|| webhook::new_secret(&app.chance));
    let sealed =
        secret.as_ref().map(|secret| app.seal.seal(&secret_place(provider, &row), secret)).transpose()?;
    let new = NewChannel {
        id,
        kind,
        name: form.name.trim().to_owned(),
        language: Lang::from_code(&form.language).unwrap_or(page.lang).code().to_owned(),
        shown,
        target: app.seal.seal(&target_place(provider, &row), &target)?,
        secret: sealed,
    };
    let mut tx = page.scope().begin(&app.db).await?;
    store::add_channel(&mut tx, &new, app.clock.now()).await?;
    let told = json!({ "channel": new.name, "channel_kind": kind.key(), "to": new.shown });
    tx.commit(&app.clock, Event::new("notices.channel-added").after(told)).await?;
    let href = format!("/admin/notices/channels/{id}");
    match secret {
        None => Ok(Redirect::to(&format!("{href}?done=channel-added")).into_response()),
        Some(secret) => page.show(&SecretView {
            t,
            name: new.name,
            href,
            secret: secret.expose_secret().to_owned(),
            rotated: None,
            frame: page.frame.clone(),
        }),
    }
}
