//! Signing up, in and out, and setting a new password with a one-time link.

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::{HeaderValue, StatusCode, header::SET_COOKIE},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Look, html};
use crate::{
    App,
    address::local_path,
    backend::{AuthAnswer, BackendError},
    failure::Failure,
    session,
    visitor::Visitor,
};

/// A page with one form about the account.
#[derive(Default, Template)]
#[template(path = "account.html")]
struct AccountPage {
    look: Look,
    kind: Kind,
    name: String,
    email: String,
    remember: bool,
    next: String,
    token: String,
    /// What is wrong: the field's name, empty for the form as a whole, and a sentence.
    errors: Vec<(&'static str, String)>,
    /// What has just been done.
    note: &'static str,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    SignIn,
    SignUp,
    Reset,
}

impl AccountPage {
    fn error(&self, field: &str) -> Option<&str> {
        self.errors
            .iter()
            .find(|(name, _)| *name == field)
            .map(|(_, sentence)| sentence.as_str())
    }

    fn is_sign_in(&self) -> bool {
        self.kind == Kind::SignIn
    }

    fn is_sign_up(&self) -> bool {
        self.kind == Kind::SignUp
    }

    fn is_reset(&self) -> bool {
        self.kind == Kind::Reset
    }

    /// The query that leads on after signing in or up instead.
    fn next_query(&self) -> String {
        match self.next.as_str() {
            "" | "/" => String::new(),
            next => {
                let query = serde_urlencoded::to_string([("next", next)]).unwrap_or_default();
                format!("?{query}")
            }
        }
    }

