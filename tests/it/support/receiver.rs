//! A receiver of webhooks for tests: a real HTTP server that keeps what it is sent, and answers as it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, Uri, header};
use serde_json::Value;
use tokio::sync::Semaphore;

/// What was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Sent {
    pub fn header(&self, name: &str) -> String {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// How the next request is answered.
#[derive(Clone, Copy, Debug)]
pub enum Reply {
    Status(u16),
    Redirect(&'static str),
    /// Never, for as long as the server stands.
    Never,
}

#[derive(Default)]
struct Kept {
    sent: Vec<Sent>,
    replies: VecDeque<Reply>,
}

#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    kept: Arc<Mutex<Kept>>,
    arrived: Arc<Semaphore>,
}

impl Receiver {
    #[expect(clippy::disallowed_methods, reason = "no page of the portal: a server of the test's own")]
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            url: format!("http://localhost:{}", listener.local_addr().unwrap().port()),
            kept: Arc::default(),
            arrived: Arc::new(Semaphore::new(0)),
        };
        let router = Router::new().fallback(take).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    pub fn sent(&self) -> Vec<Sent> {
        self.kept.lock().unwrap().sent.clone()
    }

    pub fn reply(&self, reply: Reply) {
        self.kept.lock().unwrap().replies.push_back(reply);
    }

    /// Waits until one more request has arrived than was waited for before.
    pub async fn arrival(&self) {
        self.arrived.acquire().await.unwrap().forget();
    }
}

async fn take(State(receiver): State<Receiver>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let reply = {
        let mut kept = receiver.kept.lock().unwrap();
        kept.sent.push(Sent { path: uri.path().to_owned(), headers, body });
        kept.replies.pop_front()
    };
    receiver.arrived.add_permits(1);
    match reply {
        None => StatusCode::NO_CONTENT.into_response(),
        Some(Reply::Status(status)) => (StatusCode::from_u16(status).unwrap(), "told so").into_response(),
        Some(Reply::Redirect(to)) => (StatusCode::FOUND, [(header::LOCATION, to)]).into_response(),
        Some(Reply::Never) => std::future::pending().await,
    }
}
