//! Plays one schedule to its end and says what was wrong.

use chrono::{DateTime, TimeDelta, Utc};
use mssp_portal::kit::clock::Ticking;
use serde_json::{Value, json};

use crate::clock::noon;
use crate::eye;
use crate::invariants;
use crate::lane::Lane;
use crate::people::People;
use crate::process::Process;
use crate::schedule::Schedule;
use crate::stage::{Stage, control};
use crate::watch::{CrashAt, Witness};

/// What one schedule came to.
pub struct Report {
    pub schedule: Schedule,
    pub problems: Vec<String>,
    /// Faults that struck, each in the form that asks for it again.
    pub struck: Vec<Value>,
    /// Classes of calls, with what can happen to each.
    pub calls: Vec<Value>,
    pub points: std::collections::BTreeMap<String, u32>,
    /// Points where the process died or slept.
    pub crashed: Vec<CrashAt>,
    pub graph_calls: usize,
    /// Every call and every line of the journals in order, where `FAULT_STORY` asks for it.
    pub story: String,
}

/// Rounds until a schedule is given up, whatever its clock says.
const ROUNDS: usize = 400;
/// What was promised and never shows, and what was made and is gone, is left to a person after so long
/// (docs/decisions/engine.md).
const PROMISED: TimeDelta = TimeDelta::minutes(45);
const GONE: TimeDelta = TimeDelta::minutes(20);
/// All work is done, or has failed with a reason, so long after the last fault.
const ENDS_WITHIN: TimeDelta = TimeDelta::minutes(10);

impl Report {
    /// The same run with its faults asked for one by one instead of drawn.
    pub fn explicit(&self) -> Schedule {
        let faults = if self.schedule.plan.is_null() { &self.schedule.faults } else { &self.struck };
        Schedule { plan: Value::Null, faults: faults.clone(), ..self.schedule.clone() }
    }

    pub fn well(&self) -> bool {
        self.problems.is_empty()
    }
}

pub struct Run<'a> {
    pub lane: &'a Lane,
    pub schedule: &'a Schedule,
    pub stage: Stage,
    pub process: Process,
    pub people: People,
    pub problems: Vec<String>,
}

pub async fn play(lane: &Lane, schedule: Schedule) -> Report {
    lane.hours.set(noon());
    lane.log.take();
    lane.make_room(schedule.seed).await;
    let witness = Witness::new(
        lane.hours.clone(),
        schedule.crashes.clone(),
        schedule.twice.then(|| lane.owner.clone()),
    );
    let process = Process::start(lane, witness.clone(), schedule.seed);
    let stage = Stage::set(lane, &process.app, &schedule).await;
    let world = control(lane, "GET", "/world", Value::Null);
    let mut run =
        Run { lane, schedule: &schedule, stage, process, people: People::default(), problems: Vec::new() };
    arm(&run);
    run.onward("onboarding").await;
    if run.process.has_sleepers() {
        run.process.wake().await;
        run.onward("after the sleeper").await;
    }
    let (told, calls) = (
        control(lane, "GET", "/faults/plan", Value::Null),
        control(lane, "GET", "/faults/calls", Value::Null),
    );
    invariants::check(&mut run, &world, &witness).await;
    let journal = control(lane, "GET", "/journal", Value::Null);
    let story = story(&run, &journal).await;
    let Run { stage, process, mut problems, people, .. } = run;
    problems.extend(people.refused);
    if !problems.is_empty() {
        problems.extend(lane.log.errors());
    }
    drop(process);
    eye::run(
        &lane.owner,
        format!("update work set due_at = null where provider_id = '{}'", stage.provider.0),
    )
    .await;
    let struck = told["struck"].as_array().unwrap().iter().map(|one| in_words(&stage, one.clone())).collect();
    let calls = calls.as_array().unwrap().iter().map(|one| in_words(&stage, one.clone())).collect();
    Report {
        problems,
        struck,
        calls,
        points: witness.points(),
        crashed: witness.crashed(),
        graph_calls: journal.as_array().map_or(0, Vec::len),
        story,
        schedule,
    }
}

