//! A program's tokens: how they are refreshed, what they are good for, and how they end.

use jiff::SignedDuration;
use serde_json::json;
use todo_tests::{
    TestApp,
    oauth::{Program, Tokens},
    on_both,
};

use super::{GRANTS, RESOURCE, error, grants, is_good, mcp};

on_both!(
    refresh_tokens_rotate_on_any_replica,
    a_refresh_token_that_comes_again_ends_the_grant,
    access_tokens_end_and_grants_too,
    a_token_for_reading_reads,
    a_token_is_good_for_mcp_alone,
    a_token_for_another_address_is_none,
    a_program_gives_its_tokens_back,
    token_requests_that_make_no_sense_are_told_so,
);

async fn refresh_tokens_rotate_on_any_replica(app: TestApp) {
    let replica = app.replica().await;
    let ann = app.user("ann").await;
    let program = Program::register(&app).await;
    let first = program.sign_in(&ann).await;
    let second: Tokens = program.at(&replica).refresh(&first).await.expect(200);
    assert_ne!(second.access_token, first.access_token);
    assert_ne!(second.refresh_token, first.refresh_token);
    assert_eq!(second.scope, first.scope);
    assert!(is_good(&app, &second.access_token).await);
    let third: Tokens = program
        .refresh_with(&second, "resource", RESOURCE)
        .await
        .expect(200);
    assert!(is_good(&replica, &third.access_token).await);
    assert_eq!(grants(&ann).await.len(), 1);

    for (name, value, expected) in [
        (
            "client_id",
            "https://program.example/client.json",
            "invalid_grant",
        ),
        ("refresh_token", "todo_ort_", "invalid_grant"),
        ("refresh_token", &third.access_token, "invalid_grant"),
        (
            "resource",
            "https://elsewhere.example/mcp",
            "invalid_target",
        ),
    ] {
        let refused = program.refresh_with(&third, name, value).await;
        assert_eq!(error(&refused, 400), expected, "{name} {value}");
    }
    program.refresh(&third).await.assert_status(200);
}

