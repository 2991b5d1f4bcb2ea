//! The backend of the Todo Chatbot: accounts, tasks, conversations and the agent, over REST.

pub mod assistant;
pub mod config;
pub mod db;
