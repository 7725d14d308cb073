//! Mail, by the provider's own server. The server's name is looked up first, and what was found is connected to.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use lettre::Message;
use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder, MultiPart, SinglePart};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use secrecy::ExposeSecret;
use tokio::time::timeout;

use super::{Failure, mail_place, open};
use crate::app::App;
use crate::kit::outbox;
use crate::kit::reach::Unreached;
use crate::notices::store::Settings;
use crate::notices::words::Said;

/// Answers that a change of password or a look at the server mends, though the server calls them permanent.
const PASSWORD: [u16; 4] = [530, 534, 535, 538];
/// Addresses of one server that are tried.
const TRIES: usize = 3;

/// Sends it; its Message-ID is that of the outbox, whenever it is sent. A server that accepts and says nothing is given up
/// after the installation's patience: once while it is connected to, and once with the message.
pub async fn send(
    app: &App,
    letter: &outbox::Letter,
    settings: &Settings,
    to: (&str, &str),
    said: &Said,
) -> Result<(), Failure> {
    if settings.mail.host.is_empty() {
        return Err(Failure::dead("no-mail-server", ""));
    }
    let message = message(app, letter, &settings.mail.from, to, said)?;
    let port = u16::try_from(settings.mail.port).unwrap_or(0);
    let server = Server::of(app, letter, settings)?;
    let silent = |_| Failure::passing("unreached", "the mail server says nothing");
    let patience = app.reach.patience();
    let found = timeout(patience, app.reach.addresses(&settings.mail.host, port)).await.map_err(silent)?;
    let addresses = found.map_err(|why| match why {
        Unreached::Private(_) => Failure::dead("private", why.to_string()),
        other => Failure::passing("unreached", other.to_string()),
    })?;
    let mut connection = timeout(patience, server.connect(app, &addresses)).await.map_err(silent)??;
    let (envelope, bytes) = (message.envelope(), message.formatted());
    // Out of patience before the message itself went out, or after it did.
    let mut out = false;
    let sent = timeout(patience, hand_over(&mut connection, (envelope, &bytes), &mut out)).await;
    match sent {
        Ok(Ok(())) => {
            // It has the message, whatever it says to this.
            timeout(patience / 4, connection.quit()).await.ok();
            Ok(())
        }
        Ok(Err(error)) if out && error.status().is_none() => Err(Failure::lost(told(&error))),
        Ok(Err(error)) => Err(failure(&error)),
        Err(_) if out => Err(Failure::lost("the mail server says nothing to the message")),
        Err(elapsed) => Err(silent(elapsed)),
    }
}

