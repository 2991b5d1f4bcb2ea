//! The database: PostgreSQL in production, SQLite embedded. One set of Diesel queries serves both:
//! a [`Conn`] is a connection of either kind, and [`on!`] expands a query's body for each. Without
//! the feature `sqlite` there is PostgreSQL alone: every query is compiled once, not twice.
//!
//! Reads share connections; writes run in a transaction inside a task of their own, because a future
//! that is dropped in mid-transaction would leave it open.

mod connections;
mod migrate;
mod postgres;
pub(crate) mod schema;
#[cfg(feature = "sqlite")]
mod sqlite;
mod statement;
mod tls;
pub(crate) mod types;

#[cfg(feature = "sqlite")]
use std::path::PathBuf;
use std::{fmt, future::Future, sync::Arc, time::Duration};

use deadpool::managed::PoolError;
use diesel::QueryResult;
#[cfg(feature = "sqlite")]
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::{AsyncConnection, TransactionManager};
use tracing::Instrument;

pub use connections::Connection;
use connections::Connections;
pub use migrate::{MigrateError, Migrated};
pub use postgres::Notifications;
pub use tls::InvalidUrl;

/// Runs a query's body, which is one statement, on whichever kind of connection it is; the name is
/// bound to it.
macro_rules! on {
    ($conn:expr, |$name:ident| $body:expr) => {{
        let _statement = $crate::db::statement!();
        match $conn {
            $crate::db::Conn::Postgres(connection) => {
                let $name = &mut connection.shared();
                $body
            }
            #[cfg(feature = "sqlite")]
            $crate::db::Conn::Sqlite(object) => {
                let $name = &mut **object;
                $body
            }
        }
    }};
}
pub(crate) use on;
pub(crate) use statement::{Statement, statement};

/// Where the database is and how it may be used.
#[derive(Clone)]
pub struct Settings {
    /// Which database.
    pub location: Location,
    /// Most connections at once to PostgreSQL, each of which many may read on; on SQLite, most readers.
    pub pool_size: usize,
    /// How long to wait for a connection, a database that wakes up included.
    pub connect_timeout: Duration,
    /// How long one statement may take.
    pub statement_timeout: Duration,
}

/// Which database.
#[derive(Clone)]
pub enum Location {
    /// A PostgreSQL server.
    Postgres {
        /// `postgres://…`, possibly of a pooler.
        url: String,
        /// The server itself, for migrations and LISTEN, when `url` is a pooler.
        direct_url: Option<String>,
    },
    /// A file.
    #[cfg(feature = "sqlite")]
    Sqlite(PathBuf),
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let engine = match self.location {
            Location::Postgres { .. } => "postgres",
            #[cfg(feature = "sqlite")]
            Location::Sqlite(_) => "sqlite",
        };
        f.debug_struct("Settings")
            .field("engine", &engine)
            .finish_non_exhaustive()
    }
}

/// The database, shared by all who use it.
#[derive(Clone)]
pub struct Db {
    settings: Arc<Settings>,
    pools: Pools,
}

#[derive(Clone)]
enum Pools {
    Postgres(Connections),
    /// SQLite has one writer at a time. A pool of one queues writers in order, where the file's own
    /// lock would let some of them starve.
    #[cfg(feature = "sqlite")]
    Sqlite {
        readers: Pool<sqlite::Connection>,
        writer: Pool<sqlite::Connection>,
    },
}

/// A connection of either kind.
pub enum Conn {
    /// To PostgreSQL.
    Postgres(Connection),
    /// To SQLite.
    #[cfg(feature = "sqlite")]
    Sqlite(Object<sqlite::Connection>),
}

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// It could not be reached, or not in time.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// It refused a statement.
    #[error("a statement failed: {0}")]
    Query(diesel::result::Error),
}

