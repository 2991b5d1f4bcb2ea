//! MCP over HTTP, message by message: every protocol version, the tools, the credentials, bad
//! input.

use jiff::SignedDuration;
use serde_json::{Value, json};
use todo_api::{ChatResponse, Undone};
use todo_backend::accounts::whose;
use todo_tests::{Engine, Mcp, TestApp, User, mcp::CURRENT, on_both};

on_both!(
    older_clients_begin_with_a_handshake_and_need_no_session,
    current_clients_need_no_handshake_and_any_replica_answers,
    tools_are_described,
    tools_do_what_the_contract_says,
    a_batch_is_done_as_a_whole_or_not_at_all,
    whose_tasks_they_are_is_no_argument,
    nobody_poses_as_a_call_of_a_turn,
    resources_are_the_tasks,
    prompts_know_the_day,
    skills_are_offered_where_the_operator_named_a_folder,
    who_has_no_good_credential_is_told_where_to_get_one,
    a_token_for_reading_reads,
    hosts_and_origins_are_checked,
    the_only_account_need_not_be_named,
    bad_requests_are_refused,
);

const VERSIONS: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

fn mcp(user: &User) -> Mcp {
    Mcp::new(&user.client, CURRENT)
}

async fn older_clients_begin_with_a_handshake_and_need_no_session(app: TestApp) {
    let replica = app.replica().await;
    let ann = app.user("ann").await;
    ann.add("Buy milk").await;
    for version in VERSIONS {
        let client = Mcp::new(&ann.client, version);
        let hello = json!({
            "protocolVersion": version,
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        });
        let answer = client.send("initialize", hello).await;
        assert_eq!(answer.header("mcp-session-id"), "");
        let answer: Value = answer.expect(200);
        let server = &answer["result"];
        assert_eq!(server["protocolVersion"], version);
        assert_eq!(server["serverInfo"]["name"], "todo");
        for capability in ["tools", "resources", "prompts"] {
            assert!(server["capabilities"][capability].is_object(), "{server}");
        }
        let instructions = server["instructions"].as_str().unwrap();
        assert!(instructions.contains("list_tasks"), "{instructions}");

        let message = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        let noted = client.client.post("/mcp", message).await;
        noted.assert_status(202);
        let elsewhere = Mcp::new(&ann.at(&replica).client, version);
        let tasks = elsewhere.call("list_tasks", json!({})).await;
        assert_eq!(tasks["result"][0]["title"], "Buy milk");
    }
    // Who asks for a version that there is not gets the newest that begins so.
    let future = Mcp::new(
        &ann.client.clone().without("mcp-protocol-version"),
        "2099-01-01",
    );
    let client = future.client.clone().without("mcp-protocol-version");
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2099-01-01", "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }});
    let answer: Value = client.post("/mcp", message).await.expect(200);
    assert_eq!(answer["result"]["protocolVersion"], "2025-11-25");
}

async fn current_clients_need_no_handshake_and_any_replica_answers(app: TestApp) {
    let replica = app.replica().await;
    let ann = app.user("ann").await;
    let server = mcp(&ann).ask("server/discover", json!({})).await;
    let versions = server["supportedVersions"].as_array().unwrap();
    assert!(versions.contains(&json!(CURRENT)), "{server}");
    mcp(&ann)
        .call("add_task", json!({"title": "Buy milk"}))
        .await;
    let tasks = mcp(&ann.at(&replica)).call("list_tasks", json!({})).await;
    assert_eq!(tasks["result"][0]["title"], "Buy milk");
}

async fn tools_are_described(app: TestApp) {
    let ann = app.user("ann").await;
    let list = mcp(&ann).ask("tools/list", json!({})).await;
    let told: Vec<(&str, bool, bool, bool)> = list["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| {
            let name = tool["name"].as_str().unwrap();
            for text in ["title", "description"] {
                assert!(!tool[text].as_str().unwrap().is_empty(), "{name} {text}");
            }
            for schema in ["inputSchema", "outputSchema"] {
                assert_eq!(tool[schema]["type"], "object", "{name} {schema}");
            }
            let inputs = tool["inputSchema"]["properties"].as_object().unwrap();
            assert!(!inputs.keys().any(|key| key.contains("user")), "{name}");
            let hints = &tool["annotations"];
            assert_eq!(hints["openWorldHint"], false);
            let hint = |name: &str| hints[name].as_bool().unwrap();
            (
                name,
                hint("readOnlyHint"),
                hint("destructiveHint"),
                hint("idempotentHint"),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("add_task", false, false, false),
            ("add_tasks", false, false, false),
            ("list_tasks", true, false, true),
            ("complete_task", false, false, true),
            ("complete_tasks", false, false, true),
            ("delete_task", false, true, true),
            ("update_task", false, false, true),
        ]
    );
}

