//! Forms that no page of ours would send: each gets a page that says what is wrong.

use todo_tests::{Engine, Site, TestApp};

use crate::{submit, visitor};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_long_is_said_and_no_form_breaks_the_server() {
    let app = TestApp::start(Engine::Sqlite).await;
    let site = Site::before(&app).await;
    let ann = visitor(&app, &site, "ann").await;
    let user = app.sign_in("ann").await;
    user.add("Milk").await;
    for (path, form, status, sentence) in [
        (
            "/tasks",
            "title=".to_owned() + &"x".repeat(70_000),
            413,
            "That is too long.",
        ),
        (
            "/chat",
            "message=".to_owned() + &"x".repeat(70_000),
            413,
            "That is too long.",
        ),
        (
            "/tasks",
            "title=".to_owned() + &"x".repeat(300),
            422,
            "200 characters",
        ),
        ("/tasks", "title=%20%20".to_owned(), 422, ""),
        ("/tasks", "title=%00".to_owned(), 422, ""),
        (
            "/tasks/1",
            "title=%FF%FE&date=%FF".to_owned(),
            422,
            "Enter a date such as",
        ),
        (
            "/tasks",
            "title=a&title=b".to_owned(),
            422,
            "The form was not understood.",
        ),
        (
            "/tasks/1/complete",
            "completed=perhaps".to_owned(),
            422,
            "The form was not understood.",
        ),
        (
            "/tasks/1",
            "title=Milk&date=tomorrow".to_owned(),
            422,
            "Enter a date such as",
        ),
        ("/tasks/99/complete", "completed=true".to_owned(), 404, ""),
        (
            "/tasks/99999999999999999999/complete",
            String::new(),
            400,
            "The form was not understood.",
        ),
        (
            "/chat",
            "message=".to_owned() + &"x".repeat(4_001),
            422,
            "4000 characters",
        ),
        ("/chat", "message=".to_owned(), 422, ""),
        (
            "/chat",
            "message=Hello&conversation_id=99".to_owned(),
            404,
            "",
        ),
        ("/chat/turns/99/stop", String::new(), 404, ""),
        ("/chat/turns/99/approve", "option=Yes".to_owned(), 404, ""),
        ("/conversations/99/rename", "title=x".to_owned(), 404, ""),
        (
            "/settings",
            "name=".to_owned() + &"x".repeat(500),
            422,
            "That was not saved",
        ),
        (
            "/settings",
            "name=Ann&time_zone=Mars".to_owned(),
            422,
            "That was not saved",
        ),
        ("/settings/sessions", "session=nobody".to_owned(), 0, ""),
        (
            "/tasks/restore",
            "ids=x,-,9-1,1-9223372036854775807".to_owned(),
            0,
            "",
        ),
        ("/signup", "name=&email=nobody&password=x".to_owned(), 0, ""),
        ("/reset", "token=x&password=short".to_owned(), 0, ""),
    ] {
        let shown = &form[..form.len().min(60)];
        let answer = submit(&ann, path, form.clone()).await;
        assert!(
            !answer.status.is_server_error(),
            "{path} {shown}: {}",
            answer.status
        );
        if status != 0 {
            assert_eq!(
                answer.status.as_u16(),
                status,
                "{path} {shown}: {}",
                answer.text()
            );
        }
        if answer.status.is_client_error() {
            let text = answer.text();
            assert!(text.contains("<main"), "{path} {shown} is no page: {text}");
            assert!(text.contains(sentence), "{path} {shown}: {text}");
        }
    }
    assert_eq!(user.titles("").await, ["Milk"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_make_no_sense_lead_to_pages() {
    let app = TestApp::start(Engine::Sqlite).await;
    let site = Site::before(&app).await;
    let ann = visitor(&app, &site, "ann").await;
    for path in [
        "/?status=maybe&sort=up&pages=-1&c=x&before=y&edit=z&view=w",
        "/?search=%FF%00&tag=%F0%9F%8D%BC",
        "/?c=99999999999999999999",
        "/?c=99&before=1",
        "/?edit=99",
        "/?notice=cleared:1-99999999999",
        "/conversations?search=%25%5F%5C",
    ] {
        ann.get(path).await.assert_status(200);
    }
    for path in ["/nowhere", "/tasks/x/edit", "/chat/turns/1"] {
        let answer = ann.get(path).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        assert!(answer.text().contains("Go to your tasks"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_during_an_answer_is_shown_again_to_be_sent_later() {
    let app = TestApp::scripted(Engine::Sqlite).await;
    let site = Site::before(&app).await;
    let ann = visitor(&app, &site, "ann").await;
    submit(&ann, "/chat", "message=wait%20go")
        .await
        .assert_status(303);
    let form = "message=And%20this%3F&conversation_id=1&key=k";
    let answer = submit(&ann, "/chat", form).await;
    answer.assert_status(409);
    let text = answer.text();
    assert!(text.contains("The assistant is still answering."), "{text}");
    assert!(text.contains(">And this?</textarea>"), "{text}");
    assert!(text.contains("name=\"key\" value=\"k\""), "{text}");
    assert!(text.contains("Try again"), "{text}");
    app.signals.give("go");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_sent_twice_does_its_work_once() {
    let app = TestApp::start(Engine::Sqlite).await;
    let site = Site::before(&app).await;
    let ann = visitor(&app, &site, "ann").await;
    let twice = tokio::join!(
        submit(&ann, "/tasks", "title=Milk&key=k1"),
        submit(&ann, "/tasks", "title=Milk&key=k1"),
    );
    assert!(twice.0.status == 303 || twice.1.status == 303);
    submit(&ann, "/tasks", "title=Milk&key=k1")
        .await
        .assert_status(303);
    assert_eq!(app.sign_in("ann").await.titles("").await, ["Milk"]);
}
