//! Entra's error body and page, and the codes the documentation names (contract §15).

use askama::Template;
use serde_json::json;

use crate::answer::Answer;
use crate::call::Call;
use crate::pages;
use crate::world::new_id;

/// An error of the identity platform.
pub struct EntraError {
    pub status: u16,
    pub error: &'static str,
    pub code: u32,
    pub text: String,
}

impl EntraError {
    pub fn new(status: u16, error: &'static str, code: u32, text: impl Into<String>) -> Self {
        Self { status, error, code, text: text.into() }
    }

    pub fn no_tenant(name: &str) -> Self {
        Self::new(
            400,
            "invalid_request",
            90002,
            format!(
                "Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."
            ),
        )
    }

    pub fn malformed_tenant(name: &str) -> Self {
        Self::new(
            400,
            "invalid_request",
            900_023,
            format!(
                "Specified tenant identifier '{name}' is neither a valid DNS name, nor a valid external domain."
            ),
        )
    }

    pub fn no_application(app_id: &str, tenant: &str) -> Self {
        Self::new(
            400,
            "unauthorized_client",
            700_016,
            format!(
                "Application with identifier '{app_id}' was not found in the directory '{tenant}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant."
            ),
        )
    }

    /// `AADSTS<code>: text`, as error pages and descriptions show it.
    pub fn sentence(&self) -> String {
        format!("AADSTS{}: {}", self.code, self.text)
    }

    /// The sentence with its marks, and the marks: trace, correlation, time.
    pub fn description(&self, call: &Call) -> (String, [String; 3]) {
        let (trace, correlation) = (new_id(), new_id());
        let stamp = call.now.format("%Y-%m-%d %H:%M:%SZ").to_string();
        let text =
            format!("{} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {stamp}", self.sentence());
        (text, [trace, correlation, stamp])
    }

    pub fn body(&self, call: &Call) -> Answer {
        let (description, [trace, correlation, stamp]) = self.description(call);
        Answer::json(
            self.status,
            json!({
                "error": self.error,
                "error_description": description,
                "error_codes": [self.code],
                "timestamp": stamp, "trace_id": trace, "correlation_id": correlation,
                "error_uri": format!("{}/error?code={}", call.base, self.code),
            }),
        )
    }

    /// The page a browser gets where no application can be told; `back` leads to one that can.
    pub fn page(&self, call: &Call, title: &str, back: Option<String>) -> Answer {
        let [trace, correlation, stamp] = self.description(call).1;
        let sentence = self.sentence();
        let page =
            ErrorPage { place: "Sign in", title, sentence: &sentence, trace, correlation, stamp, back };
        pages::html(self.status, &page)
    }
}

/// Heading of an error page.
pub const SORRY: &str = "Sorry, but we're having trouble signing you in.";

#[derive(Template)]
#[template(path = "entra_error.html")]
struct ErrorPage<'a> {
    place: &'a str,
    title: &'a str,
    sentence: &'a str,
    trace: String,
    correlation: String,
    stamp: String,
    back: Option<String>,
}
