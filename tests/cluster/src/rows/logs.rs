//! The log aggregation: one query follows a request from the Ingress to its statements.

use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::Instant,
};

use super::{Stage, kustomize};
use crate::{
    Result,
    cluster::{Kubectl, run, text, until},
    site::{Person, expect},
};

/// The namespace of the log aggregation.
const NAMESPACE: &str = "todo-logs";
/// How long a line may take from a pod to Loki.
const SHIPPED: Duration = Duration::from_secs(60);
/// The port that Loki answers at.
const LOKI: &str = "3100";

/// Installs it by Helm, then by Kustomize, and follows requests each time.
pub(super) async fn follows_a_request(stage: &mut Stage) -> Result<String> {
    let kubectl = Kubectl {
        namespace: NAMESPACE.to_owned(),
    };
    empty(&kubectl).await?;
    let person = stage.site.sign_up().await?;

    let start = Instant::now();
    stage.release.upgrade(&["logs.enabled=true"]).await?;
    let ready = start.elapsed().as_secs_f64();
    let by_helm = follow(stage, &kubectl, &person).await?;
    nothing_is_lost(&kubectl, &person).await?;
    stage.release.upgrade(&[]).await?;

    empty(&kubectl).await?;
    apply(stage, &kubectl).await?;
    follow(stage, &kubectl, &person).await?;
    run("kubectl", &["delete", "namespace", NAMESPACE]).await?;
    Ok(format!(
        "by Helm ready in {ready:.0} s; {by_helm}; nothing lost while Loki was away; the same by Kustomize"
    ))
}

/// An empty namespace that admits pods which read files of their node.
async fn empty(kubectl: &Kubectl) -> Result {
    let delete = ["delete", "namespace", NAMESPACE, "--ignore-not-found"];
    run("kubectl", &delete).await?;
    kubectl
        .run(&format!("create namespace {NAMESPACE}"))
        .await?;
    kubectl
        .run(&format!(
            "label namespace {NAMESPACE} pod-security.kubernetes.io/enforce=privileged"
        ))
        .await?;
    Ok(())
}

/// Applies the overlay with the images of the test.
async fn apply(stage: &Stage, kubectl: &Kubectl) -> Result {
    let images = [
        stage.loki_image.instead_of("grafana/loki"),
        stage.shipper_image.instead_of("balabit/syslog-ng"),
    ];
    let overlay = json!({"resources": ["../logs"], "images": images});
    kubectl.apply(&kustomize::build(&overlay).await?).await?;
    kubectl.rolled_out("statefulset/todo-loki").await?;
    kubectl.rolled_out("daemonset/todo-log-shipper").await
}

/// Follows a page and a chat message, each by one query; then as an operator does.
async fn follow(stage: &Stage, kubectl: &Kubectl, person: &Person) -> Result<String> {
    let loki = Loki::of(kubectl).await?;
    let page = request_id();
    let (status, _) = person.home_as(&page).await?;
    if status != 200 {
        return Err(format!("the page: {status}").into());
    }
    let seen = loki.hops(&page, &["todo-frontend", "todo-backend"]).await?;

    let chat = request_id();
    let title = "Water the plants";
    let token = person.token().await?;
    let headers = [("authorization", token.as_str()), ("x-request-id", &chat)];
    let message = json!({"message": format!("Add a task: {title}")});
    let path = person.path("chat");
    let answer = stage
        .site
        .send(Method::POST, &path, &headers, Some(&message));
    expect(answer.await?, StatusCode::OK).await?;
    let turn = loki.hops(&chat, &["todo-backend"]).await?;
    let insert = "tasks::queries::insert";
    if !turn.statements.iter().any(|name| name == insert) {
        return Err(format!("the statement of the tool is missing: {turn:?}").into());
    }

    // Without an id of the client's, the answer tells the one that was made.
    let answer = stage.site.send(Method::GET, "/login", &[], None).await?;
    let made = answer.headers()["x-request-id"].to_str()?.to_owned();
    until("an id of the frontend's is found", SHIPPED, async || {
        let found = loki.query(&format!("{ALL} |= \"{made}\"")).await?;
        Ok(found
            .iter()
            .any(|(labels, _)| labels["namespace"] == "ingress-nginx"))
    })
    .await?;

    let everything = loki.query(&format!("{ALL} |= \"{title}\"")).await?;
    if !everything.is_empty() {
        return Err(format!("what a user wrote is logged: {everything:?}").into());
    }

    for more in [&[][..], &["--pods"]] {
        let mut command = vec!["xtask", "cluster", "logs", page.as_str()];
        command.extend(more);
        let told = run("cargo", &command).await?;
        let apps: Vec<&str> = told
            .lines()
            .filter_map(|line| line.split_whitespace().next())
            .collect();
        if !apps.contains(&"todo-frontend") || apps.last() != Some(&"todo-backend") {
            return Err(format!("`cargo {}` tells {told}", command.join(" ")).into());
        }
    }
    Ok(format!(
        "one query finds Ingress, frontend, backend and {} statements of a page, {} of a chat message",
        seen.statements.len(),
        turn.statements.len()
    ))
}

