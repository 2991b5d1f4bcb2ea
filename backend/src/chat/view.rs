//! How turns, calls and messages are shown, put together from their rows.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use todo_api::{ChatResponse, Message, Role, ToolCall, Turn, TurnEvent, TurnState, Undo};
use todo_assistant::model::{Call, ModelMessage};

use super::queries::{self, CallRow, MessageRow, StepRow, TurnRow};
use crate::{
    caller::UserId,
    db::{Conn, types::Json},
    error::Error,
    tasks::rules::UNDO_FOR,
};

/// More events than a turn can have.
pub(super) const EVENTS_MAX: i64 = 100_000;

/// What changed so lately may have changed between two reads.
const JUST_NOW: SignedDuration = SignedDuration::from_mins(1);
/// What parts of a reply are separated by.
pub(super) const BREAK: &str = "\n\n";

/// A turn with all that belongs to it.
pub(super) struct Whole {
    pub(super) row: TurnRow,
    pub(super) steps: Vec<StepRow>,
    pub(super) calls: Vec<CallRow>,
    reply: Option<MessageRow>,
    /// The stored events, for a turn that runs: its reply is not stored yet.
    told: Vec<TurnEvent>,
}

impl CallRow {
    /// What can be done about the call.
    pub(super) fn undo(&self, now: Timestamp) -> Undo {
        match (&self.changes, self.finished_at) {
            _ if self.undone_at.is_some() => Undo::Undone,
            (Some(_), Some(at)) if now.duration_since(at.0) > UNDO_FOR => Undo::Expired,
            (Some(_), Some(_)) => Undo::Available,
            _ => Undo::None,
        }
    }

    fn view(&self, now: Timestamp) -> ToolCall {
        ToolCall {
            n: self.n,
            tool: self.tool.clone(),
            args: self.args.0.clone(),
            result: self
                .result
                .as_ref()
                .map_or(Value::Null, |result| result.0.clone()),
            undo: self.undo(now),
        }
    }

    fn call(&self) -> Call {
        Call {
            id: self.call_id.clone(),
            tool: self.tool.clone(),
            args: self.args.0.clone(),
            extra: self.extra.clone().map(|Json(extra)| extra),
        }
    }
}

/// Loads a turn with all that belongs to it.
pub(super) async fn whole(conn: &mut Conn, user_id: &UserId, id: i64) -> Result<Whole, Error> {
    let row = queries::turn(conn, user_id, id)
        .await?
        .ok_or(Error::NotFound("turn"))?;
    let steps = queries::steps(conn, user_id, &[id]).await?;
    let calls = queries::calls(conn, user_id, &[id]).await?;
    let reply = queries::message(conn, user_id, row.reply_id).await?;
    let told = match row.state() {
        TurnState::Running => told(conn, user_id, id).await?,
        _ => Vec::new(),
    };
    Ok(Whole {
        row,
        steps,
        calls,
        reply,
        told,
    })
}

/// A turn's stored events.
async fn told(conn: &mut Conn, user_id: &UserId, turn: i64) -> Result<Vec<TurnEvent>, Error> {
    let events = queries::events_after(conn, user_id, turn, 0, EVENTS_MAX).await?;
    Ok(events.into_iter().map(|(_, event)| event.0).collect())
}

fn text_of(events: &[TurnEvent]) -> String {
    let delta = |event: &TurnEvent| match event {
        TurnEvent::Text { delta } => Some(delta.clone()),
        _ => None,
    };
    events.iter().filter_map(delta).collect()
}

impl Whole {
    /// The reply so far.
    pub(super) fn response(&self) -> String {
        match &self.reply {
            Some(reply) if !reply.content.is_empty() => reply.content.clone(),
            _ => self.text(),
        }
    }

    /// The reply of a turn that runs: as it was told, unless a step was stored whose text was not.
    fn text(&self) -> String {
        let told = text_of(&self.told);
        let said: Vec<&str> = self
            .steps
            .iter()
            .map(|step| step.said.as_str())
            .filter(|said| !said.is_empty())
            .collect();
        let said = said.join(BREAK);
        if told.len() < said.len() { said } else { told }
    }

