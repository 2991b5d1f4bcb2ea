//! The backend as it runs in production, on a free port and a database of its own.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use diesel_async::SimpleAsyncConnection;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;
use todo_api::{
    ChatResponse, CreatedPersonalToken, Message, MessageList, SignedUp, Task, TokenAnswer, Turn,
};
use todo_assistant::model::Model;
use todo_backend::{
    accounts::oauth::ClientDocuments,
    clock::Clock,
    config::Config,
    db::{Conn, Location},
    server::{Backend, Outside},
};
use todo_service::{Environment, Lifecycle, Listener};

use crate::{
    client::{Answer, Client, Events},
    postgres,
    proxy::Proxy,
    scripted::{Scripted, Signals},
};

/// The moment at which a test's clock stands: a Tuesday at noon, UTC.
pub const NOON: &str = "2026-11-24T12:00:00Z";

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// PostgreSQL.
    Postgres,
    /// SQLite.
    Sqlite,
}

/// Tells the same stories on SQLite and on PostgreSQL: each is an `async fn(TestApp)`. The backend
/// is started by `TestApp::start`, or by the function that is named before an arrow.
#[macro_export]
macro_rules! on_both {
    ($start:ident => $($story:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $story() {
                super::$story($crate::TestApp::$start($crate::Engine::Sqlite).await).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $story() {
                super::$story($crate::TestApp::$start($crate::Engine::Postgres).await).await;
            })+
        }
    };
    ($($story:ident),+ $(,)?) => {
        $crate::on_both!(start => $($story),+);
    };
}

/// A database with the current schema; a file goes away with the value.
#[derive(Clone)]
pub enum Database {
    /// The URL of a database on the test server.
    Postgres(String),
    /// A folder with a file in it.
    Sqlite(Arc<TempDir>),
}

impl Database {
    /// A new one.
    pub async fn new(engine: Engine) -> Self {
        match engine {
            Engine::Postgres => Self::Postgres(postgres::migrated_database().await),
            Engine::Sqlite => {
                let database = Self::Sqlite(Arc::new(tempfile::tempdir().unwrap()));
                let db = todo_backend::db::Db::open(database.config(&[]).database).unwrap();
                db.migrate().await.unwrap();
                database
            }
        }
    }

    /// A new one of PostgreSQL, reached only through a proxy.
    pub async fn behind_proxy() -> (Self, Proxy) {
        let url = postgres::migrated_database().await;
        let (server, name) = url.rsplit_once('/').unwrap();
        let (user, server) = server.rsplit_once('@').unwrap();
        let proxy = Proxy::before(server.parse().unwrap()).await;
        let behind = format!("{user}@{}/{name}", proxy.address);
        (Self::Postgres(behind), proxy)
    }

    /// The file of SQLite.
    fn file(&self) -> Option<PathBuf> {
        match self {
            Self::Postgres(_) => None,
            Self::Sqlite(folder) => Some(folder.path().join("todo.db")),
        }
    }

    /// A configuration that leads to it, with other settings as in the environment.
    #[must_use]
    pub fn config(&self, variables: &[(&str, &str)]) -> Config {
        let environment = self.variables(variables);
        environment
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect::<Environment>()
            .read(|reader| Config::read(reader, self.file().map(Location::Sqlite)))
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// The environment of a backend on it, with further settings.
    #[must_use]
    pub fn variables(&self, more: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut variables = vec![
            ("ADDR", "127.0.0.1"),
            ("PORT", "0"),
            ("METRICS_ADDR", "off"),
            ("SHUTDOWN_DELAY", "0s"),
            ("SIGN_UP_LIMIT", "1000"),
            ("JWT_SECRET", "a Kiwi flew past 17 lighthouses, twice"),
        ];
        let file = self.file().unwrap_or_default();
        variables.push(match self {
            Self::Postgres(url) => ("DATABASE_URL", url),
            Self::Sqlite(_) => ("SQLITE_FILE", file.to_str().expect("a path of text")),
        });
        variables.extend(more);
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        variables.into_iter().map(own).collect()
    }
}

/// A running backend.
pub struct TestApp {
    /// What it is made of.
    pub backend: Backend,
    /// Its clock: stands at [`NOON`] until it is advanced.
    pub clock: Clock,
    /// Its database.
    pub database: Database,
    /// Its end.
    pub lifecycle: Lifecycle,
    /// Where its model finds its signals, if it is the scripted one.
    pub signals: Signals,
    model: Arc<dyn Model>,
    address: SocketAddr,
}

impl TestApp {
    /// Starts a backend on a database of its own.
    pub async fn start(engine: Engine) -> Self {
        Self::with(engine, &[]).await
    }

    /// Starts a backend with settings as in the environment.
    pub async fn with(engine: Engine, variables: &[(&str, &str)]) -> Self {
        let noon = NOON.parse::<Timestamp>().unwrap();
        Self::on(Database::new(engine).await, Clock::fixed(noon), variables).await
    }

