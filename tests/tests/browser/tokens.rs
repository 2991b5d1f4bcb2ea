//! Personal tokens: what a user gives to programs.

use todo_tests::{Engine, TestApp};

use crate::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_made_used_and_revoked_with_and_without_scripts() {
    let stage = Stage::before(TestApp::in_real_time(Engine::Sqlite).await).await;
    for (name, scripts) in [("ann", true), ("bob", false)] {
        let page = stage.signed_up(name, scripts).await;
        let user = stage.app.sign_in(name).await;

        stage.site.open(&page, "/settings").await;
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

        stage.site.open(&page, "/settings").await;
        page.sees("My laptop").await;
        page.sees("may read and change").await;
        page.click("button", "Revoke My laptop").await;
        page.sees("The token is revoked.").await;
        page.sees_no("My laptop").await;
        program.get("tasks").await.problem(401, "unauthorized");
    }
}
