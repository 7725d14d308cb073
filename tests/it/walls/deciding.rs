//! Functions of the stores of requests and connections: what each sees of a provider's, or changes of his.

use mssp_portal::access_requests::model::{Key, PENDING, ReadRequest, RequestTab, Verdict};
use mssp_portal::access_requests::store as requests;
use mssp_portal::connections::model::Account;
use mssp_portal::connections::store::{self as connections, Attempt, Made};
use mssp_portal::kit::ids::EntraTenantId;
use mssp_portal::sign_in::oidc::Secrets;

use super::holders::holder_mail;
use super::stores::{Act, At, acts};
use super::world::{batch_of, session as session_of, way_of};

impl At<'_> {
    fn key(&self) -> Key {
        Key { customer: self.ready(), request: format!("{}-{PENDING}", self.of.word) }
    }

    fn intent<'a>(&self, key: &'a Key) -> requests::Intent<'a> {
        requests::Intent {
            batch: uuid::Uuid::from_u128(99),
            key,
            person: self.person(),
            verdict: Verdict::Deny,
            reason: "changed",
            account: "changed",
        }
    }
}

fn request(at: &At<'_>) -> ReadRequest {
    let text = || "changed".to_owned();
    ReadRequest {
        id: format!("{}-{PENDING}", at.of.word),
        state: "denied".to_owned(),
        status: text(),
        request_type: text(),
        package_id: text(),
        package_name: text(),
        requestor_name: text(),
        requestor_mail: text(),
        requestor_oid: text(),
        justification: text(),
        created_at: at.now(),
        ..ReadRequest::default()
    }
}

pub fn looks() -> Vec<Act> {
    acts! {
        "access_requests::packages" => |tx, at| !requests::packages(tx, at.ready()).await?.is_empty();
        "access_requests::pending" => |tx, _at| {
            !requests::pending(tx, &requests::Filter::default()).await?.rows.is_empty()
        };
        "access_requests::pending_count" => |tx, _at| !requests::pending_count(tx).await?.is_none();
        "access_requests::waiting_customers" => |tx, _at| !requests::waiting_customers(tx).await?.is_empty();
        "access_requests::waiting_packages" => |tx, _at| !requests::waiting_packages(tx).await?.is_empty();
        "access_requests::unread" => |tx, at| !requests::unread(tx, None, at.now()).await?.many.is_none();
        "access_requests::decided" => |tx, at| !requests::decided(tx, at.ready(), 9).await?.is_empty();
        "access_requests::find" => |tx, at| requests::find(tx, &at.key()).await?.is_some();
        "access_requests::ended" => |tx, _at| {
            !requests::ended(tx, RequestTab::Decided, &requests::Filter::default()).await?.rows.is_empty()
        };
        "access_requests::ended_customers" => |tx, _at| !requests::ended_customers(tx).await?.is_empty();
        "access_requests::known_packages" => |tx, _at| !requests::known_packages(tx).await?.is_empty();
        "access_requests::present" => |tx, at| {
            !requests::present(tx, &[(at.ready(), holder_mail(at.ready()))]).await?.is_empty()
        };
        "access_requests::claims" => |tx, at| !requests::claims(tx, &[at.key()], at.now()).await?.is_empty();
        "access_requests::under_way" => |tx, at| !requests::under_way(tx, &[at.key()]).await?.is_empty();
        "access_requests::open" => |tx, at| !requests::open(tx, at.ready()).await?.is_empty();
        "access_requests::of_request" => |tx, at| !requests::of_request(tx, &at.key()).await?.is_empty();
        "access_requests::of_batch" => |tx, at| {
            !requests::of_batch(tx, batch_of(at.ready()), at.person()).await?.is_empty()
        };
        "connections::all" => |tx, at| {
            let session = session_of(at.app, &at.of.everyone).await;
            !connections::all(tx, &session).await?.is_empty()
        };
        "kit::session_all" => |tx, at| {
            let session = session_of(at.app, &at.of.everyone).await;
            !session.all(tx, at.now()).await?.is_empty()
        };
        "connections::held" => |tx, at| {
            let session = session_of(at.app, &at.of.everyone).await;
            connections::held(tx, &at.app.app.seal, &session, at.ready()).await.is_ok_and(|held| held.is_some())
        };
        "access_requests::changes" => |tx, at| {
            !requests::changes(tx, Some(at.ready()), at.now()).await?.is_empty()
        };
    }
}

/// Each changes something of the provider's, where it is let.
pub fn writes() -> Vec<Act> {
    let mut all = of_requests();
    all.extend(of_connections());
    all
}

