//! One turn at work: the agent's loop. It asks the model, makes the calls that the model wants
//! through the in-process MCP client, feeds the results back, and stops after a bounded number of
//! steps. Every step is stored before its calls are made, so that any process can go on with it.

use std::{collections::VecDeque, panic::AssertUnwindSafe, sync::Arc};

use futures_util::{FutureExt, future::join_all};
use serde_json::{Value, json};
use todo_api::{TurnEvent, Undo, Usage};
use todo_assistant::model::{Call, ModelMessage};
use tokio::time::Instant;

use super::{
    ask::Answered,
    calls::{self, CallRef},
    ending::{self, Ending},
    queries::{self, CallRow, StepRow, TurnRow},
    running::Running,
    view::{BREAK, as_model_messages, history},
};
use crate::{
    app::App,
    caller::{Caller, UserId},
    db::types::Json,
    error::Error,
    mcp::Client,
    writes::{Reserve, UserWrite},
};

/// Messages before the turn's own that the model sees.
const HISTORY: i64 = 50;
/// Of earlier turns, how many are shown with what was called in them.
const HISTORY_TURNS: usize = 10;

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

pub(super) struct Run {
    pub(super) app: App,
    pub(super) user_id: UserId,
    pub(super) row: TurnRow,
    pub(super) running: Arc<Running>,
    pub(super) client: Client,
    pub(super) messages: Vec<ModelMessage>,
    pub(super) steps: Vec<StepRow>,
    pub(super) calls: Vec<CallRow>,
    /// The reply so far.
    pub(super) text: String,
    /// Tokens used since the work began.
    pub(super) tokens: u64,
}

/// Runs a turn to its end, whoever listens.
pub(super) async fn run(app: App, row: TurnRow, running: Arc<Running>, answer: Answer) {
    let user_id = running.user_id.clone();
    let turns_app = app.clone();
    let ending = match Run::load(app.clone(), user_id, row.clone(), Arc::clone(&running)).await {
        Ok(mut run) => {
            let worked = AssertUnwindSafe(run.work(answer)).catch_unwind().await;
            let ending = match worked {
                Ok(Ok(ending)) => ending,
                Ok(Err(error)) => {
                    tracing::warn!(%error, turn = run.row.id, "a turn failed");
                    Ending::Failed(error.detail())
                }
                // The panic itself is in the log. What is stored of the turn is whole.
                Err(_) => Ending::Failed(
                    "The assistant stumbled over this. Try again, or put it differently."
                        .to_owned(),
                ),
            };
            run.finish(ending).await;
            return app.turns.end(&running);
        }
        Err(error) => {
            tracing::warn!(%error, turn = row.id, "a turn could not be loaded");
            Ending::Failed(error.detail())
        }
    };
    let finished = ending::store_end(&turns_app, &row, &running, &ending, None).await;
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
        let client = Client::new(&app, Caller::process(user_id.clone()));
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
            tokens: 0,
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
            let answered = match self.ask(deadline).await {
                Ok(answered) => answered,
                Err(ending) => return Ok(ending),
            };
            let step = self.steps.len() as i32 + 1;
            if !self.store_step(step, answered).await? {
                return Ok(Ending::Lost);
            }
            let stored = self.steps.last().cloned();
            if !self.calls.iter().any(|call| call.step == step) {
                return Ok(Ending::Done);
            }
            if self.tokens > self.app.config.chat.max_tokens {
                return Ok(Ending::Failed(
                    "This took more of the model than one message may take. Ask for less at once."
                        .to_owned(),
                ));
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

    /// Stores a step with its calls. False when the turn is no longer ours.
    async fn store_step(&mut self, step: i32, answered: Answered) -> Result<bool, Error> {
        let Answered {
            said,
            wanted,
            usage,
        } = answered;
        let usage = usage.map(|usage| Usage {
            model: usage.model,
            input_tokens: i64::try_from(usage.input_tokens).unwrap_or(i64::MAX),
            output_tokens: i64::try_from(usage.output_tokens).unwrap_or(i64::MAX),
        });
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
                extra: call.extra.map(Json),
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
        let reply_id = self.row.reply_id;
        let store = async move |write: &mut UserWrite| {
            if !ending::is_ours(write, id, &owner).await? {
                return Ok(false);
            }
            queries::insert_step(&mut write.conn, &step_row, &call_rows).await?;
            if let Some(usage) = usage {
                let user_id = write.user_id.clone();
                queries::add_usage(&mut write.conn, &user_id, reply_id, &usage).await?;
            }
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
        let mut pending: VecDeque<usize> = (0..self.calls.len())
            .filter(|&at| self.calls[at].step == step && self.calls[at].result.is_none())
            .collect();
        while let Some(&at) = pending.front() {
            if let Some(ending) = self.interruption() {
                return Ok(Some(ending));
            }
            if Instant::now() >= deadline {
                return Ok(Some(Ending::Failed(
                    "This took too long. Try again to go on where it stopped.".to_owned(),
                )));
            }
            // Reads that stand together are made together; writes one after the other.
            let is_read = |at: &&usize| self.client.is_read(&self.calls[**at].tool);
            let reads = pending.iter().take_while(is_read).count();
            if reads == 0 && answer == Answer::No {
                let result =
                    json!({"error": "You said no, so this was not done.", "code": "declined"});
                self.finish_call(at, result).await?;
                pending.pop_front();
                continue;
            }
            if self.needs_yes(at) {
                return Ok(Some(Ending::Waiting(self.question(at).await)));
            }
            let together: Vec<usize> = pending.drain(..reads.max(1)).collect();
            let results = join_all(together.iter().map(|&at| self.call(at))).await;
            for (at, result) in together.into_iter().zip(results) {
                self.finish_call(at, result).await?;
            }
        }
        Ok(None)
    }

    /// Makes a call. Arguments that do not fit the tool's schema are an error of the tool's.
    async fn call(&self, at: usize) -> Value {
        let call = &self.calls[at];
        if Call::is_unreadable(&call.args.0) {
            return json!({"error": "The arguments were not a JSON object.", "code": "malformed"});
        }
        let number = CallRef {
            turn: self.row.id,
            n: call.n,
        };
        let args = call.args.0.clone();
        self.client.call(&call.tool, args, number).await
    }

    /// Notes what a call gave back; the effect of a write was stored with its result.
    async fn finish_call(&mut self, at: usize, result: Value) -> Result<(), Error> {
        let call = CallRef {
            turn: self.row.id,
            n: self.calls[at].n,
        };
        let own = result.clone();
        let owner = self.app.turns.owner().to_owned();
        let store = async move |write: &mut UserWrite| {
            if calls::finished(write, call, &owner).await?.is_none() {
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
}
