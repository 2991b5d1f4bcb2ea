//! The backend as it runs in production, on a free port and a database of its own.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use diesel_async::SimpleAsyncConnection;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;
use todo_api::Task;
use todo_backend::{clock::Clock, config::Config, db::Conn, server::Backend};
use todo_service::{Environment, Lifecycle, Listener};

use crate::{
    client::{Answer, Client},
    postgres,
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

/// Tells the same stories on SQLite and on PostgreSQL: each is an `async fn(TestApp)`.
#[macro_export]
macro_rules! on_both {
    ($($story:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $story() {
                super::$story($crate::TestApp::start($crate::Engine::Sqlite).await).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $story() {
                super::$story($crate::TestApp::start($crate::Engine::Postgres).await).await;
            })+
        }
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
        let mut environment = vec![
            ("ADDR", "127.0.0.1"),
            ("PORT", "0"),
            ("METRICS_ADDR", "off"),
            ("SHUTDOWN_DELAY", "0s"),
            ("JWT_SECRET", "a Kiwi flew past 17 lighthouses, twice"),
        ];
        if let Self::Postgres(url) = self {
            environment.push(("DATABASE_URL", url));
        }
        environment.extend(variables);
        environment
            .into_iter()
            .collect::<Environment>()
            .read(|reader| Config::read(reader, self.file()))
            .unwrap_or_else(|error| panic!("{error}"))
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

    /// Starts another backend on the same database and clock.
    pub async fn replica(&self) -> Self {
        Self::on(self.database.clone(), self.clock.clone(), &[]).await
    }

    /// Starts a backend on a database that is there.
    pub async fn on(database: Database, clock: Clock, variables: &[(&str, &str)]) -> Self {
        let config = database.config(variables);
        let lifecycle = Lifecycle::new(config.server.grace);
        let listener = Listener::bind(config.server.address, config.server.max_connections)
            .await
            .unwrap();
        let address = listener.address();
        let backend = Backend::open(config, lifecycle.clone(), clock.clone()).unwrap();
        listener.serve(backend.router(), &lifecycle);
        Self {
            backend,
            clock,
            database,
            lifecycle,
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
        self.make_account(name).await;
        let token = self
            .backend
            .app()
            .jwt
            .issue(name, "session", self.clock.now())
            .unwrap();
        User {
            id: name.to_owned(),
            client: self
                .anonymous()
                .with("authorization", &format!("Bearer {token}")),
        }
    }

    /// Makes the rows of an account, unless they are there.
    async fn make_account(&self, name: &str) {
        let sql = format!(
            "INSERT INTO users VALUES ('{name}', '{name}', '{name}', '', NULL, 'system', \
             '2026-01-01 00:00:00.000000Z', '2026-01-01 00:00:00.000000Z') ON CONFLICT DO NOTHING; \
             INSERT INTO user_state (user_id) VALUES ('{name}') ON CONFLICT DO NOTHING"
        );
        let db = &self.backend.app().db;
        match db.read().await.unwrap() {
            Conn::Postgres(mut conn) => conn.batch_execute(&sql).await.unwrap(),
            Conn::Sqlite(mut conn) => conn.batch_execute(&sql).await.unwrap(),
        }
    }

    /// Turns the clock forward.
    pub fn advance(&self, by: SignedDuration) {
        self.clock.advance(by);
    }
}

/// Someone with an account, and a token for REST.
#[derive(Clone)]
pub struct User {
    /// The user's id.
    pub id: String,
    /// Sends the user's token.
    pub client: Client,
}

impl User {
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
            client: self.client.clone().at(app.url()),
        }
    }

    /// The same user with one more header.
    #[must_use]
    pub fn with(&self, name: &'static str, value: &str) -> Self {
        Self {
            id: self.id.clone(),
            client: self.client.clone().with(name, value),
        }
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
