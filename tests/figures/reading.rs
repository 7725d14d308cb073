//! Reading a thousand customers every 45 seconds: what it asks, what it writes, how long it takes, what it holds.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use mssp_portal::kit::clock::Clock;
use serde_json::Value;

use crate::cloud::Cloud;
use crate::house::{House, PLACES};
use crate::told::{Figure, forget_peak, peak, percentile, tell, told};

/// Places that background leaves to people.
const SPARED: usize = 8;
/// How long Microsoft takes for a batch here.
const LATENCY: u64 = 500;
const QUIET: Duration = Duration::from_secs(135);
/// Requests made at random customers, and over how long.
const ASKED: usize = 200;
const ASKING: Duration = Duration::from_secs(90);

fn many() -> usize {
    std::env::var("FIGURES_CUSTOMERS").ok().and_then(|many| many.parse().ok()).unwrap_or(1000)
}

async fn rest(time: Duration) {
    Clock::system().sleep(time).await;
}

#[expect(clippy::cast_precision_loss, reason = "counts, far below 2^52")]
fn each(sum: i64, of: i64) -> f64 {
    sum as f64 / of.max(1) as f64
}

#[derive(Default)]
struct Asked {
    http: i64,
    parts: i64,
    tokens: i64,
}

/// Counts the calls since that one, some at a time: what is looked at is not kept.
async fn count(cloud: &Cloud, seq: &mut u64, asked: &mut Asked) {
    let calls = cloud.calls_since(*seq).await;
    *seq = calls.last().and_then(|call| call["seq"].as_u64()).unwrap_or(*seq);
    let path = |call: &Value| call["path"].as_str().unwrap_or_default().to_owned();
    let ids: BTreeSet<&str> = calls
        .iter()
        .filter(|call| path(call).starts_with("/v1.0"))
        .filter_map(|call| call["clientRequestId"].as_str())
        .collect();
    let tokens = calls.iter().filter(|call| path(call).ends_with("/token")).count();
    let parts =
        calls.iter().filter(|call| path(call).starts_with("/v1.0") && !path(call).ends_with("$batch"));
    asked.parts += i64::try_from(parts.count()).unwrap();
    asked.tokens += i64::try_from(tokens).unwrap();
    asked.http += i64::try_from(ids.len() + tokens).unwrap();
}

