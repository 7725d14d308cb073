//! What warns at a customer: kept as long as its reason lasts.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::access::model::{APPROVERS, STEPS, Seat, Warning, WarningKind};
use crate::kit::counted::{Counted, STOP};
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;

/// A warning as a page shows it.
#[derive(Clone, Debug)]
pub struct WarningRow {
    pub customer: CustomerId,
    pub customer_name: String,
    pub kind: WarningKind,
    pub about: String,
    pub since: DateTime<Utc>,
    pub ends_at: Option<DateTime<Utc>>,
    pub facts: Value,
}

/// Who may decide at this customer: who is in the group as it was last read, and who came by the approvers' package
/// since. `None`: his approvers' group was not read yet.
pub async fn approver_seats(tx: &mut Tx, customer: CustomerId) -> Result<Option<Vec<Seat>>, sqlx::Error> {
    let provider = tx.scope().provider();
    let members = sqlx::query!(
        r#"select coalesce(m ->> 'id', '') as "id!",
                  coalesce(nullif(m ->> 'name', ''), m ->> 'mail', '') as "name!", m is null as "empty!", o.read_at
             from observation o
             join owned_object g on g.provider_id = $1 and g.customer_id = $2 and g.object = 'group.approvers'
             cross join lateral (
               select e from jsonb_array_elements(o.document -> 'groups') as e
                where lower(e ->> 'id') = lower(g.graph_id) limit 1) as group_read (e)
             left join lateral jsonb_array_elements(group_read.e -> 'members') as m on true
            where o.provider_id = $1 and o.customer_id = $2"#,
        provider.0,
        customer.0
    )
    .fetch_all(&mut **tx)
    .await?;
    let Some(read_at) = members.first().map(|member| member.read_at) else { return Ok(None) };
    let packages = sqlx::query!(
        "select target_oid, target_name, target_mail, ends_at, holds, changed_at from assignment
          where provider_id = $1 and customer_id = $2 and package = $3",
        provider.0,
        customer.0,
        APPROVERS
    )
    .fetch_all(&mut **tx)
    .await?;
    let is_member = |oid: &str| members.iter().any(|one| !one.empty && one.id.eq_ignore_ascii_case(oid));
    // Whoever has it by the package goes with it, also since the group was read; anybody else was put there by hand.
    let by_package = |id: &str| {
        let mut his = packages.iter().filter(|one| one.target_oid.eq_ignore_ascii_case(id));
        his.any(|one| one.holds || one.changed_at > read_at)
    };
    let mut seats: Vec<Seat> = members
        .iter()
        .filter(|member| !member.empty && !by_package(&member.id))
        .map(|member| Seat { name: member.name.clone(), ends_at: None })
        .collect();
    // Somebody who holds it and was not in the group when it was read was taken out by hand, unless it is newer.
    let decides = packages.iter().filter(|one| one.holds);
    let decides = decides.filter(|one| is_member(&one.target_oid) || one.changed_at > read_at);
    seats.extend(decides.map(|one| Seat {
        name: if one.target_name.is_empty() { one.target_mail.clone() } else { one.target_name.clone() },
        ends_at: one.ends_at,
    }));
    seats.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Some(seats))
}

