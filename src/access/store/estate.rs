//! The estate at a glance: customers × packages, and which packages of which customers one analyst has, has asked for,
//! or still has to ask for.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::access::model::APPROVERS;
use crate::kit::counted::{Counted, STOP};
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;
use crate::kit::view::plan_each;

pub const PAGE: usize = 50;
/// Customers on one page of links: it is printed.
pub const LINKS_PAGE: usize = 100;

/// Where a page of customers ends.
pub type CustomerCursor = (String, Uuid);

/// One customer of the matrix: by package key, how it stands and how many people hold it.
#[derive(Clone, Debug)]
pub struct MatrixRow {
    pub customer: CustomerId,
    pub name: String,
    pub state: String,
    pub paused: bool,
    /// When his directory was read; none: never.
    pub read_at: Option<DateTime<Utc>>,
    pub cells: BTreeMap<String, Cell>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// States of the plan's steps about this package: of the package, its policy and its link.
    pub steps: Vec<(String, String)>,
    /// A durable link was made, and still leads somewhere.
    pub link: Option<bool>,
    pub people: i64,
}

/// How a package stands at a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    Present,
    Differs,
    Missing,
    /// His directory was not read yet.
    Unknown,
}

impl Stands {
    pub const fn key(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Differs => "differs",
            Self::Missing => "missing",
            Self::Unknown => "unknown",
        }
    }
}

impl Cell {
    /// By the plan of the last reading; a dead link tells that a package is gone although no plan says so yet.
    pub fn stands(&self, read: bool) -> Stands {
        let state =
            |kind: &str| self.steps.iter().find(|(step, _)| step == kind).map(|(_, state)| state.as_str());
        let done = |kind: &str| state(kind).is_none_or(|state| state == "done");
        match (state("package"), self.link) {
            _ if !read => Stands::Unknown,
            (Some("done"), Some(false)) | (None, Some(false)) => Stands::Missing,
            (Some("done"), _) if done("policy") => Stands::Present,
            (Some("done" | "change"), _) => Stands::Differs,
            (None, Some(true)) => Stands::Present,
            (Some("question"), _) => Stands::Differs,
            _ => Stands::Missing,
        }
    }
}

struct PlanStep {
    customer: Uuid,
    kind: String,
    of: String,
    state: String,
}

/// A page of customers by name, with every package of each. Five statements, however many rows.
pub async fn matrix(
    tx: &mut Tx,
    after: Option<&CustomerCursor>,
) -> Result<(Vec<MatrixRow>, Option<CustomerCursor>), sqlx::Error> {
    plan_each(tx).await?;
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let mut found = sqlx::query!(
        r#"select c.customer_id, c.name, c.sort_name, c.state, c.paused_at, c.read_at
             from customer c
            where c.provider_id = $1
              and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = c.customer_id))
              and ($3::text is null or (c.sort_name, c.customer_id) > ($3, $4::uuid))
            order by c.sort_name, c.customer_id limit $5"#,
        provider.0,
        viewer.map(|person| person.0),
        after.map(|(name, _)| name.clone()),
        after.map(|(_, id)| *id),
        i64::try_from(PAGE + 1).unwrap_or(i64::MAX),
    )
    .fetch_all(&mut **tx)
    .await?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let next = found.last().filter(|_| more).map(|row| (row.sort_name.clone(), row.customer_id));
    let ids: Vec<Uuid> = found.iter().map(|row| row.customer_id).collect();
    let mut cells: BTreeMap<Uuid, BTreeMap<String, Cell>> = BTreeMap::new();
    let mut cell = |customer: Uuid, package: String, change: &dyn Fn(&mut Cell)| {
        change(cells.entry(customer).or_default().entry(package).or_default());
    };
    for step in plan_steps(tx, &ids).await? {
        cell(step.customer, step.of, &|cell| cell.steps.push((step.kind.clone(), step.state.clone())));
    }
    let links = sqlx::query!(
        "select customer_id, package, alive from link where provider_id = $1 and customer_id = any ($2)",
        provider.0,
        &ids
    )
    .fetch_all(&mut **tx)
    .await?;
    for link in links {
        cell(link.customer_id, link.package, &|cell| cell.link = Some(link.alive));
    }
    let people = sqlx::query!(
        r#"select customer_id, package, count(distinct match_id) as "many!" from assignment
            where provider_id = $1 and customer_id = any ($2) and holds group by customer_id, package"#,
        provider.0,
        &ids
    )
    .fetch_all(&mut **tx)
    .await?;
    for one in people {
        cell(one.customer_id, one.package, &|cell| cell.people = one.many);
    }
    let rows = found.into_iter().map(|row| MatrixRow {
        customer: CustomerId(row.customer_id),
        name: row.name,
        state: row.state,
        paused: row.paused_at.is_some(),
        read_at: row.read_at,
        cells: cells.remove(&row.customer_id).unwrap_or_default(),
    });
    Ok((rows.collect(), next))
}

