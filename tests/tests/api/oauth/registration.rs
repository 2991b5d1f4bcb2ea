//! How a program makes itself known by registering.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use todo_tests::{
    NOON, TestApp,
    oauth::{Program, REDIRECT_URI},
    on_both,
};

use super::error;

on_both!(
    registrations_are_checked,
    registrations_are_limited_and_forgotten,
);

async fn registrations_are_checked(app: TestApp) {
    let path = "/api/oauth/register";
    let new = json!({
        "client_name": "  An\u{202e} assistant\n ",
        "redirect_uris": ["https://assistant.example/back", "assistant://back"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_post",
        "logo_uri": "https://assistant.example/logo.png",
    });
    let answer = app.anonymous().post(path, new).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let registered: Value = answer.expect(201);
    assert_eq!(registered["client_name"], "An assistant");
    assert_eq!(registered["redirect_uris"][1], "assistant://back");
    assert_eq!(registered["token_endpoint_auth_method"], "none");
    assert_eq!(registered["scope"], "tasks:read tasks:write");
    assert_eq!(
        registered["client_id_issued_at"],
        NOON.parse::<Timestamp>().unwrap().as_second()
    );
    assert_eq!(registered.get("client_secret"), None);

    for (new, expected) in [
        (json!({"redirect_uris": []}), "invalid_redirect_uri"),
        (
            json!({"redirect_uris": vec![REDIRECT_URI; 21]}),
            "invalid_redirect_uri",
        ),
        (
            json!({"redirect_uris": ["http://evil.example/"]}),
            "invalid_redirect_uri",
        ),
        (
            json!({"redirect_uris": ["javascript:alert(1)"]}),
            "invalid_redirect_uri",
        ),
        (
            json!({"redirect_uris": ["/callback"]}),
            "invalid_redirect_uri",
        ),
        (
            json!({"redirect_uris": [REDIRECT_URI], "grant_types": ["client_credentials"]}),
            "invalid_client_metadata",
        ),
        (
            json!({"redirect_uris": [REDIRECT_URI], "response_types": ["token"]}),
            "invalid_client_metadata",
        ),
        (json!({"client_name": "x"}), "invalid_client_metadata"),
        (json!({"redirect_uris": "\"ä\""}), "invalid_client_metadata"),
        (
            json!({"redirect_uris": [REDIRECT_URI], "client_name": "\u{0}"}),
            "invalid_client_metadata",
        ),
        (json!([]), "invalid_client_metadata"),
    ] {
        let refused = app.anonymous().post(path, new.clone()).await;
        assert_eq!(error(&refused, 400), expected, "{new}");
    }
    let large = json!({"redirect_uris": [REDIRECT_URI], "client_name": "x".repeat(300_000)});
    let refused = app.anonymous().post(path, large).await;
    assert_eq!(error(&refused, 413), "invalid_request");
}

async fn registrations_are_limited_and_forgotten(app: TestApp) {
    let few = app.replica_with(&[("OAUTH_REGISTRATION_LIMIT", "3")]).await;
    let ann = app.user("ann").await;
    let mut programs = Vec::new();
    for _ in 0..3 {
        programs.push(Program::register(&few).await);
    }
    let new = json!({"redirect_uris": [REDIRECT_URI]});
    let refused = few
        .anonymous()
        .post("/api/oauth/register", new.clone())
        .await;
    assert_eq!(error(&refused, 429), "temporarily_unavailable");
    assert_eq!(refused.header("retry-after"), "3600");
    app.advance(SignedDuration::from_hours(1));
    few.anonymous()
        .post("/api/oauth/register", new)
        .await
        .assert_status(201);

    let tokens = programs[0].sign_in(&ann).await;
    app.advance(SignedDuration::from_hours(24));
    let ann = app.sign_in("ann").await;
    let request = programs[1].request();
    let begun = ann
        .session
        .post("/api/auth/begin-authorization", request)
        .await;
    begun.problem(400, "UNKNOWN_CLIENT");
    // It hears that it has to register again.
    let refused = programs[1].redeem("nonsense").await;
    assert_eq!(error(&refused, 400), "invalid_client");
    // One that somebody let in is remembered.
    programs[0].refresh(&tokens).await.assert_status(200);
    programs[0].sign_in(&ann).await;
}
