//! The schema: how it comes up to date, and what a server makes of one that is not its own.

use std::time::Duration;

use todo_backend::{clock::Clock, db::Db};
use todo_tests::{Database, Engine, TestApp, on_both};
use tokio::time::sleep;
use tokio_postgres::NoTls;

on_both!(
    a_newer_schema_is_left_alone_and_served_unless_it_forbids_that,
    a_schema_is_brought_up_to_date,
);

async fn a_newer_schema_is_left_alone_and_served_unless_it_forbids_that(app: TestApp) {
    app.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')")
        .await;
    let db = open(&app.database);
    let migrated = db.migrate().await.unwrap();
    assert!(migrated.newer);
    assert_eq!(migrated.applied, [""; 0]);
    db.check().await.unwrap();
    let replica = app.replica().await;
    replica.user("ann").await.add("Buy milk").await;

    app.execute("INSERT INTO schema_requirements (min_version) VALUES ('99990101000000')")
        .await;
    let refused = db.check().await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the database schema is newer and needs at least the program of migration 99990101000000"
    );
}

async fn a_schema_is_brought_up_to_date(app: TestApp) {
    let ann = app.user("ann").await;
    ann.add("Buy milk").await;
    app.execute(
        "DROP TABLE personal_tokens; \
         DELETE FROM __diesel_schema_migrations WHERE version = '00000000000002'",
    )
    .await;

    let db = open(&app.database);
    let migrations = (0..4).map(|_| {
        let db = db.clone();
        tokio::spawn(async move { db.migrate().await.unwrap().applied })
    });
    let mut applied = Vec::new();
    for migration in migrations.collect::<Vec<_>>() {
        applied.extend(migration.await.unwrap());
    }
    assert_eq!(applied, ["00000000000002"], "one of those at once did it");
    assert_eq!(ann.titles("").await, ["Buy milk"]);
    if let Database::Sqlite(folder) = &app.database {
        let copies: Vec<String> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.contains("before"))
            .collect();
        assert_eq!(copies.len(), 1, "{copies:?}");
        assert!(copies[0].ends_with(".db"), "{copies:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_schema_a_server_is_not_ready() {
    for database in [
        Database::Postgres(todo_tests::postgres::empty_database().await),
        Database::Sqlite(tempfile::tempdir().unwrap().into()),
    ] {
        let app = TestApp::on(database, Clock::system(), &[]).await;
        app.anonymous().get("/livez").await.assert_status(200);
        app.anonymous()
            .get("/health")
            .await
            .problem(503, "dependency_down");
        app.anonymous().get("/readyz").await.assert_status(503);
        let reason = open(&app.database).check().await.unwrap_err();
        assert!(
            reason.to_string().contains("todo-backend migrate"),
            "{reason}"
        );
    }
}

/// A role's statement timeout does not end the wait for another replica's migration.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_waits_for_another_that_takes_long() {
    let url = todo_tests::postgres::empty_database().await;
    let database = Database::Postgres(url.clone());
    let settings = [("DATABASE_STATEMENT_TIMEOUT", "100ms")];
    let db = Db::open(database.config(&settings).database).unwrap();
    db.migrate().await.unwrap();

    let (other, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    other
        .batch_execute("SET statement_timeout = 0; SELECT pg_advisory_lock(8390035060554295154)")
        .await
        .unwrap();
    let waiting = tokio::spawn(async move { db.migrate().await });
    sleep(Duration::from_secs(1)).await;
    assert!(!waiting.is_finished(), "it waits");
    drop(other);
    assert_eq!(waiting.await.unwrap().unwrap().applied, [""; 0]);
}

/// Neon sleeps while nobody asks it anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_users_the_database_is_left_in_peace() {
    let app = TestApp::start(Engine::Postgres).await;
    app.user("ann").await.add("Buy milk").await;
    let Database::Postgres(url) = &app.database else {
        unreachable!("it was started on PostgreSQL")
    };
    let (observer, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let latest = async || -> Option<std::time::SystemTime> {
        let row = observer
            .query_one(
                "SELECT max(state_change) FROM pg_stat_activity \
                 WHERE datname = current_database() AND application_name = 'todo'",
                &[],
            )
            .await
            .unwrap();
        row.get(0)
    };
    // Until then it looks for turns that an earlier process left behind.
    sleep(Duration::from_secs(23)).await;
    let before = latest().await;
    assert!(before.is_some(), "the server is connected");
    for path in ["/livez", "/readyz"] {
        app.anonymous().get(path).await.assert_status(200);
    }
    sleep(Duration::from_secs(3)).await;
    assert_eq!(latest().await, before);
}

fn open(database: &Database) -> Db {
    Db::open(database.config(&[]).database).unwrap()
}
