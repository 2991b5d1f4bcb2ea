//! The agent: a model that is asked with messages and tools, and what stands behind it.

pub mod builtin;
pub mod model;
