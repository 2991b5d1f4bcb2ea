//! Several backends on one database: a turn is the same at each, and belongs to one at a time.

use jiff::Timestamp;
use serde_json::json;
use todo_api::{ChatResponse, TurnState};
use todo_backend::clock::Clock;
use todo_tests::{Database, NOON, Scripted, Signals, TestApp, on_both};
use tokio::time::{Duration, Instant, sleep};

on_both!(scripted =>
    a_turn_read_here_and_there_loses_and_repeats_nothing,
    a_turn_that_was_taken_away_does_nothing_more,
    a_turn_elsewhere_is_shown_as_it_stands,
);

async fn a_turn_read_here_and_there_loses_and_repeats_nothing(app: TestApp) {
    let elsewhere = app.replica().await;
    let here = app.user("ann").await;
    let there = here.at(&elsewhere);
    let script: String = (1..=10)
        .map(|number| format!("say Word{number}.\nwait signal{number}\n"))
        .collect();
    let mut stream = here.say_and_listen(&script).await;
    let mut events = stream.until("text").await;
    for number in 1..=10 {
        app.signals.give(&format!("signal{number}"));
        let reader = if number % 2 == 0 { &here } else { &there };
        let mut stream = reader.events(1, events.last().unwrap().number()).await;
        events.push(stream.next().await.unwrap());
    }
    let ids: Vec<i64> = events.iter().map(|event| event.number()).collect();
    assert_eq!(ids, (1..=12).collect::<Vec<_>>());
    assert_eq!(events.last().unwrap().name, "done");
    for reader in [&here, &there] {
        assert_eq!(reader.events(1, 0).await.rest().await, events);
    }
}

async fn a_turn_that_was_taken_away_does_nothing_more(app: TestApp) {
    let elsewhere = app.replica().await;
    let here = app.user("ann").await;
    let there = here.at(&elsewhere);
    let script = "say One.\nwait go\nsay Two.\ncall add_task {\"title\": \"Milk\"}";
    let mut stream = here.say_and_listen(script).await;
    stream.until("text").await;
    // As if its process had been silent for too long; it may renew its lease at any time.
    let silent =
        "UPDATE turns SET lease_until = '2000-01-01T00:00:00.000000Z' WHERE state = 'running'";
    loop {
        app.execute(silent).await;
        if there.turn(1).await.state == TurnState::Interrupted {
            break;
        }
    }
    app.signals.give("go");
    let rest = stream.rest().await;
    assert_eq!(rest.last().unwrap().name, "interrupted", "{rest:?}");
    app.lifecycle.shut_down();
    app.lifecycle.run().await.unwrap();
    assert!(there.titles("").await.is_empty());
    let retried: ChatResponse = there.post("turns/1/retry", json!(null)).await.expect(200);
    assert_eq!(retried.state, TurnState::Done);
    assert_eq!(there.titles("").await, ["Milk"]);
}

async fn a_turn_elsewhere_is_shown_as_it_stands(app: TestApp) {
    let elsewhere = app.replica().await;
    let here = app.user("ann").await;
    let there = here.at(&elsewhere);
    let mut stream = here.say_and_listen("say One.\nwait go\nsay Two.").await;
    stream.until("text").await;
    let deadline = Instant::now() + Duration::from_secs(10);
    while there.messages(1).await[1].content != "One." {
        assert!(Instant::now() < deadline, "its text is stored soon");
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(there.turn(1).await.state, TurnState::Running);
    let answer = there
        .post(
            "chat",
            json!({"conversation_id": 1, "message": "say Three."}),
        )
        .await;
    answer.problem(409, "turn_in_progress");
    app.signals.give("go");
    stream.rest().await;
    assert_eq!(there.say_in(1, "say Three.").await.response, "Three.");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_in_mid_answer_loses_nothing() {
    let (behind, proxy) = Database::behind_proxy().await;
    let signals = Signals::default();
    let model = std::sync::Arc::new(Scripted::new(signals.folder()));
    let clock = Clock::fixed(NOON.parse::<Timestamp>().unwrap());
    let variables = [("DATABASE_CONNECT_TIMEOUT", "1s")];
    let app = TestApp::with_model(behind, clock, &variables, signals, model).await;
    let ann = app.user("ann").await;
    let script = "call add_task {\"title\": \"Milk\"}\nsay One.\nwait go\nsay Two.";
    let mut stream = ann.say_and_listen(script).await;
    stream.until("text").await;

    proxy.cut();
    app.signals.give("go");
    assert!(
        stream.until("text").await[0].data.contains("Two."),
        "who listens hears it"
    );
    ann.get("turns/1").await.problem(503, "unavailable");
    proxy.mend();
    let rest = stream.rest().await;
    assert!(
        ["done", "failed"].contains(&rest.last().unwrap().name.as_str()),
        "{rest:?}"
    );
    let mut turn = ann.turn(1).await;
    assert_eq!(turn.response, "One.Two.");
    if turn.state == TurnState::Failed {
        ann.post("turns/1/retry", json!(null))
            .await
            .assert_status(200);
        turn = ann.turn(1).await;
    }
    assert_eq!(
        (turn.state, turn.response.as_str()),
        (TurnState::Done, "One.Two.")
    );
    assert_eq!(ann.titles("").await, ["Milk"]);
}
