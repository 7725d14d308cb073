//! Pages: small on demand, joined by links whose tokens say nothing and serve one query only.

use serde_json::{Value, json};

use super::kit::{ADATUM, World};
use super::onboarded::{Onboarded, id, member_role, policy};
use super::queries::reader;

async fn groups(world: &World, count: usize) {
    world.switch("consistency.groups", 0).await;
    for n in 0..count {
        world.group(&format!("Group {n:02}")).await;
    }
}

fn next(world: &World, page: &Value) -> Option<String> {
    page["@odata.nextLink"].as_str().map(|link| link.strip_prefix(&world.url("")).unwrap().to_owned())
}

async fn all(world: &World, first: &str) -> (Vec<String>, Vec<String>) {
    let (mut names, mut links, mut path) = (Vec::new(), Vec::new(), Some(first.to_owned()));
    while let Some(address) = path {
        let (status, page) = world.get(&address).await;
        assert_eq!(status, 200, "{address}: {page}");
        names.extend(
            page["value"].as_array().unwrap().iter().map(|g| g["displayName"].as_str().unwrap().to_owned()),
        );
        path = next(world, &page);
        links.extend(path.clone());
    }
    (names, links)
}

#[tokio::test]
async fn pages_follow_each_other_and_nothing_is_lost_or_told_twice() {
    let world = World::with_consent().await;
    groups(&world, 11).await;
    for (size, first, pages) in [
        (3, "/v1.0/groups", 4),
        (100, "/v1.0/groups?$top=5", 3),
        (4, "/v1.0/groups?$select=id,displayName&$orderby=displayName desc", 3),
    ] {
        world.switch("page.size", size).await;
        let (names, links) = all(&world, first).await;
        assert_eq!((names.len(), links.len() + 1), (12, pages), "{first}");
        let mut once = names.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), 12, "{first}: {names:?}");
    }
    let (names, _) = all(&world, "/v1.0/groups?$top=4&$filter=startswith(displayName,'Group 0')").await;
    assert_eq!(names.len(), 10, "the filter goes with the link");
}

/// Lists that come whole: their pages know neither `$top` nor next links.
const WHOLE: &[&str] = &["/v1.0/subscribedSkus"];

/// Two of everything that a list could show.
async fn two_of_each() -> Onboarded {
    let there = Onboarded::new().await;
    let world = &there.world;
    there.let_ana_in().await;
    there.asked("bo@contoso-soc.example").await;
    let catalog = id(&world.make("catalogs", json!({"displayName": "Second", "state": "published"})).await);
    let group = world.group("Second").await;
    for place in [&catalog, &there.catalog] {
        assert_eq!(world.add_resource(place, &group).await.0, 201);
    }
    let package = world.package(&there.catalog, "Second").await;
    let resource = world.resource(&there.catalog, &group).await.unwrap();
    world.make(&format!("accessPackages/{}/resourceRoleScopes", there.package), member_role(&resource)).await;
    for package in [&package, &there.package] {
        world.make("assignmentPolicies", policy(package, &there.organization, &there.approvers)).await;
    }
    world.connect("other.example").await;
    let two = json!([{"id": "a"}, {"id": "b"}]);
    world.sim(&format!("tenants/{ADATUM}/set"), json!({"alerts": two, "incidents": two})).await;
    for name in ["One", "Two"] {
        let role = json!({"displayName": name, "isEnabled": true, "rolePermissions": [
            {"allowedResourceActions": ["microsoft.xdr/secops/securitydata/basics/read"]}]});
        world.post("/beta/roleManagement/defender/roleDefinitions", role).await;
    }
    there
}

#[tokio::test]
async fn every_list_comes_in_pages_as_small_as_a_test_wants() {
    let there = two_of_each().await;
    let world = &there.world;
    let token = reader(world).await;
    let em = "/v1.0/identityGovernance/entitlementManagement";
    let table = include_str!("../../data/query-options.tsv").lines().skip(1);
    let rows = table.map(|line| line.split('\t').collect::<Vec<_>>());
    let whole = rows.map(|cells| format!("/{}{}", cells[0], cells[1].trim_start_matches("GET ")));
    let mut lists: Vec<String> =
        whole.filter(|p| !p.contains('{') && !p.contains("/me") && !WHOLE.contains(&&**p)).collect();
    lists.extend([
        format!("/v1.0/groups/{}/members", there.tier1),
        format!("{em}/catalogs/{}/resources", there.catalog),
        format!("{em}/catalogs/{}/resourceRoles", there.catalog),
        format!("{em}/catalogs/{}/accessPackages", there.catalog),
        format!("{em}/accessPackages/{}/resourceRoleScopes", there.package),
        format!("{em}/accessPackages/{}/assignmentPolicies", there.package),
    ]);
    let mut several = 0;
    for list in lists {
        world.switch("page.size", 100).await;
        let all = world.read(&token, &list).await;
        assert_eq!(all.status, 200, "{list}: {all:?}");
        // One object, and no list.
        let Some(expected) = all.body["value"].as_array() else { continue };
        several += usize::from(expected.len() > 1);
        world.switch("page.size", 1).await;
        let (mut found, mut path) = (Vec::new(), Some(list.clone()));
        while let Some(address) = path {
            let page = world.read(&token, &address).await;
            assert!(page.list().len() <= 1, "{address}");
            found.extend(page.list().clone());
            path = next(world, &page.body);
        }
        assert_eq!(&found, expected, "{list}");
    }
    assert!(several >= 18, "{several} lists have more than one page");
}

#[tokio::test]
async fn a_skip_token_is_no_offset_and_serves_the_query_it_was_made_for() {
    let world = World::with_consent().await;
    groups(&world, 5).await;
    let token = |page: &Value| {
        let link = url::Url::parse(page["@odata.nextLink"].as_str().unwrap()).unwrap();
        link.query_pairs().find(|(n, _)| n == "$skiptoken").map(|(_, v)| v.into_owned()).unwrap()
    };
    let first = world.get("/v1.0/groups?$top=2").await.1;
    let second = world.get(&next(&world, &first).unwrap()).await.1;
    let (one, two) = (token(&first), token(&second));
    assert!(one.len() >= 24 && one != two, "{one} {two}");
    assert!(one.parse::<u64>().is_err());
    assert_eq!(one, token(&world.get("/v1.0/groups?$top=2").await.1), "the same place has the same token");
    for wrong in [
        format!("/v1.0/groups?$top=3&$skiptoken={one}"),
        format!("/v1.0/groups?$top=2&$filter=id eq 'x'&$skiptoken={one}"),
        format!("/v1.0/users?$top=2&$skiptoken={one}"),
        "/v1.0/groups?$top=2&$skiptoken=2".to_owned(),
        format!("/v1.0/groups?$top=2&$skiptoken={}", one.to_lowercase()),
        "/v1.0/groups?$top=2&$skiptoken=".to_owned(),
    ] {
        let (status, answer) = world.get(&wrong).await;
        assert_eq!((status, answer["error"]["code"].as_str()), (400, Some("BadRequest")), "{wrong}");
    }
}
