//! What a person does first.

use todo_tests::{Engine, TestApp};

use crate::{Stage, finds, hears, say};

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_added_by_talking_with_and_without_scripts() {
    let stage = Stage::before(TestApp::in_real_time(Engine::Sqlite).await).await;
    for (name, scripts) in [("ann", true), ("bob", false)] {
        let page = stage.signed_up(name, scripts).await;
        page.sees("Built-in assistant").await;
        page.sees("What do you need to do?").await;

        say(&page, "add buy milk tomorrow at 5pm #home").await;
        hears(&page, "tomorrow").await;
        page.sees("Added “Buy milk”").await;
        finds(&page, "checkbox", "Done: Buy milk").await;
        page.sees("Tomorrow, 17:00").await;
        page.sees("1 to do").await;
        finds(&page, "heading", "add buy milk tomorrow at 5pm #home").await;

        page.reload().await;
        hears(&page, "tomorrow").await;
        assert!(page.has("button", "Undo: Added “Buy milk”").await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_example_is_tried_with_one_click_with_and_without_scripts() {
    let stage = Stage::before(TestApp::in_real_time(Engine::Sqlite).await).await;
    for (name, scripts) in [("ann", true), ("bob", false)] {
        let page = stage.signed_up(name, scripts).await;
        page.click("button", "Remember to pay bills on Friday")
            .await;
        finds(&page, "checkbox", "Done: Pay bills").await;
    }
}
