//! `/api/auth`: accounts and sessions in Better Auth's wire format. Its unchanged client is the
//! measure; what it does not use is not here.

use axum::{
    Json as Answer,
    extract::{FromRequest, Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::{from_fn, from_fn_with_state, map_response},
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;
use todo_api::{
    ChangePassword, CurrentSession, DeleteUser, PasswordChanged, Problem, ResetPassword,
    RevokeSession, Session, SettingsPatch, SignIn, SignUp, SignedInAnswer, SignedUp, Status,
    Success, TokenAnswer, UpdateUser,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    client::Client,
    cookie,
    error::AuthError,
    oauth, origin, personal_tokens,
    queries::{self, Ending},
    rules,
    session::{self, MaybeSignedIn, SignedIn},
    token::Token,
};
use crate::{
    app::App,
    caller::UserId,
    db::Conn,
    error::Error,
    extract::Json,
    writes::{Reserve, UserWrite},
};

/// The header that hands a JWT to Better Auth's JWT clients.
const SET_AUTH_JWT: &str = "set-auth-jwt";

/// The routes, with what surrounds each of them.
pub fn auth_router(app: &App) -> OpenApiRouter<App> {
    auth_routes()
        .layer(from_fn_with_state(app.clone(), session::find))
        .layer(from_fn(origin::require_own))
        .layer(map_response(never_stored))
}

/// The routes under `/api/auth`.
pub fn auth_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sign_up))
        .routes(routes!(sign_in))
        .routes(routes!(sign_out))
        .routes(routes!(get_session))
        .routes(routes!(token))
        .routes(routes!(list_sessions))
        .routes(routes!(revoke_session))
        .routes(routes!(revoke_sessions))
        .routes(routes!(revoke_other_sessions))
        .routes(routes!(change_password))
        .routes(routes!(reset_password))
        .routes(routes!(update_user))
        .routes(routes!(delete_user))
        .merge(personal_tokens::routes())
        .merge(oauth::consent_routes())
}

async fn never_stored(mut response: Response) -> Response {
    let no_store = HeaderValue::from_static("no-store");
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, no_store);
    response
}

/// A JSON body, refused in Better Auth's terms.
pub(super) struct Form<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = AuthError;

    async fn from_request(request: Request, state: &S) -> Result<Self, AuthError> {
        let Json(form) = Json::from_request(request, state).await?;
        Ok(Self(form))
    }
}

/// Makes an account and signs it in.
#[utoipa::path(post, path = "/sign-up/email", tag = "accounts", security(()), request_body = SignUp, responses(
    (status = 200, body = SignedUp, headers(("set-auth-token" = String), ("set-cookie" = String))),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn sign_up(
    State(app): State<App>,
    client: Client,
    Form(form): Form<SignUp>,
) -> Result<Response, AuthError> {
    let signed_in = rules::sign_up(&app, &client, form).await?;
    let answer = SignedUp {
        token: signed_in.token.expose().to_owned(),
        user: signed_in.user.to_wire(),
    };
    Ok(handing_out(&client, &signed_in, Answer(answer)))
}

/// Signs in with e-mail address and password.
#[utoipa::path(post, path = "/sign-in/email", tag = "accounts", security(()), request_body = SignIn, responses(
    (status = 200, body = SignedInAnswer, headers(("set-auth-token" = String), ("set-cookie" = String))),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn sign_in(
    State(app): State<App>,
    client: Client,
    Form(form): Form<SignIn>,
) -> Result<Response, AuthError> {
    let url = form.callback_url.clone();
    if url.as_deref().is_some_and(|url| !is_own_page(url)) {
        return Err(AuthError::InvalidCallbackUrl);
    }
    let signed_in = rules::sign_in(&app, &client, form).await?;
    let answer = SignedInAnswer {
        redirect: url.is_some(),
        token: signed_in.token.expose().to_owned(),
        url,
        user: signed_in.user.to_wire(),
    };
    Ok(handing_out(&client, &signed_in, Answer(answer)))
}

/// A path of this site: browsers read `//host` and `/\host` as another site.
fn is_own_page(url: &str) -> bool {
    url.strip_prefix('/')
        .is_some_and(|rest| !rest.starts_with(['/', '\\']) && !rest.chars().any(char::is_control))
}

