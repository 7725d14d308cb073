//! The shipped wiring on a database of its own: `App::build` and its router, a clock that tests move, seeded chance.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::response::Response;
use chrono::{DateTime, Utc};
use http::{Method, Request, StatusCode, header};
use mssp_portal::app::{App, Parts};
use mssp_portal::graph::{Cloud, Limits};
use mssp_portal::kit::audit::Event;
use mssp_portal::kit::chance::Chance;
use mssp_portal::kit::clock::{Clock, SetClock};
use mssp_portal::kit::db::Db;
use mssp_portal::kit::ids::{CustomerId, EntraTenantId, PersonId, ProviderId};
use mssp_portal::kit::reach::Allowed;
use mssp_portal::kit::right::{Role, Roles};
use mssp_portal::kit::scope::Scope;
use mssp_portal::kit::seal::Seal;
use mssp_portal::kit::session;
use mssp_portal::{customers, router};
use sqlx::PgPool;
use tower::ServiceExt;

use super::database::{Database, fresh_database};

pub struct TestApp {
    pub app: App,
    pub router: Router,
    pub clock: SetClock,
    /// As `portal_owner`: the eye that sees every provider's rows.
    pub owner: PgPool,
    database: Database,
}

/// What every test seals under.
pub const MASTER_KEY: [u8; 32] = [3; 32];

