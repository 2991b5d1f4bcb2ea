//! What holds for every page: it is accessible in both schemes and at every width, nothing sticks
//! out of it, and the browser has nothing to complain of. Pictures of all of them are left in
//! `target/tmp/pages`.

use std::path::Path;

use jiff::{Timestamp, ToSpan};
use serde_json::json;
use todo_tests::{
    Engine, Site, TestApp, User,
    browser::{Browser, Page},
    oauth::{Program, authorize},
};

use crate::{Stage, finds, hears, say};

/// Phone, tablet, desktop.
const WIDTHS: [(u32, u32); 3] = [(360, 740), (768, 1024), (1440, 900)];

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_about_the_account() {
    let app = TestApp::in_real_time(Engine::Sqlite).await;
    let site = Site::before(&app).await;
    let browser = Browser::start().await;
    let page = &browser.person().await.tab().await;
    for (name, path) in [
        ("login", "/login"),
        ("signup", "/signup"),
        ("reset", "/reset?token=x"),
    ] {
        site.open(page, path).await;
        judge(page, name).await;
    }
    page.fill("New password", "a fine password").await;
    page.click("button", "Save the password").await;
    page.sees("One thing to put right").await;
    judge(page, "reset-refused").await;

    site.sign_up(page, "ann").await;
    for (name, path) in [
        ("settings", "/settings"),
        ("chats-empty", "/conversations"),
        ("not-found", "/nowhere"),
    ] {
        site.open(page, path).await;
        judge(page, name).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_task_page_empty_with_a_few_and_with_many_tasks() {
    let stage = Stage::before(TestApp::in_real_time(Engine::Sqlite).await).await;
    let page = &stage.signed_up("ann", true).await;
    judge(page, "tasks-0").await;
    stage.site.open(page, "/?view=chat").await;
    judge(page, "chat-0").await;

    let ann = stage.app.sign_in("ann").await;
    add_a_few(&ann).await;
    stage.site.open(page, "/").await;
    judge(page, "tasks-5").await;
    page.click("link", "Book train tickets to Vienna").await;
    finds(page, "textbox", "Notes").await;
    judge(page, "tasks-edit").await;
    stage.site.open(page, "/?sort=due_date").await;
    judge(page, "tasks-sorted").await;
    stage.site.open(page, "/?search=nothing").await;
    judge(page, "tasks-none-match").await;
    stage.site.open(page, "/?notice=cleared:7-9").await;
    judge(page, "tasks-notice").await;
    stage.site.open(page, "/").await;
    page.eval("document.querySelector('.task-delete').click()")
        .await;
    page.sees("Deleted task 7.").await;
    judge(page, "tasks-toast").await;
    page.size(1440, 900).await;
    page.press("?").await;
    page.sees("Keyboard shortcuts").await;
    judge(page, "shortcuts").await;

    for number in 1..=210 {
        ann.add(&format!("Task number {number}")).await;
    }
    stage.site.open(page, "/").await;
    judge(page, "tasks-many").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_question_whether_to_let_a_program_in_and_the_list_of_those_that_are() {
    let stage = Stage::before(TestApp::in_real_time(Engine::Sqlite).await).await;
    let page = &stage.signed_up("ann", true).await;
    let ann = stage.app.sign_in("ann").await;
    let program = Program::register(&stage.app).await;
    let path = authorize(&program.request());
    stage.site.open(page, &path).await;
    judge(page, "authorize").await;
    let foreign = program.request_with("redirect_uri", "https://evil.example/");
    stage.site.open(page, &authorize(&foreign)).await;
    judge(page, "authorize-refused").await;

    for _ in 0..3 {
        program.sign_in(&ann).await;
    }
    stage.site.open(page, "/settings").await;
    judge(page, "settings-grants").await;
}

/// One of each kind, and two whose titles are as long as they can be.
async fn add_a_few(user: &User) {
    let now = Timestamp::now();
    for task in [
        json!({"title": "x".repeat(200)}),
        json!({"title": "A title as long as somebody pastes it from a mail, ".repeat(4)[..200].trim()}),
        json!({"title": "Water the plants", "tags": ["home"]}),
        json!({"title": "Call the dentist", "priority": "high", "due_date": (now - 26.hours()).to_string()}),
        json!({"title": "Book train tickets to Vienna", "description": "Window seats if possible.\nReturn on Sunday evening.", "tags": ["travel", "vienna"]}),
        json!({"title": "Pay the electricity bill", "priority": "medium", "due_date": (now + 3.hours()).to_string()}),
        json!({"title": "Buy milk", "tags": ["home", "shopping"], "due_date": (now + 27.hours()).to_string()}),
    ] {
        user.add_task(task).await;
    }
    user.patch("tasks/3/complete", json!({"completed": true}))
        .await
        .assert_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chat_with_its_cards_and_the_list_of_chats() {
    let stage = Stage::before(TestApp::in_real_time(Engine::Sqlite).await).await;
    let page = &stage.signed_up("ann", true).await;
    add_a_few(&stage.app.sign_in("ann").await).await;
    for text in [
        "What can you do?",
        "add milk and eggs #home",
        "what's pending?",
    ] {
        stage.site.open(page, "/?view=chat&c=new").await;
        say(page, text).await;
        hears(page, "").await;
        finds(page, "button", "Send").await;
    }
    stage.site.open(page, "/?view=chat&c=2").await;
    judge(page, "chat-cards").await;
    page.eval(
        "document.querySelectorAll('.call details').forEach((card) => { card.open = true; })",
    )
    .await;
    judge(page, "chat-cards-open").await;
    page.click("link", "Edit").await;
    finds(page, "textbox", "Your message").await;
    judge(page, "chat-edit").await;
    stage.site.open(page, "/?view=chat&c=1").await;
    judge(page, "chat-markdown").await;
    page.click("button", "Chats").await;
    page.click("DisclosureTriangle", "Rename or delete: what's pending?")
        .await;
    finds(page, "button", "Rename").await;
    judge(page, "chat-list").await;
    stage.site.open(page, "/conversations").await;
    judge(page, "chats").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chat_while_an_answer_comes_asks_or_failed() {
    let stage = Stage::before(TestApp::scripted(Engine::Sqlite).await).await;
    let page = &stage.signed_up("ann", true).await;
    add_a_few(&stage.app.sign_in("ann").await).await;

    stage.site.open(page, "/?view=chat").await;
    say(page, "wait words\nsay One moment.\nwait end").await;
    finds(page, "button", "Stop").await;
    judge(page, "chat-thinking").await;
    stage.app.signals.give("words");
    hears(page, "One moment.").await;
    judge(page, "chat-answering").await;
    page.click("button", "Stop").await;
    page.sees("Stopped.").await;
    judge(page, "chat-stopped").await;

    say(
        page,
        "call delete_task {\"task_id\": 1}\ncall delete_task {\"task_id\": 2}",
    )
    .await;
    finds(page, "button", "No").await;
    judge(page, "chat-question").await;
    page.click("button", "No").await;
    finds(page, "button", "Send").await;
    say(page, "fail").await;
    page.sees("The assistant cannot be reached just now.").await;
    judge(page, "chat-failed").await;
}

/// Judges the page as it is now, in both schemes and at every width.
async fn judge(page: &Page, name: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    std::fs::create_dir_all(&folder).unwrap();
    // What is being fetched is pale meanwhile.
    page.until("the list is there", async || {
        page.eval("!document.querySelector('.htmx-request:is(#task-list, #filters)')")
            .await
            == true
    })
    .await;
    for dark in [false, true] {
        page.dark(dark).await;
        let scheme = if dark { "dark" } else { "light" };
        for (width, height) in WIDTHS {
            page.size(width, height).await;
            page.screenshot(&folder.join(format!("{name}-{scheme}-{width}.png")))
                .await;
            let violations = page.axe().await;
            assert!(
                violations.is_empty(),
                "{name} {scheme} {width}: {violations:#?}"
            );
            let overflow = page
                .eval("document.documentElement.scrollWidth - innerWidth")
                .await;
            assert!(
                overflow.as_i64() <= Some(0),
                "{name} is {overflow} px wider than a window of {width}"
            );
        }
    }
    let complaints: Vec<String> = page
        .complaints()
        .into_iter()
        // The browser notes what was refused because we asked for it.
        .filter(|complaint| !complaint.contains("the server responded with a status of 4"))
        .collect();
    assert!(complaints.is_empty(), "{name}: {complaints:#?}");
}
