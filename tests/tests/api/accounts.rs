//! Accounts: signing up, in and out, sessions, passwords, settings, export, deletion.

use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::{Value, json};
use todo_api::{
    CurrentSession, PasswordChanged, Session, Settings, SignedInAnswer, SignedUp, Status, Success,
    TokenAnswer,
};
use todo_backend::accounts::reset;
use todo_tests::{Client, NOON, PASSWORD, TestApp, User, email, on_both};

on_both!(
    signing_up_signs_in,
    an_address_has_one_account,
    bad_sign_ups_are_told_why,
    a_wrong_password_and_an_unknown_address_look_alike,
    signing_out_ends_the_session,
    a_session_in_use_goes_on_and_an_unused_one_ends_after_a_week,
    a_session_that_is_not_remembered_ends_after_a_day,
    sessions_are_listed_and_revoked,
    signing_out_everywhere_else_keeps_this_session,
    the_cookie_is_as_good_as_the_token_under_api_auth_and_nowhere_else,
    another_site_cannot_use_the_cookie,
    plain_http_is_for_this_machine,
    wrong_passwords_lock_an_account_on_all_replicas,
    wrong_passwords_lock_an_address_but_not_others,
    right_passwords_do_not_count,
    sign_ups_from_one_address_are_limited,
    a_password_is_changed,
    a_password_is_reset_by_a_link_once,
    a_reset_link_ends_after_an_hour_or_with_the_next,
    what_better_auth_stored_still_signs_in,
    settings_are_changed,
    the_name_is_changed_in_better_auths_way_too,
    everything_can_be_exported,
    a_deleted_account_leaves_nothing,
    the_older_secret_still_verifies,
);

const UP: &str = "/api/auth/sign-up/email";
const IN: &str = "/api/auth/sign-in/email";
const SESSION: &str = "/api/auth/get-session";
const TOKEN: &str = "/api/auth/token";

fn ann(password: &str) -> Value {
    json!({"email": "ann@example.com", "password": password})
}

async fn current(client: &Client) -> Option<CurrentSession> {
    client.get(SESSION).await.expect(200)
}

fn with_token(app: &TestApp, token: &str) -> Client {
    app.anonymous()
        .with("authorization", &format!("Bearer {token}"))
}

/// The name and value of the cookie that an answer sets.
fn cookie(answer: &todo_tests::client::Answer) -> String {
    let line = answer.header("set-cookie");
    line.split(';').next().unwrap_or_default().to_owned()
}

/// Signs in as Ann, like a program somewhere else on the network.
async fn try_password(app: &TestApp, address: &str, password: &str) -> todo_tests::client::Answer {
    app.anonymous()
        .with("x-forwarded-for", address)
        .post(IN, ann(password))
        .await
}

async fn signing_up_signs_in(app: TestApp) {
    let form = json!({
        "name": " Ann Lee ", "email": "Ann@Example.com", "password": PASSWORD,
        "timeZone": "Europe/Berlin",
    });
    let answer = app.anonymous().post(UP, form).await;
    let SignedUp { token, user } = answer.expect(200);
    assert_eq!(
        (user.name.as_str(), user.email.as_str()),
        ("Ann Lee", "ann@example.com")
    );
    assert_eq!(answer.header("set-auth-token"), token);
    assert_eq!(
        answer.header("set-cookie"),
        format!("todo={token}; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax")
    );
    assert_eq!(answer.header("cache-control"), "no-store");

    let answer = with_token(&app, &token).get(SESSION).await;
    let session: CurrentSession = answer.expect(200);
    assert_eq!(session.user, user);
    assert_eq!(session.session.token, token);
    assert_eq!(session.session.ip_address.as_deref(), Some("127.0.0.1"));
    let in_a_week = NOON.parse::<Timestamp>().unwrap() + (7 * 24).hours();
    assert_eq!(session.session.expires_at, in_a_week);

    let jwt = format!("Bearer {}", answer.header("set-auth-jwt"));
    let path = format!("/api/{}/settings", user.id);
    let settings: Settings = app
        .anonymous()
        .with("authorization", &jwt)
        .get(&path)
        .await
        .expect(200);
    assert_eq!(settings.time_zone.as_deref(), Some("Europe/Berlin"));
}

