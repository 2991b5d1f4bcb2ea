//! How a turn's work ends, and how that is stored.

use std::{sync::Arc, time::Duration};

use todo_api::{Approval, TurnEvent, TurnState};
use tokio::time::Instant;

use super::{
    queries::{self, TurnChange, TurnRow, state_name},
    run::Run,
    running::Running,
    view::closing,
};
use crate::{
    app::App,
    conversations,
    db::types::{At, Json},
    error::Error,
    writes::{Reserve, UserWrite},
};

/// How long the end of a turn is tried to be stored while the database is away.
const STORE_FOR: Duration = Duration::from_secs(60);

/// How a turn's work ended.
pub(super) enum Ending {
    Done,
    Stopped,
    Failed(String),
    Interrupted,
    Waiting(Approval),
    /// It belongs to someone else now.
    Lost,
}

impl Run {
    /// Stores how the turn ended, with the reply, and only then tells those who listen.
    pub(super) async fn finish(&self, ending: Ending) {
        match store_end(
            &self.app,
            &self.row,
            &self.running,
            &ending,
            Some(&self.text),
        )
        .await
        {
            Ok(Some(event)) => self.running.push(event),
            Ok(None) => {}
            Err(error) => {
                // Its lease runs out, and whoever looks then marks it as interrupted.
                tracing::error!(%error, turn = self.row.id, "the end of a turn could not be stored");
            }
        }
    }
}

/// Whether a turn still runs under this owner.
pub(super) async fn is_ours(write: &mut UserWrite, id: i64, owner: &str) -> Result<bool, Error> {
    let user_id = write.user_id.clone();
    let row = queries::turn(&mut write.conn, &user_id, id).await?;
    Ok(row.is_some_and(|row| {
        row.state() == TurnState::Running && row.owner.as_deref() == Some(owner)
    }))
}

/// Stores a turn's end and gives the event that tells of it; none when the turn is not ours.
pub(super) async fn store_end(
    app: &App,
    row: &TurnRow,
    running: &Arc<Running>,
    ending: &Ending,
    text: Option<&str>,
) -> Result<Option<TurnEvent>, Error> {
    let (state, error, approval) = match ending {
        Ending::Lost => return Ok(None),
        Ending::Done => (TurnState::Done, None, None),
        Ending::Stopped => (TurnState::Stopped, None, None),
        Ending::Interrupted => (TurnState::Interrupted, None, None),
        Ending::Failed(sentence) => (TurnState::Failed, Some(sentence.clone()), None),
        Ending::Waiting(approval) => (TurnState::Waiting, None, Some(approval.clone())),
    };
    let event = match &approval {
        Some(approval) => TurnEvent::Approval(approval.clone()),
        None => closing(state, error.as_deref()),
    };
    let started = Instant::now();
    loop {
        let (row, owner, text) = (
            row.clone(),
            app.turns.owner().to_owned(),
            text.map(str::to_owned),
        );
        let (error, approval) = (error.clone(), approval.clone());
        let mut events = running.unstored();
        let last_seq = running.next_seq();
        events.extend(queries::EventRow::numbered(
            &row.user_id,
            row.id,
            last_seq,
            [event.clone()],
        ));
        let store = async move |write: &mut UserWrite| {
            if !is_ours(write, row.id, &owner).await? {
                return Ok(false);
            }
            let (user_id, now) = (write.user_id.clone(), write.now);
            queries::insert_events(&mut write.conn, &events).await?;
            let change = TurnChange {
                state: state_name(state).to_owned(),
                owner: None,
                lease_until: None,
                stop_requested: false,
                approval: approval.map(Json),
                approved: row.approved,
                error,
                last_seq,
                updated_at: At(now),
            };
            queries::change_turn(&mut write.conn, &user_id, row.id, change).await?;
            if let Some(text) = text {
                queries::set_content(&mut write.conn, &user_id, row.reply_id, &text).await?;
            }
            conversations::queries::touch(&mut write.conn, &user_id, row.conversation_id, now)
                .await?;
            write.changed.conversations.push(row.conversation_id);
            Ok(true)
        };
        match app.write(&running.user_id, Reserve::default(), store).await {
            Ok(ours) => return Ok(ours.then_some(event)),
            Err(Error::Unavailable(_))
                if started.elapsed() < STORE_FOR && !app.lifecycle.hard().is_cancelled() =>
            {
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
            Err(error) => return Err(error),
        }
    }
}