async fn a_refresh_token_that_comes_again_ends_the_grant(app: TestApp) {
    let replica = app.replica().await;
    let ann = app.user("ann").await;
    let program = Program::register(&app).await;
    let bystander = program.sign_in(&ann).await;
    let first = program.sign_in(&ann).await;
    let second: Tokens = program.refresh(&first).await.expect(200);
    let third: Tokens = program.refresh(&second).await.expect(200);
    // However old it is.
    assert_eq!(
        error(&program.at(&replica).refresh(&first).await, 400),
        "invalid_grant"
    );
    for tokens in [&first, &second, &third] {
        assert!(!is_good(&app, &tokens.access_token).await);
        assert_eq!(error(&program.refresh(tokens).await, 400), "invalid_grant");
    }
    assert!(is_good(&app, &bystander.access_token).await);
    assert_eq!(grants(&ann).await.len(), 1);

    // Of two at once one is the second.
    let there = program.at(&replica);
    let answers = tokio::join!(program.refresh(&bystander), there.refresh(&bystander));
    let mut statuses = [answers.0.status.as_u16(), answers.1.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
    assert_eq!(grants(&ann).await, []);
}

async fn access_tokens_end_and_grants_too(app: TestApp) {
    let second = SignedDuration::from_secs(1);
    let ann = app.user("ann").await;
    let program = Program::register(&app).await;
    let tokens = program.sign_in(&ann).await;
    app.advance(SignedDuration::from_hours(1) - second);
    assert!(is_good(&app, &tokens.access_token).await);
    app.advance(second);
    assert!(!is_good(&app, &tokens.access_token).await);

    let tokens: Tokens = program.refresh(&tokens).await.expect(200);
    let next: Tokens = program.refresh(&tokens).await.expect(200);
    // Requests on their way still arrive.
    app.advance(SignedDuration::from_secs(59));
    assert!(is_good(&app, &tokens.access_token).await);
    app.advance(second);
    assert!(!is_good(&app, &tokens.access_token).await);
    assert!(is_good(&app, &next.access_token).await);

    app.advance(SignedDuration::from_hours(89 * 24));
    let last: Tokens = program.refresh(&next).await.expect(200);
    app.advance(SignedDuration::from_hours(90 * 24));
    let ann = app.sign_in("ann").await;
    assert_eq!(grants(&ann).await, []);
    assert_eq!(error(&program.refresh(&last).await, 400), "invalid_grant");
    // The program can ask again.
    program.sign_in(&ann).await;
}

async fn a_token_for_reading_reads(app: TestApp) {
    let ann = app.user("ann").await;
    ann.add("Buy milk").await;
    let program = Program::register(&app).await;
    let code = program
        .code_for(&ann, program.request_with("scope", "tasks:read"))
        .await;
    let tokens: Tokens = program.redeem(&code).await.expect(200);
    assert_eq!(tokens.scope, "tasks:read");
    let mcp = mcp(&app, &tokens.access_token);
    let tasks = mcp.call("list_tasks", json!({})).await;
    assert_eq!(tasks["result"][0]["title"], "Buy milk");
    let add = json!({"name": "add_task", "arguments": {"title": "Eggs"}});
    let refused = mcp.send("tools/call", add).await;
    refused.problem(403, "insufficient_scope");
    assert_eq!(
        refused.header("www-authenticate"),
        "Bearer error=\"insufficient_scope\", scope=\"tasks:read tasks:write\", \
         resource_metadata=\"http://localhost:3000/.well-known/oauth-protected-resource/mcp\""
    );
    assert_eq!(ann.titles("").await, ["Buy milk"]);
    // A refresh does not make more of it.
    let refused = program.refresh_with(&tokens, "scope", "tasks:write").await;
    assert_eq!(error(&refused, 400), "invalid_scope");
    let same: Tokens = program
        .refresh_with(&tokens, "scope", "tasks:read")
        .await
        .expect(200);
    assert_eq!(same.scope, "tasks:read");
}

async fn a_token_is_good_for_mcp_alone(app: TestApp) {
    let ann = app.user("ann").await;
    let program = Program::register(&app).await;
    let tokens = program.sign_in(&ann).await;
    for token in [&tokens.access_token, &tokens.refresh_token] {
        let bearer = ann.bearing(token);
        bearer.get("tasks").await.problem(401, "unauthorized");
        let answer = bearer.post("chat", json!({"message": "add milk"})).await;
        answer.problem(401, "unauthorized");
        for path in ["/api/auth/token", GRANTS] {
            bearer.client.get(path).await.problem(401, "UNAUTHORIZED");
        }
    }
    assert!(!is_good(&app, &tokens.refresh_token).await);
    for nonsense in [
        "todo_oat_",
        &tokens.access_token[..48],
        &tokens.access_token.to_uppercase(),
    ] {
        assert!(!is_good(&app, nonsense).await);
    }
}

async fn a_token_for_another_address_is_none(app: TestApp) {
    let ann = app.user("ann").await;
    let tokens = Program::register(&app).await.sign_in(&ann).await;
    let elsewhere = app
        .replica_with(&[("PUBLIC_URL", "https://todo.example.org")])
        .await;
    assert!(!is_good(&elsewhere, &tokens.access_token).await);
    assert!(is_good(&app, &tokens.access_token).await);
}

async fn a_program_gives_its_tokens_back(app: TestApp) {
    let ann = app.user("ann").await;
    let (program, other) = (Program::register(&app).await, Program::register(&app).await);
    let tokens = program.sign_in(&ann).await;
    for nothing in ["nonsense", "todo_oat_", "todo_ort_"] {
        program.revoke(nothing).await;
    }
    other.revoke(&tokens.refresh_token).await;
    assert!(is_good(&app, &tokens.access_token).await);

    program.revoke(&tokens.access_token).await;
    assert!(!is_good(&app, &tokens.access_token).await);
    let tokens: Tokens = program.refresh(&tokens).await.expect(200);
    program.revoke(&tokens.refresh_token).await;
    assert!(!is_good(&app, &tokens.access_token).await);
    assert_eq!(grants(&ann).await, []);
    program.revoke(&tokens.refresh_token).await;
    let refused = program.post("/api/oauth/revoke", &[]).await;
    assert_eq!(error(&refused, 400), "invalid_request");
}

async fn token_requests_that_make_no_sense_are_told_so(app: TestApp) {
    let program = Program::register(&app).await;
    let id = program.id.as_str();
    let path = "/api/oauth/token";
    for (form, expected) in [
        (&[][..], "invalid_request"),
        (&[("client_id", id)], "invalid_request"),
        (&[("grant_type", "authorization_code")], "invalid_request"),
        (
            &[("client_id", id), ("grant_type", "password")],
            "unsupported_grant_type",
        ),
        (
            &[("client_id", id), ("grant_type", "client_credentials")],
            "unsupported_grant_type",
        ),
        (&[("client_id", id), ("client_id", id)], "invalid_request"),
        (
            &[("client_id", id), ("grant_type", "authorization_code")],
            "invalid_grant",
        ),
        (
            &[("client_id", "a\u{0}b"), ("grant_type", "refresh_token")],
            "invalid_client",
        ),
    ] {
        let refused = program.post(path, form).await;
        assert_eq!(error(&refused, 400), expected, "{form:?}");
    }
    let json = app
        .anonymous()
        .post(path, json!({"grant_type": "refresh_token"}))
        .await;
    assert_eq!(error(&json, 400), "invalid_request");
    let large = "x".repeat(300_000);
    let refused = program.post(path, &[("code", &large)]).await;
    assert_eq!(error(&refused, 413), "invalid_request");
    app.anonymous()
        .get(path)
        .await
        .problem(405, "method_not_allowed");
}