/// The conversation about one message. `out` is set before its first byte leaves.
async fn hand_over(
    connection: &mut AsyncSmtpConnection,
    (envelope, bytes): (&Envelope, &[u8]),
    out: &mut bool,
) -> Result<(), Error> {
    let mut parameters = Vec::new();
    // A server that does not know these refuses the address or the message itself, in its own words.
    let mut addresses = envelope.to().iter().chain(envelope.from());
    if !addresses.all(|address| AsRef::<str>::as_ref(address).is_ascii()) {
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !bytes.is_ascii() && connection.server_info().supports_feature(Extension::EightBitMime) {
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    connection.command(Mail::new(envelope.from().cloned(), parameters)).await?;
    for to in envelope.to() {
        connection.command(Rcpt::new(to.clone(), Vec::new())).await?;
    }
    connection.command(Data).await?;
    *out = true;
    connection.message(bytes).await.map(drop)
}

fn failure(error: &Error) -> Failure {
    let code = error.status().map(u16::from);
    let said = told(error);
    match code {
        Some(code) if PASSWORD.contains(&code) => Failure::passing("mail-login", said),
        Some(_) if error.is_permanent() => Failure::dead("mail-refused", said),
        Some(_) => Failure::passing("mail-later", said),
        // A handshake that fails counts as a connection that did.
        None if error.is_tls() || said.contains("certificate") => Failure::passing("mail-tls", said),
        None if error.is_client() => Failure::passing("mail-login", said),
        None => Failure::passing("unreached", said),
    }
}

/// With the reasons inside it.
fn told(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut next = error.source();
    while let Some(inner) = next {
        said = format!("{said}: {inner}");
        next = inner.source();
    }
    said
}

/// How the provider's mail server is spoken to.
struct Server {
    hello: ClientId,
    tls: Option<TlsParameters>,
    /// Encrypted from the first byte.
    wrapped: bool,
    credentials: Option<Credentials>,
}

impl Server {
    fn of(app: &App, letter: &outbox::Letter, settings: &Settings) -> Result<Self, Failure> {
        let wrong = |error: &dyn std::error::Error| Failure::passing("mail-tls", told(error));
        let mut parameters = TlsParameters::builder(settings.mail.host.clone());
        if let Some(pem) = app.reach.authorities() {
            parameters =
                parameters.add_root_certificate(Certificate::from_pem(pem).map_err(|error| wrong(&error))?);
        }
        let kind = settings.mail.tls.as_str();
        let tls =
            if kind == "none" { None } else { Some(parameters.build().map_err(|error| wrong(&error))?) };
        let credentials = match (settings.mail.user.is_empty(), &settings.mail_sealed) {
            (false, Some(sealed)) => {
                let password = open(app, &mail_place(letter.scope().provider()), sealed)?;
                let password = password.expose_secret().to_owned();
                Some(Credentials::new(settings.mail.user.clone(), password))
            }
            _ => None,
        };
        let host = app.portal_url.host_str().unwrap_or("portal").to_owned();
        Ok(Self { hello: ClientId::Domain(host), tls, wrapped: kind == "tls", credentials })
    }

    /// Connected, encrypted and signed in: at the first address that is reached.
    async fn connect(&self, app: &App, addresses: &[SocketAddr]) -> Result<AsyncSmtpConnection, Failure> {
        let part = app.reach.patience() / u32::try_from(addresses.len().clamp(1, TRIES)).unwrap_or(1);
        let mut last = Failure::passing("unreached", "");
        for address in addresses.iter().take(TRIES) {
            match self.connect_to(*address, part).await {
                Ok(connection) => return Ok(connection),
                Err(error) => last = failure(&error),
            }
            if last.problem["cause"] != "unreached" {
                break;
            }
        }
        Err(last)
    }

    /// `within` is for the connection itself: some servers think for long before they say their first word.
    async fn connect_to(&self, address: SocketAddr, within: Duration) -> Result<AsyncSmtpConnection, Error> {
        let wrapped = self.tls.clone().filter(|_| self.wrapped);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(address, Some(within), &self.hello, wrapped, None).await?;
        if let Some(tls) = self.tls.clone().filter(|_| !self.wrapped) {
            connection.starttls(tls, &self.hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }
}

fn message(
    app: &App,
    letter: &outbox::Letter,
    from: &str,
    (name, address): (&str, &str),
    said: &Said,
) -> Result<Message, Failure> {
    let unfit = |error: &dyn std::error::Error| Failure::dead("mail-address", told(error));
    let from: Mailbox = from.parse().map_err(|error: lettre::address::AddressError| unfit(&error))?;
    let to = address.parse().map_err(|error: lettre::address::AddressError| unfit(&error))?;
    let to = Mailbox::new(Some(name.to_owned()).filter(|name| !name.is_empty()), to);
    let host = app.portal_url.host_str().unwrap_or("portal");
    let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
    let builder: MessageBuilder = Message::builder()
        .from(from)
        .to(to)
        .subject(said.subject.clone())
        .date(SystemTime::from(app.clock.now()))
        .message_id(Some(format!("<{}@{host}>", letter.id)))
        .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()));
    let parts = MultiPart::alternative()
        .singlepart(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(plain(said)))
        .singlepart(SinglePart::builder().header(ContentType::TEXT_HTML).body(html(said)?));
    builder.multipart(parts).map_err(|error| unfit(&error))
}

/// The message as plain text.
fn plain(said: &Said) -> String {
    let mut lines = vec![said.title.clone(), String::new()];
    lines.extend(said.facts.iter().map(|(label, value)| format!("{label}: {value}")));
    for (head, part) in &said.parts {
        lines.extend([String::new(), head.clone()]);
        lines.extend(part.iter().map(|line| format!("- {line}")));
    }
    if let Some((label, url)) = &said.link {
        lines.extend([String::new(), format!("{label}: {url}")]);
    }
    lines.extend([String::new(), "-- ".to_owned(), said.foot.clone(), String::new()]);
    lines.join("\r\n")
}

#[derive(askama::Template)]
#[template(path = "notices/mail.html")]
struct Html<'a> {
    said: &'a Said,
}

fn html(said: &Said) -> Result<String, Failure> {
    use askama::Template;
    Html { said }.render().map_err(|error| Failure::dead("not-understood", error.to_string()))
}
