//! One turn at work: the agent's loop. It asks the model, makes the calls that the model wants
//! through the in-process MCP client, feeds the results back, and stops after a bounded number of
//! steps. Every step is stored before its calls are made, so that any process can go on with it.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use todo_api::{Approval, TurnEvent, TurnState, Undo};
use tokio::time::{Instant, timeout_at};

use super::{
    calls::{self, CallRef},
    queries::{self, CallRow, StepRow, TurnChange, TurnRow, state_name},
    running::Running,
    view::{BREAK, as_model_messages, closing, history},
};
use crate::{
    app::App,
    assistant::model::{Call, Delta, ModelError, ModelMessage, Request},
    caller::{Caller, UserId},
    db::types::{At, Json},
    error::Error,
    mcp::Client,
    tasks,
    writes::{Reserve, UserWrite},
};

/// Messages before the turn's own that the model sees.
const HISTORY: i64 = 50;
/// Of earlier turns, how many are shown with what was called in them.
const HISTORY_TURNS: usize = 10;
/// Text that comes faster than this is put together into one event.
const PACE: Duration = Duration::from_millis(25);
/// Longest reply, in bytes; a model that does not stop is stopped.
const REPLY_MAX: usize = 64 * 1024;
/// Most calls of one step.
const CALLS_MAX: usize = 50;
/// Deletions of a turn that need no question.
const FREE_DELETIONS: usize = 1;
/// Other writes of a turn that need no question.
const FREE_WRITES: usize = 9;
/// How long the end of a turn is tried to be stored while the database is away.
const STORE_FOR: Duration = Duration::from_secs(60);

/// What the user said to the question of a waiting turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// There was no question.
    None,
    /// Go on.
    Yes,
    /// Do not do what is pending.
    No,
}

/// How a turn's work ended.
enum Ending {
    Done,
    Stopped,
    Failed(String),
    Interrupted,
    Waiting(Approval),
    /// It belongs to someone else now.
    Lost,
}

struct Run {
    app: App,
    user_id: UserId,
    row: TurnRow,
    running: Arc<Running>,
    client: Client,
    messages: Vec<ModelMessage>,
    steps: Vec<StepRow>,
    calls: Vec<CallRow>,
    /// The reply so far.
    text: String,
}

/// Runs a turn to its end, whoever listens.
pub(super) async fn run(app: App, row: TurnRow, running: Arc<Running>, answer: Answer) {
    let user_id = running.user_id.clone();
    let turns_app = app.clone();
    let ending = match Run::load(app.clone(), user_id, row.clone(), Arc::clone(&running)).await {
        Ok(mut run) => {
            let ending = match run.work(answer).await {
                Ok(ending) => ending,
                Err(error) => {
                    tracing::warn!(%error, turn = run.row.id, "a turn failed");
                    Ending::Failed(error.detail())
                }
            };
            run.finish(ending).await;
            return app.turns.end(&running);
        }
        Err(error) => {
            tracing::warn!(%error, turn = row.id, "a turn could not be loaded");
            Ending::Failed(error.detail())
        }
    };
    let finished = store_end(&turns_app, &row, &running, &ending, None).await;
    if let Ok(Some(event)) = finished {
        running.push(event);
    }
    turns_app.turns.end(&running);
}

impl Run {
    async fn load(
        app: App,
        user_id: UserId,
        row: TurnRow,
        running: Arc<Running>,
    ) -> Result<Self, Error> {
        let client = Client::connect(&app, Caller::process(user_id.clone())).await?;
        let mut conn = app.db.read().await?;
        let before = Some(row.message_id.max(0));
        let mut earlier =
            queries::latest_messages(&mut conn, &user_id, row.conversation_id, before, HISTORY)
                .await?;
        earlier.reverse();
        let mut ids: Vec<i64> = earlier.iter().map(|message| message.turn_id).collect();
        ids.dedup();
        let ids = ids.split_off(ids.len().saturating_sub(HISTORY_TURNS));
        let earlier_steps = queries::steps(&mut conn, &user_id, &ids).await?;
        let earlier_calls = queries::calls(&mut conn, &user_id, &ids).await?;
        let mut messages = history(&earlier, &earlier_steps, &earlier_calls);
        let own = queries::message(&mut conn, &user_id, row.message_id)
            .await?
            .ok_or(Error::NotFound("message"))?;
        messages.push(ModelMessage::User(own.content));
        let steps = queries::steps(&mut conn, &user_id, &[row.id]).await?;
        let calls = queries::calls(&mut conn, &user_id, &[row.id]).await?;
        let said: Vec<&str> = steps
            .iter()
            .map(|step| step.said.as_str())
            .filter(|said| !said.is_empty())
            .collect();
        let text = said.join(BREAK);
        Ok(Self {
            app,
            user_id,
            row,
            running,
            client,
            messages,
            steps,
            calls,
            text,
        })
    }

