//! Conversations: listed, searched, renamed, deleted, and what a model is shown of them.

use serde_json::json;
use todo_api::{Conversation, ConversationList, MessageList, Role, TurnState};
use todo_tests::{TestApp, User, on_both};

on_both!(scripted =>
    a_conversation_is_titled_from_its_first_message,
    conversations_are_listed_newest_first_in_pages_and_searched,
    a_conversation_is_renamed,
    a_deleted_conversation_is_gone_and_its_tasks_stay,
    messages_come_in_pages,
    the_newest_conversation_need_not_be_known_by_its_number,
    the_model_is_shown_the_last_fifty_messages,
    a_conversation_deleted_in_mid_answer_disturbs_nobody_else,
);

async fn list(user: &User, query: &str) -> ConversationList {
    let path = format!("conversations{query}");
    user.get(&path).await.expect(200)
}

fn titles(list: &ConversationList) -> Vec<&str> {
    let titles = list.conversations.iter();
    titles
        .map(|conversation| conversation.title.as_str())
        .collect()
}

async fn a_conversation_is_titled_from_its_first_message(app: TestApp) {
    let ann = app.user("ann").await;
    ann.say("Hello\nthere").await;
    ann.say(&"word ".repeat(40)).await;
    let list = list(&ann, "").await;
    assert_eq!(list.conversations[1].title, "Hello");
    assert!(list.conversations[0].title.ends_with("word…"), "{list:?}");
    assert_eq!(list.conversations[0].unfinished_turn, None);
}

async fn conversations_are_listed_newest_first_in_pages_and_searched(app: TestApp) {
    let ann = app.user("ann").await;
    for title in ["Milk", "50% off", "MILK again"] {
        ann.say(title).await;
    }
    assert_eq!(
        titles(&list(&ann, "").await),
        ["MILK again", "50% off", "Milk"]
    );
    assert_eq!(
        titles(&list(&ann, "?search=milk").await),
        ["MILK again", "Milk"]
    );
    assert_eq!(titles(&list(&ann, "?search=0%25").await), ["50% off"]);

    let first = list(&ann, "?search=milk&limit=1").await;
    assert_eq!(titles(&first), ["MILK again"]);
    let cursor = first.next_cursor.unwrap();
    let second = list(&ann, &format!("?search=milk&limit=1&cursor={cursor}")).await;
    assert_eq!(titles(&second), ["Milk"]);
    assert_eq!(second.next_cursor, None);
    // A cursor carries its search.
    let other = format!("conversations?search=off&limit=1&cursor={cursor}");
    ann.get(&other).await.problem(400, "malformed");
    for query in ["?limit=0", "?limit=201"] {
        let answer = ann.get(&format!("conversations{query}")).await;
        answer.problem(422, "invalid");
    }
    let bob = app.user("bob").await;
    assert!(list(&bob, "").await.conversations.is_empty());
}

async fn a_conversation_is_renamed(app: TestApp) {
    let ann = app.user("ann").await;
    ann.say("Hello").await;
    let path = "conversations/1";
    let renamed: Conversation = ann
        .patch(path, json!({"title": "  Shopping "}))
        .await
        .expect(200);
    assert_eq!(renamed.title, "Shopping");
    assert_eq!(titles(&list(&ann, "?search=shop").await), ["Shopping"]);
    for title in ["", " ", "a\nb", &"x".repeat(201)] {
        ann.patch(path, json!({"title": title}))
            .await
            .problem(422, "invalid");
    }
    ann.patch("conversations/2", json!({"title": "x"}))
        .await
        .problem(404, "not_found");
}

async fn a_deleted_conversation_is_gone_and_its_tasks_stay(app: TestApp) {
    let ann = app.user("ann").await;
    let added = ann.say("call add_task {\"title\": \"Milk\"}").await;
    ann.delete("conversations/1").await.assert_status(200);
    for path in [
        "conversations/1",
        "conversations/1/messages",
        "turns/1",
        "turns/1/events",
    ] {
        ann.get(path).await.problem(404, "not_found");
    }
    ann.post(
        &format!("turns/{}/calls/1/undo", added.turn_id),
        json!(null),
    )
    .await
    .problem(404, "not_found");
    ann.delete("conversations/1")
        .await
        .problem(404, "not_found");
    assert_eq!(ann.titles("").await, ["Milk"]);
    // Its number is not used again.
    assert_eq!(ann.say("Hello").await.conversation_id, 2);
}

