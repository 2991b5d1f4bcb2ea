//! Sign-in for programs: what a program that speaks OAuth 2.1 sees, and what one that cheats does.

use std::time::Duration;

use axum::{
    Json, Router,
    http::{StatusCode, header},
    response::Redirect,
    routing::get,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use todo_api::{AuthorizationStep, OauthGrant, Scope, Status};
use todo_backend::accounts::oauth::is_global;
use todo_tests::{
    Mcp, NOON, PASSWORD, TestApp, User,
    document_server::DocumentServer,
    mcp::CURRENT,
    oauth::{self, CHALLENGE, Program, REDIRECT_URI, Tokens, VERIFIER, parameter},
    on_both,
};

on_both!(
    a_program_finds_its_way_from_the_address_alone,
    a_user_is_asked_and_may_say_no,
    a_code_works_once_and_a_second_use_ends_what_it_gave,
    a_code_used_twice_at_once_gives_nothing_that_lasts,
    a_code_is_good_for_its_own_program_address_and_verifier,
    a_code_ends_after_a_minute,
    what_there_is_not_goes_back_to_the_program_as_an_error,
    nobody_is_sent_where_the_program_is_not,
    consent_takes_the_users_own_session,
    refresh_tokens_rotate_on_any_replica,
    a_refresh_token_that_comes_again_ends_the_grant,
    access_tokens_end_and_grants_too,
    a_token_for_reading_reads,
    a_token_is_good_for_mcp_alone,
    a_token_for_another_address_is_none,
    a_program_gives_its_tokens_back,
    a_user_removes_a_program_everywhere_at_once,
    a_user_allows_at_most_fifty_programs,
    registrations_are_checked,
    registrations_are_limited_and_forgotten,
    token_requests_that_make_no_sense_are_told_so,
    a_program_is_known_by_its_document,
    documents_that_are_none_are_refused,
    documents_in_private_networks_are_not_fetched,
);

const GRANTS: &str = "/api/auth/list-oauth-grants";
const RESOURCE: &str = "http://localhost:3000/mcp";

async fn grants(user: &User) -> Vec<OauthGrant> {
    user.session.get(GRANTS).await.expect(200)
}

/// An MCP client with this token.
fn mcp(app: &TestApp, token: &str) -> Mcp {
    let client = app.anonymous();
    Mcp::new(
        &client.with("authorization", &format!("Bearer {token}")),
        CURRENT,
    )
}

/// Whether this token is good for `/mcp`.
async fn is_good(app: &TestApp, token: &str) -> bool {
    let answer = mcp(app, token).send("tools/list", json!({})).await;
    if answer.status == StatusCode::OK {
        return true;
    }
    answer.problem(401, "unauthorized");
    let challenge = answer.header("www-authenticate");
    assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    assert!(challenge.contains("resource_metadata="), "{challenge}");
    false
}

/// The error of an answer in OAuth's terms.
#[track_caller]
fn error(answer: &todo_tests::client::Answer, status: u16) -> String {
    let problem: Value = answer.expect(status);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
    let description = problem["error_description"].as_str().unwrap();
    assert!(description.ends_with('.'), "{description}");
    let is_allowed = |c| matches!(c, ' '..='~') && c != '"' && c != '\\';
    assert!(description.chars().all(is_allowed), "{description}");
    problem["error"].as_str().unwrap().to_owned()
}

async fn a_program_finds_its_way_from_the_address_alone(app: TestApp) {
    let ann = app.user("ann").await;
    ann.add("Buy milk").await;
    let stranger = Mcp::new(&app.anonymous(), CURRENT);
    let refused = stranger.send("tools/list", json!({})).await;
    refused.problem(401, "unauthorized");
    let challenge = refused.header("www-authenticate").to_owned();
    let (_, metadata) = challenge.split_once("resource_metadata=\"").unwrap();
    let metadata = metadata.trim_end_matches('"');
    let path = |url: &str| {
        url.strip_prefix("http://localhost:3000")
            .unwrap()
            .to_owned()
    };

    let resource: Value = app.anonymous().get(&path(metadata)).await.expect(200);
    assert_eq!(resource["resource"], RESOURCE);
    assert_eq!(
        resource["authorization_servers"],
        json!(["http://localhost:3000"])
    );
    for place in ["", "/mcp"] {
        let place = format!("/.well-known/oauth-authorization-server{place}");
        let answer = app.anonymous().get(&place).await;
        assert_eq!(answer.header("content-type"), "application/json");
        let server: Value = answer.expect(200);
        assert_eq!(server["issuer"], "http://localhost:3000");
        assert_eq!(
            server["authorization_endpoint"],
            "http://localhost:3000/oauth/authorize"
        );
        assert_eq!(server["code_challenge_methods_supported"], json!(["S256"]));
        assert_eq!(
            server["token_endpoint_auth_methods_supported"],
            json!(["none"])
        );
        assert_eq!(
            server["authorization_response_iss_parameter_supported"],
            true
        );
        assert_eq!(server["client_id_metadata_document_supported"], true);
        for (endpoint, expected) in [
            ("registration_endpoint", "/api/oauth/register"),
            ("token_endpoint", "/api/oauth/token"),
            ("revocation_endpoint", "/api/oauth/revoke"),
        ] {
            assert_eq!(path(server[endpoint].as_str().unwrap()), expected);
        }
    }

    let program = Program::register(&app).await;
    let location = oauth::decide(&ann, program.request(), true).await;
    assert!(
        location.starts_with(&format!("{REDIRECT_URI}?")),
        "{location}"
    );
    assert_eq!(parameter(&location, "state").unwrap(), "a state");
    assert_eq!(
        parameter(&location, "iss").unwrap(),
        "http://localhost:3000"
    );
    assert_eq!(parameter(&location, "error"), None);
    let answer = program.redeem(&parameter(&location, "code").unwrap()).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let told: Value = answer.expect(200);
    assert_eq!(told["token_type"], "Bearer");
    assert_eq!(told["expires_in"], 3600);
    assert_eq!(told["scope"], "tasks:read tasks:write");
    let tokens: Tokens = answer.expect(200);

    let tasks = mcp(&app, &tokens.access_token)
        .call("list_tasks", json!({}))
        .await;
    assert_eq!(tasks["result"][0]["title"], "Buy milk");
    mcp(&app, &tokens.access_token)
        .call("add_task", json!({"title": "Eggs"}))
        .await;
    assert_eq!(ann.titles("").await, ["Eggs", "Buy milk"]);

    let noon: Timestamp = NOON.parse().unwrap();
    // Its use is noted beside the request.
    while grants(&ann).await[0].last_used_at != Some(noon) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let grant = &grants(&ann).await[0];
    assert_eq!(
        (grant.client_name.as_str(), &grant.client_host),
        ("Helper", &None)
    );
    assert_eq!(grant.scopes, [Scope::Read, Scope::Write]);
    assert_eq!(grant.created_at, noon);
    let export = ann.get("export").await;
    export.assert_status(200);
    assert!(
        export.text().contains("\"oauth_grants\":["),
        "{}",
        export.text()
    );
    assert!(export.text().contains("Helper"));
    for secret in ["todo_oat_", "todo_ort_", "todo_oac_"] {
        assert!(!export.text().contains(secret));
    }
}

async fn a_user_is_asked_and_may_say_no(app: TestApp) {
    let ann = app.user("ann").await;
    let program = Program::register(&app).await;
    let question = oauth::question(&ann, program.request()).await;
    assert_eq!(question.client_name, "Helper");
    assert_eq!(question.client_host, None);
    assert_eq!(question.redirect_uri, REDIRECT_URI);
    assert_eq!(question.scopes, [Scope::Read, Scope::Write]);
    let reading = program.request_with("scope", "tasks:read offline_access");
    assert_eq!(oauth::question(&ann, reading).await.scopes, [Scope::Read]);
    // What older clients leave out is what there is.
    let mut bare = program.request();
    bare.as_object_mut()
        .unwrap()
        .retain(|name, _| !["scope", "state", "resource"].contains(&name.as_str()));
    let question = oauth::question(&ann, bare.clone()).await;
    assert_eq!(question.scopes, [Scope::Read, Scope::Write]);
    let location = oauth::decide(&ann, bare, true).await;
    assert_eq!(parameter(&location, "state"), None);

    let location = oauth::decide(&ann, program.request(), false).await;
    assert_eq!(parameter(&location, "error").unwrap(), "access_denied");
    assert_eq!(parameter(&location, "state").unwrap(), "a state");
    assert_eq!(
        parameter(&location, "iss").unwrap(),
        "http://localhost:3000"
    );
    assert_eq!(parameter(&location, "code"), None);
    assert_eq!(grants(&ann).await, []);
}

async fn a_code_works_once_and_a_second_use_ends_what_it_gave(app: TestApp) {
    let replica = app.replica().await;
    let ann = app.user("ann").await;
    let program = Program::register(&app).await;
    let code = program.code(&ann).await;
    let tokens: Tokens = program.redeem(&code).await.expect(200);
    assert!(is_good(&app, &tokens.access_token).await);
    app.advance(SignedDuration::from_hours(3));
    let again = program.at(&replica).redeem(&code).await;
    assert_eq!(error(&again, 400), "invalid_grant");
    assert_eq!(grants(&ann).await, []);
    assert!(!is_good(&app, &tokens.access_token).await);
    assert_eq!(error(&program.refresh(&tokens).await, 400), "invalid_grant");
}

async fn a_code_used_twice_at_once_gives_nothing_that_lasts(app: TestApp) {
    let replica = app.replica().await;
    let ann = app.user("ann").await;
    let program = Program::register(&app).await;
    let there = program.at(&replica);
    let code = program.code(&ann).await;
    let answers = tokio::join!(program.redeem(&code), there.redeem(&code));
    let mut statuses = [answers.0.status.as_u16(), answers.1.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
    assert_eq!(grants(&ann).await, []);
}

async fn a_code_is_good_for_its_own_program_address_and_verifier(app: TestApp) {
    let ann = app.user("ann").await;
    let (program, other) = (Program::register(&app).await, Program::register(&app).await);
    for (name, value, expected) in [
        ("code_verifier", "", "invalid_grant"),
        ("code_verifier", CHALLENGE, "invalid_grant"),
        ("code_verifier", &VERIFIER[..42], "invalid_grant"),
        ("redirect_uri", "http://127.0.0.1/other", "invalid_grant"),
        (
            "redirect_uri",
            "http://127.0.0.1:1/callback",
            "invalid_grant",
        ),
        ("client_id", &other.id, "invalid_grant"),
        (
            "client_id",
            "https://program.example/client.json",
            "invalid_grant",
        ),
        ("resource", "http://localhost:3000/", "invalid_target"),
    ] {
        let code = program.code(&ann).await;
        let refused = program.redeem_with(&code, name, value).await;
        assert_eq!(error(&refused, 400), expected, "{name} {value}");
        // Who tried it wrongly has used it.
        let refused = program.redeem(&code).await;
        assert_eq!(error(&refused, 400), "invalid_grant", "{name} {value}");
    }
    assert_eq!(grants(&ann).await, []);
    let code = program.code(&ann).await;
    for wrong in [
        "",
        "todo_oac_",
        &code[..48],
        &code.to_uppercase(),
        &code.replace("oac", "oat"),
    ] {
        let refused = program.redeem(wrong).await;
        assert_eq!(error(&refused, 400), "invalid_grant", "{wrong}");
    }
    // OAuth 2.1 leaves the address out.
    let redeemed = program.redeem_with(&code, "redirect_uri", "").await;
    redeemed.assert_status(200);
}

async fn a_code_ends_after_a_minute(app: TestApp) {
    let ann = app.user("ann").await;
    let program = Program::register(&app).await;
    let code = program.code(&ann).await;
    app.advance(SignedDuration::from_secs(59));
    program.redeem(&code).await.assert_status(200);
    let code = program.code(&ann).await;
    app.advance(SignedDuration::from_secs(60));
    assert_eq!(error(&program.redeem(&code).await, 400), "invalid_grant");
}

async fn what_there_is_not_goes_back_to_the_program_as_an_error(app: TestApp) {
    let ann = app.user("ann").await;
    let program = Program::register(&app).await;
    for (name, value, expected) in [
        ("response_type", "", "unsupported_response_type"),
        ("response_type", "token", "unsupported_response_type"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge", "short", "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("scope", "admin", "invalid_scope"),
        (
            "resource",
            "https://elsewhere.example/mcp",
            "invalid_target",
        ),
        ("resource", "http://localhost:3000", "invalid_target"),
    ] {
        let request = program.request_with(name, value);
        let AuthorizationStep::Return(answer) = oauth::begin(&ann, request.clone()).await else {
            panic!("the user was asked in spite of {name} {value}");
        };
        // Saying yes anyway does not help.
        assert_eq!(oauth::decide(&ann, request, true).await, answer.location);
        assert!(answer.location.starts_with(&format!("{REDIRECT_URI}?")));
        assert_eq!(
            parameter(&answer.location, "error").unwrap(),
            expected,
            "{name} {value}"
        );
        assert_eq!(parameter(&answer.location, "state").unwrap(), "a state");
        assert_eq!(
            parameter(&answer.location, "iss").unwrap(),
            "http://localhost:3000"
        );
        assert_eq!(parameter(&answer.location, "code"), None);
    }
}

async fn nobody_is_sent_where_the_program_is_not(app: TestApp) {
    let ann = app.user("ann").await;
    let program = Program::register(&app).await;
    // The port at home is free.
    let elsewhere = program.request_with("redirect_uri", "http://127.0.0.1:33418/callback");
    let location = oauth::decide(&ann, elsewhere, true).await;
    assert!(
        location.starts_with("http://127.0.0.1:33418/callback?code="),
        "{location}"
    );

    let long = "x".repeat(2001);
    for (name, value, code) in [
        ("redirect_uri", "", "FOREIGN_REDIRECT_URI"),
        (
            "redirect_uri",
            "https://evil.example/callback",
            "FOREIGN_REDIRECT_URI",
        ),
        (
            "redirect_uri",
            "http://127.0.0.1/callback/",
            "FOREIGN_REDIRECT_URI",
        ),
        (
            "redirect_uri",
            "http://127.0.0.1/callback?x=y",
            "FOREIGN_REDIRECT_URI",
        ),
        (
            "redirect_uri",
            "http://localhost/callback",
            "FOREIGN_REDIRECT_URI",
        ),
        (
            "redirect_uri",
            "http://127.0.0.1:80@evil.example/callback",
            "FOREIGN_REDIRECT_URI",
        ),
        ("client_id", "", "UNKNOWN_CLIENT"),
        ("client_id", "nobody", "UNKNOWN_CLIENT"),
        (
            "client_id",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "UNKNOWN_CLIENT",
        ),
        ("state", &long, "UNKNOWN_CLIENT"),
    ] {
        let mut request = program.request_with(name, value);
        let begun = ann
            .session
            .post("/api/auth/begin-authorization", request.clone());
        begun.await.problem(400, code);
        request["allow"] = true.into();
        let decided = ann.session.post("/api/auth/decide-authorization", request);
        decided.await.problem(400, code);
    }
}

async fn consent_takes_the_users_own_session(app: TestApp) {
    let ann = app.user("ann").await;
    let program = Program::register(&app).await;
    let mut decision = program.request();
    decision["allow"] = true.into();
    let path = "/api/auth/decide-authorization";
    let token = ann.make_token("laptop", &["write"]).await.token;
    for stranger in [&app.anonymous(), &ann.client, &ann.bearing(&token).client] {
        let refused = stranger.post(path, decision.clone()).await;
        refused.problem(401, "UNAUTHORIZED");
    }
    // Nor can another site make the browser say yes.
    let cookie = ann
        .session
        .header("authorization")
        .replace("Bearer ", "todo=");
    let browser = app.anonymous().with("cookie", &cookie);
    for forged in [
        browser.clone().with("sec-fetch-site", "cross-site"),
        browser.clone().with("sec-fetch-site", "same-site"),
        browser.clone().with("origin", "https://evil.example"),
        browser.clone(),
    ] {
        let refused = forged.post(path, decision.clone()).await;
        refused.problem(403, "INVALID_ORIGIN");
    }
    let own = browser.with("sec-fetch-site", "same-origin");
    own.post(path, decision).await.assert_status(200);
}

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

async fn a_user_removes_a_program_everywhere_at_once(app: TestApp) {
    let replica = app.replica().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let program = Program::register(&app).await;
    let tokens = program.sign_in(&ann).await;
    let bobs = program.sign_in(&bob).await;
    assert!(is_good(&replica, &tokens.access_token).await);
    let id = json!({"id": grants(&ann).await[0].id});
    let revoke = async |user: &User| {
        let path = "/api/auth/revoke-oauth-grant";
        let revoked: Status = user.session.post(path, id.clone()).await.expect(200);
        assert!(revoked.status);
    };
    // Bob has no business with it.
    revoke(&bob).await;
    assert!(is_good(&app, &tokens.access_token).await);
    revoke(&ann).await;
    for app in [&replica, &app] {
        assert!(!is_good(app, &tokens.access_token).await);
        assert!(is_good(app, &bobs.access_token).await);
    }
    assert_eq!(error(&program.refresh(&tokens).await, 400), "invalid_grant");
    revoke(&ann).await;

    let form = json!({"password": PASSWORD});
    let deleted = bob.session.post("/api/auth/delete-user", form).await;
    deleted.assert_status(200);
    assert!(!is_good(&app, &bobs.access_token).await);
    assert_eq!(error(&program.refresh(&bobs).await, 400), "invalid_grant");
}

async fn a_user_allows_at_most_fifty_programs(app: TestApp) {
    let ann = app.user("ann").await;
    let program = Program::register(&app).await;
    for _ in 0..50 {
        program.sign_in(&ann).await;
    }
    let mut decision = program.request();
    decision["allow"] = true.into();
    let refused = ann
        .session
        .post("/api/auth/decide-authorization", decision)
        .await;
    refused.problem(422, "TOO_MANY_GRANTS");
}

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

/// A document as it should be, at that address.
fn document(id: &str) -> Value {
    json!({
        "client_id": id,
        "client_name": "Assistant",
        "redirect_uris": [REDIRECT_URI],
        "token_endpoint_auth_method": "none",
    })
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
            let begun = ann
                .session
                .post("/api/auth/begin-authorization", program.request());
            let problem = begun.await.problem(400, "UNKNOWN_CLIENT");
            assert!(problem.detail.contains(told), "{path}: {}", problem.detail);
        }
    }
    assert_eq!(
        server.asked(),
        6,
        "that it is none is kept for a while, too"
    );
    let program = Program::known_as(&app, "https://localhost:1/client.json");
    let begun = ann
        .session
        .post("/api/auth/begin-authorization", program.request());
    let problem = begun.await.problem(400, "UNKNOWN_CLIENT");
    assert!(
        problem.detail.contains("did not answer"),
        "{}",
        problem.detail
    );
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
        let begun = ann
            .session
            .post("/api/auth/begin-authorization", program.request());
        let problem = begun.await.problem(400, "UNKNOWN_CLIENT");
        assert!(
            problem.detail.contains("is not on the public internet"),
            "{host}: {}",
            problem.detail
        );
    }
    assert_eq!(server.asked(), 0);
}
