//! The code that a program redeems for its first tokens.

use jiff::SignedDuration;
use todo_tests::{
    TestApp,
    oauth::{CHALLENGE, Program, Tokens, VERIFIER},
    on_both,
};

use super::{error, grants, is_good};

on_both!(
    a_code_works_once_and_a_second_use_ends_what_it_gave,
    a_code_used_twice_at_once_gives_nothing_that_lasts,
    a_code_is_good_for_its_own_program_address_and_verifier,
    a_code_ends_after_a_minute,
);

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
