//! The lists of requests over all customers in view, and what changed since.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::access_requests::model::{APPROVERS, Key, Pressing, RequestRow, RequestTab};
use crate::kit::ids::{CustomerId, EntraTenantId};
use crate::kit::live::Change;
use crate::kit::scope::Tx;
use crate::kit::view::{few, plan_each};

pub const PAGE: i64 = 50;
/// Changes told at once, at most.
const CHANGES: i64 = 200;

/// Where a page of a list ends: the moment it is sorted by, and what makes it unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub at: DateTime<Utc>,
    pub customer: CustomerId,
    pub id: String,
}

/// How pending requests are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// Least time left first; those whose end is not known come last.
    #[default]
    Left,
    /// The longest asked first.
    Asked,
}

/// What a list is asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub customer: Option<CustomerId>,
    /// The blueprint's key of a package.
    pub package: Option<String>,
    /// Only what is so pressing at this moment; of pending ones.
    pub pressing: Option<(Pressing, DateTime<Utc>)>,
    /// Only what our approvers decide on.
    pub ours: bool,
    pub sort: Sort,
    pub after: Option<Cursor>,
}

pub struct Page {
    pub rows: Vec<RequestRow>,
    pub next: Option<Cursor>,
}

/// What never ends, where an end is not known.
fn never() -> DateTime<Utc> {
    DateTime::from_timestamp(253_370_764_800, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

fn page(mut rows: Vec<RequestRow>, at: impl Fn(&RequestRow) -> DateTime<Utc>) -> Page {
    let most = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let more = rows.len() > most;
    rows.truncate(most);
    let last = rows.last().filter(|_| more);
    let next = last.map(|row| Cursor { at: at(row), customer: row.customer, id: row.id.clone() });
    Page { rows, next }
}

/// Rows of requests in view. `$1` is the provider and `$2` who looks; the tail goes on after `and`. The age of a row is
/// that of its customer's last reading.
macro_rules! rows {
    ($tail:literal, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            RequestRow,
            r#"select r.customer_id as "customer: CustomerId", c.name as customer_name, c.domain,
                  c.entra_tenant_id as "entra_tenant_id: EntraTenantId", r.request_id as id, r.state, r.request_type,
                  r.package, r.package_id, r.package_name, r.requestor_name, r.requestor_mail, r.requestor_oid,
                  r.organization, r.justification, r.answers, r.created_at, r.denied_at, r.waited_until,
                  r.completed_at, r.failed_at, r.gone_at, r.ends_at, r.decision, r.decision_from, r.decision_reason,
                  r.decider_name, r.decider_mail, r.decided_at, coalesce(g.done_at, r.read_at) as "read_at!"
             from access_request r
             join customer c on c.provider_id = $1 and c.customer_id = r.customer_id
             left join work g on g.provider_id = $1 and g.customer_id = r.customer_id and g.kind = 'requests'
            where r.provider_id = $1
              and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = r.customer_id))
              and "# + $tail,
            $($argument),*
        )
    };
}

/// Pending requests of every customer in view.
pub async fn pending(tx: &mut Tx, filter: &Filter) -> Result<Page, sqlx::Error> {
    plan_each(tx).await?;
    match filter.sort {
        Sort::Left => by_time_left(tx, filter).await,
        Sort::Asked => by_asking(tx, filter).await,
    }
}

