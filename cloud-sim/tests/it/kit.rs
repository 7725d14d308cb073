//! A simulation with a small world, and a client for it.

use std::path::PathBuf;

use cloud_sim::{Options, Simulation};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

pub struct World {
    pub simulation: Simulation,
    pub client: Client,
    pub filled: Value,
}

pub const CONTOSO: &str = "11111111-1111-4111-8111-111111111111";
pub const ADATUM: &str = "22222222-2222-4222-8222-222222222222";
pub const READER: &str = "aaaaaaaa-0000-4000-8000-000000000001";
pub const OPERATOR: &str = "aaaaaaaa-0000-4000-8000-000000000002";
pub const APPROVER: &str = "aaaaaaaa-0000-4000-8000-000000000003";

pub fn declared() -> Value {
    json!({"tenants": [
        {"id": CONTOSO, "displayName": "Contoso SOC", "domains": ["contoso-soc.example"],
         "users": [
            {"userPrincipalName": "ana@contoso-soc.example", "displayName": "Ana Analyst"},
            {"userPrincipalName": "bo@contoso-soc.example", "displayName": "Bo Lead"}],
         "applications": [
            {"appId": READER, "displayName": "Reader", "secret": "reader-secret",
             "redirectUris": ["http://portal.example/consent"],
             "requiredPermissions": {"application": ["EntitlementManagement.Read.All", "GroupMember.Read.All",
                "Organization.Read.All", "User.Read.All", "AccessReview.Read.All", "AuditLog.Read.All",
                "SecurityAlert.Read.All", "SecurityIncident.Read.All", "RoleManagement.Read.Defender",
                "CrossTenantInformation.ReadBasic.All", "Policy.Read.All"]}},
            {"appId": OPERATOR, "displayName": "Operator", "secret": "operator-secret",
             "requiredPermissions": {"application": ["EntitlementManagement.ReadWrite.All", "Group.ReadWrite.All",
                "RoleManagement.ReadWrite.Defender", "Organization.Read.All", "User.ReadBasic.All"]}},
            {"appId": APPROVER, "displayName": "Approver", "secret": "approver-secret",
             "redirectUris": ["http://portal.example/signed-in"], "appRoles": ["Admin", "Analyst"],
             "requiredPermissions": {"delegated": ["openid", "profile", "User.Read",
                "EntitlementManagement.ReadWrite.All"]}}]},
        {"id": ADATUM, "displayName": "Adatum", "domains": ["adatum.example"],
         "licences": ["AAD_PREMIUM_P2", "WINDEFATP"],
         "users": [{"userPrincipalName": "gail@adatum.example", "displayName": "Gail Admin",
                    "roles": ["Global Administrator"]}],
         "groups": [{"displayName": "Synced", "onPremisesSyncEnabled": true}]}
    ]})
}

/// Follows no redirect and trusts no certificate: reading the machine's own takes longer than most tests.
pub fn client() -> Client {
    let plain = Client::builder().redirect(reqwest::redirect::Policy::none()).tls_certs_only([]);
    plain.build().unwrap()
}

/// Any free port; every exchange is recorded where CONTRACT_RECORD says.
pub fn options() -> Options {
    let record = std::env::var_os("CONTRACT_RECORD").map(Into::into);
    Options { listen: "127.0.0.1:0".into(), record, unforgiving: true, ..Options::default() }
}

/// A directory of this test alone, gone afterwards.
pub struct Place(pub PathBuf);

impl Place {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("cloud-sim-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl World {
    pub async fn start() -> Self {
        let options = options();
        let simulation = Simulation::start(options).await.unwrap();
        let client = client();
        let mut world = Self { simulation, client, filled: Value::Null };
        world.filled = world.sim("world", declared()).await;
        world
    }

    pub async fn with_consent() -> Self {
        let world = Self::start().await;
        for app in [READER, OPERATOR, APPROVER] {
            world.consent(ADATUM, app, true).await;
        }
        world
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.simulation.base_url())
    }

    pub async fn sim(&self, what: &str, body: Value) -> Value {
        let sent = self.client.post(self.url(&format!("/sim/{what}"))).json(&body).send().await.unwrap();
        let (status, text) = (sent.status(), sent.text().await.unwrap());
        assert!(status.is_success(), "{what}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    pub async fn consent(&self, tenant: &str, app: &str, grant: bool) {
        self.sim(&format!("tenants/{tenant}/consent"), json!({"appId": app, "grant": grant})).await;
    }

    pub async fn ask_token(&self, tenant: &str, form: &[(&str, &str)]) -> Response {
        self.client.post(self.url(&format!("/{tenant}/oauth2/v2.0/token"))).form(form).send().await.unwrap()
    }

    pub async fn token(&self, tenant: &str, app: &str) -> String {
        let secret = if app == READER { "reader-secret" } else { "operator-secret" };
        let scope = self.url("/.default");
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", app),
            ("client_secret", secret),
            ("scope", &scope),
        ];
        let body: Value = self.ask_token(tenant, &form).await.json().await.unwrap();
        body["access_token"].as_str().unwrap().to_owned()
    }

    /// A Graph call in the customer's tenant: status and body.
    pub async fn call(&self, app: &str, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let token = self.token(ADATUM, app).await;
        let mut request = self.client.request(method, self.url(path)).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let sent = request.send().await.unwrap();
        let status = sent.status().as_u16();
        (status, serde_json::from_str(&sent.text().await.unwrap()).unwrap_or(Value::Null))
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.call(READER, Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(OPERATOR, Method::POST, path, Some(body)).await
    }
}
