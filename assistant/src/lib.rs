//! The models that can answer in the chat: the built-in assistant, any behind an OpenAI-compatible
//! server, and the one standing in for the other. They know nothing of the database or of HTTP
//! routes; the backend's agent asks them with messages and tools, and makes the calls.

pub mod builtin;
pub mod fallback;
pub mod model;
pub mod openai;
pub mod settings;

use std::sync::Arc;

use self::{
    builtin::Builtin,
    fallback::WithFallback,
    model::Model,
    openai::{OpenAi, OpenError},
    settings::Assistant,
};

/// The model that the settings name.
///
/// # Errors
/// When its client cannot be set up.
pub fn open(settings: &Assistant) -> Result<Arc<dyn Model>, OpenError> {
    let Some(openai) = &settings.openai else {
        return Ok(Arc::new(Builtin::new()));
    };
    let model: Arc<dyn Model> = Arc::new(OpenAi::new(openai.clone())?);
    Ok(if settings.fallback {
        Arc::new(WithFallback::new(model))
    } else {
        model
    })
}
