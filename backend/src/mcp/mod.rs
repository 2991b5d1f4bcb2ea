//! The Model Context Protocol: what an assistant can do with a person's tasks, over the same rules
//! as REST. One server is reached in three ways: over HTTP at `/mcp`, over standard input and
//! output, and by the agent through a client of its own in this process.

mod client;
mod http;
mod prompts;
mod rate_limit;
mod resources;
mod server;
mod skills;
pub mod stdio;
mod tools;

pub use client::Client;
pub use http::router;
pub use skills::Skills;
