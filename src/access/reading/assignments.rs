//! Reads who holds packages of ours at one customer, and whether guests whose last access ended can still sign in. Only
//! our packages are asked about: nobody gave us the names of those who hold others.

use chrono::{DateTime, TimeDelta, Utc};

use super::plain;
use crate::access::endings;
use crate::access::model::Holding;
use crate::access::store::{self, SeenGuest};
use crate::access_requests::store::{self as requests, KnownPackage};
use crate::graph::assignments::{of_package_ask, user_ask};
use crate::graph::batch::{Answers, Batch, Slot};
use crate::graph::requests::{Assignment, AssignmentState};
use crate::graph::users::User;
use crate::graph::{GraphError, PackageId};
use crate::kit::ids::CustomerId;
use crate::kit::reading::{self, Due, Kept};
use crate::kit::scope::Tx;

/// Read so often while something moves, and so seldom at most while nothing does.
const PACE: (TimeDelta, TimeDelta) = (TimeDelta::minutes(2), TimeDelta::minutes(60));
/// Guests looked at in one turn.
const GUESTS: i64 = 3;

/// What is due of the customer's assignments.
pub struct Wanted {
    due: Due,
    packages: Vec<KnownPackage>,
    guests: Vec<String>,
}

/// `None`: nothing is due.
pub async fn wanted(
    tx: &mut Tx,
    customer: CustomerId,
    now: DateTime<Utc>,
) -> Result<Option<Wanted>, sqlx::Error> {
    let Some(due) = reading::due(tx, customer, reading::ASSIGNMENTS, now).await? else { return Ok(None) };
    let packages = requests::packages(tx, customer).await?;
    let guests = store::guests_to_see(tx, customer, GUESTS, now).await?;
    Ok(Some(Wanted { due, packages, guests }))
}

/// Where the answers will be.
pub struct Asked {
    due: Due,
    lists: Vec<(KnownPackage, Slot<Vec<Assignment>>)>,
    guests: Vec<(String, Slot<Option<User>>)>,
}

impl Wanted {
    pub fn put(self, batch: &mut Batch) -> Asked {
        let list = |package: KnownPackage, batch: &mut Batch| {
            let slot = batch.list(of_package_ask(&PackageId::new(package.package_id.as_str())));
            (package, slot)
        };
        let lists = self.packages.into_iter().map(|package| list(package, batch)).collect();
        let guests = self.guests.into_iter().map(|id| {
            let slot = batch.find(user_ask(&id));
            (id, slot)
        });
        Asked { due: self.due, lists, guests: guests.collect() }
    }
}

impl Asked {
    pub fn due(&self) -> &Due {
        &self.due
    }
}

pub struct Read {
    due: Due,
    held: Vec<Holding>,
    guests: Vec<SeenGuest>,
}

/// # Errors
/// One of the packages could not be read: who holds it is not known, so nothing is kept of any. A guest who could not
/// be looked at is looked at another time.
pub async fn read(asked: Asked, answers: &mut Answers) -> Result<Read, GraphError> {
    let mut read = Read { due: asked.due, held: Vec::new(), guests: Vec::new() };
    for (package, slot) in asked.lists {
        let all = answers.take(slot).await?;
        read.held.extend(all.iter().map(|one| holding(one, &package)));
    }
    // Paging may show one twice when the list moves meanwhile.
    read.held.sort_by(|one, other| one.id.cmp(&other.id));
    read.held.dedup_by(|one, other| one.id == other.id);
    for (oid, slot) in asked.guests {
        match answers.take(slot).await {
            Ok(Some(user)) => {
                read.guests.push(SeenGuest { oid, enabled: user.account_enabled, deleted: false })
            }
            Ok(None) => read.guests.push(SeenGuest { oid, enabled: None, deleted: true }),
            Err(error) => tracing::debug!(%error, "guest not looked at"),
        }
    }
    Ok(read)
}

/// As Microsoft tells it. A state that is not told is not held.
fn holding(one: &Assignment, package: &KnownPackage) -> Holding {
    let who = one.target.as_ref();
    let mail = who.and_then(|who| {
        who.email.as_deref().filter(|mail| !mail.is_empty()).or(who.principal_name.as_deref())
    });
    let named = one
        .access_package
        .as_ref()
        .map(|package| package.display_name.as_str())
        .filter(|name| !name.is_empty());
    Holding {
        id: one.id.as_str().to_owned(),
        package: package.key.clone(),
        package_id: package.package_id.clone(),
        package_name: plain(named.or(Some(&package.key))),
        state: one.state.as_ref().map_or("unknown", AssignmentState::as_str).to_owned(),
        status: plain(one.status.as_deref()),
        target_oid: who.and_then(|who| who.object_id).map(|id| id.to_string()).unwrap_or_default(),
        target_name: plain(who.and_then(|who| who.display_name.as_deref())),
        target_mail: plain(mail).to_lowercase(),
        organization: who
            .and_then(|who| who.connected_organization.as_ref())
            .map(|organization| organization.id.to_string())
            .unwrap_or_default(),
        policy_id: one.assignment_policy.as_ref().map(|policy| policy.id.to_string()).unwrap_or_default(),
        starts_at: one.schedule.as_ref().and_then(|schedule| schedule.start_date_time),
        ends_at: one.ends(),
        expired_at: one.expired_date_time,
    }
}

/// Keeps what was read, and tells what warns of it.
pub async fn keep(
    tx: &mut Tx,
    customer: CustomerId,
    read: Read,
    now: DateTime<Utc>,
) -> Result<Kept, sqlx::Error> {
    let written = store::keep_assignments(tx, customer, &read.held, now).await?;
    store::keep_guests(tx, customer, &read.guests, now).await?;
    endings::begin(tx, customer, now).await?;
    endings::warn(tx, customer, now).await?;
    endings::tell_ends(tx, customer, now).await?;
    let moves = read.held.iter().any(|one| one.state == "delivering");
    Ok(Kept::adaptive(written > 0 || moves, &read.due, now, PACE))
}
