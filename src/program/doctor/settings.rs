//! Addresses and the master key's file.

use super::Findings;
use crate::config::{CloudName, Config};
use crate::kit::chance::Chance;
use crate::kit::seal::Seal;
use crate::program::key;

pub fn look(config: &Config, findings: &mut Findings) -> anyhow::Result<()> {
    look_at_addresses(config, findings);
    look_at_key(config, findings)
}

fn look_at_addresses(config: &Config, findings: &mut Findings) {
    let url = &config.portal_url;
    if url.scheme() == "https" {
        findings.good(format!("PORTAL_URL is {url}"));
        if config.counts_all_as_one() {
            findings.must(
                "a proxy ends TLS in front and is not believed: all visitors count as one address, and a few shut \
                 everybody out",
                "let the proxy set X-Forwarded-For, and set TRUSTED_PROXY_HOPS=1",
            );
        }
    } else {
        findings.look(
            format!("PORTAL_URL is {url}: plain http, for this machine only"),
            "for others, set PORTAL_URL to an https address and put a reverse proxy in front",
        );
        if !config.portal_listen.ip().is_loopback() {
            findings.must(
                format!("plain http is listened for on {}, where others may reach it", config.portal_listen),
                "set PORTAL_LISTEN to 127.0.0.1:8080, or use https",
            );
        }
    }
    if config.cloud == CloudName::Simulated {
        findings.look(
            "the cloud is simulated: no real tenant is seen or changed",
            "set CLOUD=global for real ones",
        );
    }
}

fn look_at_key(config: &Config, findings: &mut Findings) -> anyhow::Result<()> {
    let path = config.key_file()?;
    let shown = path.display();
    if !path.exists() {
        findings.look(
            format!("there is no master key at {shown} yet"),
            "`mssp-portal migrate` or the first start makes it; if secrets are sealed already, put your copy back",
        );
    } else if let Err(error) = Seal::from_file(&path, Chance::system()) {
        findings
            .must(format!("the master key does not serve: {error:#}"), "put your copy of the key file back");
    } else if key::is_open(&path) {
        findings.must(
            format!("others on this machine may read the master key {shown}"),
            format!("chmod 600 {shown}"),
        );
    } else {
        findings.good(format!("the master key {shown} is this user's alone"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, FromArgMatches};

    use super::*;
    use crate::program::Arguments;
    use crate::program::doctor::Level;

    fn must(arguments: &[&str]) -> Vec<String> {
        let all = [&["mssp-portal", "doctor"], arguments].concat();
        let matches = Arguments::command().try_get_matches_from(all).unwrap();
        let mut findings = Findings::default();
        look_at_addresses(&Arguments::from_arg_matches(&matches).unwrap().config, &mut findings);
        let must = findings.0.into_iter().filter(|(level, ..)| *level == Level::Must);
        must.map(|(_, what, fix)| format!("{what} / {fix}")).collect()
    }

    #[test]
    fn a_proxy_that_is_not_believed_must_be_mended_wherever_the_portal_listens() {
        let https = "--portal-url=https://portal.example.com";
        for listen in ["127.0.0.1:8080", "0.0.0.0:8080", "10.0.0.5:80", "[::]:8080"] {
            let listen = format!("--portal-listen={listen}");
            let found = must(&[https, &listen, "--trusted-proxy-hops=0"]);
            assert!(found.len() == 1 && found[0].contains("TRUSTED_PROXY_HOPS=1"), "{listen}: {found:?}");
            assert_eq!(must(&[https, &listen, "--trusted-proxy-hops=1"]), Vec::<String>::new(), "{listen}");
        }
        let here = ["--portal-url=http://localhost:8080", "--portal-listen=127.0.0.1:8080"];
        assert_eq!(must(&here), Vec::<String>::new(), "no proxy at all");
    }
}