    /// Starts a backend whose clock goes, for pages that a browser shows.
    pub async fn in_real_time(engine: Engine) -> Self {
        Self::on(Database::new(engine).await, Clock::system(), &[]).await
    }

    /// Starts a backend with the scripted model.
    pub async fn scripted(engine: Engine) -> Self {
        Self::scripted_by(engine, Clock::fixed(NOON.parse().unwrap())).await
    }

    /// Starts a backend with the scripted model whose clock goes, as those of other processes do.
    pub async fn scripted_in_real_time(engine: Engine) -> Self {
        Self::scripted_by(engine, Clock::system()).await
    }

    async fn scripted_by(engine: Engine, clock: Clock) -> Self {
        let signals = Signals::default();
        let model = Arc::new(Scripted::new(signals.folder()));
        Self::with_model(Database::new(engine).await, clock, &[], signals, model).await
    }

    /// Starts another backend on the same database and clock, with the same model.
    pub async fn replica(&self) -> Self {
        self.replica_with(&[]).await
    }

    /// The same, with settings as in the environment.
    pub async fn replica_with(&self, variables: &[(&str, &str)]) -> Self {
        Self::with_model(
            self.database.clone(),
            self.clock.clone(),
            variables,
            self.signals.clone(),
            Arc::clone(&self.model),
        )
        .await
    }

    /// The same, which fetches the documents of programs so.
    pub async fn replica_fetching(&self, client_documents: ClientDocuments) -> Self {
        let outside = Outside {
            model: Arc::clone(&self.model),
            client_documents,
        };
        let (database, clock) = (self.database.clone(), self.clock.clone());
        Self::serve(database, clock, &[], self.signals.clone(), outside).await
    }

    /// Starts a backend on a database that is there, with the model that the settings name.
    pub async fn on(database: Database, clock: Clock, variables: &[(&str, &str)]) -> Self {
        let model = todo_assistant::open(&database.config(variables).assistant).unwrap();
        Self::with_model(database, clock, variables, Signals::default(), model).await
    }

    /// Starts a backend on a database that is there, with this model.
    pub async fn with_model(
        database: Database,
        clock: Clock,
        variables: &[(&str, &str)],
        signals: Signals,
        model: Arc<dyn Model>,
    ) -> Self {
        let outside = Outside {
            model,
            client_documents: ClientDocuments::public().unwrap(),
        };
        Self::serve(database, clock, variables, signals, outside).await
    }

    async fn serve(
        database: Database,
        clock: Clock,
        variables: &[(&str, &str)],
        signals: Signals,
        outside: Outside,
    ) -> Self {
        let config = database.config(variables);
        let lifecycle = Lifecycle::new(config.server.grace);
        let listener = Listener::bind(config.server.address, config.server.max_connections)
            .await
            .unwrap();
        let address = listener.address();
        let model = Arc::clone(&outside.model);
        let backend = Backend::with(config, lifecycle.clone(), clock.clone(), outside).unwrap();
        listener.serve(backend.router(), &lifecycle);
        Self {
            backend,
            clock,
            database,
            lifecycle,
            signals,
            model,
            address,
        }
    }

    /// Its address, as in `http://127.0.0.1:8000`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A client that nobody has signed in to.
    #[must_use]
    pub fn anonymous(&self) -> Client {
        Client::new(self.url())
    }

    /// A user who has just signed up.
    pub async fn user(&self, name: &str) -> User {
        let form = json!({"name": name, "email": email(name), "password": PASSWORD});
        User::enter(self.anonymous(), "sign-up", form).await
    }

    /// A user who has just signed in again.
    pub async fn sign_in(&self, name: &str) -> User {
        User::sign_in(self.anonymous(), &email(name)).await
    }

    /// Runs statements on its database, to make what no client could.
    pub async fn execute(&self, statements: &str) {
        let done = match self.backend.app().db.read_alone().await.unwrap() {
            Conn::Postgres(conn) => conn.shared().batch_execute(statements).await,
            Conn::Sqlite(mut conn) => conn.batch_execute(statements).await,
        };
        done.unwrap_or_else(|error| panic!("{statements}: {error}"));
    }

    /// Turns the clock forward.
    pub fn advance(&self, by: SignedDuration) {
        self.clock.advance(by);
    }
}

/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery staple";

/// The address that a user of a test signs up with.
#[must_use]
pub fn email(name: &str) -> String {
    format!("{name}@example.com")
}

/// Someone with an account.
#[derive(Clone)]
pub struct User {
    /// The user's id.
    pub id: String,
    /// Sends the session's token, for `/api/auth`.
    pub session: Client,
    /// Sends a JWT, for REST. It lasts five minutes of the test's clock.
    pub client: Client,
}

impl User {
    /// Somebody who has an account with everybody's password, signed in at the server of `anonymous`.
    pub async fn sign_in(anonymous: Client, email: &str) -> Self {
        let form = json!({"email": email, "password": PASSWORD});
        Self::enter(anonymous, "sign-in", form).await
    }

