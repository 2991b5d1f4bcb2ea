//! What a tool call leaves behind, written in the transaction of its effect: that is what keeps a
//! retry from doing it twice, and what its undo goes by.

use diesel::{BoolExpressionMethods, ExpressionMethods, JoinOnDsl, OptionalExtension, QueryDsl};
use diesel_async::RunQueryDsl;
use serde_json::Value;

use crate::{
    db::{
        on,
        schema::{tool_calls, turns},
        types::{At, Json},
    },
    error::Error,
    tasks::Change,
    writes::UserWrite,
};

/// A call of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallRef {
    /// The turn.
    pub turn: i64,
    /// The call's number within the turn, from 1.
    pub n: i32,
}

/// What the call gave back, if it has finished already.
///
/// # Errors
/// [`Error::NotFound`] when there is no such call: its conversation was deleted meanwhile.
/// `turn_lost` when the turn is not run by this owner any more: another process took this one for
/// dead, and whatever is still to be done is for those who go on with the turn.
pub async fn finished(
    write: &mut UserWrite,
    call: CallRef,
    owner: &str,
) -> Result<Option<Value>, Error> {
    let user_id = write.user_id.clone();
    let of_turn = turns::user_id
        .eq(tool_calls::user_id)
        .and(turns::id.eq(tool_calls::turn_id));
    let row: Option<(Option<Json<Value>>, Option<String>)> = on!(&mut write.conn, |conn| {
        tool_calls::table
            .inner_join(turns::table.on(of_turn))
            .filter(tool_calls::user_id.eq(user_id.as_str()))
            .filter(tool_calls::turn_id.eq(call.turn))
            .filter(tool_calls::n.eq(call.n))
            .select((tool_calls::result, turns::owner))
            .first(conn)
            .await
            .optional()?
    });
    let (result, owned_by) = row.ok_or(Error::NotFound("call"))?;
    if owned_by.as_deref() != Some(owner) {
        return Err(Error::Conflict {
            code: "turn_lost",
            detail: "This answer was interrupted meanwhile.".to_owned(),
        });
    }
    Ok(result.map(|Json(result)| result))
}

/// Stores what the call gave back and what it changed.
///
/// # Errors
/// The database's.
pub async fn finish(
    write: &mut UserWrite,
    call: CallRef,
    result: &Value,
    changes: &[Change],
) -> Result<(), Error> {
    let user_id = write.user_id.clone();
    let now = At(write.now);
    let changes = (!changes.is_empty()).then(|| Json(changes.to_vec()));
    on!(&mut write.conn, |conn| {
        diesel::update(tool_calls::table.find((user_id.as_str(), call.turn, call.n)))
            .set((
                tool_calls::result.eq(Some(Json(result.clone()))),
                tool_calls::changes.eq(changes),
                tool_calls::finished_at.eq(Some(now)),
            ))
            .execute(conn)
            .await?;
    });
    Ok(())
}