async fn messages_come_in_pages(app: TestApp) {
    let ann = app.user("ann").await;
    for number in 1..=3 {
        match number {
            1 => ann.say("say One.").await,
            _ => ann.say_in(1, &format!("say Number {number}.")).await,
        };
    }
    let page = async |query: &str| -> MessageList {
        let path = format!("conversations/1/messages{query}");
        ann.get(&path).await.expect(200)
    };
    let all = page("").await;
    assert!(!all.has_more);
    let contents: Vec<&str> = all
        .messages
        .iter()
        .map(|message| message.content.as_str())
        .collect();
    assert_eq!(
        contents,
        [
            "say One.",
            "One.",
            "say Number 2.",
            "Number 2.",
            "say Number 3.",
            "Number 3."
        ]
    );
    assert_eq!(all.messages[0].role, Role::User);
    assert_eq!(all.messages[1].role, Role::Assistant);
    let last = page("?limit=2").await;
    assert!(last.has_more);
    assert_eq!(last.messages[0].content, "say Number 3.");
    let before = page(&format!("?limit=4&before={}", last.messages[0].id)).await;
    assert!(!before.has_more);
    assert_eq!(before.messages, all.messages[..4]);
}

async fn the_newest_conversation_need_not_be_known_by_its_number(app: TestApp) {
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let path = "conversations/latest/messages";
    ann.get(path).await.problem(404, "not_found");
    for number in 1..=2 {
        ann.say(&format!("say Number {number}.")).await;
    }
    bob.say("say Bob's.").await;
    let latest: MessageList = ann.get(path).await.expect(200);
    let second: MessageList = ann.get("conversations/2/messages").await.expect(200);
    assert_eq!(latest, second);
    let last: MessageList = ann.get(&format!("{path}?limit=1")).await.expect(200);
    assert_eq!(last.messages[0].content, "Number 2.");

    ann.delete("conversations/2").await.assert_status(200);
    let latest: MessageList = ann.get(path).await.expect(200);
    assert_eq!(latest.messages[0].content, "say Number 1.");
    // It is a name of its messages alone.
    ann.delete("conversations/latest")
        .await
        .problem(404, "not_found");
}

async fn the_model_is_shown_the_last_fifty_messages(app: TestApp) {
    let ann = app.user("ann").await;
    ann.say("call add_task {\"title\": \"Milk\"}\nsay Added.")
        .await;
    for number in 2..=30 {
        ann.say_in(1, &format!("say Number {number}.")).await;
    }
    let recalled = ann.say_in(1, "recall").await.response;
    let lines: Vec<&str> = recalled.lines().collect();
    assert_eq!(lines.first(), Some(&"user: say Number 6."));
    assert_eq!(lines.last(), Some(&"user: recall"));
    assert_eq!(lines.len(), 51, "fifty, and the message itself");

    let ann = app.user("bob").await;
    ann.say("call add_task {\"title\": \"Milk\"}\nsay Added.")
        .await;
    let recalled = ann.say_in(1, "recall").await.response;
    for shown in [
        "assistant:  [add_task]",
        "\"task_id\":1",
        "assistant: Added.",
    ] {
        assert!(recalled.contains(shown), "{recalled}");
    }
}

async fn a_conversation_deleted_in_mid_answer_disturbs_nobody_else(app: TestApp) {
    let elsewhere = app.replica().await;
    let ann = app.user("ann").await;
    let bob = app.user("bob").await;
    let mut doomed = ann.say_and_listen("say Hello.\nwait never").await;
    doomed.until("text").await;
    let mut other = bob
        .say_and_listen("say One.\nwait go\nsay Two.\nwait on\nsay Three.")
        .await;
    other.until("text").await;
    ann.delete("conversations/1").await.assert_status(200);
    // What is said from now on still reaches whoever reads elsewhere.
    let mut other = bob.at(&elsewhere).events(1, 2).await;
    app.signals.give("go");
    let heard = other.until("text").await;
    assert!(heard[0].data.contains("Two."), "{heard:?}");
    app.signals.give("on");
    assert_eq!(other.rest().await.last().unwrap().name, "done");
    assert_eq!(bob.turn(1).await.state, TurnState::Done);
    // The stream of what is gone ends, and there is room for another conversation.
    while doomed.next().await.is_some() {}
    assert_eq!(ann.say("say Hello.").await.response, "Hello.");
}
