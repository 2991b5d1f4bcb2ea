//! Undoing what a call changed.

use todo_api::{Undo, Undone};

use super::queries;
use crate::{db::types::Json, error::Error, tasks, writes::UserWrite};

/// Undoes what a call changed, as one unit. A second time does nothing.
pub(super) async fn undo(write: &mut UserWrite, turn: i64, n: i32) -> Result<Undone, Error> {
    let (user_id, now) = (write.user_id.clone(), write.now);
    queries::turn(&mut write.conn, &user_id, turn)
        .await?
        .ok_or(Error::NotFound("turn"))?;
    let calls = queries::calls(&mut write.conn, &user_id, &[turn]).await?;
    let call = calls
        .into_iter()
        .find(|call| call.n == n)
        .ok_or(Error::NotFound("call"))?;
    let changes = match (call.undo(now), &call.changes) {
        (Undo::Undone, _) => {
            return Ok(Undone {
                message: "This was undone already.".to_owned(),
                tasks: Vec::new(),
            });
        }
        (Undo::Available, Some(Json(changes))) => changes,
        (Undo::Expired, _) => {
            let detail = "This is more than 30 days ago and can no longer be undone.".to_owned();
            return Err(Error::Conflict {
                code: "undo_expired",
                detail,
            });
        }
        _ => {
            let detail = "This call changed nothing, so there is nothing to undo.".to_owned();
            return Err(Error::Conflict {
                code: "nothing_to_undo",
                detail,
            });
        }
    };
    let undone = tasks::rules::undo(write, changes).await?;
    queries::set_undone(&mut write.conn, &user_id, turn, n, now).await?;
    write.changed.conversations.extend(
        queries::turn(&mut write.conn, &user_id, turn)
            .await?
            .map(|row| row.conversation_id),
    );
    let message = match undone.as_slice() {
        [task] => format!("Undone: “{}” is as it was before.", task.title),
        tasks => format!("Undone: {} tasks are as they were before.", tasks.len()),
    };
    Ok(Undone {
        message,
        tasks: undone.iter().map(|task| task.id).collect(),
    })
}
