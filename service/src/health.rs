//! `/livez`, `/readyz` and `/health`.
//!
//! The first two are probes and ask nobody: a database that sleeps must not be woken by them.
//! `/health` is for people and monitors; it asks the dependency at most every few seconds.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, sleep, timeout};
use tracing::warn;

use crate::http;
use crate::lifecycle::Lifecycle;

/// How long an answer of the dependency counts for `/health`.
const CACHED: Duration = Duration::from_secs(3);
/// How long `/health` waits for the dependency.
const PATIENCE: Duration = Duration::from_secs(3);
/// The pauses between attempts to reach a dependency at the start.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Whether this process takes requests: once everything it needs was seen good, until it shuts
/// down. A later outage changes nothing. Clones share one state.
#[derive(Clone, Debug, Default)]
pub struct Readiness(Arc<watch::Sender<Phase>>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Starting,
    Ready,
    ShuttingDown,
}

impl Readiness {
    /// Everything was seen good.
    pub fn set_good(&self) {
        self.0.send_if_modified(|phase| {
            let starting = *phase == Phase::Starting;
            if starting {
                *phase = Phase::Ready;
            }
            starting
        });
    }

    /// Takes no more requests, for good.
    pub fn shut_down(&self) {
        self.0.send_replace(Phase::ShuttingDown);
    }

    /// Whether requests are taken.
    pub fn is_ready(&self) -> bool {
        self.phase() == Phase::Ready
    }

    /// Whether the process is about to end.
    pub fn is_shutting_down(&self) -> bool {
        self.phase() == Phase::ShuttingDown
    }

    /// Waits for the end.
    pub async fn until_shutdown(&self) {
        // The sender is alive: it is `self`.
        let _ = self
            .0
            .subscribe()
            .wait_for(|phase| *phase == Phase::ShuttingDown)
            .await;
    }

    fn phase(&self) -> Phase {
        *self.0.borrow()
    }
}

/// Tries until it succeeds, with growing pauses, then sets the process ready. Ends early when the
/// process shuts down. `attempt` says in its error, for the log, what is not good yet.
pub async fn become_ready<F, E>(lifecycle: &Lifecycle, mut attempt: impl FnMut() -> F)
where
    F: Future<Output = Result<(), E>>,
    E: std::fmt::Display,
{
    let attempts = async {
        let mut pause = FIRST_PAUSE;
        while let Err(error) = attempt().await {
            warn!(%error, retry_in_ms = pause.as_millis() as u64, "not ready yet");
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        lifecycle.readiness().set_good();
    };
    tokio::select! {
        () = attempts => {}
        () = lifecycle.readiness().until_shutdown() => {}
    }
}

type Check = dyn Fn() -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync;

/// The dependency that `/health` speaks of, and its last known state.
#[derive(Clone)]
pub struct Health(Arc<HealthInner>);

struct HealthInner {
    dependency: &'static str,
    check: Box<Check>,
    last: Mutex<Option<(Instant, bool)>>,
}

impl std::fmt::Debug for Health {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Health").field(&self.0.dependency).finish()
    }
}

impl Health {
    /// Health that depends on `dependency` (as in "The database does not answer."); `check` says
    /// whether it is up.
    pub fn new<F>(dependency: &'static str, check: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = bool> + Send + 'static,
    {
        Self(Arc::new(HealthInner {
            dependency,
            check: Box::new(move || Box::pin(check())),
            last: Mutex::new(None),
        }))
    }

    /// Whether the dependency is up, as of a few seconds ago at most. Callers at the same time
    /// share one check.
    pub async fn is_up(&self) -> bool {
        let mut last = self.0.last.lock().await;
        if let Some((when, up)) = *last
            && when.elapsed() < CACHED
        {
            return up;
        }
        let up = timeout(PATIENCE, (self.0.check)()).await.unwrap_or(false);
        *last = Some((Instant::now(), up));
        up
    }
}

/// The three routes.
pub fn router(readiness: Readiness, health: Health) -> Router {
    Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(async move || readyz(&readiness)))
        .route("/health", get(report).with_state(health))
}

