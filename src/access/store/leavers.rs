//! People removed everywhere: what each held, what became of it, and the record of that.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::asked::Asker;
use crate::access::model::{LEFT, Removal};
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;

/// One person's removal.
#[derive(Clone, Debug)]
pub struct LeaverRow {
    pub id: Uuid,
    pub match_id: Uuid,
    pub name: String,
    pub mail: String,
    pub why: String,
    pub started_by: Option<String>,
    pub started_at: DateTime<Utc>,
    /// Who began it, where it concerns only the customers that he sees.
    pub only_of: Option<Uuid>,
    /// Of the customers in view.
    pub all: i64,
    pub verified: i64,
    pub by_customer: i64,
    pub failed: i64,
    /// Not gone yet, of all customers: a bare number tells nobody where.
    pub open: i64,
}

impl LeaverRow {
    /// Open at customers that are not in view.
    pub const fn hidden(&self) -> i64 {
        self.open - (self.all - self.verified)
    }

    /// What he asked for and may still be given.
    pub fn asker(&self) -> Asker {
        Asker { match_id: self.match_id, until: Some(self.started_at + LEFT), only_of: self.only_of }
    }
}

/// One thing he held, and what became of it.
#[derive(Clone, Debug)]
pub struct RemovalRow {
    pub leaver: Uuid,
    pub leaver_name: String,
    pub leaver_mail: String,
    pub leaver_why: String,
    pub leaver_started: DateTime<Utc>,
    pub customer: CustomerId,
    pub customer_name: String,
    pub assignment: String,
    pub package: String,
    pub package_id: String,
    pub package_name: String,
    pub target_name: String,
    pub target_mail: String,
    pub target_oid: String,
    pub ends_at: Option<DateTime<Utc>>,
    pub state: Removal,
    pub way: String,
    pub request: String,
    pub problem: Option<Value>,
    pub attempts: i32,
    pub asked_at: Option<DateTime<Utc>>,
    pub looked_at: Option<DateTime<Utc>>,
    pub verified_at: Option<DateTime<Utc>>,
    /// Nothing is done at the customer.
    pub paused: bool,
    /// His directory may be read: that it is gone can be seen.
    pub reads: bool,
}

impl RemovalRow {
    /// Whose account it is, as somebody finds it in the customer's directory.
    pub fn account(&self) -> &str {
        let known = [&self.target_mail, &self.target_name].into_iter().find(|text| !text.is_empty());
        known.unwrap_or(&self.target_oid)
    }
}

/// Where a page of leavers ends.
pub type LeaverCursor = (DateTime<Utc>, Uuid);
pub const PAGE: usize = 50;

/// Removals of people, the newest first; of one person if one is asked for.
pub async fn leavers(
    tx: &mut Tx,
    of: Option<Uuid>,
    after: Option<LeaverCursor>,
) -> Result<(Vec<LeaverRow>, Option<LeaverCursor>), sqlx::Error> {
    let mut rows = some(tx, None, of, after).await?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next = rows.last().filter(|_| more).map(|row| (row.started_at, row.id));
    Ok((rows, next))
}

pub async fn leaver(tx: &mut Tx, id: Uuid) -> Result<Option<LeaverRow>, sqlx::Error> {
    Ok(some(tx, Some(id), None, None).await?.pop())
}

/// Somebody who sees no customer of a removal does not see it, unless he began it or sees all.
async fn some(
    tx: &mut Tx,
    id: Option<Uuid>,
    of: Option<Uuid>,
    after: Option<LeaverCursor>,
) -> Result<Vec<LeaverRow>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    sqlx::query_as!(
        LeaverRow,
        r#"select l.leaver_id as id, l.match_id, l.name, l.mail, l.why, p.name as "started_by?", l.started_at,
                  case when not l.whole then l.started_by end as only_of, n.all_of as "all!", n.verified as "verified!", n.by_customer as "by_customer!",
                  n.failed as "failed!",
                  (select count(*) from leaver_removal o where o.provider_id = $1 and o.leaver_id = l.leaver_id
                      and o.state <> 'verified') as "open!"
             from leaver l
             left join person p on p.provider_id = $1 and p.person_id = l.started_by
             cross join lateral (
               select count(*) as all_of, count(*) filter (where r.state = 'verified') as verified,
                      count(*) filter (where r.state = 'by-customer') as by_customer,
                      count(*) filter (where r.state = 'failed') as failed
                 from leaver_removal r
                where r.provider_id = $1 and r.leaver_id = l.leaver_id
                  and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                       and v.person_id = $2 and v.customer_id = r.customer_id))) n
            where l.provider_id = $1 and ($3::uuid is null or l.leaver_id = $3)
              and ($4::uuid is null or l.match_id = $4)
              and ($2::uuid is null or n.all_of > 0 or l.started_by = $2)
              and ($5::timestamptz is null or (l.started_at, l.leaver_id) < ($5, $6::uuid))
            order by l.started_at desc, l.leaver_id desc limit $7"#,
        provider.0,
        viewer.map(|person| person.0),
        id,
        of,
        after.map(|(at, _)| at),
        after.map(|(_, id)| id),
        i64::try_from(PAGE + 1).unwrap_or(i64::MAX)
    )
    .fetch_all(&mut **tx)
    .await
}

