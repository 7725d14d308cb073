//! Nothing Microsoft does keeps a call for ever, or more of its bytes than it may send.

use std::io::Write;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use mssp_portal::graph::catalogs::NewCatalog;
use mssp_portal::graph::{GraphErrorKind, Limits};
use serde_json::json;
use tokio::net::{TcpSocket, TcpStream};

use super::wire::{Reply, Wire, clock, credential, tenant};

fn catalog() -> NewCatalog {
    NewCatalog { display_name: "MSSP Accesses".into(), description: "d".into() }
}

fn short() -> Limits {
    Limits { attempts: 1, ..Limits::default() }
}

const SOON: Duration = Duration::from_millis(300);

#[tokio::test]
async fn a_host_that_does_not_take_the_connection_is_given_up_and_a_create_was_not_sent() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let deaf = socket.listen(1).unwrap();
    let address = deaf.local_addr().unwrap();
    // Its queue is full: further connections hang.
    let mut queued = Vec::new();
    while let Ok(Ok(stream)) = tokio::time::timeout(SOON, TcpStream::connect(address)).await {
        queued.push(stream);
    }
    let mut wire = Wire::playing(|_, _| Reply::Lost).await;
    wire.base = format!("http://{address}");
    let limits = Limits { connect: SOON, ..short() };
    let directory = wire.graph_within(&clock(), limits).app(tenant(1), &credential("s"));
    let begun = Instant::now();
    let error = directory.create_catalog(&catalog()).await.unwrap_err();
    assert_eq!(error.kind, GraphErrorKind::Unavailable, "{error}");
    assert!(begun.elapsed() < SOON * 10);
}

#[tokio::test]
async fn headers_that_do_not_come_and_a_body_that_only_drips_end() {
    let limits = Limits { headers: SOON, body_silence: SOON, exchange: SOON * 3, ..short() };
    for drips in [None, Some(Duration::from_secs(5)), Some(Duration::from_millis(20))] {
        let wire = Wire::playing(move |_, _| drips.map_or(Reply::Silent, Reply::Dripping)).await;
        let directory = wire.graph_within(&clock(), limits.clone()).app(tenant(1), &credential("s"));
        let begun = Instant::now();
        assert_eq!(directory.catalogs().await.unwrap_err().kind, GraphErrorKind::Unavailable, "{drips:?}");
        let error = directory.create_catalog(&catalog()).await.unwrap_err();
        assert_eq!(error.kind, GraphErrorKind::LostAnswer, "{drips:?}");
        assert!(begun.elapsed() < SOON * 20, "{drips:?}: {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn a_list_of_many_slow_pages_has_one_deadline() {
    let wire = Wire::playing(|seen, before| {
        let host = &seen.headers["host"];
        let next = format!("http://{host}/v1.0/identityGovernance/entitlementManagement/catalogs?p={before}");
        let page = Reply::json(200, json!({"value": [], "@odata.nextLink": next}));
        Reply::After(Duration::from_millis(50), Box::new(page))
    })
    .await;
    let limits = Limits { operation: SOON, ..Limits::default() };
    let directory = wire.graph_within(&clock(), limits).app(tenant(1), &credential("s"));
    let begun = Instant::now();
    let error = directory.catalogs().await.unwrap_err();
    assert_eq!((error.kind.clone(), error.call), (GraphErrorKind::Unavailable, "GET EM/catalogs"));
    assert!(begun.elapsed() < SOON * 10, "{:?}", begun.elapsed());
    assert!((2..10).contains(&wire.seen().len()), "{} pages", wire.seen().len());
}

#[tokio::test]
async fn tries_and_the_wait_for_a_turn_count_for_the_deadline_of_a_call() {
    let wire = Wire::playing(|_, _| Reply::Silent).await;
    let limits = Limits { operation: SOON, headers: SOON * 100, at_once: 1, spared: 0, ..Limits::default() };
    let directory = wire.graph_within(&clock(), limits).app(tenant(1), &credential("s"));
    directory.permissions().await.unwrap();
    let begun = Instant::now();
    let (read, create) = tokio::join!(directory.catalogs(), async {
        tokio::task::yield_now().await;
        directory.create_catalog(&catalog()).await
    });
    assert_eq!(read.unwrap_err().kind, GraphErrorKind::Unavailable);
    let error = create.unwrap_err();
    assert_eq!(error.kind, GraphErrorKind::Unavailable, "it never had its turn, so it was not sent: {error}");
    assert!(begun.elapsed() < SOON * 10, "{:?}", begun.elapsed());
    assert_eq!(wire.seen().len(), 1);
}

#[tokio::test]
async fn two_hundred_megabytes_end_at_the_cap_packed_or_not() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    let part = vec![b' '; 1 << 20];
    for _ in 0..200 {
        packed.write_all(&part).unwrap();
    }
    let packed = packed.finish().unwrap();
    assert!(packed.len() < 2 << 20, "{} bytes on the wire", packed.len());
    let wire = Wire::playing(move |_, _| Reply::Answer {
        status: 200,
        headers: vec![("content-encoding", "gzip".into())],
        body: packed.clone(),
    })
    .await;
    let directory = wire.graph_within(&clock(), short()).app(tenant(1), &credential("s"));
    let error = directory.catalogs().await.unwrap_err();
    assert_eq!((error.kind.clone(), error.call), (GraphErrorKind::NotUnderstood, "GET EM/catalogs"));
    assert!(error.message.contains("too large"), "{error}");

    let wire = Wire::playing(|_, _| Reply::text(200, &" ".repeat(200 << 20))).await;
    let directory = wire.graph_within(&clock(), short()).app(tenant(1), &credential("s"));
    assert!(directory.catalogs().await.unwrap_err().message.contains("too large"));
}
