//! PostgreSQL databases for tests: one server per run, one database per test.

use std::{
    process,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

use todo_backend::db::Db;
use todo_test_postgres::{Cluster, Purpose};
use tokio::sync::OnceCell;
use tokio_postgres::NoTls;

use crate::Database;

/// The server's URL up to the database's name: `TEST_POSTGRES_URL` if it is set, or else a server
/// of our own that ends with the process.
static SERVER: LazyLock<String> = LazyLock::new(|| {
    let url = std::env::var("TEST_POSTGRES_URL").unwrap_or_else(|_| {
        static CLUSTER: LazyLock<Cluster> = LazyLock::new(|| {
            Cluster::start(Purpose::Test).unwrap_or_else(|error| panic!("{error}"))
        });
        CLUSTER.url("postgres")
    });
    let (server, _) = url
        .rsplit_once('/')
        .expect("TEST_POSTGRES_URL has the form postgres://user@host:port/database");
    server.to_owned()
});

/// The URL of a new database with the current schema. The migrations run once per process, in a
/// database that the others are copied from.
pub async fn migrated_database() -> String {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    let template = TEMPLATE
        .get_or_init(async || {
            let url = create("").await;
            let config = Database::Postgres(url.clone()).config(&[]);
            let db = Db::open(config.database).unwrap();
            db.migrate().await.unwrap();
            url.rsplit('/').next().unwrap_or_default().to_owned()
        })
        .await;
    create(&format!("TEMPLATE {template}")).await
}

/// The URL of a new, empty database.
pub async fn empty_database() -> String {
    create("").await
}

async fn create(options: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("test_{}_{number}", process::id());
    run(&format!("CREATE DATABASE {name} {options}")).await;
    format!("{}/{name}", *SERVER)
}

/// Runs a statement in the server's own database.
async fn run(statement: &str) {
    let (client, connection) = tokio_postgres::connect(&format!("{}/postgres", *SERVER), NoTls)
        .await
        .expect("the PostgreSQL server answers");
    let connection = tokio::spawn(connection);
    client
        .batch_execute(statement)
        .await
        .unwrap_or_else(|error| panic!("{statement}: {error}"));
    drop(client);
    connection.await.unwrap().unwrap();
}
