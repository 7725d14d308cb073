//! A small HTTP server that plays one situation on the wire, byte by byte, and writes down what it was asked.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mssp_portal::graph::{AppCredential, ClientId, Cloud, Graph, Limits, Proof};
use mssp_portal::kit::chance::Chance;
use mssp_portal::kit::clock::{Clock, SetClock};
use mssp_portal::kit::ids::EntraTenantId;
use mssp_portal::providers::AppKind;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    /// With its query.
    pub path: String,
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Seen {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The claims of the bearer token it carried.
    pub fn claims(&self) -> Value {
        claims(self.headers["authorization"].strip_prefix("Bearer ").unwrap())
    }

    /// One field of a form body.
    pub fn field(&self, name: &str) -> Option<String> {
        let pairs = url::form_urlencoded::parse(self.body.as_bytes());
        pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

pub fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// What the server does with a request it has read.
pub enum Reply {
    Answer {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// Closes the connection without a word: the answer is lost.
    Lost,
    /// Says nothing and keeps the connection.
    Silent,
    /// Promises the whole body and stops half way.
    Cut(String),
    /// Answers at once and then gives its body a byte at a time, this long apart.
    Dripping(Duration),
    /// The same answer, this much later.
    After(Duration, Box<Reply>),
}

impl Reply {
    pub fn json(status: u16, body: Value) -> Self {
        Self::text(status, &body.to_string())
    }

    pub fn text(status: u16, body: &str) -> Self {
        Self::Answer { status, headers: Vec::new(), body: body.into() }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name, value.into()));
        }
        self
    }
}

type Play = dyn Fn(&Seen, usize) -> Reply + Send + Sync;

/// The server: token requests are answered rightly unless the play is told of them, everything else by the play,
/// which is given the request and how many came before it.
#[derive(Clone)]
pub struct Wire {
    pub base: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    tokens: Arc<AtomicUsize>,
    under_way: Arc<AtomicUsize>,
    most_at_once: Arc<AtomicUsize>,
}

impl Wire {
    pub async fn playing(play: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::with_tokens(play, |wire, seen, _| token_for(wire, seen, json!({}))).await
    }

    pub async fn with_tokens(
        play: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static,
        tokens: impl Fn(&str, &Seen, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let wire = Self {
            base: base.clone(),
            seen: Arc::default(),
            tokens: Arc::default(),
            under_way: Arc::default(),
            most_at_once: Arc::default(),
        };
        let (here, counted) = (wire.clone(), wire.tokens.clone());
        let asked = AtomicUsize::new(0);
        let play: Arc<Play> = Arc::new(move |seen, _| {
            if seen.path.ends_with("/oauth2/v2.0/token") {
                return tokens(&base, seen, counted.fetch_add(1, Ordering::SeqCst));
            }
            play(seen, asked.fetch_add(1, Ordering::SeqCst))
        });
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, here.clone(), play.clone()));
            }
        });
        wire
    }

    /// Requests that were no token requests.
    pub fn seen(&self) -> Vec<Seen> {
        let seen = self.seen.lock().unwrap();
        seen.iter().filter(|one| !one.path.ends_with("/oauth2/v2.0/token")).cloned().collect()
    }

    pub fn token_requests(&self) -> Vec<Seen> {
        let seen = self.seen.lock().unwrap();
        seen.iter().filter(|one| one.path.ends_with("/oauth2/v2.0/token")).cloned().collect()
    }

    pub fn most_at_once(&self) -> usize {
        self.most_at_once.load(Ordering::SeqCst)
    }

    pub fn graph(&self, clock: &SetClock) -> Graph {
        self.graph_within(clock, Limits::default())
    }

    pub fn graph_within(&self, clock: &SetClock, limits: Limits) -> Graph {
        let cloud = Cloud::simulated(&self.base).unwrap();
        Graph::with_limits(cloud, clock.clock(), Chance::seeded(7), limits).unwrap()
    }
}

