//! The contract's table of errors, and input that nobody should send: every answer is a problem
//! document that says what to do, and none is a 500.

use axum::http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};
use todo_api::Problem;
use todo_tests::{TestApp, client::Answer, on_both};

on_both!(
    what_cannot_be_read_is_400,
    a_token_that_is_missing_wrong_or_over_is_401,
    what_is_not_there_is_404,
    a_method_that_does_not_fit_is_405,
    a_body_that_is_too_large_is_413,
    a_body_that_is_not_json_is_415,
    fields_that_do_not_fit_are_422_each_by_its_name,
    odd_characters_are_kept_or_refused_but_never_mangled,
    odd_numbers_in_the_path_are_not_found,
    malformed_bodies_never_make_a_500,
    malformed_queries_never_make_a_500,
    every_answer_names_its_request,
);

/// The fields that the problem document complains of.
fn fields(problem: &Problem) -> Vec<&str> {
    problem
        .errors
        .iter()
        .map(|error| error.field.as_str())
        .collect()
}

/// Asserts that it is a problem document of the client's making.
#[track_caller]
fn assert_refused(answer: &Answer, why: &str) {
    assert!(
        answer.status.is_client_error(),
        "{why}: {} {}",
        answer.status,
        answer.text()
    );
    let problem: Problem = serde_json::from_slice(&answer.body)
        .unwrap_or_else(|error| panic!("{why}: {error}: {}", answer.text()));
    answer.problem(answer.status.as_u16(), &problem.code);
}

async fn what_cannot_be_read_is_400(app: TestApp) {
    let ann = app.user("ann").await;
    let client = ann.client.clone().with("content-type", "application/json");
    let bodies: [&[u8]; 5] = [
        b"",
        b"{",
        b"{\"title\": \"Buy milk\"} and more",
        b"{'title': 'Buy milk'}",
        b"{\"title\": \"\xff\xfe\"}",
    ];
    for body in bodies {
        let answer = client
            .send(Method::POST, &ann.path("tasks"), body.to_vec())
            .await;
        answer.problem(400, "malformed");
    }
}

async fn a_token_that_is_missing_wrong_or_over_is_401(app: TestApp) {
    let ann = app.user("ann").await;
    let path = ann.path("tasks");
    app.anonymous()
        .get(&path)
        .await
        .problem(401, "unauthorized");
    let token = ann.client.header("authorization");
    let (start, signature) = token.rsplit_once('.').unwrap();
    let forged = format!("{start}.{}", signature.chars().rev().collect::<String>());
    ann.client
        .clone()
        .with("authorization", &forged)
        .get(&path)
        .await
        .problem(401, "unauthorized");

    app.advance(SignedDuration::from_secs(299));
    ann.get("tasks").await.assert_status(200);
    app.advance(SignedDuration::from_secs(1));
    ann.get("tasks").await.problem(401, "unauthorized");
}

async fn what_is_not_there_is_404(app: TestApp) {
    let ann = app.user("ann").await;
    ann.get("tasks/1").await.problem(404, "not_found");
    ann.get("no-such-thing").await.assert_status(404);
    let answer = app.anonymous().get("/api/nothing/here/at/all").await;
    assert!([401, 404].contains(&answer.status.as_u16()));
    app.anonymous()
        .get("/nothing")
        .await
        .problem(404, "not_found");
}

async fn a_method_that_does_not_fit_is_405(app: TestApp) {
    let ann = app.user("ann").await;
    let answer = ann.delete("tasks").await;
    answer.problem(405, "method_not_allowed");
    let allowed = answer.header("allow");
    assert!(
        allowed.contains("GET") && allowed.contains("POST"),
        "{allowed}"
    );
}

async fn a_body_that_is_too_large_is_413(app: TestApp) {
    let ann = app.user("ann").await;
    let large = json!({"title": "x".repeat(300_000)});
    ann.post("tasks", large.clone())
        .await
        .problem(413, "too_large");
    ann.with("idempotency-key", "large")
        .post("tasks", large)
        .await
        .problem(413, "too_large");
}

async fn a_body_that_is_not_json_is_415(app: TestApp) {
    let ann = app.user("ann").await;
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "jason",
        "",
    ] {
        ann.with("content-type", kind)
            .post("tasks", json!({"title": "Buy milk"}))
            .await
            .problem(415, "unsupported_media_type");
    }
    ann.with("content-type", "application/json; charset=utf-8")
        .post("tasks", json!({"title": "Buy milk"}))
        .await
        .assert_status(201);
}

