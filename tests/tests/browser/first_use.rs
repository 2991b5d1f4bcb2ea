//! What a person does first.

use std::env;

use todo_tests::{
    Engine, Site, TestApp,
    browser::{Browser, Page},
};

use crate::{Stage, finds, hears, say, signed_up};

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_added_by_talking_with_and_without_scripts() {
    let stage = Stage::before(TestApp::in_real_time(Engine::Sqlite).await).await;
    for (name, scripts) in [("ann", true), ("bob", false)] {
        adds_a_task_by_talking(&stage.signed_up(name, scripts).await).await;
    }
}

/// The same where somebody else started the product: at `SITE_URL`, whose host is at `SITE_ADDRESS`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs when named: somebody else starts the product, as `cargo xtask cluster e2e` does"]
async fn a_task_is_added_by_talking_to_an_installation() {
    let variable = |name| env::var(name).unwrap_or_else(|_| panic!("{name} must be set"));
    let (url, address) = (variable("SITE_URL"), variable("SITE_ADDRESS"));
    let host = url.trim_start_matches("https://");
    let find = format!("--host-resolver-rules=MAP {host} {address}");
    let browser = Browser::start_with(&["--ignore-certificate-errors".to_owned(), find]).await;
    let site = Site::elsewhere(url.clone());
    for (name, scripts) in [("ann", true), ("bob", false)] {
        adds_a_task_by_talking(&signed_up(&browser, &site, name, scripts).await).await;
    }
}

async fn adds_a_task_by_talking(page: &Page) {
    page.sees("Built-in assistant").await;
    page.sees("What do you need to do?").await;

    say(page, "add buy milk tomorrow at 5pm #home").await;
    hears(page, "tomorrow").await;
    page.sees("Added “Buy milk”").await;
    finds(page, "checkbox", "Done: Buy milk").await;
    page.sees("Tomorrow, 17:00").await;
    page.sees("1 to do").await;
    finds(page, "heading", "add buy milk tomorrow at 5pm #home").await;

    page.reload().await;
    hears(page, "tomorrow").await;
    assert!(page.has("button", "Undo: Added “Buy milk”").await);
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
