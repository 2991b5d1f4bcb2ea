//! The authorization request (RFC 6749 §4.1): what a program asks for, the question to the user, and
//! the answer that the browser takes back. Nothing of it is kept meanwhile: the page sends the whole
//! request again with the user's decision, and all of it is checked again.

use jiff::SignedDuration;
use todo_api::{
    AuthorizationDecision, AuthorizationRequest, AuthorizationReturn, AuthorizationStep,
    ConsentQuestion, Scope,
};

use super::{
    clients::{self, Client},
    metadata,
    queries::{self, CodeRow},
    redirect_uri::with_parameters,
    secrets::CODE_PREFIX,
};
use crate::{
    accounts::{
        error::AuthError,
        rate_limit::{self, Subject},
        scope::{asked_scope, scope_name},
        secret::Secret,
    },
    app::App,
    db::{Conn, types::At},
};

/// Most programs that one user lets in.
pub(in crate::accounts) const GRANTS_MAX: usize = 50;
/// Longest parameter, in bytes.
const PARAMETER_MAX: usize = 2000;
/// How long a code is good for.
const CODE_LIFETIME: SignedDuration = SignedDuration::from_mins(1);
/// Length of a SHA-256 in base64url.
const CHALLENGE: usize = 43;

/// What a program may be granted.
struct Asked {
    scope: Scope,
    resource: String,
    code_challenge: String,
}

/// What the program is told when it asked for something that there is not.
struct Refusal {
    error: &'static str,
    description: &'static str,
}

/// How a request goes on: with a question to the user, or back to the program at once.
///
/// # Errors
/// What the user is told when nobody knows where to go back to.
pub(super) async fn begin(
    app: &App,
    user_id: &str,
    request: &AuthorizationRequest,
) -> Result<AuthorizationStep, AuthError> {
    let client = who_asks(app, user_id, request).await?;
    Ok(match check(app, request) {
        Ok(asked) => AuthorizationStep::Ask(ConsentQuestion {
            client_host: clients::host(&client.id),
            client_name: client.name,
            redirect_uri: request.redirect_uri.clone(),
            scopes: asked.scope.included(),
        }),
        Err(refusal) => AuthorizationStep::Return(refuse(app, request, &refusal)),
    })
}

/// What the browser takes back after the user's decision.
///
/// # Errors
/// As [`begin`], and [`AuthError::TooManyGrants`].
pub(super) async fn decide(
    app: &App,
    user_id: &str,
    decision: &AuthorizationDecision,
) -> Result<AuthorizationReturn, AuthError> {
    let request = &decision.request;
    let client = who_asks(app, user_id, request).await?;
    let asked = match check(app, request) {
        Ok(asked) => asked,
        Err(refusal) => return Ok(refuse(app, request, &refusal)),
    };
    if !decision.allow {
        let refusal = Refusal {
            error: "access_denied",
            description: "The user said no.",
        };
        return Ok(refuse(app, request, &refusal));
    }
    let now = app.clock.now();
    let grants = queries::grants_of(&mut app.db.read().await?, user_id, now).await?;
    if grants.len() >= GRANTS_MAX {
        return Err(AuthError::TooManyGrants);
    }
    let code = Secret::random(CODE_PREFIX);
    let row = CodeRow {
        code_hash: code.hash(),
        user_id: user_id.to_owned(),
        client_id: client.id,
        client_name: client.name,
        redirect_uri: request.redirect_uri.clone(),
        scope: scope_name(asked.scope).to_owned(),
        resource: asked.resource,
        code_challenge: asked.code_challenge,
        grant_id: None,
        expires_at: At(now + CODE_LIFETIME),
    };
    let insert = async move |conn: &mut Conn| -> Result<(), AuthError> {
        Ok(queries::insert_code(conn, &row).await?)
    };
    app.db.write(insert).await?;
    Ok(answer(app, request, &[("code", code.expose())]))
}

/// The program, once the browser may go back where it says. Until then nothing goes there, or we
/// would send people wherever a link says.
async fn who_asks(
    app: &App,
    user_id: &str,
    request: &AuthorizationRequest,
) -> Result<Client, AuthError> {
    let AuthorizationRequest {
        response_type,
        client_id,
        redirect_uri,
        scope,
        state,
        code_challenge,
        code_challenge_method,
        resource,
    } = request;
    let parameters = [
        response_type,
        client_id,
        redirect_uri,
        scope,
        state,
        code_challenge,
        code_challenge_method,
        resource,
    ];
    if parameters
        .iter()
        .any(|parameter| parameter.len() > PARAMETER_MAX)
    {
        return Err(AuthError::UnknownClient(
            "The program sent more than fits into a request.".to_owned(),
        ));
    }
    if clients::is_document(client_id) {
        rate_limit::count(app, Subject::Authorizations(user_id)).await?;
    }
    let client = clients::find(app, client_id).await?;
    if client.may_return_to(redirect_uri) {
        Ok(client)
    } else {
        Err(AuthError::ForeignRedirect)
    }
}

/// What the program asks for, if there is that.
fn check(app: &App, request: &AuthorizationRequest) -> Result<Asked, Refusal> {
    let refuse = |error, description| Err(Refusal { error, description });
    if request.response_type != "code" {
        return refuse(
            "unsupported_response_type",
            "The response type has to be code.",
        );
    }
    if request.code_challenge_method != "S256" || !is_challenge(&request.code_challenge) {
        return refuse(
            "invalid_request",
            "PKCE is required, with code_challenge_method S256.",
        );
    }
    let Some(scope) = asked_scope(&request.scope) else {
        return refuse(
            "invalid_scope",
            "The scopes are tasks:read and tasks:write.",
        );
    };
    let resource = metadata::resource(app);
    if !request.resource.is_empty() && request.resource != resource {
        return refuse(
            "invalid_target",
            "The resource has to be the address of /mcp.",
        );
    }
    Ok(Asked {
        scope,
        resource,
        code_challenge: request.code_challenge.clone(),
    })
}

fn is_challenge(text: &str) -> bool {
    text.len() == CHALLENGE
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn refuse(app: &App, request: &AuthorizationRequest, refusal: &Refusal) -> AuthorizationReturn {
    let parameters = [
        ("error", refusal.error),
        ("error_description", refusal.description),
    ];
    answer(app, request, &parameters)
}

/// The way back with an answer: with the program's state, and with who answers (RFC 9207).
fn answer(
    app: &App,
    request: &AuthorizationRequest,
    parameters: &[(&str, &str)],
) -> AuthorizationReturn {
    let own = [
        ("state", request.state.as_str()),
        ("iss", app.config.server.public_url.as_str()),
    ];
    let parameters = [parameters, &own].concat();
    AuthorizationReturn {
        location: with_parameters(&request.redirect_uri, &parameters),
    }
}
