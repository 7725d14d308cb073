//! What is held: of one person, at one customer, or near its end over all customers.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;
use crate::kit::view::plan_each;

pub const PAGE: usize = 50;
/// Counted no further.
pub const COUNTED: i64 = 1000;

/// One thing held, with what is known of its end.
#[derive(Clone, Debug)]
pub struct HeldRow {
    pub customer: CustomerId,
    pub customer_name: String,
    pub assignment: String,
    pub account: String,
    pub match_id: Uuid,
    pub name: String,
    /// As the customer's directory calls this account of his.
    pub target_name: String,
    pub mail: String,
    pub ours: bool,
    pub package: String,
    pub package_name: String,
    pub state: String,
    pub holds: bool,
    pub starts_at: Option<DateTime<Utc>>,
    pub ends_at: Option<DateTime<Utc>>,
    /// When it did end, or was listed no more.
    pub ended_at: Option<DateTime<Utc>>,
    /// When the review that covers it must be done: the open round, else the next one that is known.
    pub review_due: Option<DateTime<Utc>>,
    pub review_open: bool,
    /// An extension waits for a decision, and until when.
    pub extension: bool,
    pub extension_until: Option<DateTime<Utc>>,
}

macro_rules! held {
    ($tx:ident, $what:literal, $order:literal, $most:expr, $($more:expr),* $(,)?) => {{
        let (provider, viewer) = ($tx.scope().provider(), $tx.scope().limited_to());
        sqlx::query!(
            r#"select a.customer_id, c.name as customer_name, a.assignment_id, a.account, a.match_id, m.name,
                      a.target_name, a.target_mail, a.ours, a.package, a.package_name, a.state, a.holds, a.starts_at, a.ends_at,
                      coalesce(a.expired_at, a.gone_at) as ended_at, r.due_at as "review_due?",
                      coalesce(r.open, false) as "review_open!", e.request_id is not null as "extension!",
                      e.denied_at as "extension_until?"
                 from assignment a
                 join customer c on c.provider_id = $1 and c.customer_id = a.customer_id
                 join person_match m on m.provider_id = $1 and m.match_id = a.match_id
                 left join lateral (
                   select v.due_at, v.open and v.state = 'InProgress' as open from review v
                    where v.provider_id = $1 and v.customer_id = a.customer_id and v.package = a.package and v.open
                      and a.holds
                    order by v.state <> 'InProgress', v.due_at nulls last limit 1) r on true
                 left join lateral (
                   select q.request_id, q.denied_at from access_request q
                    where q.provider_id = $1 and q.customer_id = a.customer_id and q.state = 'pendingApproval'
                      and q.package_id = a.package_id and lower(q.request_type) in ('userupdate', 'userextend')
                      and (lower(q.requestor_mail) = a.target_mail
                           or (q.requestor_oid <> '' and q.requestor_oid = a.target_oid))
                    limit 1) e on true
                where a.provider_id = $1
                  and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                       and v.person_id = $2 and v.customer_id = a.customer_id))
                  and "# + $what + r#"
                order by "# + $order + r#"
                limit $3"#,
            provider.0,
            viewer.map(|person| person.0),
            $most,
            $($more),*
        )
        .fetch_all(&mut **$tx)
        .await?
        .into_iter()
        .map(|row| HeldRow {
            customer: CustomerId(row.customer_id),
            customer_name: row.customer_name,
            assignment: row.assignment_id,
            account: row.account,
            match_id: row.match_id,
            name: if row.name.is_empty() { row.target_mail.clone() } else { row.name },
            target_name: row.target_name,
            mail: row.target_mail,
            ours: row.ours,
            package: row.package,
            package_name: row.package_name,
            state: row.state,
            holds: row.holds,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            ended_at: row.ended_at,
            review_due: row.review_due,
            review_open: row.review_open,
            extension: row.extension,
            extension_until: row.extension_until,
        })
        .collect::<Vec<_>>()
    }};
}

fn viewer(tx: &Tx) -> Option<Uuid> {
    tx.scope().limited_to().map(|person| person.0)
}

