//! The settings: the person, the look, the password, the sessions, the programs and their tokens,
//! and the way out with one's data.

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::{
        HeaderName, HeaderValue, Method,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE, SET_COOKIE},
    },
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};
use todo_api::{OauthGrant, PersonalToken, Settings, SettingsPatch, Theme};

use super::{Look, account, clock::Clock, grants::GrantView, html, tokens::Tokens};
use crate::{
    App,
    backend::{AuthAnswer, BackendError},
    failure::Failure,
    session::Session,
    toast::Toast,
    visitor::Visitor,
};

#[derive(Template)]
#[template(path = "settings.html")]
pub(super) struct SettingsPage {
    look: Look,
    settings: Settings,
    zones: Vec<String>,
    sessions: Vec<SessionView>,
    grants: Vec<GrantView>,
    /// Where programs find the tasks.
    mcp: String,
    pub(super) tokens: Tokens,
    notice: Option<Toast>,
    /// What is wrong: the field's id and a sentence.
    pub(super) errors: Vec<(&'static str, String)>,
}

impl SettingsPage {
    fn error(&self, field: &str) -> Option<&str> {
        self.errors
            .iter()
            .find(|(name, _)| *name == field)
            .map(|(_, sentence)| sentence.as_str())
    }

    fn themes(&self) -> [(&'static str, &'static str, bool); 3] {
        let is = |theme| self.settings.theme == theme;
        [
            ("system", "As the device", is(Theme::System)),
            ("light", "Light", is(Theme::Light)),
            ("dark", "Dark", is(Theme::Dark)),
        ]
    }

