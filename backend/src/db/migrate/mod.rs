//! Migrations: embedded, forward only, under a lock. The server itself never runs them; it checks
//! that the schema is one it can work with.

#[cfg(feature = "sqlite")]
mod sqlite;

use std::time::Duration;

use diesel::{
    OptionalExtension, QueryDsl, QueryableByName,
    backend::Backend,
    migration::{Migration, MigrationSource},
    pg::Pg,
    sql_types::Text,
};
use diesel_async::{AsyncMigrationHarness, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{Conn, DbError, Location, Settings, on, postgres, schema::schema_requirements};

const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");
#[cfg(feature = "next-release")]
const NEXT_RELEASE: EmbeddedMigrations = embed_migrations!("migrations/next-release");

/// The newest migration that this program knows.
const CURRENT: &str = if cfg!(feature = "next-release") {
    "99999999999999"
} else {
    "00000000000005"
};

/// Held while migrating, so that replicas that start together do it one after the other.
const LOCK: i64 = 0x746f_646f_6d69_6772;

/// How long to wait for the database to come up, other migrations included.
const WAIT: Duration = Duration::from_secs(120);

/// What a migration did.
#[derive(Debug, PartialEq, Eq)]
pub struct Migrated {
    /// The migrations that were applied, oldest first.
    pub applied: Vec<String>,
    /// Whether the schema is newer than this program and was left alone.
    pub newer: bool,
}

/// Why the schema is not as it should be.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database could not be reached.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A migration failed; it was rolled back.
    #[error("a migration failed: {0}")]
    Failed(String),
    /// The schema is older than this program.
    #[error("the database schema is older than this program: run `todo-backend migrate`")]
    Outdated,
    /// The schema no longer admits this program.
    #[error("the database schema is newer and needs at least the program of migration {0}")]
    TooNew(String),
    /// The file could not be copied before the migration.
    #[error("the database could not be backed up before the migration: {0}")]
    Backup(String),
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Text)]
    version: String,
}

/// Fails unless the schema is at or ahead of this program's own and admits it.
pub(super) async fn check(conn: &mut Conn) -> Result<(), MigrateError> {
    match newest(conn).await? {
        Some(version) if version.as_str() >= CURRENT => admits(conn).await,
        _ => Err(MigrateError::Outdated),
    }
}

async fn newest(conn: &mut Conn) -> Result<Option<String>, MigrateError> {
    let statement = "SELECT version FROM __diesel_schema_migrations ORDER BY version DESC LIMIT 1";
    let found = on!(conn, |conn| diesel::sql_query(statement)
        .get_result::<Version>(conn)
        .await
        .optional());
    match found {
        Ok(version) => Ok(version.map(|row| row.version)),
        // No migration ever ran: there is not even the table.
        Err(error) if error.to_string().contains("__diesel_schema_migrations") => Ok(None),
        Err(error) => Err(DbError::from(error).into()),
    }
}

async fn admits(conn: &mut Conn) -> Result<(), MigrateError> {
    let required = on!(conn, |conn| schema_requirements::table
        .select(diesel::dsl::max(schema_requirements::min_version))
        .first::<Option<String>>(conn)
        .await);
    match required.map_err(DbError::from)? {
        Some(version) if version.as_str() > CURRENT => Err(MigrateError::TooNew(version)),
        _ => Ok(()),
    }
}

pub(super) async fn run(settings: &Settings) -> Result<Migrated, MigrateError> {
    match &settings.location {
        Location::Postgres { url, direct_url } => {
            run_postgres(
                direct_url.as_ref().unwrap_or(url),
                settings.statement_timeout,
            )
            .await
        }
        #[cfg(feature = "sqlite")]
        Location::Sqlite(path) => sqlite::run(path).await,
    }
}

async fn run_postgres(url: &str, statement_timeout: Duration) -> Result<Migrated, MigrateError> {
    let mut conn = postgres::connect_direct(url, WAIT).await?;
    // Waiting and migrating may take as long as they need, whatever the role's default is.
    let lock = format!(
        "SET statement_timeout = 0; SET lock_timeout = '{}s'; SELECT pg_advisory_lock({LOCK}); \
         SET lock_timeout = '5s'",
        WAIT.as_secs()
    );
    conn.batch_execute(&lock).await.map_err(DbError::from)?;
    // A role's default survives a pooler, where SET after connect does not.
    let timeout = format!(
        "DO $$ BEGIN EXECUTE format('ALTER ROLE CURRENT_USER IN DATABASE %I SET statement_timeout = {}', current_database()); END $$",
        statement_timeout.as_millis()
    );
    if let Err(error) = conn.batch_execute(&timeout).await {
        tracing::warn!(%error, "the role's statement timeout could not be set");
    }
    let migrated = apply(AsyncMigrationHarness::new(conn), || Postgres).await;
    // The connection's end releases the lock.
    migrated
}

/// The migrations of PostgreSQL.
struct Postgres;

impl MigrationSource<Pg> for Postgres {
    fn migrations(&self) -> diesel::migration::Result<Vec<Box<dyn Migration<Pg>>>> {
        let migrations = POSTGRES.migrations()?.into_iter();
        #[cfg(feature = "next-release")]
        let migrations = migrations.chain(NEXT_RELEASE.migrations()?);
        Ok(migrations.collect())
    }
}

/// What is pending, and whether the schema is ahead of this program.
fn compare<DB: Backend, Source: MigrationSource<DB>>(
    harness: &mut impl MigrationHarness<DB>,
    migrations: fn() -> Source,
) -> Result<(Vec<String>, bool), MigrateError> {
    let failed =
        |error: Box<dyn std::error::Error + Send + Sync>| MigrateError::Failed(error.to_string());
    let applied = harness.applied_migrations().map_err(failed)?;
    let pending = harness.pending_migrations(migrations()).map_err(failed)?;
    let pending = pending
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect();
    let newer = applied
        .iter()
        .any(|version| version.to_string().as_str() > CURRENT);
    Ok((pending, newer))
}

async fn apply<DB: Backend, Source: MigrationSource<DB>>(
    mut harness: impl MigrationHarness<DB>,
    migrations: fn() -> Source,
) -> Result<Migrated, MigrateError> {
    let (pending, newer) = compare(&mut harness, migrations)?;
    if newer {
        return Ok(Migrated {
            applied: Vec::new(),
            newer,
        });
    }
    for attempt in 0.. {
        match harness.run_pending_migrations(migrations()) {
            Ok(_) => break,
            // A lock that others hold passes; the migration was rolled back.
            Err(error) if attempt < 10 && error.to_string().contains("lock timeout") => {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Err(error) => return Err(MigrateError::Failed(error.to_string())),
        }
    }
    Ok(Migrated {
        applied: pending,
        newer: false,
    })
}
