//! The pages without a mouse.

use serde_json::json;
use todo_tests::{Engine, TestApp};

use crate::{Stage, finds, hears, loses};

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_done_with_the_keyboard() {
    let stage = Stage::before(TestApp::in_real_time(Engine::Sqlite).await).await;
    let page = &stage.signed_up("ann", true).await;

    page.press("?").await;
    page.sees("Keyboard shortcuts").await;
    page.press("Escape").await;
    page.sees_no("Keyboard shortcuts").await;

    page.press("/").await;
    assert_eq!(page.focus().await, "Message to the assistant");
    page.fill("Message to the assistant", "add milk and eggs")
        .await;
    page.press("Enter").await;
    hears(page, "Eggs").await;
    finds(page, "checkbox", "Done: Eggs").await;
    page.press("Escape").await;

    page.eval("document.activeElement.blur()").await;
    page.press("a").await;
    page.fill("New task", "Bread").await;
    page.press("Enter").await;
    finds(page, "checkbox", "Done: Bread").await;
    assert_eq!(page.focus().await, "New task");
    page.eval("document.activeElement.blur()").await;

    // Down and up the list: the newest is on top.
    for (key, title) in [("j", "Bread"), ("j", "Eggs"), ("j", "Milk"), ("k", "Eggs")] {
        page.press(key).await;
        assert_eq!(page.focus().await, title, "after {key}");
    }
    page.press("x").await;
    page.sees("2 to do").await;
    assert_eq!(page.focus().await, "Eggs");

    page.press("e").await;
    finds(page, "textbox", "Notes").await;
    page.until("the title has the focus", async || {
        page.focus().await == "Task 2"
    })
    .await;
    page.fill("Task 2", "Ten eggs").await;
    page.press("Enter").await;
    finds(page, "checkbox", "Done: Ten eggs").await;
    page.until("the row has the focus", async || {
        page.focus().await == "Ten eggs"
    })
    .await;

    page.press("e").await;
    finds(page, "textbox", "Notes").await;
    page.press("Escape").await;
    loses(page, "textbox", "Notes").await;
    page.until("the row has the focus again", async || {
        page.focus().await == "Ten eggs"
    })
    .await;

    // What takes the place of a row that leaves has the focus, and the deletion is undone.
    page.press("d").await;
    loses(page, "checkbox", "Done: Ten eggs").await;
    page.until("the next row has the focus", async || {
        page.focus().await == "Milk"
    })
    .await;
    page.press("u").await;
    finds(page, "checkbox", "Done: Ten eggs").await;

    page.press("2").await;
    loses(page, "checkbox", "Done: Ten eggs").await;
    page.press("1").await;
    finds(page, "checkbox", "Done: Ten eggs").await;
    page.press("f").await;
    page.fill("Find a task", "milk").await;
    loses(page, "checkbox", "Done: Bread").await;

    // The last message is edited from the composer.
    page.fill("Message to the assistant", "").await;
    page.press("ArrowUp").await;
    finds(page, "textbox", "Your message").await;
    page.press("Escape").await;
    loses(page, "textbox", "Your message").await;

    page.eval("document.activeElement.blur()").await;
    page.press("h").await;
    finds(page, "searchbox", "Find a chat").await;
    page.press("Escape").await;
    page.press("n").await;
    page.sees("What do you need to do?").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_reaches_the_content_and_every_control_with_the_tab_key() {
    let stage = Stage::before(TestApp::in_real_time(Engine::Sqlite).await).await;
    let page = &stage.signed_up("ann", true).await;
    let ann = stage.app.sign_in("ann").await;
    ann.add_task(json!({"title": "Milk", "tags": ["home"]}))
        .await;
    finds(page, "checkbox", "Done: Milk").await;
    page.reload().await;

    let mut reached = Vec::new();
    for _ in 0..40 {
        page.press("Tab").await;
        reached.push(page.focus().await);
    }
    for control in [
        "Skip to the content",
        "Shortcuts",
        "Settings",
        "Sign out",
        "New task",
        "Add",
        "Find a task",
        "Done: Milk",
        "Milk",
        "#home",
        "Delete: Milk",
        "Chats",
        "New",
        "Message to the assistant",
        "Send",
    ] {
        assert!(
            reached.iter().any(|name| name == control),
            "{control}: {reached:?}"
        );
    }
}
