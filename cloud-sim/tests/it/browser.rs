//! A browser for the simulated cloud's pages: keeps its cookie, follows nothing by itself.

use std::collections::HashMap;

use reqwest::{Client, Response};

use super::kit::client;

/// A page or redirect, read to its end.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub location: String,
    pub text: String,
}

pub struct Browser {
    client: Client,
    base: String,
    pub cookie: Option<String>,
}

impl Browser {
    pub fn new(base: &str) -> Self {
        Self { client: client(), base: base.to_owned(), cookie: None }
    }

    pub async fn get(&mut self, path: &str) -> Page {
        let request = self.client.get(self.url(path));
        let answer = self.send(request).await;
        Self::read(answer).await
    }

    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Page {
        let request = self.client.post(self.url(path)).form(form);
        let answer = self.send(request).await;
        Self::read(answer).await
    }

    fn url(&self, path: &str) -> String {
        if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) }
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Response {
        let request = match &self.cookie {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        };
        let answer = request.send().await.unwrap();
        if let Some(set) = answer.headers().get("set-cookie") {
            self.cookie = set.to_str().unwrap().split(';').next().map(str::to_owned);
        }
        answer
    }

    async fn read(answer: Response) -> Page {
        let status = answer.status().as_u16();
        let location = answer.headers().get("location").map_or("", |l| l.to_str().unwrap()).to_owned();
        Page { status, location, text: answer.text().await.unwrap() }
    }
}

impl Page {
    /// The query of the address this page redirects to.
    pub fn query(&self) -> HashMap<String, String> {
        let url = url::Url::parse(&self.location).unwrap_or_else(|_| panic!("no redirect: {self:?}"));
        url.query_pairs().into_owned().collect()
    }

    /// The value of the button that holds these words.
    pub fn button(&self, words: &str) -> String {
        let at = self.text.find(words).unwrap_or_else(|| panic!("no {words} in {}", self.text));
        let start = self.text[..at].rfind("value=\"").unwrap() + 7;
        self.text[start..].split('"').next().unwrap().to_owned()
    }
}
