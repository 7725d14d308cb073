//! Query options: every call with every option, taken or refused as its page says; and what each option does.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::anyone::Reply;
use super::kit::{ADATUM, World};
use super::onboarded::Onboarded;

const OPTIONS: &[&str] =
    &["$filter", "$select", "$expand", "$top", "$skip", "$count", "$orderby", "$search", "$format", "$apply"];

/// A call that reads: its path with places for keys, its options, and one property its answer has.
struct Row {
    version: &'static str,
    path: &'static str,
    kind: &'static str,
    options: BTreeSet<&'static str>,
    /// Names that `$expand` takes, `?` where this simulation has none of the documented ones.
    expands: &'static str,
    filters: Vec<(&'static str, Vec<&'static str>)>,
}

fn rows() -> Vec<Row> {
    let lines = include_str!("../../data/query-options.tsv").lines().skip(1);
    let row = |line: &'static str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let filters = cells[5].split_whitespace().map(|f| f.split_once(':').unwrap());
        Row {
            version: cells[0],
            path: cells[1].trim_start_matches("GET "),
            kind: cells[2],
            options: cells[3].split_whitespace().map(|o| o.split('=').next().unwrap()).collect(),
            expands: cells[3]
                .split_once("$expand=")
                .map_or("", |(_, names)| names.split(' ').next().unwrap()),
            filters: filters.map(|(path, operators)| (path, operators.split(',').collect())).collect(),
        }
    };
    lines.map(row).collect()
}

/// Everything may be read by this caller.
pub async fn reader(world: &World) -> String {
    let lines = include_str!("../../data/permissions.tsv").lines().skip(1);
    let reads: BTreeSet<&str> = lines
        .map(|line| line.split('\t').nth(2).unwrap().split('(').next().unwrap())
        .filter(|cell| !cell.starts_with("NOT"))
        .flat_map(|cell| cell.split([';', ',', '+']))
        .map(str::trim)
        .filter(|p| p.contains("Read"))
        .collect();
    world.app_with(&reads.into_iter().collect::<Vec<_>>()).await
}

/// Something that a property of this name can be compared with, and something that it cannot.
fn literals(row: &Row, property: &str) -> (&'static str, &'static str) {
    let mut lines = include_str!("../../data/properties.tsv").lines();
    let (_, names) = lines.find_map(|l| l.split_once('\t').filter(|(kind, _)| *kind == row.kind)).unwrap();
    match names.split(' ').find_map(|word| word.strip_prefix(property)?.strip_prefix(':')) {
        Some("boolean") => ("true", "'true'"),
        Some("date-time") => ("2027-01-01T00:00:00Z", "'2027-01-01T00:00:00Z'"),
        Some("integer") => ("1", "'1'"),
        _ => ("'a'", ""),
    }
}

fn value(option: &str) -> &'static str {
    match option {
        "$filter" => "id eq 'x'",
        "$select" => "id",
        "$expand" => "nothing",
        "$top" => "5",
        "$skip" => "1",
        "$count" => "true",
        "$orderby" => "id",
        "$search" => "\"displayName:x\"",
        _ => "json",
    }
}

fn refused_option(reply: &Reply) -> bool {
    let text = reply.body["error"]["message"].as_str().unwrap_or("");
    reply.status == 400 && (text.contains("is not allowed") || text.contains("was not recognized"))
}

#[tokio::test]
async fn every_call_takes_the_options_of_its_page_and_refuses_the_others() {
    let world = World::with_consent().await;
    let token = reader(&world).await;
    let mut judged = 0;
    for row in rows() {
        let path = row.path.replace("{id}", "00000000-0000-4000-8000-00000000ffff").replace("{v}", "x");
        for option in OPTIONS {
            let address = format!("/{}{path}?{option}={}", row.version, value(option));
            let headers = [("ConsistencyLevel", "eventual")];
            let reply = world.send(&token, reqwest::Method::GET, &address, None, &headers).await;
            // What only people may call is not for this token.
            if reply.status == 403 {
                continue;
            }
            judged += 1;
            world.simulation.forget_unknown_calls();
            assert_eq!(!refused_option(&reply), row.options.contains(option), "{address}: {reply:?}");
        }
    }
    assert!(judged > 600, "{judged}");
}

#[tokio::test]
async fn every_call_expands_what_its_page_names_and_nothing_else() {
    let world = World::with_consent().await;
    let token = reader(&world).await;
    for row in rows().iter().filter(|r| !r.expands.is_empty()) {
        let path = row.path.replace("{id}", "00000000-0000-4000-8000-00000000ffff").replace("{v}", "x");
        let ask =
            async |name: &str| world.read(&token, &format!("/{}{path}?$expand={name}", row.version)).await;
        let nothing = ask("nothing").await;
        if nothing.status == 403 {
            continue;
        }
        if row.expands == "?" {
            assert_eq!(nothing.status, 501, "{path}");
            world.simulation.forget_unknown_calls();
            continue;
        }
        assert_eq!((nothing.status, nothing.code()), (400, "BadRequest"), "{path}");
        for name in row.expands.split(',') {
            let reply = ask(name).await;
            assert!([200, 404].contains(&reply.status), "{path} {name}: {reply:?}");
        }
    }
}