/// What happened, for the reader of a schedule that ended badly.
async fn story(run: &Run<'_>, journal: &Value) -> String {
    if std::env::var("FAULT_STORY").is_err() {
        return String::new();
    }
    let log = "select json_agg(json_build_object('at', l.at, 'text', concat_ws(' ', l.step, l.message, l.arguments)))::text
           from run_log l where l.provider_id = $1";
    let log = eye::ask(&run.lane.owner, run.stage.provider, log).await;
    let mut lines: Vec<(DateTime<Utc>, String)> = Vec::new();
    for line in log.as_array().into_iter().flatten() {
        lines.push((instant(&line["at"]), format!("    {}", line["text"].as_str().unwrap())));
    }
    for call in journal.as_array().unwrap() {
        let word = |key: &str| call[key].as_str().unwrap_or_default().to_owned();
        let at = run.stage.customers.iter().position(|one| call["tenant"] == one.tenant.as_str());
        let app = if call["appId"] == run.stage.reader.as_str() { "reader" } else { "operator" };
        let refused = call["responseBody"]["error"].as_object().map(|error| json!(error).to_string());
        let what = format!(
            "{at:?} {app} {} {}?{} -> {} {} {}",
            word("method"),
            word("path"),
            word("query"),
            call["status"],
            word("fault"),
            refused.unwrap_or_default()
        );
        lines.push((instant(&call["at"]), what));
    }
    lines.sort_by_key(|line| line.0);
    lines.iter().map(|(at, text)| format!("{} {text}\n", at.format("%H:%M:%S"))).collect()
}

/// A fault or a call with words for the ids of this world, as schedules hold it.
fn in_words(stage: &Stage, mut one: Value) -> Value {
    let at = stage.customers.iter().position(|customer| one["tenant"] == customer.tenant.as_str());
    if let Some(at) = at {
        one["tenant"] = json!(format!("customer-{at}"));
    }
    for (word, id) in [("reader", &stage.reader), ("operator", &stage.operator)] {
        if one["app"] == id.as_str() {
            one["app"] = json!(word);
        }
    }
    for told in ["at", "clientRequestId"] {
        one.as_object_mut().unwrap().remove(told);
    }
    one
}

/// Hands the schedule's faults to the simulated cloud, with the ids of this world.
fn arm(run: &Run<'_>) {
    if !run.schedule.plan.is_null() {
        control(run.lane, "POST", "/faults/plan", run.schedule.plan.clone());
    }
    for fault in &run.schedule.faults {
        let mut fault = fault.clone();
        if let Some(word) = fault["tenant"].as_str() {
            fault["tenant"] = json!(run.stage.tenant_of(word));
        }
        if let Some(word) = fault["app"].as_str() {
            fault["app"] = json!(run.stage.app_of(word));
        }
        control(run.lane, "POST", "/faults", fault);
    }
}