    async fn work(&mut self, answer: Answer) -> Result<Ending, Error> {
        let deadline = Instant::now() + self.app.config.chat.turn_timeout;
        let mut answer = answer;
        // A turn that goes on has a last step whose calls may not all be finished.
        if let Some(step) = self.steps.last().cloned() {
            if let Some(ending) = self.make_calls(step.step, answer, deadline).await? {
                return Ok(ending);
            }
            answer = Answer::None;
        }
        for step in &self.steps {
            self.messages.extend(as_model_messages(step, &self.calls));
        }
        let max_steps = self.app.config.chat.max_steps as usize;
        while self.steps.len() < max_steps {
            let (said, wanted) = match self.ask(deadline).await {
                Ok(answered) => answered,
                Err(ending) => return Ok(ending),
            };
            let step = self.steps.len() as i32 + 1;
            if !self.store_step(step, said, wanted).await? {
                return Ok(Ending::Lost);
            }
            let stored = self.steps.last().cloned();
            if !self.calls.iter().any(|call| call.step == step) {
                return Ok(Ending::Done);
            }
            for call in self.calls.iter().filter(|call| call.step == step) {
                self.running.push(TurnEvent::ToolCall {
                    n: call.n,
                    tool: call.tool.clone(),
                    args: call.args.0.clone(),
                });
            }
            if let Some(ending) = self.make_calls(step, answer, deadline).await? {
                return Ok(ending);
            }
            self.messages.extend(
                stored
                    .iter()
                    .flat_map(|step| as_model_messages(step, &self.calls)),
            );
        }
        Ok(Ending::Failed(
            "The assistant took too many steps. Try asking for less at once.".to_owned(),
        ))
    }

    /// Whether something from outside ends the turn.
    fn interruption(&self) -> Option<Ending> {
        if self.running.lost.is_cancelled() {
            Some(Ending::Lost)
        } else if self.running.stop.is_cancelled() {
            Some(Ending::Stopped)
        } else if self.app.lifecycle.hard().is_cancelled() {
            Some(Ending::Interrupted)
        } else {
            None
        }
    }

    async fn interrupted(&self) -> Ending {
        tokio::select! {
            () = self.running.lost.cancelled() => Ending::Lost,
            () = self.running.stop.cancelled() => Ending::Stopped,
            () = self.app.lifecycle.hard().cancelled() => Ending::Interrupted,
        }
    }

    /// Asks the model for its next step: what it says, streamed on as it comes, and what it wants
    /// to have called.
    async fn ask(&mut self, deadline: Instant) -> Result<(String, Vec<Call>), Ending> {
        let zone = TimeZone::get(&self.row.time_zone).unwrap_or(TimeZone::UTC);
        let request = Request {
            messages: self.messages.clone(),
            tools: self.client.tools(),
            now: self.row.created_at.0,
            zone,
        };
        let mut deltas = self.app.turns.model.respond(request);
        let (mut said, mut wanted) = (String::new(), Vec::new());
        let mut pending = String::new();
        let mut last_push = Instant::now() - PACE;
        let ending = loop {
            let flush_at = if pending.is_empty() {
                deadline
            } else {
                last_push + PACE
            };
            let next = tokio::select! {
                next = timeout_at(flush_at.min(deadline), deltas.next()) => next,
                ending = self.interrupted() => break Some(ending),
            };
            match next {
                Ok(Some(Ok(Delta::Text(text)))) if !text.is_empty() => {
                    if said.is_empty() && !self.text.is_empty() {
                        pending.push_str(BREAK);
                    }
                    said.push_str(&text);
                    pending.push_str(&text);
                    if said.len() + self.text.len() > REPLY_MAX {
                        break Some(Ending::Failed(
                            "The answer grew too long and was cut off.".to_owned(),
                        ));
                    }
                }
                Ok(Some(Ok(Delta::Text(_)))) => {}
                Ok(Some(Ok(Delta::Call(call)))) => {
                    wanted.push(call);
                    if wanted.len() > CALLS_MAX {
                        break Some(Ending::Failed(
                            "The assistant wanted to do too much at once.".to_owned(),
                        ));
                    }
                }
                Ok(Some(Err(ModelError::Unavailable(detail)))) => {
                    tracing::warn!(detail, "the model gave no answer");
                    let sentence = "The assistant cannot be reached just now. Your message is kept: try again.";
                    break Some(Ending::Failed(sentence.to_owned()));
                }
                Ok(None) => break None,
                Err(_) if Instant::now() >= deadline => {
                    break Some(Ending::Failed(
                        "The assistant took too long. Your message is kept: try again.".to_owned(),
                    ));
                }
                Err(_) => {}
            }
            if !pending.is_empty() && last_push.elapsed() >= PACE {
                self.push_text(&mut pending);
                last_push = Instant::now();
            }
        };
        self.push_text(&mut pending);
        match ending {
            Some(ending) => Err(ending),
            None => Ok((said, wanted)),
        }
    }

