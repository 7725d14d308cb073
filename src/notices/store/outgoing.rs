//! The outbox as the sender and the pages see it.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::channels::Sealed;
use crate::kit::ids::{ChannelId, CustomerId, OutgoingId, PersonId};
use crate::kit::scope::Tx;
use crate::notices::model::ChannelKind;
use crate::people::model::MAILED_FOR;

pub const PAGE: i64 = 50;

/// A message with everything that sending it needs.
#[derive(Clone, Debug)]
pub struct Letter {
    pub told: Value,
    /// The provider's name.
    pub provider: String,
    pub made_at: DateTime<Utc>,
    pub due_at: DateTime<Utc>,
    /// It leaves in quiet hours too.
    pub urgent: bool,
    pub customer: Option<(CustomerId, String, String, Uuid)>,
    pub channel: Option<ToChannel>,
    pub person: Option<ToPerson>,
    /// Where a pending request is told: whether it waits still.
    pub waits: Option<bool>,
}

impl Letter {
    /// Its receiver knows a message by its id, and drops one that he has: it may be sent again and again.
    pub fn drops_what_it_has(&self) -> bool {
        self.channel.as_ref().is_some_and(|channel| channel.kind == ChannelKind::Webhook)
    }
}

#[derive(Clone, Debug)]
pub struct ToChannel {
    pub id: ChannelId,
    pub kind: ChannelKind,
    pub language: String,
    pub enabled: bool,
    pub sealed: Sealed,
}

#[derive(Clone, Debug)]
pub struct ToPerson {
    pub id: PersonId,
    pub name: String,
    pub mail: String,
    pub language: String,
    /// He may come in and still does, wants it, and sees the customer it is about.
    pub wanted: bool,
}

/// The message, as long as it is to be sent.
pub async fn letter(tx: &mut Tx, id: OutgoingId, now: DateTime<Utc>) -> Result<Option<Letter>, sqlx::Error> {
    let provider = tx.scope().provider();
    let row = sqlx::query!(
        r#"select o.told, v.name as provider, o.made_at, o.due_at as "due_at!", o.urgent, o.customer_id, c.name as "customer_name?", c.domain as "domain?",
                  c.entra_tenant_id as "tenant?",
                  h.channel_id as "channel_id?", h.kind as "channel_kind?", h.language as "channel_language?",
                  h.enabled as "channel_enabled?", h.sealed_target as "sealed_target?", h.sealed_secret,
                  h.sealed_before, h.before_until,
                  p.person_id as "person_id?", p.name as "person_name?", p.mail as "mail?",
                  coalesce(p.language, v.default_language) as "person_language!",
                  coalesce(p.disabled_at is null and p.roles <> '{}' and p.mail <> '' and p.seen_at > $3
                    and coalesce(case when o.told ->> 'what' = 'digest' then n.digest else n.mail end, true)
                    and (o.customer_id is null or p.sees_all or exists (
                         select 1 from person_customer g where g.provider_id = $1 and g.person_id = p.person_id
                            and g.customer_id = o.customer_id)), false) as "wanted!",
                  case when o.told ->> 'kind' = 'request-pending' then exists (
                       select 1 from access_request r where r.provider_id = $1 and r.customer_id = o.customer_id
                          and r.request_id = o.told -> 'facts' ->> 'request' and r.state = 'pendingApproval') end as waits
             from outgoing o
             join provider v on v.provider_id = $1
             left join customer c on c.provider_id = $1 and c.customer_id = o.customer_id
             left join notice_channel h on h.provider_id = $1 and h.channel_id = o.channel_id
             left join person p on p.provider_id = $1 and p.person_id = o.person_id
             left join notice_choice n on n.provider_id = $1 and n.person_id = o.person_id
            where o.provider_id = $1 and o.outgoing_id = $2 and o.state = 'waiting'"#,
        provider.0,
        id.0,
        now - MAILED_FOR
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let customer = row.customer_id.map(|id| {
        let (name, domain) = (row.customer_name.unwrap_or_default(), row.domain.unwrap_or_default());
        (CustomerId(id), name, domain, row.tenant.unwrap_or_default())
    });
    let channel = row.channel_id.map(|id| ToChannel {
        id: ChannelId(id),
        kind: row.channel_kind.as_deref().and_then(ChannelKind::from_key).unwrap_or(ChannelKind::Webhook),
        language: row.channel_language.unwrap_or_default(),
        enabled: row.channel_enabled.unwrap_or_default(),
        sealed: Sealed {
            target: row.sealed_target.unwrap_or_default(),
            secret: row.sealed_secret,
            before: row.sealed_before.zip(row.before_until),
        },
    });
    let person = row.person_id.map(|id| ToPerson {
        id: PersonId(id),
        name: row.person_name.unwrap_or_default(),
        mail: row.mail.unwrap_or_default(),
        language: row.person_language,
        wanted: row.wanted,
    });
    Ok(Some(Letter {
        told: row.told,
        provider: row.provider,
        made_at: row.made_at,
        due_at: row.due_at,
        urgent: row.urgent,
        customer,
        channel,
        person,
        waits: row.waits,
    }))
}

/// What the list is asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// `waiting`, `sent`, `dropped` or `dead`.
    pub state: Option<String>,
    /// Only to this channel, or only to people.
    pub channel: Option<ChannelId>,
    pub people: bool,
    pub after: Option<(DateTime<Utc>, OutgoingId)>,
}