macro_rules! removals {
    ($tx:ident, $what:literal, $order:literal, $($more:expr),* $(,)?) => {{
        let (provider, viewer) = ($tx.scope().provider(), $tx.scope().limited_to());
        sqlx::query!(
            r#"select r.leaver_id, l.name as leaver_name, l.mail as leaver_mail, l.why, l.started_at, r.customer_id,
                      c.name as customer_name, r.assignment_id, r.package, r.package_id, r.package_name,
                      r.target_name, r.target_mail, r.target_oid, r.ends_at, r.state, r.way, r.request_id, r.problem,
                      r.attempts, r.asked_at, r.looked_at, r.verified_at, c.paused_at is not null as "paused!",
                      exists (select from consent k where k.provider_id = $1 and k.customer_id = r.customer_id
                          and k.state = 'granted' and k.app in ('reader', 'operator')) as "reads!"
                 from leaver_removal r
                 join leaver l on l.provider_id = $1 and l.leaver_id = r.leaver_id
                 join customer c on c.provider_id = $1 and c.customer_id = r.customer_id
                where r.provider_id = $1
                  and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                       and v.person_id = $2 and v.customer_id = r.customer_id))
                  and "# + $what + r#"
                order by "# + $order,
            provider.0,
            viewer.map(|person| person.0),
            $($more),*
        )
        .fetch_all(&mut **$tx)
        .await?
        .into_iter()
        .map(|row| RemovalRow {
            leaver: row.leaver_id,
            leaver_name: row.leaver_name,
            leaver_mail: row.leaver_mail,
            leaver_why: row.why,
            leaver_started: row.started_at,
            customer: CustomerId(row.customer_id),
            customer_name: row.customer_name,
            assignment: row.assignment_id,
            package: row.package,
            package_id: row.package_id,
            package_name: row.package_name,
            target_name: row.target_name,
            target_mail: row.target_mail,
            target_oid: row.target_oid,
            ends_at: row.ends_at,
            state: Removal::from_key(&row.state).unwrap_or(Removal::Waiting),
            way: row.way,
            request: row.request_id,
            problem: row.problem,
            attempts: row.attempts,
            asked_at: row.asked_at,
            looked_at: row.looked_at,
            verified_at: row.verified_at,
            paused: row.paused,
            reads: row.reads,
        })
        .collect::<Vec<_>>()
    }};
}

/// Everything of one removal at the customers in view, what is not done first; the whole record, it is handed over.
pub async fn removals(tx: &mut Tx, leaver: Uuid) -> Result<Vec<RemovalRow>, sqlx::Error> {
    Ok(removals!(
        tx,
        "r.leaver_id = $3",
        "r.state = 'verified', c.sort_name, r.customer_id, r.package, r.assignment_id limit 20000",
        leaver,
    ))
}

/// What is still to be removed at one customer, of all who leave.
pub async fn open_removals(tx: &mut Tx, customer: CustomerId) -> Result<Vec<RemovalRow>, sqlx::Error> {
    Ok(removals!(
        tx,
        "r.customer_id = $3 and r.state <> 'verified'",
        "l.started_at, r.leaver_id, r.assignment_id limit 200",
        customer.0,
    ))
}

/// How a removal stands now.
pub struct Moved<'a> {
    pub state: Removal,
    pub way: &'a str,
    pub request: &'a str,
    pub problem: Option<&'a Value>,
}

/// Keeps where a removal stands; what it said before of who removed it and by which request stays unless told anew.
pub async fn set_removal(
    tx: &mut Tx,
    of: &RemovalRow,
    moved: &Moved<'_>,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let provider = tx.scope().provider();
    let sends = moved.state == Removal::Sending;
    let written = sqlx::query!(
        "update leaver_removal
            set state = $5, way = coalesce(nullif($6, ''), way), request_id = coalesce(nullif($7, ''), request_id),
                problem = $8, looked_at = $9, attempts = attempts + $10::integer,
                asked_at = case when $5 in ('sending', 'asked') then coalesce(asked_at, $9) else asked_at end,
                verified_at = case when $5 = 'verified' then coalesce(verified_at, $9) else verified_at end
          where provider_id = $1 and leaver_id = $2 and customer_id = $3 and assignment_id = $4
            and state <> 'verified'",
        provider.0,
        of.leaver,
        of.customer.0,
        of.assignment,
        moved.state.key(),
        moved.way,
        moved.request,
        moved.problem,
        now,
        i32::from(sends),
    )
    .execute(&mut **tx)
    .await?;
    Ok(written.rows_affected() > 0)
}
