//! The program as an operator meets it: starts, stops, killed, refused, and what its commands say.

use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::time::{Duration, Instant};

use mssp_portal::kit::postgres::{Cluster, Options};
use mssp_portal::kit::roles;
use mssp_portal::program::command_line;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{AssertSqlSafe, Connection, PgConnection, raw_sql};

use crate::support::program::{Directory, Program, am_root};

const TENANT: &str = "11111111-2222-4333-8444-555555555555";

fn add_provider(program: &Program, directory: &Directory, slug: &str) -> String {
    let file = directory.join(&format!("{slug}.cer"));
    let file = file.to_str().unwrap();
    let name = ["--slug", slug, "--name", "Contoso SOC", "--sign-in-tenant", TENANT, "--certificate", file];
    program.done(&[&["provider", "add"], &name[..]].concat())
}

/// The private server's superuser, through its socket.
async fn superuser(directory: &Directory) -> PgConnection {
    let login = PgConnectOptions::new_without_pgpass()
        .socket(directory.join("postgres/socket"))
        .ssl_mode(PgSslMode::Disable)
        .username("postgres")
        .database("portal");
    PgConnection::connect_with(&login).await.unwrap()
}

async fn run(connection: &mut PgConnection, sql: &str) {
    raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.unwrap();
}

#[tokio::test]
async fn what_was_written_is_there_after_a_stop_and_after_a_kill() {
    let directory = Directory::new();
    let program = Program::on(directory.path());
    let portal = program.serve();
    for file in ["portal.lock", "postgres.log", "master.key"] {
        let found = std::fs::metadata(directory.join(file)).unwrap();
        assert_eq!(found.permissions().mode() & 0o777, 0o600, "{file}");
    }
    assert_eq!((portal.status("/livez").await, portal.status("/readyz").await), (200, 200));
    let next = add_provider(&program, &directory, "contoso");
    assert!(next.contains("mssp-portal provider sign-in --slug contoso"), "{next}");
    let (ended, log) = portal.stop("-TERM");
    assert!(ended.success(), "{log}");
    assert!(!directory.join("postgres/data/postmaster.pid").exists(), "Postgres still runs");

    let portal = program.serve();
    assert!(program.done(&["provider", "list"]).contains("contoso"));
    portal.kill();
    let portal = program.serve();
    assert!(program.done(&["provider", "list"]).contains("contoso"));
    assert_eq!(portal.status("/readyz").await, 200);
    let (ended, log) = portal.stop("-INT");
    assert!(ended.success(), "{log}");
}

#[tokio::test]
async fn what_two_providers_could_both_claim_the_operator_gives_to_one_of_them() {
    let directory = Directory::new();
    let program = Program::on(directory.path());
    let portal = program.serve();
    add_provider(&program, &directory, "contoso");
    add_provider(&program, &directory, "fabrikam");
    let set = |slug: &str, more: &[&str]| program.run(&[&["provider", "set", "--slug", slug], more].concat());
    assert!(!set("contoso", &[]).good, "there must be something to set");
    let two = ["--mail-domain", "Contoso.example", "--mail-domain", "soc.example"];
    assert!(set("contoso", &two).good);
    let said = set("fabrikam", &["--mail-domain", "soc.example"]);
    assert!(!said.good && said.err.contains("soc.example belongs to the provider contoso"), "{}", said.err);
    assert!(!set("fabrikam", &["--mail-domain", "no domain"]).good);
    assert!(set("contoso", &["--mail-domain", "contoso.example"]).good, "his own, with one less");
    assert!(set("fabrikam", &["--mail-domain", "soc.example"]).good, "free again");
    let led = async |address: &str| portal.led_from_sign_in(address).await;
    assert_eq!(led("anna@contoso.example").await.as_deref(), Some("/p/contoso?back=%2F"));
    assert_eq!(led("bert@soc.example").await.as_deref(), Some("/p/fabrikam?back=%2F"));
    assert!(set("fabrikam", &["--no-mail-domains"]).good);
    assert_eq!(led("bert@soc.example").await, None);

    let sign_in = |slug: &str| program.run(&["provider", "sign-in", "--slug", slug, "--client-id", TENANT]);
    assert!(sign_in("contoso").good);
    let said = sign_in("fabrikam");
    assert!(!said.good && said.err.contains("the sign-in app of contoso"), "{}", said.err);
    assert!(!set("fabrikam", &["--release-client-id", TENANT]).good, "it is not his");
    assert!(set("contoso", &["--release-client-id", TENANT]).good);
    assert!(sign_in("fabrikam").good);
    let proof = program.done(&["audit", "verify"]);
    assert!(
        proof.contains("contoso: 5 events sound") && proof.contains("fabrikam: 4 events sound"),
        "{proof}"
    );
}

