//! Configuration: flags and environment variables, each in `--help`. Secrets are never printed.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgConnectOptions;
use url::{Host, Url};

use crate::graph::Cloud;
use crate::kit::reach::{self, Allowed};

/// What every command is configured by.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// Address of this portal as browsers see it, without a path. https; plain http only for this machine.
    #[arg(long, env = "PORTAL_URL", global = true, default_value = "http://localhost:8080", value_parser = portal_url)]
    pub portal_url: Url,
    /// Address and port to listen on.
    #[arg(long, env = "PORTAL_LISTEN", global = true, default_value = "127.0.0.1:8080")]
    pub portal_listen: SocketAddr,
    /// Database login of the portal, as postgres://portal_app:…@host/name. Without it the portal runs a private
    /// Postgres in PORTAL_DATA.
    #[arg(long, env = "DATABASE_URL", global = true, hide_env_values = true)]
    pub database_url: Option<DatabaseUrl>,
    /// Database login that may act as portal_owner, for `migrate`, `provider` and `doctor` only.
    #[arg(long, env = "DATABASE_OWNER_URL", global = true, hide_env_values = true)]
    pub database_owner_url: Option<DatabaseUrl>,
    /// Most database connections of this process.
    #[arg(long, env = "DATABASE_CONNECTIONS", global = true, default_value_t = 16, value_parser = clap::value_parser!(u32).range(4..=500))]
    pub database_connections: u32,
    /// Directory of the private Postgres and the default place of the master key. [default: /var/lib/mssp-portal for
    /// root, else ~/.local/share/mssp-portal]
    #[arg(long, env = "PORTAL_DATA", global = true)]
    pub portal_data: Option<PathBuf>,
    /// File with the master key that seals stored secrets; keep a copy apart from the database's backups. [default:
    /// master.key in PORTAL_DATA]
    #[arg(long, env = "PORTAL_KEY_FILE", global = true)]
    pub portal_key_file: Option<PathBuf>,
    /// Folder of Postgres's programs, for the private Postgres. [default: looked for]
    #[arg(long, env = "PG_BIN", global = true)]
    pub pg_bin: Option<PathBuf>,
    /// The Microsoft cloud that the providers and their customers are in.
    #[arg(long, env = "CLOUD", global = true, value_enum, default_value_t = CloudName::Global)]
    pub cloud: CloudName,
    /// Address of the simulated cloud, with CLOUD=simulated.
    #[arg(long, env = "SIMULATED_CLOUD_URL", global = true, default_value = "http://127.0.0.1:8090")]
    pub simulated_cloud_url: Url,
    /// File with the certificates (PEM) that alone vouch for a simulated cloud over https, with CLOUD=simulated.
    #[arg(long, env = "SIMULATED_CLOUD_CA", global = true, value_name = "FILE")]
    pub simulated_cloud_ca: Option<PathBuf>,
    /// Reverse proxies in front whose X-Forwarded-For is believed: 0 or 1.
    #[arg(long, env = "TRUSTED_PROXY_HOPS", global = true, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=1))]
    pub trusted_proxy_hops: u8,
    /// Requests per minute that one address may make.
    #[arg(long, env = "RATE_PER_MINUTE", global = true, default_value = "600")]
    pub rate_per_minute: NonZeroU32,
    /// Of these, requests to sign-in and consent pages.
    #[arg(long, env = "RATE_ANONYMOUS_PER_MINUTE", global = true, default_value = "60")]
    pub rate_anonymous_per_minute: NonZeroU32,
    /// Connections that this process holds at once; more wait until one ends. Each open page that hears of changes holds
    /// one, and each one file: stay below the process's limit of files.
    #[arg(long, env = "CONNECTIONS", global = true, default_value_t = 800, value_parser = clap::value_parser!(u16).range(16..))]
    pub connections: u16,
    /// Pieces of background work that this process does at once; 0 leaves them to other processes.
    #[arg(long, env = "WORKERS", global = true, default_value_t = 64, value_parser = clap::value_parser!(u16).range(0..=500))]
    pub workers: u16,
    /// Let mail servers and webhooks that providers enter stand at private addresses, and webhooks be plain http: for
    /// receivers in the portal's own network.
    #[arg(long, env = "NOTICES_TO_PRIVATE", global = true, default_value_t = false)]
    pub notices_to_private: bool,
    /// Let sign-in authorities that are not Microsoft's stand at private addresses, and be plain http: for an identity
    /// provider in the portal's own network.
    #[arg(long, env = "AUTHORITIES_TO_PRIVATE", global = true, default_value_t = false)]
    pub authorities_to_private: bool,
    /// File with certificates (PEM) that vouch for mail servers and webhooks beside those this machine trusts.
    #[arg(long, env = "NOTICES_CA", global = true, value_name = "FILE")]
    pub notices_ca: Option<PathBuf>,
    /// What is logged, as a filter: `info`, `warn,mssp_portal=debug`, …
    #[arg(long, env = "LOG", global = true, default_value = "info")]
    pub log: String,
    /// Form of the log, on standard error.
    #[arg(long, env = "LOG_FORMAT", global = true, value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// Take the time from the simulated cloud (builds for tests only).
    #[cfg(feature = "simulated-clock")]
    #[arg(long, env = "SIMULATED_CLOCK", global = true, default_value_t = false)]
    pub simulated_clock: bool,
}

