//! Processes that die in mid-answer, and that end in order: nothing acknowledged is lost.

use serde_json::{Value, json};
use todo_api::{ChatResponse, Problem, Turn, TurnState};
use todo_tests::{Process, TestApp, User, client::Events, on_both};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Duration, Instant, sleep},
};

on_both!(scripted_in_real_time =>
    a_process_killed_in_mid_answer_is_noticed_by_another,
    a_process_killed_in_mid_answer_is_noticed_by_the_next,
    wherever_a_process_is_killed_no_call_is_made_twice,
    a_process_asked_to_end_finishes_its_turns,
    a_process_asked_to_end_takes_no_new_turn,
    a_turn_that_takes_longer_than_the_end_is_interrupted,
    a_change_by_another_process_is_told,
);

/// How long it may take until a dead process's turns are marked.
const NOTICED: Duration = Duration::from_secs(20);

/// Waits until a turn's stored reply is that.
async fn until_stored(user: &User, turn: i64, response: &str) {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let answer = user.get(&format!("turns/{turn}")).await;
        if answer.status == 200 && answer.expect::<Turn>(200).response == response {
            return;
        }
        assert!(Instant::now() < deadline, "it is not stored: {answer:?}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until a page would learn that the conversation changed.
async fn told(changes: &mut Events, conversation: i64) {
    loop {
        let change = changes
            .next_within(NOTICED)
            .await
            .expect("told in time")
            .unwrap();
        if change.data::<Value>()["conversations"] == json!([conversation]) {
            return;
        }
    }
}

const SCRIPT: &str = "call add_task {\"title\": \"Milk\"}\nsay Added.\nwait go\nsay And\ncall add_task {\"title\": \"Bread\"}\nsay done.";

async fn a_process_killed_in_mid_answer_is_noticed_by_another(app: TestApp) {
    let doomed = Process::beside(&app, &[]).await;
    let ann = app.user("ann").await;
    let mut stream = doomed.user(&ann).say_and_listen(SCRIPT).await;
    stream.until("text").await;
    until_stored(&ann, 1, "Added.").await;
    // A page is open, and asks for nothing.
    let mut changes = ann.changes().await;
    changes.next().await;
    doomed.kill();
    told(&mut changes, 1).await;
    it_goes_on(&app, &ann).await;
}

async fn a_process_killed_in_mid_answer_is_noticed_by_the_next(app: TestApp) {
    let doomed = Process::beside(&app, &[]).await;
    let ann = app.user("ann").await;
    let mut stream = doomed.user(&ann).say_and_listen(SCRIPT).await;
    stream.until("text").await;
    until_stored(&ann, 1, "Added.").await;
    app.lifecycle.shut_down();
    app.lifecycle.run().await.unwrap();
    doomed.kill();
    let next = app.replica().await;
    let ann = ann.at(&next);
    let mut changes = ann.changes().await;
    changes.next().await;
    told(&mut changes, 1).await;
    it_goes_on(&next, &ann).await;
}

/// The turn was interrupted; a retry ends it without repeating what was done.
async fn it_goes_on(app: &TestApp, ann: &User) {
    let messages = ann.messages(1).await;
    assert_eq!(messages[0].content, SCRIPT);
    assert_eq!(messages[1].state, TurnState::Interrupted);
    assert_eq!(messages[1].content, "Added.");
    let told = ann.events(1, 0).await.rest().await;
    let names: Vec<&str> = told.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(
        names,
        ["turn", "tool_call", "tool_result", "text", "interrupted"]
    );
    app.signals.give("go");
    let done: ChatResponse = ann.post("turns/1/retry", json!(null)).await.expect(200);
    assert_eq!(done.state, TurnState::Done);
    assert_eq!(done.response, "Added.And\n\ndone.");
    assert_eq!(ann.titles("").await, ["Bread", "Milk"]);
}

async fn wherever_a_process_is_killed_no_call_is_made_twice(app: TestApp) {
    let doomed = Process::beside(&app, &[]).await;
    let additions =
        |number| format!("call add_task {{\"title\": \"Task {number}\"}}\nsay Added.\n");
    let script: String = (1..=8).map(additions).collect();
    let mut people = Vec::new();
    for events in 1..=8 {
        let ann = app.user(&format!("user{events}")).await;
        let mut stream = doomed.user(&ann).say_and_listen(&script).await;
        for _ in 0..events {
            stream.next().await;
        }
        people.push(ann);
    }
    doomed.kill();
    let deadline = Instant::now() + NOTICED;
    for ann in people {
        let state = loop {
            let state = ann.turn(1).await.state;
            if state != TurnState::Running {
                break state;
            }
            assert!(Instant::now() < deadline, "it is not noticed");
            sleep(Duration::from_millis(100)).await;
        };
        // Some may have finished before.
        if state == TurnState::Interrupted {
            let told = ann.events(1, 0).await.rest().await;
            let turn = ann.turn(1).await;
            let calls = told
                .iter()
                .filter(|event| event.name == "tool_call")
                .count();
            assert_eq!(calls, turn.tool_calls.len(), "each call is told once");
            ann.post("turns/1/retry", json!(null))
                .await
                .assert_status(200);
        }
        let turn = ann.turn(1).await;
        assert_eq!(turn.state, TurnState::Done);
        assert_eq!(turn.response, ["Added."; 8].join("\n\n"));
        let titles: Vec<String> = (1..=8)
            .rev()
            .map(|number| format!("Task {number}"))
            .collect();
        assert_eq!(ann.titles("").await, titles);
    }
}

async fn a_process_asked_to_end_finishes_its_turns(app: TestApp) {
    let ending = Process::beside(&app, &[]).await;
    let ann = app.user("ann").await;
    let there = ending.user(&ann);
    let mut changes = there.changes().await;
    changes.next().await;
    let mut stream = there.say_and_listen("say One.\nwait go\nsay Two.").await;
    stream.until("text").await;
    ending.terminate();
    // Pages are told to go elsewhere; by then nothing new begins here.
    while changes.next().await.is_some() {}
    app.signals.give("go");
    let rest = stream.rest().await;
    assert_eq!(rest.last().unwrap().name, "done");
    assert!(ending.ended().await.success());
    let turn = ann.turn(1).await;
    assert_eq!(
        (turn.state, turn.response.as_str()),
        (TurnState::Done, "One.Two.")
    );
}

async fn a_process_asked_to_end_takes_no_new_turn(app: TestApp) {
    let ending = Process::beside(&app, &[]).await;
    let ann = app.user("ann").await;
    let there = ending.user(&ann);
    let mut changes = there.changes().await;
    changes.next().await;
    let mut running = there.say_and_listen("say One.\nwait go\nsay Two.").await;
    running.until("text").await;
    // A message is on its way when the process is asked to end; all others find the port closed.
    let body = json!({"message": "say Three."}).to_string();
    let address = ending.url.strip_prefix("http://").unwrap();
    let mut late = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: localhost\r\nauthorization: {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
        ann.path("chat"),
        ann.client.header("authorization"),
        body.len(),
    );
    late.write_all(head.as_bytes()).await.unwrap();
    let mut go_on = [0; 25];
    late.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    ending.terminate();
    while changes.next().await.is_some() {}
    late.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    late.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
    assert!(head.contains("\r\nretry-after: 1\r\n"), "{head}");
    let problem: Problem = serde_json::from_str(body).unwrap();
    assert_eq!(
        (problem.status, problem.code.as_str()),
        (503, "unavailable")
    );
    let refused = TcpStream::connect(address).await;
    assert!(refused.is_err(), "the port is closed");

    app.signals.give("go");
    let rest = running.rest().await;
    assert_eq!(rest.last().unwrap().name, "done");
    assert!(ending.ended().await.success());
    assert_eq!(ann.turn(1).await.response, "One.Two.");
    // What was refused left nothing behind, so it can be said again elsewhere.
    assert_eq!(ann.say("say Three.").await.conversation_id, 2);
}

async fn a_turn_that_takes_longer_than_the_end_is_interrupted(app: TestApp) {
    let ending = Process::beside(&app, &[("DRAIN_TIMEOUT", "1s")]).await;
    let ann = app.user("ann").await;
    let mut stream = ending
        .user(&ann)
        .say_and_listen("say One.\nwait go\nsay Two.")
        .await;
    stream.until("text").await;
    ending.terminate();
    let rest = stream.rest().await;
    assert_eq!(
        rest.last().map(|event| event.name.as_str()),
        Some("interrupted")
    );
    // It says so itself; nobody has to wait for its lease to run out.
    let turn = ann.turn(1).await;
    assert_eq!(
        (turn.state, turn.response.as_str()),
        (TurnState::Interrupted, "One.")
    );
    assert!(ending.ended().await.success());
    app.signals.give("go");
    let done: ChatResponse = ann.post("turns/1/retry", json!(null)).await.expect(200);
    assert_eq!(
        (done.state, done.response.as_str()),
        (TurnState::Done, "One.Two.")
    );
}

async fn a_change_by_another_process_is_told(app: TestApp) {
    let other = Process::beside(&app, &[]).await;
    let ann = app.user("ann").await;
    let mut changes = ann.changes().await;
    let first: Value = changes.next().await.unwrap().data();
    other.user(&ann).add("Milk").await;
    let next: Value = changes.next().await.unwrap().data();
    assert!(
        next["version"].as_i64() > first["version"].as_i64(),
        "{first} {next}"
    );
    assert_eq!(ann.titles("").await, ["Milk"]);
}
