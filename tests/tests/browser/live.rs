//! Pages that follow what happens elsewhere.

use std::time::Duration;

use todo_tests::{Engine, Site, TestApp, browser::Browser};
use tokio::time::sleep;

use crate::{answer, finds, hears, loses, say};

#[tokio::test(flavor = "multi_thread")]
async fn what_one_window_does_the_other_shows() {
    let app = TestApp::scripted(Engine::Sqlite).await;
    let site = Site::before(&app).await;
    let browser = Browser::start().await;
    let ann = browser.person().await;
    let (here, there) = (&ann.window().await, &ann.window().await);
    site.sign_up(here, "ann").await;
    site.open(there, "/").await;

    here.fill("New task", "Milk").await;
    here.click("button", "Add").await;
    finds(there, "checkbox", "Done: Milk").await;
    there.click("checkbox", "Done: Milk").await;
    here.sees("0 to do").await;

    // A chat that began here is found there, and goes on there.
    say(here, "Plan the garden").await;
    hears(here, "You said: Plan the garden").await;
    there.click("button", "Chats").await;
    there.click("link", "Plan the garden").await;
    hears(there, "You said: Plan the garden").await;
    say(there, "say And the holidays.").await;
    hears(here, "And the holidays.").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_serve_one_person() {
    let one = TestApp::scripted(Engine::Postgres).await;
    let two = one.replica().await;
    let sites = [Site::before(&one).await, Site::before(&two).await];
    let browser = Browser::start().await;
    // Cookies know no ports: one person is signed in at both.
    let ann = browser.person().await;
    let (here, there) = (&ann.window().await, &ann.window().await);
    sites[0].sign_up(here, "ann").await;
    sites[1].open(there, "/").await;

    here.fill("New task", "Milk").await;
    here.click("button", "Add").await;
    finds(there, "checkbox", "Done: Milk").await;

    say(here, "say Half an answer.\nwait go\nsay And the rest.").await;
    hears(here, "Half an answer.").await;
    there.reload().await;
    hears(there, "Half an answer.").await;
    one.signals.give("go");
    for page in [here, there] {
        hears(page, "And the rest.").await;
        assert_eq!(answer(page).await, "Half an answer.And the rest.");
        finds(page, "button", "Send").await;
    }
}

/// A browser allows six connections to one server: ten pages must not use them up.
#[tokio::test(flavor = "multi_thread")]
async fn ten_tabs_and_ten_windows_stay_live() {
    const MANY: usize = 10;
    let app = TestApp::scripted(Engine::Sqlite).await;
    let site = Site::before(&app).await;
    let browser = Browser::start().await;
    let ann = browser.person().await;
    let first = ann.tab().await;
    site.sign_up(&first, "ann").await;

    let mut tabs = vec![first];
    for _ in 1..MANY {
        let tab = ann.tab().await;
        site.open(&tab, "/").await;
        tabs.push(tab);
    }
    let last = tabs.last().unwrap();
    last.fill("New task", "Milk").await;
    last.click("button", "Add").await;
    finds(last, "checkbox", "Done: Milk").await;
    say(last, "say Hello from the last tab.").await;
    hears(last, "Hello from the last tab.").await;
    // Long enough for a browser to put a hidden tab to sleep.
    sleep(Duration::from_secs(60)).await;
    // A tab that was hidden catches up when it is looked at, and follows from then on.
    tabs[0].show().await;
    finds(&tabs[0], "checkbox", "Done: Milk").await;
    let user = app.sign_in("ann").await;
    user.add("Eggs").await;
    finds(&tabs[0], "checkbox", "Done: Eggs").await;
    drop(tabs);

    let mut windows = Vec::new();
    for _ in 0..MANY {
        let window = ann.window().await;
        site.open(&window, "/").await;
        windows.push(window);
    }
    user.add("Bread").await;
    for window in &windows {
        finds(window, "checkbox", "Done: Bread").await;
    }
    // One of them holds the connection; when it goes, another takes it over.
    for window in windows.drain(..MANY / 2) {
        window.close().await;
    }
    user.delete("tasks/1").await.assert_status(200);
    for window in &windows {
        loses(window, "checkbox", "Done: Milk").await;
    }
}
