//! `cargo xtask images test`: the product in containers, and in pods where there is a cluster.

use std::{
    net::TcpListener,
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

use todo_test_postgres::{Cluster, Purpose};

use super::{
    archive::Image,
    build, check,
    container::{Container, Running},
    flake, folder, pods,
    product::PRODUCTS,
};
use crate::{
    Result,
    process::{cargo, run as run_program},
    tools,
};

/// How long a server may take until it is ready.
const PATIENCE: Duration = Duration::from_secs(30);
/// Signs the JWTs of servers that live for a minute.
const JWT_SECRET: &str = "0123456789abcdef-for-tests-alone-0123456789abcdef";

/// Builds the images unless they are built, inspects them and runs the product.
pub(super) fn run() -> Result {
    flake::check()?;
    build::run(&build::Arguments::default())?;
    check::run(&check::Arguments::default())?;
    in_containers()?;
    pods::run()
}

/// A person signs up, chats and sees the task, with both servers in containers.
fn in_containers() -> Result {
    let servers = Servers::prepare(&folder())?;
    let mut running = Vec::new();
    for (container, variables, _) in servers.all() {
        let mut server = container.start(&variables)?;
        ready(container, &mut server, &variables)?;
        running.push(server);
    }
    let [backend, frontend] = servers.ports.map(local);
    story(&frontend, &backend)?;
    running.into_iter().try_for_each(Running::stop)
}

/// Waits until the image's own health check is content.
fn ready(container: &Container, running: &mut Running, variables: &[(&str, &str)]) -> Result {
    let start = Instant::now();
    loop {
        let Err(error) = container.output(&["healthcheck"], variables) else {
            return Ok(());
        };
        if !running.is_alive() || start.elapsed() > PATIENCE {
            return Err(format!("a server in a container is not ready: {error}").into());
        }
        sleep(Duration::from_millis(50));
    }
}

/// Both servers, ready to be started beside a database of their own.
pub(super) struct Servers {
    containers: [Container; 2],
    ports: [u16; 2],
    variables: [Vec<(&'static str, String)>; 2],
    /// Runs until it is dropped.
    _database: Cluster,
}

impl Servers {
    /// Unpacks the images whose archives lie there and migrates the database.
    pub(super) fn prepare(archives: &Path) -> Result<Self> {
        tools::postgres()?;
        let database = Cluster::start(Purpose::Test)?;
        let [backend, frontend] = PRODUCTS.map(|product| {
            Image::read(&archives.join(format!("{}.tar", product.name)))
                .and_then(|image| Container::new(&image))
        });
        let ports = free_ports()?;
        let own = |port: u16| {
            vec![
                ("PORT", port.to_string()),
                ("METRICS_ADDR", "off".to_owned()),
                ("SHUTDOWN_DELAY", "0s".to_owned()),
            ]
        };
        let [mut of_backend, mut of_frontend] = ports.map(own);
        of_backend.push(("DATABASE_URL", database.url("postgres")));
        of_backend.push(("JWT_SECRET", JWT_SECRET.to_owned()));
        of_frontend.push(("BACKEND_URL", local(ports[0])));
        let servers = Self {
            containers: [backend?, frontend?],
            ports,
            variables: [of_backend, of_frontend],
            _database: database,
        };
        if let Some((backend, variables, _)) = servers.all().next() {
            print!("{}", backend.output(&["migrate"], &variables)?);
        }
        Ok(servers)
    }

    /// Each with its variables and its port: the backend, then the frontend.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Container, Vec<(&str, &str)>, u16)> {
        (self.containers.iter().zip(&self.variables).zip(self.ports)).map(
            |((container, variables), port)| {
                let variables = variables.iter();
                let variables = variables.map(|(name, value)| (*name, value.as_str()));
                (container, variables.collect(), port)
            },
        )
    }
}

/// Tells the story of `tests/tests/deployed.rs` to servers at these addresses.
pub(super) fn story(frontend: &str, backend: &str) -> Result {
    run_program(
        cargo()
            .args(["test", "--workspace", "--test", "deployed"])
            .env("FRONTEND_URL", frontend)
            .env("BACKEND_URL", backend),
    )
}

/// Ports that nobody listens on, for a moment at least.
pub(super) fn free_ports() -> Result<[u16; 2]> {
    // Both are held until the second is found, so that they differ.
    let [one, other] = [
        TcpListener::bind("127.0.0.1:0")?,
        TcpListener::bind("127.0.0.1:0")?,
    ];
    Ok([one.local_addr()?.port(), other.local_addr()?.port()])
}

/// A port of this machine as an address.
pub(super) fn local(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}
