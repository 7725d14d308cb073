//! The way out to addresses that people typed: mail servers and webhooks. A private address is refused after the name
//! was looked up, and what was looked up is what is connected to; no redirect is followed and no proxy asked.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// What the installation allows.
#[derive(Clone, Debug)]
pub struct Allowed {
    /// Private addresses, and webhooks by plain http: for receivers in the house's own network.
    pub private: bool,
    /// Certificates (PEM) that vouch for receivers beside those the machine trusts.
    pub authorities: Option<Vec<u8>>,
    /// From connecting to the last byte of the answer. Real time: it guards a real socket.
    pub patience: Duration,
}

impl Default for Allowed {
    fn default() -> Self {
        Self { private: false, authorities: None, patience: Duration::from_secs(20) }
    }
}

/// Made once; cheap to look at.
#[derive(Debug)]
pub struct Reach {
    allowed: Allowed,
    client: OnceLock<reqwest::Client>,
}

/// Why something is not reached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreached {
    #[error("{0} has only private addresses, and this portal may not go there")]
    Private(String),
    #[error("{0} has no address")]
    NoAddress(String),
    #[error("it is no https address")]
    NotHttps,
    #[error("the certificates that vouch for receivers cannot be read")]
    Authorities,
}

impl Reach {
    pub fn new(allowed: Allowed) -> Self {
        Self { allowed, client: OnceLock::new() }
    }

    pub fn patience(&self) -> Duration {
        self.allowed.patience
    }

    pub fn authorities(&self) -> Option<&[u8]> {
        self.allowed.authorities.as_deref()
    }

    /// The addresses of this host that may be connected to.
    ///
    /// # Errors
    /// It has none, or only such that this portal may not go to.
    pub async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Unreached> {
        look_up(host, port, self.allowed.private).await
    }

    /// Whether an address that somebody typed may be one of a webhook at all; its name is looked up when it is used.
    ///
    /// # Errors
    /// It is not https, names a user, or is a private address as it stands.
    pub fn admit(&self, url: &Url) -> Result<(), Unreached> {
        let scheme = url.scheme() == "https" || (self.allowed.private && url.scheme() == "http");
        let Some(host) =
            url.host().filter(|_| scheme && url.username().is_empty() && url.password().is_none())
        else {
            return Err(Unreached::NotHttps);
        };
        let address = match host {
            Host::Ipv4(address) => IpAddr::V4(address),
            Host::Ipv6(address) => IpAddr::V6(address),
            Host::Domain(_) => return Ok(()),
        };
        // No name to look up: the resolver below is never asked.
        if self.allowed.private || is_public(address) {
            Ok(())
        } else {
            Err(Unreached::Private(address.to_string()))
        }
    }

    /// The client that webhooks are sent with. Only for addresses that `admit` let in.
    ///
    /// # Errors
    /// The certificates cannot be read.
    pub fn client(&self) -> Result<&reqwest::Client, Unreached> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(self.allowed.patience)
            .connect_timeout(self.allowed.patience / 2)
            .dns_resolver(Resolver { private: self.allowed.private })
            .user_agent(concat!("mssp-portal/", env!("CARGO_PKG_VERSION")));
        if let Some(pem) = &self.allowed.authorities {
            let all = reqwest::Certificate::from_pem_bundle(pem).map_err(|_| Unreached::Authorities)?;
            builder = builder.tls_certs_merge(all);
        }
        let made = builder.build().map_err(|_| Unreached::Authorities)?;
        Ok(self.client.get_or_init(|| made))
    }
}

/// Whether a PEM file holds certificates that can be read.
pub fn is_readable(pem: &[u8]) -> bool {
    reqwest::Certificate::from_pem_bundle(pem).is_ok_and(|all| !all.is_empty())
}

