//! Faults drawn from a seed. Whether and how a call is hit depends on the seed, the place of its tenant and app in the
//! world, its class and its number alone: another class of calls changes nothing for this one.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::class::{Class, Shape};
use super::fault::{Fault, Kind, Position};

/// What `POST /sim/faults/plan` takes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Plan {
    pub seed: u64,
    /// Of a thousand calls so many are hit.
    #[serde(default = "reads")]
    pub reads: u64,
    #[serde(default = "writes")]
    pub writes: u64,
    #[serde(default = "tokens")]
    pub tokens: u64,
    /// No more faults than this.
    #[serde(default = "most")]
    pub most: u32,
    /// Only these; none named: all.
    #[serde(default)]
    pub kinds: Vec<Kind>,
}

fn reads() -> u64 {
    8
}

fn writes() -> u64 {
    60
}

fn tokens() -> u64 {
    60
}

fn most() -> u32 {
    6
}

/// Where in the world the call's tenant and app stand: the same at every run, unlike their ids.
pub type Place = (usize, usize);

impl Plan {
    /// The fault of the `n`-th call of a class, if any.
    pub fn draw(&self, place: Place, class: &Class, n: u32) -> Option<Fault> {
        let rate = match class.shape {
            Shape::Token => self.tokens,
            Shape::Read => self.reads,
            Shape::Create | Shape::Set => self.writes,
            Shape::Page => 0,
        };
        let text = format!("{} {} {} {} {n}", self.seed, place.0, place.1, class.name);
        let digest = Sha256::digest(text.as_bytes());
        let mut words = digest.chunks_exact(8).map(|c| c.iter().fold(0, |sum, b| sum << 8 | u64::from(*b)));
        let mut word = || words.next().unwrap_or_default();
        if word() % 1000 >= rate {
            return None;
        }
        let fitting = fitting(class);
        let fitting: Vec<_> =
            fitting.into_iter().filter(|(k, _)| self.kinds.is_empty() || self.kinds.contains(k)).collect();
        let (which, amount) = (usize::try_from(word() % 1_000_000).unwrap_or_default(), word());
        let (kind, position) = *fitting.get(which.checked_rem(fitting.len())?)?;
        Some(shaped(class, n, (kind, position), amount))
    }
}

/// One fault with its amounts drawn from a number.
fn shaped(class: &Class, n: u32, (kind, position): (Kind, Position), amount: u64) -> Fault {
    let pick = |from: &[u64], at: u64| from[usize::try_from(at).unwrap_or_default() % from.len()];
    let few = |at: u64| u32::try_from(1 + at % 4).unwrap_or(1);
    let (mut times, mut retry_after, mut hold_ms, mut reads) = (1, None, None, None);
    match kind {
        Kind::Internal | Kind::BadGateway | Kind::Unavailable | Kind::GatewayTimeout => {
            times = few(amount);
            retry_after =
                (kind == Kind::Unavailable && amount.is_multiple_of(3)).then(|| pick(&[5, 40], amount / 16));
        }
        Kind::TooMany | Kind::TooManyDate => {
            (times, retry_after) = (few(amount), Some(pick(&[2, 10, 25, 70], amount / 16)));
        }
        Kind::TooManyBare | Kind::NotFound => times = few(amount),
        Kind::Workload => retry_after = Some(pick(&[10, 25, 70], amount)),
        Kind::Lapsed | Kind::Pending => retry_after = Some(pick(&[30, 100, 200], amount)),
        Kind::Slow => hold_ms = Some(20),
        Kind::SlowBody => hold_ms = Some(pick(&[20, 600_000], amount)),
        Kind::Unseen => reads = Some(few(amount)),
        Kind::LostAnswer => times = 1 + u32::from(amount.is_multiple_of(4)),
        _ => {}
    }
    Fault {
        method: None,
        path: String::new(),
        class: Some(class.name.clone()),
        tenant: Some(class.tenant.clone()),
        app: Some(class.app.clone()),
        nth: n,
        times,
        fault: kind,
        retry_after,
        hold_ms,
        reads,
        position: Some(position),
        seen: 0,
    }
}

/// Every fault that can happen to a call of this class, in every position where it makes a difference.
pub fn fitting(class: &Class) -> Vec<(Kind, Position)> {
    use Position::{AfterEffect as After, BeforeEffect as Before};
    let busy = [Kind::TooMany, Kind::TooManyDate, Kind::TooManyBare];
    let broken = [Kind::Internal, Kind::BadGateway, Kind::Unavailable, Kind::GatewayTimeout];
    let bodies = [
        Kind::CutBody,
        Kind::SlowBody,
        Kind::Html,
        Kind::Truncated,
        Kind::Deep,
        Kind::DuplicateKey,
        Kind::WrongType,
    ];
    let mut all: Vec<(Kind, Position)> = Vec::new();
    all.extend(busy.map(|kind| (kind, Before)));
    all.extend(broken.map(|kind| (kind, Before)));
    all.extend([(Kind::LostAnswer, Before), (Kind::Timeout, Before), (Kind::Slow, After)]);
    all.extend(bodies.map(|kind| (kind, After)));
    if class.shape == Shape::Token {
        all.push((Kind::WrongTenant, After));
        return all;
    }
    all.extend(
        [Kind::Workload, Kind::Expired, Kind::Claims, Kind::Lapsed, Kind::Changed, Kind::Deleted]
            .map(|kind| (kind, Before)),
    );
    all.push((Kind::UnknownWord, After));
    if class.shape == Shape::Read {
        all.extend([Kind::Changed, Kind::Deleted].map(|kind| (kind, After)));
        if ["groups", "catalogs", "accessPackages"].iter().any(|list| class.name.ends_with(list)) {
            all.push((Kind::Made, Before));
        }
        all.extend(
            [Kind::StaleList, Kind::NextLoop, Kind::NextForeign, Kind::NextEndless, Kind::RepeatedItem]
                .map(|kind| (kind, After)),
        );
        return all;
    }
    all.extend(broken.map(|kind| (kind, After)));
    all.extend([(Kind::LostAnswer, After), (Kind::Timeout, After)]);
    for kind in [Kind::Conflict, Kind::Exists] {
        all.extend([(kind, Before), (kind, After)]);
    }
    if class.shape == Shape::Create {
        all.extend([(Kind::Unseen, After), (Kind::NotFound, Before)]);
    }
    if class.name.ends_with("/resourceRequests") {
        all.extend([(Kind::Pending, After), (Kind::DeliveryFails, After)]);
    }
    all
}