async fn tools_do_what_the_contract_says(app: TestApp) {
    let ann = app.user("ann").await;
    let mcp = mcp(&ann);
    let milk = json!({
        "title": "Buy milk", "priority": "high", "due_date": "2026-11-25", "tags": ["home"],
    });
    let added = mcp.tool("add_task", milk).await;
    let expected = json!({"task_id": 1, "status": "created", "title": "Buy milk"});
    assert_eq!(added["structuredContent"], expected);
    let text = added["content"][0]["text"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(text).unwrap(), expected);

    for (tool, arguments, status, title) in [
        (
            "complete_task",
            json!({"task_id": 1}),
            "completed",
            "Buy milk",
        ),
        (
            "complete_task",
            json!({"task_id": 1, "completed": false}),
            "updated",
            "Buy milk",
        ),
        (
            "update_task",
            json!({"task_id": 1, "title": "Buy bread", "due_date": null}),
            "updated",
            "Buy bread",
        ),
    ] {
        let expected = json!({"task_id": 1, "status": status, "title": title});
        assert_eq!(mcp.call(tool, arguments).await, expected);
    }

    let listed = mcp.tool("list_tasks", json!({"tag": "home"})).await;
    let task = json!({
        "id": 1, "title": "Buy bread", "completed": false, "description": null,
        "priority": "high", "due_date": null, "tags": ["home"],
        "created_at": "2026-11-24T12:00:00Z", "updated_at": "2026-11-24T12:00:00Z",
    });
    assert_eq!(listed["structuredContent"], json!({"result": [task]}));
    // The text is the bare list, as it always was.
    let text = listed["content"][0]["text"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(text).unwrap(), json!([task]));
    let none = mcp.call("list_tasks", json!({"search": "milk"})).await;
    assert_eq!(none["result"], json!([]));

    let deleted = mcp.call("delete_task", json!({"task_id": 1})).await;
    assert_eq!(
        deleted,
        json!({"task_id": 1, "status": "deleted", "title": "Buy bread"})
    );
    for (tool, arguments, code) in [
        ("delete_task", json!({"task_id": 1}), "not_found"),
        ("complete_task", json!({"task_id": "1"}), "invalid"),
        (
            "update_task",
            json!({"task_id": 1, "titel": "x"}),
            "invalid",
        ),
        ("add_task", json!({"title": " "}), "invalid"),
        ("add_task", json!({}), "invalid"),
        ("list_tasks", json!({"limit": 0}), "invalid"),
    ] {
        let (refused, sentence) = mcp.refusal(tool, arguments).await;
        assert_eq!(refused, code, "{tool}: {sentence}");
        assert!(sentence.ends_with('.'), "{sentence}");
    }
    assert_eq!(ann.titles("").await, [""; 0]);
}

async fn a_batch_is_done_as_a_whole_or_not_at_all(app: TestApp) {
    let ann = app.user("ann").await;
    let mcp = mcp(&ann);
    let tasks = json!({"tasks": [{"title": "Milk"}, {"title": "Eggs", "tags": ["shop"]}]});
    let added = mcp.call("add_tasks", tasks).await;
    assert_eq!(
        added["result"],
        json!([
            {"task_id": 1, "status": "created", "title": "Milk"},
            {"task_id": 2, "status": "created", "title": "Eggs"},
        ])
    );
    let done = mcp
        .call("complete_tasks", json!({"task_ids": [2, 1]}))
        .await;
    assert_eq!(
        done["result"],
        json!([
            {"task_id": 2, "status": "completed", "title": "Eggs"},
            {"task_id": 1, "status": "completed", "title": "Milk"},
        ])
    );
    let (code, sentence) = mcp
        .refusal(
            "complete_tasks",
            json!({"task_ids": [1, 7], "completed": false}),
        )
        .await;
    assert_eq!(code, "invalid");
    assert!(sentence.contains("There is no task 7"), "{sentence}");
    assert_eq!(ann.titles("?status=completed").await.len(), 2);

    let many = vec![json!({"title": "x"}); 51];
    for tasks in [
        json!([]),
        json!([{"title": "x"}, {"title": ""}]),
        json!(many),
    ] {
        let (code, _) = mcp.refusal("add_tasks", json!({ "tasks": tasks })).await;
        assert_eq!(code, "invalid");
    }
    assert_eq!(ann.titles("").await, ["Eggs", "Milk"]);
}

