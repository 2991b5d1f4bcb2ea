//! Connections to the embedded database.

use std::{path::Path, time::Duration};

use diesel::ConnectionError;
use diesel_async::{
    AsyncConnection, SimpleAsyncConnection,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod, deadpool::Pool,
    },
};
use futures_util::FutureExt;

use super::{OpenError, Settings, Sqlite};

/// How long a statement waits for another process to finish its transaction.
const BUSY: Duration = Duration::from_secs(10);

pub(super) fn pool(
    path: &Path,
    size: usize,
    settings: &Settings,
) -> Result<Pool<Sqlite>, OpenError> {
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
pub(super) async fn connect(url: &str) -> Result<Sqlite, ConnectionError> {
    let mut conn = Sqlite::establish(url).await?;
    let pragmas = format!(
        "PRAGMA busy_timeout = {}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
        BUSY.as_millis()
    );
    conn.batch_execute(&pragmas)
        .await
        .map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}
