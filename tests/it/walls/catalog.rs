//! What the database itself says of the walls.

use std::collections::BTreeSet;

use mssp_portal::kit::walls::{self, DOORS, INSTALLATION};

use crate::support::app::TestApp;

#[tokio::test]
async fn every_provider_owned_table_has_both_policies_and_forces_them() {
    let app = TestApp::offline().await;
    let tables = sqlx::query!(
        r#"select c.relname as "name!", c.relrowsecurity as "enabled!", c.relforcerowsecurity as "forced!"
             from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = 'public' and c.relkind in ('r', 'p')"#
    )
    .fetch_all(&app.owner)
    .await
    .unwrap();
    assert!(tables.len() > 20);
    for table in tables {
        if INSTALLATION.iter().any(|(name, _)| *name == table.name) {
            continue;
        }
        assert!(table.enabled && table.forced, "{} has no forced row security", table.name);
        let policies = sqlx::query!(
            r#"select policyname as "name!", cmd as "cmd!", qual, with_check, roles::text[] as "roles!: Vec<String>"
                 from pg_policies where schemaname = 'public' and tablename = $1"#,
            table.name
        )
        .fetch_all(&app.owner)
        .await
        .unwrap();
        let wall = policies.iter().find(|policy| policy.name == "wall").unwrap();
        assert_eq!((wall.roles.clone(), wall.cmd.as_str()), (vec!["portal_app".to_owned()], "ALL"));
        assert_eq!(wall.qual, wall.with_check, "{}: USING and WITH CHECK differ", table.name);
        assert!(wall.qual.as_deref().unwrap().contains("portal.provider_id"));
        let owner = policies.iter().find(|policy| policy.name == "owner_rows").unwrap();
        assert_eq!(owner.roles, ["portal_owner"]);
        let others: Vec<_> = policies
            .iter()
            .filter(|policy| !["wall", "owner_rows"].contains(&policy.name.as_str()))
            .collect();
        assert!(
            others.iter().all(|policy| policy.roles == ["portal_door"]),
            "{} opens to somebody else",
            table.name
        );
    }
}

#[tokio::test]
async fn a_fresh_database_has_no_breach() {
    let app = TestApp::offline().await;
    let mut found = walls::breaches(app.app.db.pool(), None).await.unwrap();
    // Another test's login, made to pass row security; roles belong to the whole server.
    found.retain(|breach| !breach.what.contains("test_bypass"));
    assert_eq!(found, []);
    assert_eq!(walls::unbound(app.app.db.pool()).await.unwrap(), None);
}

/// What somebody may do to the walls, and what must be said of it.
const PLANTED: [(&str, &str); 14] = [
    (
        "create policy peep on person for select to portal_app using (true)",
        "table person is opened to portal_app",
    ),
    ("create policy gape on person for select to public using (true)", "table person is opened to public"),
    (
        "create policy door on customer for select to portal_door using (true)",
        "table customer is opened to portal_door",
    ),
    ("alter policy wall on customer using (true)", "table customer has no wall"),
    ("alter policy door on app_registration using (true)", "table app_registration is opened to portal_door"),
    ("drop policy owner_rows on run", "table run has no wall"),
    ("alter table run no force row level security", "table run has no wall"),
    ("grant truncate on run to portal_app", "portal_app may TRUNCATE the table run"),
    (
        "create view every as select * from person; grant select on every to portal_app",
        "the view every shows",
    ),
    (
        "create function door_sign_in(text) returns int language sql as 'select 1'",
        "door_sign_in(text) bears the name",
    ),
    ("alter function door_sign_in(text, text) reset search_path", "door_sign_in has settings"),
    ("grant execute on function door_sign_in(text, text) to public", "door_sign_in may be called by others"),
    (
        "alter function door_sign_in(text, text) owner to portal_owner",
        "door_sign_in runs with the rights of portal_owner",
    ),
    (
        "create or replace function door_consent(wanted bytea, at timestamptz)
            returns table (provider_id uuid, customer_id uuid, app text)
            language sql security definer set search_path = pg_catalog, public
            as $$ select provider_id, customer_id, app from consent_link $$",
        "door_consent does not do what the portal's does",
    ),
];

#[tokio::test]
async fn every_hole_in_the_walls_is_found() {
    let app = TestApp::offline().await;
    let mut owner = app.owner.acquire().await.unwrap();
    for (plant, wanted) in PLANTED {
        sqlx::raw_sql(plant).execute(&mut *owner).await.unwrap();
        let found = walls::breaches(app.app.db.pool(), None).await.unwrap();
        assert!(found.iter().any(|breach| breach.what.contains(wanted)), "{plant}: {found:?}");
    }
}