impl Config {
    /// Where mail servers and webhooks may stand.
    ///
    /// # Errors
    /// NOTICES_CA cannot be read, or holds no certificate.
    pub fn reach(&self) -> anyhow::Result<Allowed> {
        let read = |file: &PathBuf| {
            let pem =
                std::fs::read(file).with_context(|| format!("NOTICES_CA: cannot read {}", file.display()))?;
            if !reach::is_readable(&pem) {
                bail!("NOTICES_CA: {} holds no certificate that can be read", file.display());
            }
            Ok(pem)
        };
        let authorities = self.notices_ca.as_ref().map(read).transpose()?;
        Ok(Allowed { private: self.notices_to_private, authorities, ..Allowed::default() })
    }

    /// Where authorities may stand that are not the cloud's own.
    pub fn authorities(&self) -> Allowed {
        Allowed { private: self.authorities_to_private, ..Allowed::default() }
    }

    /// The cloud's hosts.
    ///
    /// # Errors
    /// SIMULATED_CLOUD_URL or SIMULATED_CLOUD_CA cannot be used.
    pub fn cloud(&self) -> anyhow::Result<Cloud> {
        let Some(file) = &self.simulated_cloud_ca else { return self.hosts() };
        if self.cloud != CloudName::Simulated {
            bail!("SIMULATED_CLOUD_CA is for CLOUD=simulated only: unset it, or set CLOUD");
        }
        if self.simulated_cloud_url.scheme() != "https" {
            bail!("SIMULATED_CLOUD_CA vouches for https only: set SIMULATED_CLOUD_URL to an https address");
        }
        let pem = std::fs::read(file)
            .with_context(|| format!("SIMULATED_CLOUD_CA: cannot read {}", file.display()))?;
        let cloud = self.hosts()?.vouched_by(&pem);
        cloud.with_context(|| format!("SIMULATED_CLOUD_CA: {} holds no certificate as PEM", file.display()))
    }

    fn hosts(&self) -> anyhow::Result<Cloud> {
        match self.cloud {
            CloudName::Global => Ok(Cloud::global()),
            CloudName::UsGov => Ok(Cloud::us_gov()),
            CloudName::UsGovDod => Ok(Cloud::us_gov_dod()),
            CloudName::China => Ok(Cloud::china()),
            CloudName::Simulated => {
                Cloud::simulated(self.simulated_cloud_url.as_str()).context("SIMULATED_CLOUD_URL")
            }
        }
    }

