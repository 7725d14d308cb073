//! What the calls themselves must keep to: whose token (I2), where to (I3), when (I4).

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use mssp_portal::kit::crash::When;
use serde_json::Value;

use crate::play::{Run, instant};
use crate::watch::Meant;

pub struct Calls<'a> {
    run: &'a Run<'a>,
    journal: &'a [Value],
    by_id: BTreeMap<&'a str, &'a Value>,
    meant: &'a [Meant],
}

fn text<'a>(call: &'a Value, key: &str) -> &'a str {
    call[key].as_str().unwrap_or_default()
}

pub fn is_graph(call: &Value) -> bool {
    text(call, "path").starts_with("/v1.0/") || text(call, "path").starts_with("/beta/")
}

/// A batch carries calls, which stand in the journal beside it.
pub fn writes(call: &Value) -> bool {
    is_graph(call) && call["method"] != "GET" && !text(call, "path").ends_with("/$batch")
}

/// The part of Microsoft's cloud that throttles on its own.
fn workload(call: &Value) -> &str {
    let path = text(call, "path").trim_start_matches("/v1.0").trim_start_matches("/beta");
    match path.split('/').nth(1).unwrap_or_default() {
        _ if !is_graph(call) => "sign-in",
        "identityGovernance" => "entitlement",
        "roleManagement" => "defender",
        "auditLogs" => "reports",
        "security" => "security",
        _ => "identity",
    }
}

impl<'a> Calls<'a> {
    pub fn new(run: &'a Run<'a>, journal: &'a [Value], meant: &'a [Meant]) -> Self {
        let by_id = journal.iter().map(|call| (text(call, "clientRequestId"), call)).collect();
        Self { run, journal, by_id, meant }
    }

    /// I2: every call carries a token of the tenant and app it was meant for, and goes to Microsoft alone.
    pub fn carry_their_own_token(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let meant: BTreeMap<&str, &Meant> =
            self.meant.iter().map(|meant| (meant.request.as_str(), meant)).collect();
        let host = self.run.lane.cloud.base_url().trim_start_matches("http://").to_owned();
        for call in self.journal {
            let told = format!(
                "{} {} of {}",
                text(call, "method"),
                text(call, "path"),
                text(call, "clientRequestId")
            );
            if text(call, "host") != host {
                problems.push(format!("I2 {told} went to {}", call["host"]));
            }
            match meant.get(text(call, "clientRequestId")) {
                Some(meant) if meant.tenant == text(call, "tenant") && meant.app == text(call, "appId") => {}
                Some(meant) => problems.push(format!(
                    "I2 {told} was meant for {} by {} and went to {} by {}",
                    meant.tenant, meant.app, call["tenant"], call["appId"]
                )),
                None => problems.push(format!("I2 {told}: the portal knows nothing of this call")),
            }
        }
        problems
    }

    /// I3: no call to a tenant before its consent, none to a tenant that is no customer, none beyond the permissions.
    pub fn go_where_they_may(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let told = crate::stage::control(self.run.lane, "GET", "/faults/plan", Value::Null);
        let lapsed = |call: &Value| {
            let same = |one: &Value| one["tenant"] == call["tenant"] && one["app"] == call["appId"];
            told["struck"].as_array().unwrap().iter().any(|one| one["fault"] == "403" && same(one))
        };
        for call in self.journal.iter().filter(|call| is_graph(call)) {
            let (tenant, app) = (text(call, "tenant"), text(call, "appId"));
            let what = format!("{} {}", text(call, "method"), text(call, "path"));
            match self.run.people.consents.get(&(tenant.to_owned(), app.to_owned())) {
                Some(since) if call["seq"].as_u64() > Some(*since) => {}
                _ if tenant == self.run.stage.home
                    && text(call, "path").contains("/tenantRelationships/") => {}
                _ => problems.push(format!("I3 {what}: {tenant} has not consented to {app}")),
            }
            if app == self.run.stage.reader && writes(call) {
                problems.push(format!("I3 {what}: the reader writes"));
            }
            if call["status"] == 403 && call["fault"].is_null() && !lapsed(call) {
                problems.push(format!("I3 {what}: beyond the permissions asked for"));
            }
        }
        problems
    }

    /// I4: within one process, no call to a part of the cloud before the wait it asked for has ended.
    pub fn wait_as_asked(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut quiet: BTreeMap<(u32, &str, &str, &str), DateTime<Utc>> = BTreeMap::new();
        for meant in self.meant {
            let Some(call) = self.by_id.get(meant.request.as_str()) else { continue };
            let scope = (meant.process, meant.tenant.as_str(), meant.app.as_str(), workload(call));
            if meant.when == When::Before {
                let until = quiet.get(&scope).copied().unwrap_or_default();
                if meant.at < until {
                    problems.push(format!(
                        "I4 {} at {}, although {} asked to wait until {until}",
                        meant.call, meant.at, scope.3
                    ));
                }
            } else if let (true, Some(wait)) = (told_so(call), call["retryAfter"].as_str()) {
                let until = match wait.parse::<u64>() {
                    Ok(seconds) => {
                        instant(&call["at"]) + TimeDelta::from_std(Duration::from_secs(seconds)).unwrap()
                    }
                    Err(_) => DateTime::parse_from_rfc2822(wait).unwrap().to_utc(),
                };
                let entry = quiet.entry(scope).or_insert(until);
                *entry = until.max(*entry);
            }
        }
        problems
    }
}

/// The client got to see the status.
fn told_so(call: &Value) -> bool {
    call["status"] == 429 || call["status"] == 503
}