    /// The form again with what is wrong.
    fn refuse(mut self, error: &BackendError) -> Response {
        let fields = [
            ("name", "name"),
            ("email", "email"),
            ("password", "password"),
            ("newPassword", "password"),
            ("token", "token"),
        ];
        for (theirs, ours) in fields {
            if let Some(sentence) = error.field(theirs) {
                self.errors.push((ours, sentence.to_owned()));
            }
        }
        if self.errors.is_empty() {
            let field = match error.code() {
                "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL" | "INVALID_EMAIL" => "email",
                "PASSWORD_TOO_SHORT" | "PASSWORD_TOO_LONG" => "password",
                _ => "",
            };
            self.errors.push((field, error.sentence()));
        }
        (error.status(), html(self)).into_response()
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct OpenQuery {
    next: String,
    token: String,
    done: String,
}

fn read_query(query: Option<String>) -> OpenQuery {
    serde_urlencoded::from_str(&query.unwrap_or_default()).unwrap_or_default()
}

/// Where one is signed in already, there is nothing to do here. With `next` one comes from a page
/// that said otherwise, so the form is shown.
async fn already_in(app: &App, visitor: &Visitor, query: &OpenQuery) -> Option<Response> {
    if !query.next.is_empty() || !query.done.is_empty() {
        return None;
    }
    match session::open(app, visitor).await {
        Ok(Some(_)) => Some(Redirect::to("/").into_response()),
        _ => None,
    }
}

/// The sign-in page.
pub(crate) async fn login_page(
    State(app): State<App>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Response {
    let query = read_query(query);
    if let Some(response) = already_in(&app, &visitor, &query).await {
        return response;
    }
    html(AccountPage {
        remember: true,
        next: local_path(&query.next).to_owned(),
        note: match query.done.as_str() {
            "reset" => "Your password is changed. Sign in with the new one.",
            "deleted" => "Your account and everything in it is deleted.",
            "out" => "You are signed out.",
            _ => "",
        },
        ..AccountPage::default()
    })
}

/// The sign-up page.
pub(crate) async fn signup_page(
    State(app): State<App>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Response {
    let query = read_query(query);
    if let Some(response) = already_in(&app, &visitor, &query).await {
        return response;
    }
    html(AccountPage {
        kind: Kind::SignUp,
        next: local_path(&query.next).to_owned(),
        ..AccountPage::default()
    })
}

/// The page that a reset link opens.
pub(crate) async fn reset_page(RawQuery(query): RawQuery) -> Response {
    html(AccountPage {
        kind: Kind::Reset,
        token: read_query(query).token,
        ..AccountPage::default()
    })
}

/// Fields of the forms of this page.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct AccountForm {
    name: String,
    email: String,
    password: String,
    remember: String,
    time_zone: String,
    next: String,
    token: String,
}

/// Goes on with the cookies that the backend set.
fn signed_in(cookies: Vec<HeaderValue>, next: &str) -> Response {
    let mut response = Redirect::to(local_path(next)).into_response();
    for cookie in cookies {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// Signs in.
pub(crate) async fn sign_in(
    State(app): State<App>,
    visitor: Visitor,
    axum::Form(form): axum::Form<AccountForm>,
) -> Response {
    let body = json!({
        "email": form.email,
        "password": form.password,
        "rememberMe": !form.remember.is_empty(),
    });
    let answer: Result<AuthAnswer<Value>, _> = app
        .backend(&visitor)
        .auth("/api/auth/sign-in/email", Some(&body))
        .await;
    match answer {
        Ok(answer) => signed_in(answer.cookies, &form.next),
        Err(error) => AccountPage {
            email: form.email,
            remember: !form.remember.is_empty(),
            next: local_path(&form.next).to_owned(),
            ..AccountPage::default()
        }
        .refuse(&error),
    }
}

/// Signs up.
pub(crate) async fn sign_up(
    State(app): State<App>,
    visitor: Visitor,
    axum::Form(form): axum::Form<AccountForm>,
) -> Response {
    let mut body = json!({
        "name": form.name,
        "email": form.email,
        "password": form.password,
    });
    // The browser may know a zone that we do not: then UTC is used until one is chosen.
    if jiff::tz::TimeZone::get(&form.time_zone).is_ok() {
        body["timeZone"] = form.time_zone.into();
    }
    let answer: Result<AuthAnswer<Value>, _> = app
        .backend(&visitor)
        .auth("/api/auth/sign-up/email", Some(&body))
        .await;
    match answer {
        Ok(answer) => signed_in(answer.cookies, &form.next),
        Err(error) => AccountPage {
            kind: Kind::SignUp,
            name: form.name,
            email: form.email,
            next: local_path(&form.next).to_owned(),
            ..AccountPage::default()
        }
        .refuse(&error),
    }
}

/// Sets a new password with a one-time link.
pub(crate) async fn reset(
    State(app): State<App>,
    visitor: Visitor,
    axum::Form(form): axum::Form<AccountForm>,
) -> Response {
    let body = json!({ "newPassword": form.password, "token": form.token });
    let answer: Result<AuthAnswer<Value>, _> = app
        .backend(&visitor)
        .auth("/api/auth/reset-password", Some(&body))
        .await;
    match answer {
        Ok(_) => Redirect::to("/login?done=reset").into_response(),
        Err(error) => AccountPage {
            kind: Kind::Reset,
            token: form.token,
            ..AccountPage::default()
        }
        .refuse(&error),
    }
}

/// Signs out here.
pub(crate) async fn sign_out(
    State(app): State<App>,
    visitor: Visitor,
) -> Result<Response, Failure> {
    let answer: AuthAnswer<Value> = app
        .backend(&visitor)
        .with_cookie()
        .auth("/api/auth/sign-out", Some(&json!({})))
        .await?;
    app.tokens.forget(&visitor);
    Ok(signed_out(answer.cookies, "out"))
}

/// Back to the sign-in page, which says what was done.
pub(super) fn signed_out(cookies: Vec<HeaderValue>, done: &str) -> Response {
    let mut response = (
        StatusCode::SEE_OTHER,
        [("location", format!("/login?done={done}"))],
    )
        .into_response();
    for cookie in cookies {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}
