//! The cluster, by the programs that an operator uses.

use std::{ffi::OsStr, process::Stdio, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::{Instant, sleep},
};

use crate::Result;

/// Runs a program to its end and gives what it printed.
pub(crate) async fn run<A: AsRef<OsStr>>(program: &str, arguments: &[A]) -> Result<String> {
    run_with(program, arguments, "").await
}

/// Runs a program that reads `input`.
pub(crate) async fn run_with<A: AsRef<OsStr>>(
    program: &str,
    arguments: &[A],
    input: &str,
) -> Result<String> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("cannot run {program}: {error}"))?;
    if let Some(mut pipe) = child.stdin.take() {
        pipe.write_all(input.as_bytes()).await?;
    }
    let output = child.wait_with_output().await?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let arguments: Vec<_> = arguments
        .iter()
        .map(|argument| argument.as_ref().to_string_lossy())
        .collect();
    Err(format!(
        "`{program} {}` failed: {}",
        arguments.join(" "),
        said.trim()
    )
    .into())
}

/// `kubectl` in a namespace.
#[derive(Clone)]
pub(crate) struct Kubectl {
    pub(crate) namespace: String,
}

impl Kubectl {
    /// Runs it; `arguments` are separated by spaces.
    pub(crate) async fn run(&self, arguments: &str) -> Result<String> {
        let mut all = vec!["--namespace", &self.namespace];
        all.extend(arguments.split(' '));
        run("kubectl", &all).await
    }

    /// `kubectl get … -o json`.
    pub(crate) async fn get(&self, what: &str) -> Result<Value> {
        let text = self.run(&format!("get {what} --output=json")).await?;
        Ok(serde_json::from_str(&text)?)
    }

    /// The items of `kubectl get … -o json`.
    pub(crate) async fn list(&self, what: &str) -> Result<Vec<Value>> {
        let all = self.get(what).await?;
        Ok(all["items"].as_array().cloned().unwrap_or_default())
    }

    /// `kubectl get … --watch`.
    pub(crate) fn watch(&self, what: &str) -> Result<Watch> {
        let mut kubectl = Command::new("kubectl")
            .args(["--namespace", &self.namespace, "get"])
            .args(what.split(' '))
            .args(["--watch", "--output=jsonpath={@}{\"\\n\"}"])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let output = kubectl.stdout.take().ok_or("no output")?;
        Ok(Watch {
            lines: BufReader::new(output).lines(),
            _kubectl: kubectl,
        })
    }

    /// Applies objects in YAML or JSON.
    pub(crate) async fn apply(&self, objects: &str) -> Result {
        let arguments = ["--namespace", &self.namespace, "apply", "--filename=-"];
        run_with("kubectl", &arguments, objects).await?;
        Ok(())
    }

    /// Waits until a rollout is complete.
    pub(crate) async fn rolled_out(&self, deployment: &str) -> Result {
        self.run(&format!("rollout status {deployment} --timeout=180s"))
            .await?;
        Ok(())
    }

    /// The pods of a part of the release that are not about to go.
    pub(crate) async fn pods(&self, name: &str) -> Result<Vec<Value>> {
        let selector = format!("pods --selector=app.kubernetes.io/name={name}");
        let mut pods = self.list(&selector).await?;
        pods.retain(|pod| pod["metadata"]["deletionTimestamp"].is_null());
        Ok(pods)
    }
}

/// What the API server tells of objects, at first and at each change.
pub(crate) struct Watch {
    lines: Lines<BufReader<ChildStdout>>,
    /// Ends with the value.
    _kubectl: Child,
}

impl Watch {
    /// An object as it is now.
    pub(crate) async fn next(&mut self) -> Result<Value> {
        let line = self.lines.next_line().await?.ok_or("the watch ended")?;
        Ok(serde_json::from_str(&line)?)
    }
}

/// The text at a JSON pointer.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Whether a pod is ready.
pub(crate) fn is_ready(pod: &Value) -> bool {
    let conditions = pod["status"]["conditions"].as_array();
    conditions
        .into_iter()
        .flatten()
        .any(|it| it["type"] == "Ready" && it["status"] == "True")
}

/// Waits until something holds.
pub(crate) async fn until(
    what: &str,
    patience: Duration,
    mut holds: impl AsyncFnMut() -> Result<bool>,
) -> Result<Duration> {
    let start = Instant::now();
    loop {
        if holds().await? {
            return Ok(start.elapsed());
        }
        if start.elapsed() > patience {
            return Err(format!("not within {} s: {what}", patience.as_secs()).into());
        }
        sleep(Duration::from_millis(500)).await;
    }
}