/// Where a page of what one person holds ends: customer's name, his id, the assignment.
pub type PersonCursor = (String, Uuid, String);

/// Everything one person holds or held, by customer; what he holds, or what has ended.
pub async fn held_by(
    tx: &mut Tx,
    id: Uuid,
    holds: bool,
    after: Option<&PersonCursor>,
) -> Result<(Vec<HeldRow>, Option<PersonCursor>), sqlx::Error> {
    plan_each(tx).await?;
    let mut rows = held!(
        tx,
        "a.match_id = $4 and a.holds = $5
         and ($6::text is null or (c.sort_name, a.customer_id, a.assignment_id) > ($6, $7::uuid, $8::text))",
        "c.sort_name, a.customer_id, a.assignment_id",
        i64::try_from(PAGE + 1).unwrap_or(i64::MAX),
        id,
        holds,
        after.map(|(name, ..)| name.clone()),
        after.map(|(_, customer, _)| *customer),
        after.map(|(.., assignment)| assignment.clone()),
    );
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next = rows.last().filter(|_| more).map(|row| {
        (crate::customers::model::sort_name(&row.customer_name), row.customer.0, row.assignment.clone())
    });
    Ok((rows, next))
}

/// Everything held at one customer; then what has ended there, the newest first.
pub async fn of_customer(
    tx: &mut Tx,
    customer: CustomerId,
    holds: bool,
    most: i64,
) -> Result<Vec<HeldRow>, sqlx::Error> {
    Ok(held!(
        tx,
        "a.customer_id = $4 and a.holds = $5",
        "coalesce(a.expired_at, a.gone_at) desc, m.sort_name, a.package, a.assignment_id",
        most,
        customer.0,
        holds,
    ))
}

/// What the list of ends is asked for.
#[derive(Clone, Debug, Default)]
pub struct EndingFilter {
    /// Days ahead, from now on; none: all ends.
    pub within: Option<i64>,
    /// From this day on and before that one: a month or a day of the calendar.
    pub between: Option<(DateTime<Utc>, DateTime<Utc>)>,
    pub package: Option<String>,
    pub customer: Option<CustomerId>,
    pub after: Option<(DateTime<Utc>, CustomerId, String)>,
}

/// Ends, the nearest first.
pub async fn ending(
    tx: &mut Tx,
    filter: &EndingFilter,
    now: DateTime<Utc>,
) -> Result<(Vec<HeldRow>, Option<(DateTime<Utc>, CustomerId, String)>), sqlx::Error> {
    plan_each(tx).await?;
    let until = filter.between.map(|(_, until)| until);
    let until = until.or_else(|| filter.within.map(|days| now + TimeDelta::days(days)));
    // The page begins after the cursor, else where the month begins that is asked for.
    let after = filter.after.as_ref();
    let from = after.map(|(at, ..)| *at).or_else(|| filter.between.map(|(from, _)| from));
    let mut rows = held!(
        tx,
        "a.holds and a.ends_at is not null
         and ($4::timestamptz is null or a.ends_at >= $4) and ($5::timestamptz is null or a.ends_at < $5)
         and ($6::uuid is null or (a.ends_at, a.customer_id, a.assignment_id) > ($4, $6, $7::text))
         and ($8::text is null or a.package = $8) and ($9::uuid is null or a.customer_id = $9)",
        "a.ends_at, a.customer_id, a.assignment_id",
        i64::try_from(PAGE + 1).unwrap_or(i64::MAX),
        from,
        until,
        after.map(|(_, customer, _)| customer.0),
        after.map(|(.., assignment)| assignment.clone()),
        filter.package.clone(),
        filter.customer.map(|customer| customer.0),
    );
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next = rows
        .last()
        .filter(|_| more)
        .and_then(|row| Some((row.ends_at?, row.customer, row.assignment.clone())));
    Ok((rows, next))
}

