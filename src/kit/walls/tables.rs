//! Tables: forced row security, exactly the policies of the migrations, and no right that passes them by.

use std::collections::BTreeSet;

use sqlx::PgPool;

use super::{Breach, DOOR_POLICIES, INSTALLATION, Policy};
use crate::kit::roles::OWNER;

pub async fn breaches(pool: &PgPool) -> Result<Vec<Breach>, sqlx::Error> {
    let policies = policies(pool).await?;
    let mut found: Vec<Breach> = policies.iter().filter(|policy| !policy.is_ours()).map(foreign).collect();
    let ours: BTreeSet<(&str, &str)> = policies
        .iter()
        .filter(|policy| policy.is_ours())
        .map(|policy| (policy.table.as_str(), policy.name.as_str()))
        .collect();
    for (table, policy, ..) in DOOR_POLICIES {
        if !ours.contains(&(table, policy)) {
            let what = format!("table {table} misses the policy {policy} of portal_door");
            found.push(Breach::new(what, RESTORE));
        }
    }
    let tables = sqlx::query!(
        r#"select c.relname::text as "name!", c.relrowsecurity and c.relforcerowsecurity as "forced!",
                  pg_get_userbyid(c.relowner)::text as "owner!"
             from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
            order by c.relname"#
    )
    .fetch_all(pool)
    .await?;
    for table in tables {
        let name = table.name;
        if INSTALLATION.iter().any(|(known, _)| *known == name) {
            continue;
        }
        let walled = ["wall", "owner_rows"].iter().all(|policy| ours.contains(&(name.as_str(), policy)));
        if !table.forced || !walled {
            let what = format!("table {name} has no wall between providers");
            found.push(Breach::new(what, format!("drop it if it is not the portal's; else {RESTORE}")));
        } else if table.owner != OWNER {
            let what = format!("table {name} belongs to {}, who may take its wall down", table.owner);
            found.push(Breach::new(what, format!("alter table {name} owner to {OWNER}")));
        }
    }
    found.extend(rights(pool).await?);
    found.extend(views(pool).await?);
    Ok(found)
}

const RESTORE: &str = "restore its policies from migrations/, with the portal stopped";

async fn policies(pool: &PgPool) -> Result<Vec<Policy>, sqlx::Error> {
    sqlx::query_as!(
        Policy,
        r#"select tablename::text as "table!", policyname::text as "name!", permissive as "permissive!",
                  roles::text[] as "roles!", cmd as "command!", coalesce(qual, '') as "using!",
                  coalesce(with_check, '') as "check!"
             from pg_policies where schemaname = 'public' order by tablename, policyname"#
    )
    .fetch_all(pool)
    .await
}

fn foreign(policy: &Policy) -> Breach {
    let (table, name) = (&policy.table, &policy.name);
    let roles = policy.roles.join(", ");
    let what = format!("table {table} is opened to {roles} by a policy that is not the portal's: {name}");
    if ["wall", "owner_rows"].contains(&name.as_str())
        || DOOR_POLICIES.iter().any(|(known, door, ..)| (*known, *door) == (table, name))
    {
        return Breach::new(what, RESTORE);
    }
    Breach::new(what, format!("drop that policy: drop policy {name} on {table}"))
}

/// Rights that row security does not hold back, a log that could be changed, and what everybody may.
async fn rights(pool: &PgPool) -> Result<Vec<Breach>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select c.relname::text as "table!", a.privilege_type as "right!",
                  case when a.grantee = 0 then 'public' else pg_get_userbyid(a.grantee)::text end as "who!"
             from pg_class c cross join aclexplode(c.relacl) a
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
              and (a.grantee = 0
                   or (pg_get_userbyid(a.grantee) in ('portal_app', 'portal_door')
                       and (a.privilege_type in ('TRUNCATE', 'TRIGGER', 'REFERENCES')
                            or (c.relname = 'client_claim' and pg_get_userbyid(a.grantee) = 'portal_app')
                            or (c.relname = 'audit_event' and a.privilege_type in ('UPDATE', 'DELETE')))))
            order by 1, 3, 2"#
    )
    .fetch_all(pool)
    .await?;
    let mut found: Vec<Breach> = rows
        .into_iter()
        .map(|row| {
            let what = match row.table.as_str() {
                "audit_event" => format!("{} may {} the audit log", row.who, row.right),
                "client_claim" => format!("{} may {} the client ids of every provider", row.who, row.right),
                table => format!("{} may {} the table {table}, past row security", row.who, row.right),
            };
            Breach::new(what, format!("revoke {} on {} from {}", row.right, row.table, row.who))
        })
        .collect();
    let makes =
        sqlx::query_scalar!(r#"select has_schema_privilege('portal_app', 'public', 'create') as "makes!""#);
    if makes.fetch_one(pool).await? {
        found.push(Breach::new(
            "portal_app may make tables and functions beside the portal's",
            "revoke create on schema public from public, portal_app",
        ));
    }
    Ok(found)
}

/// A view reads with its owner's rights, whoever looks through it.
async fn views(pool: &PgPool) -> Result<Vec<Breach>, sqlx::Error> {
    let names = sqlx::query_scalar!(
        r#"select distinct v.oid::regclass::text as "name!"
             from pg_rewrite r
             join pg_class v on v.oid = r.ev_class
             join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
                             and d.refclassid = 'pg_class'::regclass
             join pg_class t on t.oid = d.refobjid
            where t.relnamespace = 'public'::regnamespace and t.relrowsecurity and v.relkind in ('v', 'm')
              and has_table_privilege('portal_app', v.oid, 'select')
            order by 1"#
    )
    .fetch_all(pool)
    .await?;
    let breach = |name: String| {
        Breach::new(
            format!("the view {name} shows portal_app rows of every provider"),
            format!("drop it, or revoke select on {name} from portal_app, public"),
        )
    };
    Ok(names.into_iter().map(breach).collect())
}