#[tokio::test]
async fn the_only_doors_are_those_on_the_list() {
    let app = TestApp::offline().await;
    let found = sqlx::query!(
        r#"select p.proname as "name!", r.rolname as "owner!", p.proconfig::text[] as "config: Vec<String>"
             from pg_proc p join pg_roles r on r.oid = p.proowner join pg_namespace n on n.oid = p.pronamespace
            where p.prosecdef and n.nspname = 'public'"#
    )
    .fetch_all(&app.owner)
    .await
    .unwrap();
    let names: BTreeSet<&str> = found.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, DOORS.iter().map(|(name, _)| *name).collect());
    for row in &found {
        assert_eq!(row.owner, "portal_door");
        let config = row.config.clone().unwrap_or_default();
        assert!(config.iter().any(|setting| setting.starts_with("search_path=")), "{}", row.name);
    }
}

#[tokio::test]
async fn no_role_of_ours_passes_row_security_and_the_audit_log_only_grows() {
    let app = TestApp::offline().await;
    let roles = sqlx::query!(
        r#"select rolname as "name!", rolsuper as "super_!", rolbypassrls as "bypass!" from pg_roles
            where rolname like 'portal\_%'"#
    )
    .fetch_all(&app.owner)
    .await
    .unwrap();
    for role in roles
        .iter()
        .filter(|role| ["portal_app", "portal_owner", "portal_door"].contains(&role.name.as_str()))
    {
        assert!(!role.super_ && !role.bypass, "{}", role.name);
    }
    for right in ["UPDATE", "DELETE", "TRUNCATE"] {
        let held = sqlx::query_scalar!(
            r#"select has_table_privilege('portal_app', 'audit_event', $1) as "held!""#,
            right
        )
        .fetch_one(&app.owner)
        .await
        .unwrap();
        assert!(!held, "portal_app may {right} the audit log");
    }
}

/// Unique keys without the provider: each would tell whether another has the same value, so each says why it does not.
const ACROSS_PROVIDERS: [(&str, &str); 3] = [
    ("provider_slug_key", "part of the address, which anybody may try; set by operators only"),
    ("session_by_hash", "a hash of 256 random bits, which nobody else can have"),
    ("consent_link_by_state", "a hash of 256 random bits, which nobody else can have"),
];

#[tokio::test]
async fn the_provider_leads_every_key_of_a_guarded_table() {
    let app = TestApp::offline().await;
    let keys = sqlx::query!(
        r#"select t.relname::text as "table!", i.relname::text as "index!", x.indisprimary as "primary!",
                  (select a.attname::text from pg_attribute a where a.attrelid = t.oid and a.attnum = x.indkey[0]) as first
             from pg_index x join pg_class t on t.oid = x.indrelid join pg_class i on i.oid = x.indexrelid
            where t.relnamespace = 'public'::regnamespace and t.relrowsecurity and x.indisunique
            order by 1, 2"#
    )
    .fetch_all(&app.owner)
    .await
    .unwrap();
    let mut excepted = BTreeSet::new();
    for key in &keys {
        if ACROSS_PROVIDERS.iter().any(|(name, _)| *name == key.index) {
            assert!(!key.primary, "{}", key.index);
            excepted.insert(key.index.as_str());
            continue;
        }
        assert_eq!(key.first.as_deref(), Some("provider_id"), "the key {} of {}", key.index, key.table);
    }
    assert_eq!(excepted.len(), ACROSS_PROVIDERS.len(), "an exception that is none any more: {excepted:?}");
    let tables: BTreeSet<_> = keys.iter().filter(|key| key.primary).map(|key| key.table.as_str()).collect();
    let guarded = sqlx::query_scalar!(
        r#"select count(*) as "n!" from pg_class where relnamespace = 'public'::regnamespace and relrowsecurity"#
    );
    let guarded = guarded.fetch_one(&app.owner).await.unwrap();
    assert_eq!(i64::try_from(tables.len()).unwrap(), guarded, "a guarded table has no primary key");
}

#[tokio::test]
async fn the_provider_leads_every_reference_between_guarded_tables() {
    let app = TestApp::offline().await;
    let references = sqlx::query!(
        r#"select c.conname::text as "name!", t.relname::text as "from!", o.relname::text as "to!",
                  (select a.attname::text from pg_attribute a where a.attrelid = c.conrelid and a.attnum = c.conkey[1])
                      as "first!",
                  (select a.attname::text from pg_attribute a where a.attrelid = c.confrelid and a.attnum = c.confkey[1])
                      as "first_there!"
             from pg_constraint c join pg_class t on t.oid = c.conrelid join pg_class o on o.oid = c.confrelid
            where c.contype = 'f' and t.relnamespace = 'public'::regnamespace and (t.relrowsecurity or o.relrowsecurity)
            order by 1"#
    )
    .fetch_all(&app.owner)
    .await
    .unwrap();
    for one in &references {
        let both = (one.first.as_str(), one.first_there.as_str());
        assert_eq!(both, ("provider_id", "provider_id"), "{} of {} to {}", one.name, one.from, one.to);
    }
    assert!(references.len() > 20, "{}", references.len());
}
