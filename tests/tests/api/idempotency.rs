//! `Idempotency-Key`: the same request sent twice takes effect once.

use jiff::SignedDuration;
use serde_json::{Value, json};
use todo_api::Task;
use todo_tests::{TestApp, on_both};

on_both!(
    the_same_request_twice_makes_one_task,
    the_same_request_many_times_at_once_makes_one_task,
    a_toggle_sent_twice_toggles_once,
    a_key_belongs_to_one_request,
    a_refused_request_does_not_use_the_key_up,
    a_key_belongs_to_one_user_and_lasts_a_day,
    what_is_no_key_is_refused,
);

async fn the_same_request_twice_makes_one_task(app: TestApp) {
    let ann = app.user("ann").await.with("idempotency-key", "once");
    let body = json!({"title": "Buy milk"});
    let first: Task = ann.post("tasks", body.clone()).await.expect(201);
    app.advance(SignedDuration::from_mins(1));
    let second: Task = ann.post("tasks", body).await.expect(201);
    assert_eq!(first, second);
    assert_eq!(ann.titles("").await, ["Buy milk"]);
}

async fn the_same_request_many_times_at_once_makes_one_task(app: TestApp) {
    let elsewhere = app.replica().await;
    let ann = app.user("ann").await.with("idempotency-key", "once");
    let body = json!({"title": "Buy milk"});
    let requests = (0..10).map(|number| {
        let ann = if number % 2 == 0 {
            ann.clone()
        } else {
            ann.at(&elsewhere)
        };
        let body = body.clone();
        tokio::spawn(async move { ann.post("tasks", body).await })
    });
    for request in requests.collect::<Vec<_>>() {
        let answer = request.await.unwrap();
        // Whoever comes while the first still runs may be told so; nobody makes a second.
        if answer.status != 409 {
            let task: Task = answer.expect(201);
            assert_eq!(task.id, 1);
        }
    }
    assert_eq!(ann.titles("").await, ["Buy milk"]);
}

async fn a_toggle_sent_twice_toggles_once(app: TestApp) {
    let ann = app.user("ann").await;
    ann.add("Buy milk").await;
    let ann = ann.with("idempotency-key", "once");
    for _ in 0..2 {
        let task: Task = ann.patch("tasks/1/complete", Value::Null).await.expect(200);
        assert!(task.completed);
    }
    let task: Task = ann.get("tasks/1").await.expect(200);
    assert!(task.completed);
}

async fn a_key_belongs_to_one_request(app: TestApp) {
    let ann = app.user("ann").await.with("idempotency-key", "once");
    ann.add("Buy milk").await;
    ann.post("tasks", json!({"title": "Buy cheese"}))
        .await
        .problem(422, "idempotency_key_reused");
    ann.patch("tasks/1/complete", Value::Null)
        .await
        .problem(422, "idempotency_key_reused");
    assert_eq!(ann.titles("?status=pending").await, ["Buy milk"]);
}

async fn a_refused_request_does_not_use_the_key_up(app: TestApp) {
    let ann = app.user("ann").await.with("idempotency-key", "once");
    ann.post("tasks", json!({"title": " "}))
        .await
        .problem(422, "invalid");
    assert_eq!(ann.add("Buy milk").await.id, 1);
}

async fn a_key_belongs_to_one_user_and_lasts_a_day(app: TestApp) {
    let ann = app.user("ann").await.with("idempotency-key", "once");
    let bob = app.user("bob").await.with("idempotency-key", "once");
    ann.add("Buy milk").await;
    bob.add("Buy milk").await;
    assert_eq!(bob.titles("").await, ["Buy milk"]);

    app.advance(SignedDuration::from_hours(25));
    let ann = app.sign_in("ann").await.with("idempotency-key", "once");
    ann.add("Buy milk").await;
    assert_eq!(ann.titles("").await.len(), 2);
}

async fn what_is_no_key_is_refused(app: TestApp) {
    let ann = app.user("ann").await;
    let body = json!({"title": "Buy milk"});
    for key in ["", &"k".repeat(129)] {
        ann.with("idempotency-key", key)
            .post("tasks", body.clone())
            .await
            .problem(400, "malformed");
    }
    ann.with("idempotency-key", &"k".repeat(128))
        .post("tasks", body)
        .await
        .assert_status(201);
}
