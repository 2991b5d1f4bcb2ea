//! Nobody reaches, changes or learns of what is another's. The routes come from the OpenAPI
//! document, so that one added tomorrow is tested too.

use axum::http::Method;
use serde_json::{Map, Value, json};
use todo_tests::{TestApp, client::Answer, on_both};

on_both!(
    another_users_path_is_forbidden_whether_or_not_anything_is_there,
    another_users_things_are_not_found_under_ones_own_path,
    every_route_of_a_user_asks_who_calls,
    lists_hold_only_what_is_ones_own,
);

/// A method and a path of the document, such as `/api/{user_id}/tasks/{id}`.
type Operation = (Method, String);

async fn operations_of_users(app: &TestApp) -> Vec<Operation> {
    let document: Value = app.anonymous().get("/api/openapi.json").await.expect(200);
    let paths: &Map<String, Value> = document["paths"].as_object().unwrap();
    let operations: Vec<Operation> = paths
        .iter()
        .filter(|(path, _)| path.contains("{user_id}"))
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys();
            methods.filter_map(|method| {
                let method = Method::from_bytes(method.to_uppercase().as_bytes()).ok()?;
                Some((method, path.clone()))
            })
        })
        .collect();
    assert!(operations.len() > 10, "{operations:?}");
    operations
}

/// The path with every placeholder filled in.
fn fill(path: &str, user_id: &str, id: i64) -> String {
    path.split('/')
        .map(|part| match part {
            "{user_id}" => user_id.to_owned(),
            part if part.starts_with('{') => id.to_string(),
            part => part.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("/")
}

/// A body that does for any operation, since it does not get far enough to be read.
fn body() -> Value {
    json!({"title": "x", "message": "x", "ids": [1], "option": "Yes", "completed": true})
}

/// What an answer tells, without what differs between any two.
fn told(answer: &Answer) -> (u16, Value) {
    let mut body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if let Some(body) = body.as_object_mut() {
        body.remove("request_id");
    }
    (answer.status.as_u16(), body)
}

async fn another_users_path_is_forbidden_whether_or_not_anything_is_there(app: TestApp) {
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    bob.add("Bob's secret").await;
    for (method, path) in operations_of_users(&app).await {
        let mut answers = Vec::new();
        for (user_id, id) in [(bob.id.as_str(), 1), (&bob.id, 999), ("nobody", 1)] {
            let path = fill(&path, user_id, id);
            let answer = ann.client.json(method.clone(), &path, body()).await;
            answer.problem(403, "forbidden");
            answers.push(told(&answer));
        }
        assert!(
            answers.iter().all(|answer| *answer == answers[0]),
            "{method} {path}: {answers:#?}"
        );
    }
    assert_eq!(bob.titles("").await, ["Bob's secret"]);
}

async fn another_users_things_are_not_found_under_ones_own_path(app: TestApp) {
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    bob.add("Bob's secret").await;
    for (method, path) in operations_of_users(&app).await {
        if !path.contains("{id}") {
            continue;
        }
        // Bob has a thing of that number, or nobody has.
        let there = ann
            .client
            .json(method.clone(), &fill(&path, &ann.id, 1), body())
            .await;
        let nowhere = ann
            .client
            .json(method.clone(), &fill(&path, &ann.id, 999), body())
            .await;
        there.problem(404, "not_found");
        assert_eq!(told(&there), told(&nowhere), "{method} {path}");
    }
}

async fn every_route_of_a_user_asks_who_calls(app: TestApp) {
    let ann = app.user("ann").await;
    let session_token = ann.session.header("authorization");
    for (method, path) in operations_of_users(&app).await {
        let path = fill(&path, &ann.id, 1);
        for client in [
            app.anonymous(),
            app.anonymous().with("authorization", "Bearer nonsense"),
            app.anonymous().with("authorization", "Basic YW5uOmFubg=="),
            // The session's token is for /api/auth and the pages alone, in whatever form.
            app.anonymous().with("authorization", &session_token),
            app.anonymous()
                .with("cookie", &session_token.replace("Bearer ", "todo=")),
        ] {
            let answer = client.json(method.clone(), &path, body()).await;
            answer.problem(401, "unauthorized");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
}

async fn lists_hold_only_what_is_ones_own(app: TestApp) {
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    ann.add_task(json!({"title": "Ann's", "tags": ["home"]}))
        .await;
    bob.add_task(json!({"title": "Bob's", "tags": ["home"]}))
        .await;
    for query in [
        "",
        "?search=s",
        "?tag=home",
        "?sort=title",
        "?status=pending",
    ] {
        assert_eq!(ann.titles(query).await, ["Ann's"], "{query}");
        assert_eq!(bob.titles(query).await, ["Bob's"], "{query}");
    }
    ann.patch("tasks/1/complete", Value::Null)
        .await
        .assert_status(200);
    ann.post("tasks/clear-completed", Value::Null)
        .await
        .assert_status(200);
    assert_eq!(bob.titles("").await, ["Bob's"]);
}
