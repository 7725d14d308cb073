//! The list of customers: search, filter, sort and keyset paging, each page by index however many customers there are.

use chrono::{DateTime, SecondsFormat, Utc};
use uuid::Uuid;

use super::search::Search;
use crate::customers::model::{State, WhoseMove};
use crate::kit::ids::PersonId;
use crate::kit::scope::Tx;
use crate::kit::view::{SMALL, plan_each};

pub const PAGE: usize = 50;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// One's own customers first, then by name.
    #[default]
    Mine,
    Name,
    /// Longest waiting first.
    Since,
    /// Soonest expiry first.
    Expiry,
}

impl Sort {
    pub const ALL: [Self; 4] = [Self::Mine, Self::Name, Self::Since, Self::Expiry];

    pub const fn key(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::Name => "name",
            Self::Since => "since",
            Self::Expiry => "expiry",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.key() == key)
    }
}

/// What the list is asked for; every part comes from the address.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub search: String,
    pub state: Option<State>,
    pub whose_move: Option<WhoseMove>,
    pub tag: Option<String>,
    pub manager: Option<PersonId>,
    /// `Some(true)`: only paused ones; `Some(false)`: only the others.
    pub paused: Option<bool>,
    pub sort: Sort,
    /// The last row of the page before.
    pub after: Option<Cursor>,
}

/// Where a page ends: in which part of the order, at which of its values, and the id that makes it unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub part: usize,
    pub value: String,
    pub id: Uuid,
}

#[derive(Clone, Debug)]
pub struct ListRow {
    pub customer_id: Uuid,
    pub name: String,
    pub domain: String,
    pub entra_tenant_id: Uuid,
    pub state: String,
    pub whose_move: String,
    pub next_move: String,
    pub since: DateTime<Utc>,
    pub steps_done: i32,
    pub steps_total: i32,
    pub open_requests: i32,
    pub open_alerts: i32,
    pub high_alerts: i32,
    pub last_alert_at: Option<DateTime<Utc>>,
    /// `no-permission`: his consent does not open his alerts; empty: never read.
    pub alerts_state: String,
    pub next_expiry: Option<DateTime<Utc>>,
    pub read_at: Option<DateTime<Utc>>,
    pub paused_at: Option<DateTime<Utc>>,
    pub manager_name: Option<String>,
    pub tags: Vec<String>,
    pub sort_name: String,
    pub mine: bool,
}

/// A page of customers and where the next one begins.
#[derive(Debug)]
pub struct Page {
    pub rows: Vec<ListRow>,
    pub next: Option<Cursor>,
}

/// One stretch of an order that an index gives by itself. An order whose first criterion is yes or no has two.
#[derive(Clone, Copy, Debug)]
enum Part {
    Named { of: Option<Uuid>, but_of: Option<Uuid> },
    Since,
    Dated,
    Undated,
}

impl Part {
    fn all(filter: &Filter, me: Option<Uuid>) -> Vec<Self> {
        let of = filter.manager.map(|person| person.0);
        match (filter.sort, me) {
            (Sort::Mine, Some(me)) if of.is_none() => {
                vec![Self::Named { of: Some(me), but_of: None }, Self::Named { of: None, but_of: Some(me) }]
            }
            (Sort::Mine | Sort::Name, _) => vec![Self::Named { of, but_of: None }],
            (Sort::Since, _) => vec![Self::Since],
            (Sort::Expiry, _) => vec![Self::Dated, Self::Undated],
        }
    }

    /// What the cursor holds of a row; it is read back as the column's own type.
    fn value(self, row: &ListRow) -> String {
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Micros, true);
        match self {
            Self::Named { .. } => row.sort_name.clone(),
            Self::Since => time(row.since),
            Self::Dated => row.next_expiry.map(time).unwrap_or_default(),
            Self::Undated => String::new(),
        }
    }
}

macro_rules! rows {
    ($tx:ident, $f:ident, $w:ident, $among:ident, $of:expr, $but_of:expr, $cursor:literal, $order:literal, $value:expr, $id:expr, $most:expr) => {
        sqlx::query_as!(
            ListRow,
            r#"select c.customer_id, c.name, c.domain, c.entra_tenant_id, c.state, c.whose_move, c.next_move,
                      c.since, c.steps_done, c.steps_total, c.open_requests, c.open_alerts, c.high_alerts, c.last_alert_at,
                      c.alerts_state, c.next_expiry, c.read_at, c.paused_at,
                      m.name as "manager_name?",
                      array(select t.tag from customer_tag t where t.provider_id = $1
                             and t.customer_id = c.customer_id order by t.tag) as "tags!",
                      c.sort_name, (c.account_manager is not distinct from $3) as "mine!"
                 from customer c
                 left join person m on m.provider_id = $1 and m.person_id = c.account_manager
                where c.provider_id = $1
                  and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                       and v.person_id = $2 and v.customer_id = c.customer_id))
                  and (cardinality($4::text[]) = 0 or not exists (
                       select 1 from unnest($4::text[], $5::text[]) as w (low, high) where not exists (
                       select 1 from customer_word s where s.provider_id = $1 and s.customer_id = c.customer_id
                          and s.word >= w.low and s.word < w.high)))
                  and ($16::uuid[] is null or c.customer_id = any ($16))
                  and ($6::uuid is null or c.entra_tenant_id = $6)
                  and ($7::text is null or c.state = $7)
                  and ($8::text is null or c.whose_move = $8)
                  and ($9::text is null or exists (select 1 from customer_tag t where t.provider_id = $1
                       and t.tag = $9 and t.customer_id = c.customer_id))
                  and ($10::uuid is null or c.account_manager = $10)
                  and ($11::uuid is null or c.account_manager is distinct from $11)
                  and ($12::boolean is null or (c.paused_at is not null) = $12)
                  and "# + $cursor + r#"
                order by "# + $order + r#"
                limit $13"#,
            $tx.scope().provider().0,
            $tx.scope().limited_to().map(|person| person.0),
            $tx.scope().person().map_or(Uuid::nil(), |person| person.0),
            &$w.lows,
            &$w.highs,
            $w.entra_tenant_id,
            $f.state.map(State::key),
            $f.whose_move.map(WhoseMove::key),
            $f.tag,
            $of,
            $but_of,
            $f.paused,
            $most,
            $value,
            $id,
            $among,
        )
        .fetch_all(&mut **$tx)
        .await
    };
}

