//! What the container files set must be what the programs know.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use mssp_portal::program::command_line;

fn text(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

/// Service -> its lines, without what is above `services:` or below it.
fn services() -> BTreeMap<String, Vec<String>> {
    let text = text("docker-compose.yml");
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut current = String::new();
    let body = text.lines().skip_while(|line| *line != "services:").skip(1);
    for line in body.take_while(|line| line.is_empty() || line.starts_with(' ')) {
        let inside = line.trim_start();
        if inside.is_empty() || inside.starts_with('#') {
            continue;
        }
        match (line.len() - inside.len(), inside.strip_suffix(':')) {
            (2, Some(name)) => current = name.to_owned(),
            _ => found.entry(current.clone()).or_default().push(line.to_owned()),
        }
    }
    found
}

/// The variables that a service sets, in the `NAME: value` form.
fn variables(lines: &[String]) -> BTreeMap<String, String> {
    let block = lines.iter().skip_while(|line| line.trim() != "environment:").skip(1);
    let entries = block.take_while(|line| line.starts_with("      "));
    entries
        .map(|line| {
            let (name, value) = line.trim().split_once(": ").unwrap();
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

fn portal_variables() -> BTreeSet<String> {
    let line = command_line();
    line.get_arguments().filter_map(|one| one.get_env()?.to_str()).map(str::to_owned).collect()
}

/// Names in `env = "…"` of the simulation's own arguments.
fn simulation_variables() -> BTreeSet<String> {
    let source = text("cloud-sim/src/main.rs");
    let names = source.split("env = \"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    names.collect()
}

#[test]
fn every_variable_in_the_compose_file_is_one_the_program_knows() {
    let services = services();
    assert_eq!(services.keys().collect::<Vec<_>>(), ["cloud-sim", "database", "migrate", "portal"]);
    for (service, known) in [
        ("portal", portal_variables()),
        ("migrate", portal_variables()),
        ("cloud-sim", simulation_variables()),
        ("database", ["POSTGRES_DB", "POSTGRES_PASSWORD"].map(str::to_owned).into()),
    ] {
        let set = variables(&services[service]);
        assert!(!set.is_empty(), "{service} sets nothing");
        for name in set.keys() {
            assert!(known.contains(name), "{service} sets {name}, which it does not know: {known:?}");
        }
    }
}

#[test]
fn what_the_compose_file_sets_is_taken_by_the_program() {
    for service in ["portal", "migrate"] {
        let mut arguments = vec!["mssp-portal".to_owned(), "serve".to_owned()];
        for (name, value) in variables(&services()[service]) {
            // As compose fills it in where nobody set a variable.
            let value = match value.split_once(":-") {
                Some((before, rest)) => {
                    let (standard, after) = rest.split_once('}').unwrap();
                    format!("{}{standard}{after}", before.split("${").next().unwrap())
                }
                None => value,
            };
            let flag = name.to_lowercase().replace('_', "-");
            arguments.push(format!("--{flag}={value}"));
        }
        command_line().try_get_matches_from(&arguments).unwrap();
    }
}

#[test]
fn the_simulated_cloud_shares_the_portals_network_and_its_address() {
    let services = services();
    let simulation = &services["cloud-sim"];
    assert!(simulation.iter().any(|line| line.trim() == "profiles: [demo]"));
    assert!(simulation.iter().any(|line| line.trim() == "network_mode: \"service:portal\""));
    let portal = variables(&services["portal"]);
    assert_eq!(portal["SIMULATED_CLOUD_URL"], variables(simulation)["CLOUD_SIM_PUBLIC_URL"]);
}

#[test]
fn the_image_runs_unprivileged_and_sets_only_what_the_portal_knows() {
    let dockerfile = text("Dockerfile");
    let portal = dockerfile.split(" AS portal").nth(1).unwrap();
    assert!(portal.lines().any(|line| line == "USER 10001"));
    assert!(portal.contains("ENTRYPOINT [\"mssp-portal\"]"));
    let known = portal_variables();
    for line in portal.lines().filter_map(|line| line.strip_prefix("ENV ")) {
        for setting in line.split(' ') {
            let name = setting.split('=').next().unwrap();
            assert!(known.contains(name), "the image sets {name}");
        }
    }
    let unit = text("deploy/mssp-portal.service");
    for setting in unit.lines().filter_map(|line| line.strip_prefix("Environment=")) {
        let name = setting.split('=').next().unwrap();
        assert!(known.contains(name), "the unit sets {name}");
    }
}
