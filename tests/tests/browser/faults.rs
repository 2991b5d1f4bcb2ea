//! When something is not there: the session, the backend, the network. Nothing typed is lost.

use todo_tests::{Engine, Site, TestApp, browser::Browser, proxy::Proxy};

use crate::{Stage, finds, hears, say};

#[tokio::test(flavor = "multi_thread")]
async fn an_open_page_whose_session_ended_keeps_what_was_typed() {
    let app = TestApp::scripted(Engine::Sqlite).await;
    let site = Site::before(&app).await;
    let browser = Browser::start().await;
    let ann = browser.person().await;
    let page = &ann.window().await;
    site.sign_up(page, "ann").await;
    page.fill("New task", "Milk").await;
    page.click("button", "Add").await;
    page.click("link", "Milk").await;
    page.fill("Notes", "Two bottles").await;

    let other = ann.window().await;
    site.open(&other, "/").await;
    other.click("button", "Sign out").await;
    other.sees("You are signed out.").await;

    page.click("button", "Save").await;
    page.sees("You are signed out. What you typed is still here.")
        .await;
    say(page, "say Hello.").await;
    page.until("the message is in the composer again", async || {
        page.value("Message to the assistant").await == "say Hello."
    })
    .await;
    assert_eq!(page.value("Notes").await, "Two bottles");
    assert!(page.has("link", "Sign in").await);

    site.sign_in(&other, "ann").await;
    page.click("button", "Save").await;
    page.sees("Two bottles").await;
    page.sees_no("You are signed out.").await;
    page.click("button", "Send").await;
    hears(page, "Hello.").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_without_scripts_keeps_its_text_when_the_session_ended() {
    let app = TestApp::in_real_time(Engine::Sqlite).await;
    let site = Site::before(&app).await;
    let browser = Browser::start().await;
    let ann = browser.person().await;
    let page = &ann.window().await;
    page.javascript(false).await;
    site.sign_up(page, "ann").await;
    page.fill("New task", "Milk").await;

    let other = ann.window().await;
    site.open(&other, "/").await;
    other.click("button", "Sign out").await;
    other.sees("You are signed out.").await;
    page.click("button", "Add").await;
    page.sees("You are signed out. What you typed is still here.")
        .await;
    assert_eq!(page.value("Your text").await, "Milk");

    site.sign_in(&other, "ann").await;
    page.click("button", "Send again").await;
    page.sees("1 to do").await;
    finds(page, "checkbox", "Done: Milk").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_backend_a_page_says_so_and_nothing_is_lost() {
    for scripts in [true, false] {
        let app = TestApp::scripted(Engine::Sqlite).await;
        let address = app.url().replace("http://", "").parse().unwrap();
        let proxy = Proxy::before(address).await;
        let site = Site::reaching(&format!("http://{}", proxy.address)).await;
        let browser = Browser::start().await;
        let page = &browser.person().await.tab().await;
        page.javascript(scripts).await;
        site.sign_up(page, "ann").await;

        proxy.cut();
        page.fill("New task", "Milk").await;
        page.click("button", "Add").await;
        page.sees("The server cannot be reached right now.").await;
        let field = if scripts { "New task" } else { "Your text" };
        page.until("the title is there again", async || {
            page.value(field).await == "Milk"
        })
        .await;

        proxy.mend();
        let again = if scripts { "Add" } else { "Try again" };
        page.click("button", again).await;
        finds(page, "checkbox", "Done: Milk").await;

        proxy.cut();
        site.open(page, "/").await;
        page.sees("The server cannot be reached right now.").await;
        proxy.mend();
        page.click("link", "Try again").await;
        finds(page, "checkbox", "Done: Milk").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_network_nothing_is_lost() {
    let stage = Stage::before(TestApp::scripted(Engine::Sqlite).await).await;
    let page = &stage.signed_up("ann", true).await;

    page.offline(true).await;
    say(page, "say Hello.").await;
    page.sees("The server cannot be reached. What you typed is kept")
        .await;
    page.until("the message is in the composer again", async || {
        page.value("Message to the assistant").await == "say Hello."
    })
    .await;
    page.offline(false).await;
    page.click("button", "Send").await;
    hears(page, "Hello.").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_refused_is_taken_back() {
    let stage = Stage::before(TestApp::in_real_time(Engine::Sqlite).await).await;
    let page = &stage.signed_up("ann", true).await;
    page.fill("New task", "Milk").await;
    page.click("button", "Add").await;
    finds(page, "checkbox", "Done: Milk").await;

    page.offline(true).await;
    page.click("checkbox", "Done: Milk").await;
    page.sees("The server cannot be reached.").await;
    let checked = "document.querySelector('.task-check').ariaChecked";
    page.until("the task is to do again", async || {
        page.eval(checked).await == "false"
    })
    .await;
    page.offline(false).await;
    page.click("checkbox", "Done: Milk").await;
    page.sees("0 to do").await;
}
