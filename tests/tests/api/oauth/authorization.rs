//! How a user lets a program in: what it asks, where the answer goes, and who may give it.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use todo_api::{AuthorizationStep, Scope};
use todo_tests::{
    Mcp, NOON, TestApp,
    mcp::CURRENT,
    oauth::{self, Program, REDIRECT_URI, Tokens, parameter},
    on_both,
};

use super::{RESOURCE, grants, mcp};

on_both!(
    a_program_finds_its_way_from_the_address_alone,
    a_user_is_asked_and_may_say_no,
    what_there_is_not_goes_back_to_the_program_as_an_error,
    nobody_is_sent_where_the_program_is_not,
    consent_takes_the_users_own_session,
);

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