#[tokio::test]
async fn groups_show_their_people_and_resource_requests_what_they_are_about() {
    let there = Onboarded::in_world(World::with_consent().await).await;
    let path = format!("/v1.0/groups/{}?$expand=members,owners", there.approvers);
    let group = there.world.get(&path).await.1;
    assert_eq!((&group["members"][0]["displayName"], &group["owners"]), (&json!("Gail Admin"), &json!([])));
    let request = there.world.em("resourceRequests?$expand=catalog,resource").await.1["value"][0].clone();
    assert_eq!(request["catalog"]["id"], there.catalog.as_str());
    assert_eq!(request["resource"]["originId"], there.tier1.as_str());
    assert!(there.world.em("resourceRequests").await.1["value"][0].get("catalog").is_none());
    let settings = there.world.em("settings?$select=id").await.1;
    assert!(settings.get("externalUserLifecycleAction").is_none(), "{settings}");
}

#[tokio::test]
async fn every_property_takes_the_operators_of_its_page_and_refuses_the_others() {
    let world = World::with_consent().await;
    let token = reader(&world).await;
    let unsupported = |reply: &Reply| reply.code() == "Request_UnsupportedQuery";
    let mut kinds = 0;
    for row in rows().iter().filter(|r| r.options.contains("$filter")) {
        let path = row.path.replace("{id}", "00000000-0000-4000-8000-00000000ffff").replace("{v}", "x");
        for (property, operators) in &row.filters {
            let (property, expand) = match property.strip_prefix('+') {
                Some(plain) => (plain, format!("&$expand={}", plain.split('/').next().unwrap())),
                None => (*property, String::new()),
            };
            for operator in ["eq", "ne", "ge", "gt", "le", "lt", "in", "startswith", "endswith", "contains"] {
                let inner = match property.split_once("/any") {
                    Some((_, rest)) => format!("x{rest}"),
                    None => property.to_owned(),
                };
                let (fit, unfit) = literals(row, property);
                let asked = async |literal: &str| {
                    let test = match operator {
                        "in" => format!("{inner} in ({literal}, {literal})"),
                        "startswith" | "endswith" | "contains" => format!("{operator}({inner}, {literal})"),
                        _ => format!("{inner} {operator} {literal}"),
                    };
                    let filter = match property.split_once("/any") {
                        Some((list, _)) => format!("{list}/any(x:{test})"),
                        None => test,
                    };
                    let count = if row.options.contains("advanced") { "&$count=true" } else { "" };
                    let address = format!("/{}{path}?$filter={filter}{expand}{count}", row.version);
                    let headers = [("ConsistencyLevel", "eventual")];
                    (world.send(&token, reqwest::Method::GET, &address, None, &headers).await, address)
                };
                let (reply, address) = asked(fit).await;
                if reply.status == 403 {
                    continue;
                }
                assert_eq!(!unsupported(&reply), operators.contains(&operator), "{address}: {reply:?}");
                if !unfit.is_empty() && operator == "eq" {
                    let (reply, address) = asked(unfit).await;
                    assert_eq!((reply.status, reply.code()), (400, "BadRequest"), "{address}: {reply:?}");
                    kinds += 1;
                }
            }
        }
    }
    assert!(kinds > 12, "{kinds} properties are no texts");
}

#[tokio::test]
async fn a_filter_by_what_is_not_expanded_or_not_there_is_refused() {
    let there = Onboarded::in_world(World::with_consent().await).await;
    let world = &there.world;
    let by_package = format!("assignments?$filter=accessPackage/id eq '{}'", there.package);
    assert_eq!(world.em(&by_package).await.1["error"]["code"], "Request_UnsupportedQuery");
    assert_eq!(world.em(&format!("{by_package}&$expand=accessPackage")).await.0, 200);
    for wrong in [
        "catalogs?$filter=colour eq 'red'",
        "catalogs?$filter=displayName eq",
        "catalogs?$filter=displayName eq 'x",
        "catalogs?$select=id,colour",
        "catalogs?$expand=colour",
        "accessPackages?$expand=resourceRoleScopes($expand=colour)",
        "accessPackages?$expand=catalog($filter=id eq 'x')",
    ] {
        let (status, answer) = world.em(wrong).await;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!("BadRequest")), "{wrong}: {answer}");
    }
}

