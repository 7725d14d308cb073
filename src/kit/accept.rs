//! Takes connections and serves them: so many at once, each given so long for the head of a request, and all answers
//! under way ended before it stops. Plain HTTP/1.1: a proxy in front ends TLS and speaks newer protocols with browsers.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::kit::clock::Clock;

/// What connections are allowed.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Open at once; further ones wait before they are accepted.
    pub most: usize,
    /// From the first moment, or the end of the answer before, to the end of a request's head: an idle connection ends
    /// then too. Real time: it guards a real socket.
    pub head_within: Duration,
}

/// How long a process waits that cannot accept: it is out of files, mostly.
const AGAIN: Duration = Duration::from_millis(500);

/// Serves until told to stop, then until the last answer has gone.
///
/// # Errors
/// None so far: what cannot be accepted is told in the log and tried again.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    stop: CancellationToken,
) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(limits.most));
    let open = TaskTracker::new();
    loop {
        let place = tokio::select! {
            () = stop.cancelled() => break,
            Ok(place) = places.clone().acquire_owned() => place,
        };
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let one = connection(stream, peer, router.clone(), limits.head_within, stop.clone());
                open.spawn(async move {
                    one.await;
                    drop(place);
                });
            }
            // The other side went before it was accepted.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionAborted
                        | io::ErrorKind::ConnectionReset
                        | io::ErrorKind::ConnectionRefused
                ) => {}
            Err(error) => {
                tracing::error!(%error, "cannot accept connections");
                Clock::system().sleep(AGAIN).await;
            }
        }
    }
    drop(listener);
    open.close();
    open.wait().await;
    Ok(())
}

/// One connection to its end. Once told to stop it ends the answer under way and takes no further request.
async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    head_within: Duration,
    stop: CancellationToken,
) {
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request.map(Body::new))
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_within)
        .serve_connection(TokioIo::new(stream), service);
    let mut serving = std::pin::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
}
