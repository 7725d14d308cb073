//! What the people do: the customer's administrator consents, our staff answer, approve, try again. They act on what
//! the portal's pages say, and on nothing else.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use http::StatusCode;
use mssp_portal::kit::clock::Ticking;
use serde_json::{Value, json};

use crate::lane::Lane;
use crate::play::instant;
use crate::process::Process;
use crate::schedule::Schedule;
use crate::stage::{Customer, Stage, by_hand, control};

/// How often somebody presses the same button.
const PATIENCE: TimeDelta = TimeDelta::seconds(45);

/// How long our approvers are waited for after they were let in.
const UNSEEN: TimeDelta = TimeDelta::minutes(4);

#[derive(Default)]
pub struct People {
    /// What was done for a customer, and when last.
    done: BTreeMap<(String, &'static str), (u32, DateTime<Utc>)>,
    /// First consent of a tenant to an app: the number of the cloud's last call before it.
    pub consents: BTreeMap<(String, String), u64>,
    /// Answers of the portal that were neither a page nor a redirect.
    pub refused: Vec<String>,
}

struct Act<'a> {
    lane: &'a Lane,
    process: &'a Process,
    stage: &'a Stage,
    customer: &'a Customer,
}

impl Act<'_> {
    async fn press(&self, people: &mut People, path: &str, form: &str) -> bool {
        let id = self.customer.id;
        let form = format!("customer={id}&{form}");
        let path = format!("/customers/{id}{path}");
        let (status, body) = self.process.post(&self.stage.cookie, &path, form.trim_end_matches('&')).await;
        let fine = [
            StatusCode::SEE_OTHER,
            StatusCode::CONFLICT,
            StatusCode::UNPROCESSABLE_ENTITY,
            StatusCode::BAD_GATEWAY,
            StatusCode::OK,
        ];
        if !fine.contains(&status) {
            people.refused.push(format!("{path} {form}: {status} {}", &body[..body.len().min(2000)]));
        }
        status == StatusCode::SEE_OTHER
    }

    /// The customer's administrator grants what the app asks for, and his browser comes back to the portal.
    async fn consent(&self, people: &mut People, app: &str) -> bool {
        let tenant = self.customer.tenant.clone();
        let path = format!("/tenants/{tenant}/consent");
        let journal = control(self.lane, "GET", "/journal?last=1", Value::Null);
        let last = journal[0]["seq"].as_u64().unwrap_or_default();
        people.consents.entry((tenant, app.to_owned())).or_insert(last);
        control(self.lane, "POST", &path, json!({ "appId": app, "grant": true }));
        self.press(people, "/check", "").await
    }
}

impl People {
    /// Everybody looks at the list and does his move. True: somebody did something that the portal took.
    pub async fn act(
        &mut self,
        lane: &Lane,
        process: &Process,
        stage: &Stage,
        schedule: &Schedule,
        standing: &Value,
    ) -> bool {
        let mut acted = false;
        for customer in &stage.customers {
            let id = customer.id.to_string();
            let Some(row) = standing.as_array().unwrap().iter().find(|row| row["customer_id"] == id.as_str())
            else {
                continue;
            };
            let act = Act { lane, process, stage, customer };
            acted |= self.seat(&act, row);
            acted |= self.give_up(&act, row).await;
            acted |= self.one(&act, schedule, row).await;
        }
        acted
    }

    /// Looks again at whoever was changed at his own place since he was read last; whether anybody was.
    pub async fn look_again(
        &mut self,
        (lane, process, stage): (&Lane, &Process, &Stage),
        standing: &Value,
        changed: DateTime<Utc>,
    ) -> bool {
        let mut any = false;
        for customer in &stage.customers {
            let id = customer.id.to_string();
            let row = standing.as_array().unwrap().iter().find(|row| row["customer_id"] == id.as_str());
            if row.is_none_or(|row| row["read_at"].is_null() || instant(&row["read_at"]) > changed) {
                continue;
            }
            any = true;
            let act = Act { lane, process, stage, customer };
            if self.may(&act, "look-again").is_some() {
                act.press(self, "/check", "").await;
            }
        }
        any
    }

    /// Counts the act, unless it was done a moment ago.
    fn may(&mut self, act: &Act<'_>, what: &'static str) -> Option<u32> {
        let now = act.lane.hours.now();
        let entry =
            self.done.entry((act.customer.id.to_string(), what)).or_insert((0, DateTime::<Utc>::MIN_UTC));
        if now - PATIENCE < entry.1 {
            return None;
        }
        *entry = (entry.0 + 1, now);
        Some(entry.0)
    }

