//! Pages: small on demand, joined by links whose tokens say nothing and serve one query only.

use serde_json::Value;

use super::kit::World;

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
    let world = World::strange().await;
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

#[tokio::test]
async fn a_skip_token_is_no_offset_and_serves_the_query_it_was_made_for() {
    let world = World::strange().await;
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
