//! The list of chats.

use todo_tests::{Engine, TestApp};

use crate::{Stage, finds, hears, loses, say};

#[tokio::test(flavor = "multi_thread")]
async fn chats_are_listed_found_renamed_and_deleted_with_and_without_scripts() {
    let stage = Stage::before(TestApp::scripted(Engine::Sqlite).await).await;
    for (name, scripts) in [("ann", true), ("bob", false)] {
        let page = &stage.signed_up(name, scripts).await;
        say(page, "Plan the garden").await;
        hears(page, "You said: Plan the garden").await;
        finds(page, "button", "Send").await;
        page.click("link", "New").await;
        page.sees("What do you need to do?").await;
        say(page, "Plan the holidays").await;
        hears(page, "You said: Plan the holidays").await;

        // An earlier one is opened again.
        page.reload().await;
        page.click("button", "Chats").await;
        page.click("link", "Plan the garden").await;
        hears(page, "You said: Plan the garden").await;
        finds(page, "heading", "Plan the garden").await;

        // The list as a page of its own works in the same way.
        stage.site.open(page, "/conversations").await;
        page.fill("Find a chat", "holidays").await;
        page.press("Enter").await;
        page.arrives_at("/conversations?search=holidays").await;
        assert!(!page.has("link", "Plan the garden").await);
        page.click("DisclosureTriangle", "Rename or delete: Plan the holidays")
            .await;
        page.fill("Title", "Summer").await;
        page.click("button", "Rename").await;
        finds(page, "link", "Summer").await;

        page.click("DisclosureTriangle", "Rename or delete: Plan the garden")
            .await;
        page.click("DisclosureTriangle", "Delete…").await;
        page.click("button", "Delete for good").await;
        loses(page, "link", "Plan the garden").await;
        finds(page, "link", "Summer").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_open_chat_is_renamed_and_deleted_beside_the_tasks() {
    let stage = Stage::before(TestApp::scripted(Engine::Sqlite).await).await;
    let page = &stage.signed_up("ann", true).await;
    say(page, "Plan the garden").await;
    hears(page, "You said: Plan the garden").await;
    finds(page, "button", "Send").await;

    page.click("button", "Chats").await;
    page.click("DisclosureTriangle", "Rename or delete: Plan the garden")
        .await;
    page.fill("Title", "Garden").await;
    page.click("button", "Rename").await;
    finds(page, "heading", "Garden").await;

    page.click("DisclosureTriangle", "Rename or delete: Garden")
        .await;
    page.click("DisclosureTriangle", "Delete…").await;
    page.click("button", "Delete for good").await;
    page.sees("What do you need to do?").await;
    page.sees_no("You said: Plan the garden").await;
}
