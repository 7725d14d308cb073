//! Connections to the portal: none is held by half a request, no more are taken than may be, and a stop waits for the
//! answers under way.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use futures::stream;
use mssp_portal::kit::accept::{self, Limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

struct Served {
    address: SocketAddr,
    stop: CancellationToken,
    ended: tokio::task::JoinHandle<std::io::Result<()>>,
    /// Lets an answer of `/slow` go on.
    go: mpsc::Sender<&'static str>,
}

async fn served(most: usize, head_within: Duration) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
    let (go, goes) = mpsc::channel::<&'static str>(8);
    let goes = std::sync::Arc::new(std::sync::Mutex::new(Some(goes)));
    let answer = move |ConnectInfo(peer): ConnectInfo<SocketAddr>| {
        let goes = goes.clone();
        async move {
            let Some(parts) = goes.lock().unwrap().take() else {
                return Response::new(Body::from(format!("for {}", peer.ip())));
            };
            let parts = stream::unfold(parts, async |mut parts| {
                let part = parts.recv().await?;
                Some((Ok::<_, std::convert::Infallible>(part), parts))
            });
            Response::new(Body::from_stream(parts))
        }
    };
    #[expect(clippy::disallowed_methods, reason = "no route of the portal")]
    let router = Router::new().fallback(answer);
    let ended = tokio::spawn(accept::serve(listener, router, Limits { most, head_within }, stop.clone()));
    Served { address, stop, ended, go }
}

const WHOLE: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// Reads to the end.
async fn rest(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    // Closed with unread bytes it may be reset as well as ended.
    drop(stream.read_to_string(&mut text).await);
    text
}

async fn asked(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(WHOLE).await.unwrap();
    rest(&mut stream).await
}

#[tokio::test]
async fn half_a_head_is_closed_in_time_and_keeps_nobody_waiting() {
    let served = served(2, Duration::from_millis(300)).await;
    drop(served.go);
    assert!(asked(served.address).await.starts_with("HTTP/1.1 200"), "the empty stream");
    let begun = Instant::now();
    let mut halves = Vec::new();
    for _ in 0..2 {
        let mut half = TcpStream::connect(served.address).await.unwrap();
        half.write_all(b"GET / HTTP/1.1\r\nHost: loc").await.unwrap();
        halves.push(half);
    }
    let answer = asked(served.address).await;
    assert!(answer.ends_with("for 127.0.0.1"), "once the halves are closed: {answer}");
    assert!(begun.elapsed() >= Duration::from_millis(250), "all places were taken");
    for half in &mut halves {
        assert!(!rest(half).await.contains("200"), "half a request is not answered");
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_stop_waits_for_answers_under_way_and_takes_nothing_new() {
    let served = served(8, Duration::from_secs(20)).await;
    let mut slow = TcpStream::connect(served.address).await.unwrap();
    slow.write_all(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    served.go.send("begun ").await.unwrap();
    let mut begun = Vec::new();
    while !String::from_utf8_lossy(&begun).contains("begun") {
        assert!(slow.read_buf(&mut begun).await.unwrap() > 0);
    }
    let mut idle = TcpStream::connect(served.address).await.unwrap();
    served.stop.cancel();
    assert_eq!(rest(&mut idle).await, "", "an idle connection ends at once");
    assert!(!served.ended.is_finished(), "an answer is under way");
    served.go.send("ended").await.unwrap();
    drop(served.go);
    assert!(rest(&mut slow).await.contains("ended"));
    served.ended.await.unwrap().unwrap();
    assert!(TcpStream::connect(served.address).await.is_err(), "nobody listens any more");
}
