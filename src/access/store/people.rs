//! People with access over all customers: one row each, however many accounts he has.

use chrono::{DateTime, SecondsFormat, Utc};
use uuid::Uuid;

use super::found::ranges;
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;
use crate::kit::view::plan_each;

pub const PAGE: usize = 50;
/// A set of people that is looked through whole.
const SMALL: i64 = 1000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PeopleSort {
    #[default]
    Name,
    /// Whose access ends first.
    End,
    /// Who has access to most customers.
    Customers,
}

impl PeopleSort {
    pub const ALL: [Self; 3] = [Self::Name, Self::End, Self::Customers];

    pub const fn key(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::End => "end",
            Self::Customers => "customers",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.key() == key)
    }
}

#[derive(Clone, Debug, Default)]
pub struct PeopleFilter {
    pub search: String,
    /// `Some(true)`: only people of the analysts' directory; `Some(false)`: only the others.
    pub ours: Option<bool>,
    pub sort: PeopleSort,
    pub after: Option<(String, Uuid)>,
}

impl PeopleSort {
    /// What the order goes by; of all customers, so that one order holds for every view. It never leaves the portal.
    fn value(self, name: String, next_end: Option<DateTime<Utc>>, customers: i32) -> String {
        match self {
            Self::Name => name,
            Self::End => {
                next_end.map(|at| at.to_rfc3339_opts(SecondsFormat::Micros, true)).unwrap_or_default()
            }
            Self::Customers => customers.to_string(),
        }
    }
}

/// One human with his access; name, address and figures are of the customers in view.
#[derive(Clone, Debug)]
pub struct PersonRow {
    pub id: Uuid,
    pub name: String,
    pub mail: String,
    pub ours: bool,
    pub customers: i64,
    pub held: i64,
    pub next_end: Option<DateTime<Utc>>,
    /// What the order goes by.
    key: String,
}

pub struct PeoplePage {
    pub rows: Vec<PersonRow>,
    pub next: Option<(String, Uuid)>,
}

macro_rules! people {
    ($tx:ident, $filter:ident, $words:ident, $among:ident, $cursor:literal, $order:literal, $value:expr) => {
        sqlx::query!(
            r#"select m.match_id, coalesce(h.name, m.name) as "name!", coalesce(h.mail, m.mail) as "mail!", m.ours,
                      m.sort_name, m.next_end as whole_end,
                      m.customers as whole_customers,
                      case when $2::uuid is null then m.customers::bigint else h.customers end as "customers!",
                      case when $2::uuid is null then m.held::bigint else h.held end as "held!",
                      case when $2::uuid is null then m.next_end else h.next_end end as next_end
                 from person_match m
                 left join lateral (
                   select count(distinct a.customer_id) as customers, count(*) as held, min(a.ends_at) as next_end,
                          mode() within group (order by coalesce(nullif(a.target_name, ''),
                            nullif(a.target_mail, ''), a.target_oid)) as name,
                          mode() within group (order by a.target_mail) as mail
                     from assignment a
                     join person_customer v on v.provider_id = $1 and v.person_id = $2
                          and v.customer_id = a.customer_id
                    where $2::uuid is not null and a.provider_id = $1 and a.match_id = m.match_id and a.holds) h
                   on true
                where m.provider_id = $1 and m.held > 0
                  and ($2::uuid is null or h.held > 0)
                  and ($3::boolean is null or m.ours = $3)
                  and (cardinality($4::text[]) = 0 or not exists (
                       select 1 from unnest($4::text[], $5::text[]) as w (low, high) where not exists (
                       select 1 from person_match_word s where s.provider_id = $1 and s.match_id = m.match_id
                          and s.word >= w.low and s.word < w.high)))
                  and ($6::uuid[] is null or m.match_id = any ($6))
                  and "# + $cursor + r#"
                order by "# + $order + r#"
                limit $9"#,
            $tx.scope().provider().0,
            $tx.scope().limited_to().map(|person| person.0),
            $filter.ours,
            &$words.0,
            &$words.1,
            $among as Option<&[Uuid]>,
            $value,
            $filter.after.as_ref().map(|(_, id)| *id),
            i64::try_from(PAGE + 1).unwrap_or(i64::MAX),
        )
        .fetch_all(&mut **$tx)
        .await?
        .into_iter()
        .map(|row| PersonRow {
            id: row.match_id,
            key: $filter.sort.value(row.sort_name, row.whole_end, row.whole_customers),
            name: row.name,
            mail: row.mail,
            ours: row.ours,
            customers: row.customers,
            held: row.held,
            next_end: row.next_end,
        })
        .collect::<Vec<_>>()
    };
}

