//! Serving HTTP/1.1 on a TCP port, with limits on what clients may hold, and an orderly end.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;
use tower::ServiceExt;
use tracing::{debug, warn};

use crate::http::Peer;
use crate::lifecycle::Lifecycle;

/// How long a client may take to send a request's head, and a connection may be idle. Longer than
/// proxies keep idle connections (nginx 60 s, Traefik 90 s), so that it is they who close them.
const HEAD_TIMEOUT: Duration = Duration::from_secs(100);
/// The most bytes of a request's head.
const MAX_HEAD: usize = 32 * 1024;
/// The most header lines of a request.
const MAX_HEADERS: usize = 100;
/// The pause after the system refused a connection, for instance for want of file descriptors.
const REFUSED_PAUSE: Duration = Duration::from_millis(100);

/// A port that was taken, with nobody answering yet.
#[derive(Debug)]
pub struct Listener {
    listener: TcpListener,
    address: SocketAddr,
    max_connections: usize,
}

/// A port could not be taken.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {source}")]
pub struct BindError {
    /// The address that was asked for.
    pub address: SocketAddr,
    /// What the system says.
    pub source: io::Error,
}

impl BindError {
    /// Whether another program has the port.
    pub fn is_in_use(&self) -> bool {
        self.source.kind() == io::ErrorKind::AddrInUse
    }
}

impl Listener {
    /// Takes a port; port 0 takes any that is free.
    ///
    /// # Errors
    /// If another program has it or the system forbids it.
    pub async fn bind(address: SocketAddr, max_connections: usize) -> Result<Self, BindError> {
        let bound = async {
            let listener = TcpListener::bind(address).await?;
            let address = listener.local_addr()?;
            Ok((listener, address))
        };
        let (listener, address) = bound
            .await
            .map_err(|source| BindError { address, source })?;
        Ok(Self {
            listener,
            address,
            max_connections,
        })
    }

    /// The address that was taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the lifecycle's soft token is cancelled; open connections then finish the
    /// request they are in.
    pub fn serve(self, router: Router, lifecycle: &Lifecycle) {
        let accept = accept(self, router, lifecycle.clone());
        lifecycle.spawn_background(accept);
    }
}

async fn accept(server: Listener, router: Router, lifecycle: Lifecycle) {
    let permits = Arc::new(Semaphore::new(server.max_connections));
    loop {
        let next = async {
            // The semaphore is never closed.
            let permit = permits.clone().acquire_owned().await.ok()?;
            Some((server.listener.accept().await, permit))
        };
        let accepted = tokio::select! {
            accepted = next => accepted,
            () = lifecycle.soft().cancelled() => None,
        };
        match accepted {
            None => return,
            Some((Ok((stream, peer)), permit)) => {
                let connection = converse(stream, peer, router.clone(), lifecycle.clone(), permit);
                lifecycle.spawn_work(connection);
            }
            Some((Err(error), _)) => {
                warn!(%error, "could not accept a connection");
                sleep(REFUSED_PAUSE).await;
            }
        }
    }
}

/// Answers the requests of one connection.
async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    lifecycle: Lifecycle,
    _permit: OwnedSemaphorePermit,
) {
    // Small writes, such as events, are to leave at once.
    let _ = stream.set_nodelay(true);
    let _open = OpenConnection::count();
    let of_all = lifecycle.clone();
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let (router, lifecycle) = (router.clone(), of_all.clone());
        async move {
            if !is_routine(request.uri().path()) {
                lifecycle.note_request();
            }
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(Peer::Remote(peer));
            let mut response = match router.oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            // So that the next request of this client goes to a process that stays.
            if lifecycle.readiness().is_shutting_down() {
                let close = HeaderValue::from_static("close");
                response.headers_mut().insert(CONNECTION, close);
            }
            Ok::<_, Infallible>(response)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_header_size(MAX_HEAD)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = lifecycle.soft().cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        debug!(%error, "a connection broke");
    }
}

/// Whether a request comes because this process runs, not because a proxy chose it for somebody.
fn is_routine(path: &str) -> bool {
    matches!(path, "/livez" | "/readyz" | "/health" | "/metrics")
}

/// Counts a connection in the metrics for as long as it lives.
struct OpenConnection(metrics::Gauge);

impl OpenConnection {
    fn count() -> Self {
        let gauge = metrics::gauge!("http_connections");
        gauge.increment(1);
        Self(gauge)
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::lifecycle::Grace;

    /// What the server answers on a connection that is kept, head and body.
    async fn ask(stream: &mut TcpStream, path: &str) -> String {
        let request = format!("GET {path} HTTP/1.1\r\nHost: todo.local\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = vec![0; 1024];
        let length = stream.read(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer[..length]).to_ascii_lowercase()
    }

    #[tokio::test]
    async fn clients_of_a_process_that_goes_are_answered_and_sent_to_another() {
        let lifecycle = Lifecycle::new(Grace {
            delay: Duration::from_secs(60),
            drain: Duration::ZERO,
        });
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), 10)
            .await
            .unwrap();
        let address = listener.address();
        listener.serve(Router::new().route("/", get(async || "hello")), &lifecycle);
        let mut client = TcpStream::connect(address).await.unwrap();
        assert!(!ask(&mut client, "/").await.contains("connection: close"));

        lifecycle.shut_down();
        let ending = tokio::spawn(async move { lifecycle.run().await });
        tokio::task::yield_now().await;
        let answer = ask(&mut client, "/").await;
        assert!(answer.contains("connection: close"), "{answer}");
        assert!(answer.ends_with("hello"), "{answer}");
        assert_eq!(client.read(&mut [0; 1]).await.unwrap(), 0, "it is closed");

        let mut late = TcpStream::connect(address).await.unwrap();
        assert!(ask(&mut late, "/").await.ends_with("hello"));
        ending.abort();
    }
}
