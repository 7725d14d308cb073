//! Mail, by the provider's own server. The server's name is looked up first, and what was found is connected to.

use std::time::SystemTime;

use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::ExposeSecret;

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

/// Sends it; its Message-ID is that of the outbox, whenever it is sent.
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
    let found = app.reach.addresses(&settings.mail.host, port).await;
    let addresses = found.map_err(|why| match why {
        Unreached::Private(_) => Failure::dead("private", why.to_string()),
        other => Failure::passing("unreached", other.to_string()),
    })?;
    let mut last = Failure::passing("unreached", "");
    for address in addresses.into_iter().take(TRIES) {
        let transport = transport(app, letter, settings, &address.ip().to_string(), port)?;
        let envelope: &Envelope = message.envelope();
        match transport.send_raw(envelope, &message.formatted()).await {
            Ok(_) => return Ok(()),
            Err(error) => {
                last = failure(&error);
                if last.problem["cause"] != "unreached" {
                    break;
                }
            }
        }
    }
    Err(last)
}

fn failure(error: &lettre::transport::smtp::Error) -> Failure {
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

fn transport(
    app: &App,
    letter: &outbox::Letter,
    settings: &Settings,
    address: &str,
    port: u16,
) -> Result<AsyncSmtpTransport<Tokio1Executor>, Failure> {
    let wrong = |error: &dyn std::error::Error| Failure::passing("mail-tls", told(error));
    let mut parameters = TlsParameters::builder(settings.mail.host.clone());
    if let Some(pem) = app.reach.authorities() {
        parameters =
            parameters.add_root_certificate(Certificate::from_pem(pem).map_err(|error| wrong(&error))?);
    }
    let tls = match settings.mail.tls.as_str() {
        "none" => Tls::None,
        kind => {
            let parameters = parameters.build().map_err(|error| wrong(&error))?;
            if kind == "tls" { Tls::Wrapper(parameters) } else { Tls::Required(parameters) }
        }
    };
    let host = app.portal_url.host_str().unwrap_or("portal").to_owned();
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address)
        .port(port)
        .tls(tls)
        .timeout(Some(app.reach.patience()))
        .hello_name(ClientId::Domain(host));
    if let (false, Some(sealed)) = (settings.mail.user.is_empty(), &settings.mail_sealed) {
        let password = open(app, &mail_place(letter.scope().provider()), sealed)?;
        let password = password.expose_secret().to_owned();
        builder = builder.credentials(Credentials::new(settings.mail.user.clone(), password));
    }
    Ok(builder.build())
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
