//! Connections to PostgreSQL: through rustls, patient with a database that wakes up.

use std::time::Duration;

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::{
    AsyncPgConnection, RunQueryDsl,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig, PoolError, RecyclingMethod,
        deadpool::{Hook, HookError, Pool},
    },
};
use futures_util::{FutureExt, StreamExt};

use super::{DbError, OpenError, Settings, statement, tls::Target};

/// A connection idle for longer is tried before it is used: a suspended database or a proxy may
/// have closed it unheard. Busy ones cost no extra round trip.
const TRUST_IDLE: Duration = Duration::from_secs(15);

/// First pause after a refused connection; doubles up to [`RETRY_MAX`].
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MAX: Duration = Duration::from_secs(2);

pub(super) fn pool(url: &str, settings: &Settings) -> Result<Pool<AsyncPgConnection>, OpenError> {
    let target = Target::parse(url)?;
    let deadline = settings.connect_timeout;
    let mut config = ManagerConfig::default();
    config.recycling_method = RecyclingMethod::Fast;
    config.custom_setup = Box::new(move |_| connect_patiently(target.clone(), deadline).boxed());
    // The target was parsed once; the manager's own URL is not used.
    let manager = AsyncDieselConnectionManager::new_with_config(String::new(), config);
    let try_idle = Hook::async_fn(|conn: &mut AsyncPgConnection, metrics| {
        Box::pin(async move {
            if metrics.last_used() < TRUST_IDLE {
                return Ok(());
            }
            let _statement = statement!();
            let probe = diesel::sql_query("SELECT 1").execute(conn).await;
            probe
                .map(drop)
                .map_err(|error| HookError::Backend(PoolError::QueryError(error)))
        })
    });
    Ok(Pool::builder(manager)
        .max_size(settings.pool_size)
        // The connection used last goes first: the fewer are in use, the fewer have to be tried.
        .queue_mode(deadpool::managed::QueueMode::Lifo)
        .runtime(deadpool::Runtime::Tokio1)
        .wait_timeout(Some(settings.connect_timeout))
        .create_timeout(Some(settings.connect_timeout))
        .recycle_timeout(Some(settings.connect_timeout))
        .pre_recycle(try_idle)
        .build()?)
}

async fn connect_patiently(
    target: Target,
    deadline: Duration,
) -> ConnectionResult<AsyncPgConnection> {
    let started = tokio::time::Instant::now();
    let mut pause = RETRY_FIRST;
    loop {
        match connect(&target).await {
            Ok(conn) => return Ok(conn),
            Err(error) if started.elapsed() + pause < deadline && error.is_passing() => {
                tracing::debug!(%error, "the database does not answer yet");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(RETRY_MAX);
            }
            Err(error) => return Err(ConnectionError::BadConnection(error.to_string())),
        }
    }
}

/// Why no connection was made.
#[derive(Debug, thiserror::Error)]
enum ConnectError {
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

async fn connect(target: &Target) -> Result<AsyncPgConnection, ConnectError> {
    let (client, connection) = target
        .config
        .connect(target.tls.clone())
        .await
        .map_err(ConnectError::Connect)?;
    AsyncPgConnection::try_from_client_and_connection(client, connection)
        .await
        .map_err(ConnectError::Setup)
}

/// A connection of its own, outside the pool: for migrations and for LISTEN.
pub(super) async fn connect_direct(
    url: &str,
    deadline: Duration,
) -> Result<AsyncPgConnection, DbError> {
    let target = Target::parse(url).map_err(|error| DbError::Unavailable(error.to_string()))?;
    let connected = tokio::time::timeout(deadline, connect_patiently(target, deadline)).await;
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
