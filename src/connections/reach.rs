//! From a verified session to the customer's directory as its person may act there.

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::App;
use crate::connections::model::{Account, serves};
use crate::connections::pages::CALLBACK;
use crate::connections::store::{self, Held, Made};
use crate::customers::Customer;
use crate::graph::{AppCredential, Directory};
use crate::kit::error::AppError;
use crate::kit::session::Session;
use crate::providers::{self, AppKind};
use crate::sign_in::oidc::Tokens;

/// The customer's directory with one's own token.
pub struct Own {
    pub directory: Directory,
    pub account: Account,
}

/// How far one comes.
pub enum Reach {
    Connected(Box<Own>),
    /// It was connected; the token is over, and nothing renews it but himself.
    Lapsed(Account),
    Not,
}

/// As whom the person of this session may act at the customer. A token that is over is renewed by its refresh token,
/// where the provider lets one be kept.
pub async fn reach(app: &App, session: &Session, customer: &Customer) -> Result<Reach, AppError> {
    let mut tx = session.scope.begin(&app.db).await?;
    let held = store::held(&mut tx, &app.seal, session, customer.id).await?;
    let credential = providers::store::credential(&mut tx, &app.seal, AppKind::Approver).await?;
    drop(tx);
    let (Some(held), Some(credential)) = (held, credential) else { return Ok(Reach::Not) };
    let account = held.account.clone();
    let now = app.clock.now();
    let (access, expires_at) = if serves(held.expires_at, now) {
        (held.access, held.expires_at)
    } else {
        match renewed(app, session, customer, &credential, held).await? {
            Renewed::Made(made) => (made.access, made.expires_at),
            Renewed::Lapsed => return Ok(Reach::Lapsed(account)),
            Renewed::Gone => return Ok(Reach::Not),
        }
    };
    match app.graph.person(customer.entra_tenant_id, &credential, access, expires_at) {
        Ok((directory, person)) if person.oid == account.oid => {
            Ok(Reach::Connected(Box::new(Own { directory, account })))
        }
        // The app was exchanged, or the customer's Entra tenant id: what was kept serves nobody.
        _ => Ok(Reach::Lapsed(account)),
    }
}

/// What became of tokens that were over.
enum Renewed {
    Made(Made),
    Lapsed,
    /// Somebody ended the connection meanwhile: what was renewed is kept nowhere.
    Gone,
}

async fn renewed(
    app: &App,
    session: &Session,
    customer: &Customer,
    credential: &AppCredential,
    held: Held,
) -> Result<Renewed, AppError> {
    let Some(refresh) = held.refresh else { return Ok(Renewed::Lapsed) };
    let issuer = app.cloud.authority(customer.entra_tenant_id);
    let tokens = app.authorities.renew(&issuer, credential, &app.address(CALLBACK), &refresh).await;
    let Tokens { access, refresh: next, lives } = match tokens {
        Ok(tokens) => tokens,
        Err(error) => {
            tracing::info!(customer = %customer.id, error = format!("{error:#}"), "a connection was not renewed");
            return Ok(Renewed::Lapsed);
        }
    };
    let made = Made {
        entra_tenant_id: customer.entra_tenant_id,
        account: held.account,
        access,
        refresh: Some(next.unwrap_or(refresh)),
        expires_at: ends(app.clock.now(), lives),
    };
    let mut tx = session.scope.begin(&app.db).await?;
    if !store::renew(&mut tx, &app.seal, session, customer.id, &made).await? {
        return Ok(Renewed::Gone);
    }
    tx.commit_bookkeeping("a renewed token is the same connection").await?;
    Ok(Renewed::Made(made))
}

/// When a token that lives so long ends; never later than a day from now.
pub(super) fn ends(now: DateTime<Utc>, lives: std::time::Duration) -> DateTime<Utc> {
    let lives = TimeDelta::from_std(lives).unwrap_or_default();
    now + lives.clamp(TimeDelta::zero(), TimeDelta::days(1))
}
