//! Personal access tokens: what programs act for a user with.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use todo_api::{CreatedPersonalToken, PersonalToken, Scope, Status};
use todo_tests::{NOON, TestApp, User, on_both};

on_both!(
    a_token_is_shown_once_and_then_listed_without_its_secret,
    a_token_is_good_for_what_its_scopes_say,
    a_token_ends_when_it_expires,
    a_token_ends_at_once_when_it_is_revoked_on_all_replicas,
    a_token_can_manage_neither_tokens_nor_the_account,
    bad_tokens_are_told_why,
    a_user_has_at_most_fifty,
    nobody_sees_or_revokes_anothers,
    a_stream_ends_with_its_token,
    the_last_use_is_noted,
);

const LIST: &str = "/api/auth/list-personal-tokens";
const CREATE: &str = "/api/auth/create-personal-token";
const REVOKE: &str = "/api/auth/revoke-personal-token";

async fn tokens(user: &User) -> Vec<PersonalToken> {
    user.session.get(LIST).await.expect(200)
}

async fn revoke(user: &User, id: &str) {
    let revoked: Status = user
        .session
        .post(REVOKE, json!({ "id": id }))
        .await
        .expect(200);
    assert!(revoked.status);
}

async fn a_token_is_shown_once_and_then_listed_without_its_secret(app: TestApp) {
    let ann = app.user("ann").await;
    let form = json!({"name": " My laptop ", "scopes": ["write"]});
    let answer = ann.session.post(CREATE, form).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let made: CreatedPersonalToken = answer.expect(200);
    assert!(made.token.starts_with("todo_pat_"), "{}", made.token);
    assert_eq!(made.token.len(), 49);
    let token = made.personal_token;
    let noon: Timestamp = NOON.parse().unwrap();
    assert_eq!(token.name, "My laptop");
    assert_eq!(token.scopes, [Scope::Read, Scope::Write]);
    assert_eq!(token.created_at, noon);
    assert_eq!(token.expires_at, noon + SignedDuration::from_hours(90 * 24));
    assert_eq!(token.last_used_at, None);

    let listed = ann.session.get(LIST).await;
    assert!(!listed.text().contains(&made.token), "{}", listed.text());
    assert_eq!(tokens(&ann).await, [token]);
    let export = ann.get("export").await;
    export.assert_status(200);
    assert!(export.text().contains("My laptop"));
    assert!(!export.text().contains("todo_pat_"));
}

async fn a_token_is_good_for_what_its_scopes_say(app: TestApp) {
    let ann = app.user("ann").await;
    ann.add("Buy milk").await;
    for scopes in [&["write"][..], &["read", "write"]] {
        let writer = ann.bearing(&ann.make_token(&scopes.join("+"), scopes).await.token);
        writer.add("Pay bills").await;
        writer.delete("tasks/1").await.assert_status(200);
        writer
            .post("tasks/1/restore", Value::Null)
            .await
            .assert_status(200);
    }
    let reader = ann.bearing(&ann.make_token("reader", &["read"]).await.token);
    assert_eq!(
        reader.titles("").await,
        ["Pay bills", "Pay bills", "Buy milk"]
    );
    for answer in [
        reader.post("tasks", json!({"title": "x"})).await,
        reader.put("tasks/1", json!({"title": "x"})).await,
        reader.patch("tasks/1/complete", Value::Null).await,
        reader.delete("tasks/1").await,
        reader.post("chat", json!({"message": "add x"})).await,
    ] {
        answer.problem(403, "insufficient_scope");
        assert_eq!(
            answer.header("www-authenticate"),
            "Bearer error=\"insufficient_scope\""
        );
    }
    assert_eq!(ann.titles("?status=pending").await.len(), 3);
}

async fn a_token_ends_when_it_expires(app: TestApp) {
    let ann = app.user("ann").await;
    let program = ann.bearing(&ann.make_token("laptop", &["read"]).await.token);
    app.advance(SignedDuration::from_hours(24) - SignedDuration::from_secs(1));
    program.get("tasks").await.assert_status(200);
    app.advance(SignedDuration::from_secs(1));
    program.get("tasks").await.problem(401, "unauthorized");
    assert_eq!(tokens(&ann).await, []);
    // Its name is free again.
    ann.make_token("laptop", &["read"]).await;
}

async fn a_token_ends_at_once_when_it_is_revoked_on_all_replicas(app: TestApp) {
    let replica = app.replica().await;
    let ann = app.user("ann").await;
    let made = ann.make_token("laptop", &["read"]).await;
    let other = ann.make_token("desktop", &["read"]).await;
    let program = ann.bearing(&made.token);
    program.at(&replica).get("tasks").await.assert_status(200);
    revoke(&ann, &made.personal_token.id).await;
    for app in [&replica, &app] {
        let answer = program.at(app).get("tasks").await;
        answer.problem(401, "unauthorized");
    }
    let other = ann.bearing(&other.token);
    other.get("tasks").await.assert_status(200);
    // It has ended already.
    revoke(&ann, &made.personal_token.id).await;
}

