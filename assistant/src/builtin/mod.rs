//! The built-in assistant: deterministic and offline. A message becomes tokens ([`tokens`]), clauses
//! ([`sentences`]), and commands ([`commands`], by the rules in [`rules`]); the plan says from the
//! commands and the results so far what to call next ([`plan`]), and at the end what to answer
//! ([`replies`]). Nothing is kept between steps: each is worked out from the messages alone.

mod commands;
mod dates;
mod discourse;
mod filters;
mod language;
mod pattern;
mod plan;
mod references;
mod replies;
mod rules;
mod sentences;
mod slots;
mod tokens;
mod words;

#[cfg(test)]
mod tests;

use std::time::Duration;

use futures_util::{StreamExt, stream, stream::BoxStream};

use super::model::{Delta, Model, ModelError, Request};

/// The pause between words, so that a reply reads as it is written.
const WORD_PAUSE: Duration = Duration::from_millis(12);
/// The longest that a reply is held back by its pauses.
const LONGEST_PAUSE: Duration = Duration::from_millis(1_200);

/// The built-in assistant.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    pause: Duration,
}

impl Default for Builtin {
    fn default() -> Self {
        Self::new()
    }
}

impl Builtin {
    /// An assistant that speaks word by word.
    #[must_use]
    pub const fn new() -> Self {
        Self { pause: WORD_PAUSE }
    }

    /// An assistant that pauses so long between words, up to any length.
    #[must_use]
    pub const fn with_pause(pause: Duration) -> Self {
        Self { pause }
    }
}

impl Model for Builtin {
    fn name(&self) -> &str {
        "builtin"
    }

    fn respond(&self, request: Request) -> BoxStream<'static, Result<Delta, ModelError>> {
        let step = plan::next(&request);
        let words: Vec<String> = step.text.split_inclusive(' ').map(str::to_owned).collect();
        let most = u32::try_from(words.len().max(1)).unwrap_or(u32::MAX);
        let pause = if self.pause == WORD_PAUSE {
            self.pause.min(LONGEST_PAUSE / most)
        } else {
            self.pause
        };
        let words = stream::iter(words).then(move |word| async move {
            tokio::time::sleep(pause).await;
            Ok(Delta::Text(word))
        });
        words
            .chain(stream::iter(
                step.calls.into_iter().map(|call| Ok(Delta::Call(call))),
            ))
            .boxed()
    }
}