async fn fields_that_do_not_fit_are_422_each_by_its_name(app: TestApp) {
    let ann = app.user("ann").await;
    let long = |length| "é".repeat(length);
    let many_tags: Vec<String> = (0..21).map(|number| format!("tag{number}")).collect();
    for (body, field) in [
        (json!({}), ""),
        (json!([]), ""),
        (json!("Buy milk"), ""),
        (json!({"title": null}), "title"),
        (json!({"title": 7}), "title"),
        (json!({"title": ["Buy milk"]}), "title"),
        (json!({"title": ""}), "title"),
        (json!({"title": " \t\n\u{3000}"}), "title"),
        (json!({"title": long(201)}), "title"),
        (
            json!({"title": "x", "description": long(1_001)}),
            "description",
        ),
        (json!({"title": "x", "description": 7}), "description"),
        (json!({"title": "x", "priority": "urgent"}), "priority"),
        (json!({"title": "x", "priority": 1}), "priority"),
        (json!({"title": "x", "due_date": "tomorrow"}), "due_date"),
        (json!({"title": "x", "due_date": "2026-02-30"}), "due_date"),
        (json!({"title": "x", "due_date": 20261124}), "due_date"),
        (json!({"title": "x", "tags": "home"}), "tags"),
        (json!({"title": "x", "tags": [7]}), "tags[0]"),
        (json!({"title": "x", "tags": [""]}), "tags"),
        (json!({"title": "x", "tags": [long(33)]}), "tags"),
        (json!({"title": "x", "tags": many_tags}), "tags"),
    ] {
        let answer = ann.post("tasks", body.clone()).await;
        assert_eq!(answer.status, 422, "{body}: {}", answer.text());
        let problem = answer.problem(422, "invalid");
        assert_eq!(fields(&problem), [field], "{body}: {problem:?}");
    }
    let problem = ann
        .post("tasks", json!({"title": "", "description": long(1_001)}))
        .await
        .problem(422, "invalid");
    assert_eq!(fields(&problem), ["title", "description"]);

    // The limits themselves are allowed, and count characters, not bytes.
    let task = ann
        .add_task(json!({
            "title": long(200), "description": long(1_000),
            "tags": (0..20).map(|number| format!("{}{number:02}", long(30))).collect::<Vec<_>>(),
        }))
        .await;
    assert_eq!(task.title, long(200));
    assert_eq!(task.tags.len(), 20);
}

async fn odd_characters_are_kept_or_refused_but_never_mangled(app: TestApp) {
    let ann = app.user("ann").await;
    for text in [
        "שלום עולם",
        "مرحبا بالعالم",
        "\u{202e}right to left override",
        "e\u{301}\u{323}\u{328} combining",
        "👩‍👩‍👧‍👦 family",
        "𝕬𝖓𝖓 and ﷽",
        "'; DROP TABLE tasks; --",
        "<script>alert(1)</script>",
        "{{7*7}} ${7*7} %s %n \\ \" ' `",
        "\u{feff}with a byte order mark",
    ] {
        let task = ann
            .add_task(json!({"title": text, "description": text, "tags": ["x"]}))
            .await;
        let read: todo_api::Task = ann.get(&format!("tasks/{}", task.id)).await.expect(200);
        assert_eq!(read.title, text.trim());
        assert_eq!(read.description.as_deref(), Some(text.trim()));
    }
    for text in ["a\0b", "\0", "a\u{7}b", "two\nlines"] {
        let problem = ann
            .post("tasks", json!({"title": text}))
            .await
            .problem(422, "invalid");
        assert_eq!(fields(&problem), ["title"], "{text:?}");
    }
    let problem = ann
        .post("tasks", json!({"title": "x", "description": "a\0b"}))
        .await
        .problem(422, "invalid");
    assert_eq!(fields(&problem), ["description"]);
    let problem = ann
        .post("tasks", json!({"title": "x", "tags": ["a", "b\0"]}))
        .await
        .problem(422, "invalid");
    assert_eq!(fields(&problem), ["tags[1]"]);
    for action in ["sign-in/email", "reset-password", "revoke-session"] {
        let form =
            json!({"email": "a\0b", "password": "a\0b", "newPassword": "a\0b", "token": "a\0b"});
        let answer = ann.session.post(&format!("/api/auth/{action}"), form).await;
        assert!(
            answer.status.is_client_error(),
            "{action}: {}",
            answer.text()
        );
    }
    for search in ["%00", "%ff", "a%00b", "%25%5F%5C", "%F0%9F%91%A9"] {
        let answer = ann
            .get(&format!("tasks?search={search}&tag={search}"))
            .await;
        assert!(
            !answer.status.is_server_error(),
            "{search}: {}",
            answer.text()
        );
    }
}