async fn whose_tasks_they_are_is_no_argument(app: TestApp) {
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    ann.add("Ann's").await;
    bob.add("Bob's").await;
    bob.add("Bob's second").await;
    let program = ann.bearing(&ann.make_token("assistant", &["write"]).await.token);
    let mcp = mcp(&program);
    let (code, _) = mcp.refusal("list_tasks", json!({"user_id": bob.id})).await;
    assert_eq!(code, "invalid");
    for tool in ["complete_task", "delete_task"] {
        let (code, _) = mcp.refusal(tool, json!({"task_id": 2})).await;
        assert_eq!(code, "not_found");
    }
    let tasks = mcp.call("list_tasks", json!({})).await;
    assert_eq!(tasks["result"].as_array().unwrap().len(), 1);
    assert_eq!(bob.titles("?status=pending").await.len(), 2);
}

async fn nobody_poses_as_a_call_of_a_turn(app: TestApp) {
    let ann = app.user("ann").await;
    let chat: ChatResponse = ann
        .post("chat", json!({"message": "add buy milk"}))
        .await
        .expect(200);
    let client = Mcp::new(&ann.client, "2025-11-25");
    let params = json!({
        "name": "add_task",
        "arguments": {"title": "Buy bread"},
        "_meta": {"todo/call": {"turn": chat.turn_id, "n": 1}},
    });
    let result = client.ask("tools/call", params).await;
    assert_eq!(result["structuredContent"]["title"], "Buy bread");
    let undone: Undone = ann
        .post(&format!("turns/{}/calls/1/undo", chat.turn_id), json!({}))
        .await
        .expect(200);
    assert_eq!(undone.tasks, [1]);
    assert_eq!(ann.titles("").await, ["Buy bread"]);
}

async fn resources_are_the_tasks(app: TestApp) {
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    ann.add("Buy milk").await;
    ann.add("Pay bills").await;
    let mcp = mcp(&ann);
    let list = mcp.ask("resources/list", json!({})).await;
    assert_eq!(list["resources"][0]["uri"], "todo://tasks");
    let templates = mcp.ask("resources/templates/list", json!({})).await;
    assert_eq!(
        templates["resourceTemplates"][0]["uriTemplate"],
        "todo://tasks/{id}"
    );
    let read = async |uri: &str| {
        let read = mcp.ask("resources/read", json!({ "uri": uri })).await;
        let contents = &read["contents"][0];
        assert_eq!(contents["uri"], uri);
        assert_eq!(contents["mimeType"], "application/json");
        serde_json::from_str::<Value>(contents["text"].as_str().unwrap()).unwrap()
    };
    assert_eq!(read("todo://tasks").await[1]["title"], "Buy milk");
    assert_eq!(read("todo://tasks/2").await["title"], "Pay bills");
    for uri in [
        "todo://tasks/3",
        "todo://tasks/x",
        "todo://",
        "file:///etc/passwd",
    ] {
        let answer: Value = mcp
            .send("resources/read", json!({ "uri": uri }))
            .await
            .expect(200);
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
    }
    let foreign: Value = Mcp::new(&bob.client, "2025-11-25")
        .send("resources/read", json!({"uri": "todo://tasks/1"}))
        .await
        .expect(200);
    assert_eq!(foreign["error"]["code"], -32002, "{foreign}");
}

