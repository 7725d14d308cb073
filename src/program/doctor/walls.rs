//! The walls between providers, as the database's catalogue shows them.

use super::{Findings, database::names};
use crate::kit::db::Db;

/// Tables that belong to no provider, and why each may do without policies.
const INSTALLATION: [(&str, &str); 2] = [
    ("_sqlx_migrations", "the schema's own version"),
    ("sign_in_attempt", "nobody is known yet; it holds hashes and sealed values only"),
];

/// Functions that look before the provider is known.
const DOORS: [&str; 4] = ["door_claim_work", "door_consent", "door_session", "door_sign_in"];

const UNBOUND: &str = "select rolname::text from pg_roles
    where (rolname in ('portal_owner', 'portal_door', 'portal_app') or rolname = current_user)
      and (rolsuper or rolbypassrls)";

/// Tables of ours where row security is off, not forced, or misses one of its two policies.
const UNWALLED: &str = "select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p')
      and not (c.relrowsecurity and c.relforcerowsecurity
        and exists (select from pg_policies p where p.schemaname = 'public' and p.tablename = c.relname
              and p.roles = '{portal_app}' and p.cmd = 'ALL' and p.qual = p.with_check
              and p.qual like '%portal.provider_id%')
        and exists (select from pg_policies p where p.schemaname = 'public' and p.tablename = c.relname
              and p.roles = '{portal_owner}' and p.cmd = 'ALL'))
    order by 1";

/// Policies for anybody but our three roles.
const STRANGERS: &str = "select distinct tablename::text from pg_policies where schemaname = 'public'
    and not roles <@ '{portal_app,portal_owner,portal_door}'::name[] order by 1";

const DEFINERS: &str = "select p.proname::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where p.prosecdef and n.nspname = 'public' order by 1";

const AUDIT: &str = "select privilege from unnest(array['UPDATE', 'DELETE', 'TRUNCATE']) privilege
    where has_table_privilege('portal_app', 'audit_event', privilege)";

pub async fn look(app: &Db, findings: &mut Findings) -> Result<(), sqlx::Error> {
    let before = findings.0.len();
    let unbound = names(app, UNBOUND).await?;
    if !unbound.is_empty() {
        let list = unbound.join(", ");
        findings.must(
            format!("row security does not bind {list}"),
            format!("alter role {list} nosuperuser nobypassrls, and use portal_app in DATABASE_URL"),
        );
    }
    for table in names(app, UNWALLED).await? {
        if !INSTALLATION.iter().any(|(name, _)| *name == table) {
            findings.must(
                format!("table {table} has no wall between providers"),
                "drop it if it is not the portal's; else restore its policies from migrations/, with the portal stopped",
            );
        }
    }
    for table in names(app, STRANGERS).await? {
        findings
            .must(format!("table {table} is open to a role that is not the portal's"), "drop that policy");
    }
    for function in names(app, DEFINERS).await? {
        if !DOORS.contains(&function.as_str()) {
            findings.must(
                format!("function {function} runs with another's rights and is not the portal's"),
                "drop it, or make it SECURITY INVOKER",
            );
        }
    }
    let rights = names(app, AUDIT).await?;
    if !rights.is_empty() {
        let list = rights.join(", ");
        findings.must(
            format!("portal_app may {list} the audit log"),
            format!("revoke {list} on audit_event from portal_app"),
        );
    }
    if findings.0.len() == before {
        findings.good("the walls between providers stand: roles bound, every table behind its policies");
    }
    Ok(())
}
