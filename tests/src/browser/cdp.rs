//! The Chrome DevTools Protocol over a pipe: no port, no driver of a version of its own, and the
//! browser ends when the pipe closes, that is with this process.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    sync::{broadcast, oneshot},
    time::timeout,
};

/// How long the browser may take for one call.
const PATIENCE: Duration = Duration::from_secs(20);

type Answers = Arc<Mutex<HashMap<u64, oneshot::Sender<Value>>>>;

/// A connection to one browser.
#[derive(Clone)]
pub(crate) struct Connection {
    next_id: Arc<AtomicU64>,
    answers: Answers,
    to_browser: Arc<Mutex<ChildStdin>>,
    events: broadcast::Sender<Arc<Value>>,
}

/// A browser's process, which ends with the value.
pub(crate) struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the program with file descriptors 3 and 4 as the protocol's pipe.
const PIPE: &str = r#"exec "$0" --remote-debugging-pipe "$@" 3<&0 4>&1 0</dev/null 1>&2"#;

/// Starts a browser.
pub(crate) fn launch(program: &Path, arguments: &[String], log: File) -> (Process, Connection) {
    let mut child = Command::new("sh")
        .args(["-c", PIPE])
        .arg(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .expect("a shell starts");
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let (events, _) = broadcast::channel(4096);
    let connection = Connection {
        next_id: Arc::new(AtomicU64::new(1)),
        answers: Answers::default(),
        to_browser: Arc::new(Mutex::new(input.expect("stdin is piped"))),
        events,
    };
    let (answers, events) = (connection.answers.clone(), connection.events.clone());
    thread::spawn(move || read(output.expect("stdout is piped"), &answers, &events));
    (Process(child), connection)
}

fn read(pipe: ChildStdout, answers: &Answers, events: &broadcast::Sender<Arc<Value>>) {
    for message in BufReader::new(pipe).split(0).map_while(Result::ok) {
        let Ok(message) = serde_json::from_slice::<Value>(&message) else {
            continue;
        };
        match message["id"].as_u64() {
            Some(id) => {
                if let Some(answer) = answers.lock().unwrap().remove(&id) {
                    // Whoever asked may have given up.
                    let _ = answer.send(message);
                }
            }
            None => {
                // Nobody may be listening.
                let _ = events.send(Arc::new(message));
            }
        }
    }
    // Wakes all who still wait: their browser is gone.
    answers.lock().unwrap().clear();
}

impl Connection {
    /// Calls a method, of a page if a session is given, and gives its result or its error.
    pub(crate) async fn call(
        &self,
        session: Option<&str>,
        method: &str,
        parameters: Value,
    ) -> Result<Value, String> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let mut message = json!({"id": id, "method": method, "params": parameters});
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let (sender, answer) = oneshot::channel();
        self.answers.lock().unwrap().insert(id, sender);
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.to_browser
            .lock()
            .unwrap()
            .write_all(&bytes)
            .map_err(|_| "the browser is gone".to_owned())?;
        let mut answer = timeout(PATIENCE, answer)
            .await
            .map_err(|_| format!("the browser does not answer {method}"))?
            .map_err(|_| format!("the browser ended during {method}"))?;
        match answer["error"]["message"].as_str() {
            Some(error) => Err(format!("{method}: {error}")),
            None => Ok(answer["result"].take()),
        }
    }

    /// What the browser tells from now on.
    pub(crate) fn events(&self) -> broadcast::Receiver<Arc<Value>> {
        self.events.subscribe()
    }
}
