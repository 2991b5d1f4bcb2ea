//! How what reads at the same time shares connections to PostgreSQL.

use futures_util::future::join_all;
use jiff::Timestamp;
use todo_backend::{clock::Clock, db::DbError};
use todo_tests::{Database, Engine, NOON, TestApp};

use crate::faults::until;

#[tokio::test(flavor = "multi_thread")]
async fn short_reads_share_one_and_whoever_needs_it_alone_waits() {
    let only_one = [
        ("DATABASE_POOL_SIZE", "1"),
        ("DATABASE_CONNECT_TIMEOUT", "1s"),
    ];
    let app = TestApp::with(Engine::Postgres, &only_one).await;
    let ann = app.user("ann").await;
    ann.add("Buy milk").await;

    let lists = (0..100).map(async |_| ann.titles("").await);
    for titles in join_all(lists).await {
        assert_eq!(titles, ["Buy milk"]);
    }

    let db = &app.backend.app().db;
    let readers = join_all((0..10).map(async |_| db.read().await.unwrap())).await;
    assert_eq!(ann.titles("").await, ["Buy milk"]);
    let refused = db.read_alone().await;
    assert!(matches!(refused, Err(DbError::Unavailable(_))));
    drop(readers);

    let alone = db.read_alone().await.unwrap();
    ann.get("tasks").await.problem(503, "unavailable");
    drop(alone);
    assert_eq!(ann.titles("?search=milk").await, ["Buy milk"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_joins_a_connection_that_is_lost() {
    let (behind, proxy) = Database::behind_proxy().await;
    let clock = Clock::fixed(NOON.parse::<Timestamp>().unwrap());
    let two = [("DATABASE_POOL_SIZE", "2")];
    let app = TestApp::on(behind, clock, &two).await;
    let ann = app.user("ann").await;
    ann.add("Buy milk").await;

    let db = &app.backend.app().db;
    let held = db.read().await.unwrap();
    proxy.cut();
    proxy.mend();
    until(async || ann.get("tasks").await, 200).await;
    for _ in 0..20 {
        assert_eq!(ann.titles("").await, ["Buy milk"]);
    }
    drop(held);
    assert_eq!(ann.titles("").await, ["Buy milk"]);
}