    fn push_text(&mut self, pending: &mut String) {
        if !pending.is_empty() {
            let delta = std::mem::take(pending);
            self.text.push_str(&delta);
            self.running.push(TurnEvent::Text { delta });
        }
    }

    /// Stores a step with its calls. False when the turn is no longer ours.
    async fn store_step(
        &mut self,
        step: i32,
        said: String,
        wanted: Vec<Call>,
    ) -> Result<bool, Error> {
        let first = self.calls.last().map_or(1, |call| call.n + 1);
        let new: Vec<CallRow> = (first..)
            .zip(wanted)
            .map(|(n, call)| CallRow {
                user_id: self.user_id.to_string(),
                turn_id: self.row.id,
                n,
                step,
                call_id: call.id,
                tool: call.tool,
                args: Json(call.args),
                result: None,
                changes: None,
                finished_at: None,
                undone_at: None,
            })
            .collect();
        let row = StepRow {
            user_id: self.user_id.to_string(),
            turn_id: self.row.id,
            step,
            said,
        };
        let (step_row, call_rows) = (row.clone(), new.clone());
        let (owner, id) = (self.app.turns.owner().to_owned(), self.row.id);
        let store = async move |write: &mut UserWrite| {
            if !is_ours(write, id, &owner).await? {
                return Ok(false);
            }
            queries::insert_step(&mut write.conn, &step_row, &call_rows).await?;
            Ok(true)
        };
        let ours = self
            .app
            .write(&self.user_id, Reserve::default(), store)
            .await?;
        self.steps.push(row);
        self.calls.extend(new);
        Ok(ours)
    }

    /// Makes the calls of a step that have not finished, in order, and asks before too much is done.
    async fn make_calls(
        &mut self,
        step: i32,
        answer: Answer,
        deadline: Instant,
    ) -> Result<Option<Ending>, Error> {
        for at in 0..self.calls.len() {
            if self.calls[at].step != step || self.calls[at].result.is_some() {
                continue;
            }
            if let Some(ending) = self.interruption() {
                return Ok(Some(ending));
            }
            if Instant::now() >= deadline {
                return Ok(Some(Ending::Failed(
                    "This took too long. Try again to go on where it stopped.".to_owned(),
                )));
            }
            let is_read = self.client.is_read(&self.calls[at].tool);
            let result = if answer == Answer::No && !is_read {
                json!({"error": "You said no, so this was not done.", "code": "declined"})
            } else if self.needs_yes(at) {
                return Ok(Some(Ending::Waiting(self.question(at).await)));
            } else {
                let call = &self.calls[at];
                self.client
                    .call(
                        &call.tool,
                        call.args.0.clone(),
                        CallRef {
                            turn: self.row.id,
                            n: call.n,
                        },
                    )
                    .await
            };
            self.finish_call(at, result).await?;
        }
        Ok(None)
    }