async fn prompts_know_the_day(app: TestApp) {
    let ann = app.user("ann").await;
    ann.patch("settings", json!({"time_zone": "Pacific/Kiritimati"}))
        .await
        .assert_status(200);
    let mcp = mcp(&ann);
    let list = mcp.ask("prompts/list", json!({})).await;
    for prompt in list["prompts"].as_array().unwrap() {
        let name = &prompt["name"];
        let got = mcp.ask("prompts/get", json!({ "name": name })).await;
        let message = &got["messages"][0];
        assert_eq!(message["role"], "user");
        let text = message["content"]["text"].as_str().unwrap();
        // It is tomorrow there already.
        assert!(text.contains("2026-11-25"), "{text}");
        assert!(text.contains("list_tasks"), "{text}");
    }
    let answer: Value = mcp
        .send("prompts/get", json!({"name": "nonsense"}))
        .await
        .expect(200);
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
}

async fn skills_are_offered_where_the_operator_named_a_folder(app: TestApp) {
    let ann = app.user("ann").await;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../skills");
    let with = app.replica_with(&[("MCP_SKILLS_DIR", folder)]).await;
    let with = mcp(&ann.at(&with));
    let server = with.ask("server/discover", json!({})).await;
    let skills = &server["capabilities"]["extensions"]["io.modelcontextprotocol/skills"];
    assert_eq!(skills["directoryRead"], true, "{server}");
    let listed = with.ask("skills/list", json!({})).await;
    assert_eq!(listed["skills"].as_array().unwrap().len(), 8, "{listed}");
    let uri = "skill://rollback-strategy/SKILL.md";
    let skill = with.ask("skills/get", json!({"uri": uri})).await;
    assert_eq!(skill["skill"]["frontmatter"]["name"], "rollback-strategy");
    let directory = json!({"uri": "skill://rollback-strategy/scripts"});
    let scripts = with.ask("resources/directory/read", directory).await;
    assert_eq!(
        scripts["resources"].as_array().unwrap().len(),
        2,
        "{scripts}"
    );
    let read = with.ask("resources/read", json!({"uri": uri})).await;
    let text = read["contents"][0]["text"].as_str().unwrap();
    assert!(text.contains("## Destructive commands"), "{text}");
    let resources = with.ask("resources/list", json!({})).await;
    assert_eq!(resources["resources"].as_array().unwrap().len(), 1 + 8);

    let without = mcp(&ann);
    let server = without.ask("server/discover", json!({})).await;
    assert!(server["capabilities"]["extensions"].is_null(), "{server}");
    let resources = without.ask("resources/list", json!({})).await;
    assert_eq!(resources["resources"].as_array().unwrap().len(), 1);
    for (method, params) in [
        ("skills/list", json!({})),
        ("resources/read", json!({"uri": uri})),
    ] {
        let refused = without.send(method, params).await.text();
        let refused: Value = serde_json::from_str(&refused).unwrap();
        assert!(refused["error"]["code"].is_i64(), "{method}: {refused}");
    }
}

async fn who_has_no_good_credential_is_told_where_to_get_one(app: TestApp) {
    let ann = app.user("ann").await;
    let expired = ann.make_token("expired", &["write"]).await.token;
    app.advance(SignedDuration::from_hours(24));
    let revoked = ann.make_token("revoked", &["write"]).await;
    let id = json!({"id": revoked.personal_token.id});
    let answer = ann
        .session
        .post("/api/auth/revoke-personal-token", id)
        .await;
    answer.assert_status(200);

    let metadata = "http://localhost:3000/.well-known/oauth-protected-resource/mcp";
    let session = ann.session.header("authorization");
    let nobody = app.anonymous();
    let with = |value: &str| nobody.clone().with("authorization", value);
    for (client, error) in [
        (nobody.clone(), ""),
        (
            nobody
                .clone()
                .with("cookie", &session.replace("Bearer ", "todo=")),
            "",
        ),
        (with("Basic YW5uOmFubg=="), "error=\"invalid_token\", "),
        (with("Bearer nonsense"), "error=\"invalid_token\", "),
        (with(&session), "error=\"invalid_token\", "),
        // Its JWT has ended meanwhile.
        (ann.client.clone(), "error=\"invalid_token\", "),
        (
            with(&format!("Bearer {expired}")),
            "error=\"invalid_token\", ",
        ),
        (
            with(&format!("Bearer {}", revoked.token)),
            "error=\"invalid_token\", ",
        ),
    ] {
        let answer = Mcp::new(&client, CURRENT)
            .send("tools/list", json!({}))
            .await;
        answer.problem(401, "unauthorized");
        assert_eq!(
            answer.header("www-authenticate"),
            format!(
                "Bearer {error}scope=\"tasks:read tasks:write\", resource_metadata=\"{metadata}\""
            )
        );
    }
    for path in ["", "/mcp"] {
        let path = format!("/.well-known/oauth-protected-resource{path}");
        let document: Value = nobody.get(&path).await.expect(200);
        assert_eq!(document["resource"], "http://localhost:3000/mcp");
        assert_eq!(
            document["scopes_supported"],
            json!(["tasks:read", "tasks:write"])
        );
    }
}

