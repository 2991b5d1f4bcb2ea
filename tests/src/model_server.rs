//! A model server that answers with exactly the bytes a story wants: what no well-behaved server
//! would send, and none that others have written can be made to.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::State,
    http::{Response, StatusCode, header},
    routing::post,
};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use todo_backend::clock::Clock;
use tokio::{net::TcpListener, time::sleep};

use crate::{Database, Engine, TestApp};

/// A running server. It ends with the test's runtime.
pub struct ModelServer {
    /// Where it listens.
    pub address: SocketAddr,
    asked: Asked,
}

type Asked = Arc<Mutex<Vec<Value>>>;
type Script = Arc<dyn Fn(&Value) -> Reply + Send + Sync>;

/// How it answers a request.
pub enum Reply {
    /// With an error, and a header.
    Refuse(u16, &'static str, &'static str),
    /// With a stream.
    Stream(Vec<Part>),
}

/// A part of a stream.
#[derive(Clone)]
pub enum Part {
    /// Bytes, as they are.
    Send(Bytes),
    /// Nothing for a while.
    Wait(Duration),
    /// The connection breaks.
    Break,
}

impl ModelServer {
    /// Starts a server that answers each request as the script says, given its body.
    pub async fn start(script: impl Fn(&Value) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Asked::default();
        let state: (Asked, Script) = (Arc::clone(&asked), Arc::new(script));
        let router = Router::new()
            .route("/v1/chat/completions", post(answer))
            .with_state(state);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, asked }
    }

    /// What it was asked so far.
    #[must_use]
    pub fn asked(&self) -> Vec<Value> {
        self.asked.lock().unwrap().clone()
    }
}

/// A backend, in real time, whose model is at that address; with further settings.
pub async fn backend(engine: Engine, address: SocketAddr, more: &[(&str, &str)]) -> TestApp {
    let url = format!("http://{address}/v1");
    let mut variables = vec![
        ("OPENAI_BASE_URL", url.as_str()),
        ("OPENAI_MODEL", "test-model"),
    ];
    variables.extend(more);
    TestApp::on(Database::new(engine).await, Clock::system(), &variables).await
}

async fn answer(
    State((asked, script)): State<(Asked, Script)>,
    Json(body): Json<Value>,
) -> Result<Response<Body>, Infallible> {
    let reply = script(&body);
    asked.lock().unwrap().push(body);
    let answer = match reply {
        Reply::Refuse(status, name, value) => Response::builder()
            .status(StatusCode::from_u16(status).unwrap())
            .header(name, value)
            .body(Body::from(r#"{"error":{"message":"No.","code":"no"}}"#)),
        Reply::Stream(parts) => {
            let bytes = stream::iter(parts).filter_map(async |part| match part {
                Part::Send(bytes) => Some(Ok(bytes)),
                Part::Wait(time) => {
                    sleep(time).await;
                    None
                }
                Part::Break => Some(Err(io::Error::other("broken on purpose"))),
            });
            Response::builder()
                .header(header::CONTENT_TYPE, "text/event-stream")
                .body(Body::from_stream(bytes))
        }
    };
    Ok(answer.unwrap())
}

/// One chunk of a stream, with this delta.
#[must_use]
pub fn chunk(delta: &Value) -> Part {
    event(&json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}]}).to_string())
}

/// One event of a stream, with this data.
#[must_use]
pub fn event(data: &str) -> Part {
    Part::Send(format!("data: {data}\n\n").into())
}

/// The end of a stream.
#[must_use]
pub fn end() -> Part {
    let last = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
    let usage = json!({"choices": [], "usage": {"prompt_tokens": 100, "completion_tokens": 10}});
    Part::Send(format!("data: {last}\n\ndata: {usage}\n\ndata: [DONE]\n\n").into())
}

impl Reply {
    /// Says this.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Stream(vec![chunk(&json!({"content": text})), end()])
    }

    /// Asks for these calls, given as the tools' names and the arguments' text.
    #[must_use]
    pub fn calls(calls: &[(&str, &str)]) -> Self {
        let calls: Vec<Value> = (0..)
            .zip(calls)
            .map(|(index, (name, arguments))| {
                json!({
                    "index": index,
                    "id": format!("call_{index}"),
                    "type": "function",
                    "function": {"name": name, "arguments": arguments},
                })
            })
            .collect();
        Self::Stream(vec![chunk(&json!({"tool_calls": calls})), end()])
    }
}

/// What the tools gave back since the user's last message, in order.
#[must_use]
pub fn results(body: &Value) -> Vec<Value> {
    let messages = body["messages"].as_array().unwrap().iter().rev();
    let mut results: Vec<Value> = messages
        .take_while(|message| message["role"] != "user")
        .filter(|message| message["role"] == "tool")
        .map(|message| serde_json::from_str(message["content"].as_str().unwrap()).unwrap())
        .collect();
    results.reverse();
    results
}

/// How many steps the model has taken since the user's last message.
#[must_use]
pub fn steps(body: &Value) -> usize {
    let messages = body["messages"].as_array().unwrap().iter().rev();
    messages
        .take_while(|message| message["role"] != "user")
        .filter(|message| message["role"] == "assistant")
        .count()
}

/// What the user said last.
#[must_use]
pub fn said(body: &Value) -> &str {
    let mut messages = body["messages"].as_array().unwrap().iter().rev();
    let last = messages.find(|message| message["role"] == "user").unwrap();
    last["content"].as_str().unwrap()
}