/// The steps about packages, of the newest plan of each of these customers.
async fn plan_steps(tx: &mut Tx, customers: &[Uuid]) -> Result<Vec<PlanStep>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_as!(
        PlanStep,
        r#"select p.customer_id as customer, split_part(s ->> 'key', '.', 1) as "kind!",
                  split_part(s ->> 'key', '.', 2) as "of!",
                  case when jsonb_typeof(s -> 'state') = 'string' then s ->> 'state'
                       else coalesce((select k from jsonb_object_keys(s -> 'state') as k limit 1), '') end as "state!"
             from unnest($2::uuid[]) as n (customer_id)
             cross join lateral (
               select q.customer_id, q.document from plan q
                where q.provider_id = $1 and q.customer_id = n.customer_id
                order by q.state <> 'proposed', q.made_at desc, q.plan_id desc limit 1) p
             cross join lateral jsonb_array_elements(p.document -> 'steps') as s
            where split_part(s ->> 'key', '.', 1) in ('package', 'policy')"#,
        provider.0,
        customers
    )
    .fetch_all(&mut **tx)
    .await
}

/// Whether an analyst has a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Has {
    /// Until then; none: without an end, or none is known.
    Held(Option<DateTime<Utc>>),
    /// Waits for a decision until then.
    Asked(Option<DateTime<Utc>>),
    Missing,
}

/// A package of a customer and whether this analyst has it.
#[derive(Clone, Debug)]
pub struct LinkRow {
    pub package: String,
    pub name: String,
    pub url: String,
    pub alive: bool,
    pub has: Has,
}

#[derive(Clone, Debug)]
pub struct LinksOfCustomer {
    pub customer: CustomerId,
    pub name: String,
    pub links: Vec<LinkRow>,
}

/// What the page of links is asked for.
#[derive(Clone, Debug, Default)]
pub struct LinksFilter {
    /// Only customers where something is missing.
    pub missing: bool,
    /// Also the package that makes somebody an approver.
    pub approvers: bool,
    pub package: Option<String>,
    pub after: Option<CustomerCursor>,
}

/// A page of customers by name with the packages of each, as one analyst has them. Two statements.
pub async fn links(
    tx: &mut Tx,
    mails: &[String],
    match_id: Option<Uuid>,
    filter: &LinksFilter,
) -> Result<(Vec<LinksOfCustomer>, Option<CustomerCursor>), sqlx::Error> {
    plan_each(tx).await?;
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let after = filter.after.as_ref();
    let mut found = sqlx::query!(
        r#"select c.customer_id, c.name, c.sort_name from customer c
            where c.provider_id = $1
              and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = c.customer_id))
              and ($3::text is null or (c.sort_name, c.customer_id) > ($3, $4::uuid))
              and exists (select from link l where l.provider_id = $1 and l.customer_id = c.customer_id
                   and ($7 or l.package <> $8) and ($9::text is null or l.package = $9)
                   and (not $6 or (l.alive and not exists (select from assignment a
                         where a.provider_id = $1 and a.customer_id = c.customer_id and a.match_id = $10
                           and a.package_id = l.package_id and a.holds))))
            order by c.sort_name, c.customer_id limit $5"#,
        provider.0,
        viewer.map(|person| person.0),
        after.map(|(name, _)| name.clone()),
        after.map(|(_, id)| *id),
        i64::try_from(LINKS_PAGE + 1).unwrap_or(i64::MAX),
        filter.missing,
        filter.approvers,
        APPROVERS,
        filter.package,
        match_id,
    )
    .fetch_all(&mut **tx)
    .await?;
    let more = found.len() > LINKS_PAGE;
    found.truncate(LINKS_PAGE);
    let next = found.last().filter(|_| more).map(|row| (row.sort_name.clone(), row.customer_id));
    let ids: Vec<Uuid> = found.iter().map(|row| row.customer_id).collect();
    let links = sqlx::query!(
        r#"select l.customer_id, l.package, l.name, l.url, l.alive, h.held as "held!", h.ends_at,
                  q.request_id is not null as "asked!", q.denied_at as "denied_at?"
             from link l
             left join lateral (
               select count(*) > 0 as held, case when count(*) = count(a.ends_at) then max(a.ends_at) end as ends_at
                 from assignment a
                where a.provider_id = $1 and a.customer_id = l.customer_id and a.package_id = l.package_id
                  and a.match_id = $3 and a.holds) h on true
             left join lateral (
               select r.request_id, r.denied_at from access_request r
                where r.provider_id = $1 and r.customer_id = l.customer_id and r.package_id = l.package_id
                  and r.state in ('pendingApproval', 'submitted', 'delivering', 'scheduled')
                  and lower(r.requestor_mail) = any ($4)
                  and lower(r.request_type) in ('useradd', 'adminadd', 'onbehalfadd', 'notspecified', '')
                order by r.created_at desc limit 1) q on true
            where l.provider_id = $1 and l.customer_id = any ($2) and ($5 or l.package <> $6)
              and ($7::text is null or l.package = $7)
            order by l.customer_id, l.package = $6, l.package"#,
        provider.0,
        &ids,
        match_id,
        mails,
        filter.approvers,
        APPROVERS,
        filter.package,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut of: BTreeMap<Uuid, Vec<LinkRow>> = BTreeMap::new();
    for row in links {
        let has = match (row.held, row.asked) {
            (true, _) => Has::Held(row.ends_at),
            (_, true) => Has::Asked(row.denied_at),
            _ => Has::Missing,
        };
        let link = LinkRow { package: row.package, name: row.name, url: row.url, alive: row.alive, has };
        of.entry(row.customer_id).or_default().push(link);
    }
    let rows = found.into_iter().map(|row| LinksOfCustomer {
        customer: CustomerId(row.customer_id),
        name: row.name,
        links: of.remove(&row.customer_id).unwrap_or_default(),
    });
    Ok((rows.collect(), next))
}

