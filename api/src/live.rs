//! Live changes: a hint that something changed, never the data itself.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The data of a `changed` event; its SSE id is the version. Whoever is behind refetches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Changed {
    /// The user's version: grows with every write of theirs.
    pub version: i64,
    /// Ids of the tasks that changed; empty when not known.
    pub tasks: Vec<i64>,
    /// Ids of the conversations that changed; empty when not known.
    pub conversations: Vec<i64>,
}