/// How many ends there are within each of these numbers of days, counted up to `COUNTED`.
pub async fn ending_counts(tx: &mut Tx, steps: &[i64], now: DateTime<Utc>) -> Result<Vec<i64>, sqlx::Error> {
    let provider = tx.scope().provider();
    let viewer = viewer(tx);
    let until: Vec<DateTime<Utc>> = steps.iter().map(|days| now + TimeDelta::days(*days)).collect();
    sqlx::query_scalar!(
        r#"select (select count(*) from (
                    select 1 from assignment a
                     where a.provider_id = $1 and a.holds and a.ends_at is not null and a.ends_at < n.until
                       and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                            and v.person_id = $2 and v.customer_id = a.customer_id))
                     limit $4) as few) as "many!"
             from unnest($3::timestamptz[]) with ordinality as n (until, place) order by n.place"#,
        provider.0,
        viewer,
        &until,
        COUNTED + 1,
    )
    .fetch_all(&mut **tx)
    .await
}

/// A day on which access ends or a review must be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    pub day: chrono::NaiveDate,
    pub ends: i64,
    pub reviews: i64,
}

/// What ends and what must be reviewed, day by day.
pub async fn days(tx: &mut Tx, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<Day>, sqlx::Error> {
    let provider = tx.scope().provider();
    let viewer = viewer(tx);
    sqlx::query_as!(
        Day,
        r#"select d.day as "day!", sum(d.ends)::bigint as "ends!", sum(d.reviews)::bigint as "reviews!"
             from (select (a.ends_at at time zone 'UTC')::date as day, count(*) as ends, 0 as reviews
                     from assignment a
                    where a.provider_id = $1 and a.holds and a.ends_at >= $3 and a.ends_at < $4
                      and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                           and v.person_id = $2 and v.customer_id = a.customer_id))
                    group by 1
                   union all
                   select (r.due_at at time zone 'UTC')::date, 0, count(*)
                     from review r
                    where r.provider_id = $1 and r.open and r.due_at >= $3 and r.due_at < $4
                      and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                           and v.person_id = $2 and v.customer_id = r.customer_id))
                    group by 1) d
            group by d.day order by d.day"#,
        provider.0,
        viewer,
        from,
        until
    )
    .fetch_all(&mut **tx)
    .await
}

/// How much ends in each month, the first as many months as are asked for; months without an end are left out.
pub async fn months(
    tx: &mut Tx,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<(chrono::NaiveDate, i64)>, sqlx::Error> {
    let provider = tx.scope().provider();
    let viewer = viewer(tx);
    let rows = sqlx::query!(
        r#"select date_trunc('month', a.ends_at at time zone 'UTC')::date as "month!", count(*) as "many!"
             from assignment a
            where a.provider_id = $1 and a.holds and a.ends_at >= $3 and a.ends_at < $4
              and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = a.customer_id))
            group by 1 order by 1"#,
        provider.0,
        viewer,
        from,
        until
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.month, row.many)).collect())
}

/// The own access of somebody who decides, by his addresses: the customers where it ends by then, the nearest first.
pub async fn own_endings(
    tx: &mut Tx,
    addresses: &[String],
    until: DateTime<Utc>,
    most: i64,
) -> Result<(i64, Vec<(CustomerId, String, DateTime<Utc>)>), sqlx::Error> {
    let provider = tx.scope().provider();
    let viewer = viewer(tx);
    let rows = sqlx::query!(
        r#"select a.customer_id, c.name, a.ends_at as "ends_at!", count(*) over () as "many!"
             from assignment a
             join customer c on c.provider_id = $1 and c.customer_id = a.customer_id
            where a.provider_id = $1 and a.account = any ($3) and a.package = $4 and a.ours and a.holds
              and a.ends_at <= $5
              and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = a.customer_id))
            order by a.ends_at, a.customer_id limit $6"#,
        provider.0,
        viewer,
        addresses,
        crate::access::model::APPROVERS,
        until,
        most
    )
    .fetch_all(&mut **tx)
    .await?;
    let many = rows.first().map_or(0, |row| row.many);
    Ok((many, rows.into_iter().map(|row| (CustomerId(row.customer_id), row.name, row.ends_at)).collect()))
}
