//! The database on this machine: PostgreSQL that takes encrypted connections only, as Neon, behind
//! a gate that can be shut.

use std::{
    net::{Ipv4Addr, SocketAddr},
    process::Command,
};

use todo_test_postgres::{Cluster, Encryption};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

use crate::Result;

pub(crate) const PASSWORD: &str = "open-sesame";
/// A Service of the cluster that may stand for this machine's name.
pub(crate) const SERVICE: &str = "outside-database";

/// The server, and the gate before it.
pub(crate) struct Database {
    server: Cluster,
    open: watch::Sender<bool>,
    /// The port that pods reach it by.
    pub(crate) port: u16,
    /// Its certificate, which is its own authority, PEM.
    pub(crate) certificate: String,
    /// The certificate's private key, PEM.
    pub(crate) key: String,
    /// The name by which pods reach this machine.
    pub(crate) host: String,
}

impl Database {
    /// Starts it for pods that call this machine `host`.
    pub(crate) async fn start(host: &str) -> Result<Self> {
        let names = [host.to_owned(), SERVICE.to_owned()];
        let certified = rcgen::generate_simple_self_signed(names)?;
        let certificate = certified.cert.pem();
        let key = certified.signing_key.serialize_pem();
        let server = Cluster::start_encrypted(&Encryption {
            certificate: certificate.clone(),
            key: key.clone(),
            password: PASSWORD.to_owned(),
        })?;
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).await?;
        let port = listener.local_addr()?.port();
        let (open, is_open) = watch::channel(true);
        let address = server.address();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let mut is_open = is_open.clone();
                tokio::spawn(async move {
                    if !*is_open.borrow() {
                        return;
                    }
                    tokio::select! {
                        () = pass(client, address) => {}
                        _ = is_open.wait_for(|open| !open) => {}
                    }
                });
            }
        });
        Ok(Self {
            server,
            open,
            port,
            certificate,
            key,
            host: host.to_owned(),
        })
    }

    /// The address that the pods get.
    pub(crate) fn url(&self) -> String {
        self.url_by(&self.host, self.port)
    }

    /// The address by another host and port. By either one the certificate is checked.
    pub(crate) fn url_by(&self, host: &str, port: u16) -> String {
        let ca = "/run/secrets/todo/database-ca.crt";
        format!(
            "postgres://postgres:{PASSWORD}@{host}:{port}/todo?sslmode=verify-full&sslrootcert={ca}"
        )
    }

    /// Where it listens itself, without the gate.
    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Breaks every connection and takes no other.
    pub(crate) fn shut(&self) {
        self.open.send_replace(false);
    }

    /// Lets connections through again.
    pub(crate) fn open(&self) {
        self.open.send_replace(true);
    }

    /// One of PostgreSQL's own programs, as an operator runs it.
    pub(crate) fn program(&self, name: &str, arguments: &[&str]) -> Result<String> {
        let output = Command::new(self.server.binaries().join(name))
            .args(["--host=127.0.0.1", "--username=postgres"])
            .arg(format!("--port={}", self.server.port()))
            .args(arguments)
            .env("PGPASSWORD", PASSWORD)
            .env("PGSSLMODE", "require")
            .output()?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        } else {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(format!("{name}: {}", said.trim()).into())
        }
    }

    /// What a query answers.
    pub(crate) fn query(&self, database: &str, sql: &str) -> Result<String> {
        self.program(
            "psql",
            &[
                "--dbname",
                database,
                "--tuples-only",
                "--no-align",
                "--command",
                sql,
            ],
        )
    }
}

async fn pass(mut client: TcpStream, server: SocketAddr) {
    if let Ok(mut server) = TcpStream::connect(server).await {
        // Either end may break off as it likes.
        let _ = copy_bidirectional(&mut client, &mut server).await;
    }
}
