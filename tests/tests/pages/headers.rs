//! Who may make the pages act, and what every answer carries.

use axum::{
    Router,
    http::{HeaderMap, Method, StatusCode},
};
use todo_tests::{Client, Engine, Site, TestApp, client::Answer};
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
};

use crate::{submit, visitor};

/// Every route of the pages that changes something.
const UNSAFE: [&str; 26] = [
    "/login",
    "/signup",
    "/reset",
    "/logout",
    "/tasks",
    "/tasks/restore",
    "/tasks/clear-completed",
    "/tasks/1",
    "/tasks/1/complete",
    "/tasks/1/delete",
    "/chat",
    "/chat/messages/1",
    "/chat/turns/1/stop",
    "/chat/turns/1/retry",
    "/chat/turns/1/approve",
    "/chat/turns/1/calls/1/undo",
    "/conversations/1/rename",
    "/conversations/1/delete",
    "/settings",
    "/settings/password",
    "/settings/sessions",
    "/settings/tokens",
    "/settings/tokens/revoke",
    "/settings/grants/revoke",
    "/settings/delete",
    "/oauth/authorize",
];

#[tokio::test(flavor = "multi_thread")]
async fn other_sites_cannot_make_a_page_act() {
    let app = TestApp::start(Engine::Sqlite).await;
    let site = Site::before(&app).await;
    let ann = visitor(&app, &site, "ann").await;
    let bare = ann.clone().without("sec-fetch-site");
    let host = site.url.replace("http://", "");
    for path in UNSAFE {
        for (name, foreign) in [
            ("same-site", ann.clone().with("sec-fetch-site", "same-site")),
            (
                "cross-site",
                ann.clone().with("sec-fetch-site", "cross-site"),
            ),
            (
                "a foreign origin",
                bare.clone().with("origin", "https://evil.example"),
            ),
            (
                "another port",
                bare.clone().with("origin", "http://127.0.0.1:1"),
            ),
            ("no origin", bare.clone().with("origin", "null")),
            ("a cookie alone", bare.clone()),
        ] {
            let answer = submit(&foreign, path, "title=Owned").await;
            assert_eq!(answer.status, 403, "{path} from {name}");
            assert!(answer.text().contains("came from another site"), "{path}");
        }
        for own in [
            bare.clone().with("origin", &format!("http://{host}")),
            ann.clone().with("sec-fetch-site", "none"),
        ] {
            // Without the cookie, because some of them end the session.
            let answer = submit(&own.without("cookie"), path, "").await;
            assert_ne!(answer.status, 403, "{path}");
        }
    }
    let user = app.sign_in("ann").await;
    assert_eq!(user.titles("").await, [] as [&str; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn unsafe_routes_are_posts_and_all_of_them_are_known_here() {
    let app = TestApp::start(Engine::Sqlite).await;
    let site = Site::before(&app).await;
    let ann = visitor(&app, &site, "ann").await;
    for path in UNSAFE {
        for method in [Method::PUT, Method::PATCH, Method::DELETE] {
            let answer = ann.send(method.clone(), path, "").await;
            assert_eq!(answer.status, 405, "{method} {path}");
        }
    }
    // The forms and buttons of the pages lead nowhere else.
    let mut actions = 0;
    for page in [
        "/",
        "/settings",
        "/conversations",
        "/login",
        "/signup",
        "/reset",
    ] {
        let html = ann.clone().get(page).await.text();
        for form in html.split("<form").skip(1) {
            let form = form.split('>').next().unwrap_or_default();
            if !form.contains("method=\"post\"") {
                continue;
            }
            let action = form
                .split("action=\"")
                .nth(1)
                .and_then(|rest| rest.split('"').next());
            assert!(UNSAFE.contains(&action.unwrap_or_default()), "{form}");
            actions += 1;
        }
    }
    assert!(actions > 8, "only {actions} forms were found");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_keeps_to_itself() {
    let app = TestApp::start(Engine::Sqlite).await;
    let site = Site::before(&app).await;
    let ann = visitor(&app, &site, "ann").await;
    let anonymous = Client::new(&site.url);
    let page = ann.get("/").await.text();
    let style = page
        .split('"')
        .find(|text| text.ends_with("base.css"))
        .unwrap();
    for path in [
        "/",
        "/login",
        "/signup",
        "/reset",
        "/settings",
        "/conversations",
        "/export",
        "/oauth/authorize",
        "/nowhere",
        "/tasks/99/edit",
        "/favicon.ico",
        style,
    ] {
        keeps_to_itself(path, &ann.get(path).await);
        keeps_to_itself(path, &anonymous.get(path).await);
    }
    keeps_to_itself(
        "a refusal",
        &submit(
            &anonymous.with("origin", "https://evil.example"),
            "/login",
            "",
        )
        .await,
    );
    keeps_to_itself(
        "a fragment",
        &ann.clone().with("hx-request", "true").get("/tasks").await,
    );
    for page in ["/", "/settings", "/login", "/nowhere"] {
        let html = ann.get(page).await.text();
        for forbidden in [
            "<script>",
            "<style",
            " style=\"",
            " onclick",
            " onload",
            "javascript:",
        ] {
            assert!(!html.contains(forbidden), "{page} has {forbidden}");
        }
    }
}

fn keeps_to_itself(what: &str, answer: &Answer) {
    let header = |name| {
        let value = answer
            .headers
            .get(name)
            .map(|value| value.to_str().unwrap());
        value.unwrap_or_default().to_owned()
    };
    let policy = header("content-security-policy");
    for rule in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ] {
        assert!(
            policy.split("; ").any(|found| found == rule),
            "{what}: {rule} is not in {policy}"
        );
    }
    assert!(!policy.contains("unsafe"), "{what}: {policy}");
    assert_eq!(header("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(header("referrer-policy"), "same-origin", "{what}");
    assert!(!header("x-request-id").is_empty(), "{what}");
}

/// A backend that only tells under which ids it is asked; and its address.
async fn backend_that_tells_ids() -> (String, UnboundedReceiver<String>) {
    let (tell, told) = unbounded_channel();
    let answer = async move |headers: HeaderMap| {
        let id = headers.get("x-request-id");
        tell.send(id.unwrap().to_str().unwrap().to_owned()).unwrap();
        StatusCode::SERVICE_UNAVAILABLE
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let routes = Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (url, told)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_backend_is_asked_under_the_id_of_the_page() {
    let (backend, mut told) = backend_that_tells_ids().await;
    let site = Site::reaching(&backend).await;
    let anonymous = Client::new(&site.url)
        .with("sec-fetch-site", "same-origin")
        .with("content-type", "application/x-www-form-urlencoded");
    let form = "email=ann%40example.com&password=password1";

    let from_a_proxy = anonymous.clone().with("x-request-id", "from-the-Proxy-7");
    let answer = submit(&from_a_proxy, "/login", form).await;
    assert_eq!(answer.header("x-request-id"), "from-the-Proxy-7");
    assert_eq!(told.recv().await.unwrap(), "from-the-Proxy-7");

    let too_long = "x".repeat(65);
    for odd in [
        "short",
        "has spaces in it",
        "under_score",
        "{id=\"1\"}",
        &too_long,
    ] {
        let client = anonymous.clone().with("x-request-id", odd);
        let answer = submit(&client, "/login", form).await;
        let id = answer.header("x-request-id");
        assert_eq!(id.len(), 32, "{odd} is answered under {id}");
        assert_eq!(told.recv().await.unwrap(), id, "{odd}");
    }
}
