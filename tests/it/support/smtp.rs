//! A mail server for tests: real SMTP on a real socket, with STARTTLS and AUTH, which keeps what it is given and can be
//! told to refuse. Small and in Rust, so that a test needs no other program and can hold an answer back.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// A message that was taken.
#[derive(Clone, Debug)]
pub struct Mail {
    pub from: String,
    pub to: Vec<String>,
    pub raw: String,
    pub over_tls: bool,
    pub user: Option<String>,
}

impl Mail {
    /// A header, its folds undone and its encoded words read.
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.raw.split("\r\n\r\n").next()?.replace("\r\n ", " ").replace("\r\n\t", " ");
        let is = |line: &&str| line.split(':').next().is_some_and(|found| found.eq_ignore_ascii_case(name));
        let line = head.lines().find(is)?;
        Some(words(line.split_once(':')?.1.trim()))
    }

    /// The parts of the message, each decoded.
    pub fn parts(&self) -> Vec<String> {
        let Some(boundary) = self.raw.split("boundary=\"").nth(1).and_then(|rest| rest.split('"').next())
        else {
            return Vec::new();
        };
        let between = format!("--{boundary}");
        let parts = self.raw.split(&between).skip(1).filter(|part| !part.starts_with("--"));
        parts
            .map(|part| {
                let (head, body) = part.split_once("\r\n\r\n").unwrap_or(("", part));
                let head = head.to_lowercase();
                if head.contains("base64") {
                    let packed: String = body.split_whitespace().collect();
                    String::from_utf8(STANDARD.decode(packed).unwrap()).unwrap()
                } else if head.contains("quoted-printable") {
                    quoted(body)
                } else {
                    body.to_owned()
                }
            })
            .collect()
    }
}

fn quoted(text: &str) -> String {
    let text = text.replace("=\r\n", "");
    let (mut bytes, mut rest) = (Vec::new(), text.as_str());
    while let Some(at) = rest.find('=') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        bytes.push(u8::from_str_radix(&rest[at + 1..at + 3], 16).unwrap());
        rest = &rest[at + 3..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).unwrap()
}

/// `=?utf-8?b?…?=`, joined where they follow each other.
fn words(text: &str) -> String {
    let text = text.replace("?= =?", "?==?");
    let (mut out, mut rest) = (String::new(), text.as_str());
    while let Some(at) = rest.find("=?utf-8?b?") {
        out.push_str(&rest[..at]);
        let (packed, after) = rest[at + 10..].split_once("?=").unwrap();
        out.push_str(&String::from_utf8(STANDARD.decode(packed).unwrap()).unwrap());
        rest = after;
    }
    out + rest
}

/// What the server answers to the next message instead of taking it.
#[derive(Clone, Debug)]
pub enum Answer {
    /// This line, after the message.
    Say(&'static str),
    /// Takes it, and closes the connection without a word.
    Vanish,
    /// Takes it, and says nothing for as long as the server stands.
    Hold,
}

#[derive(Default)]
struct Kept {
    mails: Vec<Mail>,
    answers: VecDeque<Answer>,
    connections: usize,
}

#[derive(Clone)]
pub struct Smtp {
    pub port: u16,
    /// PEM of the certificate that vouches for it.
    pub authority: Vec<u8>,
    kept: Arc<Mutex<Kept>>,
}

pub const USER: &str = "portal";
pub const PASSWORD: &str = "the password of the mail server";

impl Smtp {
    /// Offers STARTTLS as `localhost`, and wants user and password once it is encrypted.
    pub async fn start() -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let tls = ServerConfig::builder().with_no_client_auth();
        let tls =
            TlsAcceptor::from(Arc::new(tls.with_single_cert(vec![made.cert.der().clone()], key).unwrap()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let kept: Arc<Mutex<Kept>> = Arc::default();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            authority: made.cert.pem().into_bytes(),
            kept: kept.clone(),
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                kept.lock().unwrap().connections += 1;
                tokio::spawn(converse(stream, tls.clone(), kept.clone()));
            }
        });
        server
    }

    /// Accepts connections and never says a word.
    pub async fn silent() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let kept: Arc<Mutex<Kept>> = Arc::default();
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Self { port, authority: made.cert.pem().into_bytes(), kept: kept.clone() };
        tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                kept.lock().unwrap().connections += 1;
                open.push(stream);
            }
        });
        server
    }

    pub fn mails(&self) -> Vec<Mail> {
        self.kept.lock().unwrap().mails.clone()
    }

    pub fn connections(&self) -> usize {
        self.kept.lock().unwrap().connections
    }

    pub fn answer(&self, answer: Answer) {
        self.kept.lock().unwrap().answers.push_back(answer);
    }
}

