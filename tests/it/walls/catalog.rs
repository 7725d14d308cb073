//! What the database itself says of the walls.

use std::collections::BTreeSet;

use crate::support::app::TestApp;

/// Tables without a wall, and why.
const INSTALLATION: [(&str, &str); 2] = [
    ("_sqlx_migrations", "the schema's own version"),
    ("sign_in_attempt", "nobody is known yet; holds hashes and sealed values only"),
];

/// Functions that run with another's rights: the golden list.
const DOORS: [&str; 4] = ["door_claim_work", "door_consent", "door_session", "door_sign_in"];

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
    assert_eq!(names, BTreeSet::from(DOORS));
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
