//! Prometheus metrics, on a listener of their own that no Ingress reaches.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::time::{MissedTickBehavior, interval};
use tracing::info;

use crate::lifecycle::Lifecycle;
use crate::serve::{BindError, Listener};

/// Upper bounds of the latency histogram in seconds.
const LATENCIES: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];
/// How often recorded samples are folded into their histograms.
const UPKEEP: Duration = Duration::from_secs(10);
const MAX_CONNECTIONS: usize = 64;

/// Metrics could not be served.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// Their port could not be taken.
    #[error("metrics: {0}. Set METRICS_ADDR to another address and port, or to off")]
    Bind(#[from] BindError),
    /// Something in the process records metrics already.
    #[error("metrics: {0}")]
    Recorder(#[from] BuildError),
}

/// Records metrics from now on and serves them at `/metrics`.
///
/// # Errors
/// If the address cannot be taken, or the process records metrics already.
pub async fn start(address: SocketAddr, lifecycle: &Lifecycle) -> Result<(), MetricsError> {
    let listener = Listener::bind(address, MAX_CONNECTIONS).await?;
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), LATENCIES)?
        .install_recorder()?;
    describe();
    info!(address = %listener.address(), "serving metrics");

    let hard = lifecycle.hard().clone();
    let upkeep = recorder.clone();
    lifecycle.spawn_background(async move {
        let mut ticks = interval(UPKEEP);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while hard.run_until_cancelled(ticks.tick()).await.is_some() {
            upkeep.run_upkeep();
        }
    });
    listener.serve(router(recorder), lifecycle);
    Ok(())
}

fn router(recorder: PrometheusHandle) -> Router {
    Router::new().route(
        "/metrics",
        get(async move || {
            process::record();
            (
                [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
                recorder.render(),
            )
        }),
    )
}

fn describe() {
    metrics::describe_counter!(
        "http_requests_total",
        "Requests answered, by route and status."
    );
    metrics::describe_histogram!(
        "http_request_duration_seconds",
        "Time from a request's head to its answer's head."
    );
    metrics::describe_gauge!("http_connections", "Client connections that are open.");
    metrics::describe_gauge!("process_resident_memory_bytes", "Resident memory in bytes.");
    metrics::describe_counter!("process_cpu_seconds_total", "User and system CPU time.");
    metrics::describe_gauge!("process_open_fds", "Open file descriptors.");
    metrics::describe_gauge!("tokio_alive_tasks", "Tasks that the runtime holds.");
    metrics::describe_gauge!("build_info", "The version, as a label.");
    metrics::gauge!("build_info", "version" => env!("CARGO_PKG_VERSION")).set(1);
}

/// What the system knows of this process, read when metrics are asked for.
mod process {
    /// Clock ticks per second in `/proc`: 100 on every Linux.
    #[cfg(target_os = "linux")]
    const TICKS: f64 = 100.0;

    pub(super) fn record() {
        let tasks = tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks();
        metrics::gauge!("tokio_alive_tasks").set(tasks as f64);
        #[cfg(target_os = "linux")]
        record_linux();
    }

    #[cfg(target_os = "linux")]
    fn record_linux() {
        if let Some(bytes) = resident_bytes() {
            metrics::gauge!("process_resident_memory_bytes").set(bytes);
        }
        if let Some(seconds) = cpu_seconds() {
            metrics::gauge!("process_cpu_seconds_total").set(seconds);
        }
        if let Ok(entries) = std::fs::read_dir("/proc/self/fd") {
            // One of them is the directory being read.
            metrics::gauge!("process_open_fds").set(entries.count().saturating_sub(1) as f64);
        }
    }

    #[cfg(target_os = "linux")]
    fn resident_bytes() -> Option<f64> {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kilobytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kilobytes * 1024.0)
    }

    #[cfg(target_os = "linux")]
    fn cpu_seconds() -> Option<f64> {
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        // The name, in parentheses, may hold spaces; user and system time are the 12th and 13th
        // fields after it.
        let mut fields = stat.rsplit(')').next()?.split_whitespace().skip(11);
        let user: f64 = fields.next()?.parse().ok()?;
        let system: f64 = fields.next()?.parse().ok()?;
        Some((user + system) / TICKS)
    }

    #[cfg(all(test, target_os = "linux"))]
    mod tests {
        #[test]
        fn the_system_tells_of_this_process() {
            assert!(super::resident_bytes().unwrap() > 1_000_000.0);
            assert!(super::cpu_seconds().is_some());
        }
    }
}
