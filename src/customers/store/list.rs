//! The list of customers: search, filter, sort and keyset paging, all in one statement per sort.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::customers::model::{State, WhoseMove, words};
use crate::kit::ids::PersonId;
use crate::kit::scope::Tx;

pub const PAGE: i64 = 50;

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

/// Where a page ends: the sort's own value, and the id that makes it unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub first: String,
    pub second: String,
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
    pub next_expiry: Option<DateTime<Utc>>,
    pub read_at: Option<DateTime<Utc>>,
    pub paused_at: Option<DateTime<Utc>>,
    pub manager_name: Option<String>,
    pub tags: Vec<String>,
    pub sort_name: String,
    pub mine: bool,
}

impl ListRow {
    fn cursor(&self, sort: Sort) -> Cursor {
        let (first, second) = match sort {
            Sort::Mine => (if self.mine { "0" } else { "1" }.to_owned(), self.sort_name.clone()),
            Sort::Name => (self.sort_name.clone(), String::new()),
            Sort::Since => (self.since.to_rfc3339(), String::new()),
            Sort::Expiry => (expiry_key(self.next_expiry).to_rfc3339(), String::new()),
        };
        Cursor { first, second, id: self.customer_id }
    }
}

/// Customers without an expiry come last.
fn expiry_key(at: Option<DateTime<Utc>>) -> DateTime<Utc> {
    at.unwrap_or_else(|| DateTime::from_timestamp(NEVER, 0).unwrap_or_default())
}

/// 1 January 9999, seconds.
const NEVER: i64 = 253_370_764_800;

/// A page of customers and where the next one begins.
#[derive(Debug)]
pub struct Page {
    pub rows: Vec<ListRow>,
    pub next: Option<Cursor>,
}

macro_rules! list {
    ($tx:ident, $f:ident, $w:ident, $me:ident, $cursor:literal, $order:literal, $a:expr, $b:expr, $id:expr) => {
        sqlx::query_as!(
            ListRow,
            r#"select c.customer_id, c.name, c.domain, c.entra_tenant_id, c.state, c.whose_move, c.next_move,
                      c.since, c.steps_done, c.steps_total, c.open_requests, c.next_expiry, c.read_at, c.paused_at,
                      m.name as "manager_name?",
                      array(select t.tag from customer_tag t where t.provider_id = $1
                             and t.customer_id = c.customer_id order by t.tag) as "tags!",
                      c.sort_name, (c.account_manager is not distinct from $3) as "mine!"
                 from customer c
                 left join person m on m.provider_id = $1 and m.person_id = c.account_manager
                where c.provider_id = $1
                  and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                       and v.person_id = $2 and v.customer_id = c.customer_id))
                  and ($4::text is null or c.customer_id in (select s.customer_id from customer_word s
                       where s.provider_id = $1 and s.word >= $4 and s.word < $4 || chr(1114111)))
                  and ($5::text is null or c.customer_id in (select s.customer_id from customer_word s
                       where s.provider_id = $1 and s.word >= $5 and s.word < $5 || chr(1114111)))
                  and ($6::text is null or c.state = $6)
                  and ($7::text is null or c.whose_move = $7)
                  and ($8::text is null or exists (select 1 from customer_tag t where t.provider_id = $1
                       and t.tag = $8 and t.customer_id = c.customer_id))
                  and ($9::uuid is null or c.account_manager = $9)
                  and ($10::boolean is null or (c.paused_at is not null) = $10)
                  and "# + $cursor + r#"
                order by "# + $order + r#"
                limit $11"#,
            $tx.scope().provider().0,
            $tx.scope().limited_to().map(|person| person.0),
            $me,
            $w.0,
            $w.1,
            $f.state.map(State::key),
            $f.whose_move.map(WhoseMove::key),
            $f.tag,
            $f.manager.map(|person| person.0),
            $f.paused,
            PAGE + 1,
            $a,
            $b,
            $id,
        )
        .fetch_all(&mut **$tx)
        .await?
    };
}

/// One page. The cursor's text was made by us; what cannot be read of it means the first page.
pub async fn list(tx: &mut Tx, filter: &Filter) -> Result<Page, sqlx::Error> {
    let me = tx.scope().person().map_or(Uuid::nil(), |person| person.0);
    let mut typed = words([filter.search.as_str()]).into_iter();
    let searched = (typed.next(), typed.next());
    let after = filter.after.clone();
    let id = after.as_ref().map(|cursor| cursor.id);
    let first = after.as_ref().map(|cursor| cursor.first.clone());
    let second = after.map(|cursor| cursor.second);
    let time = first.as_ref().and_then(|text| text.parse::<DateTime<Utc>>().ok());
    let theirs = first.as_ref().map(|text| text == "1");
    let mut rows = match filter.sort {
        Sort::Mine => list!(
            tx,
            filter,
            searched,
            me,
            "($14::uuid is null or ((c.account_manager is distinct from $3), c.sort_name, c.customer_id)
              > ($12::boolean, $13::text, $14))",
            "(c.account_manager is distinct from $3), c.sort_name, c.customer_id",
            theirs,
            second,
            id
        ),
        Sort::Name => list!(
            tx,
            filter,
            searched,
            me,
            "($14::uuid is null or (c.sort_name, c.customer_id) > ($12::text, $14)) and $13::text is null",
            "c.sort_name, c.customer_id",
            first,
            None::<String>,
            id
        ),
        Sort::Since => list!(
            tx,
            filter,
            searched,
            me,
            "($14::uuid is null or (c.since, c.customer_id) > ($12::timestamptz, $14)) and $13::text is null",
            "c.since, c.customer_id",
            time,
            None::<String>,
            id
        ),
        Sort::Expiry => list!(
            tx,
            filter,
            searched,
            me,
            "($14::uuid is null or (coalesce(c.next_expiry, to_timestamp(253370764800)), c.customer_id)
              > ($12::timestamptz, $14)) and $13::text is null",
            "coalesce(c.next_expiry, to_timestamp(253370764800)), c.customer_id",
            time,
            None::<String>,
            id
        ),
    };
    let more = rows.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
    if more {
        rows.pop();
    }
    let next = if more { rows.last().map(|row| row.cursor(filter.sort)) } else { None };
    Ok(Page { rows, next })
}

/// How many customers in view stand where; for the filter's figures and for Today.
pub async fn counts(tx: &mut Tx) -> Result<Vec<(String, String, i64)>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let rows = sqlx::query!(
        r#"select c.state, c.whose_move, count(*) as "many!" from customer c
            where c.provider_id = $1 and c.paused_at is null
              and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = c.customer_id))
            group by c.state, c.whose_move order by c.state"#,
        provider.0,
        viewer.map(|person| person.0),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.state, row.whose_move, row.many)).collect())
}
