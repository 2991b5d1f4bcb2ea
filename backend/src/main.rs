//! `todo-backend`: the backend as a server of its own, on PostgreSQL.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use todo_backend::accounts::reset;
use todo_backend::clock::Clock;
use todo_backend::config::{Config, METRICS_ADDR, PORT, TODO_TOKEN};
use todo_backend::db::Db;
use todo_backend::mcp::stdio;
use todo_backend::server::{self, Backend};
use todo_service::program::{self, Failure};
use todo_service::settings::ServerSettings;
use todo_service::telemetry::Telemetry;
use todo_service::{Environment, Lifecycle};

// musl's own allocator is slow with several threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The backend of the Todo Chatbot: accounts, tasks, conversations and the agent, over REST.
///
/// It is configured by environment variables, which docs/configuration.md lists. DATABASE_URL and
/// JWT_SECRET are required.
#[derive(Parser)]
#[command(name = "todo-backend", version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Answer requests (the default command).
    Serve,
    /// Bring the database's schema up to date. Run it before a new version serves.
    Migrate,
    /// Print the OpenAPI document of the REST interface.
    Openapi,
    /// Serve MCP over standard input and output, for a client on this machine that starts this
    /// program itself. TODO_TOKEN holds a personal access token from the settings page.
    Mcp,
    /// Print a link with which a person can set a new password, once.
    ResetPassword {
        /// The account's e-mail address.
        email: String,
    },
    /// Ask the server on this machine whether it is ready; exit with 0 if it is.
    Healthcheck {
        /// What to ask instead of its own /readyz.
        #[arg(long)]
        url: Option<String>,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    program::run("todo-backend", async {
        match cli.command.unwrap_or(Command::Serve) {
            Command::Serve => serve().await,
            Command::Migrate => migrate().await,
            Command::Openapi => openapi(),
            Command::Mcp => mcp().await,
            Command::ResetPassword { email } => reset_password(&email).await,
            Command::Healthcheck { url } => healthcheck(url).await,
        }
    })
}

async fn serve() -> Result<ExitCode, Failure> {
    let config = configure()?;
    let model = todo_assistant::open(&config.assistant)?;
    Ok(server::serve(config, model).await?.into())
}

async fn migrate() -> Result<ExitCode, Failure> {
    let db = Db::open(configure()?.database)?;
    let migrated = program::tell_if_slow("the database", db.migrate()).await?;
    match migrated.applied.len() {
        0 if migrated.newer => println!("The schema is newer than this program; nothing was done."),
        0 => println!("The schema is up to date."),
        _ => println!("Applied: {}.", migrated.applied.join(", ")),
    }
    Ok(ExitCode::SUCCESS)
}

fn openapi() -> Result<ExitCode, Failure> {
    let document = server::document()
        .to_pretty_json()
        .map_err(|error| Failure::from(error.to_string()))?;
    println!("{document}");
    Ok(ExitCode::SUCCESS)
}

async fn mcp() -> Result<ExitCode, Failure> {
    let environment = Environment::of_process();
    let (telemetry, config, token) = environment.read(|reader| {
        let token = reader.secret(&TODO_TOKEN);
        if token.is_none() {
            reader.reject(
                &TODO_TOKEN,
                "is not set. Make a token on the settings page and put it there",
            );
        }
        (Telemetry::read(reader), Config::read(reader, None), token)
    })?;
    telemetry.start();
    let lifecycle = Lifecycle::new(config.server.grace);
    let backend = Backend::open(config, lifecycle, Clock::system())?;
    let token = token.unwrap_or_default().expose().to_owned();
    stdio::serve_token(backend.app(), token).await?;
    Ok(ExitCode::SUCCESS)
}

async fn reset_password(email: &str) -> Result<ExitCode, Failure> {
    let config = configure()?;
    let lifecycle = Lifecycle::new(config.server.grace);
    let backend = Backend::open(config, lifecycle, Clock::system())?;
    println!("{}", reset::create_link(backend.app(), email).await?);
    Ok(ExitCode::SUCCESS)
}

async fn healthcheck(url: Option<String>) -> Result<ExitCode, Failure> {
    let settings = Environment::of_process()
        .read(|reader| ServerSettings::read(reader, &PORT, &METRICS_ADDR))?;
    program::healthcheck(url, settings.address).await
}

/// Reads the configuration and starts to log.
fn configure() -> Result<Config, Failure> {
    let (telemetry, config) = Environment::of_process()
        .read(|reader| (Telemetry::read(reader), Config::read(reader, None)))?;
    telemetry.start();
    Ok(config)
}