/// What is logged while Loki is away reaches it afterwards, once.
async fn nothing_is_lost(kubectl: &Kubectl, person: &Person) -> Result {
    kubectl
        .run("scale statefulset/todo-loki --replicas=0")
        .await?;
    kubectl
        .run("wait --for=delete pod/todo-loki-0 --timeout=90s")
        .await?;
    let id = request_id();
    person.home_as(&id).await?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    kubectl
        .run("scale statefulset/todo-loki --replicas=1")
        .await?;
    kubectl.rolled_out("statefulset/todo-loki").await?;
    // The shippers find it at its new address after at most a minute.
    let loki = Loki::of(kubectl).await?;
    let servers = ["todo-frontend", "todo-backend"];
    let before = loki.hops(&id, &servers).await?;
    kubectl
        .run("rollout restart daemonset/todo-log-shipper")
        .await?;
    kubectl.rolled_out("daemonset/todo-log-shipper").await?;
    // New shippers read all files again.
    tokio::time::sleep(Duration::from_secs(10)).await;
    let after = loki.hops(&id, &servers).await?;
    if before.lines != after.lines {
        return Err(format!("{} lines became {}", before.lines, after.lines).into());
    }
    Ok(())
}

/// An id that no other request has.
fn request_id() -> String {
    format!("e2e-{:032x}", rand::random::<u128>())
}

/// All logs that are kept.
const ALL: &str = "{namespace=~\"todo-app|ingress-nginx\"}";

/// Loki, by a port of this machine. Dropping it ends that.
struct Loki {
    _kubectl: Child,
    _output: Lines<BufReader<ChildStdout>>,
    url: String,
}

/// What is known of a request.
#[derive(Debug, Default)]
struct Hops {
    statements: Vec<String>,
    lines: usize,
}

impl Loki {
    async fn of(kubectl: &Kubectl) -> Result<Self> {
        let mut child = Command::new("kubectl")
            .args(["port-forward", "--namespace", &kubectl.namespace])
            .args(["service/todo-loki", &format!(":{LOKI}")])
            .stdout(std::process::Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let output = child.stdout.take().ok_or("no output")?;
        let mut lines = BufReader::new(output).lines();
        // Forwarding from 127.0.0.1:40123 -> 3100
        let line = lines.next_line().await?.unwrap_or_default();
        let address = line
            .split(' ')
            .nth(2)
            .ok_or("the port was not forwarded")?
            .to_owned();
        Ok(Self {
            _kubectl: child,
            _output: lines,
            url: format!("http://{address}/loki/api/v1/query_range"),
        })
    }

    /// The lines of a query's answer, each with the labels of its stream.
    async fn query(&self, query: &str) -> Result<Vec<(Value, String)>> {
        let parameters = [("query", query), ("since", "1h"), ("limit", "5000")];
        let url = reqwest::Url::parse_with_params(&self.url, parameters)?;
        let answer = Client::new().get(url).send().await?;
        let answer: Value = serde_json::from_str(&answer.error_for_status()?.text().await?)?;
        let streams = answer["data"]["result"].as_array().into_iter().flatten();
        let lines = streams.flat_map(|stream| {
            let values = stream["values"].as_array().into_iter().flatten();
            values.map(|value| {
                let line = value[1].as_str().unwrap_or_default();
                (stream["stream"].clone(), line.to_owned())
            })
        });
        Ok(lines.collect())
    }

    /// Waits until one query finds the request at the Ingress, at these servers, and its statements.
    async fn hops(&self, id: &str, servers: &[&str]) -> Result<Hops> {
        let query = format!("{ALL} |= \"{id}\"");
        let mut hops = Hops::default();
        let what = format!(
            "`{query}` finds Ingress, {} and statements",
            servers.join(", ")
        );
        until(&what, SHIPPED, async || {
            let found = self.query(&query).await?;
            let says = |app: &str, message: &str| {
                let of_app = found.iter().filter(|(labels, _)| labels["app"] == app);
                let lines = of_app.filter_map(|(_, line)| serde_json::from_str::<Value>(line).ok());
                lines
                    .filter(|line| line["message"] == message && line["request_id"] == id)
                    .collect::<Vec<_>>()
            };
            hops.lines = found.len();
            hops.statements = says("todo-backend", "statement")
                .iter()
                .map(|line| text(line, "/name").to_owned())
                .collect();
            let by_ingress = found
                .iter()
                .any(|(labels, _)| labels["namespace"] == "ingress-nginx");
            let answered = servers.iter().all(|app| !says(app, "request").is_empty());
            Ok(by_ingress && answered && !hops.statements.is_empty())
        })
        .await?;
        Ok(hops)
    }
}
