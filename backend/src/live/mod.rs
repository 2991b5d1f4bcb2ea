//! Live changes: every write of a user is numbered, and open pages are told the number. In this
//! process at once; in others by NOTIFY, or by polling where that is not to be had.

mod queries;
mod relay;
mod routes;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use todo_api::Changed;
use tokio::sync::{Notify, broadcast};

pub use relay::{flush, keep};
pub use routes::router;

use crate::caller::UserId;

/// Changes that a slow listener may be behind before it is only told the latest version.
const BACKLOG: usize = 32;

/// Tells the open pages of a user what changed.
#[derive(Clone, Default)]
pub struct Live(Arc<Inner>);

#[derive(Default)]
struct Inner {
    listeners: Mutex<HashMap<UserId, Listeners>>,
    /// Changes that other processes have not been told of yet.
    unsent: Mutex<HashMap<UserId, Changed>>,
    to_send: Notify,
    listening: Notify,
}

struct Listeners {
    sender: broadcast::Sender<Changed>,
    /// The latest version that they were told.
    version: i64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Live {
    /// Tells everyone who listens to this user, here and in other processes.
    pub fn publish(&self, user_id: &UserId, changed: Changed) {
        self.tell(user_id, changed.clone());
        let mut unsent = lock(&self.0.unsent);
        let waiting = unsent.entry(user_id.clone()).or_default();
        waiting.version = waiting.version.max(changed.version);
        waiting.tasks.extend(changed.tasks);
        waiting.conversations.extend(changed.conversations);
        drop(unsent);
        self.0.to_send.notify_one();
    }

    /// Tells those who listen in this process, unless they know already.
    fn tell(&self, user_id: &UserId, changed: Changed) {
        let mut listeners = lock(&self.0.listeners);
        if let Some(listeners) = listeners.get_mut(user_id)
            && changed.version > listeners.version
        {
            listeners.version = changed.version;
            // No receiver is left when the last page was closed just now.
            let _ = listeners.sender.send(changed);
        }
    }

    /// Listens to a user's changes.
    pub fn subscribe(&self, user_id: &UserId) -> broadcast::Receiver<Changed> {
        let mut listeners = lock(&self.0.listeners);
        listeners.retain(|_, listeners| listeners.sender.receiver_count() > 0);
        let of_user = listeners
            .entry(user_id.clone())
            .or_insert_with(|| Listeners {
                sender: broadcast::channel(BACKLOG).0,
                version: 0,
            });
        let receiver = of_user.sender.subscribe();
        drop(listeners);
        self.0.listening.notify_one();
        receiver
    }

    /// The users that are listened to in this process.
    fn users(&self) -> Vec<UserId> {
        let mut listeners = lock(&self.0.listeners);
        listeners.retain(|_, listeners| listeners.sender.receiver_count() > 0);
        listeners.keys().cloned().collect()
    }

    fn take_unsent(&self) -> HashMap<UserId, Changed> {
        std::mem::take(&mut lock(&self.0.unsent))
    }
}