async fn odd_numbers_in_the_path_are_not_found(app: TestApp) {
    let ann = app.user("ann").await;
    ann.add("Buy milk").await;
    for id in [
        "0",
        "-1",
        "9223372036854775807",
        "9223372036854775808",
        "99999999999999999999999999",
        "1.0",
        "1e0",
        "0x1",
        "one",
        "%00",
        "%ff",
        "1%2F2",
        "%D9%A1",
    ] {
        for (method, path) in [
            (Method::GET, format!("tasks/{id}")),
            (Method::PUT, format!("tasks/{id}")),
            (Method::DELETE, format!("tasks/{id}")),
            (Method::PATCH, format!("tasks/{id}/complete")),
            (Method::POST, format!("tasks/{id}/restore")),
        ] {
            let body = if method == Method::PUT {
                json!({"title": "x"})
            } else {
                Value::Null
            };
            let answer = ann
                .client
                .json(method.clone(), &ann.path(&path), body)
                .await;
            assert!(
                [400, 404].contains(&answer.status.as_u16()),
                "{method} {path}: {}",
                answer.text()
            );
            assert_refused(&answer, &path);
        }
    }
}

async fn malformed_bodies_never_make_a_500(app: TestApp) {
    let ann = app.user("ann").await;
    ann.add("Buy milk").await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep_object = format!(
        "{{\"title\":{}1{}",
        "{\"a\":".repeat(10_000),
        "}".repeat(10_001)
    );
    let bodies: Vec<Vec<u8>> = vec![
        deep.clone().into(),
        deep_object.into(),
        format!("{{\"title\": \"x\", \"tags\": {deep}}}").into(),
        br#"{"title": "one", "title": "two"}"#.to_vec(),
        br#"{"title": "\ud800"}"#.to_vec(),
        br#"{"title": 1e999}"#.to_vec(),
        br#"{"title": 123456789012345678901234567890}"#.to_vec(),
        br#"{"title": true, "completed": "yes"}"#.to_vec(),
        br#"{"ids": [9223372036854775808]}"#.to_vec(),
        br#"{"ids": {"0": 1}}"#.to_vec(),
        br#"{"completed": 1}"#.to_vec(),
        br#"{"due_date": "9999-12-31T23:59:59-23:59"}"#.to_vec(),
        br#"{"due_date": "0001-01-01T00:00:00+23:59", "title": "x"}"#.to_vec(),
        br#"{"due_date": "2026-11-24T23:59:60Z", "title": 0}"#.to_vec(),
        b"null".to_vec(),
        b"\0\0\0\0".to_vec(),
        b"\xef\xbb\xbf{}".to_vec(),
        vec![0xff; 1_000],
    ];
    for (method, path) in [
        (Method::POST, "tasks"),
        (Method::PUT, "tasks/1"),
        (Method::PATCH, "tasks/1/complete"),
        (Method::POST, "tasks/restore"),
        (Method::PATCH, "settings"),
    ] {
        let client = ann.client.clone().with("content-type", "application/json");
        for body in &bodies {
            let answer = client
                .send(method.clone(), &ann.path(path), body.clone())
                .await;
            let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
            assert!(
                !answer.status.is_server_error(),
                "{method} {path} {shown}: {}",
                answer.text()
            );
            if answer.status.is_client_error() {
                assert_refused(&answer, &format!("{method} {path} {shown}"));
            }
        }
    }
    for path in [
        "sign-up/email",
        "sign-in/email",
        "update-user",
        "change-password",
    ] {
        let client = ann.session.clone().with("content-type", "application/json");
        for body in &bodies {
            let answer = client
                .send(Method::POST, &format!("/api/auth/{path}"), body.clone())
                .await;
            assert!(answer.status.is_client_error(), "{path}: {}", answer.text());
        }
    }
}

async fn malformed_queries_never_make_a_500(app: TestApp) {
    let ann = app.user("ann").await;
    for query in [
        "limit=-1",
        "limit=99999999999999999999",
        "limit=1.5",
        "limit=1&limit=2",
        "sort=title&sort=created",
        "cursor=%00%00",
        "cursor=AAAA",
        "due_before=2026-13-01",
        "due_after=%F0%9F%92%A9",
        "search=%ff%fe",
        "tag=%00",
        "&&&===&?",
        "%",
        "status=%E0%A4%A",
    ] {
        let answer = ann.get(&format!("tasks?{query}")).await;
        assert!(
            !answer.status.is_server_error(),
            "{query}: {}",
            answer.text()
        );
        if !answer.status.is_success() {
            assert_refused(&answer, query);
        }
    }
}

async fn every_answer_names_its_request(app: TestApp) {
    let ann = app.user("ann").await;
    let answer = ann
        .with("x-request-id", "from-the-proxy")
        .get("tasks/7")
        .await;
    let problem = answer.problem(404, "not_found");
    assert_eq!(problem.request_id, "from-the-proxy");
    assert!(!ann.get("tasks").await.header("x-request-id").is_empty());
}
