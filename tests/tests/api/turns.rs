//! Turns, with a model that does what the story says: they go on without the client, are stopped,
//! tried again, edited, asked about and undone, and end within their bounds whatever the model does.

use futures_util::{StreamExt, stream::FuturesUnordered};
use jiff::SignedDuration;
use serde_json::{Value, json};
use todo_api::{ChatResponse, Role, Turn, TurnState, Undo};
use todo_tests::{
    Database, Engine, TestApp, User,
    client::{Answer, Event},
    on_both,
};
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    time::{Duration, Instant, sleep},
};

on_both!(scripted =>
    the_message_is_stored_before_the_model_speaks,
    a_turn_goes_on_when_the_client_leaves,
    who_comes_back_hears_what_is_missing,
    a_finished_turn_is_told_again_even_long_after,
    another_message_meanwhile_is_refused,
    two_messages_at_once_make_one_turn,
    a_turn_is_stopped,
    a_retry_goes_on_after_the_last_finished_call,
    an_edit_hides_what_came_later_and_keeps_what_it_wrote,
    the_second_deletion_is_asked_about,
    a_question_is_answered_with_no,
    the_tenth_other_write_is_asked_about,
    another_message_answers_the_question_with_no,
    a_waiting_turn_is_stopped,
    a_question_survives_a_restart,
    an_undo_restores_exactly_those_fields,
    an_undo_says_what_changed_since,
    an_undo_of_an_addition_deletes_softly,
    an_undo_lasts_thirty_days,
    keys_make_every_action_happen_once,
    a_model_that_fails_is_told_in_a_sentence,
    a_model_that_lies_does_no_harm,
    a_model_that_does_not_end_is_ended,
    a_model_with_a_bug_ends_its_turn_only,
    a_person_runs_a_bounded_number_of_turns,
);

fn conversation(events: &[Event]) -> (i64, i64) {
    let opening: Value = events[0].data();
    let number = |name: &str| opening[name].as_i64().unwrap();
    (number("conversation_id"), number("turn_id"))
}

fn text(events: &[Event]) -> String {
    let texts = events.iter().filter(|event| event.name == "text");
    texts
        .map(|event| event.data::<Value>()["delta"].as_str().unwrap().to_owned())
        .collect()
}

fn names(events: &[Event]) -> Vec<&str> {
    let mut names: Vec<&str> = events.iter().map(|event| event.name.as_str()).collect();
    names.dedup();
    names
}

/// Waits until a turn is in that state.
async fn until(user: &User, turn: i64, state: TurnState) -> Turn {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let answer = user.get(&format!("turns/{turn}")).await;
        if answer.status == 200 {
            let turn: Turn = answer.expect(200);
            if turn.state == state {
                return turn;
            }
        }
        assert!(
            Instant::now() < deadline,
            "it does not become {state:?}: {answer:?}"
        );
        sleep(Duration::from_millis(20)).await;
    }
}

async fn the_message_is_stored_before_the_model_speaks(app: TestApp) {
    let ann = app.user("ann").await;
    let mut stream = ann.say_and_listen("wait go\nsay Hello.").await;
    let first = stream.next().await.unwrap();
    assert_eq!(first.name, "turn");
    let messages = ann.messages(1).await;
    assert_eq!(messages[0].content, "wait go\nsay Hello.");
    assert_eq!(messages[0].state, TurnState::Running);
    assert_eq!(
        (messages[1].role, messages[1].content.as_str()),
        (Role::Assistant, "")
    );
    app.signals.give("go");
    assert_eq!(text(&stream.rest().await), "Hello.");
}

