//! `@copilotkit/aimock`, a model server that others have written, answering from a file of
//! `tests/aimock`.

use std::{
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::time::sleep;

use crate::{Client, packages};

/// The answers of most tests.
const FIXTURES: &str = "fixtures.json";
/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running aimock; it ends with this value.
pub struct Aimock {
    /// Where it listens.
    pub address: SocketAddr,
    process: Child,
}

impl Aimock {
    /// Starts it on a port of its own.
    ///
    /// # Panics
    /// When Node.js is missing or it does not start.
    pub async fn start() -> Self {
        Self::with(FIXTURES).await
    }

    /// Starts it with other answers.
    ///
    /// # Panics
    /// When Node.js is missing or it does not start.
    pub async fn with(fixtures: &str) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        Self::answer(address, fixtures).await
    }

    /// Starts it at an address where it ran before.
    ///
    /// # Panics
    /// When Node.js is missing or it does not start.
    pub async fn at(address: SocketAddr) -> Self {
        Self::answer(address, FIXTURES).await
    }

    async fn answer(address: SocketAddr, fixtures: &str) -> Self {
        let folder = packages::npm("aimock");
        let process = Command::new("node")
            .arg("node_modules/@copilotkit/aimock/dist/cli.js")
            .args(["--port", &address.port().to_string()])
            .args(["--fixtures", fixtures, "--validate-on-load"])
            .args(["--log-level", "silent"])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("Node.js is needed: install it, on Debian with `apt-get install nodejs`");
        let started = Instant::now();
        while tokio::net::TcpStream::connect(address).await.is_err() {
            assert!(started.elapsed() < PATIENCE, "aimock does not start");
            sleep(Duration::from_millis(20)).await;
        }
        Self { address, process }
    }

    /// What it was asked, oldest first: the bodies of the requests.
    pub async fn asked(&self) -> Vec<Value> {
        let client = Client::new(format!("http://{}", self.address));
        let journal: Vec<Value> = client.get("/__aimock/journal").await.expect(200);
        journal
            .into_iter()
            .filter(|entry| entry["path"] == "/v1/chat/completions")
            .map(|mut entry| entry["body"].take())
            .collect()
    }

    /// Makes every answer fail in some way, or none; the names are aimock's.
    pub async fn chaos(&self, chaos: Option<Value>) {
        let client = Client::new(format!("http://{}", self.address));
        let answer = match chaos {
            Some(chaos) => client.post("/__aimock/chaos", chaos).await,
            None => client.delete("/__aimock/chaos").await,
        };
        answer.assert_status(200);
    }
}

impl Drop for Aimock {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
