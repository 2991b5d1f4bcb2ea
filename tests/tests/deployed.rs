//! The product as it was started elsewhere, in containers or in a cluster: `FRONTEND_URL` and
//! `BACKEND_URL` tell where.

use std::{
    env,
    time::{SystemTime, UNIX_EPOCH},
};

use axum::http::Method;
use todo_api::Task;
use todo_tests::{Client, PASSWORD, User, email};

/// The address of a server.
fn server(variable: &str) -> String {
    env::var(variable).unwrap_or_else(|_| panic!("{variable} must say where the server is"))
}

/// Somebody who was never there before, whatever the database has seen.
fn stranger() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    email(&format!("visitor-{}", now.as_nanos()))
}

#[tokio::test]
async fn a_visitor_signs_up_says_what_to_do_and_finds_the_task() {
    let address = stranger();
    let visitor = Client::new(server("FRONTEND_URL"))
        .with("sec-fetch-site", "same-origin")
        .with("content-type", "application/x-www-form-urlencoded");
    let form = format!("name=Ann&email={address}&password={PASSWORD}");
    let signed_up = visitor.send(Method::POST, "/signup", form).await;
    signed_up.assert_status(303);
    let cookie = signed_up.header("set-cookie");
    let cookie = cookie.split(';').next().unwrap_or_default();
    let visitor = visitor.with("cookie", cookie);

    let page = visitor.get("/").await;
    page.assert_status(200);
    assert!(page.text().contains("Nothing to do yet"), "{}", page.text());

    // The assistant answers over REST, whose answer waits for it.
    let ann = User::sign_in(Client::new(server("BACKEND_URL")), &address).await;
    let message = "add buy milk tomorrow at 5pm #home";
    let turn = ann.say(message).await;
    assert!(turn.response.contains("milk"), "{}", turn.response);
    let task: Task = ann.get("tasks/1").await.expect(200);
    assert_eq!(task.title, "Buy milk");
    assert_eq!(task.tags, ["home"]);

    let page = visitor.get("/").await;
    assert!(page.text().contains("Buy milk"), "{}", page.text());
    assert!(page.text().contains(message), "{}", page.text());
}
