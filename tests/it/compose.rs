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

/// As compose fills a value in: `${NAME:-standard}`, and `${NAME:?why}`, which stops where nobody set it.
fn filled(value: &str, set: &BTreeMap<String, String>) -> Result<String, String> {
    let Some((before, rest)) = value.split_once("${") else { return Ok(value.to_owned()) };
    let (inside, after) = rest.split_once('}').unwrap();
    let (name, rule) = inside.split_once(':').unwrap();
    let known = set.get(name).filter(|known| !known.is_empty());
    let known = match (known, rule.split_at(1)) {
        (Some(known), _) => known.as_str(),
        (None, ("-", standard)) => standard,
        (None, _) => return Err(name.to_owned()),
    };
    Ok(format!("{before}{known}{}", filled(after, set)?))
}

fn demo() -> BTreeMap<String, String> {
    let text = text("deploy/demo.env");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split_once('=').unwrap()).map(|(name, value)| (name.into(), value.into())).collect()
}

fn taken(service: &str, set: &BTreeMap<String, String>) {
    let mut arguments = vec!["mssp-portal".to_owned(), "serve".to_owned()];
    for (name, value) in variables(&services()[service]) {
        let flag = name.to_lowercase().replace('_', "-");
        arguments.push(format!("--{flag}={}", filled(&value, set).unwrap()));
    }
    command_line().try_get_matches_from(&arguments).unwrap();
}

#[test]
fn what_the_compose_file_sets_is_taken_by_the_program() {
    let own = ["DATABASE_PASSWORD", "DATABASE_OWNER_PASSWORD"].map(|name| (name.to_owned(), "x1".to_owned()));
    for service in ["portal", "migrate"] {
        taken(service, &own.clone().into());
        taken(service, &demo());
    }
}

#[test]
fn without_passwords_of_ones_own_nothing_starts_but_the_demo() {
    let services = services();
    let needed = |set: &BTreeMap<String, String>| -> BTreeSet<String> {
        let all = services.values().flat_map(|lines| variables(lines).into_values());
        all.filter_map(|value| filled(&value, set).err()).collect()
    };
    let both = ["DATABASE_PASSWORD", "DATABASE_OWNER_PASSWORD"].map(str::to_owned);
    assert_eq!(needed(&BTreeMap::new()), both.into());
    assert_eq!(needed(&demo()), BTreeSet::new());
    for service in ["database", "migrate", "portal"] {
        let asks = variables(&services[service]).into_values().any(|value| value.contains(":?"));
        assert!(asks, "{service} starts with a password that everybody knows");
    }
    let demo = demo();
    assert_eq!(demo["CLOUD"], "simulated", "known passwords are for a cloud where nothing is real");
    assert!(demo.contains_key("COMPOSE_PROJECT_NAME"), "the demo's volumes become nobody's production");
}

#[test]
fn behind_its_proxy_the_composed_portal_tells_visitors_apart() {
    let portal = variables(&services()["portal"]);
    assert_eq!(filled(&portal["TRUSTED_PROXY_HOPS"], &BTreeMap::new()).unwrap(), "1");
    let ports: Vec<String> =
        services()["portal"].iter().filter(|line| line.contains(":8080\"")).cloned().collect();
    assert!(
        ports.len() == 1 && ports[0].contains("\"127.0.0.1:"),
        "whoever is believed comes by this machine"
    );
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