async fn an_address_has_one_account(app: TestApp) {
    app.user("ann").await;
    let form = json!({"name": "Ann", "email": "ANN@example.com", "password": PASSWORD});
    let problem = app.anonymous().post(UP, form.clone()).await;
    let problem = problem.problem(422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
    assert_eq!(
        problem.message.as_deref(),
        Some("User already exists. Use another email.")
    );

    let form = json!({"name": "Bob", "email": "bob@example.com", "password": PASSWORD});
    let anonymous = app.anonymous();
    let (one, other) = tokio::join!(anonymous.post(UP, form.clone()), anonymous.post(UP, form));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 422]);
}

async fn bad_sign_ups_are_told_why(app: TestApp) {
    let good = json!({"name": "Ann", "email": "ann@example.com", "password": PASSWORD});
    for (field, value, code) in [
        ("email", json!("ann"), "INVALID_EMAIL"),
        ("email", json!("ann\0@example.com"), "VALIDATION_ERROR"),
        ("password", json!("1234567"), "PASSWORD_TOO_SHORT"),
        ("password", json!("x".repeat(129)), "PASSWORD_TOO_LONG"),
        ("name", json!(" "), "VALIDATION_ERROR"),
        ("name", json!("a\0b"), "VALIDATION_ERROR"),
        ("name", json!("x".repeat(101)), "VALIDATION_ERROR"),
        ("email", json!(7), "VALIDATION_ERROR"),
        ("password", Value::Null, "VALIDATION_ERROR"),
    ] {
        let mut form = good.clone();
        form[field] = value;
        app.anonymous().post(UP, form).await.problem(400, code);
    }
    let json = app.anonymous().with("content-type", "application/json");
    let broken = json.send(axum::http::Method::POST, UP, "{").await;
    broken.problem(400, "BAD_REQUEST");
    let text = app
        .anonymous()
        .send(axum::http::Method::POST, UP, "name=Ann")
        .await;
    text.problem(415, "UNSUPPORTED_MEDIA_TYPE");

    // A zone that only the browser knows does not keep anybody out.
    let mut form = good;
    form["timeZone"] = json!("Mars/Olympus");
    app.anonymous().post(UP, form).await.assert_status(200);
}

async fn a_wrong_password_and_an_unknown_address_look_alike(app: TestApp) {
    app.user("ann").await;
    let wrong = app.anonymous().post(IN, ann("wrong password")).await;
    let wrong = wrong.problem(401, "INVALID_EMAIL_OR_PASSWORD");
    assert_eq!(wrong.message.as_deref(), Some("Invalid email or password"));
    let form = json!({"email": "bob@example.com", "password": PASSWORD});
    let unknown = app.anonymous().post(IN, form).await;
    let unknown = unknown.problem(401, "INVALID_EMAIL_OR_PASSWORD");
    assert_eq!(
        (unknown.detail, unknown.message),
        (wrong.detail, wrong.message)
    );
}

async fn signing_out_ends_the_session(app: TestApp) {
    let ann = app.user("ann").await;
    let other = app.sign_in("ann").await;
    let answer = ann.session.post("/api/auth/sign-out", json!({})).await;
    assert!(answer.expect::<Success>(200).success);
    assert_eq!(
        answer.header("set-cookie"),
        "todo=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"
    );
    let answer = ann.session.get(SESSION).await;
    assert_eq!(
        (answer.status.as_u16(), answer.text().as_str()),
        (200, "null")
    );
    ann.session.get(TOKEN).await.problem(401, "UNAUTHORIZED");
    assert!(current(&other.session).await.is_some());
    // Whoever is not signed in has nothing to do.
    let again = app
        .anonymous()
        .post("/api/auth/sign-out", Value::Null)
        .await;
    again.assert_status(200);
}

