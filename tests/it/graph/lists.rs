//! Lists of many pages.

use mssp_portal::graph::{GraphErrorKind, Limits};
use serde_json::json;

use super::wire::{Reply, Wire, clock, credential, tenant};

#[tokio::test]
async fn every_page_is_read_and_the_next_link_is_followed_as_it_came() {
    let wire = Wire::playing(|seen, before| {
        let mut page = json!({"value": [{"id": format!("c{before}"), "displayName": null}]});
        if before < 3 {
            let host = &seen.headers["host"];
            let next =
                format!("/v1.0/identityGovernance/entitlementManagement/catalogs?$skiptoken=a%2Bb{before}");
            page["@odata.nextLink"] = format!("http://{host}{next}").into();
        }
        Reply::json(200, page)
    })
    .await;
    let catalogs = wire.graph(&clock()).app(tenant(1), &credential("s")).catalogs().await.unwrap();
    let ids: Vec<_> = catalogs.iter().map(|catalog| catalog.id.as_str()).collect();
    assert_eq!(ids, ["c0", "c1", "c2", "c3"]);
    assert!(wire.seen()[3].path.ends_with("catalogs?$skiptoken=a%2Bb2"));
}

#[tokio::test]
async fn a_next_page_at_another_host_gets_neither_a_call_nor_a_token() {
    let thief = Wire::playing(|_, _| Reply::json(200, json!({"value": []}))).await;
    let address =
        format!("{}/v1.0/identityGovernance/entitlementManagement/catalogs?$skiptoken=1", thief.base);
    let wire =
        Wire::playing(move |_, _| Reply::json(200, json!({"value": [], "@odata.nextLink": address}))).await;
    let error = wire.graph(&clock()).app(tenant(1), &credential("s")).catalogs().await.unwrap_err();
    assert_eq!(error.kind, GraphErrorKind::NotUnderstood);
    assert!(thief.seen().is_empty() && wire.seen().len() == 1);
}

#[tokio::test]
async fn a_list_that_leads_back_to_itself_ends() {
    let wire = Wire::playing(|seen, before| {
        let next = format!(
            "http://{}/v1.0/identityGovernance/entitlementManagement/catalogs?$skiptoken={}",
            seen.headers["host"],
            before % 3
        );
        Reply::json(200, json!({"value": [], "@odata.nextLink": next}))
    })
    .await;
    let error = wire.graph(&clock()).app(tenant(1), &credential("s")).catalogs().await.unwrap_err();
    assert_eq!(error.kind, GraphErrorKind::NotUnderstood);
    assert_eq!(wire.seen().len(), 4);
}

#[tokio::test]
async fn a_list_without_end_ends_at_the_cap_of_pages_or_bytes() {
    let endless = || {
        Wire::playing(|seen, before| {
            let host = &seen.headers["host"];
            let next =
                format!("http://{host}/v1.0/identityGovernance/entitlementManagement/catalogs?p={before}");
            let big = "x".repeat(1000);
            Reply::json(200, json!({"value": [{"id": "c", "displayName": big}], "@odata.nextLink": next}))
        })
    };
    let wire = endless().await;
    let limits = Limits { pages: 20, ..Limits::default() };
    let error = wire.graph_within(&clock(), limits).app(tenant(1), &credential("s")).catalogs().await;
    assert_eq!(error.unwrap_err().kind, GraphErrorKind::NotUnderstood);
    assert_eq!(wire.seen().len(), 20);

    let wire = endless().await;
    let limits = Limits { list_bytes: 10_000, ..Limits::default() };
    let error = wire.graph_within(&clock(), limits).app(tenant(1), &credential("s")).catalogs().await;
    assert_eq!(error.unwrap_err().kind, GraphErrorKind::NotUnderstood);
    assert!(wire.seen().len() < 12);
}