async fn livez() -> &'static str {
    "ok\n"
}

fn readyz(readiness: &Readiness) -> Response {
    match readiness.phase() {
        Phase::Ready => "ok\n".into_response(),
        Phase::Starting => (StatusCode::SERVICE_UNAVAILABLE, "starting\n").into_response(),
        Phase::ShuttingDown => (StatusCode::SERVICE_UNAVAILABLE, "shutting down\n").into_response(),
    }
}

async fn report(State(health): State<Health>) -> Response {
    if health.is_up().await {
        return ([(CONTENT_TYPE, "application/json")], "{\"status\":\"ok\"}").into_response();
    }
    let detail = format!(
        "The {} does not answer. Try again in a moment.",
        health.0.dependency
    );
    http::problem(StatusCode::SERVICE_UNAVAILABLE, "dependency_down", detail)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;
    use crate::lifecycle::Grace;

    const AT_ONCE: Grace = Grace {
        delay: Duration::ZERO,
        drain: Duration::ZERO,
    };

    async fn status(router: &Router, path: &str) -> u16 {
        let request = Request::get(path).body(Body::empty()).unwrap();
        router
            .clone()
            .oneshot(request)
            .await
            .unwrap()
            .status()
            .as_u16()
    }

    #[tokio::test]
    async fn readiness_comes_once_and_goes_for_good() {
        let readiness = Readiness::default();
        let router = router(readiness.clone(), Health::new("database", async || true));
        assert_eq!(status(&router, "/livez").await, 200);
        assert_eq!(status(&router, "/readyz").await, 503);

        readiness.set_good();
        assert_eq!(status(&router, "/readyz").await, 200);

        readiness.shut_down();
        readiness.set_good();
        assert_eq!(status(&router, "/readyz").await, 503);
        assert_eq!(status(&router, "/livez").await, 200);
    }

    #[tokio::test(start_paused = true)]
    async fn a_database_that_wakes_up_slowly_is_asked_again_with_growing_pauses() {
        let lifecycle = Lifecycle::new(AT_ONCE);
        let mut attempts = 0;
        let start = Instant::now();
        become_ready(&lifecycle, || {
            attempts += 1;
            let good = attempts == 4;
            async move { if good { Ok(()) } else { Err("asleep") } }
        })
        .await;
        assert!(lifecycle.readiness().is_ready());
        assert_eq!(start.elapsed(), FIRST_PAUSE * (1 + 2 + 4));
    }

    #[tokio::test(start_paused = true)]
    async fn a_process_that_shuts_down_stops_trying() {
        let lifecycle = Lifecycle::new(AT_ONCE);
        lifecycle.readiness().shut_down();
        become_ready(&lifecycle, async || Err("asleep")).await;
        assert!(!lifecycle.readiness().is_ready());
    }

    #[tokio::test(start_paused = true)]
    async fn health_names_what_is_down_and_asks_it_seldom() {
        let up = Arc::new(AtomicBool::new(false));
        let asked = Arc::new(AtomicUsize::new(0));
        let (u, a) = (up.clone(), asked.clone());
        let health = Health::new("database", move || {
            a.fetch_add(1, Ordering::Relaxed);
            let up = u.load(Ordering::Relaxed);
            async move { up }
        });
        let router = router(Readiness::default(), health);

        let request = Request::get("/health").body(Body::empty()).unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), 503);
        let body = axum::body::to_bytes(answer.into_body(), 1000)
            .await
            .unwrap();
        let problem: todo_api::Problem = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            problem.detail,
            "The database does not answer. Try again in a moment."
        );

        up.store(true, Ordering::Relaxed);
        assert_eq!(
            status(&router, "/health").await,
            503,
            "the last answer still counts"
        );
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        tokio::time::advance(CACHED).await;
        assert_eq!(status(&router, "/health").await, 200);
    }

    #[tokio::test(start_paused = true)]
    async fn a_dependency_that_hangs_is_down() {
        let health = Health::new("database", std::future::pending::<bool>);
        assert!(!health.is_up().await);
    }
}