    fn zone(&self) -> &str {
        self.settings.time_zone.as_deref().unwrap_or("")
    }
}

/// A place where the user is signed in.
struct SessionView {
    id: String,
    /// What signed in, in words: "Firefox on Linux".
    device: String,
    since: String,
    is_current: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SessionAnswer {
    id: String,
    created_at: jiff::Timestamp,
    #[serde(default)]
    user_agent: Option<String>,
}

#[derive(Deserialize)]
struct CurrentSession {
    session: SessionAnswer,
}

/// Fields of the forms of this page.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct SettingsForm {
    name: String,
    time_zone: String,
    theme: String,
    current_password: String,
    new_password: String,
    password: String,
    session: String,
    sign_out_others: String,
}

pub(super) async fn load(
    app: &App,
    visitor: &Visitor,
    session: &Session,
) -> Result<SettingsPage, BackendError> {
    let auth = app.backend(visitor).with_cookie();
    let path = session.path("settings");
    let (settings, sessions, current, grants, tokens) = tokio::try_join!(
        session.backend.get::<Settings>(&path),
        auth.get::<Vec<SessionAnswer>>("/api/auth/list-sessions"),
        auth.get::<Option<CurrentSession>>("/api/auth/get-session"),
        auth.get::<Vec<OauthGrant>>("/api/auth/list-oauth-grants"),
        auth.get::<Vec<PersonalToken>>("/api/auth/list-personal-tokens"),
    )?;
    let current = current.ok_or(BackendError::SignedOut)?;
    let clock = Clock::of(&settings);
    let view = |session: SessionAnswer| SessionView {
        device: device(session.user_agent.as_deref().unwrap_or_default()),
        since: clock.say_moment(session.created_at),
        is_current: session.id == current.session.id,
        id: session.id,
    };
    let mut sessions: Vec<SessionView> = sessions.into_iter().map(view).collect();
    sessions.sort_by_key(|session| !session.is_current);
    Ok(SettingsPage {
        look: Look::of(settings.theme),
        zones: jiff::tz::db()
            .available()
            .map(|name| name.to_string())
            .collect(),
        settings,
        sessions,
        grants: grants
            .into_iter()
            .map(|grant| GrantView::new(grant, &clock))
            .collect(),
        mcp: mcp(app),
        tokens: Tokens::new(tokens, &clock),
        notice: None,
        errors: Vec::new(),
    })
}

/// The address to give to programs that speak MCP.
fn mcp(app: &App) -> String {
    let public_url = app.public_url.as_ref().map(ToString::to_string);
    let public_url = public_url.unwrap_or_default();
    format!("{}/mcp", public_url.trim_end_matches('/'))
}

/// A browser's name for itself in words.
fn device(agent: &str) -> String {
    let find = |names: &[(&str, &'static str)]| {
        names
            .iter()
            .find(|(mark, _)| agent.contains(mark))
            .map(|(_, name)| *name)
    };
    let browser = find(&[
        ("Firefox/", "Firefox"),
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = find(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => "Another program".to_owned(),
    }
}

/// The page.
pub(crate) async fn page(
    State(app): State<App>,
    visitor: Visitor,
    session: Session,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let mut page = load(&app, &visitor, &session).await?;
    let note = match query.as_deref() {
        Some("done=saved") => Some("Saved."),
        Some("done=password") => Some("Your password is changed."),
        Some("done=session") => Some("Signed out there."),
        Some("done=grant") => Some("The program is removed."),
        Some("done=token") => Some("The token is revoked."),
        Some("done=sessions") => Some("Signed out everywhere else."),
        _ => None,
    };
    page.notice = note.map(|note| Toast::note(note).inline());
    Ok(html(page))
}

/// Back to the page, which says what was done.
pub(super) fn done(what: &str) -> Response {
    Redirect::to(&format!("/settings?done={what}")).into_response()
}

/// The page again with what is wrong at its field.
async fn refuse(
    app: &App,
    visitor: &Visitor,
    session: &Session,
    errors: Vec<(&'static str, String)>,
    status: axum::http::StatusCode,
) -> Result<Response, Failure> {
    let mut page = load(app, visitor, session).await?;
    page.errors = errors;
    Ok((status, html(page)).into_response())
}

/// Saves name, time zone and theme.
pub(crate) async fn save(
    State(app): State<App>,
    visitor: Visitor,
    session: Session,
    axum::Form(form): axum::Form<SettingsForm>,
) -> Result<Response, Failure> {
    let patch = SettingsPatch {
        name: Some(form.name),
        time_zone: Some(form.time_zone).filter(|zone| !zone.is_empty()),
        theme: Some(match form.theme.as_str() {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::System,
        }),
    };
    let path = session.path("settings");
    let saved = session
        .backend
        .call::<Settings>(Method::PATCH, &path, &patch, None)
        .await;
    match saved {
        Ok(_) => Ok(done("saved")),
        Err(error) if error.status().is_client_error() && error.status().as_u16() != 401 => {
            let field = match error.field("time_zone") {
                Some(sentence) => ("time-zone", sentence.to_owned()),
                None => (
                    "name",
                    error
                        .field("name")
                        .map_or_else(|| error.sentence(), str::to_owned),
                ),
            };
            refuse(&app, &visitor, &session, vec![field], error.status()).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Changes the password.
pub(crate) async fn change_password(
    State(app): State<App>,
    visitor: Visitor,
    session: Session,
    axum::Form(form): axum::Form<SettingsForm>,
) -> Result<Response, Failure> {
    let body = json!({
        "currentPassword": form.current_password,
        "newPassword": form.new_password,
        "revokeOtherSessions": !form.sign_out_others.is_empty(),
    });
    let answer: Result<AuthAnswer<Value>, _> = app
        .backend(&visitor)
        .with_cookie()
        .auth("/api/auth/change-password", Some(&body))
        .await;
    match answer {
        Ok(answer) => {
            app.tokens.forget(&visitor);
            let mut response = done("password");
            for cookie in answer.cookies {
                response.headers_mut().append(SET_COOKIE, cookie);
            }
            Ok(response)
        }
        Err(error) if error.status().is_client_error() => {
            let field = match error.field("newPassword") {
                Some(sentence) => ("new-password", sentence.to_owned()),
                None => match error.code() {
                    "PASSWORD_TOO_SHORT" | "PASSWORD_TOO_LONG" => {
                        ("new-password", error.sentence())
                    }
                    _ => ("current-password", error.sentence()),
                },
            };
            let status = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
            refuse(&app, &visitor, &session, vec![field], status).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Signs out in one place, or everywhere else.
pub(crate) async fn end_session(
    State(app): State<App>,
    visitor: Visitor,
    axum::Form(form): axum::Form<SettingsForm>,
) -> Result<Response, Failure> {
    let auth = app.backend(&visitor).with_cookie();
    if form.session == "others" {
        auth.auth::<Value>("/api/auth/revoke-other-sessions", Some(&json!({})))
            .await?;
        return Ok(done("sessions"));
    }
    if form.session == "all" {
        let answer: AuthAnswer<Value> = auth
            .auth("/api/auth/revoke-sessions", Some(&json!({})))
            .await?;
        app.tokens.forget(&visitor);
        return Ok(account::signed_out(answer.cookies, "out"));
    }
    auth.auth::<Value>(
        "/api/auth/revoke-session",
        Some(&json!({ "token": form.session })),
    )
    .await?;
    Ok(done("session"))
}

/// Deletes the account with everything in it.
pub(crate) async fn delete_account(
    State(app): State<App>,
    visitor: Visitor,
    session: Session,
    axum::Form(form): axum::Form<SettingsForm>,
) -> Result<Response, Failure> {
    let answer: Result<AuthAnswer<Value>, _> = app
        .backend(&visitor)
        .with_cookie()
        .auth(
            "/api/auth/delete-user",
            Some(&json!({ "password": form.password })),
        )
        .await;
    match answer {
        Ok(answer) => {
            app.tokens.forget(&visitor);
            Ok(account::signed_out(answer.cookies, "deleted"))
        }
        Err(error) if error.status().is_client_error() => {
            let errors = vec![("delete-password", error.sentence())];
            let status = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
            refuse(&app, &visitor, &session, errors, status).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Everything of the user's as a file.
pub(crate) async fn export(session: Session) -> Result<Response, Failure> {
    const KEPT: [HeaderName; 2] = [CONTENT_TYPE, CONTENT_DISPOSITION];
    let download = session.backend.download(&session.path("export")).await?;
    let (parts, body) = download.into_parts();
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"todo-export.json\""),
    );
    for name in KEPT {
        if let Some(value) = parts.headers.get(&name) {
            headers.insert(name, value.clone());
        }
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_told_in_words() {
        for (agent, told) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox on Linux",
            ),
            (
                "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/26.0 Safari/605",
                "Safari on macOS",
            ),
            ("curl/8.1", "curl"),
            ("", "Another program"),
        ] {
            assert_eq!(device(agent), told);
        }
    }
}