async fn a_turn_goes_on_when_the_client_leaves(app: TestApp) {
    let ann = app.user("ann").await;
    let mut stream = ann
        .say_and_listen("say One.\nwait go\ncall add_task {\"title\": \"Milk\"}")
        .await;
    stream.until("text").await;
    drop(stream);
    app.signals.give("go");
    until(&ann, 1, TurnState::Done).await;
    assert_eq!(ann.titles("").await, ["Milk"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_begins_even_if_the_client_leaves_at_once() {
    let app = TestApp::scripted(Engine::Postgres).await;
    let ann = app.user("ann").await;
    // Somebody else's transaction makes the message wait.
    let Database::Postgres(url) = &app.database else {
        unreachable!()
    };
    let (other, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    other
        .batch_execute("BEGIN; SELECT FROM user_state FOR UPDATE")
        .await
        .unwrap();
    let body = json!({"message": "say Hello."}).to_string();
    let request = format!(
        "POST {} HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        ann.path("chat"),
        ann.client.header("authorization"),
        body.len(),
    );
    let address = app.url();
    let address = address.strip_prefix("http://").unwrap();
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(request.as_bytes()).await.unwrap();
    let waits = "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database \
                 WHERE datname = current_database() AND NOT granted \
                 UNION ALL SELECT count(*) FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted \
                 AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())";
    let deadline = Instant::now() + Duration::from_secs(20);
    while other
        .query(waits, &[])
        .await
        .unwrap()
        .iter()
        .all(|row| row.get::<_, i64>(0) == 0)
    {
        assert!(Instant::now() < deadline, "the message does not wait");
        sleep(Duration::from_millis(10)).await;
    }
    drop(client);
    // The server notices that nobody is there any more.
    sleep(Duration::from_millis(100)).await;
    other.batch_execute("COMMIT").await.unwrap();
    let turn = until(&ann, 1, TurnState::Done).await;
    assert_eq!(turn.response, "Hello.");
}

async fn who_comes_back_hears_what_is_missing(app: TestApp) {
    let ann = app.user("ann").await;
    let mut stream = ann
        .say_and_listen("say One.\nwait go\nsay Two.\nwait on\nsay Three.")
        .await;
    let before = stream.until("text").await;
    drop(stream);
    let last = before.last().unwrap().number();
    let mut stream = ann.events(1, last).await;
    app.signals.give("go");
    let heard = stream.next().await.unwrap();
    assert_eq!(
        (heard.number(), text(&[heard])),
        (last + 1, "Two.".to_owned())
    );
    app.signals.give("on");
    let rest = ann.events(1, last + 1).await.rest().await;
    assert_eq!(names(&rest), ["text", "done"]);
    assert_eq!(text(&rest), "Three.");
    let all = ann.events(1, 0).await.rest().await;
    assert_eq!(text(&all), "One.Two.Three.");
    assert!(
        ann.events(1, rest.last().unwrap().number())
            .await
            .rest()
            .await
            .is_empty()
    );
    ann.get("turns/2/events").await.problem(404, "not_found");
}

async fn a_finished_turn_is_told_again_even_long_after(app: TestApp) {
    let ann = app.user("ann").await;
    let script = "say Adding.\ncall add_task {\"title\": \"Milk\"}\nsay Added.";
    let told = ann.say_and_listen(script).await.rest().await;
    assert_eq!(
        names(&told),
        ["turn", "text", "tool_call", "tool_result", "text", "done"]
    );
    assert_eq!(ann.events(1, 0).await.rest().await, told);

    // The next message after more than an hour drops them; they are made anew.
    app.advance(SignedDuration::from_hours(2));
    let ann = app.sign_in("ann").await;
    ann.say_in(1, "say Hello.").await;
    let again = ann.events(1, 0).await.rest().await;
    assert_eq!(names(&again), names(&told));
    assert_eq!(text(&again), text(&told));
    assert_eq!(text(&again), ann.turn(1).await.response);
    assert!(
        ann.events(1, again.last().unwrap().number())
            .await
            .rest()
            .await
            .is_empty()
    );
}

async fn another_message_meanwhile_is_refused(app: TestApp) {
    let ann = app.user("ann").await;
    let mut stream = ann.say_and_listen("say One.\nwait go").await;
    stream.until("text").await;
    let body = json!({"conversation_id": 1, "message": "say Two."});
    ann.post("chat", body.clone())
        .await
        .problem(409, "turn_in_progress");
    ann.put("conversations/1/messages/1", json!({"message": "say Two."}))
        .await
        .problem(409, "turn_in_progress");
    ann.post("turns/1/retry", json!(null))
        .await
        .problem(409, "not_retryable");
    ann.post("turns/1/approve", json!({"option": "Yes"}))
        .await
        .problem(409, "not_waiting");
    // Other conversations are free.
    assert_eq!(ann.say("say Other.").await.response, "Other.");
    app.signals.give("go");
    stream.rest().await;
    assert_eq!(
        ann.post("chat", body)
            .await
            .expect::<ChatResponse>(200)
            .response,
        "Two."
    );
}

async fn two_messages_at_once_make_one_turn(app: TestApp) {
    let elsewhere = app.replica().await;
    let ann = app.user("ann").await;
    ann.say("say Hello.").await;
    let posts = (0..8).map(|number| {
        let ann = if number % 2 == 0 {
            ann.clone()
        } else {
            ann.at(&elsewhere)
        };
        let body = json!({"conversation_id": 1, "message": "say One.\nwait go"});
        tokio::spawn(async move { ann.post("chat", body).await })
    });
    let mut posts: FuturesUnordered<_> = posts.collect();
    // All but one are answered at once; that one waits for the signal.
    for _ in 0..7 {
        let answer = posts.next().await.unwrap().unwrap();
        answer.problem(409, "turn_in_progress");
    }
    app.signals.give("go");
    let accepted = posts.next().await.unwrap().unwrap();
    assert_eq!(accepted.expect::<ChatResponse>(200).response, "One.");
    assert_eq!(ann.messages(1).await.len(), 4);
}

async fn a_turn_is_stopped(app: TestApp) {
    let elsewhere = app.replica().await;
    let ann = app.user("ann").await;
    for (turn, stopper) in [(1, ann.clone()), (2, ann.at(&elsewhere))] {
        let mut stream = ann.say_and_listen("say One.\nwait never\nsay Two.").await;
        stream.until("text").await;
        let stopped: Turn = stopper
            .post(&format!("turns/{turn}/stop"), json!(null))
            .await
            .expect(200);
        assert_eq!(stopped.state, TurnState::Stopped);
        assert_eq!(stopped.response, "One.");
        assert_eq!(names(&stream.rest().await), ["stopped"]);
        // A second time changes nothing.
        let again: Turn = ann
            .post(&format!("turns/{turn}/stop"), json!(null))
            .await
            .expect(200);
        assert_eq!(again, stopped);
        let messages = ann.messages(stopped.conversation_id).await;
        assert_eq!(
            (messages[1].content.as_str(), messages[1].state),
            ("One.", TurnState::Stopped)
        );
    }
    ann.post("turns/9/stop", json!(null))
        .await
        .problem(404, "not_found");
}

async fn a_retry_goes_on_after_the_last_finished_call(app: TestApp) {
    let elsewhere = app.replica().await;
    let ann = app.user("ann").await;
    let script =
        "say Adding.\ncall add_task {\"title\": \"Milk\"}\nsay Half-\nfail until mended\nsay way.";
    let failed = ann.say(script).await;
    assert_eq!(failed.state, TurnState::Failed);
    assert_eq!(failed.response, "Adding.\n\nHalf-");
    assert!(
        failed.error.as_deref().unwrap().ends_with('.'),
        "{failed:?}"
    );
    assert_eq!(failed.tool_calls[0].undo, Undo::Available);

    app.signals.give("mended");
    let stream = ann
        .at(&elsewhere)
        .post_and_listen("turns/1/retry", json!(null))
        .await;
    let events = stream.rest().await;
    assert_eq!(
        names(&events),
        ["turn", "text", "tool_call", "tool_result", "text", "done"]
    );
    assert_eq!(text(&events), "Adding.\n\nHalf-way.");
    let done = ann.turn(1).await;
    assert_eq!(done.response, "Adding.\n\nHalf-way.");
    assert_eq!(done.error, None);
    assert_eq!(ann.titles("").await, ["Milk"], "the call was not repeated");
    ann.post("turns/1/retry", json!(null))
        .await
        .problem(409, "not_retryable");

    // A turn that the conversation has left behind is not tried again.
    let failed = ann.say("fail").await;
    ann.say_in(failed.conversation_id, "say Hello.").await;
    let path = format!("turns/{}/retry", failed.turn_id);
    ann.post(&path, json!(null))
        .await
        .problem(409, "not_retryable");
}

async fn an_edit_hides_what_came_later_and_keeps_what_it_wrote(app: TestApp) {
    let ann = app.user("ann").await;
    ann.say("call add_task {\"title\": \"Milk\"}\nsay Added.")
        .await;
    ann.say_in(1, "say More.").await;
    let first = ann.messages(1).await[0].id;
    let path = format!("conversations/1/messages/{first}");
    let edited: ChatResponse = ann
        .put(&path, json!({"message": "recall"}))
        .await
        .expect(200);
    assert_eq!(
        edited.response, "user: recall",
        "what is hidden is not shown to the model"
    );
    let contents: Vec<String> = ann
        .messages(1)
        .await
        .into_iter()
        .map(|m| m.content)
        .collect();
    assert_eq!(contents, ["recall", "user: recall"]);
    assert_eq!(ann.titles("").await, ["Milk"]);
    assert_eq!(ann.turn(1).await.tool_calls[0].undo, Undo::Available);
    ann.post("turns/1/calls/1/undo", json!(null))
        .await
        .assert_status(200);
    assert!(ann.titles("").await.is_empty());

    for (path, body, status) in [
        ("conversations/1/messages/99", "x", 404),
        ("conversations/2/messages/1", "x", 404),
        ("conversations/1/messages/2", "x", 404), // hidden
        (path.as_str(), " ", 422),
    ] {
        ann.put(path, json!({"message": body}))
            .await
            .assert_status(status);
    }
}

/// Says something that wants three deletions, and gives the question.
async fn three_deletions(ann: &User) -> ChatResponse {
    for title in ["One", "Two", "Three"] {
        ann.add(title).await;
    }
    let deletions = (1..=3).map(|id| format!("call delete_task {{\"task_id\": {id}}}\n"));
    let script = format!(
        "say Deleting.\n{}say Deleted.",
        deletions.collect::<String>()
    );
    let asked = ann.say(&script).await;
    assert_eq!(asked.state, TurnState::Waiting);
    assert_eq!(ann.titles("").await.len(), 2, "one is free");
    asked
}

async fn the_second_deletion_is_asked_about(app: TestApp) {
    let ann = app.user("ann").await;
    let asked = three_deletions(&ann).await;
    let approval = asked.approval.unwrap();
    for part in ["Two", "Three", "?"] {
        assert!(approval.question.contains(part), "{approval:?}");
    }
    assert_eq!(approval.options, ["Yes", "No"]);
    let told = ann.events(1, 0).await.rest().await;
    assert_eq!(told.last().unwrap().name, "approval");
    let problem = ann
        .post("turns/1/approve", json!({"option": "Maybe"}))
        .await
        .problem(422, "invalid");
    assert_eq!(problem.errors[0].field, "option");

    let answered: ChatResponse = ann
        .post("turns/1/approve", json!({"option": "Yes"}))
        .await
        .expect(200);
    assert_eq!(answered.state, TurnState::Done);
    assert_eq!(answered.response, "Deleting.\n\nDeleted.");
    assert!(ann.titles("").await.is_empty());
    let last = told.last().unwrap().number();
    let rest = ann.events(1, last).await.rest().await;
    assert_eq!(
        rest[0].number(),
        last + 1,
        "the events go on where they were"
    );
    assert_eq!(names(&rest), ["tool_result", "text", "done"]);
    ann.post("turns/1/approve", json!({"option": "Yes"}))
        .await
        .problem(409, "not_waiting");
}

async fn a_question_is_answered_with_no(app: TestApp) {
    let ann = app.user("ann").await;
    three_deletions(&ann).await;
    let answered: ChatResponse = ann
        .post("turns/1/approve", json!({"option": "No"}))
        .await
        .expect(200);
    assert_eq!(answered.state, TurnState::Done);
    assert_eq!(ann.titles("").await, ["Three", "Two"]);
    let codes: Vec<&Value> = answered
        .tool_calls
        .iter()
        .map(|call| &call.result["code"])
        .collect();
    assert_eq!(
        codes,
        [&Value::Null, &json!("declined"), &json!("declined")]
    );
}

async fn the_tenth_other_write_is_asked_about(app: TestApp) {
    let ann = app.user("ann").await;
    let additions =
        (1..=12).map(|number| format!("call add_task {{\"title\": \"Task {number}\"}}\n"));
    let asked = ann.say(&additions.collect::<String>()).await;
    assert_eq!(asked.state, TurnState::Waiting);
    assert_eq!(asked.approval.unwrap().question, "Make 3 more changes?");
    assert_eq!(ann.titles("").await.len(), 9);
    ann.post("turns/1/approve", json!({"option": "Yes"}))
        .await
        .assert_status(200);
    assert_eq!(ann.titles("").await.len(), 12);
}

async fn another_message_answers_the_question_with_no(app: TestApp) {
    let ann = app.user("ann").await;
    three_deletions(&ann).await;
    let next = ann.say_in(1, "say Fine.").await;
    assert_eq!(next.response, "Fine.");
    assert_eq!(ann.titles("").await, ["Three", "Two"]);
    let before = ann.turn(1).await;
    assert_eq!(before.state, TurnState::Done);
    assert_eq!(before.approval, None);
    assert_eq!(before.tool_calls[1].result["code"], "declined");
}

async fn a_waiting_turn_is_stopped(app: TestApp) {
    let ann = app.user("ann").await;
    three_deletions(&ann).await;
    let stopped: Turn = ann.post("turns/1/stop", json!(null)).await.expect(200);
    assert_eq!(
        (stopped.state, stopped.approval),
        (TurnState::Stopped, None)
    );
    assert_eq!(ann.titles("").await, ["Three", "Two"]);
    // Trying again asks again.
    let again: ChatResponse = ann.post("turns/1/retry", json!(null)).await.expect(200);
    assert_eq!(again.state, TurnState::Waiting);
    assert_eq!(ann.titles("").await, ["Three", "Two"]);
}

async fn a_question_survives_a_restart(app: TestApp) {
    let ann = app.user("ann").await;
    three_deletions(&ann).await;
    let next = app.replica().await;
    app.lifecycle.shut_down();
    app.lifecycle.run().await.unwrap();
    let ann = ann.at(&next);
    assert_eq!(ann.turn(1).await.state, TurnState::Waiting);
    let answered: ChatResponse = ann
        .post("turns/1/approve", json!({"option": "Yes"}))
        .await
        .expect(200);
    assert_eq!(answered.state, TurnState::Done);
    assert!(ann.titles("").await.is_empty());
}

async fn undo(user: &User, turn: i64, n: i32) -> Answer {
    user.post(&format!("turns/{turn}/calls/{n}/undo"), json!(null))
        .await
}

async fn an_undo_restores_exactly_those_fields(app: TestApp) {
    let ann = app.user("ann").await;
    ann.add_task(json!({"title": "Milk", "priority": "high", "tags": ["home"]}))
        .await;
    ann.say("call update_task {\"task_id\": 1, \"title\": \"Bread\", \"priority\": \"low\"}")
        .await;
    ann.put("tasks/1", json!({"description": "two"}))
        .await
        .assert_status(200);
    let undone: Value = undo(&ann, 1, 1).await.expect(200);
    assert_eq!(undone["tasks"], json!([1]));
    let task: Value = ann.get("tasks/1").await.expect(200);
    assert_eq!(
        json!([
            task["title"],
            task["priority"],
            task["description"],
            task["tags"]
        ]),
        json!(["Milk", "high", "two", ["home"]])
    );
    assert_eq!(ann.turn(1).await.tool_calls[0].undo, Undo::Undone);

    // A second time does nothing, whatever the task is like by then.
    ann.put("tasks/1", json!({"title": "Cheese"}))
        .await
        .assert_status(200);
    let again: Value = undo(&ann, 1, 1).await.expect(200);
    assert_eq!(again["tasks"], json!([]));
    assert_eq!(ann.titles("").await, ["Cheese"]);
    undo(&ann, 1, 2).await.problem(404, "not_found");
    undo(&ann, 2, 1).await.problem(404, "not_found");
}

async fn an_undo_says_what_changed_since(app: TestApp) {
    let ann = app.user("ann").await;
    ann.add("Milk").await;
    ann.say("call update_task {\"task_id\": 1, \"title\": \"Bread\"}\ncall list_tasks")
        .await;
    ann.put("tasks/1", json!({"title": "Cheese"}))
        .await
        .assert_status(200);
    let refused = undo(&ann, 1, 1).await;
    refused.problem(409, "changed_since");
    let problem: Value = refused.expect(409);
    assert_eq!(problem["task"]["title"], "Cheese");
    assert_eq!(ann.turn(1).await.tool_calls[0].undo, Undo::Available);
    undo(&ann, 1, 2).await.problem(409, "nothing_to_undo");
}

async fn an_undo_of_an_addition_deletes_softly(app: TestApp) {
    let ann = app.user("ann").await;
    ann.say("call add_task {\"title\": \"Milk\"}").await;
    undo(&ann, 1, 1).await.assert_status(200);
    ann.get("tasks/1").await.problem(404, "not_found");
    ann.post("tasks/1/restore", json!(null))
        .await
        .assert_status(200);
    assert_eq!(ann.titles("").await, ["Milk"]);

    ann.say("call delete_task {\"task_id\": 1}").await;
    assert!(ann.titles("").await.is_empty());
    undo(&ann, 2, 1).await.assert_status(200);
    assert_eq!(ann.titles("").await, ["Milk"]);
}

async fn an_undo_lasts_thirty_days(app: TestApp) {
    let ann = app.user("ann").await;
    ann.say("call add_task {\"title\": \"Milk\"}").await;
    app.advance(SignedDuration::from_hours(24 * 30 + 1));
    let ann = app.sign_in("ann").await;
    assert_eq!(ann.turn(1).await.tool_calls[0].undo, Undo::Expired);
    undo(&ann, 1, 1).await.problem(409, "undo_expired");
    assert_eq!(ann.titles("").await, ["Milk"]);
}

async fn keys_make_every_action_happen_once(app: TestApp) {
    let ann = app.user("ann").await;
    three_deletions(&ann).await;
    let once = ann.with("idempotency-key", "approve");
    let yes = json!({"option": "Yes"});
    let first: ChatResponse = once.post("turns/1/approve", yes.clone()).await.expect(200);
    let second: ChatResponse = once.post("turns/1/approve", yes).await.expect(200);
    assert_eq!(first, second);
    once.post("turns/1/approve", json!({"option": "No"}))
        .await
        .problem(422, "idempotency_key_reused");

    ann.say("fail until mended\nsay Hello.").await;
    app.signals.give("mended");
    let once = ann.with("idempotency-key", "retry");
    let first: ChatResponse = once.post("turns/2/retry", json!(null)).await.expect(200);
    let second: ChatResponse = once.post("turns/2/retry", json!(null)).await.expect(200);
    assert_eq!((first.response.as_str(), &first), ("Hello.", &second));

    ann.say("call add_task {\"title\": \"Milk\"}").await;
    let once = ann.with("idempotency-key", "undo");
    let first: Value = once
        .post("turns/3/calls/1/undo", json!(null))
        .await
        .expect(200);
    let second: Value = once
        .post("turns/3/calls/1/undo", json!(null))
        .await
        .expect(200);
    assert_eq!((&first["tasks"], &first), (&json!([4]), &second));

    let once = ann.with("idempotency-key", "stop");
    let first: Turn = once.post("turns/3/stop", json!(null)).await.expect(200);
    let second: Turn = once.post("turns/3/stop", json!(null)).await.expect(200);
    assert_eq!(first, second);
    once.post("turns/2/stop", json!(null))
        .await
        .problem(422, "idempotency_key_reused");
}

async fn a_model_that_fails_is_told_in_a_sentence(app: TestApp) {
    let ann = app.user("ann").await;
    let failed = ann.say("say Hello.\nfail").await;
    assert_eq!(failed.state, TurnState::Failed);
    let error = failed.error.unwrap();
    assert!(
        error.contains("try again") && !error.contains("script"),
        "{error}"
    );
    let events = ann.events(1, 0).await.rest().await;
    let last = events.last().unwrap();
    assert_eq!(
        (last.name.as_str(), last.data::<Value>()["error"].clone()),
        ("failed", json!(error))
    );
    let messages = ann.messages(1).await;
    assert_eq!(messages[0].content, "say Hello.\nfail");
    assert_eq!(
        (messages[1].content.as_str(), messages[1].error.as_deref()),
        ("Hello.", Some(error.as_str()))
    );
    assert_eq!(ann.say_in(1, "say Hello.").await.state, TurnState::Done);
}

async fn a_model_that_lies_does_no_harm(app: TestApp) {
    let ann = app.user("ann").await;
    let bob = app.user("bob").await;
    bob.add("Secret").await;
    let other = format!("call list_tasks {{\"user_id\": \"{}\"}}", bob.id);
    for script in [
        "call drop_tables {}",
        "call add_task {}",
        "call add_task nonsense",
        "call add_task {\"title\": 7}",
        "call add_task {\"title\": \"\"}",
        "call delete_task {\"task_id\": 1}",
        "call complete_task {\"task_id\": 99999999999999999999}",
        other.as_str(),
    ] {
        let answer = ann.say(&format!("{script}\nsay Done.")).await;
        assert_eq!(answer.state, TurnState::Done, "{script}: {answer:?}");
        let result = &answer.tool_calls[0].result;
        assert!(result["error"].is_string(), "{script}: {result}");
        assert!(!result.to_string().contains("Secret"), "{script}: {result}");
        assert_eq!(answer.tool_calls[0].undo, Undo::None);
        assert_eq!(answer.response, "Done.");
    }
    assert!(ann.titles("").await.is_empty());
    assert_eq!(bob.titles("").await, ["Secret"]);
    let answer = ann.say("say a\u{1}b\u{7f}c").await;
    assert_eq!(answer.state, TurnState::Done, "{answer:?}");
    let answer = ann.say("nul").await;
    assert_eq!(
        (answer.state, answer.response.as_str()),
        (TurnState::Done, "ab")
    );
}

async fn a_model_that_does_not_end_is_ended(app: TestApp) {
    let ann = app.user("ann").await;
    for script in [
        "call list_tasks\nagain",
        "flood 70000",
        &"call list_tasks\n".repeat(120),
    ] {
        let answer = ann.say(script).await;
        assert_eq!(answer.state, TurnState::Failed, "{answer:?}");
        assert!(answer.error.unwrap().ends_with('.'));
        assert!(answer.response.len() <= 64 * 1024);
        assert!(answer.tool_calls.len() <= 100);
    }
    let hasty = app.replica_with(&[("CHAT_TURN_TIMEOUT", "1s")]).await;
    let answer = ann.at(&hasty).say("say Hello.\nwait never").await;
    assert_eq!(
        (answer.state, answer.response.as_str()),
        (TurnState::Failed, "Hello.")
    );
    assert!(answer.error.unwrap().contains("too long"));
}

async fn a_model_with_a_bug_ends_its_turn_only(app: TestApp) {
    let ann = app.user("ann").await;
    let answer = ann.say("say Hello.\npanic").await;
    assert_eq!(answer.state, TurnState::Failed, "{answer:?}");
    assert!(answer.error.unwrap().ends_with('.'));
    assert_eq!(ann.say_in(1, "say Hello.").await.response, "Hello.");
}

async fn a_person_runs_a_bounded_number_of_turns(app: TestApp) {
    let app = app.replica_with(&[("CHAT_MAX_TURNS_PER_USER", "2")]).await;
    let elsewhere = app.replica_with(&[("CHAT_MAX_TURNS_PER_USER", "2")]).await;
    let ann = app.user("ann").await;
    let bob = app.user("bob").await;
    let mut first = ann.say_and_listen("say One.\nwait go").await;
    let mut second = ann.at(&elsewhere).say_and_listen("say Two.\nwait go").await;
    first.until("text").await;
    second.until("text").await;
    for place in [ann.clone(), ann.at(&elsewhere)] {
        let refused = place.post("chat", json!({"message": "say Three."})).await;
        refused.problem(429, "too_many_requests");
        assert!(refused.header("retry-after").parse::<u32>().is_ok());
    }
    assert_eq!(bob.say("say Hello.").await.response, "Hello.");
    app.signals.give("go");
    let (first, second) = (first.rest().await, second.rest().await);
    assert_eq!(
        (names(&first), names(&second)),
        (vec!["done"], vec!["done"])
    );
    assert_eq!(conversation(&ann.events(1, 0).await.rest().await), (1, 1));
    assert_eq!(ann.say("say Three.").await.response, "Three.");
}
