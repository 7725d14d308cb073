//! Roles: what they are, who may act as whom, and whether a login is bound at all.

use sqlx::PgPool;

use super::Breach;
use crate::kit::roles::{APP, DOOR, OWNER};

pub async fn breaches(pool: &PgPool, owner_login: Option<&str>) -> Result<Vec<Breach>, sqlx::Error> {
    let mut found = powers(pool).await?;
    let memberships = sqlx::query!(
        r#"select g.rolname::text as "role!", m.rolname::text as "member!", m.rolname = current_user as "login!",
                  m.rolsuper or m.rolcreaterole as "makes_roles!"
             from pg_auth_members a join pg_roles g on g.oid = a.roleid join pg_roles m on m.oid = a.member
            where g.rolname in ('portal_app', 'portal_door', 'portal_owner')
               or m.rolname in ('portal_app', 'portal_door', 'portal_owner', current_user)
            order by 1, 2"#
    )
    .fetch_all(pool)
    .await?;
    for one in memberships {
        let (role, member) = (one.role.as_str(), one.member.as_str());
        let bound = one.login || [APP, DOOR, OWNER].contains(&member);
        let wanted = (role, member) == (DOOR, OWNER)
            || (role == APP && one.login)
            // Whoever makes roles is a member of what he made, or may become one.
            || (!bound && (one.makes_roles || (role == OWNER && owner_login == Some(member))));
        if !wanted {
            found.push(Breach::new(
                format!("{member} may act as {role}, which the portal does not need"),
                format!("revoke {role} from {member}"),
            ));
        }
    }
    Ok(found)
}

/// Attributes that make a role more than the walls can hold.
async fn powers(pool: &PgPool) -> Result<Vec<Breach>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select rolname::text as "name!", rolsuper or rolbypassrls as "passes!",
                  rolcreaterole or rolreplication as "more!",
                  rolcanlogin and rolname in ('portal_owner', 'portal_door') as "logs_in!"
             from pg_roles where rolname in ('portal_app', 'portal_door', 'portal_owner', current_user)
            order by 1"#
    )
    .fetch_all(pool)
    .await?;
    let mut found = Vec::new();
    for one in rows {
        let name = &one.name;
        if one.passes {
            found.push(Breach::new(
                format!("row security does not bind {name}"),
                format!("alter role {name} nosuperuser nobypassrls, and use portal_app in DATABASE_URL"),
            ));
        } else if one.more {
            found.push(Breach::new(
                format!("{name} may make roles or copy the whole server, and so pass row security"),
                format!("alter role {name} nocreaterole noreplication"),
            ));
        }
        if one.logs_in {
            let what = format!("{name} may log in");
            found.push(Breach::new(what, format!("alter role {name} nologin")));
        }
    }
    Ok(found)
}

/// Why row security does not bind this pool's login; `None`: it does.
pub async fn unbound(pool: &PgPool) -> Result<Option<String>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select r.rolname::text as "name!", r.rolname = current_user as "itself!", current_user::text as "login!",
                  r.rolsuper as "super_!", r.rolbypassrls as "bypass!", r.rolcreaterole as "makes_roles!",
                  r.rolreplication as "replicates!",
                  r.rolname in ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files')
                      as "reaches_files!",
                  (select min(c.relname::text) from pg_class c
                    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
                      and c.relowner = r.oid) as owns
             from pg_roles r where pg_has_role(current_user, r.oid, 'member')
            order by r.rolname <> current_user, r.rolname"#
    )
    .fetch_all(pool)
    .await?;
    let why = rows.into_iter().find_map(|row| {
        let why = match &row {
            row if row.super_ => "is a superuser".to_owned(),
            row if row.bypass => "has BYPASSRLS".to_owned(),
            row if row.makes_roles => "has CREATEROLE".to_owned(),
            row if row.replicates => "has REPLICATION".to_owned(),
            row if row.reaches_files => "reaches the server's files".to_owned(),
            row if [OWNER, DOOR].contains(&row.name.as_str()) => "sees every provider's rows".to_owned(),
            row => format!("owns the table {}", row.owns.as_ref()?),
        };
        let login = row.login;
        Some(if row.itself {
            format!("{login}, which {why}")
        } else {
            format!("{login}, which may act as {}, which {why}", row.name)
        })
    });
    Ok(why)
}
