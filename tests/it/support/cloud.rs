//! The simulated cloud beside the portal: one clock for both, real HTTP between them.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cloud_sim::{Options, Simulation};
use mssp_portal::kit::clock::{SetClock, Ticking};
use mssp_portal::kit::ids::{CustomerId, EntraTenantId, ProviderId};
use mssp_portal::kit::right::Role;
use mssp_portal::providers::AppKind;
use serde_json::{Value, json};

use super::app::{Person, TestApp, noon};
use super::database::fresh_database;

pub struct TestCloud {
    pub simulation: Simulation,
    http: reqwest::Client,
}

/// A provider whose apps work, with somebody of every role.
pub struct ReadyProvider {
    pub id: ProviderId,
    pub everyone: Person,
    pub home: String,
    pub analysts: String,
    pub analyst_domain: String,
    pub apps: Vec<(AppKind, String)>,
}

impl ReadyProvider {
    pub fn client_id(&self, app: AppKind) -> &str {
        self.apps.iter().find(|(kind, _)| *kind == app).map(|(_, id)| id.as_str()).unwrap()
    }
}

/// Any free port; every exchange is recorded where CONTRACT_RECORD says.
pub fn options() -> Options {
    let record = std::env::var_os("CONTRACT_RECORD").map(Into::into);
    Options { listen: "127.0.0.1:0".to_owned(), record, unforgiving: true, ..Options::default() }
}

/// A client without TLS: a test's own, for the test's own cloud.
pub fn plain() -> reqwest::ClientBuilder {
    reqwest::Client::builder().tls_certs_only([])
}

impl TestCloud {
    /// The portal and a cloud that share one clock.
    pub async fn with_portal() -> (TestApp, Self) {
        let clock = SetClock::at(noon());
        let shared = clock.clone();
        let options = Options { clock: Some(Arc::new(move || shared.now())), ..options() };
        let cloud = Self::start(options).await;
        let app = TestApp::build(fresh_database().await, cloud.simulation.base_url(), clock).await;
        (app, cloud)
    }

    /// The same beside a portal of its own process, which takes the time from the cloud: here only pages are asked for.
    /// With the address of the database that both use.
    pub async fn beside_a_process() -> (TestApp, Self, String) {
        let cloud = Self::start(options()).await;
        let now = cloud.control("GET", "/clock", Value::Null).await["now"].as_str().unwrap().parse().unwrap();
        let database = fresh_database().await;
        let socket = database.app.get_socket().unwrap().display().to_string().replace('/', "%2F");
        let address = format!("postgres://portal_app@{socket}/{}", database.name);
        let app = TestApp::build(database, cloud.simulation.base_url(), SetClock::at(now)).await;
        (app, cloud, address)
    }

    pub async fn start(options: Options) -> Self {
        let simulation = Simulation::start(options).await.unwrap();
        let http = plain().build().unwrap();
        let cloud = Self { simulation, http };
        // Entra takes an assertion twice, as Microsoft's own libraries send it; ours serve once.
        cloud.control("POST", "/switches", json!({ "assertions.replay-refused": true })).await;
        cloud
    }

