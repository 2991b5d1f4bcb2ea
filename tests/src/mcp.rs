//! A bare MCP client: it sends one JSON-RPC message as one request and shows the answer as it is.

use serde_json::{Value, json};

use crate::client::{Answer, Client};

/// The current protocol version, which knows no `initialize`.
pub const CURRENT: &str = "2026-07-28";

/// A client of `/mcp`.
#[derive(Clone)]
pub struct Mcp {
    /// Sends the requests.
    pub client: Client,
    version: &'static str,
}

impl Mcp {
    /// A client that speaks this version.
    #[must_use]
    pub fn new(client: &Client, version: &'static str) -> Self {
        let client = client
            .clone()
            .with("accept", "application/json, text/event-stream")
            .with("mcp-protocol-version", version);
        Self { client, version }
    }

    /// Sends a request and gives the whole HTTP answer.
    pub async fn send(&self, method: &str, params: Value) -> Answer {
        let mut params = params;
        let mut client = self.client.clone();
        if self.version == CURRENT {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": CURRENT,
                "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {},
            });
            client = client.with("mcp-method", method);
            let name = params["name"].as_str().or(params["uri"].as_str());
            if let Some(name) = name {
                client = client.with("mcp-name", name);
            }
        }
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        client.post("/mcp", message).await
    }

    /// The result of a request.
    pub async fn ask(&self, method: &str, params: Value) -> Value {
        let answer: Value = self.send(method, params).await.expect(200);
        assert!(answer["error"].is_null(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// The result of a tool, with what surrounds it.
    pub async fn tool(&self, name: &str, arguments: Value) -> Value {
        let params = json!({"name": name, "arguments": arguments});
        self.ask("tools/call", params).await
    }

    /// The structured content of a tool's result.
    pub async fn call(&self, name: &str, arguments: Value) -> Value {
        let result = self.tool(name, arguments).await;
        assert_eq!(result["isError"], false, "{name}: {result}");
        result["structuredContent"].clone()
    }

    /// What a tool refuses with: its code and its sentence.
    pub async fn refusal(&self, name: &str, arguments: Value) -> (String, String) {
        let result = self.tool(name, arguments).await;
        assert_eq!(result["isError"], true, "{name}: {result}");
        let content = &result["structuredContent"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&content["code"]), text(&content["error"]))
    }
}
