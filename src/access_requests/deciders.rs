//! Who can decide on a request, as far as the customer's directory was read: the people in the groups that the
//! package's policies name, without the requestor himself. For display only: who may decide is Microsoft's to say.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::access_requests::model::RequestRow;
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;
use crate::onboarding::observation::{Observation, SeenPrincipal};
use crate::onboarding::store;

/// Who can decide, and as of when that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deciders {
    pub people: Vec<SeenPrincipal>,
    /// Somebody else may, of whom only the id is known.
    pub others: bool,
    pub read_at: DateTime<Utc>,
}

impl Deciders {
    /// It is sure that nobody can.
    pub fn nobody(&self) -> bool {
        self.people.is_empty() && !self.others
    }
}

/// What was read last of some customers.
#[derive(Debug, Default)]
pub struct Known(HashMap<CustomerId, (Observation, DateTime<Utc>)>);

impl Known {
    pub async fn of(tx: &mut Tx, rows: &[RequestRow]) -> Result<Self, sqlx::Error> {
        let mut customers: Vec<CustomerId> = rows.iter().map(|row| row.customer).collect();
        customers.sort_unstable();
        customers.dedup();
        let read = store::observations(tx, &customers).await?;
        Ok(Self(read.into_iter().map(|(customer, seen, at)| (customer, (seen, at))).collect()))
    }

    /// None: not known, because it was not read, or the policies do not tell.
    pub fn deciders(&self, row: &RequestRow) -> Option<Deciders> {
        let (seen, read_at) = self.0.get(&row.customer)?;
        of_package(seen, row, *read_at)
    }

    /// What the requestor's connected organization is called.
    pub fn organization(&self, row: &RequestRow) -> Option<&str> {
        let (seen, _) = self.0.get(&row.customer)?;
        let found = seen.connected.iter().find(|one| one.id == row.organization)?;
        Some(&found.name)
    }
}

fn of_package(seen: &Observation, row: &RequestRow, read_at: DateTime<Utc>) -> Option<Deciders> {
    let package = seen.package(&row.package_id)?;
    let stages = package
        .policies
        .iter()
        .filter(|policy| policy.facts.approval)
        .flat_map(|policy| &policy.facts.stages);
    let mut named: Vec<&str> = stages.flat_map(|stage| &stage.approvers).map(String::as_str).collect();
    named.sort_unstable();
    named.dedup();
    if named.is_empty() {
        return None;
    }
    let (mut people, mut others) = (Vec::new(), false);
    for subject in named {
        match subject.strip_prefix("group:").and_then(|id| seen.group(id)) {
            Some(group) => people.extend(group.members.iter().filter(|one| !asks(row, one)).cloned()),
            None => others = true,
        }
    }
    people.sort_unstable();
    people.dedup();
    Some(Deciders { people, others, read_at })
}

/// Nobody decides on his own request.
fn asks(row: &RequestRow, one: &SeenPrincipal) -> bool {
    let same = |a: &str, b: &str| !a.is_empty() && a.eq_ignore_ascii_case(b);
    same(&one.id, &row.requestor_oid) || same(&one.mail, &row.requestor_mail)
}
