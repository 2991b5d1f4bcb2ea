//! Connections to the embedded database.

use std::{path::Path, time::Duration};

use diesel::{ConnectionError, QueryResult, SqliteConnection, connection::AnsiTransactionManager};
use diesel_async::{
    AsyncConnection, SimpleAsyncConnection,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod, deadpool::Pool,
    },
    sync_connection_wrapper::SyncConnectionWrapper,
};
use futures_util::FutureExt;

use super::{OpenError, Settings};

pub(super) type Connection = SyncConnectionWrapper<SqliteConnection>;

/// How long a statement waits for another process to finish its transaction.
const BUSY: Duration = Duration::from_secs(10);

pub(super) fn pool(
    path: &Path,
    size: usize,
    settings: &Settings,
) -> Result<Pool<Connection>, OpenError> {
    let mut config = ManagerConfig::default();
    config.recycling_method = RecyclingMethod::Fast;
    config.custom_setup = Box::new(|url| connect(url).boxed());
    let manager = AsyncDieselConnectionManager::new_with_config(path.to_string_lossy(), config);
    Ok(Pool::builder(manager)
        .max_size(size)
        .runtime(deadpool::Runtime::Tokio1)
        .wait_timeout(Some(settings.connect_timeout.max(BUSY)))
        .build()?)
}

/// `synchronous=FULL`: what was acknowledged survives a power cut.
pub(super) async fn connect(url: &str) -> Result<Connection, ConnectionError> {
    let mut conn = Connection::establish(url).await?;
    let pragmas = format!(
        "PRAGMA busy_timeout = {}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
        BUSY.as_millis()
    );
    conn.batch_execute(&pragmas)
        .await
        .map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

/// Begins a transaction that may write. A deferred one that reads before it writes fails when
/// another wrote meanwhile.
pub(super) async fn begin(conn: &mut Connection) -> QueryResult<()> {
    conn.spawn_blocking(|conn| {
        AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE")
    })
    .await
}
