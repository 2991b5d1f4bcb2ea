//! The agent's own MCP client: it speaks the protocol with a server in this process, over a pipe.

use std::{fmt::Display, sync::Arc};

use rmcp::{
    RoleClient, RoleServer, ServiceExt,
    model::{CallToolRequestParams, CallToolResult, MetaObject, RequestMetaObject},
    service::{RunningService, ServiceError},
};
use serde_json::{Value, json};
use todo_api::Scope;
use todo_assistant::model::Tool;
use tokio::sync::OnceCell;

use super::{
    server::{CALL_META, Server, Whose, unwrapped},
    tools::{self, MODEL_TOOLS},
};
use crate::{app::App, caller::Caller, chat::calls::CallRef, error::Error};

/// Size of the pipe in each direction, in bytes: larger messages pass in parts.
const PIPE: usize = 8 * 1024;

/// A client that works on one caller's tasks.
pub struct Client {
    app: App,
    caller: Caller,
    /// Most turns only talk: the first call connects.
    connected: OnceCell<Connected>,
}

/// Both ends of the pipe. Dropping them ends client and server.
struct Connected {
    client: RunningService<RoleClient, ()>,
    _server: RunningService<RoleServer, Server>,
}

impl Client {
    /// A client with a server of its own.
    #[must_use]
    pub fn new(app: &App, caller: Caller) -> Self {
        Self {
            app: app.clone(),
            caller,
            connected: OnceCell::new(),
        }
    }

    async fn connect(&self) -> Result<Connected, Error> {
        let (ours, theirs) = tokio::io::duplex(PIPE);
        let server = Server {
            app: self.app.clone(),
            whose: Whose::Agent(self.caller.clone()),
        };
        let (client, server) = tokio::join!(().serve(ours), server.serve(theirs));
        let client = client.map_err(|error| Error::Internal(format!("MCP client: {error}")))?;
        let server = server.map_err(|error| Error::Internal(format!("MCP server: {error}")))?;
        Ok(Connected {
            client,
            _server: server,
        })
    }

    /// The tools as a model sees them.
    #[must_use]
    pub fn tools(&self) -> Arc<[Tool]> {
        Arc::clone(&MODEL_TOOLS)
    }

    /// Calls a tool and gives its structured result, or an object with `error`, a sentence, and
    /// `code`. The same call of a turn takes effect once.
    pub async fn call(&self, tool: &str, args: Value, call: CallRef) -> Value {
        let Value::Object(args) = args else {
            return json!({"error": "The arguments must be an object.", "code": "malformed"});
        };
        let mut meta = MetaObject::default();
        meta.insert(
            CALL_META.to_owned(),
            json!({"turn": call.turn, "n": call.n}),
        );
        let mut params = CallToolRequestParams::new(tool.to_owned()).with_arguments(args);
        params.meta = Some(RequestMetaObject::from(meta));
        let connected = match self.connected.get_or_try_init(|| self.connect()).await {
            Ok(connected) => connected,
            Err(error) => return broke_off(tool, &error),
        };
        match connected.client.call_tool(params).await {
            Ok(result) => content(result),
            Err(ServiceError::McpError(error)) => {
                json!({"error": error.message, "code": "unknown_tool"})
            }
            Err(error) => broke_off(tool, &error),
        }
    }

    /// Whether a tool changes nothing, as its annotations say. One that does not exist does nothing.
    #[must_use]
    pub fn is_read(&self, tool: &str) -> bool {
        tools::scope(tool) != Some(Scope::Write)
    }

    /// Whether a tool destroys something, as its annotations say.
    #[must_use]
    pub fn is_destructive(&self, tool: &str) -> bool {
        tools::is_destructive(tool)
    }

    /// How many writes a call makes: a batch as many as it names tasks.
    #[must_use]
    pub fn writes(&self, tool: &str, args: &Value) -> usize {
        tools::writes(tool, args)
    }
}

fn broke_off(tool: &str, error: &impl Display) -> Value {
    tracing::warn!(%error, tool, "a tool call broke off");
    json!({"error": "The tool did not answer. Try again.", "code": "unavailable"})
}

/// The structured content, a list without the object that wraps it.
fn content(result: CallToolResult) -> Value {
    unwrapped(&result.structured_content.unwrap_or_default()).clone()
}
