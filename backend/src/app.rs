//! What every handler shares.

use std::{ops::Deref, sync::Arc};

use todo_service::Lifecycle;

use crate::{
    accounts::{Passwords, oauth::ClientDocuments},
    chat::Turns,
    clock::Clock,
    config::Config,
    db::Db,
    jwt::Jwt,
    live::Live,
    mcp::Skills,
    sse::Streams,
};

/// The application: shared by all handlers and background tasks, cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What an [`App`] is made of.
pub struct Parts {
    /// The database.
    pub db: Db,
    /// The time of day.
    pub clock: Clock,
    /// Signs and verifies tokens.
    pub jwt: Jwt,
    /// Hashes and verifies passwords.
    pub passwords: Passwords,
    /// The programs that introduce themselves by a document.
    pub client_documents: ClientDocuments,
    /// Tells open pages of changes.
    pub live: Live,
    /// What assistants can learn here.
    pub skills: Skills,
    /// The open streams of this process.
    pub streams: Streams,
    /// The turns of this process, and the model that answers.
    pub turns: Turns,
    /// What an operator set.
    pub config: Config,
    /// The process's orderly end.
    pub lifecycle: Lifecycle,
}

impl App {
    /// An application of these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