async fn a_token_for_reading_reads(app: TestApp) {
    let ann = app.user("ann").await;
    ann.add("Buy milk").await;
    let reader = mcp(&ann.bearing(&ann.make_token("reader", &["read"]).await.token));
    let tasks = reader.call("list_tasks", json!({})).await;
    assert_eq!(tasks["result"][0]["title"], "Buy milk");
    reader.ask("tools/list", json!({})).await;
    reader
        .ask("resources/read", json!({"uri": "todo://tasks/1"}))
        .await;
    for (tool, arguments) in [
        ("add_task", json!({"title": "x"})),
        ("add_tasks", json!({"tasks": [{"title": "x"}]})),
        ("complete_task", json!({"task_id": 1})),
        ("complete_tasks", json!({"task_ids": [1]})),
        ("delete_task", json!({"task_id": 1})),
        ("update_task", json!({"task_id": 1, "title": "x"})),
    ] {
        let params = json!({"name": tool, "arguments": arguments});
        let answer = reader.send("tools/call", params).await;
        answer.problem(403, "insufficient_scope");
        assert!(
            answer
                .header("www-authenticate")
                .starts_with("Bearer error=\"insufficient_scope\", scope="),
            "{}",
            answer.header("www-authenticate")
        );
    }
    // A message that looks harmless from outside is refused by the tool itself.
    let twice = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":
        {"name":"list_tasks","name":"delete_task","arguments":{"task_id":1}}}"#;
    let client = Mcp::new(&reader.client, "2025-11-25").client;
    let answer = client
        .with("content-type", "application/json")
        .send(axum::http::Method::POST, "/mcp", twice)
        .await;
    assert!(!answer.text().contains("deleted"), "{}", answer.text());
    assert_eq!(ann.titles("?status=pending").await, ["Buy milk"]);
}

async fn hosts_and_origins_are_checked(app: TestApp) {
    let elsewhere = app
        .replica_with(&[
            ("PUBLIC_URL", "https://todo.example.org"),
            (
                "MCP_ALLOWED_HOSTS",
                "todo-backend, todo-backend.todo.svc:8000",
            ),
        ])
        .await;
    let ann = app.user("ann").await;
    let token = ann.make_token("assistant", &["read"]).await.token;
    let ann = ann.bearing(&token);
    for (app, header, value, status) in [
        (&app, "host", "localhost:3000", 200),
        (&app, "host", "evil.example", 403),
        (&app, "host", "todo-backend", 403),
        (&elsewhere, "host", "todo.example.org", 200),
        (&elsewhere, "host", "todo-backend:8000", 200),
        (&elsewhere, "host", "todo-backend.todo.svc:8000", 200),
        (&elsewhere, "host", "todo-backend.todo.svc:80", 403),
        (&elsewhere, "host", "evil.example", 403),
        (&elsewhere, "origin", "https://todo.example.org", 200),
        (&elsewhere, "origin", "http://localhost:6274", 200),
        (&elsewhere, "origin", "https://evil.example", 403),
        (&elsewhere, "origin", "http://todo.example.org", 403),
        (&elsewhere, "origin", "null", 403),
    ] {
        let client = ann.at(app).client.with(header, value);
        let answer = Mcp::new(&client, CURRENT)
            .send("tools/list", json!({}))
            .await;
        assert_eq!(answer.status.as_u16(), status, "{header}: {value}");
    }
}