#[tokio::test]
async fn selected_and_expanded_is_what_comes_back() {
    let there = Onboarded::in_world(World::with_consent().await).await;
    let world = &there.world;
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let one = world.em("catalogs?$select=id,displayName&$filter=displayName eq 'MSSP Accesses'").await.1;
    assert_eq!(names(&one["value"][0]), ["displayName", "id"]);
    let path = "accessPackages?$select=id&$expand=catalog($select=displayName),resourceRoleScopes($expand=role($select=originId),scope)";
    let package = world.em(path).await.1["value"][0].clone();
    assert_eq!(names(&package), ["catalog", "id", "resourceRoleScopes"]);
    assert_eq!(names(&package["catalog"]), ["displayName"]);
    let role = &package["resourceRoleScopes"][0];
    assert_eq!(role["scope"]["isRootScope"], true);
    assert!(world.em("catalogs").await.1["value"][0].get("accessPackages").is_none());
    let user = world.get("/v1.0/users/gail@adatum.example").await.1;
    assert!(user.get("accountEnabled").is_none(), "not among the default properties");
    let user = world.get("/v1.0/users/gail@adatum.example?$select=accountEnabled").await.1;
    assert_eq!(user["accountEnabled"], true);
}

#[tokio::test]
async fn advanced_queries_need_their_header_and_count() {
    let world = World::with_consent().await;
    world.switch("consistency.groups", 0).await;
    for name in ["Tier 1 Analyst", "Tier 2 Analyst", "Other"] {
        world.group(name).await;
    }
    let token = world.app_with(&["Group.Read.All"]).await;
    let eventual = [("ConsistencyLevel", "eventual")];
    for (query, found) in [
        ("$count=true", 4),
        ("$search=\"displayName:analyst\"", 2),
        ("$search=\"displayName:tier 1\" OR \"displayName:other\"", 2),
        ("$filter=displayName ne 'Other'&$count=true", 3),
        ("$filter=not startswith(displayName,'Tier')&$count=true", 2),
        ("$filter=startswith(displayName,'Tier')&$orderby=displayName desc&$count=true", 2),
    ] {
        let path = format!("/v1.0/groups?{query}");
        let plain = world.read(&token, &path).await;
        assert_eq!(plain.status, 400, "{query}: {plain:?}");
        let advanced = world.send(&token, reqwest::Method::GET, &path, None, &eventual).await;
        assert_eq!(advanced.list().len(), found, "{query}: {advanced:?}");
        if query.contains("$count") {
            assert_eq!(advanced.body["@odata.count"], found, "{query}");
        }
    }
    let uncounted = "/v1.0/groups?$filter=displayName ne 'Other'";
    assert_eq!(world.send(&token, reqwest::Method::GET, uncounted, None, &eventual).await.status, 400);
    let sorted = world.read(&token, "/v1.0/groups?$orderby=displayName desc").await;
    let names: Vec<&str> = sorted.list().iter().map(|g| g["displayName"].as_str().unwrap()).collect();
    assert_eq!(names, ["Tier 2 Analyst", "Tier 1 Analyst", "Synced", "Other"]);
    assert_eq!(world.read(&token, "/v1.0/groups?$orderby=displayName upwards").await.status, 400);
    assert_eq!(
        world.read(&token, "/v1.0/groups?$filter=startswith(displayName,'tier')").await.list().len(),
        2
    );
}

#[tokio::test]
async fn a_page_size_is_a_number_within_the_documented_bounds() {
    let world = World::with_consent().await;
    let token = world.app_with(&["Group.Read.All", "AccessReview.Read.All"]).await;
    for (path, status) in [
        ("/v1.0/groups?$top=999", 200),
        ("/v1.0/groups?$top=1000", 400),
        ("/v1.0/groups?$top=0", 400),
        ("/v1.0/groups?$top=-1", 400),
        ("/v1.0/groups?$top=ten", 400),
        ("/v1.0/groups?$count=perhaps", 400),
        ("/v1.0/identityGovernance/accessReviews/definitions?$top=100", 200),
        ("/v1.0/identityGovernance/accessReviews/definitions?$top=101", 400),
        ("/v1.0/identityGovernance/accessReviews/definitions?$skip=x", 400),
    ] {
        assert_eq!(world.read(&token, path).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn incidents_are_told_with_their_alerts() {
    let world = World::with_consent().await;
    let at = "2026-01-01T00:00:00Z";
    let alert =
        |id: &str, of: &str| json!({"id": id, "incidentId": of, "createdDateTime": at, "severity": "high"});
    let body = json!({"alerts": [alert("a", "1"), alert("b", "2")], "incidents": [{"id": "1", "createdDateTime": at}]});
    world.sim(&format!("tenants/{ADATUM}/set"), body).await;
    let incident = world.get("/v1.0/security/incidents?$expand=alerts").await.1["value"][0].clone();
    assert_eq!(incident["alerts"].as_array().unwrap().len(), 1);
    let one = world.get("/v1.0/security/incidents/1?$expand=alerts").await.1;
    assert_eq!(one["alerts"][0]["id"], "a");
    assert!(world.get("/v1.0/security/incidents/1").await.1.get("alerts").is_none());
}
