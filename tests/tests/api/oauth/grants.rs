//! The programs that a user has let in.

use serde_json::json;
use todo_api::Status;
use todo_tests::{PASSWORD, TestApp, User, oauth::Program, on_both};

use super::{error, grants, is_good};

on_both!(
    a_user_removes_a_program_everywhere_at_once,
    a_user_allows_at_most_fifty_programs,
);

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
