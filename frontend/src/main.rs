//! `todo-frontend`: the pages as a server of their own, in front of a `todo-backend`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use todo_frontend::config::{Config, METRICS_ADDR, PORT};
use todo_frontend::{backend_over_http, server};
use todo_service::program::{self, Failure};
use todo_service::settings::ServerSettings;
use todo_service::telemetry::Telemetry;
use todo_service::{Environment, Lifecycle, Listener, metrics};
use tracing::info;

// musl's own allocator is slow with several threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The pages of the Todo Chatbot, in front of a todo-backend.
///
/// They are configured by environment variables, which docs/configuration.md lists. BACKEND_URL
/// tells where the backend is.
#[derive(Parser)]
#[command(name = "todo-frontend", version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Answer requests (the default command).
    Serve,
    /// Ask the server on this machine whether it is ready; exit with 0 if it is.
    Healthcheck {
        /// What to ask instead of its own /readyz.
        #[arg(long)]
        url: Option<String>,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    program::run("todo-frontend", async {
        match cli.command.unwrap_or(Command::Serve) {
            Command::Serve => serve().await,
            Command::Healthcheck { url } => healthcheck(url).await,
        }
    })
}

async fn serve() -> Result<ExitCode, Failure> {
    let (telemetry, config) =
        Environment::of_process().read(|reader| (Telemetry::read(reader), Config::read(reader)))?;
    telemetry.start();
    let settings = &config.server;
    let lifecycle = Lifecycle::new(settings.grace);
    let backend =
        backend_over_http(&config.backend_url).map_err(|error| format!("BACKEND_URL {error}"))?;
    let listener = Listener::bind(settings.address, settings.max_connections).await?;
    if let Some(address) = settings.metrics_address {
        metrics::start(address, &lifecycle).await?;
    }
    info!(address = %listener.address(), backend = config.backend_url, "serving");
    listener.serve(server::router(backend, settings, &lifecycle), &lifecycle);
    // The pages need nothing to start; whether the backend answers shows in each of them.
    lifecycle.readiness().set_good();
    Ok(lifecycle.run().await?.into())
}

async fn healthcheck(url: Option<String>) -> Result<ExitCode, Failure> {
    let settings = Environment::of_process()
        .read(|reader| ServerSettings::read(reader, &PORT, &METRICS_ADDR))?;
    program::healthcheck(url, settings.address).await
}