/// The reason of ours inside an error of the HTTP client.
pub fn reason(error: &(dyn Error + 'static)) -> Option<Unreached> {
    let mut next = Some(error);
    while let Some(one) = next {
        if let Some(own) = one.downcast_ref::<Unreached>() {
            return Some(own.clone());
        }
        next = one.source();
    }
    None
}

struct Resolver {
    private: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let private = self.private;
        Box::pin(async move {
            let found = look_up(name.as_str(), 0, private).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

async fn look_up(host: &str, port: u16, private: bool) -> Result<Vec<SocketAddr>, Unreached> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let found = tokio::net::lookup_host((bare, port)).await;
    let found: Vec<SocketAddr> = found.map_err(|_| Unreached::NoAddress(host.to_owned()))?.collect();
    if found.is_empty() {
        return Err(Unreached::NoAddress(host.to_owned()));
    }
    let may: Vec<SocketAddr> = found.into_iter().filter(|one| private || is_public(one.ip())).collect();
    if may.is_empty() { Err(Unreached::Private(host.to_owned())) } else { Ok(may) }
}

/// Whether an address is one of the open internet.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let reserved = a == 0
        || a >= 224
        || (a, b) == (169, 254)
        // Shared between a carrier and its customers; protocol assignments; benchmarks.
        || (a == 100 && (64..128).contains(&b))
        || (a, b, c) == (192, 0, 0)
        || (a == 198 && (18..20).contains(&b))
        // The relays of 6to4, given up.
        || (a, b, c) == (192, 88, 99);
    !(reserved || address.is_private() || address.is_loopback() || address.is_documentation())
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    let inside = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match parts {
        // An address of the old protocol in one of the new.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => inside(high, low),
        [0x2002, high, low, ..] => inside(high, low),
        // Teredo and other assignments of protocols; documentation.
        [0x2001, second, ..] if second < 0x200 || second == 0xdb8 => false,
        [0x3fff, second, ..] if second < 0x1000 => false,
        // Everything else that is routed at all.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_open_internet_are_public() {
        for public in ["8.8.8.8", "52.96.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.9",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2002:7f00:1::",
            "2002:a00:1::",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "3fff::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
    }

    #[test]
    fn a_webhook_is_an_https_address_that_names_nobody() {
        let (strict, loose) =
            (Reach::new(Allowed::default()), Reach::new(Allowed { private: true, ..Allowed::default() }));
        let url = |text: &str| Url::parse(text).unwrap();
        assert!(strict.admit(&url("https://hooks.example/a?sig=b")).is_ok());
        for wrong in ["http://hooks.example/", "https://a:b@hooks.example/", "file:///etc/passwd", "ftp://x/"]
        {
            assert_eq!(strict.admit(&url(wrong)), Err(Unreached::NotHttps), "{wrong}");
        }
        for (address, shown) in [
            ("https://127.0.0.1/", "127.0.0.1"),
            ("https://2130706433/", "127.0.0.1"),
            ("https://[::1]/", "::1"),
        ] {
            assert_eq!(strict.admit(&url(address)), Err(Unreached::Private(shown.to_owned())));
            assert!(loose.admit(&url(address)).is_ok());
        }
        assert!(loose.admit(&url("http://hooks.example/")).is_ok());
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_refused_after_it_was_looked_up() {
        let strict = Reach::new(Allowed::default());
        let refused = Unreached::Private("localhost".to_owned());
        assert_eq!(strict.addresses("localhost", 25).await, Err(refused.clone()));
        let sent = strict.client().unwrap().post("https://localhost:9/").send().await.unwrap_err();
        assert_eq!(reason(&sent), Some(refused));
        let loose = Reach::new(Allowed { private: true, ..Allowed::default() });
        assert!(loose.addresses("localhost", 25).await.is_ok());
        let nowhere = strict.addresses("no-such-host.invalid", 25).await;
        assert_eq!(nowhere, Err(Unreached::NoAddress("no-such-host.invalid".to_owned())));
    }
}
