//! The tools of the Model Context Protocol: what an assistant can do with a person's tasks, over
//! the same rules as REST. The agent reaches them through a client of its own, in this process.

mod client;
mod server;
mod tools;

pub use client::Client;
