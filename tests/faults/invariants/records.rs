//! What the portal writes down: an intent before and an outcome after every write (I5), an unbroken audit chain (I6),
//! reasons people can read (I9), no secrets (I14).

use std::collections::BTreeSet;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::SubsecRound;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::calls::writes;
use crate::eye;
use crate::play::{Run, instant};

/// Journal, audit and problems of one provider.
pub struct Records {
    log: Vec<Value>,
    audit: Vec<Value>,
    problems: Vec<Value>,
    /// Everything of his there is, as text.
    all: String,
}

impl Records {
    pub async fn read(run: &Run<'_>) -> Self {
        let (owner, provider) = (&run.lane.owner, run.stage.provider);
        let many = |value: Value| value.as_array().cloned().unwrap_or_default();
        let log = "select json_agg(json_build_object('customer', r.customer_id, 'step', l.step, 'message', l.message,
                    'at', l.at) order by l.run_id, l.seq)::text
               from run_log l join run r using (provider_id, run_id) where l.provider_id = $1";
        let audit = "select json_agg(json_build_object('seq', seq, 'body', encode(body, 'base64'),
                    'previous', encode(previous_hash, 'base64'), 'hash', encode(hash, 'base64')) order by seq)::text
               from audit_event where provider_id = $1";
        let problems = "select json_agg(x)::text from (
                select problem ->> 'cause' as cause from work where provider_id = $1 and problem is not null
                union all select problem ->> 'cause' from run_step where provider_id = $1 and state = 'failed'
                union all select cause from consent where provider_id = $1 and cause <> '') x";
        let next = "select json_agg(next_move)::text from customer where provider_id = $1";
        let all = "select to_json(string_agg(x, ' '))::text from (
                select row_to_json(t)::text from work t where provider_id = $1
                union all select row_to_json(t)::text from run_step t where provider_id = $1
                union all select row_to_json(t)::text from run_log t where provider_id = $1
                union all select row_to_json(t)::text from consent t where provider_id = $1
                union all select row_to_json(t)::text from plan t where provider_id = $1
                union all select row_to_json(t)::text from observation t where provider_id = $1
                union all select convert_from(body, 'UTF8') from audit_event t where provider_id = $1) as t (x)";
        let mut problems = many(eye::ask(owner, provider, problems).await);
        problems.extend(many(eye::ask(owner, provider, next).await));
        Self {
            log: many(eye::ask(owner, provider, log).await),
            audit: many(eye::ask(owner, provider, audit).await),
            problems,
            all: eye::ask(owner, provider, all).await.as_str().unwrap_or_default().to_owned(),
        }
    }

    /// I5: every write follows a line of the journal that says what is to be done, and an audited outcome follows it.
    pub fn precede_every_write(&self, run: &Run<'_>, journal: &[Value]) -> Vec<String> {
        let mut problems = Vec::new();
        let bodies: Vec<Value> = self.audit.iter().map(said).collect();
        for call in journal.iter().filter(|call| writes(call)) {
            let Some(customer) = run.stage.customers.iter().find(|one| call["tenant"] == one.tenant.as_str())
            else {
                continue;
            };
            let (id, at) = (customer.id.to_string(), instant(&call["at"]));
            let what = format!("{} {}", call["method"].as_str().unwrap(), call["path"].as_str().unwrap());
            let kinds = steps_of(&what);
            let is = |step: &Value| {
                kinds.iter().any(|kind| step.as_str().unwrap_or_default().split('.').next() == Some(*kind))
            };
            let begun = self.log.iter().any(|line| {
                line["customer"] == id.as_str()
                    && line["message"] == "begun"
                    && is(&line["step"])
                    && instant(&line["at"]).trunc_subsecs(3) <= at
            });
            if !begun {
                problems.push(format!("I5 {what}: no line of the journal stands before it"));
            }
            let ended = bodies.iter().any(|body| {
                ["step.applied", "step.failed", "run.cancelled"].contains(&body["action"].as_str().unwrap())
                    && body["customer"] == id.as_str()
                    && (is(&body["after"]["step"]) || body["action"] == "run.cancelled")
                    && instant(&body["at"]) >= at
            });
            if !ended {
                problems.push(format!("I5 {what}: no outcome of it is in the audit log"));
            }
        }
        problems
    }

    /// I6: numbers without a gap, each event naming the hash of the one before, hashes of the bytes themselves.
    pub fn chain_holds(&self) -> Vec<String> {
        let mut previous = vec![0; 32];
        for (at, event) in self.audit.iter().enumerate() {
            let (body, hash) = (bytes(&event["body"]), bytes(&event["hash"]));
            let sound = event["seq"].as_u64() == Some(at as u64 + 1)
                && bytes(&event["previous"]) == previous
                && Sha256::digest(&body).as_slice() == hash
                && said(event)["previous"] == STANDARD.encode(&previous);
            if !sound {
                return vec![format!("I6: the chain breaks at event {}", event["seq"])];
            }
            previous = hash;
        }
        Vec::new()
    }

    /// I9: what failed says why in words of the catalogue.
    pub fn say_why(&self) -> Vec<String> {
        let known = |key: &str| TEXTS.contains(key);
        self.problems
            .iter()
            .filter_map(|one| match one {
                Value::String(next) if next.is_empty() || known(next) => None,
                Value::String(next) => Some(format!("I9: no text for the next move {next}")),
                one => {
                    let cause = one["cause"].as_str().unwrap_or_default();
                    (!known(&format!("errors-{cause}-what")))
                        .then(|| format!("I9: no text for the cause {cause:?}"))
                }
            })
            .collect()
    }

    /// I14: no secret of an app and no token, neither in what is stored nor in what was logged.
    pub fn hold_no_secret(&self, logged: &str) -> Vec<String> {
        let mut problems = Vec::new();
        for (place, text) in [("the database", self.all.as_str()), ("the log", logged)] {
            for canary in ["canary-secret", "eyJ0", "Bearer eyJ"] {
                if let Some(at) = text.find(canary) {
                    let from = text[..at].char_indices().rev().nth(80).map_or(0, |(at, _)| at);
                    problems.push(format!("I14: {place} holds {canary}: {}", &text[from..at]));
                }
            }
        }
        problems
    }
}

/// Postgres breaks base64 into lines.
fn bytes(value: &Value) -> Vec<u8> {
    STANDARD.decode(value.as_str().unwrap().replace('\n', "")).unwrap()
}

fn said(event: &Value) -> Value {
    serde_json::from_slice(&bytes(&event["body"])).unwrap()
}

/// The steps that may make such a call.
fn steps_of(call: &str) -> &'static [&'static str] {
    let part = |text: &str| call.contains(text);
    if part("/roleManagement/") {
        &["defender-role"]
    } else if part("/groups") {
        &["group"]
    } else if part("/connectedOrganizations") {
        &["connected-organization"]
    } else if part("/resourceRequests") {
        &["resource"]
    } else if part("/assignmentPolicies") {
        &["policy"]
    } else if part("/accessPackages") {
        &["package"]
    } else if part("/catalogs") {
        &["catalog"]
    } else {
        &[]
    }
}

/// Keys of the English catalogue.
static TEXTS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/locales/en");
    let files =
        std::fs::read_dir(folder).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let key = |line: &str| line.split_once(" =").map(|(key, _)| key.to_owned());
    files.flat_map(|text| text.lines().filter_map(key).collect::<Vec<_>>()).collect()
});