    /// What is stored of a turn that runs but was not told: its process died in between.
    pub(super) fn untold(&self, now: Timestamp) -> Vec<TurnEvent> {
        let mut told_text = text_of(&self.told).len();
        let is_told = |sought: &TurnEvent| {
            self.told.iter().any(|told| match (told, sought) {
                (TurnEvent::ToolCall { n, .. }, TurnEvent::ToolCall { n: sought, .. })
                | (TurnEvent::ToolResult { n, .. }, TurnEvent::ToolResult { n: sought, .. }) => {
                    n == sought
                }
                _ => false,
            })
        };
        let untold = |event| match event {
            TurnEvent::Turn { .. } => None,
            TurnEvent::Text { delta } => {
                let rest = delta.get(told_text..).unwrap_or_default().to_owned();
                told_text = told_text.saturating_sub(delta.len());
                (!rest.is_empty()).then_some(TurnEvent::Text { delta: rest })
            }
            event => (!is_told(&event)).then_some(event),
        };
        self.replay(now).into_iter().filter_map(untold).collect()
    }

    pub(super) fn turn(&self, now: Timestamp) -> Turn {
        Turn {
            id: self.row.id,
            conversation_id: self.row.conversation_id,
            message_id: self.row.message_id,
            state: self.row.state(),
            response: self.response(),
            tool_calls: self.calls.iter().map(|call| call.view(now)).collect(),
            approval: self.row.approval(),
            error: self.row.error.clone(),
            usage: self.reply.as_ref().and_then(MessageRow::usage),
            created_at: self.row.created_at.0,
        }
    }

    pub(super) fn chat_response(&self, now: Timestamp) -> ChatResponse {
        let turn = self.turn(now);
        ChatResponse {
            conversation_id: turn.conversation_id,
            turn_id: turn.id,
            state: turn.state,
            response: turn.response,
            tool_calls: turn.tool_calls,
            approval: turn.approval,
            error: turn.error,
        }
    }

    /// The events that lead to where the turn stands, made anew from what is stored of it.
    pub(super) fn replay(&self, now: Timestamp) -> Vec<TurnEvent> {
        let mut events = vec![self.opening()];
        let finished = self.row.state().is_finished() || self.row.state() == TurnState::Waiting;
        let mut text = String::new();
        for step in &self.steps {
            if !step.said.is_empty() {
                let pause = if text.is_empty() { "" } else { BREAK };
                let delta = format!("{pause}{}", step.said);
                text.push_str(&delta);
                events.push(TurnEvent::Text { delta });
            }
            for call in self.calls.iter().filter(|call| call.step == step.step) {
                events.push(TurnEvent::ToolCall {
                    n: call.n,
                    tool: call.tool.clone(),
                    args: call.args.0.clone(),
                });
                if let Some(result) = &call.result {
                    let undo = call.undo(now);
                    events.push(TurnEvent::ToolResult {
                        n: call.n,
                        result: result.0.clone(),
                        undo,
                    });
                }
            }
        }
        if finished {
            if let Some(rest) = self
                .response()
                .strip_prefix(&text)
                .filter(|rest| !rest.is_empty())
            {
                events.push(TurnEvent::Text {
                    delta: rest.to_owned(),
                });
            }
            events.extend(self.closing());
        }
        events
    }

    /// The first event of a turn.
    pub(super) fn opening(&self) -> TurnEvent {
        TurnEvent::Turn {
            turn_id: self.row.id,
            conversation_id: self.row.conversation_id,
            message_id: self.row.message_id,
        }
    }

    fn closing(&self) -> Option<TurnEvent> {
        match self.row.state() {
            TurnState::Running => None,
            TurnState::Waiting => self.row.approval().map(TurnEvent::Approval),
            state => Some(closing(state, self.row.error.as_deref())),
        }
    }
}

