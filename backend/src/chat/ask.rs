//! Asking the model for a turn's next step, and what ends that from outside.

use std::time::Duration;

use futures_util::StreamExt;
use jiff::tz::TimeZone;
use todo_api::TurnEvent;
use todo_assistant::model::{Call, Delta, Request, Usage};
use tokio::time::{Instant, timeout_at};

use super::{ending::Ending, run::Run, view::BREAK};

/// Text that comes faster than this is put together into one event.
const PACE: Duration = Duration::from_millis(25);
/// Longest reply, in bytes, and most of what is to be called; a model that does not stop is stopped.
const REPLY_MAX: usize = 64 * 1024;
/// Most calls of one turn.
const CALLS_MAX: usize = 100;

/// What the model answered in a step.
#[derive(Default)]
pub(super) struct Answered {
    pub(super) said: String,
    pub(super) wanted: Vec<Call>,
    pub(super) usage: Option<Usage>,
}

impl Run {
    /// Asks the model for its next step: what it says, streamed on as it comes, and what it wants
    /// to have called.
    pub(super) async fn ask(&mut self, deadline: Instant) -> Result<Answered, Ending> {
        let zone = TimeZone::get(&self.row.time_zone).unwrap_or(TimeZone::UTC);
        let request = Request {
            messages: self.messages.clone(),
            tools: self.client.tools(),
            now: self.row.created_at.0,
            zone,
        };
        let mut deltas = self.app.turns.model.respond(request);
        let mut answered = Answered::default();
        let (mut pending, mut asked) = (String::new(), 0);
        let mut last_push = Instant::now() - PACE;
        let ending = loop {
            let flush_at = if pending.is_empty() {
                deadline
            } else {
                last_push + PACE
            };
            let next = tokio::select! {
                next = timeout_at(flush_at.min(deadline), deltas.next()) => next,
                ending = self.interrupted() => break Some(ending),
            };
            match next {
                Ok(Some(Ok(Delta::Text(text)))) if !text.is_empty() => {
                    // No database takes a NUL character, and no person misses it.
                    let text = text.replace('\0', "");
                    if answered.said.is_empty() && !self.text.is_empty() {
                        pending.push_str(BREAK);
                    }
                    let room = REPLY_MAX.saturating_sub(self.text.len() + pending.len());
                    if text.len() > room {
                        pending.push_str(&text[..text.floor_char_boundary(room)]);
                        break Some(Ending::Failed(
                            "The answer grew too long and was cut off.".to_owned(),
                        ));
                    }
                    answered.said.push_str(&text);
                    pending.push_str(&text);
                }
                Ok(Some(Ok(Delta::Text(_)))) => {}
                Ok(Some(Ok(Delta::Call(call)))) => {
                    asked += call.id.len() + call.tool.len() + call.args.to_string().len();
                    answered.wanted.push(Call {
                        id: call.id.replace('\0', ""),
                        tool: call.tool.replace('\0', ""),
                        args: call.args,
                        extra: call.extra,
                    });
                    if self.calls.len() + answered.wanted.len() > CALLS_MAX || asked > REPLY_MAX {
                        break Some(Ending::Failed(
                            "The assistant wanted to do too much at once. Try asking for less."
                                .to_owned(),
                        ));
                    }
                }
                Ok(Some(Ok(Delta::Usage(usage)))) => {
                    let tokens = usage.input_tokens.saturating_add(usage.output_tokens);
                    self.tokens = self.tokens.saturating_add(tokens);
                    answered.usage = Some(usage);
                }
                Ok(Some(Err(error))) => {
                    tracing::warn!(%error, turn = self.row.id, "the model gave no answer");
                    break Some(Ending::Failed(error.sentence().to_owned()));
                }
                Ok(None) => break None,
                Err(_) if Instant::now() >= deadline => {
                    break Some(Ending::Failed(
                        "The assistant took too long. Your message is kept: try again.".to_owned(),
                    ));
                }
                Err(_) => {}
            }
            if !pending.is_empty() && last_push.elapsed() >= PACE {
                self.push_text(&mut pending);
                last_push = Instant::now();
            }
        };
        self.push_text(&mut pending);
        match ending {
            Some(ending) => Err(ending),
            None => Ok(answered),
        }
    }

    fn push_text(&mut self, pending: &mut String) {
        if !pending.is_empty() {
            let delta = std::mem::take(pending);
            self.text.push_str(&delta);
            self.running.push(TurnEvent::Text { delta });
        }
    }

    /// Whether something from outside ends the turn.
    pub(super) fn interruption(&self) -> Option<Ending> {
        if self.running.lost.is_cancelled() {
            Some(Ending::Lost)
        } else if self.running.stop.is_cancelled() {
            Some(Ending::Stopped)
        } else if self.app.lifecycle.hard().is_cancelled() {
            Some(Ending::Interrupted)
        } else {
            None
        }
    }

    async fn interrupted(&self) -> Ending {
        tokio::select! {
            () = self.running.lost.cancelled() => Ending::Lost,
            () = self.running.stop.cancelled() => Ending::Stopped,
            () = self.app.lifecycle.hard().cancelled() => Ending::Interrupted,
        }
    }
}
