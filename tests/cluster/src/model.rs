//! A model server on this machine that takes its time, in the dialect that all of them share. What a
//! person says tells it how: `speak 10` says a word each second, for so many seconds; `think 90` is
//! silent for so long, then says a word.

use std::{convert::Infallible, net::Ipv4Addr, time::Duration};

use axum::{
    Json, Router,
    response::sse::{Event, Sse},
    routing::post,
};
use futures_util::{Stream, StreamExt, stream};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::OnceCell, time::sleep};

use crate::Result;

/// What it says at its end.
pub(crate) const LAST: &str = "finally";

/// The port of the one server, which ends with the process.
pub(crate) async fn port() -> Result<u16> {
    static PORT: OnceCell<u16> = OnceCell::const_new();
    PORT.get_or_try_init(start).await.copied()
}

async fn start() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).await?;
    let port = listener.local_addr()?.port();
    let router = Router::new().route("/v1/chat/completions", post(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(port)
}

async fn answer(Json(asked): Json<Value>) -> Sse<impl Stream<Item = Outcome>> {
    let messages = asked["messages"].as_array().into_iter().flatten().rev();
    let said = messages
        .filter(|message| message["role"] == "user")
        .find_map(|message| message["content"].as_str())
        .unwrap_or_default();
    let (what, seconds) = said.split_once(' ').unwrap_or((said, ""));
    let seconds: u64 = seconds.parse().unwrap_or_default();
    let (words, pause) = match what {
        "speak" => (seconds, Duration::from_secs(1)),
        _ => (1, Duration::from_secs(seconds)),
    };
    let words = stream::iter(1..=words).then(move |number| async move {
        sleep(pause).await;
        chunk(&json!({"content": format!("word{number} ")}), None)
    });
    let end = [
        chunk(&json!({"content": LAST}), None),
        chunk(&json!({}), Some("stop")),
        Ok(Event::default().data("[DONE]")),
    ];
    Sse::new(words.chain(stream::iter(end)))
}

type Outcome = std::result::Result<Event, Infallible>;

fn chunk(delta: &Value, finish: Option<&str>) -> Outcome {
    let choice = json!({"index": 0, "delta": delta, "finish_reason": finish});
    Ok(Event::default().data(json!({"choices": [choice]}).to_string()))
}
