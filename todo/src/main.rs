//! `todo`: the whole product in one process, with its data in a file.

mod data;
#[cfg(test)]
mod documentation;
mod routes;
mod start;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use clap::{Args, Parser, Subcommand};
use todo_backend::accounts::{reset, whose};
use todo_backend::caller::Caller;
use todo_backend::clock::Clock;
use todo_backend::mcp::stdio;
use todo_backend::server::Backend;
use todo_frontend::BackendService;
use todo_service::http::Peer;
use todo_service::program::{self, Failure};
use todo_service::serve::BindError;
use todo_service::{Lifecycle, Listener, metrics};
use tower::ServiceExt;

use crate::start::Start;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many ports after a busy one are tried to find one to suggest.
const PORTS_TRIED: u16 = 20;

/// A todo list that you talk to, on your own machine.
///
/// Start it, open the page that it names, sign up, and say "add buy milk tomorrow at 5pm #home".
#[derive(Parser)]
#[command(name = "todo", version)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve MCP over standard input and output, for an assistant on this machine that starts this
    /// program itself. `todo` may run beside it.
    Mcp {
        /// The e-mail address of the account to work on [default: the only account].
        #[arg(long, value_name = "EMAIL")]
        user: Option<String>,
    },
    /// Print a link with which you can set a new password, once.
    ResetPassword {
        /// The account's e-mail address.
        email: String,
    },
}

/// How `todo` is started.
#[derive(Args, Debug, Default)]
struct Options {
    /// The port of the page [default: 3000].
    #[arg(long, global = true)]
    port: Option<u16>,
    /// The address to listen on [default: 127.0.0.1, this machine only].
    #[arg(long, value_name = "ADDRESS")]
    host: Option<IpAddr>,
    /// Open the page in the browser.
    #[arg(long)]
    open: bool,
    /// Where the data is kept [default: this platform's place for it].
    #[arg(long, value_name = "DIRECTORY", global = true)]
    data_dir: Option<PathBuf>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    program::run("todo", async {
        match cli.command {
            None => serve(&cli.options).await,
            Some(Command::Mcp { user }) => mcp(&cli.options, user.as_deref()).await,
            Some(Command::ResetPassword { email }) => reset_password(&cli.options, &email).await,
        }
    })
}

async fn serve(options: &Options) -> Result<ExitCode, Failure> {
    let start = Start::prepare(options)?;
    let server = &start.config.server;
    let lifecycle = Lifecycle::new(server.grace);
    let listener = match Listener::bind(server.address, server.max_connections).await {
        Ok(listener) => listener,
        Err(error) => return Err(instead(error).await),
    };
    if let Some(address) = server.metrics_address {
        metrics::start(address, &lifecycle).await?;
    }

    start.migrate().await?;
    let backend = Backend::open(start.config.clone(), lifecycle.clone(), Clock::system())?.router();
    let frontend = todo_frontend::server::router(in_process(backend.clone()), server, &lifecycle);
    let page = page(listener.address());
    listener.serve(routes::join(backend, frontend), &lifecycle);

    println!("{}", start.banner(&page));
    if options.open
        && let Err(error) = open::that_detached(&page)
    {
        eprintln!("todo: cannot open a browser: {error}. Open {page} yourself.");
    }
    let ending = lifecycle.run().await?;
    Ok(ending.into())
}

async fn mcp(options: &Options, user: Option<&str>) -> Result<ExitCode, Failure> {
    let start = Start::prepare(options)?;
    start.migrate().await?;
    let lifecycle = Lifecycle::new(start.config.server.grace);
    let backend = Backend::open(start.config, lifecycle, Clock::system())?;
    let user_id = whose::find(backend.app(), user).await?;
    stdio::serve_user(backend.app(), Caller::process(user_id)).await?;
    Ok(ExitCode::SUCCESS)
}

async fn reset_password(options: &Options, email: &str) -> Result<ExitCode, Failure> {
    let start = Start::prepare(options)?;
    start.migrate().await?;
    let lifecycle = Lifecycle::new(start.config.server.grace);
    let backend = Backend::open(start.config, lifecycle, Clock::system())?;
    println!("{}", reset::create_link(backend.app(), email).await?);
    Ok(ExitCode::SUCCESS)
}

/// The backend as the frontend reaches it: without a network between them.
fn in_process(backend: Router) -> BackendService {
    let service = backend
        .map_request(|mut request: Request<Body>| {
            request.extensions_mut().insert(Peer::InProcess);
            request
        })
        .map_err(|never| match never {});
    BackendService::new(service)
}

/// The page's address in a browser on this machine.
fn page(address: SocketAddr) -> String {
    let (ip, port) = (address.ip(), address.port());
    if ip.is_loopback() || ip.is_unspecified() {
        format!("http://localhost:{port}")
    } else {
        format!("http://{address}")
    }
}

/// What to type instead, when the port cannot be had.
async fn instead(error: BindError) -> Failure {
    if !error.is_in_use() {
        return error.into();
    }
    let port = error.address.port();
    let mut sentence = format!("port {port} is in use by another program.");
    for next in (1..=PORTS_TRIED).filter_map(|step| port.checked_add(step)) {
        if Listener::bind(SocketAddr::new(error.address.ip(), next), 1)
            .await
            .is_ok()
        {
            sentence += &format!(" Type this instead: todo --port {next}");
            break;
        }
    }
    sentence.into()
}