fn handing_out(client: &Client, signed_in: &SignedIn, answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    signed_in.hand_out(client.https, response.headers_mut());
    response
}

/// Signs out. Whoever is not signed in has nothing to do and succeeds.
#[utoipa::path(post, path = "/sign-out", tag = "accounts", security(("session" = [])), responses(
    (status = 200, body = Success),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn sign_out(
    State(app): State<App>,
    client: Client,
    MaybeSignedIn(signed_in): MaybeSignedIn,
) -> Result<Response, AuthError> {
    if let Some(SignedIn { session, .. }) = signed_in {
        end(&app, session.user_id, Ending::One(session.id)).await?;
    }
    let success = Success {
        success: true,
        message: None,
    };
    Ok(taking_away(&client, Answer(success)))
}

async fn end(app: &App, user_id: String, ending: Ending) -> Result<(), AuthError> {
    let write = async move |conn: &mut Conn| -> Result<(), AuthError> {
        Ok(queries::delete_sessions(conn, &user_id, &ending).await?)
    };
    app.db.write(write).await
}

fn taking_away(client: &Client, answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    let cookie = cookie::clear(client.https);
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    response
}

/// Who is signed in; null when nobody is.
#[utoipa::path(get, path = "/get-session", tag = "accounts", security((), ("session" = [])), responses(
    (status = 200, body = Option<CurrentSession>, headers(("set-auth-jwt" = String))),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn get_session(
    State(app): State<App>,
    MaybeSignedIn(signed_in): MaybeSignedIn,
) -> Result<(HeaderMap, Answer<Option<CurrentSession>>), AuthError> {
    let mut headers = HeaderMap::new();
    let Some(signed_in) = signed_in else {
        return Ok((headers, Answer(None)));
    };
    if let Ok(jwt) = HeaderValue::from_str(&issue(&app, &signed_in)?) {
        headers.insert(SET_AUTH_JWT, jwt);
    }
    let current = CurrentSession {
        session: signed_in.session.to_wire(Some(&signed_in.token)),
        user: signed_in.user.to_wire(),
    };
    Ok((headers, Answer(Some(current))))
}

/// A JWT for REST and MCP, good for five minutes.
#[utoipa::path(get, path = "/token", tag = "accounts", security(("session" = [])), responses(
    (status = 200, body = TokenAnswer),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn token(
    State(app): State<App>,
    signed_in: SignedIn,
) -> Result<Answer<TokenAnswer>, AuthError> {
    let token = issue(&app, &signed_in)?;
    Ok(Answer(TokenAnswer { token }))
}

fn issue(app: &App, SignedIn { session, user, .. }: &SignedIn) -> Result<String, Error> {
    app.jwt
        .issue(&user.id, &session.id, app.clock.now())
        .map_err(|error| Error::Internal(error.to_string()))
}

/// Lists the user's sessions, the last used first, up to 100.
#[utoipa::path(get, path = "/list-sessions", tag = "accounts", security(("session" = [])), responses(
    (status = 200, body = Vec<Session>),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn list_sessions(
    State(app): State<App>,
    own: SignedIn,
) -> Result<Answer<Vec<Session>>, AuthError> {
    let mut conn = app.db.read().await?;
    let sessions = queries::sessions(&mut conn, &own.user.id, app.clock.now()).await?;
    let to_wire = |session: super::model::SessionRow| {
        let token = (session.id == own.session.id).then_some(&own.token);
        session.to_wire(token)
    };
    Ok(Answer(sessions.into_iter().map(to_wire).collect()))
}

/// Ends one of the user's sessions, by its id or its token.
#[utoipa::path(post, path = "/revoke-session", tag = "accounts", security(("session" = [])), request_body = RevokeSession, responses(
    (status = 200, body = Status),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn revoke_session(
    State(app): State<App>,
    client: Client,
    SignedIn { session, .. }: SignedIn,
    Form(form): Form<RevokeSession>,
) -> Result<Response, AuthError> {
    let token = Token::presented(&form.token);
    let name = token.map_or(form.token, |token| token.hash());
    let own = name == session.id || name == session.token_hash;
    end(&app, session.user_id, Ending::One(name)).await?;
    let answer = Answer(Status { status: true });
    Ok(if own {
        taking_away(&client, answer)
    } else {
        answer.into_response()
    })
}

