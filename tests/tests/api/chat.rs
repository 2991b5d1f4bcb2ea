//! The chat with the built-in assistant: every phrase of the contract, and what an answer looks like.

use serde_json::{Value, json};
use todo_api::{ChatResponse, Task, TurnState};
use todo_tests::{TestApp, User, client::Event, on_both};

on_both!(
    every_phrase_of_the_contract_is_understood,
    an_answer_has_the_shape_of_the_contract,
    several_matches_are_asked_about,
    the_events_of_a_turn_come_in_order,
    the_users_time_zone_decides_what_tomorrow_is,
    a_chat_that_makes_no_sense_is_refused,
    the_same_key_makes_one_turn,
    sixty_four_people_chat_at_once,
);

/// Says it, and gives the calls that were made as tool and arguments.
async fn calls(user: &User, message: &str) -> Vec<(String, Value)> {
    let answer = user.say(message).await;
    assert_eq!(answer.state, TurnState::Done, "{message}: {answer:?}");
    assert!(!answer.response.is_empty(), "{message}: {answer:?}");
    let calls = answer.tool_calls.into_iter();
    calls.map(|call| (call.tool, call.args)).collect()
}

async fn every_phrase_of_the_contract_is_understood(app: TestApp) {
    let ann = app.user("ann").await;
    let add = |title: &str| vec![("add_task".to_owned(), json!({"title": title}))];
    let made = calls(&ann, "Add a task to buy groceries").await;
    assert_eq!(made, add("Buy groceries"));
    let made = calls(&ann, "I need to remember to pay bills").await;
    assert_eq!(made, add("Pay bills"));
    ann.add("Prepare the meeting").await;

    for (message, status) in [
        ("Show me all my tasks", "all"),
        ("What's pending?", "pending"),
        ("What have I completed?", "completed"),
    ] {
        let made = calls(&ann, message).await;
        assert_eq!(made.len(), 1, "{message}: {made:?}");
        assert_eq!(made[0].0, "list_tasks", "{message}");
        assert_eq!(made[0].1["status"], status, "{message}");
    }

    let made = calls(&ann, "Mark task 2 as complete").await;
    let (tool, args) = made.last().unwrap();
    assert_eq!(
        (tool.as_str(), &args["task_id"]),
        ("complete_task", &json!(2))
    );
    assert_eq!(ann.titles("?status=completed").await, ["Pay bills"]);

    let made = calls(&ann, "Delete the meeting task").await;
    let tools: Vec<&str> = made.iter().map(|(tool, _)| tool.as_str()).collect();
    assert_eq!(tools, ["list_tasks", "delete_task"]);
    assert_eq!(made[1].1["task_id"], 3);

    let made = calls(&ann, "Change task 1 to 'Call mom tonight'").await;
    let (tool, args) = made.last().unwrap();
    assert_eq!(tool, "update_task");
    assert_eq!(args["task_id"], 1);
    assert_eq!(args["title"], "Call mom tonight");
    assert_eq!(ann.titles("?status=pending").await, ["Call mom tonight"]);
}

async fn an_answer_has_the_shape_of_the_contract(app: TestApp) {
    let ann = app.user("ann").await;
    let body = json!({"message": "Add a task to buy groceries"});
    let answer: Value = ann.post("chat", body).await.expect(200);
    assert_eq!(answer["conversation_id"], 1);
    assert_eq!(answer["turn_id"], 1);
    let response = answer["response"].as_str().unwrap();
    assert!(response.contains("Buy groceries"), "{response}");
    assert_eq!(
        answer["tool_calls"],
        json!([{
            "n": 1,
            "tool": "add_task",
            "args": {"title": "Buy groceries"},
            "result": {"task_id": 1, "status": "created", "title": "Buy groceries"},
            "undo": "available",
        }])
    );
    assert!(answer.get("approval").is_none());

    let turn: Value = ann.get("turns/1").await.expect(200);
    assert_eq!(turn["state"], "done");
    assert_eq!(turn["response"], answer["response"]);
    assert_eq!(turn["tool_calls"], answer["tool_calls"]);
}

async fn several_matches_are_asked_about(app: TestApp) {
    let ann = app.user("ann").await;
    ann.add("Meeting with Bob").await;
    ann.add("Meeting with Carol").await;
    let answer = ann.say("Delete the meeting task").await;
    assert!(answer.response.contains("Meeting with Bob"), "{answer:?}");
    assert!(answer.response.contains("Meeting with Carol"), "{answer:?}");
    assert_eq!(ann.titles("").await.len(), 2);

    let answer = ann.say_in(answer.conversation_id, "The one with Bob").await;
    assert_eq!(ann.titles("").await, ["Meeting with Carol"], "{answer:?}");
}