/// Among whom all that fit are found, if the rarest word or the view leaves few.
async fn among(tx: &mut Tx, words: &(Vec<String>, Vec<String>)) -> Result<Option<Vec<Uuid>>, sqlx::Error> {
    if words.0.is_empty() {
        return Ok(None);
    }
    let provider = tx.scope().provider();
    let sets = sqlx::query_scalar!(
        r#"select array(select s.match_id from person_match_word s where s.provider_id = $1 and s.word >= w.low
                           and s.word < w.high limit $4) as "ids!"
             from unnest($2::text[], $3::text[]) as w (low, high)"#,
        provider.0,
        &words.0,
        &words.1,
        SMALL + 1,
    )
    .fetch_all(&mut **tx)
    .await?;
    let small = usize::try_from(SMALL).unwrap_or(usize::MAX);
    Ok(sets.into_iter().min_by_key(Vec::len).filter(|ids| ids.len() <= small))
}

pub async fn people(tx: &mut Tx, filter: &PeopleFilter) -> Result<PeoplePage, sqlx::Error> {
    plan_each(tx).await?;
    let words = ranges(&filter.search);
    let among = among(tx, &words).await?;
    let among = among.as_deref();
    let value = filter.after.as_ref().map(|(value, _)| value.clone());
    let mut rows = match filter.sort {
        PeopleSort::Name => people!(
            tx,
            filter,
            words,
            among,
            "($8::uuid is null or (m.sort_name, m.match_id) > ($7::text, $8))",
            "m.sort_name, m.match_id",
            value
        ),
        PeopleSort::End => {
            let at = value.and_then(|value| value.parse::<DateTime<Utc>>().ok());
            people!(
                tx,
                filter,
                words,
                among,
                "m.next_end is not null and ($8::uuid is null or (m.next_end, m.match_id) > ($7::timestamptz, $8))",
                "m.next_end, m.match_id",
                at
            )
        }
        PeopleSort::Customers => {
            let many = value.and_then(|value| value.parse::<i32>().ok());
            people!(
                tx,
                filter,
                words,
                among,
                "($8::uuid is null or (m.customers, m.match_id) < ($7::integer, $8))",
                "m.customers desc, m.match_id desc",
                many
            )
        }
    };
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next = rows.last().filter(|_| more).map(|row| (row.key.clone(), row.id));
    Ok(PeoplePage { rows, next })
}

/// Where the list goes on after this person, as he stands now; none: he is not in view (any more).
pub async fn place(tx: &mut Tx, sort: PeopleSort, id: Uuid) -> Result<Option<(String, Uuid)>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let row = sqlx::query!(
        "select m.sort_name, m.next_end, m.customers from person_match m
          where m.provider_id = $1 and m.match_id = $3
            and ($2::uuid is null or exists (
                 select 1 from assignment a
                   join person_customer v on v.provider_id = $1 and v.person_id = $2
                        and v.customer_id = a.customer_id
                  where a.provider_id = $1 and a.match_id = m.match_id))",
        provider.0,
        viewer.map(|person| person.0),
        id
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| (sort.value(row.sort_name, row.next_end, row.customers), id)))
}

/// What a person is called at his customers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    pub name: String,
    pub mail: String,
    pub customers: i64,
}

/// By which names and addresses the customers in view know him, what most say first.
pub async fn called(tx: &mut Tx, id: Uuid) -> Result<Vec<Called>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    sqlx::query_as!(
        Called,
        r#"select coalesce(nullif(a.target_name, ''), nullif(a.target_mail, ''), a.target_oid) as "name!",
                  a.target_mail as mail, count(distinct a.customer_id) as "customers!"
             from assignment a
            where a.provider_id = $1 and a.match_id = $3 and a.holds
              and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = a.customer_id))
            group by 1, 2 order by 3 desc, 1, 2 limit 20"#,
        provider.0,
        viewer.map(|person| person.0),
        id
    )
    .fetch_all(&mut **tx)
    .await
}