async fn a_token_can_manage_neither_tokens_nor_the_account(app: TestApp) {
    let ann = app.user("ann").await;
    let made = ann.make_token("laptop", &["write"]).await;
    let program = ann.bearing(&made.token).client;
    assert_eq!(
        program
            .get("/api/auth/get-session")
            .await
            .expect::<Value>(200),
        Value::Null
    );
    for path in [LIST, "/api/auth/token", "/api/auth/list-sessions"] {
        program.get(path).await.problem(401, "UNAUTHORIZED");
    }
    let form = json!({"name": "another", "scopes": ["write"]});
    for (path, form) in [
        (CREATE, form),
        (REVOKE, json!({"id": made.personal_token.id})),
        (
            "/api/auth/delete-user",
            json!({"password": todo_tests::PASSWORD}),
        ),
        ("/api/auth/revoke-sessions", json!({})),
    ] {
        program.post(path, form).await.problem(401, "UNAUTHORIZED");
    }
    // Nor is a JWT enough: it is a program's credential too.
    let answer = ann.client.get(LIST).await;
    answer.problem(401, "UNAUTHORIZED");
    assert_eq!(tokens(&ann).await.len(), 1);
}

async fn bad_tokens_are_told_why(app: TestApp) {
    let ann = app.user("ann").await;
    ann.make_token("laptop", &["read"]).await;
    let long = "ä".repeat(101);
    for (form, code) in [
        (json!({"name": "", "scopes": ["read"]}), "VALIDATION_ERROR"),
        (
            json!({"name": long, "scopes": ["read"]}),
            "VALIDATION_ERROR",
        ),
        (
            json!({"name": "a\nb", "scopes": ["read"]}),
            "VALIDATION_ERROR",
        ),
        (json!({"name": "x", "scopes": []}), "VALIDATION_ERROR"),
        (json!({"name": "x", "scopes": ["all"]}), "VALIDATION_ERROR"),
        (json!({"name": "x"}), "VALIDATION_ERROR"),
        (
            json!({"name": "x", "scopes": ["read"], "expiresInDays": 0}),
            "VALIDATION_ERROR",
        ),
        (
            json!({"name": "x", "scopes": ["read"], "expiresInDays": 367}),
            "VALIDATION_ERROR",
        ),
    ] {
        ann.session.post(CREATE, form).await.problem(400, code);
    }
    let again = json!({"name": "laptop", "scopes": ["write"]});
    let answer = ann.session.post(CREATE, again).await;
    answer.problem(422, "PERSONAL_TOKEN_NAME_TAKEN");

    let made = ann.make_token("desktop", &["read"]).await.token;
    for nonsense in [
        "todo_pat_",
        "todo_pat_nonsense",
        &made[..48],
        &made.to_uppercase(),
        &format!("{made}x"),
        &made.replace("todo_pat_", "todo_pat_ "),
    ] {
        let answer = ann.bearing(nonsense).get("tasks").await;
        answer.problem(401, "unauthorized");
    }
}

async fn a_user_has_at_most_fifty(app: TestApp) {
    let ann = app.user("ann").await;
    for number in 0..49 {
        ann.make_token(&format!("Token {number}"), &["read"]).await;
    }
    // Of two at once one is too many.
    let form = |name: &str| json!({"name": name, "scopes": ["read"]});
    let answers = tokio::join!(
        ann.session.post(CREATE, form("this")),
        ann.session.post(CREATE, form("that")),
    );
    let mut statuses = [answers.0.status.as_u16(), answers.1.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 422]);
    let answer = ann.session.post(CREATE, form("one more")).await;
    answer.problem(422, "TOO_MANY_PERSONAL_TOKENS");
    revoke(&ann, &tokens(&ann).await[0].id).await;
    ann.make_token("one more", &["read"]).await;
}

async fn nobody_sees_or_revokes_anothers(app: TestApp) {
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let made = ann.make_token("laptop", &["read"]).await;
    bob.make_token("laptop", &["read"]).await;
    revoke(&bob, &made.personal_token.id).await;
    assert_eq!(tokens(&bob).await.len(), 1);
    let program = ann.bearing(&made.token);
    program.get("tasks").await.assert_status(200);
    let answer = program.client.get(&bob.path("tasks")).await;
    answer.problem(403, "forbidden");
}

async fn a_stream_ends_with_its_token(app: TestApp) {
    let replica = app.replica().await;
    let ann = app.user("ann").await;
    let revoked = ann.make_token("revoked", &["read"]).await;
    let kept = ann.make_token("kept", &["read"]).await;
    let open = async |token: &str, app: &TestApp| {
        let program = ann.bearing(token).at(app);
        let mut stream = program.client.events(&program.path("events")).await;
        assert_eq!(stream.next().await.unwrap().name, "changed");
        stream
    };
    let here = open(&revoked.token, &app).await;
    let there = open(&revoked.token, &replica).await;
    let mut other = open(&kept.token, &app).await;
    revoke(&ann, &revoked.personal_token.id).await;
    for stream in [here, there] {
        let events = stream.rest().await;
        assert_eq!(events.last().unwrap().name, "expired", "{events:?}");
    }
    assert_eq!(other.next().await.unwrap().name, "changed");
    ann.add("Buy milk").await;
    assert_eq!(other.next().await.unwrap().name, "changed");

    app.advance(SignedDuration::from_hours(24) - SignedDuration::from_secs(1));
    let stream = open(&kept.token, &app).await;
    let events = stream.rest().await;
    assert_eq!(events.last().unwrap().name, "expired", "{events:?}");
}

async fn the_last_use_is_noted(app: TestApp) {
    let ann = app.user("ann").await;
    let program = ann.bearing(&ann.make_token("laptop", &["read"]).await.token);
    for _ in 0..2 {
        program.get("tasks").await.assert_status(200);
        let now = app.clock.now();
        // It is noted beside the request.
        while tokens(&ann).await[0].last_used_at != Some(now) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        app.advance(SignedDuration::from_mins(2));
    }
}