async fn serve(mut stream: TcpStream, wire: Wire, play: Arc<Play>) {
    while let Some(seen) = read_request(&mut stream).await {
        wire.seen.lock().unwrap().push(seen.clone());
        let now = wire.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        wire.most_at_once.fetch_max(now, Ordering::SeqCst);
        // Long enough for others to come in between if they may.
        Clock::system().sleep(Duration::from_millis(2)).await;
        let mut reply = play(&seen, 0);
        if let Reply::After(wait, then) = reply {
            Clock::system().sleep(wait).await;
            reply = *then;
        }
        wire.under_way.fetch_sub(1, Ordering::SeqCst);
        let (status, headers, body, promised) = match reply {
            Reply::Lost => return,
            Reply::Silent => return std::future::pending().await,
            Reply::Dripping(apart) => return drip(stream, apart).await,
            Reply::After(..) => unreachable!("one wait is enough"),
            Reply::Cut(body) => (200, Vec::new(), body.clone().into_bytes(), body.len() * 2),
            Reply::Answer { status, headers, body } => (status, headers, body.clone(), body.len()),
        };
        let mut text = format!("HTTP/1.1 {status} X\r\ncontent-length: {promised}\r\n");
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        // In one piece: a second one would wait until the first is acknowledged, 40 ms late.
        let whole = [text.as_bytes(), &body].concat();
        if stream.write_all(&whole).await.is_err() || promised != body.len() {
            return;
        }
    }
}

async fn drip(mut stream: TcpStream, apart: Duration) {
    let head = b"HTTP/1.1 200 X\r\ncontent-length: 1000000\r\n\r\n";
    let mut sent = stream.write_all(head).await;
    while sent.is_ok() {
        Clock::system().sleep(apart).await;
        sent = stream.write_all(b" ").await;
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        match stream.read(&mut chunk).await {
            Ok(count) if count > 0 => bytes.extend_from_slice(&chunk[..count]),
            _ => return None,
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
    let mut lines = text.lines();
    let mut first = lines.next()?.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: HashMap<_, _> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let length: usize = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = bytes.split_off(head + 4);
    while body.len() < length {
        match stream.read(&mut chunk).await {
            Ok(count) if count > 0 => body.extend_from_slice(&chunk[..count]),
            _ => return None,
        }
    }
    Some(Seen { method, path, headers, body: String::from_utf8(body).unwrap() })
}

/// A token for the directory and app that were asked, with these claims on top.
pub fn token_for(base: &str, seen: &Seen, more: Value) -> Reply {
    let tenant = seen.path.split('/').nth(1).unwrap();
    let mut claims = json!({
        "tid": tenant, "aud": base, "appid": seen.field("client_id"), "roles": every_permission(),
    });
    for (key, value) in more.as_object().unwrap() {
        claims[key] = value.clone();
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let token = format!("{}.{}.c2ln", part(&json!({"alg": "RS256"})), part(&claims));
    Reply::json(200, json!({"token_type": "Bearer", "expires_in": 3599, "access_token": token}))
}

/// Whatever a reader and an operator are consented to.
pub fn every_permission() -> Vec<&'static str> {
    [AppKind::Reader, AppKind::Operator]
        .iter()
        .flat_map(|kind| kind.application_permissions())
        .copied()
        .collect()
}

pub const APP: &str = "11111111-aaaa-4bbb-8ccc-222222222222";

pub fn tenant(number: u8) -> EntraTenantId {
    format!("84841066-274d-4ec0-a5c1-276be684bd{number:02x}").parse().unwrap()
}

pub fn credential(secret: &str) -> AppCredential {
    AppCredential { client_id: ClientId::new(APP), proof: Proof::Secret(secret.into()) }
}

pub fn clock() -> SetClock {
    SetClock::at("2026-11-23T12:00:00Z".parse().unwrap())
}
