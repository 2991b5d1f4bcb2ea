//! A model that does what the user's message says, so that a story decides what the model does and
//! when, in this process or in another. The message is a script, an instruction on each line:
//!
//! | instruction | what the model does |
//! | --- | --- |
//! | `say Hello.` | says it at once |
//! | `speak 20s` | says a word every 50 ms for so long |
//! | `flood 70000` | says so many characters at once |
//! | `nul` | says what no text of a person contains: `a`, U+0000, `b` |
//! | `recall` | says the messages that it was shown, one on each line |
//! | `call add_task {"title": "Milk"}` | asks for a call; what follows the calls is the next step |
//! | `wait go` | goes on once the signal `go` was given |
//! | `fail` | breaks off |
//! | `fail until mended` | breaks off unless the signal was given |
//! | `panic` | has a bug |
//! | `again` | as the last line: takes the last step over and over |
//!
//! To any other message it says `You said: …`.

use std::{path::PathBuf, sync::Arc, time::Duration};

use futures_util::{StreamExt, stream, stream::BoxStream};
use serde_json::Value;
use tempfile::TempDir;
use todo_assistant::model::{Call, Delta, Model, ModelError, ModelMessage, Request};
use tokio::time::sleep;

/// The pause between spoken words.
const WORD_PAUSE: Duration = Duration::from_millis(50);
/// How often a signal is looked for.
const LOOK: Duration = Duration::from_millis(5);

/// The scripted model.
#[derive(Clone, Debug)]
pub struct Scripted {
    signals: PathBuf,
}

impl Scripted {
    /// A model that finds its signals in that folder.
    #[must_use]
    pub fn new(signals: impl Into<PathBuf>) -> Self {
        Self {
            signals: signals.into(),
        }
    }
}

/// Where a story gives signals to scripted models: files in a folder, which other processes see too.
#[derive(Clone, Debug)]
pub struct Signals(Arc<TempDir>);

impl Default for Signals {
    fn default() -> Self {
        Self(Arc::new(tempfile::tempdir().unwrap()))
    }
}

impl Signals {
    /// The folder.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.0.path().to_owned()
    }

    /// Gives a signal, for good.
    pub fn give(&self, name: &str) {
        std::fs::write(self.0.path().join(name), "").unwrap();
    }
}

impl Model for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }

    fn respond(&self, request: Request) -> BoxStream<'static, Result<Delta, ModelError>> {
        let is_user = |message: &ModelMessage| matches!(message, ModelMessage::User(_));
        let last = request.messages.iter().rposition(is_user).unwrap_or(0);
        let Some(ModelMessage::User(script)) = request.messages.get(last) else {
            return stream::empty().boxed();
        };
        let is_step = |message: &&ModelMessage| matches!(message, ModelMessage::Assistant { .. });
        let taken = request.messages[last..].iter().filter(is_step).count();
        let parts = step(script, taken);
        let (model, shown) = (self.clone(), Arc::new(request.messages));
        stream::iter(parts)
            .flat_map(move |part| model.clone().play(part, Arc::clone(&shown)))
            .boxed()
    }
}

/// An instruction.
#[derive(Clone, Debug, PartialEq)]
enum Part {
    Say(String),
    Speak(Duration),
    Recall,
    Call(Call),
    Wait(String),
    Fail,
    FailUntil(String),
    Panic,
}

impl Scripted {
    fn play(
        self,
        part: Part,
        shown: Arc<Vec<ModelMessage>>,
    ) -> BoxStream<'static, Result<Delta, ModelError>> {
        let broken = || Err(ModelError::Unavailable("as the script says".to_owned()));
        match part {
            Part::Say(text) => one(Ok(Delta::Text(text))),
            Part::Speak(time) => {
                let words = time.as_millis() / WORD_PAUSE.as_millis();
                stream::iter(1..=words)
                    .then(async |number| {
                        sleep(WORD_PAUSE).await;
                        Ok(Delta::Text(format!("word{number} ")))
                    })
                    .boxed()
            }
            Part::Recall => {
                let lines: Vec<String> = shown.iter().map(describe).collect();
                one(Ok(Delta::Text(lines.join("\n"))))
            }
            Part::Call(call) => one(Ok(Delta::Call(call))),
            Part::Fail => one(broken()),
            Part::Panic => stream::once(async { panic!("as the script says") }).boxed(),
            Part::FailUntil(signal) if self.signals.join(&signal).exists() => {
                stream::empty().boxed()
            }
            Part::FailUntil(_) => one(broken()),
            Part::Wait(signal) => {
                let signal = self.signals.join(signal);
                stream::once(async move {
                    while !signal.exists() {
                        sleep(LOOK).await;
                    }
                    Ok(Delta::Text(String::new()))
                })
                .boxed()
            }
        }
    }
}

fn one(delta: Result<Delta, ModelError>) -> BoxStream<'static, Result<Delta, ModelError>> {
    stream::iter([delta]).boxed()
}

fn describe(message: &ModelMessage) -> String {
    match message {
        ModelMessage::User(text) => format!("user: {text}"),
        ModelMessage::Assistant { text, calls } => {
            let called = calls.iter().map(|call| format!(" [{}]", call.tool));
            format!("assistant: {text}{}", called.collect::<String>())
        }
        ModelMessage::ToolResult { content, .. } => format!("result: {content}"),
    }
}

/// The instructions of the step after so many were taken.
fn step(script: &str, taken: usize) -> Vec<Part> {
    let mut steps: Vec<Vec<Part>> = vec![Vec::new()];
    let mut over_and_over = false;
    for line in script.lines() {
        if line.trim() == "again" {
            over_and_over = true;
            continue;
        }
        let (number, current) = (steps.len(), steps.last_mut().expect("one at least"));
        let has_called = matches!(current.last(), Some(Part::Call(_)));
        let Some(part) = parse(line, &format!("call-{number}-{}", current.len())) else {
            return match taken {
                0 => vec![Part::Say(format!("You said: {script}"))],
                _ => Vec::new(),
            };
        };
        match part {
            Part::Call(_) => current.push(part),
            _ if has_called => steps.push(vec![part]),
            Part::Say(text) if matches!(current.last(), Some(Part::Say(_))) => {
                current.push(Part::Say(format!(" {text}")));
            }
            _ => current.push(part),
        }
    }
    let at = if over_and_over {
        taken.min(steps.len() - 1)
    } else {
        taken
    };
    steps.get(at).cloned().unwrap_or_default()
}

fn parse(line: &str, id: &str) -> Option<Part> {
    let line = line.trim();
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    Some(match word {
        "say" => Part::Say(rest.to_owned()),
        "speak" => Part::Speak(Duration::from_secs(rest.strip_suffix('s')?.parse().ok()?)),
        "flood" => Part::Say("x".repeat(rest.parse().ok()?)),
        "nul" => Part::Say("a\0b".to_owned()),
        "recall" => Part::Recall,
        "call" => {
            let (tool, args) = rest.split_once(' ').unwrap_or((rest, "{}"));
            Part::Call(Call {
                id: id.to_owned(),
                tool: tool.to_owned(),
                args: serde_json::from_str(args).unwrap_or_else(|_| Value::String(args.to_owned())),
                extra: None,
            })
        }
        "panic" => Part::Panic,
        "wait" => Part::Wait(rest.to_owned()),
        "fail" => match rest.strip_prefix("until ") {
            Some(signal) => Part::FailUntil(signal.to_owned()),
            None => Part::Fail,
        },
        _ => return None,
    })
}