/// A human by his id, if he has (or had) access at a customer in view. Missing, foreign and out of view are the same.
pub async fn person(tx: &mut Tx, id: Uuid) -> Result<Option<PersonRow>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let row = sqlx::query!(
        r#"select m.match_id, m.ours, h.customers as "customers!", h.held as "held!", h.next_end,
                  case when $2::uuid is null then m.name else coalesce(h.name, m.name) end as "name!",
                  case when $2::uuid is null then m.mail else coalesce(h.mail, m.mail) end as "mail!"
             from person_match m
             cross join lateral (
               select count(distinct a.customer_id) filter (where a.holds) as customers,
                      count(*) filter (where a.holds) as held, min(a.ends_at) filter (where a.holds) as next_end,
                      count(*) as ever,
                      coalesce(mode() within group (order by coalesce(nullif(a.target_name, ''),
                        nullif(a.target_mail, ''), a.target_oid)) filter (where a.holds),
                        mode() within group (order by coalesce(nullif(a.target_name, ''),
                        nullif(a.target_mail, ''), a.target_oid))) as name,
                      coalesce(mode() within group (order by a.target_mail) filter (where a.holds),
                        mode() within group (order by a.target_mail)) as mail
                 from assignment a
                where a.provider_id = $1 and a.match_id = m.match_id
                  and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                       and v.person_id = $2 and v.customer_id = a.customer_id))) h
            where m.provider_id = $1 and m.match_id = $3 and h.ever > 0"#,
        provider.0,
        viewer.map(|person| person.0),
        id
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| PersonRow {
        id: row.match_id,
        name: row.name,
        mail: row.mail,
        ours: row.ours,
        customers: row.customers,
        held: row.held,
        next_end: row.next_end,
        key: String::new(),
    }))
}

/// An address or account of a match, and who said so.
#[derive(Clone, Debug)]
pub struct Said {
    /// None: everywhere.
    pub customer: Option<CustomerId>,
    pub customer_name: String,
    pub account: String,
    pub by: Option<String>,
    pub at: Option<DateTime<Utc>>,
    /// Empty: it follows from the address.
    pub why: String,
}

/// By what a person is known: his addresses, and accounts that somebody said to be his.
pub async fn said(tx: &mut Tx, id: Uuid) -> Result<Vec<Said>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let rows = sqlx::query!(
        r#"select null::uuid as customer_id, '' as "customer_name!", p.mail as "account!", s.name as "by?",
                  p.said_at, p.why as "why!"
             from person_match_mail p
             left join person s on s.provider_id = $1 and s.person_id = p.said_by
            where p.provider_id = $1 and p.match_id = $3
              and ($2::uuid is null or exists (
                   select 1 from assignment a
                     join person_customer v on v.provider_id = $1 and v.person_id = $2
                          and v.customer_id = a.customer_id
                    where a.provider_id = $1 and a.match_id = $3 and a.target_mail = p.mail))
           union all
           select k.customer_id, c.name, k.account, s.name, k.said_at, k.why
             from person_match_account k
             join customer c on c.provider_id = $1 and c.customer_id = k.customer_id
             left join person s on s.provider_id = $1 and s.person_id = k.said_by
            where k.provider_id = $1 and k.match_id = $3
              and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = k.customer_id))
            order by 2, 3 limit 200"#,
        provider.0,
        viewer.map(|person| person.0),
        id
    )
    .fetch_all(&mut **tx)
    .await?;
    let said = rows.into_iter().map(|row| Said {
        customer: row.customer_id.map(CustomerId),
        customer_name: row.customer_name,
        account: row.account,
        by: row.by,
        at: row.said_at,
        why: row.why,
    });
    Ok(said.collect())
}

/// Whose an address is.
pub async fn match_of(tx: &mut Tx, mail: &str) -> Result<Option<Uuid>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_scalar!(
        "select match_id from person_match_mail where provider_id = $1 and mail = $2",
        provider.0,
        mail
    )
    .fetch_optional(&mut **tx)
    .await
}

/// The addresses of a match.
pub async fn mails_of(tx: &mut Tx, id: Uuid) -> Result<Vec<String>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_scalar!(
        "select mail from person_match_mail where provider_id = $1 and match_id = $2 order by mail limit 50",
        provider.0,
        id
    )
    .fetch_all(&mut **tx)
    .await
}
