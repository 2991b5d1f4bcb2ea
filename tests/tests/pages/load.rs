//! What one page costs the backend.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use serde_json::json;
use todo_service::{Lifecycle, Listener};
use todo_tests::{Engine, Site, TestApp};
use tokio::sync::Barrier;

use crate::visitor;

/// Stands before the backend, remembers its calls, and can hold them until so many are there.
#[derive(Clone, Default)]
struct Gate {
    calls: Arc<Mutex<Vec<String>>>,
    together: Arc<Mutex<Option<Arc<Barrier>>>>,
}

impl Gate {
    fn hold_until(&self, calls: usize) {
        self.calls.lock().unwrap().clear();
        *self.together.lock().unwrap() = Some(Arc::new(Barrier::new(calls)));
    }

    /// The paths of the calls, without queries and the user, in order.
    fn calls(&self) -> Vec<String> {
        let mut calls = self.calls.lock().unwrap().clone();
        calls.sort_unstable();
        calls
    }
}

async fn pass(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let path = request.uri().path().split('/').skip(3).collect::<Vec<_>>();
    gate.calls.lock().unwrap().push(path.join("/"));
    let together = gate.together.lock().unwrap().clone();
    if let Some(barrier) = together {
        barrier.wait().await;
    }
    next.run(request).await
}

/// Each page asks for all it shows at once: were it not so, the calls would wait for each other
/// for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_asks_for_everything_at_once_and_only_once() {
    let app = TestApp::start(Engine::Sqlite).await;
    let gate = Gate::default();
    let lifecycle = Lifecycle::new(app.backend.app().config.server.grace);
    let listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0)), 100)
        .await
        .unwrap();
    let address = listener.address();
    let router = app.backend.router();
    listener.serve(
        router.layer(from_fn_with_state(gate.clone(), pass)),
        &lifecycle,
    );
    let site = Site::reaching(&format!("http://{address}")).await;
    let ann = visitor(&app, &site, "ann").await;
    let user = app.sign_in("ann").await;
    user.post("chat", json!({"message": "add milk"}))
        .await
        .assert_status(200);
    // The session's token is asked for once and kept.
    ann.get("/").await.assert_status(200);

    for (address, messages) in [
        ("/", "conversations/latest/messages"),
        ("/?c=1", "conversations/1/messages"),
    ] {
        gate.hold_until(6);
        ann.get(address).await.assert_status(200);
        let whole = [
            "conversations",
            messages,
            "settings",
            "tags",
            "tasks",
            "tasks",
        ];
        assert_eq!(gate.calls(), whole);
    }

    gate.hold_until(3);
    ann.clone()
        .with("hx-request", "true")
        .get("/tasks")
        .await
        .assert_status(200);
    assert_eq!(gate.calls(), ["settings", "tasks", "tasks"]);

    gate.hold_until(5);
    ann.get("/settings").await.assert_status(200);
    assert_eq!(
        gate.calls(),
        [
            "get-session",
            "list-oauth-grants",
            "list-personal-tokens",
            "list-sessions",
            "settings"
        ]
    );
}