    /// A call of the control interface; anything but success breaks the test.
    pub async fn control(&self, method: &str, path: &str, body: Value) -> Value {
        let url = format!("{}/sim{path}", self.simulation.base_url());
        let request = self.http.request(method.parse().unwrap(), url);
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// Declares a tenant; returns it with every id filled in.
    pub async fn tenant(&self, tenant: Value) -> Value {
        let world = self.control("POST", "/world", json!({ "tenants": [tenant] })).await;
        world["tenants"][0].clone()
    }

    /// A provider with home and analyst directories and four apps, set up through the portal's own Admin pages.
    pub async fn provider(&self, app: &TestApp, slug: &str) -> ReadyProvider {
        let application = |kind: AppKind| {
            json!({
                "displayName": format!("{slug} {}", kind.key()),
                "redirectUris": [format!("http://localhost:8080/p/{slug}/callback"), "http://localhost:8080/consent/callback".to_owned(), "http://localhost:8080/connect/callback".to_owned()],
                "signInAudience": if kind == AppKind::SignIn { "AzureADMyOrg" } else { "AzureADMultipleOrgs" },
                "requiredPermissions": {
                    "application": kind.application_permissions(),
                    "delegated": kind.delegated_permissions(),
                },
                "appRoles": Role::ALL.map(Role::claim),
                "secret": format!("the-secret-of-{slug}-{}", kind.key()),
            })
        };
        let home = self
            .tenant(json!({
                "displayName": format!("{slug} SOC"),
                "domains": [format!("{slug}.example")],
                "users": [{ "userPrincipalName": format!("anna@{slug}.example"), "displayName": "Anna" }],
                "applications": AppKind::ALL.map(application),
            }))
            .await;
        let analyst_domain = format!("{slug}-analysts.example");
        let analysts = self
            .tenant(json!({
                "displayName": format!("{slug} analysts"),
                "domains": [analyst_domain],
                "users": [
                    { "userPrincipalName": format!("ada@{analyst_domain}"), "displayName": "Ada Analyst" },
                    { "userPrincipalName": format!("ben@{analyst_domain}"), "displayName": "Ben Approver" },
                    { "userPrincipalName": format!("cleo@{analyst_domain}"), "displayName": "Cleo Approver" },
                ],
            }))
            .await;
        let id = app.provider(slug).await;
        let (home_id, analyst_id) =
            (home["id"].as_str().unwrap().to_owned(), analysts["id"].as_str().unwrap().to_owned());
        let tenant: uuid::Uuid = home_id.parse().unwrap();
        sqlx::query!(
            "update provider set sign_in_tenant = $2, sign_in_issuer = $3, mail_domains = $4 where provider_id = $1",
            id.0,
            tenant,
            format!("{}/{home_id}/v2.0", self.simulation.base_url()),
            &[format!("{slug}.example")]
        )
        .execute(&app.owner)
        .await
        .unwrap();
        let everyone = app.person(id, "Everyone", &Role::ALL, true).await;
        let form =
            format!("name={slug}&analyst_tenant={analyst_id}&analyst_domain={analyst_domain}&language=en");
        assert_eq!(app.post(Some(&everyone), "/admin/provider", &form).await.status, 303);
        let mut apps = Vec::new();
        for (kind, made) in AppKind::ALL.into_iter().zip(home["applications"].as_array().unwrap()) {
            let client_id = made["appId"].as_str().unwrap().to_owned();
            let path = format!("/admin/apps/{}", kind.key());
            let answer = app
                .post(Some(&everyone), &format!("{path}/client-id"), &format!("client_id={client_id}"))
                .await;
            assert_eq!(answer.status, 303, "{}", answer.body);
            let secret = format!("secret=the-secret-of-{slug}-{}", kind.key());
            assert_eq!(app.post(Some(&everyone), &format!("{path}/secret"), &secret).await.status, 303);
            apps.push((kind, client_id));
        }
        let ready = ReadyProvider { id, everyone, home: home_id, analysts: analyst_id, analyst_domain, apps };
        let admin = app.get(Some(&ready.everyone), "/admin").await;
        assert!(admin.body.contains(&ready.analysts) && admin.body.contains(&ready.analyst_domain));
        ready
    }

    /// A licensed customer's directory with an administrator; returns its Entra tenant id.
    pub async fn customer_tenant(&self, name: &str) -> EntraTenantId {
        let domain = format!("{}.example", name.to_lowercase().replace(' ', "-"));
        let made = self
            .tenant(json!({
                "displayName": name,
                "domains": [domain],
                "licences": ["AAD_PREMIUM_P2", "WINDEFATP"],
                "rbac": "unified",
                "users": [
                    {
                        "userPrincipalName": format!("admin@{domain}"), "displayName": format!("{name} Admin"),
                        "roles": ["Global Administrator"],
                    },
                    {
                        "userPrincipalName": format!("eve@{domain}"), "displayName": "Eve",
                        "roles": ["Global Administrator"],
                    },
                ],
            }))
            .await;
        made["id"].as_str().unwrap().parse().unwrap()
    }

    /// Adds the customer through the portal's pages.
    pub async fn add_customer(&self, app: &TestApp, provider: &ReadyProvider, name: &str) -> CustomerId {
        let tenant = self.customer_tenant(name).await;
        let domain = format!("{}.example", name.to_lowercase().replace(' ', "-"));
        let form =
            format!("domain={domain}&entra_tenant_id={tenant}&name={}&manager=", name.replace(' ', "+"));
        let answer = app.post(Some(&provider.everyone), "/customers/add", &form).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        let id = answer.location().trim_start_matches("/customers/").split('?').next().unwrap();
        id.parse().unwrap()
    }

    /// Consent without a browser, or its removal.
    pub async fn consent(&self, tenant: EntraTenantId, client_id: &str, grant: bool) {
        let path = format!("/tenants/{tenant}/consent");
        self.control("POST", &path, json!({ "appId": client_id, "grant": grant })).await;
    }

    /// Uploads a certificate as an administrator does in Entra.
    pub async fn upload(&self, tenant: &str, client_id: &str, der: &[u8]) {
        let path = format!("/tenants/{tenant}/applications/{client_id}/certificates");
        self.control("POST", &path, json!({ "cer": STANDARD.encode(der) })).await;
    }

    /// Ends a test before its scope does. The simulation itself fails the test that called what it does not know.
    pub async fn end(self) {
        self.simulation.stop().await;
    }
}