async fn the_events_of_a_turn_come_in_order(app: TestApp) {
    let ann = app.user("ann").await;
    let stream = ann.say_and_listen("Add a task to buy groceries").await;
    assert_eq!(stream.headers["x-accel-buffering"], "no");
    assert_eq!(stream.headers["cache-control"], "no-store");
    assert!(stream.headers.get("content-encoding").is_none());
    let events = stream.rest().await;
    assert_eq!(
        events[0].data::<Value>(),
        json!({"turn_id": 1, "conversation_id": 1, "message_id": 1})
    );
    let ids: Vec<i64> = events.iter().map(Event::number).collect();
    assert_eq!(ids, (1..=events.len() as i64).collect::<Vec<_>>());
    let mut names: Vec<&str> = events.iter().map(|event| event.name.as_str()).collect();
    names.dedup();
    assert_eq!(names, ["turn", "tool_call", "tool_result", "text", "done"]);
    let call = &events[1];
    let args = json!({"n": 1, "tool": "add_task", "args": {"title": "Buy groceries"}});
    assert_eq!(call.data::<Value>(), args);
    let result: Value = events[2].data();
    assert_eq!(result["n"], 1);
    assert_eq!(result["undo"], "available");
    assert_eq!(result["result"]["task_id"], 1);

    let texts = events.iter().filter(|event| event.name == "text");
    let text: String = texts
        .map(|event| event.data::<Value>()["delta"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(text, ann.turn(1).await.response);
}

async fn the_users_time_zone_decides_what_tomorrow_is(app: TestApp) {
    // It is noon of the 24th in UTC, and already the 25th in Kiribati.
    let ann = app.user("ann").await;
    let due = async |body: Value| {
        let answer: ChatResponse = ann.post("chat", body).await.expect(200);
        let id = answer.tool_calls[0].result["task_id"].clone();
        let task: Task = ann.get(&format!("tasks/{id}")).await.expect(200);
        (
            serde_json::to_value(task.due_date).unwrap(),
            answer.response,
        )
    };
    let body = json!({"message": "add buy milk tomorrow"});
    assert_eq!(due(body).await.0, "2026-11-25");
    let body = json!({"message": "add buy milk tomorrow", "time_zone": "Pacific/Kiritimati"});
    assert_eq!(due(body).await.0, "2026-11-26");

    ann.patch("settings", json!({"time_zone": "America/New_York"}))
        .await
        .assert_status(200);
    let (due, response) = due(json!({"message": "add buy milk friday at 5pm"})).await;
    assert_eq!(due, "2026-11-27T22:00:00Z");
    assert!(response.contains("Fri 27 Nov, 17:00"), "{response}");
}

async fn a_chat_that_makes_no_sense_is_refused(app: TestApp) {
    let ann = app.user("ann").await;
    for (body, field) in [
        (json!({"message": ""}), "message"),
        (json!({"message": " \n "}), "message"),
        (json!({"message": "x".repeat(4_001)}), "message"),
        (json!({"message": "a\u{0}b"}), "message"),
        (
            json!({"message": "hi", "time_zone": "Mars/Olympus"}),
            "time_zone",
        ),
        (json!({"message": "hi", "time_zone": ""}), "time_zone"),
    ] {
        let problem = ann.post("chat", body.clone()).await.problem(422, "invalid");
        assert!(
            problem.errors.iter().any(|error| error.field == field),
            "{body}"
        );
    }
    for conversation in [0, 7, -1, i64::MAX] {
        let body = json!({"message": "hi", "conversation_id": conversation});
        ann.post("chat", body).await.problem(404, "not_found");
    }
    ann.say(&"é".repeat(4_000)).await;
}

async fn the_same_key_makes_one_turn(app: TestApp) {
    let elsewhere = app.replica().await;
    let ann = app.user("ann").await;
    let once = ann.with("idempotency-key", "once");
    let body = json!({"message": "Add a task to buy groceries"});
    let requests = (0..6).map(|number| {
        let once = if number % 2 == 0 {
            once.clone()
        } else {
            once.at(&elsewhere)
        };
        let body = body.clone();
        tokio::spawn(async move { once.post("chat", body).await })
    });
    let mut answers = Vec::new();
    for request in requests.collect::<Vec<_>>() {
        let answer = request.await.unwrap();
        // Whoever comes while the first still runs is told so.
        if answer.status == 409 {
            answer.problem(409, "still_running");
        } else {
            answers.push(answer.expect::<Value>(200));
        }
    }
    answers.push(once.post("chat", body).await.expect(200));
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(ann.titles("").await, ["Buy groceries"]);
    assert_eq!(ann.messages(1).await.len(), 2);

    once.post("chat", json!({"message": "Add a task to buy milk"}))
        .await
        .problem(422, "idempotency_key_reused");
}

async fn sixty_four_people_chat_at_once(app: TestApp) {
    let mut people = Vec::new();
    for number in 0..64 {
        let user = app.user(&format!("user{number}")).await;
        people.push(tokio::spawn(async move {
            let first = user.say("Add a task to buy groceries").await;
            user.say_in(first.conversation_id, "Mark task 1 as complete")
                .await;
            user.titles("?status=completed").await
        }));
    }
    for person in people {
        assert_eq!(person.await.unwrap(), ["Buy groceries"]);
    }
}
