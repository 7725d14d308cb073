//! The table of permissions: a row for every call the sources name, equal to Microsoft's own list where that is here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const TABLE: &str = include_str!("../../../src/graph/permissions.tsv");

fn names(cell: &str) -> BTreeSet<String> {
    let cell = cell.split('(').next().unwrap_or_default();
    cell.split([',', ';']).map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn table() -> BTreeMap<&'static str, [&'static str; 2]> {
    let rows = TABLE.lines().skip(1).map(|line| {
        let mut cells = line.split('\t');
        (cells.next().unwrap(), [cells.next().unwrap(), cells.next().unwrap()])
    });
    rows.collect()
}

pub fn calls_in_sources() -> BTreeSet<String> {
    let mut calls = BTreeSet::new();
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/graph")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap();
        let production = text.split("#[cfg(test)]").next().unwrap();
        let quoted = production.split('"').skip(1).step_by(2);
        let method = |text: &&str| {
            ["GET ", "POST ", "PATCH ", "PUT ", "DELETE "].iter().any(|method| text.starts_with(method))
        };
        calls.extend(quoted.filter(method).filter(|call| !call.contains("{tenant}")).map(str::to_owned));
    }
    calls
}

#[test]
fn every_call_the_client_knows_says_which_permission_opens_it() {
    let (table, calls) = (table(), calls_in_sources());
    assert!(calls.len() > 40, "{calls:?}");
    // A batch is opened by any token; what opens its parts is asked part by part.
    let needs = calls.iter().filter(|call| call.as_str() != "POST /$batch");
    let without: Vec<_> = needs.filter(|call| !table.contains_key(call.as_str())).collect();
    assert!(without.is_empty(), "no row for {without:?}");
}

/// What our table has beside the list's row: creation is opened by what opens creating, adding a group by what may
/// write it (contract §5), and reading by what may write.
const BESIDE: [(&str, &str); 5] = [
    ("PATCH /groups(uniqueName)", "Group.Create"),
    ("POST EM/resourceRequests", "Group.ReadWrite.All"),
    ("GET EM/accessPackages/{id}/resourceRoleScopes", "EntitlementManagement.ReadWrite.All"),
    ("GET beta/roleManagement/defender/resourceNamespaces", "RoleManagement.ReadWrite.Defender"),
    (
        "GET beta/roleManagement/defender/resourceNamespaces/{id}/resourceActions",
        "RoleManagement.ReadWrite.Defender",
    ),
];

/// `GET EM/catalogs/{id}` as Microsoft's list writes it.
fn operation(call: &str) -> (&'static str, String) {
    let version = if call.contains(" beta/") { "beta" } else { "v1.0" };
    let full = call.replace(" EM/", " /identityGovernance/entitlementManagement/").replace(" beta/", " /");
    let full = full.replace("(domainName)", "(domainName='{v}')").replace("(tenantId)", "(tenantId='{v}')");
    (version, full.replace("/groups(uniqueName)", "/groups/{id}"))
}

#[test]
fn the_table_of_permissions_is_microsofts() {
    let Some(contract) = std::env::var_os("GRAPH_CONTRACT_DIR") else { return };
    let list = std::fs::read_to_string(Path::new(&contract).join("permissions.tsv")).unwrap();
    let mut documented: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for line in list.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let key = (cells[0].to_owned(), cells[1].to_owned());
        // What no app may do by itself is opened by a person's own permissions.
        let of_app = cells[2] != "NOT SUPPORTED";
        documented.entry(key).or_default().extend(names(cells[if of_app { 2 } else { 3 }]));
    }
    let mut compared = 0;
    for (call, [asked, others]) in table() {
        let (version, operation) = operation(call);
        let Some(known) = documented.get(&(version.to_owned(), operation)) else { continue };
        let ours: BTreeSet<String> =
            [asked, others].iter().flat_map(|cell| names(&cell.replace(" + ", ", "))).collect();
        let beside: BTreeSet<String> =
            BESIDE.iter().filter(|row| row.0 == call).map(|row| row.1.to_owned()).collect();
        let ours: BTreeSet<String> = ours.difference(&beside).cloned().collect();
        assert!(ours.is_subset(known), "{call}: {:?} is not documented", ours.difference(known));
        let upsert = call == "PATCH /groups(uniqueName)";
        assert!(upsert || known.is_subset(&ours), "{call}: {:?} opens it too", known.difference(&ours));
        compared += 1;
    }
    assert!(compared > 40, "{compared} rows compared");
}
