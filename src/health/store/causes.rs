//! What fails, by cause and one by one: background work, consents that do not stand, and steps of runs that failed.
//!
//! A consent that was never given is no failure: the customer's standing says that it is wanted. Neither is the
//! operator's that was taken away again, as it should be, unless a run waits for it.

use crate::health::model::{CauseRow, FailedRow};
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;
use crate::kit::work::MAX_ATTEMPTS;

pub const PAGE: i64 = 50;
/// Customers named beside a cause.
pub(super) const NAMED: i32 = 5;

/// One line per cause, however many customers and kinds of work it meets; the most frequent first.
pub async fn causes(tx: &mut Tx) -> Result<Vec<CauseRow>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let rows = sqlx::query!(
        r#"with trouble as (
               select w.customer_id, w.kind, coalesce(w.problem ->> 'cause', '') as cause, w.failures,
                      w.attempts >= $3 as stopped
                 from work w
                where w.provider_id = $1 and w.due_at is not null
                  and (w.outcome in ('failed', 'crashed') or w.attempts >= $3)
               union all
               select k.customer_id, 'consent-' || k.app, k.cause, 0, false
                 from consent k
                 join customer c on c.provider_id = $1 and c.customer_id = k.customer_id and c.paused_at is null
                where k.provider_id = $1 and k.cause <> '' and k.state <> 'granted'
                  and case when k.app = 'reader'
                           then k.state <> 'missing' or k.cause not in ('app-gone', 'consent-missing')
                           else k.state = 'partial' or k.cause not in ('app-gone', 'app-disabled', 'consent-missing')
                                or exists (select 1 from run r where r.provider_id = $1
                                            and r.customer_id = k.customer_id and k.state = 'lost'
                                            and r.state in ('running', 'waiting')) end
               union all
               select r.customer_id, 'step', coalesce(s.problem ->> 'cause', ''), s.attempts, false
                 from run r
                 join run_step s on s.provider_id = $1 and s.run_id = r.run_id and s.state = 'failed'
                where r.provider_id = $1 and r.state in ('running', 'waiting', 'failed')),
           met as (
               select t.cause, t.customer_id, string_agg(distinct t.kind, ',') as kinds,
                      max(t.failures) as failures, bool_or(t.stopped) as stopped
                 from trouble t
                where $2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                      and v.person_id = $2 and v.customer_id = t.customer_id)
                group by t.cause, t.customer_id)
           select m.cause as "cause!", string_agg(distinct m.kinds, ',') as "kinds!", count(*) as "many!",
                  count(*) filter (where m.stopped) as "stopped!", max(m.failures) as "failures!",
                  (array_agg(c.name order by c.sort_name, c.customer_id))[1:$4] as "names!"
             from met m
             join customer c on c.provider_id = $1 and c.customer_id = m.customer_id
            group by m.cause order by count(*) desc, m.cause"#,
        provider.0,
        viewer.map(|person| person.0),
        MAX_ATTEMPTS,
        NAMED,
    )
    .fetch_all(&mut **tx)
    .await?;
    let row = rows.into_iter().map(|row| {
        let kinds: std::collections::BTreeSet<&str> = row.kinds.split(',').collect();
        CauseRow {
            kinds: kinds.into_iter().map(str::to_owned).collect(),
            cause: row.cause,
            many: row.many,
            stopped: row.stopped,
            failures: row.failures,
            names: row.names,
        }
    });
    Ok(row.collect())
}

/// What the list of failing rows is asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub kind: Option<String>,
    pub cause: Option<String>,
    pub stopped: bool,
    /// The last row of the page before.
    pub after: Option<(String, CustomerId, String)>,
}

/// Failing and stopped rows, by customer. A failed step's kind is `step:` and its key.
pub async fn failed(tx: &mut Tx, filter: &Filter) -> Result<(Vec<FailedRow>, bool), sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let after = filter.after.as_ref();
    let mut rows = sqlx::query_as!(
        FailedRow,
        r#"with trouble as (
               select w.customer_id, w.kind, coalesce(w.problem ->> 'cause', '') as cause,
                      coalesce(w.problem ->> 'detail', '') as detail, coalesce(w.problem ->> 'code', '') as code,
                      coalesce(w.problem ->> 'request', '') as request, w.failures, w.attempts, w.ended_at, w.due_at
                 from work w
                where w.provider_id = $1 and w.due_at is not null
                  and (w.outcome in ('failed', 'crashed') or w.attempts >= $3)
               union all
               select k.customer_id, 'consent-' || k.app, k.cause, k.detail, '', '', 0, 0, k.checked_at, null
                 from consent k
                 join customer c on c.provider_id = $1 and c.customer_id = k.customer_id and c.paused_at is null
                where k.provider_id = $1 and k.cause <> '' and k.state <> 'granted'
                  and case when k.app = 'reader'
                           then k.state <> 'missing' or k.cause not in ('app-gone', 'consent-missing')
                           else k.state = 'partial' or k.cause not in ('app-gone', 'app-disabled', 'consent-missing')
                                or exists (select 1 from run r where r.provider_id = $1
                                            and r.customer_id = k.customer_id and k.state = 'lost'
                                            and r.state in ('running', 'waiting')) end
               union all
               select r.customer_id, 'step:' || s.step, coalesce(s.problem ->> 'cause', ''),
                      coalesce(s.problem ->> 'detail', ''), coalesce(s.problem ->> 'code', ''),
                      coalesce(s.problem ->> 'request', ''), s.attempts, 0, s.ended_at, null
                 from run r
                 join run_step s on s.provider_id = $1 and s.run_id = r.run_id and s.state = 'failed'
                where r.provider_id = $1 and r.state in ('running', 'waiting', 'failed'))
           select t.customer_id as "customer!: CustomerId", c.name as "name!", c.sort_name as "sort_name!",
                  t.kind as "kind!", t.cause as "cause!", t.detail as "detail!", t.code as "code!",
                  t.request as "request!", t.failures as "failures!", t.attempts as "attempts!", t.ended_at, t.due_at,
                  t.attempts >= $3 as "stopped!"
             from trouble t
             join customer c on c.provider_id = $1 and c.customer_id = t.customer_id
            where ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = t.customer_id))
              and ($4::text is null or t.kind = $4 or split_part(t.kind, ':', 1) = $4)
              and ($5::text is null or t.cause = $5)
              and (not $6 or t.attempts >= $3)
              and ($7::text is null or (c.sort_name, c.customer_id, t.kind) > ($7, $8::uuid, $9::text))
            order by c.sort_name, c.customer_id, t.kind limit $10"#,
        provider.0,
        viewer.map(|person| person.0),
        MAX_ATTEMPTS,
        filter.kind,
        filter.cause,
        filter.stopped,
        after.map(|after| after.0.clone()),
        after.map(|after| after.1.0),
        after.map(|after| after.2.clone()),
        PAGE + 1,
    )
    .fetch_all(&mut **tx)
    .await?;
    let more = rows.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
    if more {
        rows.pop();
    }
    Ok((rows, more))
}

/// How many rows of any kind fail or are stopped.
pub async fn failing(tx: &mut Tx) -> Result<(i64, i64), sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let row = sqlx::query!(
        r#"select count(*) filter (where w.attempts < $3) as "failing!",
                  count(*) filter (where w.attempts >= $3) as "stopped!"
             from work w
            where w.provider_id = $1 and w.due_at is not null
              and (w.outcome in ('failed', 'crashed') or w.attempts >= $3)
              and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = w.customer_id))"#,
        provider.0,
        viewer.map(|person| person.0),
        MAX_ATTEMPTS,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((row.failing, row.stopped))
}