async fn a_session_in_use_goes_on_and_an_unused_one_ends_after_a_week(app: TestApp) {
    let day = SignedDuration::from_hours(24);
    let answer = app
        .anonymous()
        .post(
            UP,
            json!({"name": "Ann", "email": email("ann"), "password": PASSWORD}),
        )
        .await;
    let by_cookie = app.anonymous().with("cookie", &cookie(&answer));

    app.advance(day - SignedDuration::from_secs(1));
    let answer = by_cookie.get(SESSION).await;
    assert_eq!(
        answer.header("set-cookie"),
        "",
        "prolonged at most once a day"
    );
    for _ in 0..3 {
        app.advance(day * 3);
        let answer = by_cookie.get(TOKEN).await;
        answer.assert_status(200);
        let renewed = answer.header("set-cookie");
        assert!(renewed.contains("; Max-Age=604800;"), "{renewed}");
        let session = current(&by_cookie).await.expect("still signed in");
        assert_eq!(session.session.expires_at, app.clock.now() + day * 7);
    }
    app.advance(day * 7);
    let answer = by_cookie.get(SESSION).await;
    assert_eq!(answer.text(), "null");
    assert!(
        answer.header("set-cookie").starts_with("todo=; Max-Age=0"),
        "the cookie is taken away"
    );
}

async fn a_session_that_is_not_remembered_ends_after_a_day(app: TestApp) {
    app.user("ann").await;
    let mut form = ann(PASSWORD);
    form["rememberMe"] = json!(false);
    let answer = app.anonymous().post(IN, form).await;
    let SignedInAnswer {
        token,
        redirect,
        url,
        ..
    } = answer.expect(200);
    assert_eq!((redirect, url), (false, None));
    assert_eq!(
        answer.header("set-cookie"),
        format!("todo={token}; Path=/; HttpOnly; SameSite=Lax")
    );
    let session = with_token(&app, &token);
    app.advance(SignedDuration::from_hours(23));
    assert!(current(&session).await.is_some());
    app.advance(SignedDuration::from_hours(1));
    assert!(current(&session).await.is_none());
}

async fn sessions_are_listed_and_revoked(app: TestApp) {
    let phone = app.user("ann").await;
    app.advance(SignedDuration::from_mins(1));
    let laptop = app.sign_in("ann").await;
    let bob = app.user("bob").await;

    let own = current(&laptop.session).await.unwrap().session;
    let list: Vec<Session> = laptop
        .session
        .get("/api/auth/list-sessions")
        .await
        .expect(200);
    assert_eq!(list.len(), 2);
    assert_eq!(list[0], own, "the last used first");
    assert_eq!(
        list[1].token, list[1].id,
        "the id stands for a token that is not known"
    );

    // Somebody else's session is not theirs to end, and they do not learn of it.
    let form = json!({"token": list[1].id});
    let answer = bob
        .session
        .post("/api/auth/revoke-session", form.clone())
        .await;
    assert!(answer.expect::<Status>(200).status);
    assert!(current(&phone.session).await.is_some());

    let answer = laptop.session.post("/api/auth/revoke-session", form).await;
    assert!(answer.expect::<Status>(200).status);
    assert_eq!(answer.header("set-cookie"), "");
    assert!(current(&phone.session).await.is_none());

    // Its own token is known, and ends its own session.
    let form = json!({"token": own.token});
    let answer = laptop.session.post("/api/auth/revoke-session", form).await;
    assert!(answer.header("set-cookie").starts_with("todo=; Max-Age=0"));
    assert!(current(&laptop.session).await.is_none());
    laptop
        .session
        .get("/api/auth/list-sessions")
        .await
        .problem(401, "UNAUTHORIZED");
}

async fn signing_out_everywhere_else_keeps_this_session(app: TestApp) {
    let phone = app.user("ann").await;
    let laptop = app.sign_in("ann").await;
    let bob = app.user("bob").await;
    let answer = laptop
        .session
        .post("/api/auth/revoke-other-sessions", json!({}))
        .await;
    answer.assert_status(200);
    assert!(current(&phone.session).await.is_none());
    assert!(current(&laptop.session).await.is_some());
    laptop
        .session
        .post("/api/auth/revoke-sessions", json!({}))
        .await
        .assert_status(200);
    assert!(current(&laptop.session).await.is_none());
    assert!(current(&bob.session).await.is_some());
}