impl Run<'_> {
    /// Work, people and time take turns until nothing is left to do.
    pub async fn onward(&mut self, phase: &str) {
        let (mut begun, mut slept) = (self.lane.hours.now(), 0);
        for _ in 0..ROUNDS {
            let lived = self.process.work(self.lane, self.schedule.seed).await;
            if !lived {
                begun = self.lane.hours.now();
            }
            slept += usize::from(self.process.has_sleepers());
            if slept == 6 {
                self.process.wake().await;
            }
            let standing = eye::standing(&self.lane.owner, self.stage.provider).await;
            let (stage, lane) = (&self.stage, self.lane);
            if self.people.act(lane, &self.process, stage, self.schedule, &standing).await {
                continue;
            }
            self.judge(&standing);
            if self.settled(&standing) {
                let changed = self.last_change();
                let place = (self.lane, &self.process, &self.stage);
                if !self.people.look_again(place, &standing, changed).await {
                    return;
                }
            }
            let last = self.last_fault().max(begun);
            if self.lane.hours.now() > last + ENDS_WITHIN {
                self.problems.push(format!(
                    "I9 {phase}: not at rest ten minutes after the last fault: {}",
                    briefly(&standing)
                ));
                return;
            }
            self.lane.hours.reach(self.next(&standing));
        }
        let standing = eye::standing(&self.lane.owner, self.stage.provider).await;
        self.problems.push(format!("I9 {phase}: {ROUNDS} rounds and no rest: {}", briefly(&standing)));
    }

    /// A cause that names only ourselves is a fault of ours, however it ends.
    fn judge(&mut self, standing: &Value) {
        for work in standing.as_array().unwrap().iter().flat_map(|row| row["work"].as_array().unwrap()) {
            let cause = work["problem"]["cause"].as_str().unwrap_or_default();
            if ["internal", "crashed"].contains(&cause) {
                let problem =
                    format!("I9: {} failed for a reason nobody can read: {}", work["kind"], work["problem"]);
                if !self.problems.contains(&problem) {
                    self.problems.push(problem);
                }
            }
        }
    }

    /// Every customer has nothing left but what people do by hand, and all work sleeps in peace.
    fn settled(&self, standing: &Value) -> bool {
        let now = self.lane.hours.now();
        standing.as_array().unwrap().iter().all(|row| {
            let rests = ["manual-step", "onboarded"].contains(&row["state"].as_str().unwrap());
            rests
                && row["run"].is_null()
                && row["work"].as_array().unwrap().iter().all(|work| {
                    work["leased"].is_null()
                        && (work["due"].is_null() || instant(&work["due"]) > now)
                        // Done, or not due for the first time yet.
                        && ["done", ""].contains(&work["outcome"].as_str().unwrap())
                })
        })
    }

    /// When something is due next; at most a minute from now, so that people look again.
    fn next(&self, standing: &Value) -> DateTime<Utc> {
        let now = self.lane.hours.now();
        let due = standing.as_array().unwrap().iter().flat_map(|row| row["work"].as_array().unwrap());
        let due = due.filter(|work| !work["due"].is_null()).map(|work| {
            let leased = if work["leased"].is_null() { now } else { instant(&work["leased"]) };
            instant(&work["due"]).max(leased)
        });
        let soonest = due.filter(|at| *at > now).min().unwrap_or(now);
        soonest.clamp(now + TimeDelta::seconds(1), now + TimeDelta::seconds(60))
    }

    /// When somebody last changed or deleted something at a customer's: portals cannot know before they read again.
    fn last_change(&self) -> DateTime<Utc> {
        let told = control(self.lane, "GET", "/faults/plan", Value::Null);
        let changes = told["struck"].as_array().unwrap().iter();
        let changes = changes.filter(|one| ["changed", "deleted"].contains(&one["fault"].as_str().unwrap()));
        changes.map(|one| instant(&one["at"])).max().unwrap_or(DateTime::<Utc>::MIN_UTC)
    }

    /// When the last fault struck, or what it left behind ended.
    fn last_fault(&self) -> DateTime<Utc> {
        let told = control(self.lane, "GET", "/faults/plan", Value::Null);
        let ends = told["struck"].as_array().unwrap().iter().map(|one| {
            let lasts = match one["fault"].as_str().unwrap() {
                "delivery-fails" => PROMISED,
                "deleted" => GONE,
                _ => TimeDelta::seconds(one["retryAfter"].as_i64().unwrap_or_default()),
            };
            instant(&one["at"]) + lasts
        });
        ends.max().unwrap_or_else(noon)
    }
}

pub fn instant(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

fn briefly(standing: &Value) -> String {
    let rows = standing.as_array().unwrap().iter().map(|row| {
        let work = row["work"].as_array().unwrap().iter().filter(|work| work["outcome"] != "done").cloned();
        json!({ "state": row["state"], "next": row["next_move"], "run": row["run"], "plan": row["plan"],
                "work": Value::Array(work.collect()) })
    });
    Value::Array(rows.collect()).to_string()
}