/// Rows of one part, from the cursor on. What cannot be read of a cursor means the part's beginning.
async fn rows(
    tx: &mut Tx,
    filter: &Filter,
    (search, among): (&Search, Option<&[Uuid]>),
    part: Part,
    after: Option<&Cursor>,
    most: i64,
) -> Result<Vec<ListRow>, sqlx::Error> {
    let manager = filter.manager.map(|person| person.0);
    let name = after.map(|cursor| cursor.value.clone());
    let time = after.and_then(|cursor| cursor.value.parse::<DateTime<Utc>>().ok());
    let id = after.map(|cursor| cursor.id);
    match part {
        Part::Named { of, but_of } => rows!(
            tx,
            filter,
            search,
            among,
            of,
            but_of,
            "($15::uuid is null or (c.sort_name, c.customer_id) > ($14::text, $15))",
            "c.sort_name, c.customer_id",
            name,
            id,
            most
        ),
        Part::Since => rows!(
            tx,
            filter,
            search,
            among,
            manager,
            None::<Uuid>,
            "($14::timestamptz is null or (c.since, c.customer_id) > ($14, $15::uuid))",
            "c.since, c.customer_id",
            time,
            id,
            most
        ),
        Part::Dated => rows!(
            tx,
            filter,
            search,
            among,
            manager,
            None::<Uuid>,
            "c.next_expiry is not null
             and ($14::timestamptz is null or (c.next_expiry, c.customer_id) > ($14, $15::uuid))",
            "c.next_expiry, c.customer_id",
            time,
            id,
            most
        ),
        Part::Undated => rows!(
            tx,
            filter,
            search,
            among,
            manager,
            None::<Uuid>,
            "c.next_expiry is null and $14::text is not null and ($15::uuid is null or c.customer_id > $15)",
            "c.next_expiry, c.customer_id",
            "",
            id,
            most
        ),
    }
}

/// Customers among whom all that fit are found: the smallest set that the view, the tag or one of the words leaves, if
/// it is small. Else the order is walked, and what fits comes often enough.
async fn among(tx: &mut Tx, filter: &Filter, search: &Search) -> Result<Option<Vec<Uuid>>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    if viewer.is_none() && filter.tag.is_none() && search.lows.is_empty() {
        return Ok(None);
    }
    let sets = sqlx::query_scalar!(
        r#"select array(select v.customer_id from person_customer v where v.provider_id = $1 and v.person_id = $2
                         limit $6) as "ids!"
            where $2::uuid is not null
           union all
           select array(select t.customer_id from customer_tag t where t.provider_id = $1 and t.tag = $3 limit $6)
            where $3::text is not null
           union all
           select array(select s.customer_id from customer_word s where s.provider_id = $1 and s.word >= w.low
                           and s.word < w.high limit $6)
             from unnest($4::text[], $5::text[]) as w (low, high)"#,
        provider.0,
        viewer.map(|person| person.0),
        filter.tag,
        &search.lows,
        &search.highs,
        i64::try_from(SMALL + 1).unwrap_or(i64::MAX),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(sets.into_iter().min_by_key(Vec::len).filter(|ids| ids.len() <= SMALL))
}

/// One page.
pub async fn list(tx: &mut Tx, filter: &Filter) -> Result<Page, sqlx::Error> {
    plan_each(tx).await?;
    let parts = Part::all(filter, tx.scope().person().map(|person| person.0));
    let search = Search::of(&filter.search);
    let among = among(tx, filter, &search).await?;
    if among.as_ref().is_some_and(Vec::is_empty) {
        return Ok(Page { rows: Vec::new(), next: None });
    }
    let after = filter.after.as_ref().filter(|cursor| cursor.part < parts.len());
    let mut found: Vec<(usize, ListRow)> = Vec::with_capacity(PAGE + 1);
    for (number, part) in parts.iter().enumerate().skip(after.map_or(0, |cursor| cursor.part)) {
        let most = i64::try_from(PAGE + 1 - found.len()).unwrap_or_default();
        let from = after.filter(|cursor| cursor.part == number);
        let more = rows(tx, filter, (&search, among.as_deref()), *part, from, most).await?;
        found.extend(more.into_iter().map(|row| (number, row)));
        if found.len() > PAGE {
            break;
        }
    }
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let last = found.last().filter(|_| more);
    let next = last.map(|(number, row)| Cursor {
        part: *number,
        value: parts[*number].value(row),
        id: row.customer_id,
    });
    Ok(Page { rows: found.into_iter().map(|(_, row)| row).collect(), next })
}
