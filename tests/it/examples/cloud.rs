//! The simulated cloud with that world, and who calls it: an app alone, or its administrator signed in.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloud_sim::{Options, Simulation};
use serde_json::{Value, json};
use sha2::Digest;
use url::Url;

use super::documents::Example;
use super::world::Tenant;
use crate::support::cloud::options;

const APP: &str = "aaaaaaaa-0000-4000-8000-00000000000e";
const HOME: &str = "11111111-1111-4111-8111-11111111000e";
const BACK: &str = "http://portal.example/signed-in";
const VERIFIER: &str = "a-verifier-that-is-long-enough-to-be-one-0123456789";

pub struct Cloud {
    simulation: Simulation,
    http: reqwest::Client,
    /// Tenant by the example's file.
    tenants: BTreeMap<String, String>,
    _place: Place,
}

/// A directory that goes when the test ends.
struct Place(std::path::PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// What came back.
pub struct Got {
    pub status: u16,
    pub text: String,
}

/// Every permission that Microsoft's list names, by column.
fn permissions(contract: &Path, column: usize) -> Vec<String> {
    let list = std::fs::read_to_string(contract.join("permissions.tsv")).unwrap();
    let cells = list.lines().skip(1).filter_map(|line| line.split('\t').nth(column));
    let names = cells.flat_map(|cell| cell.split([';', ',', '+', '(', ')'])).map(str::trim);
    let mut names: Vec<String> =
        names.filter(|name| name.contains('.') && !name.contains(' ')).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}

fn domain(example: &Example) -> String {
    let word: String = example.file.chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
    format!("example-{}.example", word.to_lowercase())
}

impl Cloud {
    pub async fn with(contract: &Path, examples: &[Example]) -> Self {
        let place = Place(std::env::temp_dir().join(format!("examples-{}", std::process::id())));
        let state = || Options { state: Some(place.0.clone()), unforgiving: false, ..options() };
        let simulation = Simulation::start(Options { record: None, ..state() }).await.unwrap();
        #[expect(clippy::disallowed_methods, reason = "a test's own client speaks to the test's own cloud")]
        let http = reqwest::Client::new();
        let mut declared = vec![
            json!({"id": HOME, "displayName": "Provider", "domains": ["provider.example"],
            "users": [{"userPrincipalName": "ann@provider.example", "displayName": "Ann"}],
            "applications": [{"appId": APP, "displayName": "Portal", "secret": "the-secret", "redirectUris": [BACK],
                "requiredPermissions": {"application": permissions(contract, 2), "delegated": permissions(contract, 3)}}]}),
        ];
        for example in examples {
            declared.push(json!({"displayName": example.file, "domains": [domain(example)],
                "licences": ["AAD_PREMIUM_P2", "WINDEFATP"],
                "users": [{"userPrincipalName": format!("admin@{}", domain(example)), "displayName": "Admin",
                    "roles": ["Global Administrator"]}]}));
        }
        for name in other_domains(examples) {
            declared.push(json!({"displayName": name, "domains": [name],
                "users": [{"userPrincipalName": format!("user@{name}"), "displayName": "User"}]}));
        }
        let base = simulation.base_url().to_owned();
        let control = async |path: String, body: Value| -> Value {
            let answer = http.post(format!("{base}/sim/{path}")).json(&body).send().await.unwrap();
            assert!(answer.status().is_success(), "{path}");
            answer.json().await.unwrap()
        };
        let made = control("world".into(), json!({"tenants": declared})).await;
        let mut tenants = BTreeMap::new();
        for (example, tenant) in examples.iter().zip(made["tenants"].as_array().unwrap().iter().skip(1)) {
            let id = tenant["id"].as_str().unwrap().to_owned();
            control(format!("tenants/{id}/consent"), json!({"appId": APP, "grant": true})).await;
            tenants.insert(example.file.clone(), id);
        }
        simulation.close().await.unwrap();
        arrange(&place.0.join("world.json"), examples, &tenants);
        let simulation = Simulation::start(state()).await.unwrap();
        Self { simulation, http, tenants, _place: place }
    }

    /// Sends the request as documented: by the app alone, and where that is not allowed by its administrator.
    pub async fn ask(&self, example: &Example) -> Got {
        let token = self.app_token(example).await;
        let got = self.send(example, &token).await;
        let delegated = got.status == 403 || got.text.contains("delegated authentication flow");
        if !delegated {
            return got;
        }
        let token = self.person_token(example).await;
        self.send(example, &token).await
    }

    async fn send(&self, example: &Example, token: &str) -> Got {
        let address =
            Url::parse(&format!("{}{}", self.simulation.base_url(), self.address(example))).unwrap();
        let mut request = self.http.request(example.method.parse().unwrap(), address).bearer_auth(token);
        request = request.header("user-agent", "documented-example/1");
        for (name, value) in
            example.headers.iter().filter(|(name, _)| name != "content-type" && name != "authorization")
        {
            request = request.header(name.as_str(), value.as_str());
        }
        // The page of the upsert names the header in its table, and leaves it out of its second example (contract §3).
        if example.is_of("PATCH /groups(uniqueName)")
            && !example.headers.iter().any(|(name, _)| name == "prefer")
        {
            request = request.header("prefer", "create-if-missing");
        }
        if let Some(body) = &example.asked {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        Got { status: answer.status().as_u16(), text: answer.text().await.unwrap() }
    }

    /// Licences have ids that follow from their tenant: a page's placeholder for one is filled with such an id.
    fn address(&self, example: &Example) -> String {
        match example.pieces().as_slice() {
            [skus, id] if skus == "subscribedSkus" && id.starts_with("ee000") => {
                let licence = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, b"WINDEFATP");
                example.address.replace(id.as_str(), &format!("{}_{licence}", self.tenants[&example.file]))
            }
            _ => example.address.clone(),
        }
    }

    async fn token(&self, example: &Example, form: &[(&str, &str)]) -> String {
        let address =
            format!("{}/{}/oauth2/v2.0/token", self.simulation.base_url(), self.tenants[&example.file]);
        let mut whole = vec![("client_id", APP), ("client_secret", "the-secret")];
        whole.extend(form);
        let answer = self.http.post(address).form(&whole).send().await.unwrap();
        let body: Value = answer.json().await.unwrap();
        body["access_token"].as_str().unwrap_or_else(|| panic!("{body}")).to_owned()
    }

    async fn app_token(&self, example: &Example) -> String {
        let scope = format!("{}/.default", self.simulation.base_url());
        self.token(example, &[("grant_type", "client_credentials"), ("scope", &scope)]).await
    }

    /// The example's administrator signs in with code and PKCE.
    async fn person_token(&self, example: &Example) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(VERIFIER));
        let base = self.simulation.base_url();
        let scope = format!("{base}/.default");
        let query = [
            ("client_id", APP),
            ("response_type", "code"),
            ("redirect_uri", BACK),
            ("scope", &scope),
            ("state", "s"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let tenant = &self.tenants[&example.file];
        let address =
            Url::parse_with_params(&format!("{base}/{tenant}/oauth2/v2.0/authorize"), query).unwrap();
        let person = format!("{tenant}/{}", self.administrator(example).await);
        let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let answer = browser.post(address).form(&[("person", person.as_str())]).send().await.unwrap();
        let (status, location) = (answer.status(), answer.headers().get("location").cloned());
        let location = match location {
            Some(location) => location.to_str().unwrap().to_owned(),
            None => panic!("{status}: {}", answer.text().await.unwrap()),
        };
        let back = Url::parse(&location).unwrap();
        let code = back.query_pairs().find(|(name, _)| name == "code").map(|(_, code)| code.into_owned());
        let code = code.unwrap_or_else(|| panic!("{location}"));
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", BACK),
            ("code_verifier", VERIFIER),
        ];
        self.token(example, &form).await
    }

    async fn administrator(&self, example: &Example) -> String {
        let answer = self.http.get(format!("{}/sim/world", self.simulation.base_url())).send().await.unwrap();
        let world: Value = answer.json().await.unwrap();
        let tenants = world["tenants"].as_array().unwrap();
        let tenant = tenants.iter().find(|one| one["id"] == json!(self.tenants[&example.file])).unwrap();
        administrator(tenant)
    }

    pub async fn end(self) {
        self.simulation.stop().await;
    }
}

