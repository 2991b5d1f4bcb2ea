//! What the log tells of a request: a line of its own, and one for each statement that it made, all
//! under its id.

use serde_json::{Value, json};
use todo_tests::{Process, TestApp, on_both};

on_both!(scripted_in_real_time =>
    a_request_is_followed_to_its_statements,
    a_turn_is_followed_to_the_statements_of_its_tools,
    statements_are_logged_only_for_those_who_ask,
);

const WITH_STATEMENTS: (&str, &str) = ("LOG", "info,todo_backend::statements=debug");

/// The names of the statements among these lines.
fn statements(lines: &[Value]) -> Vec<&str> {
    let statements = lines.iter().filter(|line| line["message"] == "statement");
    statements
        .map(|line| {
            assert!(line["ms"].as_f64().is_some(), "{line}");
            line["name"].as_str().unwrap()
        })
        .collect()
}

async fn a_request_is_followed_to_its_statements(app: TestApp) {
    let process = Process::beside(&app, &[WITH_STATEMENTS]).await;
    let ann = app.user("ann").await;
    let there = process.user(&ann).with("x-request-id", "adds-a-task");
    there.add("Something private").await;

    let lines = process.log_of("adds-a-task").await;
    let names = statements(&lines);
    let wanted = [
        "db::Conn::begin",
        "writes::begin",
        "tasks::queries::insert",
        "db::Conn::commit",
    ];
    let found: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| wanted.contains(name))
        .collect();
    assert_eq!(found, wanted, "{names:?}");
    assert!(!process.log().contains("private"), "{}", process.log());
}

async fn a_turn_is_followed_to_the_statements_of_its_tools(app: TestApp) {
    let process = Process::beside(&app, &[WITH_STATEMENTS]).await;
    let ann = app.user("ann").await;
    let there = process.user(&ann).with("x-request-id", "chats-with-us");
    let script = "call add_task {\"title\": \"Something private\"}\nsay Added.";
    let turn = there.say(script).await;
    assert_eq!(turn.response, "Added.");

    let lines = process.log_of("chats-with-us").await;
    let names = statements(&lines);
    assert!(names.contains(&"tasks::queries::insert"), "{names:?}");
    // One writer stores the events of all turns, under no request's id.
    let log = process.log();
    assert!(
        log.contains("chat::queries::events::insert_events"),
        "{log}"
    );
    assert!(!log.contains("private"), "{log}");
}

async fn statements_are_logged_only_for_those_who_ask(app: TestApp) {
    let process = Process::beside(&app, &[]).await;
    let ann = app.user("ann").await;
    let there = process.user(&ann).with("x-request-id", "adds-a-task");
    there
        .post("tasks", json!({"title": "Milk"}))
        .await
        .assert_status(201);
    let lines = process.log_of("adds-a-task").await;
    assert_eq!(lines.len(), 1, "{lines:?}");
}
