//! A backend in a process of its own, with the scripted model: it can be killed.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{TestApp, User};

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running process.
pub struct Process {
    child: Child,
    /// Its address, as in `http://127.0.0.1:8000`.
    pub url: String,
    log: Arc<Mutex<Vec<Value>>>,
}

impl Process {
    /// Starts one on the database of `app`, with its signals and further settings.
    pub async fn beside(app: &TestApp, variables: &[(&str, &str)]) -> Self {
        let signals = app.signals.folder();
        let mut child = Command::new(program())
            .env_clear()
            .envs(app.database.variables(variables))
            .env("SIGNALS_DIR", signals)
            .env("LOG_FORMAT", "json")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program().display()));
        let log = BufReader::new(child.stderr.take().expect("it is piped"));
        let (tell, told) = std::sync::mpsc::channel();
        let lines = Arc::<Mutex<Vec<Value>>>::default();
        let written = Arc::clone(&lines);
        thread::spawn(move || {
            for line in log.lines().map_while(Result::ok) {
                let entry: Value = serde_json::from_str(&line).unwrap_or_default();
                if let Some(address) = entry["address"].as_str() {
                    // Nobody waits any more when the story is over.
                    let _ = tell.send(format!("http://{address}"));
                }
                eprintln!("{line}");
                written.lock().unwrap().push(entry);
            }
        });
        let url = tokio::task::spawn_blocking(move || told.recv_timeout(PATIENCE))
            .await
            .unwrap()
            .expect("the process says where it serves");
        Self {
            child,
            url,
            log: lines,
        }
    }

    /// The lines that it has logged of a request, once it has answered it.
    pub async fn log_of(&self, request_id: &str) -> Vec<Value> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let lines: Vec<Value> = {
                let log = self.log.lock().unwrap();
                let of_request = |line: &&Value| line["request_id"] == request_id;
                log.iter().filter(of_request).cloned().collect()
            };
            if lines.iter().any(|line| line["message"] == "request") {
                return lines;
            }
            assert!(Instant::now() < deadline, "it is not logged: {lines:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Everything that it has logged.
    #[must_use]
    pub fn log(&self) -> String {
        let log = self.log.lock().unwrap();
        log.iter().map(|line| format!("{line}\n")).collect()
    }

    /// The same user there.
    #[must_use]
    pub fn user(&self, user: &User) -> User {
        User {
            session: user.session.clone().at(&self.url),
            client: user.client.clone().at(&self.url),
            ..user.clone()
        }
    }

    /// Ends it in the middle of whatever it does, as `kill -9` or a power cut.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end.
    pub fn terminate(&self) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status();
        assert!(sent.unwrap().success(), "the process is there");
    }

    /// Waits until it has ended.
    pub async fn ended(mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the process does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program lies where Cargo puts what belongs to the running test.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.ancestors().nth(2).expect("target/…/deps/test");
    folder.join("scripted-backend")
}
