//! Any model behind the Chat Completions dialect that OpenAI, Gemini, Ollama, vLLM, LM Studio and
//! llama.cpp share. A step is one request ([`request`]), sent within bounds ([`endpoint`]) until its
//! first token comes, whose chunks become text and calls ([`stream`]).

mod endpoint;
mod prompt;
mod reasoning;
mod request;
mod stream;

use std::{sync::Arc, time::Duration};

use async_openai::{Client, config::OpenAIConfig, error::OpenAIError};
use futures_util::{
    StreamExt, TryStreamExt,
    stream::{self as streams, BoxStream},
};
use serde_json::Value;
use todo_service::environment::Secret;
use tokio::time::{Instant, sleep, timeout_at};

use self::{
    endpoint::{Endpoint, model_error},
    stream::{Assembler, Chunk, End},
};
use super::model::{Delta, Model, ModelError, Request, Usage};

/// How often a step is tried until its first token comes.
const ATTEMPTS: u32 = 3;
/// The longest pause before the second try; it doubles for the third.
const BACKOFF: Duration = Duration::from_millis(500);
/// The longest pause that a server may ask for.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(10);
/// How long the count of tokens is waited for once the answer is whole.
const TAIL: Duration = Duration::from_secs(2);

/// Which model, where, and how long it may take.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What the server knows us by, if it asks.
    pub api_key: Option<Secret>,
    /// The address before `/chat/completions`.
    pub base_url: String,
    /// The model's name.
    pub model: String,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long the first token may take, over all tries.
    pub first_token_timeout: Duration,
    /// How long the next token may take.
    pub token_timeout: Duration,
    /// The most tokens of one answer; the server's own bound when absent.
    pub max_output_tokens: Option<u32>,
}

/// The settings do not lead to a client.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// TLS could not be set up.
    #[error("TLS to the model's server could not be set up: {0}")]
    Tls(#[from] rustls::Error),
    /// The HTTP client could not be made.
    #[error("the client of the model's server could not be made: {0}")]
    Http(#[from] reqwest::Error),
}

/// A model behind an OpenAI-compatible server.
pub struct OpenAi(Arc<Inner>);

struct Inner {
    client: Client<OpenAIConfig>,
    settings: Settings,
}

impl OpenAi {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// When TLS or the HTTP client cannot be set up.
    pub fn new(settings: Settings) -> Result<Self, OpenError> {
        describe_metrics();
        let endpoint = Endpoint::new(&settings)?;
        let key = settings.api_key.as_ref().map_or("", Secret::expose);
        // The organization and the project are set lest they come from the environment, which is
        // for `config.rs` alone to read.
        let config = OpenAIConfig::new()
            .with_api_base(&settings.base_url)
            .with_api_key(key)
            .with_org_id("")
            .with_project_id("");
        let client = Client::build(endpoint.http(), config).with_http_service(endpoint);
        Ok(Self(Arc::new(Inner { client, settings })))
    }
}

impl Model for OpenAi {
    fn name(&self) -> &str {
        &self.0.settings.model
    }

    fn respond(&self, request: Request) -> BoxStream<'static, Result<Delta, ModelError>> {
        let inner = Arc::clone(&self.0);
        let answer = async move {
            let Settings {
                model,
                max_output_tokens,
                ..
            } = &inner.settings;
            let body = request::body(model, *max_output_tokens, &request);
            let answer = inner.open(&body).await?;
            Ok(streams::unfold(Some(answer), Answer::next).flat_map(streams::iter))
        };
        streams::once(answer).try_flatten().boxed()
    }
}

impl Inner {
    /// Asks until the first token comes, as often and as long as the bounds allow.
    async fn open(self: Arc<Self>, body: &Value) -> Result<Answer, ModelError> {
        let started = Instant::now();
        let deadline = started + self.settings.first_token_timeout;
        let mut attempt = 1;
        loop {
            let asked = timeout_at(deadline, Arc::clone(&self).attempt(body)).await;
            let error = match asked.unwrap_or(Err(ModelError::Silent)) {
                Ok(answer) => {
                    metrics::histogram!("model_first_token_seconds").record(started.elapsed());
                    return Ok(answer);
                }
                Err(error) => error,
            };
            count_request(error.name());
            match pause(&error, attempt) {
                Some(pause) if attempt < ATTEMPTS && Instant::now() + pause < deadline => {
                    tracing::info!(%error, attempt, "asking the model again");
                    sleep(pause).await;
                }
                _ => return Err(error),
            }
            attempt += 1;
        }
    }

