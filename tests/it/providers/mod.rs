//! A provider's own set-up: the analysts' domain must belong to their directory, and README lists the apps'
//! permissions as the program asks for them.

mod keys;

use std::collections::BTreeSet;

use mssp_portal::kit::right::Role;
use mssp_portal::providers::AppKind;

use crate::support::app::{Answer, Person, TestApp};
use crate::support::cloud::TestCloud;
use crate::support::program::{Directory, Program};

async fn save(app: &TestApp, admin: &Person, tenant: &str, domain: &str) -> Answer {
    let form = format!("name=Contoso+renamed&analyst_tenant={tenant}&analyst_domain={domain}&language=en");
    app.post(Some(admin), "/admin/provider", &form).await
}

/// Name, analysts' tenant and domain as they are stored.
async fn stored(app: &TestApp) -> (String, String, String) {
    let row = sqlx::query!(
        r#"select name, coalesce(analyst_tenant::text, '') as "tenant!", coalesce(analyst_domain, '') as "domain!"
             from provider"#
    )
    .fetch_one(&app.owner)
    .await
    .unwrap();
    (row.name, row.tenant, row.domain)
}

#[tokio::test]
async fn the_analysts_domain_must_belong_to_the_analysts_directory() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    let admin = &contoso.everyone;
    let before = stored(&app).await;
    let elsewhere = cloud.customer_tenant("Woodgrove Bank").await;
    let refused = save(&app, admin, &contoso.analysts, "woodgrove-bank.example").await;
    assert_eq!(refused.status, 422);
    for words in [elsewhere.to_string().as_str(), "belongs to another directory", "Contoso renamed"] {
        assert!(refused.body.contains(words), "no {words} in {}", refused.body);
    }
    let nowhere = save(&app, admin, &contoso.analysts, "nowhere.example").await;
    assert!(nowhere.status == 422 && nowhere.body.contains("knows no directory"), "{}", nowhere.body);
    let alone = save(&app, admin, "", &contoso.analyst_domain).await;
    assert!(
        alone.status == 422 && alone.body.contains("Entra tenant id of the analysts too"),
        "{}",
        alone.body
    );
    assert_eq!(stored(&app).await, before, "nothing was saved");
    let saved = save(&app, admin, &contoso.analysts, &contoso.analyst_domain.to_uppercase()).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    assert_eq!(stored(&app).await, ("Contoso renamed".to_owned(), before.1, before.2));
    cloud.end().await;
}

#[tokio::test]
async fn while_microsoft_does_not_answer_the_analysts_domain_is_not_saved_unchecked() {
    let app = TestApp::offline().await;
    let contoso = app.provider("contoso").await;
    let admin = app.person(contoso, "Admin", &[Role::Admin], true).await;
    let before = stored(&app).await;
    let tenant = uuid::Uuid::from_u128(7).to_string();
    let refused = save(&app, &admin, &tenant, "contoso-soc.example").await;
    assert!(refused.status == 422 && refused.body.contains("could not be checked"), "{}", refused.body);
    assert!(refused.body.contains(&tenant) && refused.body.contains("contoso-soc.example"), "kept as typed");
    assert_eq!(stored(&app).await, before);
    let without = save(&app, &admin, &tenant, "").await;
    assert_eq!(without.status, 303, "nothing to ask: {}", without.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_adds_no_provider_with_a_foreign_or_unchecked_analysts_domain() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    cloud.customer_tenant("Woodgrove Bank").await;
    let directory = Directory::new();
    let offline = Program::on(directory.path());
    let online = offline.clone().with("SIMULATED_CLOUD_URL", cloud.simulation.base_url());
    let file = directory.join("x.cer");
    let add = |program: &Program, domain: &str| {
        let names = ["--slug", "contoso", "--name", "Contoso", "--sign-in-tenant", &contoso.home];
        let analysts = ["--analyst-tenant", &contoso.analysts, "--analyst-domain", domain];
        let file = ["--certificate", file.to_str().unwrap()];
        program.run(&[&["provider", "add"], &names[..], &analysts[..], &file[..]].concat())
    };
    // Their own Postgres runs beside them, so that not each command starts it.
    let portal = online.serve();
    for (program, domain, why) in [
        (&online, "woodgrove-bank.example", "another directory"),
        (&online, "nowhere.example", "knows no tenant"),
        (&offline, contoso.analyst_domain.as_str(), "could not be checked"),
    ] {
        let said = tokio::task::block_in_place(|| add(program, domain));
        assert!(!said.good && said.err.contains(why), "{domain}: {said:?}");
    }
    assert!(!online.done(&["provider", "list"]).contains("contoso"), "none was added");
    let said = tokio::task::block_in_place(|| add(&online, &contoso.analyst_domain));
    assert!(said.good, "{said:?}");
    drop(portal);
    cloud.end().await;
}

/// What stands in backticks.
fn names(text: &str) -> BTreeSet<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn set(names: &[&'static str]) -> BTreeSet<&'static str> {
    names.iter().copied().collect()
}

#[test]
fn the_readme_lists_the_permissions_of_each_app_as_the_program_asks_for_them() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    for app in AppKind::ALL {
        let row = readme.lines().map(str::trim).find(|line| line.starts_with(&format!("| {} |", app.key())));
        let row = row.unwrap_or_else(|| panic!("README has no row of the {} app", app.key()));
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let here = app == AppKind::SignIn;
        assert_eq!(cells[2], if here { "this tenant only" } else { "any tenant" }, "{row}");
        let (needed, besides) = cells[3].split_once(';').unwrap_or((cells[3], ""));
        let optional = set(app.optional_permissions());
        let mut wanted = set(app.application_permissions());
        wanted.retain(|name| !optional.contains(name));
        wanted.extend(app.delegated_permissions());
        assert_eq!(names(needed), wanted, "{} needs", app.key());
        let delegated = app.application_permissions().is_empty();
        assert!(needed.starts_with(if delegated { "delegated" } else { "application" }), "{row}");
        let extra = if here { Role::ALL.iter().map(|role| role.claim()).collect() } else { optional };
        assert_eq!(names(besides), extra, "{} besides", app.key());
    }
}
