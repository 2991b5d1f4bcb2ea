//! The settings that every server has: where it listens, how it logs, how it ends.

use std::io::IsTerminal;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;

use crate::environment::{BaseUrl, Reader, Setting};
use crate::lifecycle::Grace;
use crate::telemetry;

/// Where a server listens.
pub const ADDR: Setting = Setting::new(
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
/// How long it still accepts requests when it shuts down.
pub const SHUTDOWN_DELAY: Setting = Setting::new(
    "SHUTDOWN_DELAY",
    "5s",
    "How long requests are still accepted after SIGTERM while `/readyz` already says no; while \
     they come, up to three times as long. Unless it is set there is no such wait on a terminal.",
);
const DRAIN_TIMEOUT: Setting = Setting::new(
    "DRAIN_TIMEOUT",
    "20s",
    "How long running requests and chat turns may then take to end before they are interrupted.",
);
/// Where browsers find the product.
pub const PUBLIC_URL: Setting = Setting::new(
    "PUBLIC_URL",
    "http://localhost:3000",
    "The address that browsers use, without a path. It is the `iss` and `aud` of the JWTs.",
);
const ALLOW_HTTP: Setting = Setting::new(
    "ALLOW_HTTP",
    "false",
    "Whether people may sign in over plain http on hosts other than localhost.",
);
/// The settings that both servers read in the same way.
pub const COMMON: &[&Setting] = &[
    &PUBLIC_URL,
    &ALLOW_HTTP,
    &ADDR,
    &TRUSTED_PROXIES,
    &MAX_CONNECTIONS,
    &SHUTDOWN_DELAY,
    &DRAIN_TIMEOUT,
    &telemetry::LOG,
    &telemetry::LOG_FORMAT,
];

/// Where a server listens, how browsers reach it, and how it ends.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// Where requests are taken.
    pub address: SocketAddr,
    /// Where metrics are served; `None` when they are off.
    pub metrics_address: Option<SocketAddr>,
    /// The address that browsers use: scheme, host and port, no trailing slash.
    pub public_url: String,
    /// Whether sessions may be used over plain http on hosts other than localhost.
    pub allow_http: bool,
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
            public_url: reader.get::<BaseUrl>(&PUBLIC_URL).0,
            allow_http: reader.get(&ALLOW_HTTP),
            trusted_proxies: reader.optional(&TRUSTED_PROXIES).unwrap_or_default(),
            max_connections: reader.get_in(&MAX_CONNECTIONS, 1..=1_000_000),
            grace: Grace {
                delay,
                drain: reader.get(&DRAIN_TIMEOUT),
            },
        }
    }
}