    async fn enter(anonymous: Client, how: &str, form: Value) -> Self {
        let path = format!("/api/auth/{how}/email");
        let SignedUp { token, user } = anonymous.post(&path, form).await.expect(200);
        let session = anonymous
            .clone()
            .with("authorization", &format!("Bearer {token}"));
        let TokenAnswer { token } = session.get("/api/auth/token").await.expect(200);
        Self {
            id: user.id,
            session,
            client: anonymous.with("authorization", &format!("Bearer {token}")),
        }
    }

    /// The path of something of theirs: `tasks/1` is `/api/{user_id}/tasks/1`.
    #[must_use]
    pub fn path(&self, path: &str) -> String {
        format!("/api/{}/{path}", self.id)
    }

    /// The same user on another backend.
    #[must_use]
    pub fn at(&self, app: &TestApp) -> Self {
        Self {
            id: self.id.clone(),
            session: self.session.clone().at(app.url()),
            client: self.client.clone().at(app.url()),
        }
    }

    /// The same user with one more header.
    #[must_use]
    pub fn with(&self, name: &'static str, value: &str) -> Self {
        Self {
            client: self.client.clone().with(name, value),
            ..self.clone()
        }
    }

    /// Makes a personal access token with these scopes, good for a day.
    pub async fn make_token(&self, name: &str, scopes: &[&str]) -> CreatedPersonalToken {
        let form = json!({"name": name, "scopes": scopes, "expiresInDays": 1});
        let made = self.session.post("/api/auth/create-personal-token", form);
        made.await.expect(200)
    }

    /// A program that acts for them with this token.
    #[must_use]
    pub fn bearing(&self, token: &str) -> Self {
        self.with("authorization", &format!("Bearer {token}"))
    }

    /// `GET` something of theirs.
    pub async fn get(&self, path: &str) -> Answer {
        self.client.get(&self.path(path)).await
    }

    /// `POST` JSON to something of theirs.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.client.post(&self.path(path), body).await
    }

    /// `PUT` JSON to something of theirs.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.client.put(&self.path(path), body).await
    }

    /// `PATCH` JSON to something of theirs.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.client.patch(&self.path(path), body).await
    }

    /// `DELETE` something of theirs.
    pub async fn delete(&self, path: &str) -> Answer {
        self.client.delete(&self.path(path)).await
    }

    /// Says something in a new conversation, and gives the answer once there is one.
    pub async fn say(&self, message: &str) -> ChatResponse {
        let said = self.post("chat", json!({"message": message})).await;
        said.expect(200)
    }

    /// Says something in a conversation, and gives the answer once there is one.
    pub async fn say_in(&self, conversation: i64, message: &str) -> ChatResponse {
        let body = json!({"conversation_id": conversation, "message": message});
        self.post("chat", body).await.expect(200)
    }

    /// Says something in a new conversation, and gives the turn's events as they come.
    pub async fn say_and_listen(&self, message: &str) -> Events {
        self.post_and_listen("chat", json!({"message": message}))
            .await
    }

    /// `POST` JSON to something of theirs that answers with events.
    pub async fn post_and_listen(&self, path: &str, body: Value) -> Events {
        self.client.post_for_events(&self.path(path), body).await
    }

    /// The events of a turn after that one.
    pub async fn events(&self, turn: i64, after: i64) -> Events {
        let client = self.with("last-event-id", &after.to_string()).client;
        client
            .events(&self.path(&format!("turns/{turn}/events")))
            .await
    }

    /// What changes of theirs, as it changes.
    pub async fn changes(&self) -> Events {
        self.client.events(&self.path("events")).await
    }

    /// A turn as it stands.
    pub async fn turn(&self, id: i64) -> Turn {
        self.get(&format!("turns/{id}")).await.expect(200)
    }

    /// The messages of a conversation.
    pub async fn messages(&self, conversation: i64) -> Vec<Message> {
        let path = format!("conversations/{conversation}/messages");
        let list: MessageList = self.get(&path).await.expect(200);
        list.messages
    }

    /// Adds a task of that title.
    pub async fn add(&self, title: &str) -> Task {
        self.add_task(json!({"title": title})).await
    }

    /// Adds a task of those fields.
    pub async fn add_task(&self, task: Value) -> Task {
        self.post("tasks", task).await.expect(201)
    }

    /// The titles of a list, in its order; the query begins with `?` or is empty.
    pub async fn titles(&self, query: &str) -> Vec<String> {
        let list: todo_api::TaskList = self.get(&format!("tasks{query}")).await.expect(200);
        list.tasks.into_iter().map(|task| task.title).collect()
    }
}
