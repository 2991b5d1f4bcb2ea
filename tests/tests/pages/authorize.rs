//! The page on which a user lets a program in, as HTTP serves it.

use serde_json::json;
use todo_tests::{
    Client, Engine, Site, TestApp,
    oauth::{Program, authorize, parameter},
};

use crate::{submit, visitor};

/// Where the page sends the browser by itself.
fn destination(html: &str) -> String {
    let (_, rest) = html.split_once("content=\"0;url=").expect("the way back");
    let (location, _) = rest.split_once('"').unwrap();
    location.replace("&#38;", "&").replace("&amp;", "&")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_goes_through_sign_in_and_the_form_and_back() {
    let app = TestApp::start(Engine::Sqlite).await;
    let site = Site::before(&app).await;
    let program = Program::register(&app).await;
    let path = authorize(&program.request());

    let anonymous = Client::new(&site.url).with("sec-fetch-site", "same-origin");
    let sent = anonymous.get(&path).await;
    sent.assert_status(303);
    let login = sent.header("location");
    assert!(
        login.starts_with("/login?next=%2Foauth%2Fauthorize%3F"),
        "{login}"
    );

    let ann = visitor(&app, &site, "ann").await;
    let html = ann.get(&path).await.text();
    for text in [
        "Helper",
        "tasks:read",
        "tasks:write",
        "ann@example.com",
        "127.0.0.1",
    ] {
        assert!(html.contains(text), "{text} is not in {html}");
    }
    let query = path.split_once('?').unwrap().1;
    for (decision, expected) in [("allow", "code"), ("deny", "error"), ("", "error")] {
        let form = format!("{query}&decision={decision}");
        let answer = submit(&ann, "/oauth/authorize", form).await;
        answer.assert_status(200);
        let location = destination(&answer.text());
        assert!(
            location.starts_with("http://127.0.0.1/callback?"),
            "{location}"
        );
        assert!(
            parameter(&location, expected).is_some(),
            "{decision}: {location}"
        );
        assert_eq!(parameter(&location, "state").unwrap(), "a state");
    }
    let refused = ann
        .get(&authorize(&program.request_with("scope", "admin")))
        .await;
    refused.assert_status(200);
    assert_eq!(
        parameter(&destination(&refused.text()), "error").unwrap(),
        "invalid_scope"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_understood_leads_nowhere() {
    let app = TestApp::start(Engine::Sqlite).await;
    let site = Site::before(&app).await;
    let program = Program::register(&app).await;
    let ann = visitor(&app, &site, "ann").await;
    let foreign = program.request_with("redirect_uri", "https://evil.example/");
    let unknown = program.request_with("client_id", "nobody");
    for path in [
        authorize(&foreign),
        authorize(&unknown),
        "/oauth/authorize".to_owned(),
        "/oauth/authorize?client_id=a&client_id=b".to_owned(),
        "/oauth/authorize?client_id=%00".to_owned(),
    ] {
        let answer = ann.get(&path).await;
        answer.assert_status(400);
        assert_eq!(answer.header("location"), "");
        assert!(answer.text().contains("That was not possible"), "{path}");
        assert!(!answer.text().contains("http-equiv"), "{path}");
        let query = path.split_once('?').map_or("", |(_, query)| query);
        let answer = submit(&ann, "/oauth/authorize", format!("{query}&decision=allow")).await;
        answer.assert_status(400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_programs_name_is_text() {
    let app = TestApp::start(Engine::Sqlite).await;
    let site = Site::before(&app).await;
    let ann = visitor(&app, &site, "ann").await;
    let registration = json!({
        "client_name": "<script>alert(1)</script>\" onload=\"x",
        "redirect_uris": ["https://program.example/'\"><script>alert(2)</script>"],
    });
    let registered = app
        .anonymous()
        .post("/api/oauth/register", registration)
        .await;
    let registered: serde_json::Value = registered.expect(201);
    let program = Program::known_as(&app, registered["client_id"].as_str().unwrap());
    let uri = registered["redirect_uris"][0].as_str().unwrap();
    let path = authorize(&program.request_with("redirect_uri", uri));
    let asked = ann.get(&path).await.text();
    let query = path.split_once('?').unwrap().1;
    let answered = submit(&ann, "/oauth/authorize", format!("{query}&decision=allow")).await;
    answered.assert_status(200);
    for html in [asked, answered.text()] {
        assert!(!html.contains("<script>"), "{html}");
        assert!(!html.contains("onload=\""), "{html}");
    }
}