async fn the_only_account_need_not_be_named(app: TestApp) {
    let find = async |email: Option<&str>| {
        let found = whose::find(app.backend.app(), email).await;
        found
            .map(|id| id.to_string())
            .map_err(|error| error.to_string())
    };
    let nobody = find(None).await.unwrap_err();
    assert!(nobody.contains("there is no account yet"), "{nobody}");
    let ann = app.user("ann").await;
    assert_eq!(find(None).await, Ok(ann.id.clone()));
    let bob = app.user("bob").await;
    let several = find(None).await.unwrap_err();
    assert!(several.contains("--user EMAIL"), "{several}");
    assert_eq!(find(Some(" Bob@Example.com")).await, Ok(bob.id));
    for stranger in ["carl@example.com", "not an address"] {
        let refused = find(Some(stranger)).await.unwrap_err();
        assert!(refused.contains(stranger), "{refused}");
    }
}

async fn bad_requests_are_refused(app: TestApp) {
    use axum::http::Method;

    let ann = app.user("ann").await;
    let client = Mcp::new(&ann.client, "2025-11-25").client;
    let json = client.clone().with("content-type", "application/json");
    let large = format!("{{\"x\": \"{}\"}}", "x".repeat(300_000));
    let deep = "[".repeat(100_000);
    for (client, method, body, statuses) in [
        (&json, Method::GET, "", &[405][..]),
        (&json, Method::DELETE, "", &[405]),
        (&json, Method::POST, "", &[400, 415, 422]),
        (&json, Method::POST, "{", &[400, 415, 422]),
        (&json, Method::POST, "[]", &[400, 415, 422]),
        (&json, Method::POST, "\u{0}", &[400, 415, 422]),
        (&json, Method::POST, deep.as_str(), &[400, 415, 422]),
        (&json, Method::POST, large.as_str(), &[413]),
        (&client, Method::POST, "{}", &[415]),
    ] {
        let answer = client.send(method.clone(), "/mcp", body.to_owned()).await;
        let status = answer.status.as_u16();
        assert!(
            statuses.contains(&status),
            "{method}: {status} {}",
            answer.text()
        );
    }
    let unknown: Value = Mcp::new(&ann.client, "2025-11-25")
        .send("tools/call", json!({"name": "drop_table"}))
        .await
        .expect(200);
    assert_eq!(unknown["error"]["code"], -32602, "{unknown}");
    let wrong_version = client.with("mcp-protocol-version", "1999-01-01");
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    wrong_version.post("/mcp", message).await.assert_status(400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_who_calls_too_often_is_told_when_to_come_back() {
    let app = TestApp::with(Engine::Sqlite, &[("MCP_RATE_LIMIT", "3")]).await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    app.advance(SignedDuration::from_secs(20));
    for _ in 0..3 {
        mcp(&ann).ask("tools/list", json!({})).await;
    }
    let answer = mcp(&ann).send("tools/list", json!({})).await;
    answer.problem(429, "too_many_requests");
    assert_eq!(answer.header("retry-after"), "40");
    mcp(&bob).ask("tools/list", json!({})).await;
    app.advance(SignedDuration::from_secs(40));
    mcp(&ann).ask("tools/list", json!({})).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_of_the_agent_counts_as_its_writes_and_is_undone_as_one() {
    let app = TestApp::scripted(Engine::Sqlite).await;
    let ann = app.user("ann").await;
    let titles: Vec<Value> = (1..=10)
        .map(|n| json!({"title": format!("Task {n}")}))
        .collect();
    let script = format!(
        "call add_tasks {}\nsay Done.",
        json!({"tasks": &titles[..9]})
    );
    let within: ChatResponse = ann
        .post("chat", json!({ "message": script }))
        .await
        .expect(200);
    assert!(within.approval.is_none(), "{within:?}");
    assert_eq!(ann.titles("").await.len(), 9);

    let script = format!("call add_tasks {}\nsay Done.", json!({ "tasks": titles }));
    let beyond: ChatResponse = ann
        .post("chat", json!({ "message": script }))
        .await
        .expect(200);
    let approval = beyond.approval.expect("a question");
    assert_eq!(approval.question, "Make 10 more changes?");
    assert_eq!(ann.titles("").await.len(), 9);
    let turn = beyond.turn_id;
    ann.post(&format!("turns/{turn}/approve"), json!({"option": "Yes"}))
        .await
        .assert_status(200);
    assert_eq!(ann.titles("").await.len(), 19);
    let undone: Undone = ann
        .post(&format!("turns/{turn}/calls/1/undo"), json!({}))
        .await
        .expect(200);
    assert_eq!(undone.tasks.len(), 10);
    assert_eq!(ann.titles("").await.len(), 9);
}
