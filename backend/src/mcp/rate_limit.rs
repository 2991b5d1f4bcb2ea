//! How often one user may call: so many times a minute in this process. Unlike the limits on
//! passwords it protects no secret, so it costs no query.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;

use crate::{caller::UserId, error::Error};

/// Counts calls in the minute that runs.
pub(super) struct RateLimit {
    per_minute: u32,
    window: Mutex<Window>,
}

/// The calls of one minute.
#[derive(Default)]
struct Window {
    /// Minutes since 1970.
    minute: i64,
    calls: HashMap<UserId, u32>,
}

impl RateLimit {
    /// At most so many calls of one user in a minute.
    pub(super) fn new(per_minute: u32) -> Self {
        Self {
            per_minute,
            window: Mutex::default(),
        }
    }

    /// Counts a call.
    ///
    /// # Errors
    /// [`Error::TooManyRequests`] when there were too many.
    pub(super) fn count(&self, user_id: &UserId, now: Timestamp) -> Result<(), Error> {
        let minute = now.as_second().div_euclid(60);
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.minute != minute {
            window.minute = minute;
            window.calls.clear();
        }
        let calls = window.calls.entry(user_id.clone()).or_default();
        *calls = calls.saturating_add(1);
        if *calls <= self.per_minute {
            return Ok(());
        }
        Err(Error::TooManyRequests {
            retry_after: (60 - now.as_second().rem_euclid(60)).unsigned_abs(),
            detail: "These are too many calls. Wait a minute and try again.".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_user_has_so_many_calls_a_minute() {
        let limit = RateLimit::new(2);
        let (ann, bob) = (UserId::new("ann").unwrap(), UserId::new("bob").unwrap());
        let now = Timestamp::from_second(90).unwrap();
        assert!(limit.count(&ann, now).is_ok());
        assert!(limit.count(&ann, now).is_ok());
        let refused = limit.count(&ann, now).unwrap_err();
        assert!(
            matches!(
                refused,
                Error::TooManyRequests {
                    retry_after: 30,
                    ..
                }
            ),
            "{refused}"
        );
        assert!(limit.count(&bob, now).is_ok());
        let next = Timestamp::from_second(120).unwrap();
        assert!(limit.count(&ann, next).is_ok());
    }
}
