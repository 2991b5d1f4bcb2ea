//! Schemathesis holds the running backend against its own OpenAPI document: whatever it makes up,
//! no answer is a 5xx, undocumented, or of another shape than the document says.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use serde_json::{Value, json};
use todo_backend::accounts::reset;
use todo_tests::{Client, Engine, PASSWORD, TestApp, User, email, oauth::Program, packages};

/// Streams have no end to wait for.
const STREAMS: [&str; 2] = ["/api/{user_id}/events", "/api/{user_id}/turns/{id}/events"];

/// What holds for every answer.
const CHECKS: [&str; 5] = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_as_documented_on_sqlite() {
    hold_against_the_document(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_as_documented_on_postgres() {
    hold_against_the_document(Engine::Postgres).await;
}

async fn hold_against_the_document(engine: Engine) {
    // Its clock stands, so that a token lasts.
    let limits = [
        ("SIGN_UP_LIMIT", "1000000"),
        ("PASSWORD_LIMIT_PER_ACCOUNT", "1000000"),
        ("PASSWORD_LIMIT_PER_ADDRESS", "1000000"),
        ("RESET_LIMIT", "1000000"),
        ("OAUTH_REGISTRATION_LIMIT", "1000000"),
    ];
    let app = TestApp::with(engine, &limits).await;
    let ann = app.user("ann").await;
    app.user("bob").await;
    let link = reset::create_link(app.backend.app(), &email("bob"))
        .await
        .unwrap();
    let (_, reset_token) = link.split_once("token=").unwrap();
    let ids = things(&app, &ann).await;
    let program = Program::register(&app).await;

    let folder = packages::pip("openapi");
    let statuses = folder.join(format!("statuses-{engine:?}.json"));
    let output = Command::new(folder.join("bin/schemathesis"))
        .arg("run")
        .arg(format!("{}/api/openapi.json", app.url()))
        .args(STREAMS.iter().flat_map(|path| ["--exclude-path", path]))
        .args(["--phases", "examples,coverage,fuzzing"])
        .args(["--max-examples", "30", "--seed", "1", "--workers", "2"])
        .args(["--generation-database", "none"])
        .args(["--suppress-health-check", "all", "--warnings", "off"])
        .args(["--checks", &CHECKS.join(",")])
        .current_dir(&folder)
        .env("SCHEMATHESIS_HOOKS", folder.join("hooks.py"))
        .env("BASE_URL", app.url())
        .env("USER_ID", &ann.id)
        .env("EMAIL", email("ann"))
        .env("PASSWORD", PASSWORD)
        .env("JWT", token(&ann.client))
        .env("SESSION", token(&ann.session))
        .env("RESET_TOKEN", reset_token)
        .env("CLIENT_ID", &program.id)
        .env("IDS", ids.to_string())
        .env("STATUSES", &statuses)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    all_succeeded_at_times(&app, &statuses).await;
}

fn token(client: &Client) -> String {
    client.header("authorization").replace("Bearer ", "")
}

/// Makes enough of everything that operations can act on, and names it by the placeholders of their
/// paths.
async fn things(app: &TestApp, ann: &User) -> Value {
    let mut tasks = Vec::new();
    for number in 0..200 {
        tasks.push(ann.add(&format!("Task {number}")).await.id);
    }
    let (mut waiting, mut failed, mut written) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..30 {
        let (first, second) = (tasks.remove(0), tasks.remove(0));
        for (message, state, turns) in [
            (
                format!("delete task {first} and delete task {second}"),
                "waiting",
                &mut waiting,
            ),
            ("add an errand".to_owned(), "done", &mut failed),
            ("add a chore".to_owned(), "done", &mut written),
        ] {
            let answer = ann.post("chat", json!({"message": message})).await;
            let turn: Value = answer.expect(200);
            assert_eq!(turn["state"], state, "{message}: {turn}");
            turns.push(turn["turn_id"].as_i64().unwrap());
        }
    }
    // The assistant itself does not fail.
    let numbers: Vec<String> = failed.iter().map(i64::to_string).collect();
    app.execute(&format!(
        "UPDATE turns SET state = 'failed' WHERE id IN ({})",
        numbers.join(", ")
    ))
    .await;
    json!({
        "tasks/{id}.id": tasks,
        "tasks/{id}/complete.id": tasks,
        "tasks/{id}/restore.id": tasks,
        "turns/{id}/approve.id": waiting,
        "turns/{id}/retry.id": failed,
        "turns/{id}/calls/{n}/undo.id": written,
        "turns/{id}/calls/{n}/undo.n": [1],
    })
}

/// An operation that was always refused was not tested.
async fn all_succeeded_at_times(app: &TestApp, statuses: &Path) {
    let seen: BTreeMap<String, Vec<u16>> =
        serde_json::from_slice(&fs::read(statuses).unwrap()).unwrap();
    let document: Value = app.anonymous().get("/api/openapi.json").await.expect(200);
    let never: Vec<String> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(path, _)| !STREAMS.contains(&path.as_str()))
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys();
            methods.map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .filter(|operation| {
            let seen = seen.get(operation).map(Vec::as_slice).unwrap_or_default();
            !seen.iter().any(|status| (200..300).contains(status))
        })
        .collect();
    assert!(never.is_empty(), "never succeeded: {never:#?} of {seen:#?}");
}