/// Noon of a day on which nothing special happens.
pub fn noon() -> DateTime<Utc> {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn parts(database: &Database, cloud: &str, clock: Clock, seed: u64) -> Parts {
    let chance = Chance::seeded(seed);
    Parts {
        db: Db::open(database.app.clone(), 8),
        clock,
        chance: chance.clone(),
        seal: Seal::new(&MASTER_KEY, chance).unwrap(),
        cloud: Cloud::simulated(cloud).unwrap(),
        graph: Limits::default(),
        reach: Allowed::default(),
        authorities: Allowed { private: true, ..Allowed::default() },
        portal_url: "http://localhost:8080".parse().unwrap(),
        trusted_proxy_hops: 0,
        rates: (1_000_000.try_into().unwrap(), 1_000_000.try_into().unwrap()),
    }
}

impl TestApp {
    /// Against a cloud that is not there: whatever asks Microsoft gets no answer.
    pub async fn offline() -> Self {
        Self::against("http://127.0.0.1:9").await
    }

    /// Against the simulated cloud at this address.
    pub async fn against(cloud: &str) -> Self {
        let clock = SetClock::at(noon());
        Self::build(fresh_database().await, cloud, clock).await
    }

    pub async fn build(database: Database, cloud: &str, clock: SetClock) -> Self {
        Self::assembled(database, cloud, clock, |_| {}).await
    }

    /// The same, assembled a little differently.
    pub async fn assembled(
        database: Database,
        cloud: &str,
        clock: SetClock,
        change: impl FnOnce(&mut Parts),
    ) -> Self {
        let mut parts = parts(&database, cloud, clock.clock(), 7);
        change(&mut parts);
        let app = App::build(parts).unwrap();
        let owner = PgPool::connect_with(database.owner.clone()).await.unwrap();
        Self { router: router::router(&app), app, clock, owner, database }
    }

    pub fn database_name(&self) -> String {
        self.database.name.clone()
    }

    /// The portal once more on the same database, as another process has it: its own pool, on the machine's clock.
    pub fn another_process(&self, seed: u64) -> App {
        App::build(parts(&self.database, "http://127.0.0.1:9", Clock::system(), seed)).unwrap()
    }

    /// A provider with no app set up.
    pub async fn provider(&self, slug: &str) -> ProviderId {
        let id = ProviderId::new(&self.app.clock, &self.app.chance);
        sqlx::query!(
            "insert into provider (provider_id, slug, name, sign_in_issuer, created_at) values ($1, $2, $3, $4, $5)",
            id.0,
            slug,
            format!("Provider {slug}"),
            "http://127.0.0.1:9/none/v2.0",
            self.app.clock.now()
        )
        .execute(&self.owner)
        .await
        .unwrap();
        id
    }

    /// A person with these roles, and the cookie of his session.
    pub async fn person(&self, provider: ProviderId, name: &str, roles: &[Role], sees_all: bool) -> Person {
        let id = PersonId::new(&self.app.clock, &self.app.chance);
        let roles = Roles::new(roles.iter().copied());
        sqlx::query!(
            "insert into person (provider_id, person_id, identity_tid, identity_oid, name, mail, roles, sees_all,
                                 created_at, seen_at)
             values ($1, $2, 'tid', $3, $4, $5, $6, $7, $8, $8)",
            provider.0,
            id.0,
            id.to_string(),
            name,
            format!("{}@example.test", name.to_lowercase()),
            &roles.claims(),
            sees_all,
            self.app.clock.now()
        )
        .execute(&self.owner)
        .await
        .unwrap();
        let person = self.session(provider, id).await;
        sqlx::query!("update session set roles = $2 where person_id = $1", id.0, &roles.claims())
            .execute(&self.owner)
            .await
            .unwrap();
        person
    }

    /// The person, with a new session of his own, for all his roles.
    pub async fn session(&self, provider: ProviderId, id: PersonId) -> Person {
        let mut tx = Scope::of_command_line(provider).begin(&self.app.db).await.unwrap();
        let cookie = session::open(&mut tx, &self.app.clock, &self.app.chance, id, "test").await.unwrap();
        tx.commit(&self.app.clock, Event::new("sign-in.done")).await.unwrap();
        sqlx::query!("update person set seen_at = $2 where person_id = $1", id.0, self.app.clock.now())
            .execute(&self.owner)
            .await
            .unwrap();
        Person { id, cookie: format!("{}={}", cookie.name(), cookie.value()) }
    }

    /// As if their authorities had just vouched for the roles of all who are signed in.
    pub async fn roles_vouched_for(&self) {
        sqlx::query!("update session set roles_at = $1", self.app.clock.now())
            .execute(&self.owner)
            .await
            .unwrap();
    }

    /// A customer of this provider.
    pub async fn customer(&self, provider: ProviderId, name: &str) -> CustomerId {
        let id = CustomerId::new(&self.app.clock, &self.app.chance);
        let new = customers::store::NewCustomer {
            id,
            entra_tenant_id: EntraTenantId(self.app.chance.uuid_v4()),
            domain: format!("{}.example", name.to_lowercase().replace(' ', "-")),
            name: name.to_owned(),
            name_verified: true,
            account_manager: None,
            standing: customers::Standing {
                state: customers::State::New,
                whose_move: customers::WhoseMove::Us,
                next_move: "customers-next-send-link".to_owned(),
                steps_done: 0,
                steps_total: 0,
            },
        };
        let mut tx = Scope::of_command_line(provider).begin(&self.app.db).await.unwrap();
        customers::store::add(&mut tx, &new, self.app.clock.now()).await.unwrap();
        tx.commit(&self.app.clock, Event::new("customer.added").of(id)).await.unwrap();
        id
    }

    /// The customer's requests were read at that moment, whatever was found.
    pub async fn requests_read(&self, provider: ProviderId, customer: CustomerId, at: DateTime<Utc>) {
        sqlx::query!(
            "insert into work (provider_id, customer_id, kind, outcome, done_at) values ($1, $2, 'requests', 'done', $3)
             on conflict (provider_id, customer_id, kind) do update set done_at = $3",
            provider.0,
            customer.0,
            at
        )
        .execute(&self.owner)
        .await
        .unwrap();
    }

    pub async fn get(&self, person: Option<&Person>, path: &str) -> Answer {
        self.send(person, Method::GET, path, "").await
    }

    pub async fn post(&self, person: Option<&Person>, path: &str, form: &str) -> Answer {
        self.send(person, Method::POST, path, form).await
    }

    pub async fn send(&self, person: Option<&Person>, method: Method, path: &str, form: &str) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost:8080")
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(person) = person {
            request = request.header(header::COOKIE, &person.cookie);
        }
        let request = request.body(Body::from(form.to_owned())).unwrap();
        Answer::read(self.router.clone().oneshot(request).await.unwrap()).await
    }
}

#[derive(Clone, Debug)]
pub struct Person {
    pub id: PersonId,
    pub cookie: String,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: http::HeaderMap,
    pub body: String,
}

impl Answer {
    pub async fn read(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = to_bytes(response.into_body(), 1 << 22).await.unwrap();
        Self { status, headers, body: String::from_utf8_lossy(&body).into_owned() }
    }

    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |value| value.to_str().unwrap())
    }

    /// The answer without what differs at every request.
    pub fn without_request_id(&self) -> (StatusCode, Vec<(String, String)>, String) {
        let id = self.headers.get("x-request-id").map_or("", |id| id.to_str().unwrap());
        let mut headers: Vec<(String, String)> = self
            .headers
            .iter()
            .filter(|(name, _)| *name != "x-request-id")
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        headers.sort();
        (self.status, headers, self.body.replace(id, "ID"))
    }
}
