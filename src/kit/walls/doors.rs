//! The door functions: those of the golden list, as the migrations made them, and no other.

use sqlx::PgPool;

use super::{Breach, DOORS};
use crate::kit::db::MIGRATIONS;
use crate::kit::roles::DOOR;

pub async fn breaches(pool: &PgPool) -> Result<Vec<Breach>, sqlx::Error> {
    let functions = sqlx::query!(
        r#"select p.proname::text as "name!", oidvectortypes(p.proargtypes) as "arguments!",
                  pg_get_userbyid(p.proowner)::text as "owner!", p.prosecdef as "anothers_rights!",
                  coalesce(array_to_string(p.proconfig, ';'), '') as "config!", p.prosrc as "body!",
                  exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
                           where a.grantee = 0
                              or pg_get_userbyid(a.grantee) not in ('portal_door', 'portal_app')) as "open!"
             from pg_proc p where p.pronamespace = 'public'::regnamespace
            order by 1, 2"#
    )
    .fetch_all(pool)
    .await?;
    let mut found = Vec::new();
    for door in DOORS {
        if !functions.iter().any(|one| (one.name.as_str(), one.arguments.as_str()) == door) {
            let what = format!("the function {} of the portal is missing", door.0);
            found.push(Breach::new(what, RESTORE));
        }
    }
    for one in functions {
        let (name, signature) = (&one.name, format!("{}({})", one.name, one.arguments));
        if !DOORS.contains(&(name, &one.arguments)) {
            if DOORS.iter().any(|(known, _)| known == name) {
                let what = format!("the function {signature} bears the name of one of the portal's");
                found.push(Breach::new(what, format!("drop function {signature}")));
            } else if one.anothers_rights {
                let what = format!("function {name} runs with another's rights and is not the portal's");
                found.push(Breach::new(what, "drop it, or make it SECURITY INVOKER"));
            }
            continue;
        }
        if one.owner != DOOR {
            let what = format!("function {name} runs with the rights of {}", one.owner);
            found.push(Breach::new(what, format!("alter function {signature} owner to {DOOR}")));
        }
        if one.config != "search_path=pg_catalog, public" {
            let what = format!("function {name} has settings that are not the portal's: {:?}", one.config);
            let mend =
                format!("alter function {signature} reset all; then set search_path = pg_catalog, public");
            found.push(Breach::new(what, mend));
        }
        if one.open {
            let what = format!("function {name} may be called by others than the portal");
            let mend =
                format!("revoke all on function {signature} from public and from whom it was granted to");
            found.push(Breach::new(what, mend));
        }
        // Postgres keeps the body letter by letter.
        let body = format!("$${}$$", one.body);
        let body_is_ours = MIGRATIONS.iter().any(|migration| migration.sql.as_str().contains(&body));
        if !one.anothers_rights || !body_is_ours {
            found.push(Breach::new(format!("function {name} does not do what the portal's does"), RESTORE));
        }
    }
    Ok(found)
}

const RESTORE: &str = "make it again from migrations/, with the portal stopped";
