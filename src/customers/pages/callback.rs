//! Where Microsoft sends the customer's administrator after the consent page. Nobody is signed in here.

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;

use crate::app::App;
use crate::customers::consent;
use crate::customers::store;
use crate::kit::audit::Event;
use crate::kit::error::{AppError, AppResult};
use crate::kit::frame::Frame;
use crate::kit::ids::{CustomerId, ProviderId};
use crate::kit::page::Visitor;
use crate::kit::scope::Scope;
use crate::kit::session::hash;
use crate::kit::text::T;

/// What Microsoft says when somebody pressed Cancel; any other error is none of his.
const DECLINED: [&str; 2] = ["access_denied", "permission_denied"];
/// "User declined to consent": where the error's own word does not say it (contract §15).
const DECLINED_NUMBER: &str = "AADSTS65004";

#[derive(Deserialize)]
pub struct CallbackQuery {
    #[serde(default)]
    state: String,
    error: Option<String>,
    error_subcode: Option<String>,
    error_description: Option<String>,
}

impl CallbackQuery {
    fn declined(&self) -> bool {
        let told = self.error_description.as_deref().unwrap_or_default();
        let cancelled = self.error_subcode.as_deref() == Some("cancel");
        match self.error.as_deref() {
            Some("consent_required") => cancelled || told.contains(DECLINED_NUMBER),
            Some(error) => cancelled || DECLINED.contains(&error),
            None => false,
        }
    }
}

#[derive(Template)]
#[template(path = "customers/thanks.html")]
struct ThanksView {
    frame: Frame,
    t: T,
    title: String,
    what: String,
    /// Nothing was accepted, and that was kept.
    noted: bool,
}

/// Whatever the address says, this only has the expected directory checked, and notes a refusal that came back by a
/// link of ours. A forged, foreign or expired one does neither, and is not thanked for it.
pub async fn callback(
    State(app): State<App>,
    visitor: Visitor,
    Query(query): Query<CallbackQuery>,
) -> AppResult {
    let found = sqlx::query!(
        r#"select provider_id as "provider!", customer_id as "customer!", app as "app!" from door_consent($1, $2)"#,
        hash(&query.state),
        app.clock.now()
    )
    .fetch_optional(app.db.pool())
    .await?;
    let t = visitor.t;
    let declined = query.declined();
    let (mut title, mut noted) = (t.customers_thanks(), false);
    let what = match found {
        None => {
            title = t.customers_thanks_unknown();
            t.customers_thanks_unknown_what()
        }
        Some(link) => {
            app.nudge.notify_waiters();
            let (provider, customer) = (ProviderId(link.provider), CustomerId(link.customer));
            let spent = came_back(&app, provider, customer, &link.app, &query.state, declined).await?;
            noted = declined && !spent;
            match (spent, query.error.is_some()) {
                (true, _) => t.customers_thanks_already(),
                (false, true) => {
                    title = t.customers_thanks_declined_title();
                    t.customers_thanks_declined()
                }
                (false, false) => t.customers_thanks_what(),
            }
        }
    };
    visitor.show(&ThanksView { t, title, what, noted, frame: visitor.frame.clone() })
}

/// Notes a refusal, once. Whether the link's consent is proven already.
async fn came_back(
    app: &App,
    provider: ProviderId,
    customer: CustomerId,
    kind: &str,
    state: &str,
    declined: bool,
) -> Result<bool, AppError> {
    let now = app.clock.now();
    let mut tx = Scope::of_consent_link(provider).begin(&app.db).await?;
    let spent = consent::store::is_spent(&mut tx, customer, state).await? == Some(true);
    if declined && consent::store::decline(&mut tx, customer, state, now).await? {
        if let Some(standing) = store::standing_of(&mut tx, customer).await? {
            let standing = consent::settled(&mut tx, customer, standing, now).await?;
            store::set_standing(&mut tx, customer, &standing, now).await?;
        }
        tx.commit(&app.clock, Event::new("consent.declined").of(customer).after(kind)).await?;
    }
    Ok(spent)
}
