//! Between processes: tells others of changes, and hears of theirs. Nothing is sent or asked while
//! there is nothing to tell and nobody who listens, so that the database can sleep.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use todo_api::Changed;

use super::queries;
use crate::{
    app::App,
    caller::UserId,
    db::{DbError, Notifications},
};

const CHANNEL: &str = "todo_changed";
/// At most one notification in this time.
const COALESCE: Duration = Duration::from_millis(50);
/// How often versions are polled where there are no notifications.
const POLL: Duration = Duration::from_secs(1);
/// How long polling goes on before notifications are tried again.
const RETRY_AFTER_POLLS: u32 = 5;
/// PostgreSQL takes payloads of less than 8,000 bytes.
const PAYLOAD_MAX: usize = 7_900;
/// Users of one notification whose ids are not told.
const USERS_MAX: usize = 60;

/// What a notification says.
#[derive(Serialize, Deserialize)]
struct Payload {
    /// The process that sends it, which ignores it.
    from: String,
    changes: Vec<(String, Changed)>,
}

/// Runs until the process ends.
pub async fn keep(app: App) {
    let hard = app.lifecycle.hard().clone();
    tokio::select! {
        () = send(&app) => {}
        () = hear(&app) => {}
        () = hard.cancelled() => {}
    }
}

async fn send(app: &App) {
    loop {
        app.live.0.to_send.notified().await;
        tokio::time::sleep(COALESCE).await;
        flush(app).await;
    }
}

/// Tells other processes what they have not been told of yet.
pub async fn flush(app: &App) {
    let changes: Vec<_> = app
        .live
        .take_unsent()
        .into_iter()
        .map(|(user, changed)| (user.to_string(), changed))
        .collect();
    if app.db.is_sqlite() || changes.is_empty() {
        return;
    }
    if let Err(error) = notify(app, changes).await {
        tracing::warn!(%error, "other processes could not be told of changes");
    }
}

async fn notify(app: &App, changes: Vec<(String, Changed)>) -> Result<(), DbError> {
    let from = app.turns.owner().to_owned();
    let whole = payload(&from, changes.clone());
    let payloads = if whole.len() <= PAYLOAD_MAX {
        vec![whole]
    } else {
        // Versions are what matters; ids only save a fetch.
        let bare = |(user, changed): &(String, Changed)| {
            (
                user.clone(),
                Changed {
                    version: changed.version,
                    ..Changed::default()
                },
            )
        };
        changes
            .chunks(USERS_MAX)
            .map(|chunk| payload(&from, chunk.iter().map(bare).collect()))
            .collect()
    };
    // A notification is written to disk as a commit is.
    let mut conn = app.db.read_alone().await?;
    for payload in payloads {
        queries::notify(&mut conn, CHANNEL, &payload).await?;
    }
    Ok(())
}

fn payload(from: &str, changes: Vec<(String, Changed)>) -> String {
    // Strings and numbers always serialize.
    serde_json::to_string(&Payload {
        from: from.to_owned(),
        changes,
    })
    .unwrap_or_default()
}

async fn hear(app: &App) {
    loop {
        if app.live.users().is_empty() {
            app.live.0.listening.notified().await;
            continue;
        }
        // Until there is a connection, pages are told by polling.
        let listening = tokio::select! {
            listening = app.db.listen(CHANNEL) => listening,
            () = poll(app, u32::MAX) => continue,
        };
        match listening {
            Ok(Some(notifications)) => {
                if let Err(error) = follow(app, notifications).await {
                    tracing::info!(%error, "notifications broke off; polling until they are back");
                    poll(app, RETRY_AFTER_POLLS).await;
                }
            }
            Ok(None) => poll(app, 1).await,
            Err(error) => {
                tracing::info!(%error, "no notifications; polling until there are");
                poll(app, RETRY_AFTER_POLLS).await;
            }
        }
    }
}

/// Hears notifications while anybody listens.
async fn follow(app: &App, mut notifications: Notifications) -> Result<(), DbError> {
    // What happened before the connection was there.
    look(app).await?;
    loop {
        match tokio::time::timeout(Duration::from_secs(30), notifications.next()).await {
            Ok(payload) => {
                let Ok(payload) = serde_json::from_str::<Payload>(&payload?) else {
                    continue;
                };
                if payload.from == app.turns.owner() {
                    continue;
                }
                for (user, changed) in payload.changes {
                    if let Some(user_id) = UserId::new(&user) {
                        app.live.tell(&user_id, changed);
                    }
                }
            }
            Err(_) if app.live.users().is_empty() => return Ok(()),
            Err(_) => {}
        }
    }
}

async fn poll(app: &App, times: u32) {
    for _ in 0..times {
        if app.live.users().is_empty() {
            return;
        }
        if let Err(error) = look(app).await {
            tracing::debug!(%error, "versions could not be read");
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Tells listeners the versions that the database has.
async fn look(app: &App) -> Result<(), DbError> {
    let users = app.live.users();
    if users.is_empty() {
        return Ok(());
    }
    let mut conn = app.db.read().await?;
    for (user, version) in queries::versions(&mut conn, &users).await? {
        if let Some(user_id) = UserId::new(&user) {
            app.live.tell(
                &user_id,
                Changed {
                    version,
                    ..Changed::default()
                },
            );
        }
    }
    Ok(())
}
