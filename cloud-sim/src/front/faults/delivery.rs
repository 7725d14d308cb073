//! How an answer goes out: whole, or in one of the ways connections break.

use std::convert::Infallible;
use std::io::Write;
use std::time::Duration;

use axum::body::{Body as Bytes, Bytes as Piece};
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::sync::mpsc;

use super::fault::{Kind, Strike};
use crate::front::connection::Scissors;
use crate::simulation::Shared;

/// Real time: it is about sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    Whole,
    /// The connection ends without an answer, after so long.
    Cut(Duration),
    Late(Duration),
    /// The second half of the body comes so much later.
    LateBody(Duration),
    CutBody,
    Huge,
    Bomb,
}

impl Delivery {
    pub fn of(strike: Strike) -> Self {
        let given = strike.hold_ms.map(Duration::from_millis);
        let hold =
            |otherwise| given.unwrap_or_else(|| Duration::from_secs(strike.retry_after.unwrap_or(otherwise)));
        match strike.kind {
            Kind::LostAnswer => Self::Cut(Duration::ZERO),
            Kind::Timeout => Self::Cut(hold(600)),
            Kind::Slow => Self::Late(hold(2)),
            Kind::SlowBody => Self::LateBody(hold(2)),
            Kind::CutBody => Self::CutBody,
            Kind::Huge => Self::Huge,
            Kind::Bomb => Self::Bomb,
            _ => Self::Whole,
        }
    }

    /// What happens before the headers go out.
    pub async fn hold(self, shared: &Shared, scissors: &Scissors) {
        match self {
            Self::Cut(long) => {
                if !long.is_zero() {
                    tokio::select! {
                        () = tokio::time::sleep(long) => {}
                        () = shared.stopped() => {}
                    }
                }
                scissors.cut();
            }
            Self::Late(long) => tokio::time::sleep(long).await,
            _ => {}
        }
    }
}

const MEGABYTE: usize = 1 << 20;
const HUGE: usize = 200;

/// The body as it is delivered. A length is told only where it is true.
pub fn body(delivery: Delivery, whole: Vec<u8>) -> (Bytes, Vec<(&'static str, String)>) {
    match delivery {
        Delivery::LateBody(long) => {
            let length = whole.len().to_string();
            (pieces(halves(whole), long), vec![("content-length", length)])
        }
        Delivery::CutBody => {
            // More is promised than comes, so the connection ends too early.
            let length = (whole.len() + 100).to_string();
            let half = halves(whole).into_iter().take(1).collect();
            (pieces(half, Duration::ZERO), vec![("content-length", length)])
        }
        Delivery::Huge => {
            let mut all = vec![Piece::from_static(b"{\"value\":[\"")];
            all.extend(std::iter::repeat_n(Piece::from(vec![b'a'; MEGABYTE]), HUGE));
            all.push(Piece::from_static(b"\"]}"));
            (pieces(all, Duration::ZERO), Vec::new())
        }
        Delivery::Bomb => (Bytes::from(bomb()), vec![("content-encoding", "gzip".to_owned())]),
        _ => (Bytes::from(whole), Vec::new()),
    }
}

fn halves(whole: Vec<u8>) -> Vec<Piece> {
    let mut whole = Piece::from(whole);
    let first = whole.split_to(whole.len() / 2);
    vec![first, whole]
}

/// One piece after another with a pause between them.
fn pieces(all: Vec<Piece>, pause: Duration) -> Bytes {
    let (out, inlet) = mpsc::channel::<Piece>(1);
    tokio::spawn(async move {
        for (at, piece) in all.into_iter().enumerate() {
            if at > 0 && !pause.is_zero() {
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = out.closed() => return,
                }
            }
            if out.send(piece).await.is_err() {
                return;
            }
        }
    });
    let stream = futures::stream::unfold(inlet, |mut inlet| async move {
        inlet.recv().await.map(|piece| (Ok::<_, Infallible>(piece), inlet))
    });
    Bytes::from_stream(stream)
}

fn bomb() -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    let piece = vec![b'a'; MEGABYTE];
    let written = packed.write_all(b"{\"value\":[\"").and_then(|()| {
        (0..HUGE).try_for_each(|_| packed.write_all(&piece))?;
        packed.write_all(b"\"]}")
    });
    written.and_then(|()| packed.finish()).unwrap_or_default()
}