/// Guests who cannot sign in and hold nothing here. A leaver should not, unless he was given something after he left.
pub async fn blocked_guests(tx: &mut Tx, customer: CustomerId) -> Result<Vec<Warning>, sqlx::Error> {
    let provider = tx.scope().provider();
    let rows = sqlx::query!(
        r#"select g.oid, m.name, m.mail from guest g
             join person_match m on m.provider_id = $1 and m.match_id = g.match_id
            where g.provider_id = $1 and g.customer_id = $2 and g.blocked_at is not null and g.deleted_at is null
              and not exists (select from assignment a where a.provider_id = $1 and a.customer_id = $2
                   and a.target_oid = g.oid and a.holds)
              and not exists (select from leaver l where l.provider_id = $1 and l.match_id = g.match_id
                   and not exists (select from assignment b where b.provider_id = $1 and b.customer_id = $2
                        and b.target_oid = g.oid and b.first_seen_at >= l.started_at
                        and not exists (select from leaver_removal r where r.provider_id = $1
                             and r.leaver_id = l.leaver_id and r.customer_id = $2
                             and r.assignment_id = b.assignment_id)))
            order by g.oid limit 200"#,
        provider.0,
        customer.0
    )
    .fetch_all(&mut **tx)
    .await?;
    let warning = |oid, name: String, mail: String| Warning {
        kind: WarningKind::GuestBlocked,
        about: oid,
        ends_at: None,
        facts: json!({ "names": [if name.is_empty() { mail } else { name }] }),
    };
    Ok(rows.into_iter().map(|row| warning(row.oid, row.name, row.mail)).collect())
}

/// A warning that is new or says something new, and since when there is one of its kind.
#[derive(Clone, Debug, PartialEq)]
pub struct NewWarning {
    pub warning: Warning,
    pub since: DateTime<Utc>,
}

/// Keeps exactly these warnings and their figure; gives those that are new, or say something new.
pub async fn keep_warnings(
    tx: &mut Tx,
    customer: CustomerId,
    found: &[Warning],
    now: DateTime<Utc>,
) -> Result<Vec<NewWarning>, sqlx::Error> {
    let provider = tx.scope().provider();
    let kinds: Vec<String> = found.iter().map(|one| one.kind.key().to_owned()).collect();
    let abouts: Vec<String> = found.iter().map(|one| one.about.clone()).collect();
    let ends: Vec<Option<DateTime<Utc>>> = found.iter().map(|one| one.ends_at).collect();
    let facts: Vec<Value> = found.iter().map(|one| one.facts.clone()).collect();
    sqlx::query!(
        "delete from access_warning w where w.provider_id = $1 and w.customer_id = $2
            and not exists (select from unnest($3::text[], $4::text[]) as n (kind, about)
                             where n.kind = w.kind and n.about = w.about)",
        provider.0,
        customer.0,
        &kinds,
        &abouts
    )
    .execute(&mut **tx)
    .await?;
    let new = sqlx::query!(
        "insert into access_warning (provider_id, customer_id, kind, about, since, ends_at, facts)
         select $1, $2, n.kind, n.about, $7, n.ends_at, n.facts
           from unnest($3::text[], $4::text[], $5::timestamptz[], $6::jsonb[]) as n (kind, about, ends_at, facts)
         on conflict (provider_id, customer_id, kind, about) do update
            set ends_at = excluded.ends_at, facts = excluded.facts
          where (access_warning.ends_at, access_warning.facts) is distinct from (excluded.ends_at, excluded.facts)
         returning kind, about, since",
        provider.0,
        customer.0,
        &kinds,
        &abouts,
        &ends as &[Option<DateTime<Utc>>],
        &facts,
        now
    )
    .fetch_all(&mut **tx)
    .await?;
    sqlx::query!(
        "update customer set warnings = $3 where provider_id = $1 and customer_id = $2 and warnings <> $3",
        provider.0,
        customer.0,
        i32::try_from(found.len()).unwrap_or(i32::MAX)
    )
    .execute(&mut **tx)
    .await?;
    let since = |one: &Warning| {
        new.iter().find(|row| row.kind == one.kind.key() && row.about == one.about).map(|row| row.since)
    };
    let told = found.iter().filter_map(|one| Some(NewWarning { since: since(one)?, warning: one.clone() }));
    Ok(told.collect())
}

/// An end that has come within another step and was not told of there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    pub assignment: String,
    pub package: String,
    pub package_name: String,
    pub name: String,
    pub mail: String,
    pub ends_at: DateTime<Utc>,
    /// Days ahead: 60, 30 or 7.
    pub step: i64,
}

