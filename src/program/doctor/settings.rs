//! Addresses and the master key's file.

use super::Findings;
use crate::config::{CloudName, Config};
use crate::kit::chance::Chance;
use crate::kit::seal::Seal;
use crate::program::key;

pub fn look(config: &Config, findings: &mut Findings) -> anyhow::Result<()> {
    let url = &config.portal_url;
    if url.scheme() == "https" {
        findings.good(format!("PORTAL_URL is {url}"));
        if config.trusted_proxy_hops == 0 && config.portal_listen.ip().is_loopback() {
            findings.look(
                "the portal listens on this machine only and believes no proxy: all visitors count as one address",
                "set TRUSTED_PROXY_HOPS=1 where a reverse proxy sets X-Forwarded-For",
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
    look_at_key(config, findings)
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
