//! Connections to PostgreSQL: through rustls, patient with a database that wakes up.

use std::{future::Future, time::Duration};

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::StreamExt;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Socket, tls::MakeTlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{DbError, statement, tls::Target};

/// First pause after a refused connection; doubles up to [`RETRY_MAX`].
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MAX: Duration = Duration::from_secs(2);

/// An open connection, and what moves its bytes.
pub(super) struct Link {
    pub(super) conn: AsyncPgConnection,
    driver: Driver,
}

impl Link {
    /// Whether it was not lost.
    pub(super) fn is_open(&self) -> bool {
        !self.driver.0.is_finished()
    }
}

/// The task that moves a connection's bytes. It ends with the value: by itself it would wait for a
/// server that does not answer any more.
struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What a program makes of a new connection.
pub(super) trait Connected: Sized {
    fn of(client: Client, wire: Wire) -> impl Future<Output = ConnectionResult<Self>> + Send;
}

type Wire =
    tokio_postgres::Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

impl Connected for Link {
    async fn of(client: Client, wire: Wire) -> ConnectionResult<Self> {
        // Its users are told by their own errors.
        let driver = Driver(tokio::spawn(async move { drop(wire.await) }));
        let conn = AsyncPgConnection::try_from(client).await?;
        Ok(Self { conn, driver })
    }
}

impl Connected for AsyncPgConnection {
    async fn of(client: Client, wire: Wire) -> ConnectionResult<Self> {
        Self::try_from_client_and_connection(client, wire).await
    }
}

/// Connects, and tries again for as long as a database may need that wakes up.
pub(super) async fn connect_patiently<C: Connected>(
    target: &Target,
    deadline: Duration,
) -> Result<C, ConnectError> {
    let started = tokio::time::Instant::now();
    let mut pause = RETRY_FIRST;
    loop {
        match connect(target).await {
            Err(error) if started.elapsed() + pause < deadline && error.is_passing() => {
                tracing::debug!(%error, "the database does not answer yet");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(RETRY_MAX);
            }
            answer => return answer,
        }
    }
}

/// Why no connection was made.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    #[error("{}", describe(.0))]
    Connect(tokio_postgres::Error),
    #[error(transparent)]
    Setup(ConnectionError),
}

impl ConnectError {
    /// Whether trying again may help: refused connections and servers that start up, but not a wrong
    /// password or a database that does not exist.
    fn is_passing(&self) -> bool {
        use tokio_postgres::error::SqlState;
        let Self::Connect(error) = self else {
            return true;
        };
        match error.code() {
            None => !error.to_string().contains("authentication"),
            Some(code) => [
                &SqlState::CANNOT_CONNECT_NOW,
                &SqlState::TOO_MANY_CONNECTIONS,
                &SqlState::CONNECTION_FAILURE,
                &SqlState::ADMIN_SHUTDOWN,
                &SqlState::CRASH_SHUTDOWN,
            ]
            .contains(&code),
        }
    }
}

/// The error with its cause, which the driver's own text leaves out.
fn describe(error: &tokio_postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

async fn connect<C: Connected>(target: &Target) -> Result<C, ConnectError> {
    let connecting = target.config.connect(target.tls.clone());
    let (client, wire) = connecting.await.map_err(ConnectError::Connect)?;
    C::of(client, wire).await.map_err(ConnectError::Setup)
}

/// A connection of its own, outside the pool: for migrations and for LISTEN.
pub(super) async fn connect_direct(
    url: &str,
    deadline: Duration,
) -> Result<AsyncPgConnection, DbError> {
    let target = Target::parse(url).map_err(|error| DbError::Unavailable(error.to_string()))?;
    let connected = tokio::time::timeout(deadline, connect_patiently(&target, deadline)).await;
    match connected {
        Ok(Ok(conn)) => Ok(conn),
        Ok(Err(error)) => Err(DbError::Unavailable(error.to_string())),
        Err(_) => Err(DbError::Unavailable("no connection in time".to_owned())),
    }
}

/// A connection that hears of changes.
pub struct Notifications(AsyncPgConnection);

pub(super) async fn listen(url: &str, channel: &str) -> Result<Notifications, DbError> {
    let mut conn = connect_direct(url, Duration::from_secs(5)).await?;
    let _statement = statement!();
    // A channel is an identifier, which cannot be bound; it is a constant of ours.
    diesel::sql_query(format!("LISTEN {channel}"))
        .execute(&mut conn)
        .await?;
    Ok(Notifications(conn))
}

impl Notifications {
    /// The next payload; an error when the connection is lost.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when the connection is lost.
    pub async fn next(&mut self) -> Result<String, DbError> {
        match std::pin::pin!(self.0.notifications_stream()).next().await {
            Some(Ok(notification)) => Ok(notification.payload),
            Some(Err(error)) => Err(error.into()),
            None => Err(DbError::Unavailable("the connection was closed".to_owned())),
        }
    }
}
