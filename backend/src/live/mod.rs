//! Live changes: every write of a user is numbered, and open pages are told the number. In this
//! process at once; in others by NOTIFY, or by polling where there is none.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use todo_api::Changed;
use tokio::sync::broadcast;

use crate::caller::UserId;

/// Changes that a slow listener may be behind before it is only told the latest version.
const BACKLOG: usize = 32;

/// Tells the open pages of a user what changed.
#[derive(Clone, Default)]
pub struct Live {
    listeners: Arc<Mutex<HashMap<UserId, broadcast::Sender<Changed>>>>,
}

impl Live {
    /// Tells everyone who listens to this user.
    pub fn publish(&self, user_id: &UserId, changed: Changed) {
        self.tell(user_id, changed);
    }

    fn tell(&self, user_id: &UserId, changed: Changed) {
        let listeners = self
            .listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = listeners.get(user_id) {
            // No receiver is left when the last page was closed just now.
            let _ = sender.send(changed);
        }
    }

    /// Listens to a user's changes.
    #[must_use]
    pub fn subscribe(&self, user_id: &UserId) -> broadcast::Receiver<Changed> {
        let mut listeners = self
            .listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        listeners.retain(|_, sender| sender.receiver_count() > 0);
        listeners
            .entry(user_id.clone())
            .or_insert_with(|| broadcast::channel(BACKLOG).0)
            .subscribe()
    }
}