#[tokio::test]
async fn the_head_that_the_log_told_is_looked_for_later() {
    let directory = Directory::new();
    let program = Program::on(directory.path());
    let mut portal = program.serve();
    add_provider(&program, &directory, "contoso");
    let mut owner = superuser(&directory).await;
    // A provider's first round is an hour after he was added.
    run(&mut owner, "update outgoing set due_at = made_at where event = 'provider-round'").await;
    let told = portal.await_line("audit head provider=");
    let part =
        |name: &str| told.split(name).nth(1).unwrap().split_whitespace().next().unwrap().trim_matches('"');
    let head = format!("{}:{}", part("seq="), part("hash="));
    let said = program.done(&["audit", "verify", "--head", &head]);
    assert!(said.contains(&format!("contoso: the head {head} stands")), "{said}");

    let forged = format!("{}:{}", part("seq="), "0".repeat(64));
    let said = program.run(&["audit", "verify", "--head", &head, "--head", &forged]);
    assert!(!said.good && said.out.contains(&format!("LOST: the head {forged}")), "{}", said.out);
    run(&mut owner, "delete from audit_event").await;
    let said = program.run(&["audit", "verify", "--head", &head]);
    assert!(!said.good && said.out.contains(&format!("LOST: the head {head}")), "{}", said.out);
    assert!(!program.run(&["audit", "verify", "--head", "no head"]).good);
}

