//! The chat with a model that streams, calls tools, fails and wants too much: aimock speaks for it.

use todo_tests::{
    Engine, Site,
    aimock::Aimock,
    browser::{Browser, Page},
    model_server::backend,
};

use crate::{finds, hears, say};

async fn add(page: &Page, title: &str) {
    page.fill("New task", title).await;
    page.click("button", "Add").await;
    page.sees(title).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_streamed_answer_with_cards_a_stop_a_retry_an_approval_and_an_undo() {
    let aimock = Aimock::start().await;
    let app = backend(Engine::Sqlite, aimock.address, &[]).await;
    let site = Site::before(&app).await;
    let browser = Browser::start().await;
    let page = browser.person().await.tab().await;
    site.sign_up(&page, "ann").await;
    page.sees("test-model").await;
    add(&page, "Call mom").await;
    add(&page, "Pay bills").await;

    // Two cards, then text while it still comes.
    say(&page, "plan my week").await;
    page.sees("Looked through your tasks: 2 found").await;
    page.sees("Added “Review the week”").await;
    hears(&page, "Here is your week").await;
    assert!(page.has("button", "Stop").await, "it still speaks");
    hears(&page, "you review the week.").await;
    finds(&page, "button", "Send").await;
    page.sees("3 to do").await;

    // An undo from the card.
    page.click("button", "Undo: Added “Review the week”").await;
    page.sees("2 to do").await;
    page.sees("Undone").await;

    page.click("link", "New").await;
    page.sees("What do you need to do?").await;

    // A stop.
    say(&page, "speak slowly").await;
    hears(&page, "Slow and steady").await;
    page.click("button", "Stop").await;
    page.sees("Stopped.").await;
    page.sees_no("the story has come to its end").await;

    page.click("link", "New").await;
    page.sees("What do you need to do?").await;

    // A failure, which can be tried again once the server is well.
    aimock.chaos(Some(serde_json::json!({"dropRate": 1}))).await;
    say(&page, "hello").await;
    page.sees("The assistant cannot be reached just now.").await;
    aimock.chaos(None).await;
    page.click("button", "Try again").await;
    hears(&page, "Hello! What is to be done?").await;
    page.sees_no("They greet me").await;

    // The second deletion waits for a yes, which a reload does not answer.
    say(&page, "delete both").await;
    page.sees("Delete “Pay bills” as well?").await;
    page.sees("1 to do").await;
    page.reload().await;
    page.click("button", "Yes").await;
    hears(&page, "Both are gone.").await;
    page.sees("Nothing to do yet").await;
    page.click("button", "Undo: Deleted “Pay bills”").await;
    page.sees("1 to do").await;
}
