//! What happens when the database goes away, and when everyone writes at once.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use todo_api::Task;
use todo_backend::clock::Clock;
use todo_tests::{Database, NOON, TestApp, client::Answer, on_both};
use tokio::time::{Instant, sleep};

on_both!(
    sixty_four_writers_at_once_all_succeed,
    two_backends_write_to_one_database,
    one_users_writes_are_in_order,
);

async fn sixty_four_writers_at_once_all_succeed(app: TestApp) {
    let mut writers = Vec::new();
    for number in 0..64 {
        let user = app.user(&format!("user{number}")).await;
        writers.push(tokio::spawn(async move {
            for _ in 0..4 {
                let id = user.add("Buy milk").await.id;
                user.put(&format!("tasks/{id}"), json!({"title": "Buy cheese"}))
                    .await
                    .assert_status(200);
            }
            user.titles("").await.len()
        }));
    }
    for writer in writers {
        assert_eq!(writer.await.unwrap(), 4);
    }
}

async fn two_backends_write_to_one_database(app: TestApp) {
    let other = app.replica().await;
    let ann = app.user("ann").await;
    let writers = (0..32).map(|number| {
        let ann = if number % 2 == 0 {
            ann.clone()
        } else {
            ann.at(&other)
        };
        tokio::spawn(async move { ann.add(&format!("task {number}")).await.id })
    });
    let mut ids = Vec::new();
    for writer in writers.collect::<Vec<_>>() {
        ids.push(writer.await.unwrap());
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 32, "each task has a number of its own");
    assert_eq!(ann.at(&other).titles("").await.len(), 32);
}

async fn one_users_writes_are_in_order(app: TestApp) {
    let ann = app.user("ann").await;
    ann.add("Buy milk").await;
    let toggles = (0..21).map(|_| {
        let ann = ann.clone();
        tokio::spawn(async move {
            ann.patch("tasks/1/complete", json!(null))
                .await
                .assert_status(200);
        })
    });
    for toggle in toggles.collect::<Vec<_>>() {
        toggle.await.unwrap();
    }
    let task: Task = ann.get("tasks/1").await.expect(200);
    assert!(
        task.completed,
        "an odd number of toggles, none of them lost"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_away_requests_are_503_and_then_all_is_well() {
    let (behind, proxy) = Database::behind_proxy().await;
    let clock = Clock::fixed(NOON.parse::<Timestamp>().unwrap());
    let app = TestApp::on(behind, clock, &[("DATABASE_CONNECT_TIMEOUT", "1s")]).await;
    let ann = app.user("ann").await;
    ann.add("Buy milk").await;
    app.anonymous().get("/health").await.assert_status(200);

    proxy.cut();
    let answer = ann.get("tasks").await;
    let problem = answer.problem(503, "unavailable");
    assert!(!answer.header("retry-after").is_empty());
    assert!(!problem.detail.contains("connect"), "{}", problem.detail);
    ann.post("tasks", json!({"title": "Lost?"}))
        .await
        .problem(503, "unavailable");
    let unwell = until(async || app.anonymous().get("/health").await, 503).await;
    assert!(unwell.text().contains("database"), "{}", unwell.text());
    // The process itself is well, and no other replica would be better off.
    app.anonymous().get("/livez").await.assert_status(200);
    app.anonymous().get("/readyz").await.assert_status(200);

    proxy.mend();
    until(async || ann.get("tasks").await, 200).await;
    assert_eq!(ann.titles("").await, ["Buy milk"]);
    until(async || app.anonymous().get("/health").await, 200).await;
}

/// Asks until the answer has that status.
pub(crate) async fn until(ask: impl AsyncFn() -> Answer, status: u16) -> Answer {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let answer = ask().await;
        if answer.status == status {
            return answer;
        }
        assert!(Instant::now() < deadline, "it stays {answer:?}");
        sleep(Duration::from_millis(50)).await;
    }
}
