//! Whether Microsoft's cloud is reached, and whether our clock agrees with it: tokens live by the clock.

use chrono::DateTime;

use super::Findings;
use crate::config::Config;
use crate::graph::Graph;
use crate::kit::chance::Chance;
use crate::kit::clock::Clock;

/// Entra allows five minutes; our assertions are made for a few.
const TOLERATED: i64 = 60;
const BREAKS: i64 = 240;

pub async fn look(config: &Config, clock: &Clock, findings: &mut Findings) -> anyhow::Result<()> {
    let cloud = config.cloud()?;
    let http = Graph::new(cloud.clone(), clock.clone(), Chance::system())?.http_client();
    for (name, host) in [("sign-in", &cloud.login), ("Graph", &cloud.graph)] {
        match http.get(host.clone()).send().await {
            Ok(answer) => {
                let date = answer.headers().get("date").and_then(|date| date.to_str().ok());
                let theirs = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok());
                match theirs.map(|theirs| (clock.now() - theirs.to_utc()).num_seconds()) {
                    None => findings.good(format!("{host} ({name}) answers")),
                    Some(off) if off.abs() <= TOLERATED => {
                        findings.good(format!("{host} ({name}) answers, and its clock agrees with ours"));
                    }
                    Some(off) => {
                        let what = format!("our clock is {off} s off {host} ({name})");
                        let fix = "set the machine's clock by NTP";
                        if off.abs() > BREAKS { findings.must(what, fix) } else { findings.look(what, fix) }
                    }
                }
            }
            Err(error) => findings.must(
                format!("{host} ({name}) does not answer: {}", error.without_url()),
                "let this machine reach it on port 443, or set CLOUD to the cloud you use",
            ),
        }
    }
    Ok(())
}
