//! The programs that are measured: started as people start them, and stopped at the end.

use std::{
    env,
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{Figure, Result, http::Connection};

/// How long a start may take before something is wrong.
const PATIENCE: Duration = Duration::from_secs(30);
/// The pause between two looks at a program that starts.
const GLANCE: Duration = Duration::from_millis(1);

/// The file in a program's folder with what it logs.
const LOG: &str = "log";

const MIB: f64 = 1024.0 * 1024.0;

/// A program that runs. Dropping it ends it.
pub(crate) struct Program {
    child: Child,
    /// Where it answers.
    pub(crate) address: SocketAddr,
    /// From its start to its first 200 of `/readyz`.
    pub(crate) ready_after: Duration,
    folder: TempDir,
}

impl Program {
    /// Starts `todo` on a new file.
    pub(crate) async fn todo() -> Result<Self> {
        let folder = TempDir::new()?;
        let mut command = command("todo");
        command.arg("--data-dir").arg(folder.path());
        Self::start(command, folder, Stdio::null()).await
    }

    /// Starts `todo-backend` on a migrated database, with settings beside the defaults.
    pub(crate) async fn backend(database: &str, settings: &[(&str, &str)]) -> Result<Self> {
        let mut command = backend("todo-backend", database)?;
        command.envs(settings.iter().copied());
        Self::start(command, TempDir::new()?, Stdio::null()).await
    }

    /// Starts a `todo-backend` whose model speaks for 20 seconds.
    pub(crate) async fn scripted_backend(
        database: &str,
        settings: &[(&str, &str)],
    ) -> Result<Self> {
        let mut command = backend("scripted-backend", database)?;
        command.envs(settings.iter().copied());
        Self::start(command, TempDir::new()?, Stdio::null()).await
    }

    /// Starts `todo-frontend` before a backend, with settings beside the defaults. It keeps its log.
    pub(crate) async fn frontend(backend: &Self, settings: &[(&str, &str)]) -> Result<Self> {
        let mut command = server("todo-frontend")?;
        command.env("BACKEND_URL", format!("http://{}", backend.address));
        command.envs(settings.iter().copied());
        let folder = TempDir::new()?;
        let log = File::create(folder.path().join(LOG))?;
        Self::start(command, folder, log.into()).await
    }

    async fn start(mut command: Command, folder: TempDir, log: Stdio) -> Result<Self> {
        let address = free_address()?;
        command
            .env("ADDR", address.ip().to_string())
            .env("PORT", address.port().to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        let start = Instant::now();
        let mut program = Self {
            child: command.spawn()?,
            address,
            ready_after: Duration::ZERO,
            folder,
        };
        while !is_ready(address).await {
            if program.child.try_wait()?.is_some() || start.elapsed() > PATIENCE {
                return Err(format!("it does not start: {command:?}").into());
            }
            tokio::time::sleep(GLANCE).await;
        }
        program.ready_after = start.elapsed();
        Ok(program)
    }

    /// Migrates a database.
    pub(crate) fn migrate(database: &str) -> Result {
        let output = backend("todo-backend", database)?.arg("migrate").output()?;
        if output.status.success() {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&output.stderr).into())
    }

    /// What it has logged so far, if it keeps its log.
    pub(crate) fn log(&self) -> Result<String> {
        Ok(fs::read_to_string(self.folder.path().join(LOG))?)
    }

    /// Its resident memory in MiB.
    pub(crate) fn resident(&self) -> Result<f64> {
        self.status("VmRSS:")
    }

    /// The most resident memory that it ever had, in MiB.
    pub(crate) fn peak(&self) -> Result<f64> {
        self.status("VmHWM:")
    }

    fn status(&self, name: &str) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .map_err(|_| "memory can only be measured on Linux")?;
        let kib = status
            .lines()
            .find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB"))
            .ok_or("the system does not tell how much memory it takes")?;
        Ok(kib.parse::<f64>()? / 1024.0)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program beside this one, with nothing of our own environment.
fn command(name: &str) -> Command {
    let mut command = Command::new(path(name));
    command.env_clear();
    command
}

fn server(name: &str) -> Result<Command> {
    let mut command = command(name);
    command.env("METRICS_ADDR", free_address()?.to_string());
    Ok(command)
}

fn backend(name: &str, database: &str) -> Result<Command> {
    let mut command = server(name)?;
    command
        .env("DATABASE_URL", database)
        .env("JWT_SECRET", "a Kiwi flew past 17 lighthouses, twice");
    Ok(command)
}

fn path(name: &str) -> PathBuf {
    let folder = env::current_exe().unwrap_or_default();
    let folder = folder.parent().unwrap_or(Path::new("."));
    folder.join(name)
}

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

async fn is_ready(address: SocketAddr) -> bool {
    let answer = async { Connection::open(address).await?.get("/readyz").await };
    answer.await.is_ok_and(|answer| answer.status == 200)
}

/// The size of the programs.
pub(crate) fn sizes() -> Result<Vec<Figure>> {
    ["todo", "todo-backend", "todo-frontend"]
        .into_iter()
        .map(|name| {
            let bytes = fs::metadata(path(name))?.len();
            Ok(Figure::new(format!("`{name}`"), bytes as f64 / MIB, "MiB"))
        })
        .collect()
}
