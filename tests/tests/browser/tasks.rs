//! The task list, by hand.

use jiff::{Timestamp, ToSpan};
use serde_json::json;
use todo_tests::{Engine, TestApp};

use crate::{Stage, finds, loses};

#[tokio::test(flavor = "multi_thread")]
async fn tasks_are_added_done_and_deleted_with_and_without_scripts() {
    let stage = Stage::before(TestApp::in_real_time(Engine::Sqlite).await).await;
    for (name, scripts) in [("ann", true), ("bob", false)] {
        let page = stage.signed_up(name, scripts).await;
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

        page.click("button", "Clear completed").await;
        page.sees("Cleared 1 completed task.").await;
        loses(&page, "checkbox", "Done: Buy milk").await;
        page.click("button", "Undo").await;
        finds(&page, "checkbox", "Done: Buy milk").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_edited_in_its_row_with_and_without_scripts() {
    let stage = Stage::before(TestApp::in_real_time(Engine::Sqlite).await).await;
    for (name, scripts) in [("ann", true), ("bob", false)] {
        let page = &stage.signed_up(name, scripts).await;
        page.fill("New task", "Call the dentist").await;
        page.click("button", "Add").await;
        page.sees("1 to do").await;
        page.click("link", "Call the dentist").await;
        page.fill("Task 1", "Call Dr. Weiss").await;
        page.fill("Notes", "About the appointment").await;
        page.choose("Date", "Due", "2026-01-02").await;
        page.choose("combobox", "Priority", "high").await;
        page.fill("Tags", "health, phone").await;
        page.click("button", "Save").await;

        page.sees("Overdue · Fri 2 Jan").await;
        assert!(page.has("checkbox", "Done: Call Dr. Weiss").await);
        page.sees("High").await;
        page.sees("#health").await;
        page.sees("About the appointment").await;

        // What is wrong is said at its field, and what was typed stays.
        page.click("link", "Call Dr. Weiss").await;
        page.fill("Tags", &"x".repeat(40)).await;
        page.click("button", "Save").await;
        page.until("the field is marked as wrong", async || {
            page.eval("document.querySelector('[name=tags]')?.ariaInvalid")
                .await
                == "true"
        })
        .await;
        assert_eq!(page.value("Tags").await, "x".repeat(40));
        page.click("link", "Cancel").await;
        loses(page, "textbox", "Tags").await;
        page.sees("#phone").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_filtered_sorted_and_searched_with_and_without_scripts() {
    let stage = Stage::before(TestApp::in_real_time(Engine::Sqlite).await).await;
    for (name, scripts) in [("ann", true), ("bob", false)] {
        let page = &stage.signed_up(name, scripts).await;
        let user = stage.app.sign_in(name).await;
        for task in [
            json!({"title": "Bread", "tags": ["shop"], "priority": "low"}),
            json!({"title": "Apples", "tags": ["shop"], "priority": "high"}),
            json!({"title": "Call home", "tags": ["home"]}),
        ] {
            user.add_task(task).await;
        }
        user.patch("tasks/1/complete", json!({"completed": true}))
            .await
            .assert_status(200);
        page.reload().await;
        // Without scripts a form is sent by its button.
        let apply = async || {
            if !scripts {
                page.click("button", "Apply").await;
            }
        };
        let titles = async || {
            page.eval(
                "[...document.querySelectorAll('.task-title')].map((link) => link.textContent)",
            )
            .await
        };
        let shows = async |wanted: &[&str]| {
            page.until(&format!("the list is {wanted:?}"), async || {
                titles().await == json!(wanted)
            })
            .await;
        };
        shows(&["Call home", "Apples", "Bread"]).await;

        page.click("radio", "Pending").await;
        apply().await;
        shows(&["Call home", "Apples"]).await;
        page.click("radio", "All").await;
        apply().await;
        shows(&["Call home", "Apples", "Bread"]).await;

        page.click("DisclosureTriangle", "Sort and filter").await;
        page.choose("combobox", "Sort by", "title").await;
        apply().await;
        shows(&["Apples", "Bread", "Call home"]).await;
        page.choose("combobox", "Priority", "high").await;
        apply().await;
        shows(&["Apples"]).await;
        page.choose("combobox", "Priority", "").await;
        page.choose("combobox", "Tag", "shop").await;
        apply().await;
        shows(&["Apples", "Bread"]).await;
        // The address says all of it.
        page.reload().await;
        shows(&["Apples", "Bread"]).await;

        page.fill("Find a task", "app").await;
        apply().await;
        shows(&["Apples"]).await;
        page.fill("Find a task", "nothing of that kind").await;
        apply().await;
        page.sees("No task matches").await;
        page.click("link", "Show all tasks").await;
        shows(&["Call home", "Apples", "Bread"]).await;
        page.click("link", "#home").await;
        shows(&["Call home"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_page_says_when_a_task_falls_due() {
    let stage = Stage::before(TestApp::in_real_time(Engine::Sqlite).await).await;
    let page = &stage.signed_up("ann", true).await;
    let soon = Timestamp::now() + 5.seconds();
    stage
        .app
        .sign_in("ann")
        .await
        .add_task(json!({"title": "Call the dentist", "due_date": soon.to_string()}))
        .await;
    finds(page, "checkbox", "Done: Call the dentist").await;
    page.sees("Due now: Call the dentist").await;
    page.sees("Overdue · Today").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_is_shown_page_by_page_with_and_without_scripts() {
    let stage = Stage::before(TestApp::in_real_time(Engine::Sqlite).await).await;
    let page = &stage.signed_up("ann", true).await;
    let ann = stage.app.sign_in("ann").await;
    for number in 1..=205 {
        ann.add(&format!("Task number {number}")).await;
    }
    for scripts in [true, false] {
        page.javascript(scripts).await;
        stage.site.open(page, "/").await;
        page.sees("More than 200 tasks").await;
        page.click("link", "Show more").await;
        page.sees("205 to do").await;
        finds(page, "checkbox", "Done: Task number 1").await;
    }
}
