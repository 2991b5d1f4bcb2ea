//! What the product promises on a cluster, proved on the one that KUBECONFIG names. It is started
//! by `cargo xtask cluster e2e`, and prints a table.
//!
//! The database is a PostgreSQL server on this machine, which pods reach as `HOST_NAME`. The
//! Ingress is asked at the node that keeps running, `--stays`; the other one is emptied and killed.

mod cluster;
mod database;
mod image;
mod load;
mod release;
mod rows;
mod site;

use std::{error::Error, process::ExitCode, time::Instant};

use clap::Parser;

use crate::{
    image::Image,
    rows::{Row, Stage},
};

/// Why something does not hold, for the person who reads the table.
type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Proves what the product promises on a cluster.
#[derive(Parser)]
pub(crate) struct Arguments {
    /// Only these rows; when none is named, all but those that have to be.
    rows: Vec<String>,
    /// The tag of the two images.
    #[arg(long, default_value = env!("CARGO_PKG_VERSION"))]
    tag: String,
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
    let named = |row: &&Row| match arguments.rows.as_slice() {
        [] => !rows::ON_DEMAND.contains(&row.name),
        names => names.iter().any(|name| name == row.name),
    };
    let rows: Vec<&Row> = rows::ALL.iter().filter(named).collect();
    let mut stage = match Stage::set(&arguments).await {
        Ok(stage) => stage,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut table = Vec::new();
    for row in rows {
        eprintln!("── {}", row.name);
        let start = Instant::now();
        let outcome = (row.prove)(&mut stage).await;
        let seconds = start.elapsed().as_secs();
        let (mark, seen) = match outcome {
            Ok(seen) => ("ok", seen),
            Err(error) => ("FAILED", error.to_string()),
        };
        eprintln!("   {mark}: {seen}");
        table.push((row, mark, seconds, seen));
    }
    println!("\n| row | | s | what was seen |\n| --- | --- | ---: | --- |");
    for (row, mark, seconds, seen) in &table {
        println!(
            "| {} | {mark} | {seconds} | {} |",
            row.promise,
            seen.replace('\n', " ")
        );
    }
    if table.iter().all(|(_, mark, ..)| *mark == "ok") {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