/// Lines of the master key file.
fn keys(directory: &Directory) -> Vec<String> {
    let text = std::fs::read_to_string(directory.join("master.key")).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn the_master_key_is_rotated_while_the_portal_serves_and_goes_on_where_it_was_killed() {
    let directory = Directory::new();
    let program = Program::on(directory.path()).with("RATE_ANONYMOUS_PER_MINUTE", "1000000");
    let program = program.with("RATE_PER_MINUTE", "1000000");
    let portal = program.serve();
    add_provider(&program, &directory, "contoso");
    program.done(&["provider", "sign-in", "--slug", "contoso", "--client-id", TENANT]);
    let old = keys(&directory);
    assert_eq!(old.len(), 1);

    // The gate opens the sealed key of the sign-in app at every visit.
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (told, address) = (stop.clone(), format!("{}/p/contoso", portal.base));
    let visits = tokio::spawn(async move {
        #[expect(clippy::disallowed_methods, reason = "a test's own client speaks to the test's own portal")]
        let client = reqwest::Client::new();
        let mut seen = Vec::new();
        while !told.load(std::sync::atomic::Ordering::Relaxed) {
            let answer = client.get(&address).header(reqwest::header::HOST, "localhost:8080").send().await;
            seen.push(answer.unwrap().status().as_u16());
        }
        seen
    });
    let rotate = |program: &Program| {
        let program = program.clone();
        tokio::task::spawn_blocking(move || program.done(&["key", "rotate"]))
    };
    let said = rotate(&program).await.unwrap();
    assert!(said.contains("contoso: 1 sealed again, 0 open under no key"), "{said}");
    let two = keys(&directory);
    assert!(two.len() == 2 && two[1] == old[0] && two[0] != old[0]);
    let mode = std::fs::metadata(directory.join("master.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let said = rotate(&program).await.unwrap();
    assert!(said.contains("contoso: 0 sealed again") && said.contains("take the other lines out"), "{said}");
    assert_eq!(keys(&directory), two, "no third key");
    assert!(program.run(&["doctor"]).out.contains("keys that nothing is sealed under"));

    // Killed after it changed the file: the rows are still under the key before.
    let third = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTMyYWE=";
    std::fs::write(directory.join("master.key"), format!("{third}\n{}\n", two[0])).unwrap();
    assert!(program.run(&["doctor"]).out.contains("1 secrets are sealed under a master key that is not"));
    let said = rotate(&program).await.unwrap();
    assert!(said.contains("contoso: 1 sealed again, 0 open under no key"), "{said}");
    std::fs::write(directory.join("master.key"), format!("{third}\n")).unwrap();
    assert_eq!(portal.status("/p/contoso").await, 200, "without any older key");
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let seen = visits.await.unwrap();
    assert!(seen.len() > 10 && seen.iter().all(|status| *status == 200), "{seen:?}");

    drop(portal);
    let portal = program.serve();
    assert_eq!(portal.status("/p/contoso").await, 200, "after a start with the new key alone");
    assert!(program.run(&["doctor"]).out.contains("the credentials of contoso open"));
    assert!(program.done(&["audit", "verify"]).contains("events sound"));
}

#[tokio::test]
async fn a_second_portal_on_the_same_directory_is_refused() {
    let directory = Directory::new();
    let program = Program::on(directory.path());
    let portal = program.serve();
    let said = program.refused();
    let wanted = format!("error: another portal is running on {}\n", directory.path().display());
    assert!(said.ends_with(&wanted), "{said}");
    assert_eq!(portal.status("/readyz").await, 200);
}

#[test]
fn data_of_another_major_version_is_refused_and_not_touched() {
    let directory = Directory::new();
    let data = directory.join("postgres/data");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::write(data.join("PG_VERSION"), "9\n").unwrap();
    std::fs::write(data.join("precious"), "rows").unwrap();
    let said = Program::on(directory.path()).refused();
    assert!(said.contains("was made by Postgres 9") && said.contains("nothing was touched"), "{said}");
    let mut names: Vec<_> =
        std::fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["PG_VERSION", "precious"]);
    assert_eq!(std::fs::read_to_string(data.join("PG_VERSION")).unwrap(), "9\n");
}

#[test]
fn a_directory_that_postgres_may_not_enter_is_named() {
    if !am_root() {
        return;
    }
    let directory = Directory::new();
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let said = Program::on(&directory.join("data")).refused();
    assert!(said.contains(&format!("cannot enter {}", directory.path().display())), "{said}");
    assert!(said.contains("PORTAL_DATA"), "{said}");
}

#[tokio::test]
async fn it_runs_as_an_ordinary_user_in_his_own_data_directory() {
    let directory = Directory::new();
    let mut program =
        Program::on(directory.path()).without("PORTAL_DATA").with("HOME", directory.path().to_str().unwrap());
    if am_root() {
        chown(directory.path(), Some(65534), Some(65534)).unwrap();
        program = program.by_nobody(directory.path());
    }
    let portal = program.serve();
    assert_eq!(portal.status("/readyz").await, 200);
    let key = directory.join(".local/share/mssp-portal/master.key");
    assert_eq!(std::fs::metadata(key).unwrap().permissions().mode() & 0o777, 0o600);
    if am_root() {
        let said = Program::on(&directory.join(".local/share/mssp-portal")).run(&["doctor"]);
        assert!(
            !said.good && said.out.contains("belongs to uid 65534; run this command as that user"),
            "{said:?}"
        );
        assert!(!said.out.contains("remove"), "{}", said.out);
        assert_eq!(portal.status("/readyz").await, 200);
    }
    assert!(portal.stop("-TERM").0.success());
}

#[test]
fn a_taken_port_is_one_clear_line() {
    let directory = Directory::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = Program::on(directory.path()).with("PORTAL_LISTEN", &address).refused();
    assert_eq!(
        said,
        format!("error: {address} is taken: stop what listens there, or set PORTAL_LISTEN to another port\n")
    );
    assert!(!directory.join("postgres").exists(), "nothing was started");
}

#[tokio::test]
async fn an_open_connection_does_not_hold_up_the_stop() {
    let directory = Directory::new();
    let portal = Program::on(directory.path()).serve();
    let address = portal.base.trim_start_matches("http://").to_owned();
    let _idle = std::net::TcpStream::connect(address).unwrap();
    portal.get("/livez").await;
    let begun = Instant::now();
    assert!(portal.stop("-TERM").0.success());
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[test]
fn help_names_every_variable_and_shows_no_secret() {
    let directory = Directory::new();
    let secret = "postgres://portal_app:hunter2@127.0.0.1:9/portal?connect_timeout=1";
    let program = Program::on(directory.path())
        .with("DATABASE_URL", secret)
        .with("DATABASE_OWNER_URL", &secret.replace("portal_app", "postgres"))
        .with("LOG", "trace");
    let help = program.done(&["--help"]);
    let line = command_line();
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let variables: Vec<&str> =
        line.get_arguments().filter_map(|argument| argument.get_env()?.to_str()).collect();
    assert!(variables.len() > 15, "{variables:?}");
    for variable in &variables {
        assert!(help.contains(&format!("[env: {variable}")), "--help does not name {variable}");
        let for_tests_only = *variable == "SIMULATED_CLOCK";
        assert!(
            for_tests_only || readme.contains(&format!("`{variable}`")),
            "README does not name {variable}"
        );
    }
    for arguments in
        [&["--help"][..], &["doctor"], &["migrate"], &["provider", "list"], &["serve", "--portal-url=x"]]
    {
        let said = program.run(arguments);
        assert!(!format!("{}{}", said.out, said.err).contains("hunter2"), "{arguments:?}: {said:?}");
    }
    let broken = program.with("DATABASE_URL", "portal_app:hunter2@db").run(&["serve"]);
    assert!(!broken.good && !broken.err.contains("hunter2"), "{}", broken.err);
    assert!(broken.err.contains("DATABASE_URL is no address"), "{}", broken.err);
}

#[tokio::test]
async fn a_tampered_audit_row_is_found_and_named() {
    let directory = Directory::new();
    let program = Program::on(directory.path());
    let _portal = program.serve();
    add_provider(&program, &directory, "contoso");
    let id = "22222222-2222-4333-8444-555555555555";
    program.done(&["provider", "sign-in", "--slug", "contoso", "--client-id", id]);
    assert!(program.done(&["audit", "verify"]).contains("contoso: 2 events sound"));
    let mut postgres = superuser(&directory).await;
    run(&mut postgres, "update audit_event set actor = 'somebody else' where seq = 2").await;
    let said = program.run(&["audit", "verify"]);
    assert!(!said.good && said.out.contains("BROKEN at event 2: its readable columns"), "{said:?}");
    run(&mut postgres, "update audit_event set body = body || 'x'::bytea where seq = 1").await;
    let said = program.run(&["audit", "verify", "--provider", "contoso"]);
    assert!(!said.good && said.out.contains("BROKEN at event 1: its stored bytes"), "{said:?}");
    run(&mut postgres, "delete from audit_event where seq = 1").await;
    let said = program.run(&["audit", "verify"]);
    assert!(!said.good && said.out.contains("BROKEN at event 1: a number is missing"), "{said:?}");
}

#[tokio::test]
async fn sealed_secrets_without_their_key_stop_the_start() {
    let directory = Directory::new();
    let program = Program::on(directory.path());
    add_provider(&program, &directory, "contoso");
    std::fs::rename(directory.join("master.key"), directory.join("away")).unwrap();
    let said = program.refused();
    assert!(said.contains("master.key is missing: put the key file back"), "{said}");
    assert!(!directory.join("master.key").exists());
}

#[tokio::test]
async fn a_login_that_row_security_does_not_bind_is_refused() {
    let directory = Directory::new();
    let options = Options { data_dir: directory.join("server"), durable: false, bin: None };
    let cluster = Cluster::start(options).await.unwrap();
    roles::migrate(&cluster.owner).await.unwrap();
    let mut postgres =
        PgConnection::connect_with(&cluster.superuser.clone().database("portal")).await.unwrap();
    let logins = [
        ("bypassing", "bypassrls in role portal_app", "bypassing, which has BYPASSRLS"),
        ("maker", "createrole in role portal_app", "maker, which has CREATEROLE"),
        ("owning", "in role portal_owner", "owning, which may act as portal_"),
        (
            "passing",
            "in role portal_app, portal_door",
            "may act as portal_door, which sees every provider's rows",
        ),
        ("holding", "in role portal_app", "holding, which owns the table held"),
    ];
    for (login, how, _) in logins {
        run(&mut postgres, &format!("create role {login} login {how}")).await;
    }
    run(&mut postgres, "create table held (); alter table held owner to holding").await;
    let socket = cluster.app.get_socket().unwrap().display().to_string().replace('/', "%2F");
    let superuser = [("postgres", "", "postgres, which is a superuser")];
    for (login, _, wanted) in logins.into_iter().chain(superuser) {
        let program = Program::on(&directory.join("portal"))
            .with("DATABASE_URL", &format!("postgres://{login}@{socket}/portal"));
        let said = program.refused();
        assert!(said.contains("error: row security does not bind the login of DATABASE_URL"), "{said}");
        assert!(said.contains(wanted) && said.contains("use portal_app"), "{login}: {said}");
    }
    postgres.close().await.unwrap();
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn readyz_follows_the_database_and_livez_does_not() {
    let directory = Directory::new();
    let options = Options { data_dir: directory.join("server"), durable: false, bin: None };
    let cluster = Cluster::start(options.clone()).await.unwrap();
    let socket = cluster.app.get_socket().unwrap().display().to_string().replace('/', "%2F");
    let mut postgres = PgConnection::connect_with(&cluster.superuser).await.unwrap();
    run(&mut postgres, "create role dba login createrole").await;
    run(&mut postgres, "create database own owner dba").await;
    run(&mut postgres, "grant portal_owner, portal_door to dba with admin option").await;
    let program = Program::on(&directory.join("portal"))
        .with("DATABASE_URL", &format!("postgres://portal_app@{socket}/own"))
        .with("DATABASE_OWNER_URL", &format!("postgres://dba@{socket}/own"));

    // A server of the operators' own is migrated by command only.
    let said = program.refused();
    assert!(said.contains("run `mssp-portal migrate`"), "{said}");
    program.done(&["migrate"]);
    program.done(&["migrate"]);
    let portal = program.serve();
    assert_eq!(portal.status("/readyz").await, 200);

    postgres.close().await.unwrap();
    cluster.stop().await.unwrap();
    drop(cluster);
    portal.await_status("/readyz", 503).await;
    assert_eq!(portal.status("/livez").await, 200);
    let cluster = Cluster::start(options).await.unwrap();
    portal.await_status("/readyz", 200).await;

    let mut postgres = PgConnection::connect_with(&cluster.superuser.clone().database("own")).await.unwrap();
    run(
        &mut postgres,
        "delete from _sqlx_migrations where version = (select max(version) from _sqlx_migrations)",
    )
    .await;
    portal.await_status("/readyz", 503).await;
    assert_eq!(portal.status("/livez").await, 200);
    postgres.close().await.unwrap();
    assert!(portal.stop("-TERM").0.success());
    cluster.stop().await.unwrap();
}