impl From<diesel::result::Error> for DbError {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::{DatabaseErrorKind, Error};
        match &error {
            Error::DatabaseError(DatabaseErrorKind::ClosedConnection, _)
            | Error::BrokenTransactionManager => Self::Unavailable(error.to_string()),
            // PostgreSQL: shutting down, starting up, too many connections; SQLite: locked, full, I/O.
            Error::DatabaseError(_, info)
                if [
                    "terminating connection",
                    "the database system is",
                    "too many",
                    "remaining connection slots",
                    "canceling statement",
                    "connection closed",
                    "Connection reset",
                    "Broken pipe",
                    "database is locked",
                    "database or disk is full",
                    "disk I/O error",
                    "No space left",
                    "could not extend file",
                ]
                .iter()
                .any(|sign| info.message().contains(sign)) =>
            {
                Self::Unavailable(error.to_string())
            }
            _ => Self::Query(error),
        }
    }
}

impl<E: fmt::Display> From<PoolError<E>> for DbError {
    fn from(error: PoolError<E>) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// The settings do not lead to a database.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// `DATABASE_URL` or `DATABASE_DIRECT_URL` is malformed.
    #[error(transparent)]
    Url(#[from] InvalidUrl),
    /// The pool could not be made.
    #[error("the connection pool could not be made: {0}")]
    Pool(#[from] deadpool::managed::BuildError),
}

/// What [`Db::write`] runs: an async closure over a connection whose future can be sent. The output
/// of an async closure cannot be bounded directly on stable Rust, hence a trait that names it.
pub trait Transaction<'a, T, E>: FnOnce(&'a mut Conn) -> Self::Future + Send {
    /// The closure's future.
    type Future: Future<Output = Result<T, E>> + Send;
}

impl<'a, T, E, F, Fut> Transaction<'a, T, E> for F
where
    F: FnOnce(&'a mut Conn) -> Fut + Send,
    Fut: Future<Output = Result<T, E>> + Send,
{
    type Future = Fut;
}

impl Db {
    /// Makes the pools; connects to nothing yet.
    ///
    /// # Errors
    /// When a URL is malformed.
    pub fn open(settings: Settings) -> Result<Self, OpenError> {
        let pools = match &settings.location {
            Location::Postgres { url, .. } => Pools::Postgres(Connections::new(url, &settings)?),
            #[cfg(feature = "sqlite")]
            Location::Sqlite(path) => Pools::Sqlite {
                readers: sqlite::pool(path, settings.pool_size, &settings)?,
                writer: sqlite::pool(path, 1, &settings)?,
            },
        };
        Ok(Self {
            settings: Arc::new(settings),
            pools,
        })
    }

    /// Whether this is SQLite, where no other machine takes part.
    #[must_use]
    pub fn is_sqlite(&self) -> bool {
        !matches!(self.pools, Pools::Postgres(_))
    }

    /// A connection to read with. Others may read on it too, and wait for what this one asks.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when there is none within the connect timeout.
    pub async fn read(&self) -> Result<Conn, DbError> {
        Ok(match &self.pools {
            Pools::Postgres(connections) => Conn::Postgres(connections.shared().await?),
            #[cfg(feature = "sqlite")]
            Pools::Sqlite { readers, .. } => Conn::Sqlite(readers.get().await?),
        })
    }

    /// A connection that nobody else is on: for reads that take long, and for those that a
    /// response's body makes, which goes on only as fast as its reader.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn read_alone(&self) -> Result<Conn, DbError> {
        Ok(match &self.pools {
            Pools::Postgres(connections) => Conn::Postgres(connections.alone().await?),
            #[cfg(feature = "sqlite")]
            Pools::Sqlite { readers, .. } => Conn::Sqlite(readers.get().await?),
        })
    }

    async fn writer(&self) -> Result<Conn, DbError> {
        match &self.pools {
            #[cfg(feature = "sqlite")]
            Pools::Sqlite { writer, .. } => Ok(Conn::Sqlite(writer.get().await?)),
            Pools::Postgres(_) => self.read_alone().await,
        }
    }

    /// Runs `body` in a transaction that commits when it succeeds and else leaves no trace. It runs
    /// to its end even if the caller goes away.
    ///
    /// # Errors
    /// Those of `body`, and the database's own.
    pub async fn write<T, E, F>(&self, body: F) -> Result<T, E>
    where
        F: for<'a> AsyncFnOnce(&'a mut Conn) -> Result<T, E>
            + for<'a> Transaction<'a, T, E>
            + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let db = self.clone();
        let transaction = async move {
            let mut conn = db.begin().await?;
            match body(&mut conn).await {
                Ok(value) => {
                    conn.commit().await.map_err(DbError::from)?;
                    Ok(value)
                }
                Err(error) => {
                    conn.abandon().await;
                    Err(error)
                }
            }
        };
        match tokio::spawn(transaction.in_current_span()).await {
            Ok(result) => result,
            Err(failed) => Err(DbError::Unavailable(failed.to_string()).into()),
        }
    }

    /// Does the same beside the request, which does not wait for it. The log tells what `failed`.
    pub(crate) fn write_beside<F>(&self, failed: &'static str, body: F)
    where
        F: for<'a> AsyncFnOnce(&'a mut Conn) -> Result<(), DbError>
            + for<'a> Transaction<'a, (), DbError>
            + 'static,
    {
        let db = self.clone();
        let write = async move {
            if let Err(error) = db.write(body).await {
                tracing::debug!(%error, "{failed}");
            }
        };
        tokio::spawn(write.in_current_span());
    }

    /// A connection with an open transaction. A pooled connection may turn out to be dead at its
    /// first statement; nothing is lost by taking another then.
    pub(crate) async fn begin(&self) -> Result<Conn, DbError> {
        let mut attempts = 0;
        loop {
            let mut conn = self.writer().await?;
            match conn.begin().await.map_err(DbError::from) {
                Ok(()) => return Ok(conn),
                Err(DbError::Unavailable(error)) if attempts < 2 => {
                    tracing::debug!(error, "a pooled connection was dead");
                    attempts += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether the database answers and its schema is one that this program can work with.
    ///
    /// # Errors
    /// A sentence that says what is missing.
    pub async fn check(&self) -> Result<(), MigrateError> {
        migrate::check(&mut self.read().await?).await
    }

    /// Brings the schema up to date. On SQLite a copy of the file is kept first.
    ///
    /// # Errors
    /// When a statement fails, or the schema is newer than this program allows.
    pub async fn migrate(&self) -> Result<Migrated, MigrateError> {
        migrate::run(&self.settings).await
    }

    /// Opens a connection of its own that hears of changes, where the database can tell them.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn listen(&self, channel: &str) -> Result<Option<Notifications>, DbError> {
        match &self.settings.location {
            Location::Postgres { url, direct_url } => {
                postgres::listen(direct_url.as_ref().unwrap_or(url), channel)
                    .await
                    .map(Some)
            }
            #[cfg(feature = "sqlite")]
            Location::Sqlite(_) => Ok(None),
        }
    }
}

impl Conn {
    async fn begin(&mut self) -> QueryResult<()> {
        let _statement = statement!();
        match self {
            Self::Postgres(connection) => begin(connection.exclusive()?).await,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(object) => sqlite::begin(object).await,
        }
    }

    pub(crate) async fn commit(&mut self) -> QueryResult<()> {
        let _statement = statement!();
        match self {
            Self::Postgres(connection) => commit(connection.exclusive()?).await,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(object) => commit(&mut **object).await,
        }
    }

    /// Rolls back. The pool discards a connection whose transaction did not end.
    pub(crate) async fn abandon(&mut self) {
        if let Err(error) = self.rollback().await {
            tracing::debug!(%error, "rollback failed");
        }
    }

    async fn rollback(&mut self) -> QueryResult<()> {
        let _statement = statement!();
        match self {
            Self::Postgres(connection) => rollback(connection.exclusive()?).await,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(object) => rollback(&mut **object).await,
        }
    }
}

async fn begin<C: AsyncConnection>(conn: &mut C) -> QueryResult<()> {
    C::TransactionManager::begin_transaction(conn).await
}

async fn commit<C: AsyncConnection>(conn: &mut C) -> QueryResult<()> {
    C::TransactionManager::commit_transaction(conn).await
}

async fn rollback<C: AsyncConnection>(conn: &mut C) -> QueryResult<()> {
    C::TransactionManager::rollback_transaction(conn).await
}