    async fn one(&mut self, act: &Act<'_>, schedule: &Schedule, row: &Value) -> bool {
        match row["state"].as_str().unwrap() {
            "new" | "consent-wanted" | "consent-lost" => {
                self.may(act, "reader").is_some() && act.consent(self, &act.stage.reader).await
            }
            "operator-wanted" => {
                self.may(act, "operator").is_some() && act.consent(self, &act.stage.operator).await
            }
            "blocked" => self.may(act, "check").is_some() && act.press(self, "/check", "").await,
            "questions-open" => {
                if self.may(act, "answer").is_none() {
                    return false;
                }
                let administrator = format!("principal_name={}", act.customer.admin);
                let named = act.press(self, "/onboarding/administrator", &administrator).await;
                act.press(self, "/onboarding/beside", "").await || named
            }
            "plan-ready" | "drifted" => {
                if schedule.defender && self.may(act, "declare").is_some_and(|times| times == 1) {
                    return act
                        .press(self, "/onboarding/steps/rbac/declare", "proof=seen&rbac=unified")
                        .await;
                }
                let Some(plan) = row["plan"].as_str() else { return false };
                act.press(self, "/onboarding/approve", &format!("plan={plan}")).await
            }
            "failed" => {
                let Some(tried) = self.may(act, "retry") else { return false };
                let run = row["run"]["run"].as_str().unwrap_or_default();
                // What was made and is gone is not found by looking again: it is planned anew.
                let gone =
                    row["causes"].as_array().is_some_and(|all| all.iter().any(|one| one == "not-visible"));
                let way = if gone || tried % 4 == 0 { "cancel" } else { "retry" };
                act.press(self, &format!("/onboarding/{way}"), &format!("run={run}")).await
            }
            _ => false,
        }
    }

    /// The run waits for approvers who cannot come, or who came and are not seen: it is stopped, and planned anew.
    async fn give_up(&mut self, act: &Act<'_>, row: &Value) -> bool {
        let waits = row["run"]["state"] == "waiting" && row["owned"]["policy.approvers"].is_string();
        let key = (act.customer.id.to_string(), "waits");
        if !waits || row["linked"].is_null() {
            self.done.remove(&key);
            return false;
        }
        let now = act.lane.hours.now();
        let since = self.done.entry(key.clone()).or_insert((0, now)).1;
        if now - since < UNSEEN {
            return false;
        }
        self.done.remove(&key);
        self.done.remove(&(act.customer.id.to_string(), "seat"));
        let run = row["run"]["run"].as_str().unwrap_or_default();
        act.press(self, "/onboarding/cancel", &format!("run={run}")).await
    }

    /// Two of ours ask for the approvers' package through its link, and the customer's administrator lets them in.
    fn seat(&mut self, act: &Act<'_>, row: &Value) -> bool {
        let Some(package) = row["owned"]["package.approvers"].as_str() else { return false };
        let ready = row["owned"]["policy.approvers"].is_string() && row["linked"].is_string();
        if !ready || self.done.contains_key(&(act.customer.id.to_string(), "seat")) {
            return false;
        }
        let path = format!("/tenants/{}", act.customer.tenant);
        let mut seated = 0;
        for name in ["ben", "cleo"] {
            let wish = json!({
                "package": package, "homeTenant": act.stage.analysts,
                "userPrincipalName": format!("{name}@{}", act.stage.analyst_domain),
                "justification": "I approve for this customer",
            });
            let Ok(asked) = act.lane.cloud.control("POST", &format!("{path}/ask"), &wish) else {
                // He holds the package already, but the group he was in is gone.
                seated += usize::from(put_in(act, row, name));
                continue;
            };
            let decide = format!("{path}/requests/{}/decide", asked["id"].as_str().unwrap());
            let yes = json!({ "approve": true, "by": act.customer.admin, "justification": "fine" });
            seated += usize::from(act.lane.cloud.control("POST", &decide, &yes).is_ok());
        }
        seated == 2 && self.may(act, "seat").is_some()
    }
}

/// The administrator puts a guest into the approvers' group himself.
fn put_in(act: &Act<'_>, row: &Value, name: &str) -> bool {
    let tenant = &act.customer.tenant;
    let filter = format!("/users?$filter=mail eq '{name}@{}'", act.stage.analyst_domain);
    let found = by_hand(act.lane, tenant, "GET", &filter, Value::Null).unwrap_or_default();
    let (Some(guest), Some(group)) =
        (found["value"][0]["id"].as_str(), row["owned"]["group.approvers"].as_str())
    else {
        return false;
    };
    let body = json!({ "@odata.id": format!("{}/v1.0/directoryObjects/{guest}", act.lane.cloud.base_url()) });
    by_hand(act.lane, tenant, "POST", &format!("/groups/{group}/members/$ref"), body).is_some()
}
