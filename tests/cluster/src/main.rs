//! What the product promises on a cluster, proved on the one that KUBECONFIG names. It is started
//! by `cargo xtask cluster e2e`, and prints a table.
//!
//! The database is a PostgreSQL server on this machine, which pods reach as `HOST_NAME`. The
//! Ingress is asked at the node that keeps running, `--stays`; the other one is emptied and killed.

mod cluster;
mod database;
mod events;
mod image;
mod load;
mod model;
mod nginx;
mod pooler;
mod release;
mod rows;
mod site;

use std::{
    error::Error,
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Parser;
use futures_util::future::join_all;
use tokio::task::{LocalSet, spawn_local};

use crate::{
    image::Image,
    rows::{BESIDE, FIRST, MAIN, ON_DEMAND, Row, Stage},
};

/// Why something does not hold, for the person who reads the table.
type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Proves what the product promises on a cluster.
#[derive(Clone, Parser)]
pub(crate) struct Arguments {
    /// Only these rows; when none is named, all but those that have to be.
    rows: Vec<String>,
    /// The tag of the two images.
    #[arg(long, default_value = env!("CARGO_PKG_VERSION"))]
    tag: String,
    /// The tag of the backend's image that has one more migration, for the row `rollback`.
    #[arg(long)]
    next_tag: Option<String>,
    /// The namespace, which is emptied first.
    #[arg(long, default_value = "todo-app")]
    namespace: String,
    /// The name by which pods reach this machine.
    #[arg(long, env = "HOST_NAME", default_value = "host.minikube.internal")]
    host_name: String,
    /// The image of the PostgreSQL in the cluster, as `REPOSITORY:TAG`.
    #[arg(long, env = "DATABASE_IMAGE", default_value = "postgres:17.7")]
    database_image: Image,
    /// The image of Loki, for the row `logs`.
    #[arg(long, env = "LOKI_IMAGE", default_value = "grafana/loki:3.7.8")]
    loki_image: Image,
    /// The image of syslog-ng, for the row `logs`.
    #[arg(
        long,
        env = "SHIPPER_IMAGE",
        default_value = "balabit/syslog-ng:4.11.0"
    )]
    shipper_image: Image,
    /// The command that stops and starts the kubelet of a node: `stop NODE`, `start NODE`.
    #[arg(long, env = "NODE_CONTROL")]
    node_control: Option<String>,
}

impl Arguments {
    /// Those of the rows that are to be proved.
    fn wanted(&self, rows: &'static [Row]) -> Vec<&'static Row> {
        let is_wanted = |row: &&Row| match self.rows.as_slice() {
            [] => !ON_DEMAND.contains(&row.name),
            names => names.iter().any(|name| name == row.name),
        };
        rows.iter().filter(is_wanted).collect()
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if rustls::crypto::ring::default_provider()
        .install_default()
        .is_err()
    {
        eprintln!("error: there are two providers of TLS");
        return ExitCode::FAILURE;
    }
    let table = LocalSet::new().run_until(table(arguments)).await;
    println!("\n| row | | s | what was seen |\n| --- | --- | ---: | --- |");
    for line in &table {
        let (mark, seen) = line.told();
        println!(
            "| {} | {mark} | {} | {} |",
            line.row.promise,
            line.took.as_secs(),
            seen.replace('\n', " ")
        );
    }
    if table.iter().all(|line| line.seen.is_ok()) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// A line of the table.
struct Line {
    row: &'static Row,
    took: Duration,
    seen: Result<String>,
}

impl Line {
    fn told(&self) -> (&'static str, String) {
        match &self.seen {
            Ok(seen) => ("ok", seen.clone()),
            Err(error) => ("FAILED", error.to_string()),
        }
    }
}

/// Proves the first rows, then those of all lanes side by side.
async fn table(arguments: Arguments) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut lanes = Vec::new();
    let (first, rest) = (arguments.wanted(FIRST), arguments.wanted(MAIN.rows));
    let mut main = None;
    if !first.is_empty() || !rest.is_empty() {
        let stage = main.insert(Stage::set(&arguments, &MAIN).await);
        lines.extend(prove(first, stage).await);
    }
    let beside = BESIDE
        .iter()
        .map(|lane| (lane, arguments.wanted(lane.rows)));
    let beside = beside.filter(|(_, rows)| !rows.is_empty());
    let beside = beside.map(async |(lane, rows)| (Stage::set(&arguments, lane).await, rows));
    for (mut stage, rows) in join_all(beside).await {
        lanes.push(spawn_local(async move {
            let lines = prove(rows, &mut stage).await;
            if let Ok(stage) = stage {
                stage.leave().await;
            }
            lines
        }));
    }
    if let Some(mut stage) = main {
        lanes.push(spawn_local(async move { prove(rest, &mut stage).await }));
    }
    for lane in lanes {
        match lane.await {
            Ok(more) => lines.extend(more),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
    lines
}

/// Proves one row after the other.
async fn prove(rows: Vec<&'static Row>, stage: &mut Result<Stage>) -> Vec<Line> {
    let mut lines = Vec::new();
    for row in rows {
        eprintln!("── {}", row.name);
        let start = Instant::now();
        let seen = match stage {
            Ok(stage) => (row.prove)(stage).await,
            Err(error) => Err(error.to_string().into()),
        };
        let line = Line {
            row,
            took: start.elapsed(),
            seen,
        };
        let (mark, seen) = line.told();
        eprintln!("   {}, {} s: {mark}: {seen}", row.name, line.took.as_secs());
        lines.push(line);
    }
    lines
}
