//! Text that tries to be a script stays text, wherever it is shown.

use serde_json::json;
use todo_tests::{Engine, TestApp, browser::Page};

use crate::{Stage, finds, hears, say};

/// Would change the document's title if any of it ran.
const HOSTILE: &str =
    "\"'><img src=x onerror=document.title='owned'><script>document.title='owned'</script>";
const LINK: &str = "[link](javascript:document.title='owned')";

#[tokio::test(flavor = "multi_thread")]
async fn hostile_titles_notes_tags_and_names_are_text() {
    let stage = Stage::before(TestApp::in_real_time(Engine::Sqlite).await).await;
    let page = &stage.signed_up("ann", true).await;
    let ann = stage.app.sign_in("ann").await;
    ann.add_task(json!({
        "title": HOSTILE,
        "description": HOSTILE,
        "tags": ["<img/src=x/onerror=alert(1)>"],
        "due_date": "2026-01-01",
    }))
    .await;
    ann.patch("settings", json!({"name": HOSTILE}))
        .await
        .assert_status(200);

    let titled = format!("Done: {HOSTILE}");
    finds(page, "checkbox", &titled).await;
    stays_harmless(page).await;
    page.click("link", HOSTILE).await;
    finds(page, "textbox", "Notes").await;
    assert_eq!(page.value("Task 1").await, HOSTILE);
    stays_harmless(page).await;
    for path in [
        "/?edit=1",
        "/?search=%3Cscript%3Edocument.title%3D1%3C/script%3E",
        "/?tag=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E",
        "/settings",
        "/login?next=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
        "/reset?token=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
        "/%3Cscript%3Ealert(1)%3C/script%3E",
    ] {
        stage.site.open(page, path).await;
        stays_harmless(page).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_messages_replies_and_results_are_text() {
    let stage = Stage::before(TestApp::scripted(Engine::Sqlite).await).await;
    let page = &stage.signed_up("ann", true).await;

    let call = json!({"title": HOSTILE, "description": HOSTILE});
    say(
        page,
        &format!("call add_task {call}\nsay {HOSTILE} {LINK}\nwait go"),
    )
    .await;
    hears(page, "<script>document.title='owned'</script> link").await;
    stays_harmless(page).await;
    stage.app.signals.give("go");
    finds(page, "button", "Send").await;
    stays_harmless(page).await;
    // The chat is named by its first message, which was as hostile.
    page.click("button", "Chats").await;
    page.reload().await;
    hears(page, "<script>document.title='owned'</script> link").await;
    assert!(
        !page.has("link", "link").await,
        "no link that runs a script"
    );
    stays_harmless(page).await;
    stage.site.open(page, "/conversations").await;
    stays_harmless(page).await;
}

/// Nothing ran, and the browser had nothing to refuse, because nothing of it became an element.
async fn stays_harmless(page: &Page) {
    let title = page.eval("document.title").await;
    assert!(!title.to_string().contains("owned"));
    let elements = "[...document.querySelectorAll('*')].filter((element) =>
        element.matches('img[src=x], script:not([src])') ||
        [...element.attributes].some(({ name, value }) => name.startsWith('on') || value.startsWith('javascript:'))).length";
    assert_eq!(page.eval(elements).await, 0);
    let complaints: Vec<String> = page.complaints();
    let refused = complaints
        .iter()
        .filter(|complaint| complaint.contains("Content Security Policy"));
    assert_eq!(refused.count(), 0, "{complaints:#?}");
}
