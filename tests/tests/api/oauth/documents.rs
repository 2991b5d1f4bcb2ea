//! How a program makes itself known by a document at its own address.

use axum::{
    Json, Router,
    http::{StatusCode, header},
    response::Redirect,
    routing::get,
};
use jiff::SignedDuration;
use serde_json::{Value, json};
use todo_backend::accounts::oauth::is_global;
use todo_tests::{
    TestApp, User,
    document_server::DocumentServer,
    oauth::{self, Program, REDIRECT_URI, Tokens},
    on_both,
};

use super::{grants, is_good};

on_both!(
    a_program_is_known_by_its_document,
    documents_that_are_none_are_refused,
    documents_in_private_networks_are_not_fetched,
);

/// A document as it should be, at that address.
fn document(id: &str) -> Value {
    json!({
        "client_id": id,
        "client_name": "Assistant",
        "redirect_uris": [REDIRECT_URI],
        "token_endpoint_auth_method": "none",
    })
}

/// What a user is told of a program that is not known.
async fn why_unknown(user: &User, program: &Program) -> String {
    let begun = user
        .session
        .post("/api/auth/begin-authorization", program.request());
    begun.await.problem(400, "UNKNOWN_CLIENT").detail
}

async fn a_program_is_known_by_its_document(app: TestApp) {
    let server = DocumentServer::start(|url| {
        let document = document(&format!("{url}/client.json"));
        Router::new().route("/client.json", get(async || Json(document)))
    })
    .await;
    let app = app.replica_fetching(server.documents()).await;
    let ann = app.user("ann").await;
    let program = Program::known_as(&app, &format!("{}/client.json", server.url));
    let question = oauth::question(&ann, program.request()).await;
    assert_eq!(question.client_name, "Assistant");
    assert_eq!(question.client_host.as_deref(), Some("localhost"));
    let tokens = program.sign_in(&ann).await;
    assert!(is_good(&app, &tokens.access_token).await);
    let tokens: Tokens = program.refresh(&tokens).await.expect(200);
    assert!(is_good(&app, &tokens.access_token).await);
    assert_eq!(
        grants(&ann).await[0].client_host.as_deref(),
        Some("localhost")
    );
    assert_eq!(server.asked(), 1, "it is kept for a while");
    app.advance(SignedDuration::from_mins(10));
    oauth::question(&ann, program.request()).await;
    assert_eq!(server.asked(), 2);

    let foreign = program.request_with("redirect_uri", "https://evil.example/");
    let refused = ann
        .session
        .post("/api/auth/begin-authorization", foreign)
        .await;
    refused.problem(400, "FOREIGN_REDIRECT_URI");
}

async fn documents_that_are_none_are_refused(app: TestApp) {
    let server = DocumentServer::start(|url| {
        let other = document(&format!("{url}/another.json"));
        let html = document(&format!("{url}/html")).to_string();
        let mut large = document(&format!("{url}/large"));
        large["client_name"] = "x".repeat(20_000).into();
        let failing = document(&format!("{url}/failing"));
        let elsewhere = Json(document(&format!("{url}/redirect")));
        Router::new()
            .route("/other", get(async || Json(other)))
            .route(
                "/html",
                get(async || ([(header::CONTENT_TYPE, "text/html")], html)),
            )
            .route("/large", get(async || Json(large)))
            .route(
                "/failing",
                get(async || (StatusCode::NOT_FOUND, Json(failing))),
            )
            .route("/elsewhere", get(async || elsewhere))
            .route("/redirect", get(async || Redirect::temporary("/elsewhere")))
            .route("/nonsense", get(async || Json("nonsense")))
    })
    .await;
    let app = app.replica_fetching(server.documents()).await;
    let ann = app.user("ann").await;
    for (path, told) in [
        ("other", "describes another program"),
        ("html", "answered with something else"),
        ("large", "too large"),
        ("failing", "answered with something else"),
        ("redirect", "answered with something else"),
        ("nonsense", "lacks what identifies"),
        ("a/../other", "is not one of a description"),
        ("", "is not one of a description"),
    ] {
        let program = Program::known_as(&app, &format!("{}/{path}", server.url));
        for _ in 0..2 {
            let why = why_unknown(&ann, &program).await;
            assert!(why.contains(told), "{path}: {why}");
        }
    }
    assert_eq!(
        server.asked(),
        6,
        "that it is none is kept for a while, too"
    );
    let program = Program::known_as(&app, "https://localhost:1/client.json");
    let why = why_unknown(&ann, &program).await;
    assert!(why.contains("did not answer"), "{why}");
}

async fn documents_in_private_networks_are_not_fetched(app: TestApp) {
    let server = DocumentServer::start(|url| {
        let document = document(&format!("{url}/client.json"));
        Router::new().route("/client.json", get(async || Json(document)))
    })
    .await;
    // It is there and trusted, but where strangers have no business.
    let app = app.replica_fetching(server.documents_at(is_global)).await;
    let ann = app.user("ann").await;
    let (_, port) = server.url.rsplit_once(':').unwrap();
    for host in [
        "localhost",
        "127.0.0.1",
        "[::1]",
        "[::ffff:7f00:1]",
        "10.0.0.1",
        "169.254.169.254",
        "[fe80::1]",
        "[fd00::1]",
    ] {
        let program = Program::known_as(&app, &format!("https://{host}:{port}/client.json"));
        let why = why_unknown(&ann, &program).await;
        assert!(
            why.contains("is not on the public internet"),
            "{host}: {why}"
        );
    }
    assert_eq!(server.asked(), 0);
}