async fn by_time_left(tx: &mut Tx, filter: &Filter) -> Result<Page, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let (after, few) = (filter.after.as_ref(), few(tx).await?);
    let rows = rows!(
        r#"r.state = 'pendingApproval'
              and ($3::uuid is null or r.customer_id = $3)
              and ($4::text is null or r.package = $4)
              and (not $11 or r.package <> $12)
              and ($13::uuid[] is null or r.customer_id = any ($13))
              and ($5::timestamptz is null or (coalesce(r.denied_at, '9999-01-01 00:00:00+00'::timestamptz), r.customer_id, r.request_id)
                   > ($5, $6::uuid, $7::text))
              and ($9::text is null
                   or ($9 = 'last-day' and r.denied_at <= $10::timestamptz + interval '1 day')
                   or ($9 = 'soon' and r.denied_at > $10 + interval '1 day'
                       and (r.denied_at - $10) * 2 <= r.denied_at - r.created_at))
            order by coalesce(r.denied_at, '9999-01-01 00:00:00+00'::timestamptz), r.customer_id, r.request_id
            limit $8"#,
        provider.0,
        viewer.map(|person| person.0),
        filter.customer.map(|customer| customer.0),
        filter.package,
        after.map(|cursor| cursor.at),
        after.map(|cursor| cursor.customer.0),
        after.map(|cursor| cursor.id.clone()),
        PAGE + 1,
        filter.pressing.map(|(pressing, _)| pressing.key()),
        filter.pressing.map(|(_, now)| now),
        filter.ours,
        APPROVERS,
        few.as_deref(),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(page(rows, |row| row.denied_at.unwrap_or_else(never)))
}

async fn by_asking(tx: &mut Tx, filter: &Filter) -> Result<Page, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let (after, few) = (filter.after.as_ref(), few(tx).await?);
    let rows = rows!(
        r#"r.state = 'pendingApproval'
              and ($3::uuid is null or r.customer_id = $3)
              and ($4::text is null or r.package = $4)
              and (not $11 or r.package <> $12)
              and ($13::uuid[] is null or r.customer_id = any ($13))
              and ($5::timestamptz is null or (r.created_at, r.customer_id, r.request_id) > ($5, $6::uuid, $7::text))
              and ($9::text is null
                   or ($9 = 'last-day' and r.denied_at <= $10::timestamptz + interval '1 day')
                   or ($9 = 'soon' and r.denied_at > $10 + interval '1 day'
                       and (r.denied_at - $10) * 2 <= r.denied_at - r.created_at))
            order by r.created_at, r.customer_id, r.request_id limit $8"#,
        provider.0,
        viewer.map(|person| person.0),
        filter.customer.map(|customer| customer.0),
        filter.package,
        after.map(|cursor| cursor.at),
        after.map(|cursor| cursor.customer.0),
        after.map(|cursor| cursor.id.clone()),
        PAGE + 1,
        filter.pressing.map(|(pressing, _)| pressing.key()),
        filter.pressing.map(|(_, now)| now),
        filter.ours,
        APPROVERS,
        few.as_deref(),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(page(rows, |row| row.created_at))
}

/// One request in view.
pub async fn find(tx: &mut Tx, key: &Key) -> Result<Option<RequestRow>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    rows!(
        "r.customer_id = $3 and r.request_id = $4",
        provider.0,
        viewer.map(|person| person.0),
        key.customer.0,
        key.request,
    )
    .fetch_optional(&mut **tx)
    .await
}

/// Deliveries that failed, the last first.
async fn failed(tx: &mut Tx, filter: &Filter, few: Option<&[Uuid]>) -> Result<Vec<RequestRow>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to().map(|person| person.0));
    let (customer, after) = (filter.customer.map(|customer| customer.0), filter.after.as_ref());
    let at = after.map(|cursor| cursor.at);
    let (after_customer, after_id) =
        (after.map(|cursor| cursor.customer.0), after.map(|cursor| cursor.id.clone()));
    rows!(
        r#"r.failed_at is not null and r.state in ('deliveryFailed', 'partiallyDelivered')
              and ($3::uuid is null or r.customer_id = $3)
              and ($9::uuid[] is null or r.customer_id = any ($9))
              and ($4::text is null or r.package = $4)
              and ($5::timestamptz is null
                   or (r.failed_at, r.customer_id, r.request_id) < ($5, $6::uuid, $7::text))
            order by r.failed_at desc, r.customer_id desc, r.request_id desc limit $8"#,
        provider.0,
        viewer,
        customer,
        filter.package,
        at,
        after_customer,
        after_id,
        PAGE + 1,
        few,
    )
    .fetch_all(&mut **tx)
    .await
}

