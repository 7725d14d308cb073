//! What doctor finds, and that each finding says what to do.

use std::os::unix::fs::PermissionsExt;

use cloud_sim::Simulation;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{Connection, PgConnection, raw_sql};

use crate::support::cloud::options;
use crate::support::program::{Directory, Program};

#[tokio::test(flavor = "multi_thread")]
async fn doctor_finds_what_is_wrong_and_says_what_to_do() {
    let simulation = Simulation::start(options()).await.unwrap();
    let directory = Directory::new();
    let program = Program::on(directory.path())
        .with("SIMULATED_CLOUD_URL", simulation.base_url())
        .with("SIMULATED_CLOCK", "true");
    let said = program.done(&["doctor"]);
    assert!(said.contains("there is no private database yet"), "{said}");

    let _portal = program.serve();
    let tenant = "11111111-2222-4333-8444-555555555555";
    let file = directory.join("sign-in.cer");
    let named =
        ["--slug", "contoso", "--name", "Contoso SOC", "--sign-in-tenant", tenant, "--client-id", tenant];
    program.done(&[&["provider", "add", "--certificate", file.to_str().unwrap()], &named[..]].concat());
    let said = program.done(&["doctor"]);
    for good in [
        "answers, and its clock agrees with ours",
        "its schema is this program's",
        "the walls between providers stand",
        "the credentials of contoso open",
        "background work is up to date",
        "0 must be mended",
    ] {
        assert!(said.contains(good), "{good:?} is missing:\n{said}");
    }

    let key = directory.join("master.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let socket = directory.join("postgres/socket");
    let login = PgConnectOptions::new_without_pgpass()
        .socket(socket)
        .ssl_mode(PgSslMode::Disable)
        .username("postgres")
        .database("portal");
    let mut postgres = PgConnection::connect_with(&login).await.unwrap();
    raw_sql(BROKEN).execute(&mut postgres).await.unwrap();
    #[expect(clippy::disallowed_methods, reason = "a test's own client moves the test's own clock")]
    let http = reqwest::Client::new();
    let moved = http
        .post(format!("{}/sim/clock", simulation.base_url()))
        .json(&serde_json::json!({ "advanceSeconds": 400 * 86_400 }));
    let moved = moved.send().await.unwrap();
    assert!(moved.status().is_success(), "{}", moved.text().await.unwrap());

    let said = program.run(&["doctor"]);
    assert!(!said.good);
    for (wrong, fix) in [
        ("others on this machine may read the master key", "chmod 600"),
        ("table left_open has no wall between providers", "drop it"),
        ("table person is opened to stranger by a policy that is not the portal's: peep", "drop that policy"),
        ("table customer is opened to portal_app by a policy that is not the portal's", "drop that policy"),
        ("portal_app may act as portal_owner", "revoke portal_owner from portal_app"),
        ("stranger may act as portal_door", "revoke portal_door from stranger"),
        ("function back_door runs with another's rights", "drop it"),
        ("portal_app may DELETE the audit log", "revoke DELETE"),
        ("row security does not bind portal_door", "nobypassrls"),
        ("the certificate of the sign-in app of contoso ended on", "make a new certificate"),
        ("work `consent` of 1 customers of contoso stopped after 5 crashes", "start it again"),
        ("our clock is", "NTP"),
    ] {
        let lines: Vec<&str> = said.out.lines().collect();
        let at = lines.iter().position(|line| line.contains(wrong));
        let at = at.unwrap_or_else(|| panic!("{wrong:?} is missing:\n{}", said.out));
        assert!(lines[at].starts_with("MUST"), "{}", lines[at]);
        assert!(lines[at + 1].contains("do:") && lines[at + 1].contains(fix), "{}", lines[at + 1]);
    }
    simulation.stop().await;
}

/// One of each thing that should not be.
const BROKEN: &str = "
    create table left_open (id int);
    create role stranger;
    create policy peep on person for select to stranger using (true);
    create policy everything on customer to portal_app using (true);
    grant portal_owner to portal_app;
    grant portal_door to stranger;
    create function back_door() returns int language sql security definer as 'select 1';
    grant delete on audit_event to portal_app;
    alter role portal_door bypassrls;
    insert into customer (provider_id, customer_id, entra_tenant_id, domain, name, sort_name, state, whose_move, since,
                          created_at)
        select provider_id, provider_id, provider_id, 'a.example', 'A', 'a', 'new', 'us', created_at, created_at
          from provider;
    insert into work (provider_id, customer_id, kind, due_at, rank_at, attempts)
        select provider_id, provider_id, 'consent', created_at, created_at, 5 from provider;";
