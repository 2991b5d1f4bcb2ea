//! The chat while an answer comes and after it went wrong. The model does what its script says.

use todo_tests::{Engine, TestApp, browser::Page};

use crate::{Stage, answer, finds, hears, loses, say};

/// A person who has just signed up, before a backend with the scripted model.
struct Story {
    stage: Stage,
    page: Page,
}

impl Story {
    async fn begin(scripts: bool) -> Self {
        let stage = Stage::before(TestApp::scripted(Engine::Sqlite).await).await;
        let page = stage.signed_up("ann", scripts).await;
        Self { stage, page }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_reloaded_in_mid_answer_shows_it_and_goes_on() {
    for scripts in [true, false] {
        let Story { stage, page } = &Story::begin(scripts).await;
        say(page, "say Half an answer.\nwait go\nsay And the rest.").await;
        hears(page, "Half an answer.").await;
        page.reload().await;
        hears(page, "Half an answer.").await;
        assert!(!answer(page).await.contains("And the rest."));
        finds(page, "button", "Stop").await;

        stage.app.signals.give("go");
        hears(page, "And the rest.").await;
        assert_eq!(answer(page).await, "Half an answer.And the rest.");
        finds(page, "button", "Send").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_stopped_and_goes_on_when_tried_again() {
    for scripts in [true, false] {
        let Story { stage, page } = &Story::begin(scripts).await;
        say(page, "say One moment.\nwait go\nsay Here it is.").await;
        hears(page, "One moment.").await;
        page.click("button", "Stop").await;
        page.sees("Stopped.").await;
        finds(page, "button", "Send").await;

        stage.app.signals.give("go");
        page.click("button", "Try again").await;
        hears(page, "Here it is.").await;
        loses(page, "button", "Try again").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_failed_says_so_and_is_tried_again() {
    for scripts in [true, false] {
        let Story { stage, page } = &Story::begin(scripts).await;
        say(page, "fail until mended\nsay All is well.").await;
        page.sees("The assistant cannot be reached just now.").await;
        page.reload().await;
        page.sees("Your message is kept: try again.").await;

        stage.app.signals.give("mended");
        page.click("button", "Try again").await;
        hears(page, "All is well.").await;
        page.sees_no("The assistant cannot be reached just now.")
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_edited_and_answered_anew() {
    for scripts in [true, false] {
        let Story { page, .. } = &Story::begin(scripts).await;
        say(page, "say The first answer.").await;
        hears(page, "The first answer.").await;
        finds(page, "button", "Send").await;
        page.click("link", "Edit").await;
        page.fill("Your message", "say The second answer.").await;
        page.click("button", "Send again").await;
        hears(page, "The second answer.").await;
        let answers = page.eval("document.querySelectorAll('[aria-label=Assistant]').length");
        assert_eq!(answers.await, 1);

        finds(page, "button", "Send").await;
        page.click("link", "Edit").await;
        page.click("link", "Cancel").await;
        loses(page, "textbox", "Your message").await;
        hears(page, "The second answer.").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_and_a_card_undone() {
    for scripts in [true, false] {
        let Story { page, .. } = &Story::begin(scripts).await;
        for title in ["Milk", "Eggs"] {
            page.fill("New task", title).await;
            page.click("button", "Add").await;
            page.sees(title).await;
            finds(page, "checkbox", &format!("Done: {title}")).await;
        }
        let both = "call delete_task {\"task_id\": 1}\ncall delete_task {\"task_id\": 2}\nsay Both are gone.";
        say(page, both).await;
        finds(page, "button", "No").await;
        assert!(page.has("checkbox", "Done: Eggs").await);
        page.click("button", "Yes").await;
        hears(page, "Both are gone.").await;
        page.sees("Nothing to do yet").await;

        page.click("button", "Undo: Deleted “Eggs”").await;
        page.sees("Undone").await;
        finds(page, "checkbox", "Done: Eggs").await;
        assert!(!page.has("checkbox", "Done: Milk").await);
        page.reload().await;
        page.sees("Undone").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_during_an_answer_keeps_its_text() {
    let Story { stage, page } = &Story::begin(true).await;
    say(page, "say One moment.\nwait go").await;
    hears(page, "One moment.").await;
    assert_eq!(page.focus().await, "Message to the assistant");
    page.fill("Message to the assistant", "say Hello.").await;
    page.press("Shift+Enter").await;
    page.press("Enter").await;
    page.sees("An answer is still coming.").await;
    assert_eq!(page.value("Message to the assistant").await, "say Hello.\n");

    stage.app.signals.give("go");
    finds(page, "button", "Send").await;
    assert_eq!(page.value("Message to the assistant").await, "say Hello.\n");
    page.press("Enter").await;
    hears(page, "Hello.").await;
    assert_eq!(page.value("Message to the assistant").await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_view_follows_an_answer_only_while_it_is_at_its_end() {
    const TOP: &str = "document.getElementById('chat-scroll').scrollTop";
    const FROM_END: &str = "(({scrollHeight, scrollTop, clientHeight}) =>
        scrollHeight - scrollTop - clientHeight)(document.getElementById('chat-scroll'))";
    let Story { stage, page } = &Story::begin(true).await;
    say(page, "flood 4000").await;
    hears(page, "xxx").await;
    finds(page, "button", "Send").await;

    say(page, "speak 1s\nwait go\nspeak 2s").await;
    hears(page, "word20").await;
    let from_end = page.eval(FROM_END).await.as_f64().unwrap();
    assert!(from_end < 2.0, "{from_end} px from the end");

    page.eval("document.getElementById('chat-scroll').scrollTop -= 600")
        .await;
    finds(page, "button", "Latest").await;
    let top = page.eval(TOP).await;
    stage.app.signals.give("go");
    finds(page, "button", "Send").await;
    hears(page, "word40").await;
    assert_eq!(page.eval(TOP).await, top);

    page.click("button", "Latest").await;
    let from_end = page.eval(FROM_END).await.as_f64().unwrap();
    assert!(from_end < 2.0, "{from_end} px from the end");
    loses(page, "button", "Latest").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_jumps_when_an_answer_ends_and_it_is_spoken_as_a_whole() {
    const PLACE: &str = "[...document.querySelectorAll('.prose')].at(-1).getBoundingClientRect().y";
    let Story { stage, page } = &Story::begin(true).await;
    say(
        page,
        "call list_tasks {}\nsay You have **nothing** to do.\nwait go",
    )
    .await;
    hears(page, "You have nothing to do.").await;
    let place = page.eval(PLACE).await;
    let spoken = "document.getElementById('announcer').textContent";
    assert_eq!(page.eval(spoken).await, "");

    stage.app.signals.give("go");
    finds(page, "button", "Send").await;
    assert_eq!(page.eval(PLACE).await, place);
    assert_eq!(page.eval(spoken).await, "You have nothing to do.");
    assert_eq!(page.focus().await, "Message to the assistant");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_message_after_an_undo_can_be_stopped() {
    let Story { page, .. } = &Story::begin(true).await;
    say(page, "call add_task {\"title\": \"Milk\"}\nsay Added.").await;
    hears(page, "Added.").await;
    page.click("button", "Undo: Added “Milk”").await;
    page.sees("Undone").await;

    say(page, "speak 20s").await;
    // Long enough for whatever still followed the first answer to come back.
    hears(page, "word40").await;
    page.click("button", "Stop").await;
    page.sees("Stopped.").await;
    finds(page, "button", "Send").await;
    let connections = page.eval(
        "performance.getEntriesByType('resource').filter(({name}) => name.endsWith('/events')).length",
    );
    assert_eq!(connections.await, 2, "one for each answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_asked_for_before_one_was_sent_do_not_take_its_answer_away() {
    // The page's own look at the messages is held until the story lets it go on.
    const HOLD: &str = "{
        const send = window.fetch;
        const held = new Promise((resolve) => { window.letGo = resolve; });
        window.fetch = async (resource, options) => {
            const response = await send(resource, options);
            if (String(resource).endsWith('/messages')) { window.isHeld = true; await held; }
            return response;
        };
    }";
    let Story { page, .. } = &Story::begin(true).await;
    say(page, "call add_task {\"title\": \"Milk\"}\nsay Added.").await;
    hears(page, "Added.").await;
    finds(page, "button", "Send").await;
    page.eval(HOLD).await;
    page.click("button", "Undo: Added “Milk”").await;
    page.until("the page looks at its messages", async || {
        page.eval("window.isHeld === true").await == true
    })
    .await;

    say(page, "speak 20s").await;
    hears(page, "word1").await;
    page.eval("window.letGo()").await;
    hears(page, "word20").await;
    page.click("button", "Stop").await;
    page.sees("Stopped.").await;
    finds(page, "button", "Send").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_latest_answer_can_be_tried_again() {
    for scripts in [true, false] {
        let Story { page, .. } = &Story::begin(scripts).await;
        say(page, "fail").await;
        finds(page, "button", "Try again").await;
        say(page, "say Something else.").await;
        hears(page, "Something else.").await;
        loses(page, "button", "Try again").await;
        page.reload().await;
        page.sees("The assistant cannot be reached just now.").await;
        assert!(!page.has("button", "Try again").await);
    }
}
