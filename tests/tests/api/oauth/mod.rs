//! Sign-in for programs: what a program that speaks OAuth 2.1 sees, and what one that cheats does.

mod authorization;
mod codes;
mod documents;
mod grants;
mod registration;
mod tokens;

use axum::http::StatusCode;
use serde_json::{Value, json};
use todo_api::OauthGrant;
use todo_tests::{Mcp, TestApp, User, mcp::CURRENT};

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
