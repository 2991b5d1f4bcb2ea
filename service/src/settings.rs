//! The settings that every server has: where it listens, how it logs, how it ends.

use std::io::IsTerminal;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;

use crate::environment::{Reader, Setting};
use crate::lifecycle::Grace;

const ADDR: Setting = Setting::new(
    "ADDR",
    "0.0.0.0",
    "The IP address to listen on; `::` for IPv6.",
);
const TRUSTED_PROXIES: Setting = Setting::optional(
    "TRUSTED_PROXIES",
    "nobody",
    "The networks, separated by commas, whose `X-Forwarded-For` and `X-Forwarded-Proto` are \
     believed: those of the Ingress and, for the backend, of the frontend.",
);
const MAX_CONNECTIONS: Setting = Setting::new(
    "MAX_CONNECTIONS",
    "8192",
    "How many client connections are served at once; more wait to be accepted.",
);
const SHUTDOWN_DELAY: Setting = Setting::new(
    "SHUTDOWN_DELAY",
    "5s",
    "How long requests are still accepted after SIGTERM while `/readyz` already says no. Unless \
     it is set there is no such wait on a terminal.",
);
const DRAIN_TIMEOUT: Setting = Setting::new(
    "DRAIN_TIMEOUT",
    "20s",
    "How long running requests and chat turns may then take to end before they are interrupted.",
);
/// The settings that both servers read in the same way.
pub const COMMON: &[&Setting] = &[
    &ADDR,
    &TRUSTED_PROXIES,
    &MAX_CONNECTIONS,
    &SHUTDOWN_DELAY,
    &DRAIN_TIMEOUT,
];

/// Where a server listens and how it ends.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// Where requests are taken.
    pub address: SocketAddr,
    /// Where metrics are served; `None` when they are off.
    pub metrics_address: Option<SocketAddr>,
    /// Whose forwarding headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The most client connections at once.
    pub max_connections: usize,
    /// How long the end may take.
    pub grace: Grace,
}

impl ServerSettings {
    /// Reads them; the ports' defaults differ between the servers.
    pub fn read(reader: &mut Reader<'_>, port: &Setting, metrics_address: &Setting) -> Self {
        let delay = match reader.optional::<Duration>(&SHUTDOWN_DELAY) {
            Some(delay) => delay,
            None if std::io::stdin().is_terminal() => Duration::ZERO,
            None => reader.get(&SHUTDOWN_DELAY),
        };
        Self {
            address: SocketAddr::new(reader.get::<IpAddr>(&ADDR), reader.get(port)),
            metrics_address: reader.get(metrics_address),
            trusted_proxies: reader.optional(&TRUSTED_PROXIES).unwrap_or_default(),
            max_connections: reader.get_in(&MAX_CONNECTIONS, 1..=1_000_000),
            grace: Grace {
                delay,
                drain: reader.get(&DRAIN_TIMEOUT),
            },
        }
    }
}