fn administrator(tenant: &Value) -> String {
    let users = tenant["users"].as_array().unwrap();
    let admin = users.iter().find(|user| user["displayName"] == "Admin").unwrap();
    admin["id"].as_str().unwrap().to_owned()
}

/// Domains that requests ask about, or whose people they name.
fn other_domains(examples: &[Example]) -> Vec<String> {
    let mut names = Vec::new();
    for example in examples {
        names.extend(
            example.path().split("domainName='").nth(1).map(|rest| rest.trim_end_matches("')").to_owned()),
        );
        let body = example.asked.as_ref().map(Value::to_string).unwrap_or_default();
        let mail = body.split("\"email\":\"").nth(1).and_then(|rest| rest.split('"').next());
        names.extend(mail.and_then(|mail| mail.split_once('@')).map(|(_, domain)| domain.to_owned()));
    }
    names.sort();
    names.dedup();
    names
}

fn arrange(file: &Path, examples: &[Example], tenants: &BTreeMap<String, String>) {
    let mut world: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    for example in examples {
        let all = world["tenants"].as_array_mut().unwrap();
        let kept = all.iter_mut().find(|one| one["id"] == json!(tenants[&example.file])).unwrap();
        let administrator = administrator(kept);
        Tenant { kept, administrator }.arrange(example);
    }
    std::fs::write(file, world.to_string()).unwrap();
}
