//! Migrations of the embedded database: one process at a time, and never without a copy of the file.

use std::{
    fmt::Display,
    fs::{self, File},
    io,
    path::Path,
};

use diesel_async::{AsyncMigrationHarness, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

use super::{CURRENT, MigrateError, Migrated, apply, compare};
use crate::db::{DbError, sqlite};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

pub(super) async fn run(path: &Path) -> Result<Migrated, MigrateError> {
    let _one_at_a_time = lock(path).await?;
    let existed = path.exists();
    let url = path.to_string_lossy();
    let mut conn = sqlite::connect(&url)
        .await
        .map_err(|error| DbError::Unavailable(error.to_string()))?;
    if existed {
        let mut harness = AsyncMigrationHarness::new(conn);
        let (pending, newer) = compare(&mut harness, || SQLITE)?;
        conn = harness.into_inner();
        if pending.is_empty() || newer {
            return Ok(Migrated {
                applied: Vec::new(),
                newer,
            });
        }
        backup(&mut conn, path).await?;
    }
    apply(AsyncMigrationHarness::new(conn), || SQLITE).await
}

/// Waits until no other process migrates this file. The lock ends with the value.
async fn lock(path: &Path) -> Result<File, MigrateError> {
    let path = path.with_extension("lock");
    let lock = move || {
        let file = File::create(path)?;
        file.lock()?;
        Ok(file)
    };
    let locked: io::Result<File> = tokio::task::spawn_blocking(lock)
        .await
        .unwrap_or_else(|error| Err(error.into()));
    locked.map_err(|error| DbError::Unavailable(error.to_string()).into())
}

/// Keeps a copy of the file as it was, beside it.
async fn backup(conn: &mut sqlite::Connection, path: &Path) -> Result<(), MigrateError> {
    let failed = |error: &dyn Display| MigrateError::Backup(error.to_string());
    let copy = path.with_extension(format!("before-{CURRENT}.db"));
    if copy.exists() {
        return Ok(());
    }
    // Under its name only once it is whole; what an interrupted start left is of no use.
    let part = path.with_extension("part");
    match fs::remove_file(&part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&error)),
        _ => {}
    }
    let quoted = part.to_string_lossy().replace('\'', "''");
    conn.batch_execute(&format!("VACUUM INTO '{quoted}'"))
        .await
        .map_err(|error| failed(&error))?;
    fs::rename(part, copy).map_err(|error| failed(&error))
}
