//! Both servers behind one address, with the routes that the Ingress has: what belongs to the
//! backend goes there, the rest to the frontend.

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use tower::ServiceExt;

/// One router in front of both.
pub(crate) fn join(backend: Router, frontend: Router) -> Router {
    Router::new()
        .fallback(route)
        .with_state(Both { backend, frontend })
}

#[derive(Clone)]
struct Both {
    backend: Router,
    frontend: Router,
}

async fn route(State(both): State<Both>, request: Request) -> Response {
    let server = if is_backends(request.uri().path()) {
        both.backend
    } else {
        both.frontend
    };
    match server.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Whether the backend answers a path. The probes are its own too: it alone has a database that
/// may be down.
fn is_backends(path: &str) -> bool {
    let below = |prefix| {
        path.strip_prefix(prefix)
            .is_some_and(|rest: &str| rest.is_empty() || rest.starts_with('/'))
    };
    below("/api")
        || below("/mcp")
        || path.starts_with("/.well-known/oauth-")
        || matches!(path, "/livez" | "/readyz" | "/health")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_has_its_server() {
        for path in [
            "/api",
            "/api/docs",
            "/mcp",
            "/mcp/",
            "/.well-known/oauth-protected-resource",
            "/.well-known/oauth-protected-resource/mcp",
            "/.well-known/oauth-authorization-server",
            "/readyz",
        ] {
            assert!(is_backends(path), "{path}");
        }
        for path in [
            "/",
            "/login",
            "/apiary",
            "/mcpx",
            "/.well-known/security.txt",
            "/oauth/authorize",
            "/assets/api",
        ] {
            assert!(!is_backends(path), "{path}");
        }
    }
}
