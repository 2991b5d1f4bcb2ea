//! The page on which a user allows a program to use their tasks, or not: where an assistant sends the browser to
//! (OAuth's authorization endpoint). The backend decides what may be asked and where the browser
//! goes back to; nothing of the request is kept here.

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;
use todo_api::{
    AuthorizationDecision, AuthorizationRequest, AuthorizationReturn, AuthorizationStep,
    ConsentQuestion, Scope, Settings,
};

use super::{Look, html};
use crate::{App, failure::Failure, session::Session, visitor::Visitor};

/// The question.
#[derive(Template)]
#[template(path = "authorize.html")]
struct ConsentPage {
    look: Look,
    email: String,
    question: ConsentQuestion,
    /// The request, to be sent again with the answer.
    fields: [(&'static str, String); 8],
}

impl ConsentPage {
    /// What the program could do, with the scope's name.
    fn abilities(&self) -> Vec<(&'static str, &'static str)> {
        let ability = |scope: &Scope| match scope {
            Scope::Read => ("See your tasks", "tasks:read"),
            Scope::Write => ("Add, change, complete and delete tasks", "tasks:write"),
        };
        self.question.scopes.iter().map(ability).collect()
    }

    /// Where the browser goes back to, in words.
    fn destination(&self) -> String {
        destination(&self.question.redirect_uri)
    }
}

/// An address in words: this device, a host, or a program that has a scheme of its own.
fn destination(redirect_uri: &str) -> String {
    let (scheme, rest) = redirect_uri.split_once(':').unwrap_or_default();
    let authority = rest.trim_start_matches('/').split(['/', '?']).next();
    let authority = authority.unwrap_or_default();
    match scheme {
        "https" => authority.to_owned(),
        "http" => format!("a program on this device ({authority})"),
        scheme => format!("the program for “{scheme}:” on this device"),
    }
}

/// The way back to the program. It is a page and no redirect: the policy that keeps forms on this
/// site holds for redirects after them, too.
#[derive(Template)]
#[template(path = "authorize_return.html")]
struct ReturnPage {
    look: Look,
    location: String,
}

fn go_back(answer: AuthorizationReturn) -> Response {
    html(ReturnPage {
        look: Look::default(),
        location: answer.location,
    })
}

/// Asks the user.
pub(crate) async fn page(
    State(app): State<App>,
    visitor: Visitor,
    session: Session,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let query = query.unwrap_or_default();
    let request: AuthorizationRequest = serde_urlencoded::from_str(&query).map_err(|_| {
        let sentence = "The program that sent you here asked in a way that is not understood.";
        Failure::new(StatusCode::BAD_REQUEST, sentence)
    })?;
    let (auth, path) = (
        app.backend(&visitor).with_cookie(),
        session.path("settings"),
    );
    let (step, settings) = tokio::try_join!(
        auth.auth::<AuthorizationStep>("/api/auth/begin-authorization", Some(&request)),
        session.backend.get::<Settings>(&path),
    )?;
    Ok(match step.body {
        AuthorizationStep::Ask(question) => html(ConsentPage {
            look: Look::of(settings.theme),
            email: settings.email,
            question,
            fields: [
                ("response_type", request.response_type),
                ("client_id", request.client_id),
                ("redirect_uri", request.redirect_uri),
                ("scope", request.scope),
                ("state", request.state),
                ("code_challenge", request.code_challenge),
                ("code_challenge_method", request.code_challenge_method),
                ("resource", request.resource),
            ],
        }),
        AuthorizationStep::Return(answer) => go_back(answer),
    })
}

/// The form's own field; the rest of it is the request.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Decision {
    decision: String,
}

/// Takes the user's answer back to the program.
pub(crate) async fn decide(
    State(app): State<App>,
    visitor: Visitor,
    form: String,
) -> Result<Response, Failure> {
    let unreadable = |_| Failure::new(StatusCode::BAD_REQUEST, "The form was not understood.");
    let Decision { decision } = serde_urlencoded::from_str(&form).map_err(unreadable)?;
    let decision = AuthorizationDecision {
        request: serde_urlencoded::from_str(&form).map_err(unreadable)?,
        allow: decision == "allow",
    };
    let answer = app
        .backend(&visitor)
        .with_cookie()
        .auth("/api/auth/decide-authorization", Some(&decision))
        .await?;
    Ok(go_back(answer.body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_one_goes_back_to_is_told_in_words() {
        for (uri, told) in [
            ("https://claude.ai/api/mcp/auth_callback", "claude.ai"),
            ("https://example.com:8443?x=y", "example.com:8443"),
            (
                "http://127.0.0.1:33418/cb",
                "a program on this device (127.0.0.1:33418)",
            ),
            ("http://[::1]:1/", "a program on this device ([::1]:1)"),
            (
                "cursor://anysphere.cursor/cb",
                "the program for “cursor:” on this device",
            ),
        ] {
            assert_eq!(destination(uri), told, "{uri}");
        }
    }
}
