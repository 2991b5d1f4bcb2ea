//! The PostgreSQL server of the benchmarks, as durable as in production, and its pgbench.

use std::{io::Write, net::SocketAddr, process::Command};

use todo_test_postgres::{Cluster, Purpose};
use tokio_postgres::NoTls;

use crate::{Result, programs::Program};

/// A server with a migrated database.
pub(crate) struct Database {
    cluster: Cluster,
}

impl Database {
    /// Starts a server with a migrated database.
    pub(crate) fn start() -> Result<Self> {
        let database = Self {
            cluster: Cluster::start(Purpose::Benchmark)?,
        };
        Program::migrate(&database.url())?;
        Ok(database)
    }

    /// Its URL. Without TLS, which nobody uses on one machine.
    pub(crate) fn url(&self) -> String {
        self.url_at(self.cluster.address())
    }

    /// Its URL by way of a proxy.
    pub(crate) fn url_at(&self, proxy: SocketAddr) -> String {
        format!("postgres://postgres@{proxy}/postgres?sslmode=disable")
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.cluster.address()
    }

    /// The statement that the backend sent last over any of its connections.
    pub(crate) async fn last_statement(&self) -> Result<String> {
        let (client, connection) = tokio_postgres::connect(&self.url(), NoTls).await?;
        tokio::spawn(connection);
        let asked = "SELECT query FROM pg_stat_activity \
                     WHERE application_name = 'todo' ORDER BY query_start DESC LIMIT 1";
        Ok(client.query_one(asked, &[]).await?.get(0))
    }

    /// How often per second pgbench can run a statement over that many connections, which it serves
    /// by that many threads; `values` are those of the statement's parameters.
    pub(crate) fn pgbench(
        &self,
        statement: &str,
        values: &[&str],
        connections: usize,
        threads: usize,
        seconds: u64,
    ) -> Result<f64> {
        let mut script = tempfile::NamedTempFile::new()?;
        let mut text = statement.to_owned();
        let mut command = Command::new(self.cluster.binaries().join("pgbench"));
        // From the last to the first, or $1 would be found in $10.
        for (number, value) in values.iter().enumerate().rev() {
            let number = number + 1;
            text = text.replace(&format!("${number}"), &format!(":p{number}"));
            command.args(["--define", &format!("p{number}={value}")]);
        }
        writeln!(script, "{text};")?;
        command
            .args(["--no-vacuum", "--protocol=prepared"])
            .args(["--client", &connections.to_string()])
            .args(["--jobs", &threads.to_string()])
            .args(["--time", &seconds.to_string()])
            .arg("--file")
            .arg(script.path())
            .arg(self.cluster.url("postgres"));
        let output = command.output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        said.lines()
            .find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok())
            .ok_or_else(|| {
                let error = String::from_utf8_lossy(&output.stderr);
                format!("pgbench failed: {said}{error}").into()
            })
    }
}

/// The server's version, as in `PostgreSQL 17.2`.
pub(crate) fn version() -> Result<String> {
    let binaries = todo_test_postgres::find_binaries().ok_or("PostgreSQL is missing")?;
    let output = Command::new(binaries.join("postgres"))
        .arg("--version")
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let number = said.split(' ').nth(2).unwrap_or_default().trim();
    Ok(format!("PostgreSQL {number}"))
}
