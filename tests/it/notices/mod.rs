//! Telling people: from what happened to what a real mail server and a real HTTP receiver were sent.

mod digest;
mod hours;
mod mail;
mod outbox;
mod pages;
mod round;
mod silent;
mod stages;
mod webhook;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use http::StatusCode;
use mssp_portal::kit::clock::{Clock, SetClock};
use mssp_portal::kit::happening::{self, Happening, Kind};
use mssp_portal::kit::ids::{CustomerId, ProviderId};
use mssp_portal::kit::reach::Allowed;
use mssp_portal::kit::right::Role;
use mssp_portal::kit::scope::{Scope, Tx};
use mssp_portal::notices::Post;
use mssp_portal::work;
use serde_json::{Value, json};

use crate::support::app::{Answer, Person, TestApp};
use crate::support::database::fresh_database;
use crate::support::smtp::{PASSWORD, Smtp, USER};

/// A provider with a customer and somebody of every role, and a portal that may send to this machine.
pub struct Stage {
    pub app: TestApp,
    pub provider: ProviderId,
    pub customer: CustomerId,
    pub admin: Person,
    pub post: Arc<Post>,
}

impl Stage {
    /// At noon of a Monday.
    pub async fn new() -> Self {
        Self::with(Allowed { private: true, ..Allowed::default() }).await
    }

    pub async fn with(reach: Allowed) -> Self {
        Self::at(SetClock::at(crate::support::app::noon()), reach).await
    }

    /// On the machine's time: for what others check by it.
    pub async fn today() -> Self {
        Self::at(SetClock::at(Clock::system().now()), Allowed { private: true, ..Allowed::default() }).await
    }

    async fn at(clock: SetClock, reach: Allowed) -> Self {
        let database = fresh_database().await;
        let app =
            TestApp::assembled(database, "http://127.0.0.1:9", clock, |parts| parts.reach = reach).await;
        let provider = app.provider("contoso").await;
        let customer = app.customer(provider, "Adatum").await;
        let admin = app.person(provider, "Anna", &Role::ALL, true).await;
        let post = work::post(&app.app);
        Self { app, provider, customer, admin, post }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.app.app.clock.now()
    }

    pub fn move_to(&self, at: &str) {
        let at: DateTime<Utc> = at.parse().unwrap();
        self.app.clock.advance((at - self.now()).to_std().unwrap());
    }

    pub fn wait(&self, minutes: u64) {
        self.app.clock.advance(std::time::Duration::from_secs(60 * minutes));
    }

    pub async fn begin(&self) -> Tx {
        Scope::of_command_line(self.provider).begin(&self.app.app.db).await.unwrap()
    }

    /// A page, in a session of its own: time passes here, and sessions end.
    pub async fn get(&self, path: &str) -> Answer {
        self.app.get(Some(&self.app.session(self.provider, self.admin.id).await), path).await
    }

    pub async fn form(&self, path: &str, form: &str) -> String {
        let admin = self.app.session(self.provider, self.admin.id).await;
        let answer = self.app.post(Some(&admin), path, form).await;
        assert!(!answer.location().starts_with("/sign-in"));
        assert!(
            [StatusCode::SEE_OTHER, StatusCode::OK].contains(&answer.status),
            "{path}: {} {}",
            answer.status,
            answer.body
        );
        if answer.status == StatusCode::OK { answer.body } else { answer.location().to_owned() }
    }

    /// Adds a channel by its page; gives its address and, of a signed webhook, its secret.
    pub async fn channel(&self, kind: &str, target: &str) -> (String, String) {
        let target = target.replace('@', "%40").replace(':', "%3A").replace('/', "%2F");
        let form = format!("kind={kind}&name=The+{kind}&target={target}&language=en");
        let told = self.form("/admin/notices/channels/add", &form).await;
        if kind == "webhook" {
            let secret = told.split("whsec_").nth(1).unwrap().split('<').next().unwrap();
            let path =
                told.split("href=\"/admin/notices/channels/").nth(1).unwrap().split('"').next().unwrap();
            return (format!("/admin/notices/channels/{path}"), format!("whsec_{secret}"));
        }
        (told.split('?').next().unwrap().to_owned(), String::new())
    }

    /// A rule for everything to this channel.
    pub async fn rule_to(&self, channel: &str, more: &str) {
        let id = channel.rsplit('/').next().unwrap();
        let form = format!("name=To+a+channel&severity=low&to={id}&enabled=yes{more}");
        self.form("/admin/notices/rules/add", &form).await;
    }

    /// A rule for people of a role.
    pub async fn rule_for(&self, role: &str, more: &str) {
        let form = format!("name=For+{role}&severity=low&to=people&to_roles={role}&enabled=yes{more}");
        self.form("/admin/notices/rules/add", &form).await;
    }

    /// The mail server of the provider, with user and password.
    pub async fn mail_server(&self, server: &Smtp) {
        let form = format!(
            "host=localhost&port={}&tls=starttls&user={USER}&password={}&from=SOC+portal+%3Cportal%40soc.example%3E",
            server.port,
            PASSWORD.replace(' ', "+")
        );
        self.form("/admin/notices/mail", &form).await;
    }

    pub async fn told(&self, kind: Kind, about: &str, facts: Value) -> bool {
        let happening = Happening { kind, customer: self.customer, about: about.to_owned(), facts };
        let mut tx = self.begin().await;
        let new = happening::tell(&mut tx, &happening, self.now()).await.unwrap();
        tx.commit_bookkeeping("test").await.unwrap();
        new
    }

    /// A request that waits, as messages tell it.
    pub async fn asked(&self, about: &str) -> bool {
        self.told(Kind::RequestPending, about, request()).await
    }

    /// Weighs what happened, then sends what is due.
    pub async fn round(&self) {
        work::workers(&self.app.app).run_due().await.unwrap();
        self.post.run_due().await.unwrap();
    }

    /// States in the outbox, with their number.
    pub async fn states(&self) -> Vec<(String, i64)> {
        let rows = sqlx::query!(
            r#"select state, count(*) as "many!" from outgoing where recipient <> 'nobody' group by state order by state"#
        );
        let rows = rows.fetch_all(&self.app.owner).await.unwrap();
        rows.into_iter().map(|row| (row.state, row.many)).collect()
    }

    /// Why messages were not sent.
    pub async fn causes(&self) -> Vec<String> {
        let rows = sqlx::query_scalar!(
            r#"select problem ->> 'cause' as "cause!" from outgoing where problem is not null order by made_at, outgoing_id"#
        );
        rows.fetch_all(&self.app.owner).await.unwrap()
    }
}

pub fn request() -> Value {
    json!({
        "package": "tier2", "name": "Tier 2", "who": "Ada Analyst", "mail": "ada@analysts.example",
        "why": "Incident 4711", "until": "2026-12-01T12:00:00Z",
    })
}

pub fn many(state: &str, many: i64) -> (String, i64) {
    (state.to_owned(), many)
}
