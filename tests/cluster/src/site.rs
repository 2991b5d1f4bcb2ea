//! The product as people reach it: by https, through the Ingress of one node.

use std::{net::IpAddr, time::Duration};

use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::{Result, events::Events};

const PASSWORD: &str = "correct horse battery staple";
/// How long an answer may take before it counts as failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// The product.
#[derive(Clone)]
pub(crate) struct Site {
    client: Client,
    /// Its address, as in `https://todo.local`.
    pub(crate) url: String,
}

/// A person with an account.
#[derive(Clone)]
pub(crate) struct Person {
    site: Site,
    pub(crate) id: String,
    session: String,
    cookie: String,
}

impl Site {
    /// The product behind the Ingress at that address. The certificate is the installation's own.
    pub(crate) fn behind(ingress: IpAddr, host: &str) -> Result<Self> {
        let client = Client::builder()
            .resolve(host, (ingress, 443).into())
            .tls_danger_accept_invalid_certs(true)
            // A request that fails must be seen to fail.
            .retry(reqwest::retry::never())
            .build()?;
        Ok(Self {
            client,
            url: format!("https://{host}"),
        })
    }

    /// The same by another way.
    pub(crate) fn by(&self, url: String) -> Self {
        Self {
            client: self.client.clone(),
            url,
        }
    }

    /// A request, sent once.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Response> {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        Ok(tokio::time::timeout(PATIENCE, request.send())
            .await
            .map_err(|_| format!("{path}: no answer in {} s", PATIENCE.as_secs()))??)
    }

    /// The status of a page, read to its end.
    pub(crate) async fn page(
        &self,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<(StatusCode, String)> {
        let answer = self.send(Method::GET, path, headers, None).await?;
        let status = answer.status();
        Ok((status, answer.text().await?))
    }

    /// Makes an account.
    pub(crate) async fn sign_up(&self) -> Result<Person> {
        let name = format!("{:016x}", rand::random::<u64>());
        let form =
            json!({"name": name, "email": format!("{name}@example.com"), "password": PASSWORD});
        let answer = self
            .send(Method::POST, "/api/auth/sign-up/email", &[], Some(&form))
            .await?;
        let cookie = answer
            .headers()
            .get("set-cookie")
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .unwrap_or_default()
            .to_owned();
        let body: Value = expect(answer, StatusCode::OK).await?;
        Ok(Person {
            site: self.clone(),
            id: body["user"]["id"].as_str().unwrap_or_default().to_owned(),
            session: format!("Bearer {}", body["token"].as_str().unwrap_or_default()),
            cookie,
        })
    }
}

impl Person {
    /// The same person, by another way.
    pub(crate) fn by(&self, site: Site) -> Self {
        Self {
            site,
            ..self.clone()
        }
    }

    /// A JWT, as the value of `Authorization`; good for five minutes.
    pub(crate) async fn token(&self) -> Result<String> {
        let headers = [("authorization", self.session.as_str())];
        let answer = self
            .site
            .send(Method::GET, "/api/auth/token", &headers, None)
            .await?;
        let body = expect(answer, StatusCode::OK).await?;
        Ok(format!(
            "Bearer {}",
            body["token"].as_str().unwrap_or_default()
        ))
    }

    /// The list of tasks beside the chat.
    pub(crate) async fn home(&self) -> Result<(StatusCode, String)> {
        self.site.page("/", &[("cookie", &self.cookie)]).await
    }

    /// The same, by a request with an id.
    pub(crate) async fn home_as(&self, request_id: &str) -> Result<(StatusCode, String)> {
        let headers = [
            ("cookie", self.cookie.as_str()),
            ("x-request-id", request_id),
        ];
        self.site.page("/", &headers).await
    }

    /// A path of theirs: `tasks` is `/api/{user_id}/tasks`.
    pub(crate) fn path(&self, path: &str) -> String {
        format!("/api/{}/{path}", self.id)
    }

    /// Adds a task; the key makes a second try harmless.
    pub(crate) async fn add(&self, token: &str, title: &str, key: &str) -> Result {
        let headers = [("authorization", token), ("idempotency-key", key)];
        let answer = self
            .site
            .send(
                Method::POST,
                &self.path("tasks"),
                &headers,
                Some(&json!({"title": title})),
            )
            .await?;
        expect(answer, StatusCode::CREATED).await?;
        Ok(())
    }

    /// The titles of all tasks, page by page.
    pub(crate) async fn titles(&self) -> Result<Vec<String>> {
        let token = self.token().await?;
        let mut titles = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("{}?limit=200{cursor}", self.path("tasks"));
            let headers = [("authorization", token.as_str())];
            let answer = self.site.send(Method::GET, &path, &headers, None).await?;
            let page = expect(answer, StatusCode::OK).await?;
            let tasks = page["tasks"].as_array().into_iter().flatten();
            titles.extend(
                tasks
                    .filter_map(|task| task["title"].as_str())
                    .map(str::to_owned),
            );
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(titles),
            }
        }
    }

    /// Says something in a new conversation; the answer streams.
    pub(crate) async fn say(&self, token: &str, message: &str, key: &str) -> Result<Events> {
        let message = json!({"message": message});
        self.stream(token, "chat", key, Some(&message)).await
    }

    /// Lets a turn go on that did not end well.
    pub(crate) async fn retry(&self, token: &str, turn: i64, key: &str) -> Result<Events> {
        let path = format!("turns/{turn}/retry");
        self.stream(token, &path, key, None).await
    }

    async fn stream(
        &self,
        token: &str,
        path: &str,
        key: &str,
        body: Option<&Value>,
    ) -> Result<Events> {
        let headers = [
            ("authorization", token),
            ("accept", "text/event-stream"),
            ("idempotency-key", key),
        ];
        let path = self.path(path);
        stream(self.site.send(Method::POST, &path, &headers, body).await?).await
    }

    /// The events of a turn after one of them.
    pub(crate) async fn events(&self, token: &str, turn: i64, after: i64) -> Result<Events> {
        let after = after.to_string();
        let headers = [
            ("authorization", token),
            ("accept", "text/event-stream"),
            ("last-event-id", after.as_str()),
        ];
        let path = self.path(&format!("turns/{turn}/events"));
        stream(self.site.send(Method::GET, &path, &headers, None).await?).await
    }
}

/// The body as JSON, once the status is the expected one.
pub(crate) async fn expect(answer: Response, status: StatusCode) -> Result<Value> {
    let (path, seen) = (answer.url().path().to_owned(), answer.status());
    let body = answer.text().await?;
    if seen != status {
        let start: String = body.chars().take(200).collect();
        return Err(format!("{path}: {seen} {start}").into());
    }
    Ok(serde_json::from_str(&body)?)
}

async fn stream(answer: Response) -> Result<Events> {
    if answer.status() == StatusCode::OK {
        return Ok(Events::of(answer));
    }
    let (status, body) = (answer.status(), answer.text().await?);
    Err(format!("no stream but {status} {body}").into())
}