fn of_requests() -> Vec<Act> {
    acts! {
        "access_requests::keep" => |tx, at| {
            let read = request(at);
            let kept = requests::Kept { read: &read, package: "tier1", denied_at: None };
            !requests::keep(tx, at.ready(), &[kept], at.later()).await?.is_empty()
        };
        "access_requests::count_open" => |tx, at| requests::count_open(tx, at.failed()).await.map(|()| true)?;
        "access_requests::forget_others" => |tx, at| {
            requests::forget_others(tx, at.ready(), &[]).await? > 0
        };
        "access_requests::claim" => |tx, at| requests::claim(tx, &at.key(), at.person(), at.later()).await?;
        "access_requests::release" => |tx, at| requests::release(tx, &at.key(), at.person()).await?;
        "access_requests::intend" => |tx, at| {
            let key = Key { customer: at.failed(), ..at.key() };
            requests::end(tx, batch_of(at.failed()), &key, ("refused", "over", ""), at.later()).await?;
            requests::intend(tx, &at.intent(&key), at.now()).await? == requests::Begun::Yes
        };
        "access_requests::want" => |tx, at| {
            let key = at.key();
            requests::want(tx, &[at.intent(&key)], at.now()).await? > 0
        };
        "access_requests::give_up" => |tx, at| {
            let key = at.key();
            requests::want(tx, &[at.intent(&key)], at.now()).await?;
            requests::give_up(tx, at.ready(), at.later(), at.later()).await?.0 > 0
        };
        "access_requests::refuse" => |tx, at| {
            let key = at.key();
            requests::refuse(tx, &at.intent(&key), ("own", ""), at.now()).await?
        };
        "access_requests::mark_sent" => |tx, at| {
            requests::mark_sent(tx, batch_of(at.ready()), &at.key(), at.now()).await?
        };
        "access_requests::end" => |tx, at| {
            let end = ("settled", "pending", "");
            requests::end(tx, batch_of(at.ready()), &at.key(), end, at.now()).await?
        };
        "access_requests::redelivering" => |tx, at| {
            let read = ReadRequest { state: "deliveryFailed".to_owned(), ..request(at) };
            let kept = requests::Kept { read: &read, package: "tier1", denied_at: None };
            requests::keep(tx, at.ready(), &[kept], at.later()).await?;
            requests::redelivering(tx, &at.key(), at.later()).await?
        };
        "access_requests::ask_redelivery" => |tx, at| {
            let read = ReadRequest { state: "deliveryFailed".to_owned(), ..request(at) };
            let kept = requests::Kept { read: &read, package: "tier1", denied_at: None };
            requests::keep(tx, at.ready(), &[kept], at.later()).await?;
            requests::ask_redelivery(tx, &at.key(), at.later()).await?
        };
        "access_requests::redelivery_answered" => |tx, at| {
            let read = ReadRequest { state: "deliveryFailed".to_owned(), ..request(at) };
            let kept = requests::Kept { read: &read, package: "tier1", denied_at: None };
            requests::keep(tx, at.ready(), &[kept], at.later()).await?;
            requests::ask_redelivery(tx, &at.key(), at.later()).await?;
            requests::redelivery_answered(tx, &at.key()).await.map(|()| true)?
        };
        "access_requests::decided_here" => |tx, at| {
            let who = ("changed", "changed", "changed");
            let why = ("changed", at.now());
            requests::decided_here(tx, &at.key(), Verdict::Deny, who, why).await.map(|()| true)?
        };
    }
}

fn of_connections() -> Vec<Act> {
    acts! {
        "connections::keep_attempt" => |tx, at| {
            let session = session_of(at.app, &at.of.everyone).await;
            let secrets = Secrets { nonce: String::new(), verifier: String::new() };
            let attempt = Attempt { customer: at.ready(), secrets, silent: true, back: "/".to_owned() };
            let state = ("another", at.now());
            connections::keep_attempt(tx, &at.app.app.seal, &session, state, &attempt).await?;
            true
        };
        "connections::take_attempt" => |tx, at| {
            let session = session_of(at.app, &at.of.everyone).await;
            let state = way_of(at.ready());
            let taken = connections::take_attempt(tx, &at.app.app.seal, &session, (&state, at.now())).await;
            taken.is_ok_and(|taken| taken.is_some())
        };
        "connections::keep" => |tx, at| {
            let session = session_of(at.app, &at.of.everyone).await;
            let made = Made {
                entra_tenant_id: EntraTenantId(uuid::Uuid::nil()),
                account: Account::default(),
                access: "changed".into(),
                refresh: None,
                expires_at: at.later(),
            };
            connections::keep(tx, &at.app.app.seal, &session, at.of.new, (&made, at.now())).await?;
            true
        };
        "connections::renew" => |tx, at| {
            let session = session_of(at.app, &at.of.everyone).await;
            let account = Account { oid: at.of.word.to_owned(), ..Account::default() };
            let made = Made {
                entra_tenant_id: EntraTenantId(uuid::Uuid::nil()),
                account,
                access: "changed".into(),
                refresh: None,
                expires_at: at.later(),
            };
            connections::renew(tx, &at.app.app.seal, &session, at.ready(), &made).await.is_ok_and(|done| done)
        };
        "kit::session_end_others" => |tx, at| {
            let session = session_of(at.app, &at.of.everyone).await;
            session.end_others(tx).await? > 0
        };
        "connections::sweep" => |tx, at| connections::sweep(tx, at.now() + chrono::TimeDelta::days(1)).await? > 0;
        "connections::drop_here" => |tx, at| {
            let session = session_of(at.app, &at.of.everyone).await;
            connections::drop_here(tx, &session, at.ready()).await?
        };
        "connections::disconnect" => |tx, at| {
            let session = session_of(at.app, &at.of.everyone).await;
            connections::disconnect(tx, &session, at.ready()).await? > 0
        };
    }
}
