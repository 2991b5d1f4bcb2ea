//! Live changes: open pages are told at once, wherever the change was made.

use jiff::SignedDuration;
use serde_json::{Value, json};
use todo_tests::{Engine, TestApp, User, client::Events, on_both};
use tokio::time::{Duration, Instant, sleep};

on_both!(scripted =>
    every_change_is_told,
    whoever_connects_is_told_the_version_at_once,
    changes_elsewhere_are_told,
    a_stream_ends_when_its_credential_does,
    a_silent_stream_says_that_it_lives,
    a_person_keeps_a_bounded_number_of_streams,
    streams_are_told_to_reconnect_at_an_orderly_end,
);

async fn changed(events: &mut Events) -> Value {
    let event = events.next().await.expect("the stream goes on");
    assert_eq!(event.name, "changed");
    let data: Value = event.data();
    assert_eq!(event.id, data["version"].to_string());
    data
}

fn version(changed: &Value) -> i64 {
    changed["version"].as_i64().unwrap()
}

/// Waits for a change to a later version.
async fn later(events: &mut Events, than: i64) -> i64 {
    loop {
        let version = version(&changed(events).await);
        if version > than {
            return version;
        }
    }
}

async fn every_change_is_told(app: TestApp) {
    let ann = app.user("ann").await;
    let bob = app.user("bob").await;
    let mut changes = ann.changes().await;
    assert_eq!(changes.headers["x-accel-buffering"], "no");
    let first = version(&changed(&mut changes).await);
    bob.add("Not hers").await;
    let id = ann.add("Milk").await.id;
    let added = changed(&mut changes).await;
    assert!(version(&added) > first);
    assert_eq!(added["tasks"], json!([id]));
    ann.say("call complete_task {\"task_id\": 1}").await;
    let mut told = (false, false);
    while told != (true, true) {
        let change = changed(&mut changes).await;
        told.0 |= change["tasks"] == json!([1]);
        told.1 |= change["conversations"] == json!([1]);
    }
}

async fn whoever_connects_is_told_the_version_at_once(app: TestApp) {
    let ann = app.user("ann").await;
    ann.add("Milk").await;
    let first = version(&changed(&mut ann.changes().await).await);
    ann.add("Bread").await;
    assert!(version(&changed(&mut ann.changes().await).await) > first);
}

async fn changes_elsewhere_are_told(app: TestApp) {
    let elsewhere = app.replica().await;
    let ann = app.user("ann").await;
    let mut changes = ann.at(&elsewhere).changes().await;
    let mut at = version(&changed(&mut changes).await);
    for title in ["Milk", "Bread"] {
        ann.add(title).await;
        at = later(&mut changes, at).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_notifications_changes_are_told_all_the_same() {
    let app = TestApp::start(Engine::Postgres).await;
    let nowhere = "postgres://nobody@127.0.0.1:1/nothing";
    let elsewhere = app.replica_with(&[("DATABASE_DIRECT_URL", nowhere)]).await;
    let ann = app.user("ann").await;
    let mut changes = ann.at(&elsewhere).changes().await;
    let at = version(&changed(&mut changes).await);
    ann.add("Milk").await;
    later(&mut changes, at).await;
}

/// A user whose credential ends within a second.
async fn nearly_expired(app: &TestApp) -> User {
    let ann = app.user("ann").await;
    app.advance(SignedDuration::from_secs(299));
    ann
}

async fn a_stream_ends_when_its_credential_does(app: TestApp) {
    let ann = nearly_expired(&app).await;
    let mut changes = ann.changes().await;
    let mut turn = ann.say_and_listen("say Hello.\nwait never").await;
    changed(&mut changes).await;
    turn.until("expired").await;
    assert_eq!(turn.next().await, None);
    changes.until("expired").await;
    assert_eq!(changes.next().await, None);
}

async fn a_silent_stream_says_that_it_lives(app: TestApp) {
    let ann = app.user("ann").await;
    let mut turn = ann.say_and_listen("say Hello.\nwait never").await;
    turn.until("text").await;
    let mut changes = ann.changes().await;
    changed(&mut changes).await;
    for stream in [&mut changes, &mut turn] {
        let started = Instant::now();
        stream.comment().await;
        assert!(
            started.elapsed() < Duration::from_secs(17),
            "every 15 seconds"
        );
    }
}

async fn a_person_keeps_a_bounded_number_of_streams(app: TestApp) {
    let ann = app.user("ann").await;
    ann.say("say Hello.").await;
    let waiting = ann.say_and_listen("wait never").await;
    let mut open = vec![waiting];
    while open.len() < 64 {
        open.push(ann.changes().await);
    }
    for path in ["events", "turns/2/events"] {
        let refused = ann.get(path).await;
        refused.problem(429, "too_many_requests");
        assert!(refused.header("retry-after").parse::<u32>().is_ok());
    }
    // Others are not concerned, and whoever closes one may open another.
    app.user("bob").await.changes().await;
    drop(open);
    let deadline = Instant::now() + Duration::from_secs(10);
    while ann.client.try_events(&ann.path("events")).await.is_err() {
        assert!(Instant::now() < deadline, "the closed ones still count");
        sleep(Duration::from_millis(20)).await;
    }
}

async fn streams_are_told_to_reconnect_at_an_orderly_end(app: TestApp) {
    let ann = app.user("ann").await;
    let mut changes = ann.changes().await;
    changed(&mut changes).await;
    let mut turn = ann.say_and_listen("say One.\nwait go\nsay Two.").await;
    turn.until("text").await;
    let lifecycle = app.lifecycle.clone();
    let ending = tokio::spawn(async move { lifecycle.run().await });
    app.lifecycle.shut_down();
    while changes.next().await.is_some() {}
    // The turn has its time.
    app.signals.give("go");
    let rest = turn.rest().await;
    assert_eq!(rest.last().unwrap().name, "done");
    ending.await.unwrap().unwrap();
}