async fn the_cookie_is_as_good_as_the_token_under_api_auth_and_nowhere_else(app: TestApp) {
    let user = app.user("ann").await;
    let answer = app.anonymous().post(IN, ann(PASSWORD)).await;
    let by_cookie = app
        .anonymous()
        .with("cookie", &format!("theme=dark; {}", cookie(&answer)));
    assert_eq!(current(&by_cookie).await.unwrap().user.id, user.id);
    by_cookie
        .get(&user.path("tasks"))
        .await
        .problem(401, "unauthorized");
    // A session's token is no credential for REST, and a JWT none for the account.
    let SignedInAnswer { token, .. } = answer.expect(200);
    with_token(&app, &token)
        .get(&user.path("tasks"))
        .await
        .problem(401, "unauthorized");
    let TokenAnswer { token: jwt } = by_cookie.get(TOKEN).await.expect(200);
    assert!(current(&with_token(&app, &jwt)).await.is_none());
    // A bearer token counts alone, even beside a good cookie.
    let both = by_cookie.with("authorization", "Bearer nonsense");
    assert!(current(&both).await.is_none());
}

async fn another_site_cannot_use_the_cookie(app: TestApp) {
    let user = app.user("ann").await;
    let answer = app.anonymous().post(IN, ann(PASSWORD)).await;
    let by_cookie = app.anonymous().with("cookie", &cookie(&answer));
    let host = app.url().replace("http://", "");
    for (name, value, status) in [
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-site", 403),
        ("origin", "https://evil.example", 403),
        ("origin", "null", 403),
        ("x-nothing", "", 403),
        ("sec-fetch-site", "same-origin", 400),
        ("origin", &format!("http://{host}"), 400),
    ] {
        let answer = by_cookie.clone().with(name, value);
        let answer = answer.post("/api/auth/update-user", json!({})).await;
        answer.assert_status(status);
        if status == 403 {
            answer.problem(403, "INVALID_ORIGIN");
        }
    }
    // Nor sign a visitor in as somebody else.
    let form = app
        .anonymous()
        .with("sec-fetch-site", "cross-site")
        .post(IN, ann(PASSWORD))
        .await;
    form.problem(403, "INVALID_ORIGIN");
    assert!(current(&user.session).await.is_some());
}

async fn plain_http_is_for_this_machine(app: TestApp) {
    app.user("ann").await;
    let stranger = app.anonymous().with("host", "todo.example.com");
    let problem = stranger.post(IN, ann(PASSWORD)).await;
    problem.problem(400, "HTTPS_REQUIRED");
    let answer = app.anonymous().post(IN, ann(PASSWORD)).await;
    let cookie = cookie(&answer);
    assert!(
        current(&stranger.clone().with("cookie", &cookie))
            .await
            .is_none()
    );

    let allowed = TestApp::on(
        app.database.clone(),
        app.clock.clone(),
        &[("ALLOW_HTTP", "true")],
    )
    .await;
    let stranger = allowed.anonymous().with("host", "todo.example.com");
    stranger.post(IN, ann(PASSWORD)).await.assert_status(200);
    assert!(current(&stranger.with("cookie", &cookie)).await.is_some());

    let behind_proxy = TestApp::on(
        app.database.clone(),
        app.clock.clone(),
        &[("TRUSTED_PROXIES", "127.0.0.0/8")],
    )
    .await;
    let https = behind_proxy
        .anonymous()
        .with("host", "todo.example.com")
        .with("x-forwarded-proto", "https");
    let answer = https.post(IN, ann(PASSWORD)).await;
    let SignedInAnswer { token, .. } = answer.expect(200);
    assert_eq!(
        answer.header("set-cookie"),
        format!("__Host-todo={token}; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax")
    );
    assert!(
        current(
            &https
                .clone()
                .with("cookie", &format!("__Host-todo={token}"))
        )
        .await
        .is_some()
    );
    assert!(
        current(&https.with("cookie", &format!("todo={token}")))
            .await
            .is_none()
    );
}

async fn wrong_passwords_lock_an_account_on_all_replicas(app: TestApp) {
    app.user("ann").await;
    let other = app.replica().await;
    for attempt in 0..10 {
        let replica = [&app, &other][attempt % 2];
        let answer = replica.anonymous().post(IN, ann("wrong password")).await;
        answer.problem(401, "INVALID_EMAIL_OR_PASSWORD");
    }
    for replica in [&app, &other] {
        let answer = replica.anonymous().post(IN, ann(PASSWORD)).await;
        let problem = answer.problem(429, "TOO_MANY_REQUESTS");
        assert_eq!(
            problem.detail,
            "There were too many attempts. Try again in 15 minutes."
        );
        assert_eq!(answer.header("retry-after"), "900");
    }
    app.advance(SignedDuration::from_mins(15));
    app.sign_in("ann").await;
}

