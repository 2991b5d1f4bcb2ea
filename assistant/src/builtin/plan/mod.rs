//! The last stage: from the commands of the user's message, and the results of this turn so far,
//! to the next calls or the final answer.

mod answers;
mod arguments;
mod lookup;
mod report;

use serde_json::{Value, json};

use super::{
    commands::{Action, Command, Otherwise},
    dates::Clock,
    references::{Reference, Task},
    replies::{self, Part},
    slots::{Details, DueChange, Note, PriorityChange, TagChange},
};
use crate::model::{Call, ModelMessage, Request};
use lookup::Resolved;

/// Most calls of one step.
const CALLS_MAX: usize = 50;

/// What to do next.
pub(super) struct Step {
    pub(super) text: String,
    pub(super) calls: Vec<Call>,
    /// What the answer says, part by part; empty while there are calls.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "tests look at what is said, not at its wording")
    )]
    pub(super) parts: Vec<Part>,
}

/// A call that was made, with what it gave back.
#[derive(Clone)]
struct Made {
    call: Call,
    result: Value,
}

impl Made {
    /// The task that a write was about, if it took effect.
    fn task_id(&self) -> Option<i64> {
        self.result.get("task_id").and_then(Value::as_i64)
    }
}

/// What is known when a step is planned.
struct Context<'a> {
    clock: Clock,
    /// What was called in this turn.
    made: Vec<Made>,
    /// The messages before the user's.
    history: &'a [ModelMessage],
}

/// Works out the next step from the messages alone.
pub(super) fn next(request: &Request) -> Step {
    let clock = Clock::new(request.now, request.zone.clone());
    match Context::of_last_turn(&request.messages, clock) {
        Some((context, text)) => {
            let commands = context.commands(text);
            context.step(&commands)
        }
        None => Step {
            text: String::new(),
            calls: Vec::new(),
            parts: Vec::new(),
        },
    }
}

fn made(messages: &[ModelMessage]) -> Vec<Made> {
    let mut all: Vec<Made> = Vec::new();
    for message in messages {
        match message {
            ModelMessage::Assistant { calls, .. } => {
                all.extend(calls.iter().map(|call| Made {
                    call: call.clone(),
                    result: Value::Null,
                }));
            }
            ModelMessage::ToolResult { call_id, content } => {
                // Ids are unique within a turn only: the latest call with it is meant.
                if let Some(made) = all.iter_mut().rev().find(|made| made.call.id == *call_id) {
                    made.result = content.clone();
                }
            }
            ModelMessage::User(_) => {}
        }
    }
    all
}

impl<'a> Context<'a> {
    /// What is known of the last turn of these messages, and what the user said in it.
    fn of_last_turn(messages: &'a [ModelMessage], clock: Clock) -> Option<(Self, &'a str)> {
        let (last, text) =
            messages
                .iter()
                .enumerate()
                .rev()
                .find_map(|(at, message)| match message {
                    ModelMessage::User(text) => Some((at, text.as_str())),
                    _ => None,
                })?;
        let context = Self {
            clock,
            made: made(&messages[last + 1..]),
            history: &messages[..last],
        };
        Some((context, text))
    }

    /// First all that needs no look at the list, together with that look; then the rest.
    fn step(&self, commands: &[Command]) -> Step {
        let looks_up = commands.iter().any(needs_lookup);
        let looked_up = self.made.iter().any(|made| made.call.id == LOOKUP);
        let mut calls = Vec::new();
        if self.made.is_empty() {
            for (at, command) in commands.iter().enumerate() {
                if !needs_lookup(command) {
                    calls.extend(self.direct(at, command));
                }
            }
            if looks_up {
                calls.push(call(
                    LOOKUP.to_owned(),
                    "list_tasks",
                    json!({"status": "all"}),
                ));
            }
        } else if looked_up {
            for (at, command) in commands.iter().enumerate() {
                if needs_lookup(command) && self.made_for(at).next().is_none() {
                    calls.extend(self.resolved(at, command));
                }
            }
        }
        if !calls.is_empty() {
            calls.truncate(CALLS_MAX);
            return Step {
                text: String::new(),
                calls,
                parts: Vec::new(),
            };
        }
        let parts: Vec<Part> = (0..commands.len())
            .flat_map(|at| self.report(at, commands))
            .collect();
        Step {
            text: replies::write(&parts, &self.clock),
            calls,
            parts,
        }
    }

    /// What was called for the command at this place.
    fn made_for(&self, at: usize) -> impl Iterator<Item = &Made> {
        let prefix = format!("act-{at}-");
        self.made
            .iter()
            .filter(move |made| made.call.id.starts_with(&prefix))
    }

