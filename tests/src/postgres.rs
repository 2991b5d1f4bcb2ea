//! PostgreSQL databases for tests: one server per run, one database per test.

use std::{
    process,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

use todo_test_postgres::{Cluster, Purpose};
use tokio_postgres::NoTls;

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

/// A database of its own for the caller, empty, and its URL.
pub async fn empty_database() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("test_{}_{number}", process::id());
    run(&format!("CREATE DATABASE {name}")).await;
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