    /// The portal's data directory.
    ///
    /// # Errors
    /// None is given, and this user has no home.
    pub fn data_dir(&self) -> anyhow::Result<PathBuf> {
        if let Some(dir) = &self.portal_data {
            return Ok(dir.clone());
        }
        if is_root() {
            return Ok(PathBuf::from("/var/lib/mssp-portal"));
        }
        let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
        let data = data.or_else(|| std::env::home_dir().map(|home| home.join(".local/share")));
        Ok(data.context("this user has no home directory: set PORTAL_DATA")?.join("mssp-portal"))
    }

    pub fn key_file(&self) -> anyhow::Result<PathBuf> {
        self.portal_key_file.clone().map_or_else(|| Ok(self.data_dir()?.join("master.key")), Ok)
    }

    /// Behind a proxy that is not believed, every visitor has the proxy's address. The portal ends no TLS itself: with
    /// https there is always one.
    pub fn counts_all_as_one(&self) -> bool {
        self.portal_url.scheme() == "https" && self.trusted_proxy_hops == 0
    }

    /// Whether only this machine is meant to see the portal.
    pub fn is_local(&self) -> bool {
        is_loopback(&self.portal_url)
    }
}

/// Files under /proc/self belong to the process's effective user.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CloudName {
    /// Microsoft's worldwide cloud.
    Global,
    /// Microsoft 365 Government GCC High.
    #[value(alias = "usgov")]
    UsGov,
    /// Microsoft 365 Government DoD.
    #[value(alias = "dod")]
    UsGovDod,
    /// Operated by 21Vianet.
    China,
    /// The simulation, for demonstrations and tests.
    Simulated,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// A database address that may hold a password: shown to nobody, and parsed late so that no message repeats it.
#[derive(Clone)]
pub struct DatabaseUrl(SecretString);

impl FromStr for DatabaseUrl {
    type Err = Infallible;
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(SecretString::from(text)))
    }
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DatabaseUrl(…)")
    }
}

impl DatabaseUrl {
    /// # Errors
    /// It is no address of a Postgres; the message names the variable, never the value.
    pub fn login(&self, variable: &str) -> anyhow::Result<PgConnectOptions> {
        let text = self.0.expose_secret();
        let known = text.starts_with("postgres://") || text.starts_with("postgresql://");
        match PgConnectOptions::from_str(text) {
            Ok(login) if known => Ok(login),
            _ => bail!("{variable} is no address like postgres://user:password@host:5432/name"),
        }
    }

    /// The password in it, if any.
    pub fn password(&self) -> Option<SecretString> {
        let url = Url::parse(self.0.expose_secret()).ok()?;
        let password = percent_encoding::percent_decode_str(url.password()?).decode_utf8().ok()?;
        Some(SecretString::from(password.into_owned()))
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// An origin: https, or http on this machine.
fn portal_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if url.username() != "" || url.password().is_some() || !bare {
        return Err("only scheme, host and port belong here, like https://portal.example.com".to_owned());
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err("plain http is for this machine only (localhost): use https behind a proxy".to_owned()),
        _ => Err("it begins with https://".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for good in
            ["https://portal.example.com", "http://localhost:8080", "http://127.0.0.1/", "http://[::1]:1"]
        {
            assert!(portal_url(good).is_ok(), "{good}");
        }
        for bad in ["http://portal.example.com", "https://x.test/path", "https://u:p@x.test", "ftp://x", "x"]
        {
            assert!(portal_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_database_address_is_shown_to_nobody() {
        let url: DatabaseUrl = "postgres://portal_app:s%40fe@db.example/portal".parse().unwrap();
        assert_eq!(format!("{url:?}"), "DatabaseUrl(…)");
        assert_eq!(url.password().unwrap().expose_secret(), "s@fe");
        let broken: DatabaseUrl = "portal_app:s3cret@db".parse().unwrap();
        let message = format!("{:#}", broken.login("DATABASE_URL").unwrap_err());
        assert!(!message.contains("s3cret"), "{message}");
        assert!(message.contains("DATABASE_URL"));
    }
}
