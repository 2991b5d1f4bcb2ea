//! Better Auth's own client, unchanged from npm, signs up, in and out against the backend.

use std::process::Command;

use todo_tests::{Engine, TestApp, packages};

#[tokio::test(flavor = "multi_thread")]
async fn the_unchanged_client_signs_up_in_and_out() {
    let folder = packages::npm("better-auth");
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = TestApp::in_real_time(engine).await;
        let mut client = Command::new("node");
        client.args(["client.js", &app.url()]).current_dir(&folder);
        packages::run(&mut client, "Node.js is needed");
    }
}