    /// Asks once, and waits for the first token.
    async fn attempt(self: Arc<Self>, body: &Value) -> Result<Answer, ModelError> {
        let chat = self.client.chat();
        let chunks = chat.create_stream_byot(body).await.map_err(model_error)?;
        let mut answer = Answer {
            patience: self.settings.token_timeout,
            model: self.settings.model.clone(),
            chunks,
            assembler: Assembler::default(),
            text: String::new(),
            deadline: Instant::now(),
        };
        while !answer.read().await? {}
        Ok(answer)
    }
}

/// How long to wait before the next try; none when it would not help.
fn pause(error: &ModelError, attempt: u32) -> Option<Duration> {
    match error {
        ModelError::Busy {
            retry_after: Some(asked),
            ..
        } => (*asked <= RETRY_AFTER_MAX).then_some(*asked),
        ModelError::Busy { .. } | ModelError::Unavailable(_) | ModelError::BrokeOff(_) => {
            // Full jitter, so that turns which failed together do not come back together.
            let longest = BACKOFF * 2_u32.saturating_pow(attempt - 1);
            Some(longest.mul_f64(rand::random::<f64>()))
        }
        ModelError::Refused(_) | ModelError::TooLong | ModelError::Silent => None,
    }
}

/// An answer whose first token has come.
struct Answer {
    model: String,
    chunks: BoxStream<'static, Result<Chunk, OpenAIError>>,
    assembler: Assembler,
    /// What was read and not yet handed on.
    text: String,
    /// How long each next token may take.
    patience: Duration,
    /// When the next token has to be there.
    deadline: Instant,
}

type Deltas = Vec<Result<Delta, ModelError>>;

impl Answer {
    /// Reads a chunk; says whether it had a token.
    async fn read(&mut self) -> Result<bool, ModelError> {
        let Some(chunk) = self.chunks.next().await else {
            return Err(ModelError::BrokeOff("the stream ended early".to_owned()));
        };
        let progress = self.assembler.push(chunk.map_err(model_error)?)?;
        self.text += &progress.text;
        if progress.is_token {
            self.deadline = Instant::now() + self.patience;
        }
        Ok(progress.is_token)
    }

    /// The next deltas, for [`streams::unfold`]; without an answer to go on with they are the last.
    async fn next(answer: Option<Self>) -> Option<(Deltas, Option<Self>)> {
        let mut answer = answer?;
        loop {
            if !answer.text.is_empty() {
                let text = std::mem::take(&mut answer.text);
                return Some((vec![Ok(Delta::Text(text))], Some(answer)));
            }
            let is_whole = answer.assembler.is_finished();
            let mut deadline = answer.deadline;
            if is_whole {
                deadline = deadline.min(Instant::now() + TAIL);
            }
            let read = timeout_at(deadline, answer.read()).await;
            let error = match read.unwrap_or(Err(ModelError::Silent)) {
                Ok(_) => continue,
                Err(error) => error,
            };
            let last = if is_whole { answer.end() } else { Err(error) };
            let last = last.unwrap_or_else(|error| {
                count_request(error.name());
                vec![Err(error)]
            });
            return Some((last, None));
        }
    }

    /// What is left once the answer is whole.
    fn end(self) -> Result<Deltas, ModelError> {
        let End {
            text,
            calls,
            tokens: (input_tokens, output_tokens),
        } = self.assembler.finish()?;
        count_request("answered");
        metrics::counter!("model_tokens_total", "direction" => "input").increment(input_tokens);
        metrics::counter!("model_tokens_total", "direction" => "output").increment(output_tokens);
        let usage = Usage {
            model: self.model,
            input_tokens,
            output_tokens,
        };
        let deltas = std::iter::once(Delta::Text(text))
            .chain(calls.into_iter().map(Delta::Call))
            .chain([Delta::Usage(usage)]);
        Ok(deltas.map(Ok).collect())
    }
}

fn count_request(outcome: &'static str) {
    metrics::counter!("model_requests_total", "outcome" => outcome).increment(1);
}

fn describe_metrics() {
    metrics::describe_counter!(
        "model_requests_total",
        "Requests to the model's server, by outcome."
    );
    metrics::describe_histogram!(
        "model_first_token_seconds",
        "Time until the model's first token, with all tries."
    );
    metrics::describe_counter!("model_tokens_total", "Tokens as the server counts them.");
}
