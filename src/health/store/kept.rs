//! SQL of the customers that something keeps from going on.

use super::causes::NAMED;
use crate::health::model::KeptRow;
use crate::kit::scope::Tx;

/// Customers that cannot be read, or whose plan stands still, by what keeps them; the gravest first.
pub async fn kept(tx: &mut Tx) -> Result<Vec<KeptRow>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    sqlx::query_as!(
        KeptRow,
        r#"select k.why as "why!", count(*) as "many!",
                  (array_agg(k.customer_id order by k.sort_name, k.customer_id))[1:$3] as "ids!",
                  (array_agg(k.name order by k.sort_name, k.customer_id))[1:$3] as "names!"
             from (select c.customer_id, c.name, c.sort_name,
                          case when c.paused_at is not null then 'paused' else c.state end as why
                     from customer c
                    where c.provider_id = $1
                      and (c.paused_at is not null
                           or c.state in ('consent-lost', 'failed', 'blocked', 'consent-wanted', 'new'))
                      and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                           and v.person_id = $2 and v.customer_id = c.customer_id))) k
            group by k.why
            order by array_position(array['consent-lost', 'failed', 'blocked', 'consent-wanted', 'new', 'paused'],
                                    k.why)"#,
        provider.0,
        viewer.map(|person| person.0),
        NAMED,
    )
    .fetch_all(&mut **tx)
    .await
}
