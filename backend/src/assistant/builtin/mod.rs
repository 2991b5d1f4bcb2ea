//! The built-in assistant: deterministic and offline.