async fn wrong_passwords_lock_an_address_but_not_others(app: TestApp) {
    let variables = [
        ("TRUSTED_PROXIES", "127.0.0.0/8"),
        ("PASSWORD_LIMIT_PER_ADDRESS", "3"),
    ];
    let app = TestApp::on(app.database.clone(), app.clock.clone(), &variables).await;
    app.user("ann").await;
    for n in 0..3 {
        let form = json!({"email": format!("nobody{n}@example.com"), "password": PASSWORD});
        let guest = app.anonymous().with("x-forwarded-for", "192.0.2.1");
        guest
            .post(IN, form)
            .await
            .problem(401, "INVALID_EMAIL_OR_PASSWORD");
    }
    try_password(&app, "192.0.2.1", PASSWORD)
        .await
        .problem(429, "TOO_MANY_REQUESTS");
    try_password(&app, "192.0.2.2", PASSWORD)
        .await
        .assert_status(200);
}

async fn right_passwords_do_not_count(app: TestApp) {
    let variables = [
        ("PASSWORD_LIMIT_PER_ADDRESS", "3"),
        ("PASSWORD_LIMIT_PER_ACCOUNT", "3"),
    ];
    let app = TestApp::on(app.database.clone(), app.clock.clone(), &variables).await;
    app.user("ann").await;
    for _ in 0..5 {
        app.sign_in("ann").await;
    }
    for _ in 0..2 {
        app.anonymous()
            .post(IN, ann("wrong password"))
            .await
            .assert_status(401);
    }
    app.sign_in("ann").await;
    app.anonymous()
        .post(IN, ann("wrong password"))
        .await
        .assert_status(401);
}

async fn sign_ups_from_one_address_are_limited(app: TestApp) {
    let app = TestApp::on(
        app.database.clone(),
        app.clock.clone(),
        &[("SIGN_UP_LIMIT", "2")],
    )
    .await;
    app.user("ann").await;
    app.user("bob").await;
    let form = json!({"name": "Eve", "email": email("eve"), "password": PASSWORD});
    let answer = app.anonymous().post(UP, form).await;
    answer.problem(429, "TOO_MANY_REQUESTS");
    assert_eq!(answer.header("retry-after"), "3600");
    app.advance(SignedDuration::from_hours(1));
    app.user("eve").await;
}

async fn a_password_is_changed(app: TestApp) {
    let phone = app.user("ann").await;
    let laptop = app.sign_in("ann").await;
    let change = async |user: &User, from: &str, to: &str, revoke: bool| {
        let form =
            json!({"currentPassword": from, "newPassword": to, "revokeOtherSessions": revoke});
        user.session.post("/api/auth/change-password", form).await
    };
    let answer = change(&laptop, "wrong password", "new password", false).await;
    answer.problem(400, "INVALID_PASSWORD");
    let answer = change(&laptop, PASSWORD, "short", false).await;
    answer.problem(400, "PASSWORD_TOO_SHORT");

    let answer = change(&laptop, PASSWORD, "new password", false).await;
    assert_eq!(answer.expect::<PasswordChanged>(200).token, None);
    app.anonymous()
        .post(IN, ann(PASSWORD))
        .await
        .problem(401, "INVALID_EMAIL_OR_PASSWORD");
    app.anonymous()
        .post(IN, ann("new password"))
        .await
        .assert_status(200);
    assert!(current(&phone.session).await.is_some());

    let answer = change(&laptop, "new password", PASSWORD, true).await;
    let token = answer
        .expect::<PasswordChanged>(200)
        .token
        .expect("a new token");
    assert_eq!(answer.header("set-auth-token"), token);
    assert!(current(&phone.session).await.is_none());
    assert!(
        current(&laptop.session).await.is_none(),
        "the old token of this session ends too"
    );
    assert!(current(&with_token(&app, &token)).await.is_some());
}

/// The token of a new reset link.
async fn reset_token(app: &TestApp, email: &str) -> String {
    let link = reset::create_link(app.backend.app(), email).await.unwrap();
    let token = link.strip_prefix("http://localhost:3000/reset?token=");
    token.expect("a link to the page").to_owned()
}

