//! The program's clock: the machine's, or in test builds the simulated cloud's.

use crate::config::Config;
use crate::kit::clock::Clock;

#[cfg(not(feature = "simulated-clock"))]
pub async fn of(_config: &Config) -> anyhow::Result<Clock> {
    Ok(Clock::system())
}

/// The machine's clock, set off as the simulated cloud's is at this moment.
#[cfg(feature = "simulated-clock")]
pub async fn of(config: &Config) -> anyhow::Result<Clock> {
    if !config.simulated_clock {
        return Ok(Clock::system());
    }
    anyhow::ensure!(
        config.cloud == crate::config::CloudName::Simulated,
        "SIMULATED_CLOCK needs CLOUD=simulated"
    );
    simulated::clock(config).await
}

#[cfg(feature = "simulated-clock")]
mod simulated {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};
    use std::time::Duration;

    use anyhow::Context;
    use chrono::{DateTime, TimeDelta, Utc};
    use futures::future::BoxFuture;
    use url::Url;

    use crate::config::Config;
    use crate::graph::Graph;
    use crate::kit::chance::Chance;
    use crate::kit::clock::{Clock, Ticking};

    /// How often the cloud is asked whether its clock was moved.
    const ASK: Duration = Duration::from_millis(100);

    #[derive(serde::Deserialize)]
    struct Told {
        #[serde(rename = "offsetSeconds")]
        offset: i64,
    }

    struct Offset {
        seconds: Arc<AtomicI64>,
        machine: Clock,
    }

    impl Ticking for Offset {
        fn now(&self) -> DateTime<Utc> {
            self.machine.now() + TimeDelta::seconds(self.seconds.load(Ordering::SeqCst))
        }

        fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
            let (seconds, machine) = (Arc::clone(&self.seconds), self.machine.clone());
            let present = move || machine.now() + TimeDelta::seconds(seconds.load(Ordering::SeqCst));
            let until = present() + time;
            let machine = self.machine.clone();
            Box::pin(async move {
                // In short naps: the clock may be moved meanwhile.
                while let Ok(left) = (until - present()).to_std() {
                    machine.sleep(left.min(ASK)).await;
                }
            })
        }
    }

    pub async fn clock(config: &Config) -> anyhow::Result<Clock> {
        let machine = Clock::system();
        let http = Graph::new(config.cloud()?, machine.clone(), Chance::system())?.http_client();
        let address = config.simulated_cloud_url.join("/sim/clock")?;
        let first = ask(&http, &address).await;
        let seconds = Arc::new(AtomicI64::new(first.with_context(|| format!("the clock at {address}"))?));
        let kept = Arc::clone(&seconds);
        let waits = machine.clone();
        tokio::spawn(async move {
            loop {
                waits.sleep(ASK).await;
                if let Ok(found) = ask(&http, &address).await {
                    kept.store(found, Ordering::SeqCst);
                }
            }
        });
        Ok(Clock::new(Offset { seconds, machine }))
    }

    async fn ask(http: &reqwest::Client, address: &Url) -> anyhow::Result<i64> {
        Ok(http.get(address.clone()).send().await?.error_for_status()?.json::<Told>().await?.offset)
    }
}
