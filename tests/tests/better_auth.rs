//! Better Auth's own client, unchanged from npm, signs up, in and out against the backend.

use std::{fs, path::Path, process::Command};

use todo_tests::{Engine, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn the_unchanged_client_signs_up_in_and_out() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("node");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("node");
    fs::create_dir_all(&folder).unwrap();
    for file in ["package.json", "package-lock.json", "better-auth.js"] {
        fs::copy(sources.join(file), folder.join(file)).unwrap();
    }
    run(Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .args(["--loglevel", "error"])
        .current_dir(&folder));

    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = TestApp::in_real_time(engine).await;
        run(Command::new("node")
            .args(["better-auth.js", &app.url()])
            .current_dir(&folder));
    }
}

#[track_caller]
fn run(command: &mut Command) {
    let output = command
        .output()
        .expect("Node.js and npm are needed: install them, on Debian with `apt-get install npm`");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
