//! The world outlives the process: in a directory, written whole, stopped by signals.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use cloud_sim::{Options, Simulation};
use reqwest::Client;
use serde_json::{Value, json};

use super::kit::{ADATUM, Place, declared, options};

async fn read(base: &str, path: &str) -> Value {
    Client::new().get(format!("{base}{path}")).send().await.unwrap().json().await.unwrap()
}

async fn write(base: &str, path: &str, body: Value) -> Value {
    let sent = Client::new().post(format!("{base}{path}")).json(&body).send().await.unwrap();
    assert!(sent.status().is_success(), "{path}");
    sent.json().await.unwrap_or(Value::Null)
}

#[tokio::test]
async fn a_world_is_there_again_after_a_restart() {
    let place = Place::new("restart");
    let start = || {
        let options = Options { state: Some(place.0.clone()), ..options() };
        async { Simulation::start(options).await.unwrap() }
    };
    let first = start().await;
    write(first.base_url(), "/sim/world", declared()).await;
    write(first.base_url(), "/sim/switches", json!({"page.size": 7})).await;
    write(first.base_url(), "/sim/clock", json!({"advanceSeconds": 86_400})).await;
    let body = json!({"method": "POST", "path": "/identityGovernance/entitlementManagement/catalogs",
        "body": {"displayName": "MSSP Accesses"}});
    let made = write(first.base_url(), &format!("/sim/tenants/{ADATUM}/graph"), body).await;
    let keys = format!("/{ADATUM}/discovery/v2.0/keys");
    let key = read(first.base_url(), &keys).await["keys"][0]["kid"].clone();
    first.close().await.unwrap();
    let second = start().await;
    let world = read(second.base_url(), "/sim/world").await;
    let adatum = world["tenants"].as_array().unwrap().iter().find(|t| t["id"] == ADATUM).unwrap().clone();
    assert!(adatum["catalogs"].as_array().unwrap().iter().any(|c| c["id"] == made["id"]), "{made}");
    assert_eq!(read(second.base_url(), "/sim/switches").await["page.size"], 7);
    assert_eq!(read(second.base_url(), "/sim/clock").await["offsetSeconds"], 86_400);
    assert_eq!(read(second.base_url(), &keys).await["keys"][0]["kid"], key, "tokens stay good");
    second.close().await.unwrap();
}

#[tokio::test]
async fn a_file_that_is_no_world_is_named_and_not_overwritten() {
    let place = Place::new("foreign");
    std::fs::create_dir_all(&place.0).unwrap();
    std::fs::write(place.0.join("world.json"), "not a world").unwrap();
    let options = Options { state: Some(place.0.clone()), ..options() };
    let error = Simulation::start(options).await.err().unwrap();
    assert!(error.to_string().contains("world.json"), "{error}");
    assert_eq!(std::fs::read_to_string(place.0.join("world.json")).unwrap(), "not a world");
}

/// The program itself; killed when the test breaks.
struct Program {
    child: Child,
    base: String,
}

impl Program {
    fn start(place: &Place) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_cloud-sim"))
            .args(["--listen", "127.0.0.1:0", "--clock", "set", "--state"])
            .arg(&place.0)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, base: line.trim().rsplit(' ').next().unwrap().to_owned() }
    }

    fn end(mut self, signal: &str) {
        Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(self.child.wait().unwrap().success(), "{signal}");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

#[tokio::test]
async fn the_program_ends_on_a_signal_with_its_world_and_its_standing_clock_kept() {
    let place = Place::new("program");
    let program = Program::start(&place);
    write(&program.base, "/sim/world", declared()).await;
    let now = read(&program.base, "/sim/clock").await["now"].clone();
    assert_eq!(read(&program.base, "/sim/clock").await["now"], now, "it stands still");
    program.end("-TERM");
    let program = Program::start(&place);
    assert_eq!(read(&program.base, "/sim/clock").await["now"], now);
    assert_eq!(read(&program.base, "/sim/world").await["tenants"].as_array().unwrap().len(), 2);
    write(&program.base, "/sim/clock", json!({"now": "2030-01-01T00:00:00Z"})).await;
    let moved = read(&program.base, "/sim/clock").await["now"].clone();
    assert!(moved.as_str().unwrap().starts_with("2030-01-01T00:00:00"), "{moved}");
    program.end("-INT");
}