/// A message as the pages show it.
#[derive(Clone, Debug)]
pub struct OutRow {
    pub id: OutgoingId,
    pub told: Value,
    pub customer: Option<CustomerId>,
    pub customer_name: Option<String>,
    /// Name of the channel, or of the person.
    pub to: String,
    pub state: String,
    pub held: bool,
    pub made_at: DateTime<Utc>,
    pub due_at: Option<DateTime<Utc>>,
    pub tried_at: Option<DateTime<Utc>>,
    pub attempts: i32,
    pub problem: Option<Value>,
}

/// The newest first, of customers in view and of none; and whether there are more.
pub async fn list(tx: &mut Tx, filter: &Filter) -> Result<(Vec<OutRow>, bool), sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let mut rows = sqlx::query_as!(
        OutRow,
        r#"select o.outgoing_id as "id: OutgoingId", o.told, o.customer_id as "customer: CustomerId",
                  c.name as "customer_name?", coalesce(h.name, p.name, '') as "to!", o.state, o.held, o.made_at,
                  o.due_at, o.tried_at, o.attempts, o.problem
             from outgoing o
             left join customer c on c.provider_id = $1 and c.customer_id = o.customer_id
             left join notice_channel h on h.provider_id = $1 and h.channel_id = o.channel_id
             left join person p on p.provider_id = $1 and p.person_id = o.person_id
            where o.provider_id = $1 and o.recipient <> 'nobody'
              and ($2::text is null or o.state = $2)
              and ($7::uuid is null or o.channel_id = $7) and (not $8 or o.person_id is not null)
              and ($3::uuid is null or o.customer_id is null or exists (
                   select 1 from person_customer v where v.provider_id = $1 and v.person_id = $3
                      and v.customer_id = o.customer_id))
              and ($4::timestamptz is null or (o.made_at, o.outgoing_id) < ($4, $5::uuid))
            order by o.made_at desc, o.outgoing_id desc limit $6"#,
        provider.0,
        filter.state,
        viewer.map(|person| person.0),
        filter.after.map(|(at, _)| at),
        filter.after.map(|(_, id)| id.0),
        PAGE + 1,
        filter.channel.map(|channel| channel.0),
        filter.people,
    )
    .fetch_all(&mut **tx)
    .await?;
    let more = rows.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
    rows.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    Ok((rows, more))
}

/// What was told of one customer, the newest first.
pub async fn of_customer(tx: &mut Tx, customer: CustomerId, most: i64) -> Result<Vec<OutRow>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_as!(
        OutRow,
        r#"select o.outgoing_id as "id: OutgoingId", o.told, o.customer_id as "customer: CustomerId",
                  null::text as customer_name, coalesce(h.name, p.name, '') as "to!", o.state, o.held, o.made_at,
                  o.due_at, o.tried_at, o.attempts, o.problem
             from outgoing o
             left join notice_channel h on h.provider_id = $1 and h.channel_id = o.channel_id
             left join person p on p.provider_id = $1 and p.person_id = o.person_id
            where o.provider_id = $1 and o.customer_id = $2
            order by o.made_at desc, o.outgoing_id desc limit $3"#,
        provider.0,
        customer.0,
        most
    )
    .fetch_all(&mut **tx)
    .await
}

/// Messages left for a person.
pub async fn dead_count(tx: &mut Tx) -> Result<i64, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_scalar!(
        r#"select count(*) as "many!" from outgoing where provider_id = $1 and state = 'dead'"#,
        provider.0
    )
    .fetch_one(&mut **tx)
    .await
}

/// A dead message is sent again, as if it were new; `false`: it is not dead, or of a customer out of view.
pub async fn again(tx: &mut Tx, id: OutgoingId, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let done = sqlx::query!(
        "update outgoing o set state = 'waiting', due_at = $3, attempts = 0, doubts = 0, problem = null
          where o.provider_id = $1 and o.outgoing_id = $2 and o.state = 'dead'
            and ($4::uuid is null or o.customer_id is null or exists (
                 select 1 from person_customer v where v.provider_id = $1 and v.person_id = $4
                    and v.customer_id = o.customer_id))",
        provider.0,
        id.0,
        now,
        viewer.map(|person| person.0),
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Every dead message in view; says how many.
pub async fn again_all(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let done = sqlx::query!(
        "update outgoing o set state = 'waiting', due_at = $2, attempts = 0, doubts = 0, problem = null
          where o.provider_id = $1 and o.state = 'dead'
            and ($3::uuid is null or o.customer_id is null or exists (
                 select 1 from person_customer v where v.provider_id = $1 and v.person_id = $3
                    and v.customer_id = o.customer_id))",
        provider.0,
        now,
        viewer.map(|person| person.0),
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// What quiet hours hold leaves then: their end has moved.
pub async fn release(tx: &mut Tx, at: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    let provider = tx.scope().provider();
    let done = sqlx::query!(
        "update outgoing set due_at = $2
          where provider_id = $1 and state = 'waiting' and held and due_at is distinct from $2",
        provider.0,
        at
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// The provider's round of digests comes then, or no more.
pub async fn set_round(
    tx: &mut Tx,
    id: OutgoingId,
    at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    let Some(at) = at else {
        sqlx::query!(
            "delete from outgoing where provider_id = $1 and event = 'digest-round' and recipient = 'nobody'",
            provider.0
        )
        .execute(&mut **tx)
        .await?;
        return Ok(());
    };
    sqlx::query!(
        r#"insert into outgoing (provider_id, outgoing_id, event, recipient, told, made_at, due_at)
         values ($1, $2, 'digest-round', 'nobody', '{"what": "digest-round"}', $3, $4)
         on conflict (provider_id, event, recipient) do update
            set due_at = excluded.due_at, state = 'waiting', attempts = 0, problem = null"#,
        provider.0,
        id.0,
        now,
        at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