/// The last event of a finished turn.
pub(super) fn closing(state: TurnState, error: Option<&str>) -> TurnEvent {
    match state {
        TurnState::Done | TurnState::Running | TurnState::Waiting => TurnEvent::Done {},
        TurnState::Stopped => TurnEvent::Stopped {},
        TurnState::Failed => TurnEvent::Failed {
            error: error.unwrap_or_default().to_owned(),
        },
        TurnState::Interrupted => TurnEvent::Interrupted {},
    }
}

/// Messages with what belongs to them, oldest first.
pub(super) async fn messages(
    conn: &mut Conn,
    user_id: &UserId,
    mut rows: Vec<MessageRow>,
    now: Timestamp,
) -> Result<Vec<Message>, Error> {
    rows.sort_by_key(|row| row.id);
    let ids: Vec<i64> = rows.iter().map(|row| row.turn_id).collect();
    let turns = queries::turns(conn, user_id, &ids).await?;
    let calls = queries::calls(conn, user_id, &ids).await?;
    // The latest turn may have finished after its reply was read, without its text.
    if let Some(latest) = rows.last_mut()
        && turns.iter().any(|turn| {
            turn.id == latest.turn_id && now.duration_since(turn.updated_at.0) < JUST_NOW
        })
        && let Some(read_again) = queries::message(conn, user_id, latest.id).await?
    {
        *latest = read_again;
    }
    let mut messages = Vec::with_capacity(rows.len());
    for row in rows {
        let turn = turns.iter().find(|turn| turn.id == row.turn_id);
        let state = turn.map_or(TurnState::Interrupted, TurnRow::state);
        let is_reply = row.role() == Role::Assistant;
        let content = match state {
            TurnState::Running if is_reply => text_of(&told(conn, user_id, row.turn_id).await?),
            _ => row.content.clone(),
        };
        let of_turn = calls
            .iter()
            .filter(|call| is_reply && call.turn_id == row.turn_id);
        messages.push(Message {
            id: row.id,
            conversation_id: row.conversation_id,
            turn_id: row.turn_id,
            role: row.role(),
            usage: row.usage(),
            content,
            tool_calls: of_turn.map(|call| call.view(now)).collect(),
            state,
            approval: turn.filter(|_| is_reply).and_then(TurnRow::approval),
            error: turn
                .filter(|_| is_reply)
                .and_then(|turn| turn.error.clone()),
            created_at: row.created_at.0,
        });
    }
    Ok(messages)
}

/// Earlier messages as a model sees them: of the turns, what was called and what it gave back too.
pub(super) fn history(
    rows: &[MessageRow],
    steps: &[StepRow],
    calls: &[CallRow],
) -> Vec<ModelMessage> {
    let mut history = Vec::new();
    for row in rows {
        match row.role() {
            Role::User => history.push(ModelMessage::User(row.content.clone())),
            Role::Assistant => {
                let before = history.len();
                for step in steps.iter().filter(|step| step.turn_id == row.turn_id) {
                    history.extend(as_model_messages(step, calls));
                }
                if history.len() == before && !row.content.is_empty() {
                    history.push(ModelMessage::Assistant {
                        text: row.content.clone(),
                        calls: Vec::new(),
                    });
                }
            }
        }
    }
    history
}

/// A step as a model sees it: what it said and called, and what the calls gave back.
pub(super) fn as_model_messages(step: &StepRow, calls: &[CallRow]) -> Vec<ModelMessage> {
    let of_step: Vec<_> = calls
        .iter()
        .filter(|call| call.turn_id == step.turn_id && call.step == step.step)
        .collect();
    let said = ModelMessage::Assistant {
        text: step.said.clone(),
        calls: of_step.iter().map(|call| call.call()).collect(),
    };
    let results = of_step.iter().filter_map(|call| {
        let result = call.result.as_ref()?;
        Some(ModelMessage::ToolResult {
            call_id: call.call_id.clone(),
            content: result.0.clone(),
        })
    });
    std::iter::once(said).chain(results).collect()
}
