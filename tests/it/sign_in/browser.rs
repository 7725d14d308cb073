//! A browser that signs in: its cookies at the portal, its visits to the authority.

use std::collections::HashMap;

use http::Method;
use mssp_portal::kit::ids::PersonId;
use mssp_portal::providers::AppKind;
use serde_json::json;
use url::Url;

use crate::support::app::{Answer, Person, TestApp};
use crate::support::cloud::{ReadyProvider, TestCloud, plain};

pub const PORTAL: &str = "http://localhost:8080";
pub const SESSION: &str = "__Host-portal=";

/// A browser: its cookies at the portal, its own visits to the cloud.
pub struct Browser<'a> {
    pub app: &'a TestApp,
    pub cloud: reqwest::Client,
    pub cookies: HashMap<String, String>,
}

impl<'a> Browser<'a> {
    pub fn new(app: &'a TestApp) -> Self {
        let cloud = plain().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { app, cloud, cookies: HashMap::new() }
    }

    pub async fn portal(&mut self, path: &str) -> Answer {
        self.ask(Method::GET, path, "").await
    }

    pub async fn post(&mut self, path: &str, form: &str) -> Answer {
        self.ask(Method::POST, path, form).await
    }

    async fn ask(&mut self, method: Method, path: &str, form: &str) -> Answer {
        let path = path.strip_prefix(PORTAL).unwrap_or(path);
        let cookie: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let visitor = Person { id: PersonId(uuid::Uuid::nil()), cookie: cookie.join("; ") };
        let answer = self.app.send(Some(&visitor), method, path, form).await;
        for set in answer.headers.get_all("set-cookie") {
            self.keep(set.to_str().unwrap());
        }
        answer
    }

    /// As a browser keeps a cookie; each must be out of reach of scripts and of other sites.
    fn keep(&mut self, set: &str) {
        let mut parts = set.split(';').map(str::trim);
        let (name, value) = parts.next().unwrap().split_once('=').unwrap();
        let mut attributes: Vec<&str> =
            parts.filter(|part| !part.starts_with("Max-Age=") && !part.starts_with("Expires=")).collect();
        attributes.sort_unstable();
        // `__Host-` itself asks for Secure, for Path=/ and for no Domain.
        assert!(name.starts_with("__Host-"), "{set}");
        assert_eq!(attributes, ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"], "{set}");
        if set.contains("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// From the provider's gate to his authority: the address the browser is sent to.
    pub async fn depart(&mut self, slug: &str) -> Url {
        let answer = self.portal(&format!("/p/{slug}/go?back=%2Fcustomers")).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        answer.location().parse().unwrap()
    }

    /// Picks a person at the cloud: the address of the portal that he comes back to.
    pub async fn pick(&self, authority: &Url, who: &str) -> Url {
        let form = [("address", who)];
        let answer = self.cloud.post(authority.clone()).form(&form).send().await.unwrap();
        let location = answer.headers().get("location").map(|l| l.to_str().unwrap().to_owned());
        let page = answer.text().await.unwrap();
        location.unwrap_or_else(|| panic!("no way back: {page}")).parse().unwrap()
    }

    /// The whole way.
    pub async fn sign_in(&mut self, slug: &str, who: &str) -> Answer {
        let authority = self.depart(slug).await;
        let back = self.pick(&authority, who).await;
        self.portal(back.as_str()).await
    }
}

pub fn with(url: &Url, name: &str, value: &str) -> Url {
    let pairs: Vec<(String, String)> = url
        .query_pairs()
        .into_owned()
        .map(|(n, v)| if n == name { (n, value.to_owned()) } else { (n, v) })
        .collect();
    let mut url = url.clone();
    url.query_pairs_mut().clear().extend_pairs(pairs);
    url
}

pub fn param(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(n, _)| n == name).map(|(_, v)| v.into_owned()).unwrap()
}

/// Gives a person of the provider's own directory a role in the sign-in app.
pub async fn give(cloud: &TestCloud, provider: &ReadyProvider, who: &str, role: &str) {
    let path =
        format!("/tenants/{}/applications/{}/users", provider.home, provider.client_id(AppKind::SignIn));
    cloud.control("POST", &path, json!({ "userPrincipalName": who, "appRole": role })).await;
}

pub async fn sessions(app: &TestApp) -> i64 {
    sqlx::query_scalar!(r#"select count(*) as "n!" from session"#).fetch_one(&app.owner).await.unwrap()
}

/// Nobody is signed in, and the page says what happened.
pub fn assert_refused(answer: &Answer, words: &str) {
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert!(answer.body.contains(words), "{words}: {}", answer.body);
    let cookies = answer.headers.get_all("set-cookie").iter();
    assert!(!cookies.map(|c| c.to_str().unwrap()).any(|c| c.starts_with(SESSION)), "a session was opened");
}

pub const STALE: &str = "This sign-in is over";
pub const REFUSED: &str = "Not signed in";