async fn reset_to(app: &TestApp, token: &str, password: &str) -> todo_tests::client::Answer {
    let form = json!({"newPassword": password, "token": token});
    app.anonymous().post("/api/auth/reset-password", form).await
}

async fn a_password_is_reset_by_a_link_once(app: TestApp) {
    let user = app.user("ann").await;
    let token = reset_token(&app, "Ann@example.com").await;
    reset_to(&app, &token, "short")
        .await
        .problem(400, "PASSWORD_TOO_SHORT");
    reset_to(&app, &token, "new password")
        .await
        .assert_status(200);
    assert!(current(&user.session).await.is_none(), "all sessions end");
    app.anonymous()
        .post(IN, ann("new password"))
        .await
        .assert_status(200);
    reset_to(&app, &token, "other password")
        .await
        .problem(400, "INVALID_TOKEN");
    app.anonymous()
        .post(IN, ann("new password"))
        .await
        .assert_status(200);

    let unknown = reset::create_link(app.backend.app(), "bob@example.com").await;
    let sentence = unknown.unwrap_err().to_string();
    assert_eq!(
        sentence,
        "there is no account with the e-mail address bob@example.com"
    );
}

async fn a_reset_link_ends_after_an_hour_or_with_the_next(app: TestApp) {
    app.user("ann").await;
    let late = reset_token(&app, "ann@example.com").await;
    app.advance(SignedDuration::from_hours(1));
    reset_to(&app, &late, "new password")
        .await
        .problem(400, "INVALID_TOKEN");
    let first = reset_token(&app, "ann@example.com").await;
    let second = reset_token(&app, "ann@example.com").await;
    reset_to(&app, &first, "new password")
        .await
        .problem(400, "INVALID_TOKEN");
    let (one, other) = tokio::join!(
        reset_to(&app, &second, "new password"),
        reset_to(&app, &second, "new password"),
    );
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400], "of two at once, one counts");
}

async fn what_better_auth_stored_still_signs_in(app: TestApp) {
    // Made by the npm package better-auth 1.7.25 from "password1".
    const HASH: &str = "6e57e3da9d46dd80198c9c658879685c:adc85ff41ace6812ef999a473275aba3e15e96eab2a39c866fcf5da53ede453e18916c20c31cd8bd578b1713bc931f72a03f1445bb188d3254a11a87871138b8";
    app.user("ann").await;
    app.execute(&format!("UPDATE users SET password_hash = '{HASH}'"))
        .await;
    app.anonymous()
        .post(IN, ann("password2"))
        .await
        .assert_status(401);
    app.anonymous()
        .post(IN, ann("password1"))
        .await
        .assert_status(200);
    // The next sign-in finds a hash of our own.
    app.execute("DELETE FROM users WHERE password_hash NOT LIKE '$argon2id$%'")
        .await;
    app.anonymous()
        .post(IN, ann("password1"))
        .await
        .assert_status(200);
}

async fn settings_are_changed(app: TestApp) {
    let ann = app.user("ann").await;
    let settings: Value = ann.get("settings").await.expect(200);
    assert_eq!(
        settings,
        json!({"name": "ann", "email": "ann@example.com", "time_zone": null, "theme": "system", "assistant": "builtin"})
    );
    let change = json!({"name": " Ann Lee ", "time_zone": "america/new_york", "theme": "dark"});
    let settings: Settings = ann.patch("settings", change).await.expect(200);
    assert_eq!(settings.name, "Ann Lee");
    assert_eq!(settings.time_zone.as_deref(), Some("America/New_York"));
    let settings: Settings = ann
        .patch("settings", json!({"theme": "light"}))
        .await
        .expect(200);
    assert_eq!(settings.name, "Ann Lee");
    assert_eq!(ann.get("settings").await.expect::<Settings>(200), settings);

    for (change, field) in [
        (json!({"name": ""}), "name"),
        (json!({"time_zone": "Mars/Olympus"}), "time_zone"),
        (json!({"theme": "pink"}), "theme"),
    ] {
        let problem = ann.patch("settings", change).await.problem(422, "invalid");
        assert_eq!(problem.errors[0].field, field);
    }
    let bob = app.user("bob").await;
    let path = ann.path("settings");
    bob.client.get(&path).await.problem(403, "forbidden");
    bob.client
        .get("/api/nobody/settings")
        .await
        .problem(403, "forbidden");
}

