//! A program that signs a user in by OAuth, step by step, so that a story can go wrong at each.

use std::time::Duration;

use axum::{
    Router,
    extract::State,
    http::{Method, Uri},
    response::Html,
    routing::get,
};
use serde::Deserialize;
use serde_json::{Value, json};
use todo_api::{AuthorizationReturn, AuthorizationStep, ConsentQuestion};

use tokio::{net::TcpListener, sync::mpsc, time::timeout};

use crate::{Client, TestApp, User, client::Answer};

/// A verifier, and its challenge (RFC 7636, Appendix B).
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// The challenge of [`VERIFIER`].
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// Where a program of these stories wants the browser back.
pub const REDIRECT_URI: &str = "http://127.0.0.1/callback";

/// How long a browser may take to come back.
const PATIENCE: Duration = Duration::from_secs(10);
const FORM: &str = "application/x-www-form-urlencoded";

/// A program.
#[derive(Clone)]
pub struct Program {
    /// Its id.
    pub id: String,
    client: Client,
}

/// The tokens that a program got.
#[derive(Clone, Debug, Deserialize)]
pub struct Tokens {
    /// For `/mcp`.
    pub access_token: String,
    /// For the next tokens.
    pub refresh_token: String,
    /// What they are good for.
    pub scope: String,
}

impl Program {
    /// One that has just registered.
    pub async fn register(app: &TestApp) -> Self {
        let client = app.anonymous();
        let form = json!({"client_name": "Helper", "redirect_uris": [REDIRECT_URI]});
        let registered: Value = client.post("/api/oauth/register", form).await.expect(201);
        Self::known_as(app, registered["client_id"].as_str().unwrap())
    }

    /// One of this id.
    #[must_use]
    pub fn known_as(app: &TestApp, id: &str) -> Self {
        Self {
            id: id.to_owned(),
            client: app.anonymous(),
        }
    }

    /// The same program before another backend.
    #[must_use]
    pub fn at(&self, app: &TestApp) -> Self {
        Self::known_as(app, &self.id)
    }

    /// What it asks a user for.
    #[must_use]
    pub fn request(&self) -> Value {
        json!({
            "response_type": "code",
            "client_id": self.id,
            "redirect_uri": REDIRECT_URI,
            "scope": "tasks:read tasks:write",
            "state": "a state",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "resource": "http://localhost:3000/mcp",
        })
    }

    /// The same with another parameter.
    #[must_use]
    pub fn request_with(&self, name: &str, value: &str) -> Value {
        let mut request = self.request();
        request[name] = value.into();
        request
    }

    /// The code that it gets when the user says yes to a request.
    pub async fn code_for(&self, user: &User, request: Value) -> String {
        let location = decide(user, request, true).await;
        parameter(&location, "code").expect("a code")
    }

    /// The code that it gets when the user says yes.
    pub async fn code(&self, user: &User) -> String {
        self.code_for(user, self.request()).await
    }

    /// The tokens that it gets when the user says yes.
    pub async fn sign_in(&self, user: &User) -> Tokens {
        let code = self.code(user).await;
        self.redeem(&code).await.expect(200)
    }

    /// Exchanges a code.
    pub async fn redeem(&self, code: &str) -> Answer {
        self.redeem_with(code, "", "").await
    }

    /// Exchanges a code with another parameter.
    pub async fn redeem_with(&self, code: &str, name: &str, value: &str) -> Answer {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("client_id", &self.id),
            ("code", code),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", VERIFIER),
            ("resource", "http://localhost:3000/mcp"),
        ];
        form.retain(|(other, _)| *other != name);
        form.push((name, value));
        self.post("/api/oauth/token", &form).await
    }

    /// Exchanges a refresh token.
    pub async fn refresh(&self, tokens: &Tokens) -> Answer {
        self.refresh_with(tokens, "", "").await
    }

    /// Exchanges a refresh token with another parameter.
    pub async fn refresh_with(&self, tokens: &Tokens, name: &str, value: &str) -> Answer {
        let mut form = vec![
            ("grant_type", "refresh_token"),
            ("client_id", &self.id),
            ("refresh_token", &tokens.refresh_token),
        ];
        form.retain(|(other, _)| *other != name);
        form.push((name, value));
        self.post("/api/oauth/token", &form).await
    }

    /// Ends a token.
    pub async fn revoke(&self, token: &str) {
        let form = [("token", token), ("client_id", &self.id)];
        let ended = self.post("/api/oauth/revoke", &form).await;
        ended.assert_status(200);
    }

    /// `POST` of a form.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let pairs = form.iter().filter(|(name, _)| !name.is_empty());
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        let client = self.client.clone().with("content-type", FORM);
        client.send(Method::POST, path, body).await
    }
}

/// What a user is asked.
pub async fn begin(user: &User, request: Value) -> AuthorizationStep {
    let asked = user.session.post("/api/auth/begin-authorization", request);
    asked.await.expect(200)
}

/// The question that a user is asked.
pub async fn question(user: &User, request: Value) -> ConsentQuestion {
    match begin(user, request).await {
        AuthorizationStep::Ask(question) => question,
        AuthorizationStep::Return(answer) => panic!("no question: {}", answer.location),
    }
}

/// Where the browser goes back to after a user's decision.
pub async fn decide(user: &User, request: Value, allow: bool) -> String {
    let mut decision = request;
    decision["allow"] = allow.into();
    let decided = user
        .session
        .post("/api/auth/decide-authorization", decision);
    let answer: AuthorizationReturn = decided.await.expect(200);
    answer.location
}

/// A parameter of the query of an address.
#[must_use]
pub fn parameter(location: &str, name: &str) -> Option<String> {
    let (_, query) = location.split_once('?')?;
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let (_, value) = pairs.find(|(other, _)| other == name)?;
    Some(value.into_owned())
}

/// Where a program on the user's own machine waits for the browser. It ends with the test's runtime.
pub struct Callback {
    /// Its address: [`REDIRECT_URI`] with a port.
    pub url: String,
    arrivals: mpsc::UnboundedReceiver<String>,
}

impl Callback {
    /// Begins to wait.
    pub async fn start() -> Self {
        let (tell, arrivals) = mpsc::unbounded_channel();
        let arrive = async |State(tell): State<mpsc::UnboundedSender<String>>, uri: Uri| {
            // Nobody waits any more when the story is over.
            let _ = tell.send(uri.to_string());
            Html("<!doctype html><title>Helper</title><p>Back at the helper.")
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/callback", get(arrive))
            .with_state(tell);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            url: format!("http://{address}/callback"),
            arrivals,
        }
    }

    /// What the browser brings back: path and query.
    pub async fn next(&mut self) -> String {
        let arrival = timeout(PATIENCE, self.arrivals.recv()).await;
        arrival.expect("the browser comes back").unwrap()
    }
}

/// The path of the page on which a user is asked.
#[must_use]
pub fn authorize(request: &Value) -> String {
    let pairs = request.as_object().expect("a request");
    let pairs = pairs
        .iter()
        .map(|(name, value)| (name, value.as_str().unwrap_or_default()));
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    format!("/oauth/authorize?{query}")
}
