//! What the simulated cloud answers: status, headers, body; and Graph's error body (contract §1).

use serde_json::{Value, json};

/// An answer before it becomes bytes.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Body,
    /// Parts of a `$batch` that a fault hit, and whether it spoiled their bodies: for the record of exchanges.
    pub hit: Vec<(String, bool)>,
}

/// The kinds of body there are.
#[derive(Clone, Debug)]
pub enum Body {
    None,
    Json(Value),
    Html(String),
    Text(&'static str, String),
}

/// Most of the simulation: an answer, or the answer that refuses.
pub type Outcome = Result<Answer, Answer>;

impl Answer {
    pub fn json(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Body::Json(body), hit: Vec::new() }
    }

    pub fn ok(body: Value) -> Self {
        Self::json(200, body)
    }

    pub fn created(body: Value) -> Self {
        Self::json(201, body)
    }

    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Body::None, hit: Vec::new() }
    }

    pub fn html(status: u16, text: String) -> Self {
        Self { status, headers: Vec::new(), body: Body::Html(text), hit: Vec::new() }
    }

    pub fn text(kind: &'static str, text: String) -> Self {
        Self { body: Body::Text(kind, text), ..Self::empty(200) }
    }

    pub fn redirect(to: &str) -> Self {
        Self::empty(303).header("location", to)
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Graph's error body.
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        Self::json(status, json!({"error": {"code": code, "message": message}}))
    }

    /// The body, where it is JSON.
    pub fn json_body(&self) -> &Value {
        match &self.body {
            Body::Json(value) => value,
            Body::None | Body::Html(_) | Body::Text(..) => &Value::Null,
        }
    }

    pub fn bad_request(message: &str) -> Self {
        Self::error(400, "Request_BadRequest", message)
    }

    pub fn not_found(what: &str) -> Self {
        Self::error(
            404,
            "Request_ResourceNotFound",
            &format!(
                "Resource '{what}' does not exist or one of its queried reference-property objects are not present."
            ),
        )
    }

    /// Entitlement management's own "not found".
    pub fn em_not_found() -> Self {
        Self::error(404, "ResourceNotFound", "The resource was not found.")
    }

    pub fn forbidden(message: &str) -> Self {
        Self::error(403, "Authorization_RequestDenied", message)
    }

    /// A call this simulation does not know. Tests look for these.
    pub fn unknown() -> Self {
        Self::error(501, "NotImplementedBySimulation", "The simulated cloud does not know this call.")
    }
}
