//! What a write did to a task, kept so that it can be undone.

use serde::{Deserialize, Serialize};

use super::fields::{Edit, Fields};

/// One change of one task, as the fields before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Change {
    /// It was added.
    Added {
        /// The task.
        task_id: i64,
        /// As it was added.
        fields: Fields,
    },
    /// Some of its fields changed.
    Updated {
        /// The task.
        task_id: i64,
        /// What the changed fields were before.
        before: Edit,
        /// What they were after.
        after: Edit,
    },
    /// It was deleted.
    Deleted {
        /// The task.
        task_id: i64,
    },
}

/// What undoing a change would mean for the task as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undoing {
    /// Delete it.
    Delete,
    /// Restore it.
    Restore,
    /// Set these fields.
    Edit(Edit),
    /// It is already as it was.
    Nothing,
    /// The fields in question were changed meanwhile.
    ChangedSince,
}

impl Change {
    /// The task that changed.
    #[must_use]
    pub const fn task_id(&self) -> i64 {
        match self {
            Self::Added { task_id, .. }
            | Self::Updated { task_id, .. }
            | Self::Deleted { task_id } => *task_id,
        }
    }

    /// What to do to a task that has these fields now, and may have been deleted.
    #[must_use]
    pub fn undoing(&self, now: &Fields, deleted: bool) -> Undoing {
        match self {
            Self::Deleted { .. } if deleted => Undoing::Restore,
            Self::Deleted { .. } => Undoing::Nothing,
            Self::Added { .. } if deleted => Undoing::Nothing,
            Self::Added { fields, .. } if fields == now => Undoing::Delete,
            Self::Updated { before, after, .. } if !deleted && now.after(after) == *now => {
                Undoing::Edit(before.clone())
            }
            Self::Added { .. } | Self::Updated { .. } => Undoing::ChangedSince,
        }
    }
}
