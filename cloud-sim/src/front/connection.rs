//! Connections, plain or encrypted, that can be cut: how an answer gets lost.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::server::TlsStream;
use tokio_rustls::{Accept, TlsAcceptor};

/// Set it, and nothing more is written on that connection.
#[derive(Clone, Debug, Default)]
pub struct Scissors(Arc<AtomicBool>);

impl Scissors {
    pub fn cut(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::SeqCst) { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }
}

/// A listener whose connections carry scissors.
pub struct Cuttable {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
}

impl Cuttable {
    pub fn new(listener: TcpListener, tls: Option<TlsAcceptor>) -> Self {
        Self { listener, tls }
    }
}

/// What is spoken on a connection. The handshake happens at the first reading: a caller that is slow with it keeps
/// nobody else waiting.
enum Socket {
    Plain(TcpStream),
    Handshake(Box<Accept<TcpStream>>),
    Encrypted(Box<TlsStream<TcpStream>>),
}

impl Socket {
    fn shaken(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Self::Handshake(accept) = self {
            let stream = ready!(Pin::new(accept.as_mut()).poll(cx))?;
            *self = Self::Encrypted(Box::new(stream));
        }
        Poll::Ready(Ok(()))
    }
}

/// Calls the stream inside, whichever it is, once the handshake is over.
macro_rules! inside {
    ($self:expr, $cx:expr, $stream:ident => $call:expr) => {{
        let socket = &mut $self.get_mut().socket;
        ready!(socket.shaken($cx))?;
        match socket {
            Socket::Plain(stream) => {
                let $stream = Pin::new(stream);
                $call
            }
            Socket::Encrypted(stream) => {
                let $stream = Pin::new(stream.as_mut());
                $call
            }
            Socket::Handshake(_) => Poll::Pending,
        }
    }};
}

/// A connection with its scissors.
pub struct CuttableStream {
    socket: Socket,
    scissors: Scissors,
}

impl Listener for Cuttable {
    type Io = CuttableStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, addr) = Listener::accept(&mut self.listener).await;
        let socket = match &self.tls {
            None => Socket::Plain(stream),
            Some(tls) => Socket::Handshake(Box::new(tls.accept(stream))),
        };
        (CuttableStream { socket, scissors: Scissors::default() }, addr)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

impl Connected<IncomingStream<'_, Cuttable>> for Scissors {
    fn connect_info(incoming: IncomingStream<'_, Cuttable>) -> Self {
        incoming.io().scissors.clone()
    }
}

impl AsyncRead for CuttableStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        inside!(self, cx, stream => stream.poll_read(cx, buf))
    }
}

impl AsyncWrite for CuttableStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.scissors.check()?;
        inside!(self, cx, stream => stream.poll_write(cx, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.scissors.check()?;
        inside!(self, cx, stream => stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Who never spoke is not waited for.
        if matches!(self.socket, Socket::Handshake(_)) {
            return Poll::Ready(Ok(()));
        }
        inside!(self, cx, stream => stream.poll_shutdown(cx))
    }
}
