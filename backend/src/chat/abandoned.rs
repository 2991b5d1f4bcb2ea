//! Turns that a process left behind which died. Whoever meets one marks it as interrupted; its text
//! and its results stay, and a retry goes on from there.

use std::time::Duration;

use todo_api::TurnState;
use tokio::time::{Instant, sleep};

use super::{
    queries::{self, TurnRow},
    rules, view,
};
use crate::{
    app::App,
    caller::UserId,
    error::Error,
    writes::{Reserve, UserWrite},
};

/// How often abandoned turns are looked for.
const LOOK: Duration = Duration::from_secs(3);
/// So long after its start a process looks in any case: for the turns of one that died just before.
const AT_START: Duration = Duration::from_secs(20);

/// The background task that looks for abandoned turns, until nothing new begins. It does so after
/// the start, and while anybody listens or a turn runs; else nobody would see what it marks, and
/// the database may sleep.
pub async fn look_after(app: &App) {
    let started = Instant::now();
    loop {
        let in_use = app.streams.is_any_open() || app.turns.is_any_running();
        if (in_use || started.elapsed() < AT_START)
            && let Err(error) = interrupt_all(app).await
        {
            tracing::warn!(%error, "interrupted turns could not be marked");
        }
        tokio::select! {
            () = sleep(LOOK) => {}
            () = app.lifecycle.soft().cancelled() => return,
        }
    }
}

async fn interrupt_all(app: &App) -> Result<(), Error> {
    let abandoned = queries::abandoned(&mut app.db.read().await?, app.clock.now()).await?;
    for (user_id, turn) in abandoned {
        if let Some(user_id) = UserId::new(&user_id) {
            interrupt_if_abandoned(app, &user_id, turn).await?;
        }
    }
    Ok(())
}

/// Marks a turn as interrupted if its process is gone.
pub(super) async fn interrupt_if_abandoned(
    app: &App,
    user_id: &UserId,
    id: i64,
) -> Result<(), Error> {
    let mark = async move |write: &mut UserWrite| {
        let user_id = write.user_id.clone();
        match queries::turn(&mut write.conn, &user_id, id).await? {
            Some(row) if row.is_abandoned(write.now) => interrupt(write, row).await,
            _ => Ok(()),
        }
    };
    app.write(user_id, Reserve::default(), mark).await
}

/// Marks a turn as interrupted that this process owns but does not run.
pub(super) async fn interrupt_stray(app: &App, user_id: &UserId, id: i64) -> Result<(), Error> {
    let owner = app.turns.owner().to_owned();
    let mark = async move |write: &mut UserWrite| {
        let user_id = write.user_id.clone();
        match queries::turn(&mut write.conn, &user_id, id).await? {
            Some(row)
                if row.state() == TurnState::Running
                    && row.owner.as_deref() == Some(owner.as_str()) =>
            {
                interrupt(write, row).await
            }
            _ => Ok(()),
        }
    };
    app.write(user_id, Reserve::default(), mark).await
}

/// Marks a turn as interrupted. What was stored of it just before its process died is told too.
pub(super) async fn interrupt(write: &mut UserWrite, row: TurnRow) -> Result<(), Error> {
    let user_id = write.user_id.clone();
    let whole = view::whole(&mut write.conn, &user_id, row.id).await?;
    let (text, events) = (whole.response(), whole.untold(write.now));
    queries::set_content(&mut write.conn, &user_id, row.reply_id, &text).await?;
    rules::end(write, row, TurnState::Interrupted, events).await
}
