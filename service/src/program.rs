//! What the three programs do alike: start a runtime, report what went wrong, end with a code.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use axum::http::Uri;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::lifecycle::Ending;

/// Anything that keeps a program from going on, in words for the person who started it.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How long a health check waits for the answer.
const HEALTHCHECK_PATIENCE: Duration = Duration::from_secs(3);
/// How long a person waits without a word.
const SLOW: Duration = Duration::from_secs(1);
/// The exit code after a second signal, as shells report a process that SIGINT ended.
const ENDED_AT_ONCE: u8 = 130;

/// Runs a program to its end. A failure is printed, a line for each of its sentences.
pub fn run(name: &str, program: impl Future<Output = Result<ExitCode, Failure>>) -> ExitCode {
    raise_file_limit();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("{name}: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(program).unwrap_or_else(|failure| {
        for line in failure.to_string().lines() {
            eprintln!("{name}: {line}");
        }
        ExitCode::FAILURE
    });
    // Whatever did not end in time must not keep the process.
    runtime.shutdown_background();
    code
}

/// Every connection is an open file, and many systems start a process with a limit of 1,024 that it
/// may raise itself.
fn raise_file_limit() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

        let maximum = getrlimit(Resource::Nofile).maximum;
        // Without it the process still works, for fewer clients.
        let _ = setrlimit(
            Resource::Nofile,
            Rlimit {
                current: maximum,
                maximum,
            },
        );
    }
}

impl From<Ending> for ExitCode {
    /// Both orderly ends are a success.
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Complete | Ending::Interrupted => Self::SUCCESS,
            Ending::AtOnce => Self::from(ENDED_AT_ONCE),
        }
    }
}

/// Waits for something; when that takes more than a second, tells the person in front what for.
pub async fn tell_if_slow<T>(what: &str, wait: impl Future<Output = T>) -> T {
    let mut wait = std::pin::pin!(wait);
    if let Ok(done) = tokio::time::timeout(SLOW, wait.as_mut()).await {
        return done;
    }
    eprintln!("Waiting for {what} …");
    wait.await
}

/// Asks a server whether it is ready: `url`, or `/readyz` of the one that listens at `address`.
///
/// # Errors
/// If it is not, in a sentence.
pub async fn healthcheck(url: Option<String>, address: SocketAddr) -> Result<ExitCode, Failure> {
    let url = url.unwrap_or_else(|| format!("http://{}/readyz", reachable(address)));
    let status = tokio::time::timeout(HEALTHCHECK_PATIENCE, status_of(&url))
        .await
        .map_err(|_| format!("{url} does not answer"))?
        .map_err(|error| format!("{url}: {error}"))?;
    if status == "200" {
        Ok(ExitCode::SUCCESS)
    } else {
        Err(format!("{url} answers {status}").into())
    }
}

/// Where a server on this machine is reached that listens at `address`.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

async fn status_of(url: &str) -> Result<String, Failure> {
    let uri: Uri = url.parse()?;
    let (Some("http"), Some(host)) = (uri.scheme_str(), uri.host()) else {
        return Err("must be an http:// address".into());
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut stream = TcpStream::connect((host, uri.port_u16().unwrap_or(80))).await?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(1024).read_to_end(&mut answer).await?;
    String::from_utf8_lossy(&answer)
        .split_whitespace()
        .nth(1)
        .map(str::to_owned)
        .ok_or_else(|| "the answer is not HTTP".into())
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::StatusCode;
    use axum::routing::get;

    use super::*;
    use crate::lifecycle::{Grace, Lifecycle};
    use crate::serve::Listener;

    #[tokio::test]
    async fn a_health_check_follows_the_status() {
        let lifecycle = Lifecycle::new(Grace {
            delay: Duration::ZERO,
            drain: Duration::ZERO,
        });
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), 10)
            .await
            .unwrap();
        let address = listener.address();
        let router = Router::new()
            .route("/readyz", get(async || "ok"))
            .route("/bad", get(async || StatusCode::SERVICE_UNAVAILABLE));
        listener.serve(router, &lifecycle);

        assert!(healthcheck(None, address).await.is_ok());
        let everywhere = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), address.port());
        assert!(healthcheck(None, everywhere).await.is_ok());
        let url = format!("http://localhost:{}/bad", address.port());
        let failure = healthcheck(Some(url.clone()), address).await.unwrap_err();
        assert_eq!(failure.to_string(), format!("{url} answers 503"));

        lifecycle.shut_down();
        lifecycle.run().await.unwrap();
        assert!(healthcheck(None, address).await.is_err());
    }
}
