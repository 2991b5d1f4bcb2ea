//! What both servers share: settings from the environment, logs, metrics, health, the HTTP stack,
//! TLS and an orderly end.

pub mod environment;
pub mod health;
pub mod http;
pub mod lifecycle;
pub mod metrics;
pub mod program;
pub mod serve;
pub mod settings;
pub mod telemetry;
#[cfg(feature = "tls")]
pub mod tls;

pub use environment::{Environment, EnvironmentError, Reader, Secret, Setting};
pub use health::{Health, Readiness};
pub use http::{ClientInfo, RequestId};
pub use lifecycle::{Grace, Lifecycle};
pub use serve::Listener;
pub use settings::ServerSettings;
