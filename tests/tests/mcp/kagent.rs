//! kagent's own runtime, with an agent that only has our tools, and with todo-sre as `aiops/kagent/v0`
//! declares it. The model is scripted, and kagent's tools for Kubernetes are played by
//! `tests/kagent/tool_server.py`.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use todo_tests::{Engine, TestApp, User, aimock::Aimock, model_server, packages};
use tokio::time::sleep;

use crate::assistant;

/// How long the tools may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

async fn packages_of_kagent() -> PathBuf {
    let install = tokio::task::spawn_blocking(|| packages::uv("kagent", "3.13"));
    install.await.unwrap()
}

/// Lets an agent do a task.
async fn ask(config: &Value, task: &'static str) {
    let packages = packages_of_kagent().await;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    let card = "agent-card.json";
    fs::copy(packages.join(card), folder.path().join(card)).unwrap();
    let work = move || {
        let mut agent = Command::new(packages.join("bin/kagent-adk"));
        agent
            .args(["test", "--task", task, "--filepath"])
            .arg(folder.path())
            .env("OPENAI_API_KEY", "none");
        packages::run(&mut agent, "kagent-adk is needed")
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}

/// Where our own tools are, for somebody.
async fn ours(app: &TestApp, user: &User) -> Value {
    json!({
        "url": format!("{}/mcp", app.url()),
        "headers": {"Authorization": format!("Bearer {}", assistant(user).await)},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_of_kagent_adds_a_task() {
    let aimock = Aimock::start().await;
    let app = TestApp::in_real_time(Engine::Postgres).await;
    let ann = app.user("ann").await;
    let config = json!({
        "model": {
            "type": "openai",
            "model": "test-model",
            "base_url": format!("http://{}/v1", aimock.address),
        },
        "description": "Works on a list of tasks.",
        "instruction": "Do with the user's tasks what the user asks for.",
        "http_tools": [{"params": ours(&app, &ann).await, "tools": ["add_task", "list_tasks"]}],
    });
    ask(&config, "add milk").await;
    assert_eq!(ann.titles("").await, ["Buy milk"]);
    let asked = aimock.asked().await;
    assert_eq!(model_server::results(asked.last().unwrap()).len(), 1);
}

/// The tools for Kubernetes, which tell what they were called with.
struct Tools {
    address: SocketAddr,
    process: Child,
    folder: TempDir,
}

impl Tools {
    async fn start() -> Self {
        let packages = packages_of_kagent().await;
        let folder = tempfile::tempdir().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let process = Command::new(packages.join("bin/python"))
            .arg(packages.join("tool_server.py"))
            .arg(address.port().to_string())
            .arg(folder.path().join("calls"))
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let started = Instant::now();
        while tokio::net::TcpStream::connect(address).await.is_err() {
            assert!(started.elapsed() < PATIENCE, "the tools do not start");
            sleep(Duration::from_millis(50)).await;
        }
        Self {
            address,
            process,
            folder,
        }
    }

    /// What they were called with since this was asked last.
    fn calls(&self) -> Vec<String> {
        let file = self.folder.path().join("calls");
        let calls = fs::read_to_string(&file).unwrap_or_default();
        fs::write(file, "").unwrap();
        calls.lines().map(str::to_owned).collect()
    }
}

impl Drop for Tools {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What tools told the model.
fn told(body: &Value) -> Vec<&str> {
    let messages = body["messages"].as_array().unwrap().iter();
    messages
        .filter(|message| message["role"] == "tool")
        .map(|message| message["content"].as_str().unwrap())
        .collect()
}

/// One of the objects that operators apply.
fn object(file: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../aiops/kagent/v0");
    let text = fs::read_to_string(folder.join(file)).unwrap();
    serde_saphyr::from_str(&text).unwrap()
}

/// What kagent's controller hands to the runtime for our objects, with addresses of this machine:
/// of the model, and of each server of tools.
fn todo_sre(model: SocketAddr, servers: &Value) -> Value {
    let (agent, settings) = (object("agent.yaml"), object("model.yaml"));
    let (agent, settings) = (&agent["spec"], &settings["spec"]);
    assert_eq!(settings["provider"], "OpenAI");
    let tools = agent["declarative"]["tools"].as_array().unwrap();
    let tools: Vec<Value> = tools
        .iter()
        .map(|tool| {
            let server = &tool["mcpServer"];
            json!({
                "params": servers[server["name"].as_str().unwrap()],
                "tools": server["toolNames"],
                "require_approval": server["requireApproval"],
            })
        })
        .collect();
    json!({
        "model": {
            "type": "openai",
            "model": settings["model"],
            "base_url": format!("http://{model}/v1"),
        },
        "description": agent["description"],
        "instruction": agent["declarative"]["systemMessage"],
        "http_tools": tools,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn our_agent_of_kagent_looks_by_itself_and_asks_before_it_changes_something() {
    let aimock = Aimock::with("operations.json").await;
    let app = TestApp::in_real_time(Engine::Postgres).await;
    let ann = app.user("ann").await;
    let tools = Tools::start().await;
    let servers = json!({
        "kagent-tool-server": {"url": format!("http://{}/mcp", tools.address)},
        "todo": ours(&app, &ann).await,
    });
    let config = todo_sre(aimock.address, &servers);

    ask(&config, "analyze the cluster health").await;
    assert_eq!(
        tools.calls(),
        ["k8s_get_resources nodes", "k8s_get_events todo-app"]
    );
    ask(&config, "investigate why the backend pods are crashing").await;
    assert_eq!(
        tools.calls(),
        ["k8s_get_resources pods", "k8s_get_pod_logs todo-backend-1"]
    );
    let asked = aimock.asked().await;
    let last = asked.last().unwrap();
    assert_eq!(last["messages"][0]["role"], "system");
    assert!(told(last)[1].contains("password authentication"), "{last}");

    // It proposes a change, and waits until somebody agrees.
    ask(&config, "optimize resource allocation for the todo app").await;
    assert_eq!(tools.calls(), ["k8s_get_resources pods"]);
    ask(&config, "note what is left to do for the todo app").await;
    assert!(ann.titles("").await.is_empty());
}
