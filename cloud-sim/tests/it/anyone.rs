//! Callers with just the permissions a test gives them, and answers with their headers.

use cloud_sim::{Options, Simulation};
use reqwest::Method;
use serde_json::{Value, json};

use super::authorize;
use super::browser::Browser;
use super::kit::{ADATUM, APPROVER, CONTOSO, OPERATOR, READER, World, client, declared, options};

/// An answer with all of it that a test may want to see.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Reply {
    pub fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or("")
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    pub fn list(&self) -> &Vec<Value> {
        self.body["value"].as_array().unwrap_or_else(|| panic!("{self:?}"))
    }
}

impl World {
    /// As `with_consent`, for behaviour that is not Microsoft's description of itself: its exchanges are not recorded.
    pub async fn strange() -> Self {
        Self::of(Options { record: None, ..options() }).await
    }

    /// As `with_consent`, with a clock that moves only when it is told to.
    pub async fn standing() -> Self {
        Self::of(Options { standing_clock: true, ..options() }).await
    }

    async fn of(options: Options) -> Self {
        let simulation = Simulation::start(options).await.unwrap();
        let client = client();
        let mut world = Self { simulation, client, filled: Value::Null };
        world.filled = world.sim("world", declared()).await;
        for app in [READER, OPERATOR, APPROVER] {
            world.consent(ADATUM, app, true).await;
        }
        world
    }

    pub async fn switch(&self, name: &str, value: impl Into<Value>) {
        self.sim("switches", json!({name: value.into()})).await;
    }

    /// The token of an app that holds these application permissions in Adatum, and no others.
    pub async fn app_with(&self, permissions: &[&str]) -> String {
        let app = uuid::Uuid::new_v4().to_string();
        let declared = json!({"tenants": [{"id": CONTOSO, "applications": [{"appId": app, "displayName": "Any",
            "secret": "any-secret", "requiredPermissions": {"application": permissions}}]}]});
        self.sim("world", declared).await;
        self.consent(ADATUM, &app, true).await;
        self.token_of(&app).await
    }

    /// A fresh token of an app that `app_with` made.
    pub async fn token_of(&self, app: &str) -> String {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", app),
            ("client_secret", "any-secret"),
            ("scope", &self.url("/.default")),
        ];
        let body: Value = self.ask_token(ADATUM, &form).await.json().await.unwrap();
        body["access_token"].as_str().unwrap_or_else(|| panic!("{body}")).to_owned()
    }

    /// The token of a person who signed in to Adatum for these delegated permissions.
    pub async fn person_with(&self, address: &str, permissions: &[&str]) -> String {
        let app = json!({"appId": APPROVER, "displayName": "Approver", "secret": "approver-secret",
            "redirectUris": ["http://portal.example/signed-in"], "requiredPermissions": {"delegated": permissions}});
        self.sim("world", json!({"tenants": [{"id": CONTOSO, "applications": [app]}]})).await;
        self.consent(ADATUM, APPROVER, true).await;
        let scopes: Vec<String> = permissions.iter().map(|p| self.url(&format!("/{p}"))).collect();
        let scope = format!("openid profile {}", scopes.join(" "));
        let page = authorize::address(ADATUM, &[("scope", scope.trim()), ("prompt", "")]);
        let mut browser = Browser::new(self.simulation.base_url());
        let back = browser.post(&page, &[("address", address)]).await;
        let code = url::Url::parse(&back.location).unwrap_or_else(|_| panic!("{permissions:?} {back:?}"));
        let code = code.query_pairs().find(|(n, _)| n == "code").map(|(_, v)| v.into_owned());
        let code = code.unwrap_or_else(|| panic!("{address} is not let in: {}", back.location));
        let (_, tokens) = authorize::redeem(self, ADATUM, &code, authorize::VERIFIER).await;
        tokens["access_token"].as_str().unwrap().to_owned()
    }

    /// Any call with any token and headers.
    pub async fn send(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Reply {
        let mut request = self.client.request(method, self.url(path)).bearer_auth(token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let sent = request.send().await.unwrap();
        let (status, headers) = (sent.status().as_u16(), sent.headers().clone());
        let body = serde_json::from_str(&sent.text().await.unwrap()).unwrap_or(Value::Null);
        Reply { status, headers, body }
    }

    pub async fn read(&self, token: &str, path: &str) -> Reply {
        self.send(token, Method::GET, path, None, &[]).await
    }

    /// A call by somebody who may do everything.
    pub async fn by_hand(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let url = self.url(&format!("/sim/tenants/{ADATUM}/graph"));
        let sent = self.client.post(url).json(&json!({"method": method, "path": path, "body": body})).send();
        let sent = sent.await.unwrap();
        (sent.status().as_u16(), serde_json::from_str(&sent.text().await.unwrap()).unwrap_or(Value::Null))
    }

    pub async fn advance(&self, seconds: i64) {
        self.sim("clock", json!({"advanceSeconds": seconds})).await;
    }
}

/// The settings of a switch that a test goes through; `switches` looks for these.
pub fn settings<T, const N: usize>(_switch: &str, values: [T; N]) -> [T; N] {
    values
}