    /// Whether the loop asks before this call: at the second deletion of a turn, and at its tenth
    /// other write, unless the user said yes to it.
    fn needs_yes(&self, at: usize) -> bool {
        let call = &self.calls[at];
        if self.client.is_read(&call.tool) || call.n <= self.row.approved {
            return false;
        }
        let destructive = self.client.is_destructive(&call.tool);
        let done = self.calls.iter().filter(|other| {
            other.changes.is_some() && self.client.is_destructive(&other.tool) == destructive
        });
        done.count()
            >= if destructive {
                FREE_DELETIONS
            } else {
                FREE_WRITES
            }
    }

    /// The question about this call and those of its step that come after it.
    async fn question(&self, at: usize) -> Approval {
        let step = self.calls[at].step;
        let pending: Vec<&CallRow> = self.calls[at..]
            .iter()
            .filter(|call| {
                call.step == step && call.result.is_none() && !self.client.is_read(&call.tool)
            })
            .collect();
        let mut titles = Vec::new();
        for call in pending
            .iter()
            .filter(|call| self.client.is_destructive(&call.tool))
            .take(5)
        {
            if let Some(id) = call.args.0.get("task_id").and_then(Value::as_i64)
                && let Ok(mut conn) = self.app.db.read().await
                && let Ok(task) = tasks::rules::get(&mut conn, &self.user_id, id).await
            {
                titles.push(format!("“{}”", task.title));
            }
        }
        let count = pending.len();
        let question = match (titles.is_empty(), count) {
            (false, 1) => format!("Delete {} as well?", titles.join(", ")),
            (false, _) if titles.len() == count => {
                format!("Delete {count} more tasks: {}?", titles.join(", "))
            }
            (false, _) => format!(
                "Make {count} more changes, deleting {} among them?",
                titles.join(", ")
            ),
            (true, 1) => "Make one more change?".to_owned(),
            (true, _) => format!("Make {count} more changes?"),
        };
        let id = i64::from(self.calls[at].n);
        Approval {
            id,
            question,
            options: vec!["Yes".to_owned(), "No".to_owned()],
        }
    }

    /// Notes what a call gave back; the effect of a write was stored with its result.
    async fn finish_call(&mut self, at: usize, result: Value) -> Result<(), Error> {
        let call = CallRef {
            turn: self.row.id,
            n: self.calls[at].n,
        };
        let own = result.clone();
        let store = async move |write: &mut UserWrite| {
            if calls::finished(write, call).await?.is_none() {
                calls::finish(write, call, &own, &[]).await?;
            }
            let user_id = write.user_id.clone();
            let rows = queries::calls(&mut write.conn, &user_id, &[call.turn]).await?;
            rows.into_iter()
                .find(|row| row.n == call.n)
                .ok_or(Error::NotFound("call"))
        };
        let row = self
            .app
            .write(&self.user_id, Reserve::default(), store)
            .await?;
        let undo = row.undo(self.app.clock.now());
        let result = row
            .result
            .as_ref()
            .map_or(result, |stored| stored.0.clone());
        self.running.push(TurnEvent::ToolResult {
            n: call.n,
            result,
            undo,
        });
        debug_assert!(
            undo == Undo::None || row.changes.is_some(),
            "an undo needs changes"
        );
        self.calls[at] = row;
        Ok(())
    }

    /// Stores how the turn ended, with the reply, and only then tells those who listen.
    async fn finish(&self, ending: Ending) {
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
                tracing::error!(%error, turn = self.row.id, "the end of a turn could not be stored");
                self.running.push(TurnEvent::Interrupted {});
            }
        }
    }
}

/// Whether a turn still runs under this owner.
async fn is_ours(write: &mut UserWrite, id: i64, owner: &str) -> Result<bool, Error> {
    let user_id = write.user_id.clone();
    let row = queries::turn(&mut write.conn, &user_id, id).await?;
    Ok(row.is_some_and(|row| {
        row.state() == TurnState::Running && row.owner.as_deref() == Some(owner)
    }))
}

/// Stores a turn's end and gives the event that tells of it; none when the turn is not ours.
async fn store_end(
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
        let (error, approval, event_row) = (error.clone(), approval.clone(), event.clone());
        let mut events = running.unstored();
        let last_seq = running.next_seq();
        events.push(queries::EventRow {
            user_id: row.user_id.clone(),
            turn_id: row.id,
            seq: last_seq,
            event: Json(event_row),
        });
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
            crate::conversations::queries::touch(
                &mut write.conn,
                &user_id,
                row.conversation_id,
                now,
            )
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