/// Ends at this customer that came within a step they were not warned of, and notes that they were now.
pub async fn take_endings(
    tx: &mut Tx,
    customer: CustomerId,
    now: DateTime<Utc>,
) -> Result<Vec<Ending>, sqlx::Error> {
    let provider = tx.scope().provider();
    let [first, second, last] = STEPS;
    let rows = sqlx::query!(
        r#"update assignment a set warned = n.step
             from (select h.assignment_id, (case when h.ends_at <= $3::timestamptz then $6::bigint
                              when h.ends_at <= $4::timestamptz then $7::bigint else $8::bigint end)::smallint as step
                     from assignment h
                    where h.provider_id = $1 and h.customer_id = $2 and h.holds and h.ends_at <= $5) n
            where a.provider_id = $1 and a.customer_id = $2 and a.assignment_id = n.assignment_id
              and (a.warned = 0 or a.warned > n.step)
          returning a.assignment_id, a.package, a.package_name, a.target_name, a.target_mail,
                    a.ends_at as "ends_at!", a.warned"#,
        provider.0,
        customer.0,
        now + TimeDelta::days(last),
        now + TimeDelta::days(second),
        now + TimeDelta::days(first),
        last,
        second,
        first,
    )
    .fetch_all(&mut **tx)
    .await?;
    let ending = rows.into_iter().map(|row| Ending {
        assignment: row.assignment_id,
        package: row.package,
        package_name: row.package_name,
        name: row.target_name,
        mail: row.target_mail,
        ends_at: row.ends_at,
        step: i64::from(row.warned),
    });
    Ok(ending.collect())
}

/// Warnings of one customer, or of all in view: the most pressing kinds first, of each at most so many.
pub async fn warnings(
    tx: &mut Tx,
    customer: Option<CustomerId>,
    kind: Option<WarningKind>,
    most: i64,
) -> Result<Vec<WarningRow>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let mut found = Vec::new();
    for kind in WarningKind::ALL.into_iter().filter(|one| kind.is_none_or(|kind| kind == *one)) {
        let rows = sqlx::query!(
            "select w.customer_id, c.name as customer_name, w.about, w.since, w.ends_at, w.facts
               from access_warning w
               join customer c on c.provider_id = $1 and c.customer_id = w.customer_id
              where w.provider_id = $1 and w.kind = $4
                and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                     and v.person_id = $2 and v.customer_id = w.customer_id))
                and ($3::uuid is null or w.customer_id = $3)
              order by w.since, w.customer_id, w.about limit $5",
            provider.0,
            viewer.map(|person| person.0),
            customer.map(|customer| customer.0),
            kind.key(),
            most,
        )
        .fetch_all(&mut **tx)
        .await?;
        found.extend(rows.into_iter().map(|row| WarningRow {
            customer: CustomerId(row.customer_id),
            customer_name: row.customer_name,
            kind,
            about: row.about,
            since: row.since,
            ends_at: row.ends_at,
            facts: row.facts,
        }));
    }
    Ok(found)
}

/// How many warnings of each kind there are, over all customers in view; kinds without any are left out.
pub async fn warning_counts(tx: &mut Tx) -> Result<Vec<(WarningKind, Counted)>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let kinds: Vec<String> = WarningKind::ALL.map(|kind| kind.key().to_owned()).into();
    let counts = sqlx::query_scalar!(
        r#"select (select count(*) from (
                    select 1 from access_warning w
                     where w.provider_id = $1 and w.kind = n.kind
                       and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                            and v.person_id = $2 and v.customer_id = w.customer_id))
                     limit $4) as few) as "many!"
             from unnest($3::text[]) with ordinality as n (kind, place) order by n.place"#,
        provider.0,
        viewer.map(|person| person.0),
        &kinds,
        STOP
    )
    .fetch_all(&mut **tx)
    .await?;
    let counts = WarningKind::ALL.into_iter().zip(counts.into_iter().map(Counted::of));
    Ok(counts.filter(|(_, many)| !many.is_none()).collect())
}
