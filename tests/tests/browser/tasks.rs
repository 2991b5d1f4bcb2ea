//! The task list, by hand.

use todo_tests::{Engine, Site, TestApp, browser::Browser};

#[tokio::test(flavor = "multi_thread")]
async fn tasks_are_added_done_and_deleted_with_and_without_scripts() {
    let app = TestApp::in_real_time(Engine::Sqlite).await;
    let site = Site::before(&app).await;
    let browser = Browser::start().await;
    for (name, scripts) in [("ann", true), ("bob", false)] {
        let page = browser.person().await.tab().await;
        page.javascript(scripts).await;
        site.sign_up(&page, name).await;
        page.sees("Nothing to do yet").await;

        page.fill("New task", "Buy milk #home !high").await;
        page.click("button", "Add").await;
        page.sees("Buy milk").await;
        page.sees("#home").await;
        page.fill("New task", "Pay bills").await;
        page.click("button", "Add").await;
        page.sees("2 to do").await;

        page.click("checkbox", "Done: Buy milk").await;
        page.sees("1 to do").await;
        page.click("button", "Delete: Pay bills").await;
        page.sees("0 to do").await;
        page.click("button", "Undo").await;
        page.sees("1 to do").await;
        page.reload().await;
        page.sees("Pay bills").await;
    }
}
