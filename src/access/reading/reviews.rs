//! Reads the rounds in which access to our packages is reviewed: Microsoft's definitions, found by the query of their
//! scope; the rounds of each; and what was decided in those that may still change. That there is none is no error: the
//! first round's definition may not exist before it begins.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::plain;
use crate::access::model::{Decision, Definition, Round};
use crate::access::store;
use crate::access::tell;
use crate::access_requests::store::{self as requests, KnownPackage};
use crate::graph::batch::{Answers, Batch, MOST, Slot};
use crate::graph::reviews::{
    Identity, ReviewDecision, ReviewDefinition, ReviewInstance, ReviewState, ReviewVerdict, decisions_ask,
    definitions_ask, instances_ask,
};
use crate::graph::{GraphError, ReviewDefinitionId, ReviewInstanceId};
use crate::kit::ids::CustomerId;
use crate::kit::reading::{self, Due, Kept};
use crate::kit::scope::Tx;

/// Read so often while something moves, and so seldom at most while nothing does.
const PACE: (TimeDelta, TimeDelta) = (TimeDelta::minutes(15), TimeDelta::hours(6));

pub struct Wanted {
    due: Due,
    packages: Vec<KnownPackage>,
    /// Package key and id by policy, for a definition that names its policy only.
    policies: BTreeMap<String, (String, String)>,
    unsettled: Vec<(String, String)>,
}

/// `None`: nothing is due.
pub async fn wanted(
    tx: &mut Tx,
    customer: CustomerId,
    now: DateTime<Utc>,
) -> Result<Option<Wanted>, sqlx::Error> {
    let Some(due) = reading::due(tx, customer, reading::REVIEWS, now).await? else { return Ok(None) };
    let packages = requests::packages(tx, customer).await?;
    let policies = store::policies(tx, customer).await?;
    let policies = policies.into_iter().map(|(policy, key, id)| (policy.to_lowercase(), (key, id))).collect();
    let unsettled = store::unsettled(tx, customer, now).await?;
    Ok(Some(Wanted { due, packages, policies, unsettled }))
}

pub struct Asked {
    wanted: Wanted,
    definitions: Option<Slot<Vec<ReviewDefinition>>>,
}

impl Wanted {
    /// Without a package of ours there is nothing to review.
    pub fn put(self, batch: &mut Batch) -> Asked {
        let definitions = (!self.packages.is_empty()).then(|| batch.list(definitions_ask()));
        Asked { wanted: self, definitions }
    }

    /// The definition, if it reviews a package of ours.
    fn ours(&self, one: &ReviewDefinition) -> Option<Definition> {
        let (package, policy) = one.of();
        let policy = policy.map(|id| id.to_string()).unwrap_or_default();
        let named = package.as_ref().map(|id| id.as_str());
        let by_package = self
            .packages
            .iter()
            .find(|known| named.is_some_and(|id| id.eq_ignore_ascii_case(&known.package_id)));
        let (key, id) = match by_package {
            Some(known) => (known.key.clone(), known.package_id.clone()),
            // An id that names another package is another's, whatever its policy.
            None if named.is_some() => return None,
            None => self.policies.get(&policy)?.clone(),
        };
        Some(Definition {
            id: one.id.to_string(),
            package: key,
            package_id: id,
            policy_id: policy,
            name: plain(Some(&one.display_name)),
            state: one.status.as_ref().map(|state| state.as_str().to_owned()).unwrap_or_default(),
        })
    }
}

impl Asked {
    pub fn due(&self) -> &Due {
        &self.wanted.due
    }
}

#[derive(Default)]
pub struct Read {
    due: Due,
    definitions: Vec<Definition>,
    rounds: Vec<Round>,
    /// Rounds whose decisions were read.
    of: Vec<String>,
    decisions: Vec<Decision>,
}

/// # Errors
/// A list could not be read: nothing is kept.
pub async fn read(asked: Asked, answers: &mut Answers) -> Result<Read, GraphError> {
    let Asked { wanted, definitions } = asked;
    let mut read = Read { due: wanted.due.clone(), ..Read::default() };
    let Some(slot) = definitions else { return Ok(read) };
    let all = answers.take(slot).await?;
    read.definitions = all.iter().filter_map(|one| wanted.ours(one)).collect();
    let ids: Vec<String> = read.definitions.iter().map(|one| one.id.clone()).collect();
    for some in ids.chunks(MOST) {
        let mut batch = answers.directory().batch();
        let slots: Vec<_> = some
            .iter()
            .map(|id| {
                (id, batch.list::<ReviewInstance>(instances_ask(&ReviewDefinitionId::new(id.as_str()))))
            })
            .collect();
        let mut found = batch.send().await?;
        for (id, slot) in slots {
            read.rounds.extend(found.take(slot).await?.iter().map(|one| round(one, id)));
        }
    }
    // Those that were open before, and those that are now.
    let mut open = wanted.unsettled;
    let begun = read.rounds.iter().filter(|round| round.state == ReviewState::InProgress.as_str());
    open.extend(begun.map(|round| (round.definition.clone(), round.id.clone())));
    open.sort_unstable();
    open.dedup();
    open.retain(|(_, id)| read.rounds.iter().any(|round| round.id == *id));
    for some in open.chunks(MOST) {
        let mut batch = answers.directory().batch();
        let slots: Vec<_> = some
            .iter()
            .map(|(definition, id)| {
                let ask = decisions_ask(
                    &ReviewDefinitionId::new(definition.as_str()),
                    &ReviewInstanceId::new(id.as_str()),
                );
                (id, batch.list::<ReviewDecision>(ask))
            })
            .collect();
        let mut found = batch.send().await?;
        for (id, slot) in slots {
            read.decisions.extend(found.take(slot).await?.iter().map(|one| decision(one, id)));
            read.of.push(id.clone());
        }
    }
    Ok(read)
}

fn round(one: &ReviewInstance, definition: &str) -> Round {
    Round {
        id: one.id.to_string(),
        definition: definition.to_owned(),
        state: one.status.as_ref().map_or("unknown", ReviewState::as_str).to_owned(),
        starts_at: one.start_date_time,
        due_at: one.end_date_time,
    }
}

fn decision(one: &ReviewDecision, round: &str) -> Decision {
    let who = one.principal.as_ref();
    Decision {
        round: round.to_owned(),
        id: one.id.to_string(),
        principal_oid: who.and_then(|who| who.id.clone()).unwrap_or_default(),
        principal_name: plain(who.and_then(Identity::told)),
        decision: one.decision.as_ref().map_or("NotReviewed", ReviewVerdict::as_str).to_owned(),
        recommendation: plain(one.recommendation.as_deref()),
        result: plain(one.apply_result.as_deref()),
        decided_by: plain(one.reviewed_by.as_ref().and_then(Identity::told)),
        decided_at: one.reviewed_date_time,
        reason: plain(one.justification.as_deref()),
    }
}

/// Keeps what was read, and tells of rounds that are due.
pub async fn keep(
    tx: &mut Tx,
    customer: CustomerId,
    read: Read,
    now: DateTime<Utc>,
) -> Result<Kept, sqlx::Error> {
    let mut written = store::keep_definitions(tx, customer, &read.definitions, now).await?;
    let ids: Vec<String> = read.definitions.iter().map(|one| one.id.clone()).collect();
    written += store::keep_rounds(tx, customer, &ids, &read.rounds, now).await?;
    written += store::keep_decisions(tx, customer, &read.of, &read.decisions, now).await?;
    tell::reviews(tx, customer, now).await?;
    Ok(Kept::adaptive(written > 0, &read.due, now, PACE))
}
