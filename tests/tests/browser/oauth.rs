//! A program that asks for a user's tasks, and is removed again.

use todo_tests::{
    Engine, Mcp, PASSWORD, TestApp, email,
    mcp::CURRENT,
    oauth::{Callback, Program, Tokens, authorize, parameter},
};

use crate::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn a_program_is_allowed_in_and_removed_with_and_without_scripts() {
    let stage = Stage::before(TestApp::in_real_time(Engine::Sqlite).await).await;
    for (name, scripts) in [("ann", true), ("bob", false)] {
        let user = stage.app.user(name).await;
        let program = Program::register(&stage.app).await;
        let mut callback = Callback::start().await;
        let path = authorize(&program.request_with("redirect_uri", &callback.url));

        // Who is not signed in is led through sign-in and back.
        let page = &stage.browser.person().await.tab().await;
        page.javascript(scripts).await;
        stage.site.open(page, &path).await;
        page.sees("Welcome back").await;
        page.fill("E-mail", &email(name)).await;
        page.fill("Password", PASSWORD).await;
        page.click("button", "Sign in").await;
        page.sees("Allow Helper to use your tasks?").await;
        for told in [
            "tasks:read",
            "tasks:write",
            &email(name),
            "a program on this device",
        ] {
            page.sees(told).await;
        }
        page.click("button", "Don’t allow").await;
        page.sees("Back at the helper.").await;
        let denied = callback.next().await;
        assert_eq!(parameter(&denied, "error").unwrap(), "access_denied");

        stage.site.open(page, &path).await;
        page.click("button", "Allow").await;
        page.sees("Back at the helper.").await;
        let location = callback.next().await;
        assert_eq!(parameter(&location, "state").unwrap(), "a state");
        let code = parameter(&location, "code").unwrap();
        let redeemed = program
            .redeem_with(&code, "redirect_uri", &callback.url)
            .await;
        let tokens: Tokens = redeemed.expect(200);
        let bearer = format!("Bearer {}", tokens.access_token);
        let mcp = Mcp::new(
            &stage.app.anonymous().with("authorization", &bearer),
            CURRENT,
        );
        mcp.call("add_task", serde_json::json!({"title": "Buy milk"}))
            .await;
        assert_eq!(user.titles("").await, ["Buy milk"]);

        stage.site.open(page, "/settings").await;
        page.sees("Helper").await;
        page.sees("registered itself").await;
        let remove =
            "document.querySelector('[action=\"/settings/grants/revoke\"] button').ariaLabel";
        let button = page.eval(remove).await;
        page.click("button", button.as_str().unwrap()).await;
        page.sees("The program is removed.").await;
        page.sees_no("Helper").await;
        let refused = mcp.send("tools/list", serde_json::json!({})).await;
        refused.problem(401, "unauthorized");
    }
}
