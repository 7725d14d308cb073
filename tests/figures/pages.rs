//! Server time of pages with 10,000 customers and 200,000 historic requests, beside the same with a tenth of it.

use std::time::{Duration, Instant};

use crate::support::app::Person;
use crate::world::{REQUESTS_EACH, World};

const MANY: i64 = 10_000;
const FEW: i64 = 1_000;
/// How often each page is asked for, in turns between both worlds.
const TURNS: usize = 25;
/// What a page may take longer with ten times as much.
const AT_MOST: f64 = 1.25;

/// Each a page that grows with nothing.
const PAGES: [&str; 14] = [
    "/",
    "/customers",
    "/customers?sort=since",
    "/customers?sort=expiry",
    "/customers?state=drifted",
    "/customers?tag=gold",
    "/customers?q=firm+77",
    "/customers?q=777",
    "/requests",
    "/requests?package=tier1",
    "/requests?left=last-day",
    "/requests?tab=decided",
    "/requests?tab=failed",
    "/requests?tab=expired",
];

async fn asked(world: &World, person: &Person, path: &str) -> Duration {
    let begun = Instant::now();
    let answer = world.app.get(Some(person), path).await;
    let took = begun.elapsed();
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    took
}

fn median(mut all: Vec<Duration>) -> f64 {
    all.sort_unstable();
    all[all.len() / 2].as_secs_f64() * 1000.0
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_take_no_longer_with_ten_times_as_many_customers() {
    let (few, many) = (World::of(FEW).await, World::of(MANY).await);
    println!(
        "server time of a page in ms, median of {TURNS}, {} and {} requests",
        FEW * REQUESTS_EACH,
        MANY * REQUESTS_EACH
    );
    println!("{:<34}{:<10}{FEW:>8}{MANY:>8}{:>8}", "page", "in view", "ratio");
    let mut slow = Vec::new();
    for (view, of) in [("all", true), ("some", false)] {
        for path in PAGES {
            let who = |world: &World| if of { world.everyone.clone() } else { world.some.clone() };
            let (in_few, in_many) = (who(&few), who(&many));
            let (mut little, mut much) = (Vec::new(), Vec::new());
            for turn in 0..=TURNS {
                let (one, other) = (asked(&few, &in_few, path).await, asked(&many, &in_many, path).await);
                // The first of each fills caches.
                if turn > 0 {
                    little.push(one);
                    much.push(other);
                }
            }
            let (little, much) = (median(little), median(much));
            let ratio = much / little;
            println!("{path:<34}{view:<10}{little:>8.1}{much:>8.1}{ratio:>8.2}");
            if ratio > AT_MOST {
                slow.push(format!("{path} ({view}): {ratio:.2}"));
            }
        }
    }
    assert!(slow.is_empty(), "more than {AT_MOST} times as long: {slow:?}");
}
