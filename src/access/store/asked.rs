//! What somebody has asked for and neither has nor was denied: it would give him access again after he left.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;

/// Whose open requests are looked for, and which.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asker {
    pub match_id: Uuid,
    /// Asked no later than this.
    pub until: Option<DateTime<Utc>>,
    /// Only at the customers that this person sees.
    pub only_of: Option<Uuid>,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct OpenRequest {
    pub customer: CustomerId,
    pub customer_name: String,
    pub id: String,
    pub package_name: String,
    /// Microsoft's word.
    pub state: String,
    pub name: String,
    pub mail: String,
    pub created_at: DateTime<Utc>,
}

/// Shown at most; the number of all is counted.
const MOST: i64 = 1000;

/// Keys of his open requests, by his addresses everywhere and by his accounts at each customer, as `his`. `$1` is the
/// provider, `$2` to `$4` the asker; the tail goes on from there.
macro_rules! his {
    ($tx:ident, $asker:ident, $kind:ident, $tail:literal $(, $more:expr)*) => {
        sqlx::$kind!(
            r#"with open as not materialized (
                 select r.* from access_request r
                  where r.provider_id = $1 and r.gone_at is null
                    and r.state in ('submitted', 'pendingApproval', 'scheduled', 'delivering')
                    and lower(r.request_type) not in
                        ('userremove', 'adminremove', 'systemremove', 'approverremove')
                    and ($3::timestamptz is null or r.created_at <= $3)
                    and ($4::uuid is null or exists (select 1 from person_customer w where w.provider_id = $1
                         and w.person_id = $4 and w.customer_id = r.customer_id))),
               his as (
                 select r.customer_id, r.request_id
                   from person_match_mail m
                   join open r on lower(r.requestor_mail) = m.mail
                  where m.provider_id = $1 and m.match_id = $2
                    and not exists (select from person_match_account p where p.provider_id = $1
                         and p.customer_id = r.customer_id and p.account = m.mail and p.match_id <> $2)
                  union
                 select r.customer_id, r.request_id
                   from (select distinct a.customer_id, a.target_mail, a.target_oid from assignment a
                          where a.provider_id = $1 and a.match_id = $2) h
                   join open r on r.customer_id = h.customer_id
                    and ((h.target_mail <> '' and lower(r.requestor_mail) = h.target_mail)
                         or (h.target_oid <> '' and r.requestor_oid = h.target_oid)))
               "# + $tail,
            $tx.scope().provider().0,
            $asker.match_id,
            $asker.until,
            $asker.only_of
            $(, $more)*
        )
    };
}

/// His open requests at the customers in view, the oldest first.
pub async fn open_requests(tx: &mut Tx, asker: &Asker) -> Result<Vec<OpenRequest>, sqlx::Error> {
    let viewer = tx.scope().limited_to();
    let rows = his!(
        tx,
        asker,
        query,
        r#"select r.customer_id, c.name as customer_name, r.request_id, r.package_name, r.state, r.requestor_name,
                  r.requestor_mail, r.created_at
             from his h
             join access_request r on r.provider_id = $1 and r.customer_id = h.customer_id
                  and r.request_id = h.request_id
             join customer c on c.provider_id = $1 and c.customer_id = h.customer_id
            where $5::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                  and v.person_id = $5 and v.customer_id = h.customer_id)
            order by r.created_at, r.customer_id, r.request_id limit $6"#,
        viewer.map(|person| person.0),
        MOST
    )
    .fetch_all(&mut **tx)
    .await?;
    let request = rows.into_iter().map(|row| OpenRequest {
        customer: CustomerId(row.customer_id),
        customer_name: row.customer_name,
        id: row.request_id,
        package_name: row.package_name,
        state: row.state,
        name: row.requestor_name,
        mail: row.requestor_mail,
        created_at: row.created_at,
    });
    Ok(request.collect())
}

/// How many there are, of all customers: a bare number tells nobody where.
pub async fn open_request_count(tx: &mut Tx, asker: &Asker) -> Result<i64, sqlx::Error> {
    his!(tx, asker, query_scalar, r#"select count(*) as "many!" from his"#).fetch_one(&mut **tx).await
}
