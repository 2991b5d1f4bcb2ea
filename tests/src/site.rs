//! The pages, served as in production: by a frontend of its own that reaches the backend over HTTP.

use std::time::Duration;

use todo_frontend::{backend_over_http, config::Config, server};
use todo_service::{Environment, Grace, Lifecycle, Listener};

use crate::{PASSWORD, TestApp, app::email, browser::Page};

/// A running frontend.
pub struct Site {
    /// Its address, as in `http://127.0.0.1:3000`.
    pub url: String,
    /// Its end.
    pub lifecycle: Lifecycle,
}

impl Site {
    /// Starts a frontend before a backend.
    pub async fn before(app: &TestApp) -> Self {
        let public_url = &app.backend.app().config.server.public_url;
        Self::start(&app.url(), public_url).await
    }

    /// Starts a frontend that looks for the backend at that address.
    pub async fn reaching(backend: &str) -> Self {
        Self::start(backend, "").await
    }

    /// The pages that somebody else serves.
    #[must_use]
    pub fn elsewhere(url: String) -> Self {
        Self {
            url,
            lifecycle: Lifecycle::new(Grace {
                delay: Duration::ZERO,
                drain: Duration::ZERO,
            }),
        }
    }

    async fn start(backend: &str, public_url: &str) -> Self {
        let variables = [
            ("ADDR", "127.0.0.1"),
            ("PORT", "0"),
            ("METRICS_ADDR", "off"),
            ("SHUTDOWN_DELAY", "0s"),
            ("BACKEND_URL", backend),
            ("PUBLIC_URL", public_url),
        ];
        let config = variables
            .into_iter()
            .collect::<Environment>()
            .read(Config::read)
            .unwrap_or_else(|error| panic!("{error}"));
        let lifecycle = Lifecycle::new(config.server.grace);
        let listener = Listener::bind(config.server.address, config.server.max_connections)
            .await
            .unwrap();
        let url = format!("http://{}", listener.address());
        let service = backend_over_http(backend).unwrap();
        listener.serve(
            server::router(service, &config.server, &lifecycle),
            &lifecycle,
        );
        lifecycle.readiness().set_good();
        Self { url, lifecycle }
    }

    /// Goes to one of its pages.
    pub async fn open(&self, page: &Page, path: &str) {
        page.goto(&format!("{}{path}", self.url)).await;
    }

    /// Signs up, which leads to the task list.
    pub async fn sign_up(&self, page: &Page, name: &str) {
        self.open(page, "/signup").await;
        page.fill("Your name", name).await;
        page.fill("E-mail", &email(name)).await;
        page.fill("Password", PASSWORD).await;
        page.click("button", "Create account").await;
        page.arrives_at("/").await;
    }

    /// Signs in, which leads to the task list.
    pub async fn sign_in(&self, page: &Page, name: &str) {
        self.open(page, "/login").await;
        page.fill("E-mail", &email(name)).await;
        page.fill("Password", PASSWORD).await;
        page.click("button", "Sign in").await;
        page.arrives_at("/").await;
    }
}
