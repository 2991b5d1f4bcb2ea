//! The built-in assistant in place of a model that fails, which says so.

use std::sync::Arc;

use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};

use super::{
    builtin::Builtin,
    model::{Delta, Model, ModelError, ModelMessage, Request, Usage},
};

/// What the user reads before the built-in assistant's answer.
const NOTICE: &str = "*The model cannot be reached, so the built-in assistant answers:*\n\n";

/// A model that is stood in for when it fails.
pub struct WithFallback {
    model: Arc<dyn Model>,
}

impl WithFallback {
    /// Stands in for this model.
    #[must_use]
    pub const fn new(model: Arc<dyn Model>) -> Self {
        Self { model }
    }
}

impl Model for WithFallback {
    fn name(&self) -> &str {
        self.model.name()
    }

    fn respond(&self, request: Request) -> BoxStream<'static, Result<Delta, ModelError>> {
        if stands_in(&request) {
            return builtin(request);
        }
        let deltas = self.model.respond(request.clone());
        if has_results(&request) {
            // The built-in assistant would not know what of the message is done.
            return deltas;
        }
        // A model asks for calls once its answer is whole, so that a failure comes before them.
        deltas
            .flat_map(move |delta| match delta {
                Err(error) => {
                    tracing::warn!(%error, "the built-in assistant stands in for the model");
                    let notice = stream::iter([Ok(Delta::Text(NOTICE.to_owned()))]);
                    notice.chain(builtin(request.clone())).boxed()
                }
                delta => stream::iter([delta]).boxed(),
            })
            .boxed()
    }
}

/// Whether the built-in assistant has begun to answer in this turn: then it goes on.
fn stands_in(request: &Request) -> bool {
    of_turn(request).any(
        |message| matches!(message, ModelMessage::Assistant { text, .. } if text.contains(NOTICE)),
    )
}

fn has_results(request: &Request) -> bool {
    of_turn(request).any(|message| matches!(message, ModelMessage::ToolResult { .. }))
}

/// What came after the user's message.
fn of_turn(request: &Request) -> impl Iterator<Item = &ModelMessage> {
    let messages = request.messages.iter().rev();
    messages.take_while(|message| !matches!(message, ModelMessage::User(_)))
}

fn builtin(request: Request) -> BoxStream<'static, Result<Delta, ModelError>> {
    let builtin = Builtin::new();
    let usage = Usage {
        model: builtin.name().to_owned(),
        ..Usage::default()
    };
    let deltas = builtin.respond(request);
    deltas
        .chain(stream::iter([Ok(Delta::Usage(usage))]))
        .boxed()
}
