//! A simulated cloud over https, vouched for by its own authority and nobody else's.

use cloud_sim::{Options, Simulation};
use mssp_portal::graph::{Cloud, Graph};
use mssp_portal::kit::chance::Chance;
use mssp_portal::kit::clock::Clock;
use serde_json::json;

use crate::support::cloud::options;
use crate::support::program::{Directory, Program};

async fn simulation(directory: &Directory) -> Simulation {
    Simulation::start(Options { tls: Some(directory.join("tls")), ..options() }).await.unwrap()
}

// The program is waited for on this thread; the simulation answers it on another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_portal_talks_https_to_a_simulated_cloud_whose_authority_it_was_given() {
    let directory = Directory::new();
    let simulation = simulation(&directory).await;
    let ca = directory.join("tls/ca.pem");
    let program = Program::on(directory.path())
        .with("SIMULATED_CLOUD_URL", simulation.base_url())
        .with("SIMULATED_CLOUD_CA", ca.to_str().unwrap());
    // The clock is asked for over https before anything else.
    let portal = program.clone().with("SIMULATED_CLOCK", "true").serve();
    assert_eq!(portal.status("/readyz").await, 200);
    let found = program.run(&["doctor"]);
    assert!(found.out.contains(&format!("{}/ (Graph) answers", simulation.base_url())), "{found:?}");

    let stranger = program.without("SIMULATED_CLOUD_CA");
    let found = stranger.run(&["doctor"]);
    assert!(found.out.contains("(Graph) does not answer"), "{found:?}");
    let refused = stranger.with("PORTAL_DATA", directory.join("other").to_str().unwrap());
    let said = refused.with("SIMULATED_CLOCK", "true").refused();
    assert!(said.contains(&format!("error: the clock at {}/sim/clock", simulation.base_url())), "{said}");
    simulation.close().await.unwrap();
}

#[tokio::test]
async fn nobody_else_vouches_for_a_cloud_with_an_authority_of_its_own() {
    let (ours, theirs) = (Directory::new(), Directory::new());
    let (simulation, other) = (simulation(&ours).await, simulation(&theirs).await);
    let pem = |directory: &Directory| std::fs::read(directory.join("tls/ca.pem")).unwrap();
    let world = json!({"tenants": [{"displayName": "Adatum", "domains": ["adatum.example"]}]});
    let graph = |pem: Vec<u8>| {
        let cloud = Cloud::simulated(simulation.base_url()).unwrap().vouched_by(&pem).unwrap();
        Graph::new(cloud, Clock::system(), Chance::system()).unwrap()
    };
    let declare = graph(pem(&ours)).http_client().post(format!("{}/sim/world", simulation.base_url()));
    assert!(declare.json(&world).send().await.unwrap().status().is_success());
    assert!(graph(pem(&ours)).discover("adatum.example").await.is_ok());
    let error = graph(pem(&theirs)).discover("adatum.example").await.unwrap_err().to_string();
    assert!(error.contains("certificate"), "{error}");
    assert!(Cloud::simulated(simulation.base_url()).unwrap().vouched_by(b"no certificate").is_none());
    simulation.close().await.unwrap();
    other.close().await.unwrap();
}

#[test]
fn an_authority_is_refused_where_it_would_vouch_for_nothing() {
    let directory = Directory::new();
    let file = directory.join("ca.pem");
    std::fs::write(&file, "no certificate").unwrap();
    let file = file.to_str().unwrap();
    let program = Program::on(directory.path()).with("SIMULATED_CLOUD_CA", file);
    let https = program.clone().with("SIMULATED_CLOUD_URL", "https://127.0.0.1:9");
    for (program, wanted) in [
        (program.clone().with("CLOUD", "global"), "is for CLOUD=simulated only"),
        (program, "set SIMULATED_CLOUD_URL to an https address"),
        (https.clone(), "ca.pem holds no certificate as PEM"),
        (https.with("SIMULATED_CLOUD_CA", "/nowhere/ca.pem"), "cannot read /nowhere/ca.pem"),
    ] {
        let said = program.refused();
        assert!(said.contains("error: SIMULATED_CLOUD_CA") && said.contains(wanted), "{said}");
    }
}
