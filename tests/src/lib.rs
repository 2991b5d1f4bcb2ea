//! The one test harness: servers to test against, users to act as, and a browser to look with.
//! The tests themselves are stories in `tests/`, each told on both databases where it matters.

pub mod aimock;
mod app;
pub mod bearer;
pub mod browser;
pub mod client;
pub mod document_server;
mod ingress;
pub mod mcp;
pub mod model_server;
pub mod oauth;
pub mod packages;
pub mod postgres;
mod process;
pub mod proxy;
mod scripted;
mod site;

pub use app::{Database, Engine, NOON, PASSWORD, TestApp, User, email};
pub use client::Client;
pub use ingress::Ingress;
pub use mcp::Mcp;
pub use process::Process;
pub use scripted::{Scripted, Signals};
pub use site::Site;
