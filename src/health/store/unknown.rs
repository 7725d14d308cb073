//! Codes of Microsoft that the catalogue does not explain, over all customers in view.

use crate::health::model::UnknownRow;
use crate::kit::scope::Tx;

/// Codes shown.
const SHOWN: i64 = 50;

/// The last seen first.
pub async fn unknown_codes(tx: &mut Tx) -> Result<Vec<UnknownRow>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    sqlx::query_as!(
        UnknownRow,
        r#"select u.code, sum(u.many)::bigint as "many!", count(*) as "customers!", max(u.last_at) as "last_at!",
                  (array_agg(u.call order by u.last_at desc))[1] as "call!",
                  (array_agg(u.request order by u.last_at desc))[1] as "request!"
             from unknown_code u
            where u.provider_id = $1
              and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = u.customer_id))
            group by u.code order by max(u.last_at) desc, u.code limit $3"#,
        provider.0,
        viewer.map(|person| person.0),
        SHOWN,
    )
    .fetch_all(&mut **tx)
    .await
}
