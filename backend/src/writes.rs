//! A user's write transaction. Its first statement updates the user's row in `user_state`: that
//! puts a user's writes in order, allocates ids that count per user, and numbers the change that
//! open pages are told of after the commit.

use std::future::Future;

use diesel::{ExpressionMethods, OptionalExtension};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use todo_api::Changed;
use tracing::Instrument;

use crate::{
    app::App,
    caller::UserId,
    db::{Conn, DbError, on, schema::user_state},
    error::Error,
};

/// How many ids of each kind a transaction wants at most; what it does not use is a gap.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reserve {
    /// Ids of tasks.
    pub tasks: i64,
    /// Ids of conversations.
    pub conversations: i64,
    /// Ids of turns.
    pub turns: i64,
    /// Ids of messages.
    pub messages: i64,
}

/// An open write transaction of one user.
pub struct UserWrite {
    /// The connection that is in the transaction.
    pub conn: Conn,
    /// Whose transaction it is.
    pub user_id: UserId,
    /// When it began.
    pub now: Timestamp,
    /// What to tell open pages after the commit.
    pub changed: Changed,
    next: Reserve,
}

impl UserWrite {
    /// The next reserved task id.
    pub fn next_task_id(&mut self) -> i64 {
        take(&mut self.next.tasks)
    }

    /// The next reserved conversation id.
    pub fn next_conversation_id(&mut self) -> i64 {
        take(&mut self.next.conversations)
    }

    /// The next reserved turn id.
    pub fn next_turn_id(&mut self) -> i64 {
        take(&mut self.next.turns)
    }

    /// The next reserved message id.
    pub fn next_message_id(&mut self) -> i64 {
        take(&mut self.next.messages)
    }
}

fn take(next: &mut i64) -> i64 {
    *next += 1;
    *next
}

/// What [`App::write`] runs: an async closure over the transaction whose future can be sent. The
/// output of an async closure cannot be bounded directly on stable Rust, hence a trait that names it.
pub trait Body<'a, T, E>: FnOnce(&'a mut UserWrite) -> Self::Future + Send {
    /// The closure's future.
    type Future: Future<Output = Result<T, E>> + Send;
}

impl<'a, T, E, F, Fut> Body<'a, T, E> for F
where
    F: FnOnce(&'a mut UserWrite) -> Fut + Send,
    Fut: Future<Output = Result<T, E>> + Send,
{
    type Future = Fut;
}

impl App {
    /// Runs `body` in a transaction of this user that commits when it succeeds and else leaves no
    /// trace. It runs to its end even if the caller goes away.
    ///
    /// # Errors
    /// Those of `body`, [`Error::Unauthorized`] when the account is gone, and the database's own.
    pub async fn write<T, F>(&self, user_id: &UserId, reserve: Reserve, body: F) -> Result<T, Error>
    where
        F: for<'a> AsyncFnOnce(&'a mut UserWrite) -> Result<T, Error>
            + for<'a> Body<'a, T, Error>
            + 'static,
        T: Send + 'static,
    {
        let app = self.clone();
        let user_id = user_id.clone();
        let transaction = async move {
            let mut conn = app.db.begin().await?;
            let begun = begin(&mut conn, &user_id, reserve).await;
            let (version, next) = match begun {
                Ok(begun) => begun,
                Err(error) => {
                    conn.abandon().await;
                    return Err(error);
                }
            };
            let changed = Changed {
                version,
                ..Changed::default()
            };
            let mut write = UserWrite {
                conn,
                user_id,
                now: app.clock.now(),
                changed,
                next,
            };
            match body(&mut write).await {
                Ok(value) => {
                    write.conn.commit().await.map_err(DbError::from)?;
                    app.live.publish(&write.user_id, write.changed);
                    Ok(value)
                }
                Err(error) => {
                    write.conn.abandon().await;
                    Err(error)
                }
            }
        };
        // A future dropped in mid-transaction would leave it open; a task is never dropped.
        match tokio::spawn(transaction.in_current_span()).await {
            Ok(result) => result,
            Err(failed) => Err(Error::Internal(failed.to_string())),
        }
    }
}

async fn begin(
    conn: &mut Conn,
    user_id: &UserId,
    reserve: Reserve,
) -> Result<(i64, Reserve), Error> {
    use user_state::dsl;
    let row: Option<(i64, i64, i64, i64, i64)> = on!(conn, |conn| {
        diesel::update(dsl::user_state)
            .filter(dsl::user_id.eq(user_id.as_str()))
            .set((
                dsl::version.eq(dsl::version + 1),
                dsl::last_task_id.eq(dsl::last_task_id + reserve.tasks),
                dsl::last_conversation_id.eq(dsl::last_conversation_id + reserve.conversations),
                dsl::last_turn_id.eq(dsl::last_turn_id + reserve.turns),
                dsl::last_message_id.eq(dsl::last_message_id + reserve.messages),
            ))
            .returning((
                dsl::version,
                dsl::last_task_id,
                dsl::last_conversation_id,
                dsl::last_turn_id,
                dsl::last_message_id,
            ))
            .get_result(conn)
            .await
            .optional()?
    });
    let (version, tasks, conversations, turns, messages) =
        row.ok_or(Error::Unauthorized("This account no longer exists."))?;
    let next = Reserve {
        tasks: tasks - reserve.tasks,
        conversations: conversations - reserve.conversations,
        turns: turns - reserve.turns,
        messages: messages - reserve.messages,
    };
    Ok((version, next))
}
