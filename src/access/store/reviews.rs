//! The rounds of reviews over all customers, and one of them with its people.

use chrono::{DateTime, Utc};

use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;
use crate::kit::view::plan_each;

pub const PAGE: usize = 50;

#[derive(Clone, Debug)]
pub struct RoundRow {
    pub customer: CustomerId,
    pub customer_name: String,
    pub domain: String,
    pub id: String,
    pub package: String,
    pub package_name: String,
    pub state: String,
    pub open: bool,
    pub starts_at: Option<DateTime<Utc>>,
    pub due_at: Option<DateTime<Utc>>,
    pub people: i32,
    pub approved: i32,
    pub denied: i32,
    pub gone: bool,
}

#[derive(Clone, Debug, Default)]
pub struct RoundFilter {
    /// Rounds that are over, the newest first; else those that are open, the nearest end first.
    pub over: bool,
    pub customer: Option<CustomerId>,
    pub package: Option<String>,
    pub after: Option<(DateTime<Utc>, CustomerId, String)>,
}

macro_rules! rounds {
    ($tx:ident, $filter:ident, $what:literal, $order:literal) => {{
        let (provider, viewer) = ($tx.scope().provider(), $tx.scope().limited_to());
        let after = $filter.after.as_ref();
        sqlx::query!(
            r#"select r.customer_id, c.name as customer_name, c.domain, r.instance_id, r.package, r.package_name, r.state,
                      r.open as "open!", r.starts_at, r.due_at, r.people, r.approved, r.denied,
                      r.gone_at is not null as "gone!"
                 from review r
                 join customer c on c.provider_id = $1 and c.customer_id = r.customer_id
                where r.provider_id = $1 and r.due_at is not null
                  and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                       and v.person_id = $2 and v.customer_id = r.customer_id))
                  and ($4::uuid is null or r.customer_id = $4)
                  and ($5::text is null or r.package = $5)
                  and "# + $what + r#"
                order by "# + $order + r#"
                limit $3"#,
            provider.0,
            viewer.map(|person| person.0),
            i64::try_from(PAGE + 1).unwrap_or(i64::MAX),
            $filter.customer.map(|customer| customer.0),
            $filter.package,
            after.map(|(at, ..)| *at),
            after.map(|(_, customer, _)| customer.0),
            after.map(|(.., id)| id.clone()),
        )
        .fetch_all(&mut **$tx)
        .await?
        .into_iter()
        .map(|row| RoundRow {
            customer: CustomerId(row.customer_id),
            customer_name: row.customer_name,
            domain: row.domain,
            id: row.instance_id,
            package: row.package,
            package_name: row.package_name,
            state: row.state,
            open: row.open,
            starts_at: row.starts_at,
            due_at: row.due_at,
            people: row.people,
            approved: row.approved,
            denied: row.denied,
            gone: row.gone,
        })
        .collect::<Vec<_>>()
    }};
}

/// Where a page of rounds ends.
pub type RoundCursor = (DateTime<Utc>, CustomerId, String);

pub async fn rounds(
    tx: &mut Tx,
    filter: &RoundFilter,
) -> Result<(Vec<RoundRow>, Option<RoundCursor>), sqlx::Error> {
    plan_each(tx).await?;
    let mut rows = if filter.over {
        rounds!(
            tx,
            filter,
            "not r.open
             and ($6::timestamptz is null or (r.due_at, r.customer_id, r.instance_id) < ($6, $7::uuid, $8::text))",
            "r.due_at desc, r.customer_id desc, r.instance_id desc"
        )
    } else {
        rounds!(
            tx,
            filter,
            "r.open
             and ($6::timestamptz is null or (r.due_at, r.customer_id, r.instance_id) > ($6, $7::uuid, $8::text))",
            "r.due_at, r.customer_id, r.instance_id"
        )
    };
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next = rows.last().filter(|_| more).and_then(|row| Some((row.due_at?, row.customer, row.id.clone())));
    Ok((rows, next))
}

/// What was decided about one person.
#[derive(Clone, Debug)]
pub struct DecisionRow {
    pub name: String,
    pub decision: String,
    pub recommendation: String,
    pub decided_by: String,
    pub decided_at: Option<DateTime<Utc>>,
    pub reason: String,
    pub result: String,
}

/// The people of some rounds of one customer, those first who are not decided about.
pub async fn decisions(
    tx: &mut Tx,
    customer: CustomerId,
    round: &str,
) -> Result<Vec<DecisionRow>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    sqlx::query_as!(
        DecisionRow,
        "select d.principal_name as name, d.decision, d.recommendation, d.decided_by, d.decided_at, d.reason, d.result
           from review_decision d
          where d.provider_id = $1 and d.customer_id = $3 and d.instance_id = $4
            and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                 and v.person_id = $2 and v.customer_id = d.customer_id))
          order by d.decision <> 'NotReviewed', d.principal_name, d.decision_id limit 500",
        provider.0,
        viewer.map(|person| person.0),
        customer.0,
        round
    )
    .fetch_all(&mut **tx)
    .await
}

/// One round of a customer in view.
pub async fn round(tx: &mut Tx, customer: CustomerId, id: &str) -> Result<Option<RoundRow>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let row = sqlx::query!(
        r#"select c.name as customer_name, c.domain, r.package, r.package_name, r.state, r.open as "open!", r.starts_at,
                  r.due_at, r.people, r.approved, r.denied, r.gone_at is not null as "gone!"
             from review r
             join customer c on c.provider_id = $1 and c.customer_id = r.customer_id
            where r.provider_id = $1 and r.customer_id = $3 and r.instance_id = $4
              and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = r.customer_id))"#,
        provider.0,
        viewer.map(|person| person.0),
        customer.0,
        id
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| RoundRow {
        customer,
        customer_name: row.customer_name,
        domain: row.domain,
        id: id.to_owned(),
        package: row.package,
        package_name: row.package_name,
        state: row.state,
        open: row.open,
        starts_at: row.starts_at,
        due_at: row.due_at,
        people: row.people,
        approved: row.approved,
        denied: row.denied,
        gone: row.gone,
    }))
}
