//! Personal tokens: what a user gives to programs.

use todo_tests::{Engine, Site, TestApp, browser::Browser};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_made_used_and_revoked_with_and_without_scripts() {
    let app = TestApp::in_real_time(Engine::Sqlite).await;
    let site = Site::before(&app).await;
    let browser = Browser::start().await;
    for (name, scripts) in [("ann", true), ("bob", false)] {
        let page = browser.person().await.tab().await;
        page.javascript(scripts).await;
        site.sign_up(&page, name).await;
        let user = app.sign_in(name).await;

        site.open(&page, "/settings").await;
        page.eval(
            "document.querySelectorAll('details').forEach((details) => (details.open = true))",
        )
        .await;
        page.fill("What it is for", "My laptop").await;
        page.click("radio", "Read and change").await;
        page.click("button", "Make the token").await;
        page.sees("It is not shown again.").await;
        let secret = page
            .eval("document.getElementById('new-token').value")
            .await;
        let program = user.bearing(secret.as_str().unwrap());
        program.add("Buy milk").await;

        site.open(&page, "/settings").await;
        page.sees("My laptop").await;
        page.sees("may read and change").await;
        page.click("button", "Revoke My laptop").await;
        page.sees("The token is revoked.").await;
        page.sees_no("My laptop").await;
        program.get("tasks").await.problem(401, "unauthorized");
    }
}
