//! Puts the backend together: its parts from the configuration, its routes, its background work.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use rmcp::handler::server::skill_catalog::SkillCatalogError;
use todo_assistant::{model::Model, openai};
use todo_service::{
    Health, Lifecycle, Listener, health, lifecycle::Ending, metrics, program::Failure,
};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::{
    accounts::{
        self, Passwords,
        oauth::{self, ClientDocuments},
    },
    app::{App, Parts},
    caller,
    chat::{self, Turns},
    clock::Clock,
    config::Config,
    conversations,
    db::{self, Db},
    error::Error,
    idempotency,
    jwt::Jwt,
    live::{self, Live},
    mcp::{self, Skills},
    openapi,
    sse::Streams,
    tasks,
};

/// The settings do not lead to a backend.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// They lead to no database.
    #[error(transparent)]
    Database(#[from] db::OpenError),
    /// They lead to no model.
    #[error(transparent)]
    Model(#[from] openai::OpenError),
    /// Programs cannot be asked who they are.
    #[error(transparent)]
    ClientDocuments(#[from] oauth::ClientDocumentsError),
    /// They lead to no skills.
    #[error("MCP_SKILLS_DIR: {0}")]
    Skills(#[from] SkillCatalogError),
}

/// What the backend reaches beside its database.
pub struct Outside {
    /// The model that answers.
    pub model: Arc<dyn Model>,
    /// Where programs say who they are.
    pub client_documents: ClientDocuments,
}

/// The backend, ready to be served.
pub struct Backend {
    app: App,
}

impl Backend {
    /// Makes the parts and starts the background work. Connects to nothing yet; readiness turns on
    /// once the database and its schema were seen good.
    ///
    /// # Errors
    /// When the database's URL is malformed, or the model's client cannot be made.
    pub fn open(config: Config, lifecycle: Lifecycle, clock: Clock) -> Result<Self, OpenError> {
        let model = todo_assistant::open(&config.assistant)?;
        Self::with_model(config, lifecycle, clock, model)
    }

    /// As [`Backend::open`], with this model to answer.
    ///
    /// # Errors
    /// When the database's URL is malformed.
    pub fn with_model(
        config: Config,
        lifecycle: Lifecycle,
        clock: Clock,
        model: Arc<dyn Model>,
    ) -> Result<Self, OpenError> {
        let outside = Outside {
            model,
            client_documents: ClientDocuments::public()?,
        };
        Self::with(config, lifecycle, clock, outside)
    }

    /// As [`Backend::open`], with all that lies outside of it.
    ///
    /// # Errors
    /// When the database's URL is malformed.
    pub fn with(
        config: Config,
        lifecycle: Lifecycle,
        clock: Clock,
        outside: Outside,
    ) -> Result<Self, OpenError> {
        let db = Db::open(config.database.clone())?;
        let previous = config
            .jwt
            .previous
            .as_ref()
            .map(|secret| secret.expose().as_bytes());
        let jwt = Jwt::new(
            config.jwt.secret.expose().as_bytes(),
            previous,
            &config.server.public_url,
        );
        let skills = Skills::open(config.mcp.skills.as_deref())?;
        let app = App::new(Parts {
            db,
            clock,
            jwt,
            passwords: Passwords::default(),
            live: Live::default(),
            skills,
            streams: Streams::default(),
            client_documents: outside.client_documents,
            turns: Turns::new(outside.model, config.chat.max_turns),
            config,
            lifecycle,
        });
        let starting = app.clone();
        app.lifecycle.spawn_background(async move {
            health::become_ready(&starting.lifecycle, || starting.db.check()).await;
            chat::look_after(&starting).await;
        });
        app.lifecycle.spawn_background(chat::keep(app.clone()));
        app.lifecycle.spawn_background(live::keep(app.clone()));
        Ok(Self { app })
    }

    /// What the handlers share.
    #[must_use]
    pub const fn app(&self) -> &App {
        &self.app
    }

    /// All routes, the probes included, under the paths that clients use.
    pub fn router(&self) -> Router {
        let app = self.app.clone();
        let (routes, _) = routes(&app).split_for_parts();
        let checked = app.clone();
        let health = Health::new("database", move || {
            let app = checked.clone();
            async move { app.db.check().await.is_ok() }
        });
        let routes = routes
            .merge(openapi::router(document))
            .merge(mcp::router(&app).layer(from_fn_with_state(app.config.request_timeout, give_up)))
            .fallback(async || Error::NotFound("address"))
            .method_not_allowed_fallback(async || Error::MethodNotAllowed)
            .layer(DefaultBodyLimit::max(app.config.body_limit))
            .with_state(app.clone())
            .merge(health::router(app.lifecycle.readiness().clone(), health));
        let trusted_proxies = app.config.server.trusted_proxies.clone();
        todo_service::http::surround(routes, trusted_proxies, todo_service::http::panic_problem)
    }
}

/// Runs the backend on its own port until the process is asked to end.
///
/// # Errors
/// When a port is taken or a setting leads nowhere.
pub async fn serve(config: Config, model: Arc<dyn Model>) -> Result<Ending, Failure> {
    let lifecycle = Lifecycle::new(config.server.grace);
    let listener = Listener::bind(config.server.address, config.server.max_connections).await?;
    if let Some(address) = config.server.metrics_address {
        metrics::start(address, &lifecycle).await?;
    }
    let backend = Backend::with_model(config, lifecycle.clone(), Clock::system(), model)?;
    tracing::info!(address = %listener.address(), "serving");
    listener.serve(backend.router(), &lifecycle);
    Ok(lifecycle.run().await?)
}

/// The OpenAPI 3.1 document of all routes.
#[must_use]
pub fn document() -> OpenApi {
    with_paths(
        accounts::auth_routes(),
        quick().merge(chat::streams()).merge(live::router()),
    )
    .split_for_parts()
    .1
}

fn routes(app: &App) -> OpenApiRouter<App> {
    let of_user = quick()
        .layer(from_fn_with_state(app.config.request_timeout, give_up))
        .merge(chat::streams())
        .merge(live::router())
        .layer(from_fn_with_state(app.clone(), idempotency::read))
        .layer(from_fn_with_state(app.clone(), caller::require));
    with_paths(accounts::auth_router(app), of_user)
}

/// The routes of one user that answer at once.
fn quick() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(tasks::router())
        .merge(accounts::router())
        .merge(chat::router())
        .merge(conversations::router())
}

fn with_paths(auth: OpenApiRouter<App>, of_user: OpenApiRouter<App>) -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(openapi::frame())
        .merge(oauth::metadata_routes())
        .nest("/api/oauth", oauth::routes())
        .nest("/api/auth", auth)
        .nest("/api/{user_id}", of_user)
}

/// Middleware: 503 when an answer takes too long to begin.
async fn give_up(
    State(limit): State<Duration>,
    request: Request,
    next: Next,
) -> Result<Response, Error> {
    let answered = tokio::time::timeout(limit, next.run(request)).await;
    answered.map_err(|_| Error::Unavailable("the request took too long".to_owned()))
}
