//! How a turn is set to work: once, however often the same request comes, and even if its client
//! leaves meanwhile.

use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;
use tracing::Instrument;

use super::{
    queries::{self, TurnRow},
    run::{self, Answer},
};
use crate::{
    app::App,
    caller::UserId,
    error::Error,
    idempotency::{self, IdempotencyKey},
    writes::{Body, Reserve, UserWrite},
};

/// Which turn a request began, kept under its idempotency key.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Begun {
    pub(super) turn_id: i64,
    /// Whether an earlier request with the same key began it.
    #[serde(skip)]
    pub(super) replayed: bool,
}

/// A turn to set to work, with what the user said to its question.
pub(super) type Work = (TurnRow, Answer);

/// Stores what begins a turn or lets it go on, and sets it to work. Once it is stored it is at
/// work, even if the client leaves just then.
pub(super) async fn start<F>(
    app: &App,
    user_id: &UserId,
    reserve: Reserve,
    store: F,
) -> Result<Begun, Error>
where
    F: for<'a> AsyncFnOnce(&'a mut UserWrite) -> Result<(Begun, Option<Work>), Error>
        + for<'a> Body<'a, (Begun, Option<Work>), Error>
        + 'static,
{
    let permit = admit(app)?;
    let (app, user_id) = (app.clone(), user_id.clone());
    let started = async move {
        let (begun, work) = app.write(&user_id, reserve, store).await?;
        if let Some((row, answer)) = work {
            let running = app.turns.begin(&user_id, row.id, row.last_seq);
            let running_app = app.clone();
            let turn = async move {
                run::run(running_app, row, running, answer).await;
                drop(permit);
            };
            app.lifecycle.spawn_work(turn.in_current_span());
        }
        Ok(begun)
    };
    match tokio::spawn(started.in_current_span()).await {
        Ok(result) => result,
        Err(failed) => Err(Error::Internal(failed.to_string())),
    }
}

fn admit(app: &App) -> Result<OwnedSemaphorePermit, Error> {
    if app.lifecycle.soft().is_cancelled() {
        return Err(Error::Unavailable("shutting down".to_owned()));
    }
    app.turns.admit()
}

/// Whether the user may have one more turn at work.
pub(super) async fn check_number(write: &mut UserWrite, most: u32) -> Result<(), Error> {
    let user_id = write.user_id.clone();
    let running = queries::count_running(&mut write.conn, &user_id, write.now).await?;
    if running < i64::from(most) {
        return Ok(());
    }
    Err(Error::TooManyRequests {
        retry_after: 5,
        detail: format!(
            "The assistant is working on {running} of your messages already. Wait for one or stop \
             one, then send this again."
        ),
    })
}

/// The turn that an earlier request with this key began, if there was one.
pub(super) async fn replayed(
    write: &mut UserWrite,
    key: Option<&IdempotencyKey>,
) -> Result<Option<Begun>, Error> {
    let Some(key) = key else { return Ok(None) };
    let Some((_, answer)) = idempotency::find(write, key).await? else {
        return Ok(None);
    };
    let begun: Begun =
        serde_json::from_str(&answer).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(Some(Begun {
        replayed: true,
        ..begun
    }))
}

/// Keeps under the key which turn it began.
pub(super) async fn keep(
    write: &mut UserWrite,
    key: Option<IdempotencyKey>,
    begun: Begun,
) -> Result<(), Error> {
    let Some(key) = key else { return Ok(()) };
    let answer = json!(begun).to_string();
    idempotency::keep(write, key, axum::http::StatusCode::OK, answer).await
}