/// Requests that wait no more, the last first: decided, failed, or expired.
pub async fn ended(tx: &mut Tx, tab: RequestTab, filter: &Filter) -> Result<Page, sqlx::Error> {
    plan_each(tx).await?;
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to().map(|person| person.0));
    let (few, after) = (few(tx).await?, filter.after.as_ref());
    let (customer, at) = (filter.customer.map(|customer| customer.0), after.map(|cursor| cursor.at));
    let (after_customer, after_id) =
        (after.map(|cursor| cursor.customer.0), after.map(|cursor| cursor.id.clone()));
    let rows = match tab {
        RequestTab::Pending => return Ok(Page { rows: Vec::new(), next: None }),
        RequestTab::Decided => {
            rows!(
                r#"r.waited_until is not null and r.state not in ('deliveryFailed', 'partiallyDelivered')
              and not (r.decision = 'denied' and (r.decision_from = 'nobody'
                       or (r.decision_from = '' and coalesce(r.waited_until >= r.denied_at, false))))
              and ($3::uuid is null or r.customer_id = $3)
              and ($9::uuid[] is null or r.customer_id = any ($9))
              and ($4::text is null or r.package = $4)
              and ($5::timestamptz is null or (r.waited_until <= $5
                   and (r.waited_until < $5 or (r.customer_id, r.request_id) > ($6::uuid, $7::text))))
            order by r.waited_until desc, r.customer_id, r.request_id limit $8"#,
                provider.0,
                viewer,
                customer,
                filter.package,
                at,
                after_customer,
                after_id,
                PAGE + 1,
                few.as_deref(),
            )
            .fetch_all(&mut **tx)
            .await?
        }
        RequestTab::Expired => {
            rows!(
                r#"r.decision = 'denied' and (r.decision_from = 'nobody'
                       or (r.decision_from = '' and coalesce(r.waited_until >= r.denied_at, false)))
              and r.waited_until is not null
              and ($3::uuid is null or r.customer_id = $3)
              and ($9::uuid[] is null or r.customer_id = any ($9))
              and ($4::text is null or r.package = $4)
              and ($5::timestamptz is null or (r.waited_until <= $5
                   and (r.waited_until < $5 or (r.customer_id, r.request_id) > ($6::uuid, $7::text))))
            order by r.waited_until desc, r.customer_id, r.request_id limit $8"#,
                provider.0,
                viewer,
                customer,
                filter.package,
                at,
                after_customer,
                after_id,
                PAGE + 1,
                few.as_deref(),
            )
            .fetch_all(&mut **tx)
            .await?
        }
        RequestTab::Failed => failed(tx, filter, few.as_deref()).await?,
    };
    let ended = |row: &RequestRow| row.failed_at.filter(|_| tab == RequestTab::Failed).or(row.waited_until);
    Ok(page(rows, |row| ended(row).unwrap_or(row.created_at)))
}

/// The customer's requests that stopped waiting last.
pub async fn decided(tx: &mut Tx, customer: CustomerId, most: i64) -> Result<Vec<RequestRow>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    rows!(
        r#"r.customer_id = $3 and r.waited_until is not null
            order by r.waited_until desc, r.request_id limit $4"#,
        provider.0,
        viewer.map(|person| person.0),
        customer.0,
        most
    )
    .fetch_all(&mut **tx)
    .await
}

/// Requests in view that changed since that moment, the newest ones; ids only.
pub async fn changes(
    tx: &mut Tx,
    customer: Option<CustomerId>,
    since: DateTime<Utc>,
) -> Result<Vec<Change>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    sqlx::query_as!(
        Change,
        "select r.request_id as id, r.read_at as at from access_request r
          where r.provider_id = $1 and r.read_at >= $2
            and ($3::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                 and v.person_id = $3 and v.customer_id = r.customer_id))
            and ($4::uuid is null or r.customer_id = $4)
          order by r.read_at desc limit $5",
        provider.0,
        since,
        viewer.map(|person| person.0),
        customer.map(|customer| customer.0),
        CHANGES,
    )
    .fetch_all(&mut **tx)
    .await
}
