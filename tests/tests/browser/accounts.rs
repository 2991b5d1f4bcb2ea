//! Signing up, in and out.

use todo_tests::{Engine, Site, TestApp, browser::Browser};

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_up_out_and_in_with_and_without_scripts() {
    let app = TestApp::in_real_time(Engine::Postgres).await;
    let site = Site::before(&app).await;
    let browser = Browser::start().await;
    for (name, scripts) in [("ann", true), ("bob", false)] {
        let page = browser.person().await.tab().await;
        page.javascript(scripts).await;
        site.open(&page, "/").await;
        page.sees("Welcome back").await;

        site.sign_up(&page, name).await;
        page.click("button", "Sign out").await;
        page.sees("Welcome back").await;
        site.open(&page, "/").await;
        page.sees("Welcome back").await;

        page.fill("E-mail", &todo_tests::email(name)).await;
        page.fill("Password", "not the password").await;
        page.click("button", "Sign in").await;
        page.sees("The e-mail address or the password is not right.")
            .await;
        site.sign_in(&page, name).await;
    }
}
