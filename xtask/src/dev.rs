//! `cargo xtask dev`: runs `todo` and starts it again, newly built, whenever a file changes.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command},
    thread::sleep,
    time::{Duration, SystemTime},
};

use crate::{
    Result,
    process::{cargo, root, run, target},
};

/// How often we look for changes.
const GLANCE: Duration = Duration::from_millis(300);
/// What `todo` is made of.
const SOURCES: [&str; 7] = [
    "Cargo.toml",
    "Cargo.lock",
    "api",
    "backend",
    "frontend",
    "service",
    "todo",
];

/// What to run.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Options of `todo`, such as `--port 3001`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    options: Vec<String>,
}

/// Runs until it is interrupted. A build that fails leaves the last good one running.
pub(crate) fn run_and_watch(arguments: &Arguments) -> Result {
    let mut running: Option<Child> = None;
    loop {
        let seen = last_change();
        match run(cargo().args(["build", "--package", "todo"])) {
            Ok(()) => {
                if let Some(child) = running.take() {
                    stop(child)?;
                }
                let program = target().join("debug/todo");
                running = Some(Command::new(program).args(&arguments.options).spawn()?);
            }
            Err(error) => eprintln!("{error}; waiting for the next change"),
        }
        while last_change() == seen {
            sleep(GLANCE);
        }
    }
}

/// Asks for an orderly end and waits for it.
fn stop(mut child: Child) -> Result {
    let asked = Command::new("kill").arg(child.id().to_string()).status();
    if !asked.is_ok_and(|status| status.success()) {
        // It has ended by itself, or there is no `kill`.
        let _ = child.kill();
    }
    child.wait()?;
    Ok(())
}

/// When a source was last changed.
fn last_change() -> Option<SystemTime> {
    let mut newest = None;
    let mut to_visit: Vec<PathBuf> = SOURCES.iter().map(|name| root().join(name)).collect();
    while let Some(path) = to_visit.pop() {
        let Ok(metadata) = fs::metadata(&path) else {
            continue;
        };
        // A folder's own time tells of files that came and went.
        newest = newest.max(metadata.modified().ok());
        if metadata.is_dir() {
            to_visit.extend(visible(&path));
        }
    }
    newest
}

/// What lies in a folder, without what editors hide there.
fn visible(folder: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."))
        .map(|entry| entry.path())
}