    /// The calls of a command that needs no look at the list first.
    fn direct(&self, at: usize, command: &Command) -> Vec<Call> {
        match command {
            Command::Add { tasks, .. } => self.adds(at, tasks),
            Command::List(filter) | Command::Count(filter) => {
                vec![call(
                    format!("list-{at}"),
                    "list_tasks",
                    self.list_args(filter),
                )]
            }
            Command::Act {
                action, targets, ..
            } => {
                let numbers = targets.iter().filter_map(|target| match target {
                    Reference::Number(id) => Some(*id),
                    _ => None,
                });
                numbers
                    .enumerate()
                    .filter_map(|(k, id)| self.act(at, k, action, id, None))
                    .collect()
            }
            Command::Show(_) | Command::Say(_) => Vec::new(),
        }
    }

    fn adds(&self, at: usize, tasks: &[Details]) -> Vec<Call> {
        let titled = tasks
            .iter()
            .enumerate()
            .filter(|(_, task)| !task.title.is_empty());
        titled
            .map(|(k, task)| call(format!("act-{at}-{k}"), "add_task", self.add_args(task)))
            .collect()
    }

    /// The calls of a command whose tasks had to be looked up.
    fn resolved(&self, at: usize, command: &Command) -> Vec<Call> {
        let Command::Act {
            action,
            targets,
            otherwise,
            ..
        } = command
        else {
            return Vec::new();
        };
        let tasks = self.tasks();
        match self.resolve(action, targets) {
            Resolved::These(found) => found
                .iter()
                .enumerate()
                .filter_map(|(k, id)| {
                    let task = tasks.iter().find(|task| task.id == *id);
                    let changes = !task.is_some_and(|task| is_so_already(action, task));
                    changes.then(|| self.act(at, k, action, *id, task))?
                })
                .collect(),
            Resolved::None => match otherwise {
                Some(Otherwise::Add(details)) => self.adds(at, std::slice::from_ref(details)),
                _ => Vec::new(),
            },
            Resolved::Unsure(_) => Vec::new(),
        }
    }

    /// The call that does this to a task; none if nothing is said of what to change.
    fn act(
        &self,
        at: usize,
        k: usize,
        action: &Action,
        id: i64,
        task: Option<&Task>,
    ) -> Option<Call> {
        let name = format!("act-{at}-{k}");
        Some(match action {
            Action::Complete => call(name, "complete_task", json!({"task_id": id})),
            Action::Reopen => call(
                name,
                "complete_task",
                json!({"task_id": id, "completed": false}),
            ),
            Action::Delete => call(name, "delete_task", json!({"task_id": id})),
            Action::Update(changes) => {
                let mut args = self.changes(changes, task)?;
                args.insert("task_id".to_owned(), json!(id));
                call(name, "update_task", Value::Object(args))
            }
        })
    }
}

/// The id of the call that looks at the list to find out which tasks are meant.
const LOOKUP: &str = "lookup";

/// Whether a command cannot be carried out without a look at the list.
fn needs_lookup(command: &Command) -> bool {
    match command {
        Command::Act {
            action, targets, ..
        } => {
            let by_number = targets
                .iter()
                .all(|target| matches!(target, Reference::Number(_)));
            let needs_task = match action {
                Action::Update(changes) => {
                    matches!(changes.note, Some(Note::Append(_)))
                        || matches!(
                            changes.priority,
                            Some(PriorityChange::Raise | PriorityChange::Lower)
                        )
                        || matches!(
                            changes.due,
                            Some(DueChange::Move(_) | DueChange::Later(_) | DueChange::Earlier(_))
                        )
                        || matches!(
                            changes.tags,
                            Some(TagChange::Add(_) | TagChange::Remove(_) | TagChange::Swap { .. })
                        )
                }
                // What is open cannot be opened again.
                Action::Reopen => true,
                Action::Complete | Action::Delete => false,
            };
            !targets.is_empty() && (!by_number || needs_task)
        }
        Command::Show(_) => true,
        _ => false,
    }
}

/// Whether a task is as the action would make it.
fn is_so_already(action: &Action, task: &Task) -> bool {
    match action {
        Action::Complete => task.completed,
        Action::Reopen => !task.completed,
        Action::Delete | Action::Update(_) => false,
    }
}

fn call(id: String, tool: &str, args: Value) -> Call {
    Call {
        id,
        tool: tool.to_owned(),
        args,
        extra: None,
    }
}

fn tasks(result: &Value) -> Vec<Task> {
    let items = result.as_array().map(Vec::as_slice).unwrap_or_default();
    items
        .iter()
        .filter_map(|item| serde_json::from_value(item.clone()).ok())
        .collect()
}