/// How far an analyst is over all customers in view: packages he has, and packages there are. What he has is walked from
/// his own side, so that nobody's page takes longer because others have much.
pub async fn progress(
    tx: &mut Tx,
    match_id: Option<Uuid>,
    filter: &LinksFilter,
) -> Result<(Counted, Counted), sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let row = sqlx::query!(
        r#"select (select count(*) from (
                    select 1 from link l
                     where l.provider_id = $1 and l.alive and ($4 or l.package <> $5)
                       and ($6::text is null or l.package = $6)
                       and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                            and v.person_id = $2 and v.customer_id = l.customer_id))
                     limit $7) as few) as "all!",
                  (select count(*) from (
                    select a.customer_id, a.package_id from assignment a
                     where a.provider_id = $1 and a.match_id = $3 and a.holds
                       and exists (select from link l where l.provider_id = $1 and l.customer_id = a.customer_id
                            and l.package_id = a.package_id and l.alive and ($4 or l.package <> $5)
                            and ($6::text is null or l.package = $6))
                       and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                            and v.person_id = $2 and v.customer_id = a.customer_id))
                     group by a.customer_id, a.package_id order by a.customer_id, a.package_id limit $7) as few) as "held!""#,
        provider.0,
        viewer.map(|person| person.0),
        match_id,
        filter.approvers,
        APPROVERS,
        filter.package,
        STOP,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((Counted::of(row.held), Counted::of(row.all)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_stands_as_its_plan_and_its_link_tell() {
        let cell = |steps: &[(&str, &str)], link| Cell {
            steps: steps.iter().map(|(kind, state)| ((*kind).to_owned(), (*state).to_owned())).collect(),
            link,
            people: 0,
        };
        let stands = |steps: &[(&str, &str)], link| cell(steps, link).stands(true);
        assert_eq!(stands(&[("package", "done"), ("policy", "done")], Some(true)), Stands::Present);
        assert_eq!(stands(&[("package", "done"), ("policy", "change")], Some(true)), Stands::Differs);
        assert_eq!(stands(&[("package", "change"), ("policy", "done")], None), Stands::Differs);
        assert_eq!(stands(&[("package", "create")], None), Stands::Missing);
        assert_eq!(
            stands(&[("package", "done"), ("policy", "done")], Some(false)),
            Stands::Missing,
            "a dead link"
        );
        assert_eq!(stands(&[], Some(true)), Stands::Present, "a tier that the blueprint no longer has");
        assert_eq!(cell(&[], Some(true)).stands(false), Stands::Unknown, "never read");
    }
}