/// Signs out everywhere.
#[utoipa::path(post, path = "/revoke-sessions", tag = "accounts", security(("session" = [])), responses(
    (status = 200, body = Status),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn revoke_sessions(
    State(app): State<App>,
    client: Client,
    SignedIn { user, .. }: SignedIn,
) -> Result<Response, AuthError> {
    end(&app, user.id, Ending::All).await?;
    Ok(taking_away(&client, Answer(Status { status: true })))
}

/// Signs out everywhere else.
#[utoipa::path(post, path = "/revoke-other-sessions", tag = "accounts", security(("session" = [])), responses(
    (status = 200, body = Status),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn revoke_other_sessions(
    State(app): State<App>,
    SignedIn { session, .. }: SignedIn,
) -> Result<Answer<Status>, AuthError> {
    end(&app, session.user_id, Ending::AllBut(session.id)).await?;
    Ok(Answer(Status { status: true }))
}

/// Sets a new password, and ends the other sessions if asked to.
#[utoipa::path(post, path = "/change-password", tag = "accounts", security(("session" = [])), request_body = ChangePassword, responses(
    (status = 200, body = PasswordChanged),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn change_password(
    State(app): State<App>,
    client: Client,
    signed_in: SignedIn,
    Form(form): Form<ChangePassword>,
) -> Result<Response, AuthError> {
    let user = signed_in.user.to_wire();
    let next = rules::change_password(&app, &client, signed_in, form).await?;
    let token = next.as_ref().map(|next| next.token.expose().to_owned());
    let answer = Answer(PasswordChanged { token, user });
    Ok(match next {
        Some(next) => handing_out(&client, &next, answer),
        None => answer.into_response(),
    })
}

/// Sets a new password by a one-time link, and signs out everywhere.
#[utoipa::path(post, path = "/reset-password", tag = "accounts", security(()), request_body = ResetPassword, responses(
    (status = 200, body = Status),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn reset_password(
    State(app): State<App>,
    client: Client,
    Form(form): Form<ResetPassword>,
) -> Result<Answer<Status>, AuthError> {
    rules::reset_password(&app, &client, form).await?;
    Ok(Answer(Status { status: true }))
}

/// Changes the user's name or time zone.
#[utoipa::path(post, path = "/update-user", tag = "accounts", security(("session" = [])), request_body = UpdateUser, responses(
    (status = 200, body = Status),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn update_user(
    State(app): State<App>,
    SignedIn { user, .. }: SignedIn,
    Form(form): Form<UpdateUser>,
) -> Result<Answer<Status>, AuthError> {
    if form.email.is_some() {
        return Err(AuthError::EmailCannotChange);
    }
    let patch = SettingsPatch {
        name: form.name,
        time_zone: form.time_zone,
        theme: None,
    };
    if patch == SettingsPatch::default() {
        return Err(AuthError::NothingToUpdate);
    }
    let user_id = UserId::new(&user.id).ok_or(AuthError::NotSignedIn)?;
    let change = async move |write: &mut UserWrite| rules::change_settings(write, patch).await;
    app.write(&user_id, Reserve::default(), change).await?;
    Ok(Answer(Status { status: true }))
}

/// Deletes the account with everything in it, for good.
#[utoipa::path(post, path = "/delete-user", tag = "accounts", security(("session" = [])), request_body = DeleteUser, responses(
    (status = 200, body = Success),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn delete_user(
    State(app): State<App>,
    client: Client,
    SignedIn { user, .. }: SignedIn,
    Form(form): Form<DeleteUser>,
) -> Result<Response, AuthError> {
    rules::delete_user(&app, &client, user, &form.password).await?;
    let success = Success {
        success: true,
        message: Some("User deleted".to_owned()),
    };
    Ok(taking_away(&client, Answer(success)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_of_this_site_can_follow() {
        for (url, expected) in [
            ("/", true),
            ("/tasks?status=all#top", true),
            ("", false),
            ("//evil.example", false),
            ("/\\evil.example", false),
            ("/\t/evil.example", false),
            ("https://evil.example", false),
            ("javascript:alert(1)", false),
        ] {
            assert_eq!(is_own_page(url), expected, "{url:?}");
        }
    }
}
