//! The pages as HTTP serves them, without a browser.

mod authorize;
mod forms;
mod headers;
mod load;

use axum::http::Method;
use todo_tests::{Client, PASSWORD, Site, TestApp, client::Answer, email};

/// A browser's requests without the browser: of a person who is signed in, from our own pages.
async fn visitor(app: &TestApp, site: &Site, name: &str) -> Client {
    app.user(name).await;
    let anonymous = Client::new(&site.url)
        .with("sec-fetch-site", "same-origin")
        .with("content-type", "application/x-www-form-urlencoded");
    let form = format!("email={}&password={PASSWORD}", email(name));
    let signed_in = anonymous.send(Method::POST, "/login", form).await;
    signed_in.assert_status(303);
    let cookie = signed_in.headers["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap_or_default();
    anonymous.with("cookie", cookie)
}

/// Sends a form.
async fn submit(client: &Client, path: &str, form: impl Into<String>) -> Answer {
    client.send(Method::POST, path, form.into()).await
}