async fn the_name_is_changed_in_better_auths_way_too(app: TestApp) {
    let ann = app.user("ann").await;
    let update = async |form| ann.session.post("/api/auth/update-user", form).await;
    update(json!({"name": "Ann Lee"})).await.assert_status(200);
    assert_eq!(current(&ann.session).await.unwrap().user.name, "Ann Lee");
    update(json!({"email": "x@example.com"}))
        .await
        .problem(400, "EMAIL_CAN_NOT_BE_UPDATED");
    update(json!({})).await.problem(400, "NO_FIELDS_TO_UPDATE");
}

async fn everything_can_be_exported(app: TestApp) {
    let ann = app.user("ann").await;
    app.user("bob").await.add("Not Ann's").await;
    for n in 1..=201 {
        ann.add(&format!("Task {n}")).await;
    }
    let answer = ann.get("export").await;
    assert_eq!(
        answer.header("content-disposition"),
        "attachment; filename=\"todo-2026-11-24.json\""
    );
    let export: Value = answer.expect(200);
    assert_eq!(export["exported_at"], NOON);
    assert_eq!(export["user"]["email"], "ann@example.com");
    assert_eq!(export["settings"]["theme"], "system");
    let tasks = export["tasks"].as_array().unwrap();
    assert_eq!(tasks.len(), 201);
    assert_eq!(
        (&tasks[0]["title"], &tasks[200]["title"]),
        (&json!("Task 201"), &json!("Task 1"))
    );
    assert_eq!(export["sessions"].as_array().unwrap().len(), 1);
    for list in ["conversations", "messages", "tool_calls"] {
        assert_eq!(export[list], json!([]), "{list}");
    }
    let text = answer.text();
    let session = ann.session.header("authorization").replace("Bearer ", "");
    for secret in ["argon2", "hash", "\"token\"", session.as_str()] {
        assert!(!text.contains(secret), "{secret}");
    }
}

async fn a_deleted_account_leaves_nothing(app: TestApp) {
    let ann = app.user("ann").await;
    ann.add_task(json!({"title": "Buy milk", "tags": ["home"]}))
        .await;
    let delete = async |form| ann.session.post("/api/auth/delete-user", form).await;
    delete(json!({})).await.problem(400, "VALIDATION_ERROR");
    delete(json!({"password": "wrong password"}))
        .await
        .problem(400, "INVALID_PASSWORD");
    let answer = delete(json!({"password": PASSWORD})).await;
    assert!(answer.expect::<Success>(200).success);
    assert!(answer.header("set-cookie").starts_with("todo=; Max-Age=0"));

    assert!(current(&ann.session).await.is_none());
    app.anonymous()
        .post(IN, self::ann(PASSWORD))
        .await
        .problem(401, "INVALID_EMAIL_OR_PASSWORD");
    // The JWT is good for some minutes more, but there is nothing left to see or do.
    assert_eq!(ann.titles("").await, [""; 0]);
    ann.post("tasks", json!({"title": "Ghost"}))
        .await
        .problem(401, "unauthorized");
    ann.get("settings").await.problem(401, "unauthorized");
    ann.get("export").await.problem(401, "unauthorized");
    let again = app.user("ann").await;
    assert_ne!(again.id, ann.id);
    assert_eq!(again.titles("").await, [""; 0]);
}

async fn the_older_secret_still_verifies(app: TestApp) {
    let ann = app.user("ann").await;
    let rotated = [
        ("JWT_SECRET", "9b1c7f2e5d8a4063b7e1f09c2d6a8e54"),
        (
            "JWT_SECRET_PREVIOUS",
            "a Kiwi flew past 17 lighthouses, twice",
        ),
    ];
    let next = TestApp::on(app.database.clone(), app.clock.clone(), &rotated).await;
    ann.at(&next).get("tasks").await.assert_status(200);
    let renewed = next.sign_in("ann").await;
    renewed.get("tasks").await.assert_status(200);
    renewed
        .at(&app)
        .get("tasks")
        .await
        .problem(401, "unauthorized");
}
