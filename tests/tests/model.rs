//! The chat with a real model's dialect, spoken by a server that we did not write: text, calls,
//! several steps, and what becomes of a turn when the server misbehaves.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use todo_api::{ChatResponse, MessageList, TaskList, Turn, TurnState, Undo};
use todo_tests::{
    Engine, User,
    aimock::Aimock,
    model_server::{self, backend},
};

async fn say(user: &User, message: &str) -> ChatResponse {
    user.post("chat", json!({"message": message}))
        .await
        .expect(200)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_talks_calls_and_takes_several_steps_on_both_databases() {
    let aimock = Aimock::start().await;
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = backend(engine, aimock.address, &[]).await;
        let ann = app.user("ann").await;

        let hello = say(&ann, "hello").await;
        assert_eq!(hello.state, TurnState::Done);
        assert_eq!(
            hello.response, "Hello! What is to be done?",
            "its reasoning is hidden"
        );

        let milk = say(&ann, "add milk").await;
        assert_eq!(
            milk.response,
            "One moment.\n\n“Buy milk” is on your list for **Fri 27 Nov**."
        );
        assert_eq!(
            milk.tool_calls[0].result,
            json!({"task_id": 1, "status": "created", "title": "Buy milk"})
        );
        assert_eq!(milk.tool_calls[0].undo, Undo::Available);

        ann.add("Pay bills").await;
        let tidy = say(&ann, "tidy up").await;
        assert_eq!(
            (tidy.state, tidy.response.as_str()),
            (TurnState::Done, "I look first.\n\nAll tidy.")
        );
        let tools: Vec<&str> = tidy
            .tool_calls
            .iter()
            .map(|call| call.tool.as_str())
            .collect();
        assert_eq!(tools, ["list_tasks", "complete_task", "update_task"]);
        let tasks: TaskList = ann.get("tasks").await.expect(200);
        assert_eq!(tasks.tasks[0].title, "Pay all bills");
        assert!(tasks.tasks[1].completed);

        let turn: Turn = ann
            .get(&format!("turns/{}", tidy.turn_id))
            .await
            .expect(200);
        let usage = turn.usage.unwrap();
        assert_eq!(usage.model, "test-model");
        assert!(
            usage.input_tokens > 0 && usage.output_tokens > 0,
            "{usage:?}"
        );
        let messages: MessageList = ann
            .get(&format!("conversations/{}/messages", tidy.conversation_id))
            .await
            .expect(200);
        assert_eq!(messages.messages[1].usage.as_ref(), Some(&usage));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_one_step_come_back_in_order_and_deletions_wait_for_a_yes() {
    let aimock = Aimock::start().await;
    let app = backend(Engine::Sqlite, aimock.address, &[]).await;
    let ann = app.user("ann").await;
    ann.add("One").await;
    ann.add("Two").await;

    let compared = say(&ann, "compare").await;
    assert_eq!(compared.response, "Compared.");
    let count = |at: usize| compared.tool_calls[at].result.as_array().map(Vec::len);
    assert_eq!((count(0), count(1), count(3)), (Some(2), Some(0), Some(3)));
    let asked = aimock.asked().await;
    let results = model_server::results(asked.last().unwrap());
    assert_eq!(results.len(), 4);
    assert_eq!(results[2]["title"], "Compare again");

    let delete = say(&ann, "delete both").await;
    assert_eq!(delete.state, TurnState::Waiting);
    assert_eq!(ann.titles("").await, ["Compare again", "Two"]);
    // The question survives the process that asked it.
    let other = app.replica().await;
    let ann = ann.at(&other);
    let yes = json!({"option": "Yes"});
    let approved: ChatResponse = ann
        .post(&format!("turns/{}/approve", delete.turn_id), yes)
        .await
        .expect(200);
    assert_eq!(
        (approved.state, approved.response.as_str()),
        (TurnState::Done, "Let me remove them.\n\nBoth are gone.")
    );
    assert_eq!(ann.titles("").await, ["Compare again"]);
    for n in [1, 2] {
        let undo = format!("turns/{}/calls/{n}/undo", delete.turn_id);
        ann.post(&undo, Value::Null).await.assert_status(200);
    }
    assert_eq!(ann.titles("").await, ["Compare again", "Two", "One"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn text_is_streamed_as_it_comes_and_a_stop_reaches_the_server() {
    let aimock = Aimock::start().await;
    let app = backend(Engine::Sqlite, aimock.address, &[]).await;
    let ann = app.user("ann").await;
    let body = json!({"message": "speak slowly"});
    let mut events = ann.client.post_for_events(&ann.path("chat"), body).await;
    let turn: Value = events.next().await.unwrap().data();
    let mut heard = String::new();
    for _ in 0..5 {
        let event = events.next().await.unwrap();
        assert_eq!(event.name, "text", "{event:?}");
        heard += event.data::<Value>()["delta"].as_str().unwrap();
    }
    assert!(
        "Slow and steady wins the race".starts_with(&heard),
        "{heard}"
    );
    let path = format!("turns/{}/stop", turn["turn_id"]);
    let stopped: Turn = ann.post(&path, Value::Null).await.expect(200);
    assert_eq!(stopped.state, TurnState::Stopped);
    assert!(stopped.response.starts_with(&heard) && stopped.response.len() < 150);
    assert_eq!(events.rest().await.last().unwrap().name, "stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_misbehaves_costs_a_turn_and_a_sentence() {
    let aimock = Aimock::start().await;
    let settings = [
        ("OPENAI_FIRST_TOKEN_TIMEOUT", "3s"),
        ("OPENAI_TOKEN_TIMEOUT", "1s"),
    ];
    let app = backend(Engine::Sqlite, aimock.address, &settings).await;
    let ann = app.user("ann").await;
    assert_eq!(say(&ann, "fail: late").await.response, "Late but here.");
    let started = Instant::now();
    for (message, why) in [
        ("fail: too late", "fell silent"),
        ("fail: drop", "cannot be reached"),
        ("fail: malformed", "broke off"),
        ("fail: disconnect", "cannot be reached"),
        ("fail: rate limit", "too much to do"),
        ("fail: cut", "broke off"),
        ("fail: error", "refused"),
    ] {
        let answer = say(&ann, message).await;
        assert_eq!(answer.state, TurnState::Failed, "{message}: {answer:?}");
        let error = answer.error.unwrap();
        assert!(error.contains(why), "{message}: {error}");
        assert!(
            !error.contains("secret-model"),
            "no text of the server's: {error}"
        );
    }
    assert!(
        started.elapsed() < Duration::from_secs(30),
        "{:?}",
        started.elapsed()
    );

    // Mended, the same turn goes on; nothing had to be started again.
    aimock.chaos(Some(json!({"dropRate": 1}))).await;
    let failed = say(&ann, "add milk").await;
    assert_eq!(failed.state, TurnState::Failed);
    aimock.chaos(None).await;
    let retry = format!("turns/{}/retry", failed.turn_id);
    let again: ChatResponse = ann.post(&retry, Value::Null).await.expect(200);
    assert_eq!(again.state, TurnState::Done);
    assert_eq!(ann.titles("").await, ["Buy milk"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_gone_answers_the_next_turn() {
    let aimock = Aimock::start().await;
    let app = backend(
        Engine::Sqlite,
        aimock.address,
        &[("ASSISTANT_FALLBACK", "builtin")],
    )
    .await;
    let ann = app.user("ann").await;
    assert_eq!(
        say(&ann, "hello").await.response,
        "Hello! What is to be done?"
    );
    let address = aimock.address;
    drop(aimock);
    let answer = say(&ann, "add bread").await;
    assert!(
        answer.response.contains("the built-in assistant answers"),
        "{answer:?}"
    );
    assert_eq!(ann.titles("").await, ["Bread"]);
    let _aimock = Aimock::at(address).await;
    assert_eq!(
        say(&ann, "hello").await.response,
        "Hello! What is to be done?"
    );
}