async fn converse(stream: TcpStream, tls: TlsAcceptor, kept: Arc<Mutex<Kept>>) {
    let mut stream = stream;
    stream.write_all(b"220 localhost ESMTP test\r\n").await.ok();
    let mut plain = BufReader::new(stream);
    if session(&mut plain, false, &kept).await == Some(End::Tls)
        && let Ok(stream) = tls.accept(plain.into_inner()).await
    {
        session(&mut BufReader::new(stream), true, &kept).await;
    }
}

#[derive(PartialEq)]
enum End {
    Tls,
    Quit,
}

/// Until STARTTLS, QUIT, or the end of the connection.
async fn session<S>(stream: &mut BufReader<S>, over_tls: bool, kept: &Mutex<Kept>) -> Option<End>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut from, mut to, mut user) = (String::new(), Vec::new(), None);
    loop {
        let line = read(stream).await?;
        let verb = line.split([' ', ':']).next()?.to_uppercase();
        let say = match verb.as_str() {
            "EHLO" if over_tls => "250-localhost\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN",
            "EHLO" => "250-localhost\r\n250-8BITMIME\r\n250 STARTTLS",
            "STARTTLS" if !over_tls => {
                send(stream, "220 go ahead").await?;
                return Some(End::Tls);
            }
            "AUTH" => {
                let packed = line.split(' ').nth(2).unwrap_or_default().to_owned();
                let wanted = STANDARD.encode(format!("\0{USER}\0{PASSWORD}"));
                if over_tls && packed == wanted {
                    user = Some(USER.to_owned());
                    "235 welcome"
                } else {
                    "535 5.7.8 not you"
                }
            }
            "MAIL" if over_tls && user.is_none() => "530 5.7.0 who are you",
            "MAIL" => {
                from = address(&line);
                "250 ok"
            }
            "RCPT" => {
                to.push(address(&line));
                "250 ok"
            }
            "DATA" => {
                send(stream, "354 go on").await?;
                let raw = data(stream).await?;
                let answer = kept.lock().unwrap().answers.pop_front();
                if let Some(Answer::Say(line)) = answer {
                    to.clear();
                    send(stream, line).await?;
                    continue;
                }
                let mail = Mail {
                    from: from.clone(),
                    to: std::mem::take(&mut to),
                    raw,
                    over_tls,
                    user: user.clone(),
                };
                kept.lock().unwrap().mails.push(mail);
                match answer {
                    None => {}
                    Some(Answer::Hold) => std::future::pending().await,
                    Some(_) => return None,
                }
                "250 taken"
            }
            "RSET" | "NOOP" => "250 ok",
            "QUIT" => {
                send(stream, "221 bye").await?;
                return Some(End::Quit);
            }
            _ => "502 what",
        };
        send(stream, say).await?;
    }
}

fn address(line: &str) -> String {
    line.split('<').nth(1).and_then(|rest| rest.split('>').next()).unwrap_or_default().to_owned()
}

async fn read<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> Option<String> {
    let mut line = String::new();
    let read = stream.read_line(&mut line).await.ok()?;
    (read > 0).then(|| line.trim_end().to_owned())
}

/// Until the line with the dot alone; doubled dots are undone.
async fn data<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> Option<String> {
    let mut all = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if line == ".\r\n" {
            return Some(all);
        }
        all.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

async fn send<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufReader<S>, line: &str) -> Option<()> {
    stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).await.ok()?;
    stream.get_mut().flush().await.ok()
}
