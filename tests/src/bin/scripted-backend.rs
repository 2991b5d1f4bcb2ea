//! The backend as in production, but answered by the scripted model: for stories that kill a
//! process, and to measure many streams at once.
//!
//! It is configured like `todo-backend`, and by `SIGNALS_DIR`, where the model finds its signals.
//! With `SQLITE_FILE` in place of `DATABASE_URL` it keeps its data in that file, as `todo` does.

use std::{env, path::PathBuf, process::ExitCode, sync::Arc};

use todo_backend::{
    config::Config,
    db::{Db, Location},
    server,
};
use todo_service::{Environment, program, telemetry::Telemetry};
use todo_tests::Scripted;

// As in `todo-backend`, so that it takes as much memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    program::run("scripted-backend", async {
        let file = env::var_os("SQLITE_FILE").map(PathBuf::from);
        let sqlite = file.map(Location::Sqlite);
        let (telemetry, config) = Environment::of_process()
            .read(|reader| (Telemetry::read(reader), Config::read(reader, sqlite)))?;
        telemetry.start();
        let db = Db::open(config.database.clone())?;
        if db.is_sqlite() {
            db.migrate().await?;
        }
        drop(db);
        let signals = env::var_os("SIGNALS_DIR").unwrap_or_default();
        let model = Arc::new(Scripted::new(signals));
        Ok(server::serve(config, model).await?.into())
    })
}