#[expect(clippy::too_many_lines, reason = "one world, measured from its first reading to its last")]
#[tokio::test(flavor = "multi_thread")]
async fn figures_of_reading() {
    let many = many();
    let cloud = Cloud::start().await;
    let tenants = cloud.populate(many).await;
    cloud.slow(LATENCY).await;
    let house = House::with(&cloud.base, &tenants).await;
    let turns = "select coalesce(sum(fence), 0)::bigint from work where kind = 'requests'";
    let before = peak();
    house.work();
    // A first cycle gets the tokens and reads what there is.
    let warming = house.app.clock.now();
    while house.number("select count(*) from work where kind = 'requests' and done_at is null").await > 0 {
        rest(Duration::from_secs(1)).await;
        assert!(house.app.clock.now() - warming < chrono::TimeDelta::minutes(15), "not all read once");
    }
    house.scatter().await;
    rest(Duration::from_secs(60)).await;

    forget_peak();
    let (mut seq, mut asked) = (cloud.last_call().await, Asked::default());
    let (lease, rows) = house.writes().await;
    let (begun, turned) = (house.app.clock.now(), house.number(turns).await);
    while house.app.clock.now() - begun < chrono::TimeDelta::from_std(QUIET).unwrap() {
        rest(Duration::from_secs(1)).await;
        count(&cloud, &mut seq, &mut asked).await;
    }
    let turned = house.number(turns).await - turned;
    let (lease_after, rows_after) = house.writes().await;
    let quiet = [
        Figure {
            what: "HTTP requests per turn of an unchanged customer",
            value: each(asked.http, turned),
            unit: "",
            aim: Some(1.1),
        },
        Figure { what: "sub-requests per turn", value: each(asked.parts, turned), unit: "", aim: Some(4.0) },
        Figure {
            what: "row writes per turn: the lease (taken, given back)",
            value: each(lease_after - lease, turned),
            unit: "",
            aim: Some(2.1),
        },
        Figure {
            what: "row writes per turn: everything else",
            value: each(rows_after - rows, turned),
            unit: "",
            aim: Some(1.0),
        },
    ];
    tell(&format!(
        "\n{many} customers, {PLACES} places, {LATENCY} ms for each batch; {turned} turns in {} s, {} tokens",
        QUIET.as_secs(),
        asked.tokens
    ));
    let mut missed = told(&quiet);

    let mut cycles = Vec::new();
    for _ in 0..3 {
        cycles.push(house.one_cycle(many).await);
        rest(Duration::from_secs(10)).await;
    }
    let places = i64::try_from(PLACES - SPARED).unwrap();
    let bound = each(i64::try_from(many).unwrap(), places) * each(i64::try_from(LATENCY).unwrap(), 1000);
    let cycle = percentile(&mut cycles, 0.5);
    missed.extend(told(&[
        Figure {
            what: "wall time of a cycle, all due at once (median of 3)",
            value: cycle,
            unit: "s",
            aim: Some(1.5 * bound),
        },
        Figure {
            what: "its bound: customers x latency / places of background",
            value: bound,
            unit: "s",
            aim: None,
        },
        Figure { what: "wall time / bound", value: cycle / bound, unit: "", aim: Some(1.5) },
    ]));

    // The three cycles left everybody in step: a minute scatters them again, as the jitter does in time.
    house.scatter().await;
    let mut seen = visible(&cloud, &house, &tenants).await;
    missed.extend(told(&[
        Figure {
            what: "time until a new request is visible, p50",
            value: percentile(&mut seen, 0.5),
            unit: "s",
            aim: None,
        },
        Figure {
            what: "time until a new request is visible, p99",
            value: percentile(&mut seen, 0.99),
            unit: "s",
            aim: Some(60.0),
        },
        Figure { what: "memory of the process at its peak", value: peak(), unit: "MB", aim: Some(120.0) },
        Figure { what: "  of it before the first reading", value: before, unit: "MB", aim: None },
    ]));
    assert!(missed.is_empty(), "missed: {missed:?}");
}

/// Requests at random customers and moments; how long until each is in the portal's list, in seconds.
async fn visible(cloud: &Cloud, house: &House, tenants: &[crate::cloud::Tenant]) -> Vec<f64> {
    let mut asked: Vec<(String, DateTime<Utc>)> = Vec::new();
    let mut seen = Vec::new();
    let chance = &house.app.chance;
    let begun = house.app.clock.now();
    let mut next = begun;
    let step = ASKING / u32::try_from(ASKED).unwrap();
    let mut made = 0;
    while made < ASKED || !asked.is_empty() {
        let now = house.app.clock.now();
        if made < ASKED && now >= next {
            // Not the same one twice: a person asks for a package once.
            let tenant = &tenants[made * tenants.len() / ASKED];
            asked.push((cloud.ask(tenant).await, house.app.clock.now()));
            made += 1;
            next += chrono::TimeDelta::from_std(step.mul_f64(0.5 + chance.fraction())).unwrap();
        }
        let ids: Vec<String> = asked.iter().map(|(id, _)| format!("'{id}'")).collect();
        let there = house.among(&ids).await;
        let now = house.app.clock.now();
        asked.retain(|(id, at)| {
            let visible = there.contains(id);
            if visible {
                seen.push((now - *at).as_seconds_f64());
            }
            !visible
        });
        assert!(now - begun < chrono::TimeDelta::minutes(5), "{} are not visible", asked.len());
        rest(Duration::from_millis(100)).await;
    }
    seen
}
