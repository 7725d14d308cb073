//! What the walls between providers must look like in the database, and where they do not. Doctor tells it, `serve`
//! refuses a login that they do not bind, and a test asks the same of a fresh database.

mod doors;
mod roles;
mod tables;

use sqlx::PgPool;

use crate::kit::roles::{APP, DOOR, OWNER};

pub use roles::unbound;

/// Tables that belong to no provider, and why each may do without policies.
pub const INSTALLATION: [(&str, &str); 3] = [
    ("_sqlx_migrations", "the schema's own version"),
    (
        "client_claim",
        "to whom a client id belongs is asked across providers; hashes only, the portal has no right on it",
    ),
    ("sign_in_attempt", "nobody is known yet; it holds hashes and sealed values only"),
];

/// The one condition of every wall, without spaces, parentheses and casts, which differ between versions of Postgres.
const WALL: &str = "provider_id=selectnullifcurrent_setting'portal.provider_id',true,''asnullif";

/// What `portal_door` may see before the provider is known: table, policy, command, USING, WITH CHECK.
pub const DOOR_POLICIES: [(&str, &str, &str, &str, &str); 10] = [
    ("app_registration", "door", "SELECT", "app='sign-in'", ""),
    ("consent_link", "door", "SELECT", "true", ""),
    ("outgoing", "door_see", "SELECT", "true", ""),
    ("outgoing", "door_take", "UPDATE", "true", "true"),
    ("person", "door", "SELECT", "true", ""),
    ("provider", "door", "SELECT", "true", ""),
    ("session", "door", "SELECT", "true", ""),
    ("work", "door_see", "SELECT", "true", ""),
    ("work", "door_take", "UPDATE", "true", "true"),
    ("work", "door_wake", "INSERT", "", "kind='consent'"),
];

/// The only functions that run with another's rights, with their arguments.
pub const DOORS: [(&str, &str); 6] = [
    ("door_claim_client", "bytea, bytea"),
    (
        "door_claim_outgoing",
        "timestamp with time zone, timestamp with time zone, integer, uuid[], uuid[], uuid[]",
    ),
    ("door_claim_work", "timestamp with time zone, timestamp with time zone, integer, integer, text[]"),
    ("door_consent", "bytea, timestamp with time zone"),
    ("door_session", "bytea, timestamp with time zone, timestamp with time zone"),
    ("door_sign_in", "text, text"),
];

/// A place where the walls are not as they must be, and what mends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    pub what: String,
    pub mend: String,
}

impl Breach {
    fn new(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { what: what.into(), mend: mend.into() }
    }
}

/// Every breach, as any login may see it. `owner_login` may act as `portal_owner`.
pub async fn breaches(pool: &PgPool, owner_login: Option<&str>) -> Result<Vec<Breach>, sqlx::Error> {
    let mut found = roles::breaches(pool, owner_login).await?;
    found.extend(tables::breaches(pool).await?);
    found.extend(doors::breaches(pool).await?);
    Ok(found)
}

/// A policy as the catalogue shows it.
#[derive(Debug)]
struct Policy {
    table: String,
    name: String,
    permissive: String,
    roles: Vec<String>,
    command: String,
    using: String,
    check: String,
}

impl Policy {
    /// Whether it is one of those that the migrations make.
    fn is_ours(&self) -> bool {
        let is = |role: &str, command: &str, using: &str, check: &str| {
            self.roles == [role]
                && self.command == command
                && (bare(&self.using).as_str(), bare(&self.check).as_str()) == (using, check)
        };
        let fits = match self.name.as_str() {
            "wall" => is(APP, "ALL", WALL, WALL),
            "owner_rows" => is(OWNER, "ALL", "true", "true"),
            name => DOOR_POLICIES.iter().any(|(table, door, command, using, check)| {
                (self.table.as_str(), name) == (*table, *door) && is(DOOR, command, using, check)
            }),
        };
        fits && self.permissive == "PERMISSIVE"
    }
}

/// An expression as the catalogue writes it, without what says nothing here.
fn bare(expression: &str) -> String {
    let text = expression.to_lowercase().replace("::text", "").replace("::uuid", "");
    text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '(' | ')' | '"')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(using: &str) -> Policy {
        Policy {
            table: "person".to_owned(),
            name: "wall".to_owned(),
            permissive: "PERMISSIVE".to_owned(),
            roles: vec![APP.to_owned()],
            command: "ALL".to_owned(),
            using: using.to_owned(),
            check: using.to_owned(),
        }
    }

    #[test]
    fn a_wall_with_anything_added_to_its_condition_is_none() {
        let wall = r#"(provider_id = ( SELECT (NULLIF(current_setting('portal.provider_id'::text, true), ''::text))::uuid AS "nullif"))"#;
        assert!(policy(wall).is_ours());
        assert!(!policy(&format!("({wall} OR true)")).is_ours());
        assert!(!policy(&wall.replace("provider_id =", "provider_id <>")).is_ours());
        assert!(!Policy { command: "SELECT".to_owned(), ..policy(wall) }.is_ours());
        assert!(!Policy { check: "true".to_owned(), ..policy(wall) }.is_ours());
        let both = vec![APP.to_owned(), DOOR.to_owned()];
        assert!(!Policy { roles: both, ..policy(wall) }.is_ours());
    }
}
