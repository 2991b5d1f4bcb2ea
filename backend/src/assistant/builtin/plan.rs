//! The last stage: from the commands of the user's message, and the results of this turn so far,
//! to the next calls or the final answer.

use jiff::civil::Time;
use serde_json::{Map, Value, json};
use todo_api::{DESCRIPTION_MAX, DueDate, Priority, TaskStatus};

use super::{
    commands::{Action, Command, Otherwise, Talk, later, parse},
    dates::{Clock, When},
    filters::{Due, Filter},
    references::{self, Found, Position, Reference, Task},
    replies::{self, Done, Part},
    slots::{Changes, Details, DueChange, Note, PriorityChange, TagChange, clip},
    tokens::{Phrase, tokenize},
};
use crate::assistant::model::{Call, ModelMessage, Request};

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

/// What is known when a step is planned.
struct Context<'a> {
    clock: Clock,
    /// What was called in this turn.
    made: Vec<Made>,
    /// What was called in earlier turns, oldest first.
    earlier: Vec<Made>,
    /// The messages before the user's.
    history: &'a [ModelMessage],
    request: &'a Request,
}

/// Works out the next step from the messages alone.
pub(super) fn next(request: &Request) -> Step {
    let last = request
        .messages
        .iter()
        .rposition(|message| matches!(message, ModelMessage::User(_)));
    let Some(last) = last else {
        return Step {
            text: String::new(),
            calls: Vec::new(),
            parts: Vec::new(),
        };
    };
    let ModelMessage::User(text) = &request.messages[last] else {
        return Step {
            text: String::new(),
            calls: Vec::new(),
            parts: Vec::new(),
        };
    };
    let context = Context {
        clock: Clock::new(request.now, request.zone.clone()),
        made: made(&request.messages[last + 1..]),
        earlier: made(&request.messages[..last]),
        history: &request.messages[..last],
        request,
    };
    let mut commands = parse(text, &context.clock);
    if let Some(answer) = context.answer_to_question(text, &commands) {
        commands = vec![answer];
    }
    context.step(&commands)
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

impl Context<'_> {
    fn step(&self, commands: &[Command]) -> Step {
        let looks_up = commands.iter().any(needs_lookup);
        let looked_up = self.made.iter().any(|made| made.call.id == LOOKUP);
        let acted = self.made.iter().any(|made| made.call.id.starts_with("act"));
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
        } else if looks_up && looked_up && !acted {
            for (at, command) in commands.iter().enumerate() {
                if needs_lookup(command) {
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
        let parts: Vec<Part> = commands
            .iter()
            .enumerate()
            .flat_map(|(at, command)| self.report(at, command))
            .collect();
        Step {
            text: replies::write(&parts, &self.clock),
            calls,
            parts,
        }
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

    fn add_args(&self, task: &Details) -> Value {
        let mut args = Map::new();
        args.insert("title".to_owned(), json!(task.title));
        if let Some(description) = &task.description {
            args.insert("description".to_owned(), json!(description));
        }
        if let Some(priority) = task.priority {
            args.insert("priority".to_owned(), json!(priority));
        }
        if let Some(when) = task.when {
            args.insert("due_date".to_owned(), json!(when.resolve(&self.clock)));
        }
        if !task.tags.is_empty() {
            args.insert("tags".to_owned(), json!(task.tags));
        }
        Value::Object(args)
    }

    fn list_args(&self, filter: &Filter) -> Value {
        let mut args = Map::new();
        args.insert("status".to_owned(), json!(filter.status));
        if let Some(tag) = &filter.tag {
            args.insert("tag".to_owned(), json!(tag));
        }
        if let Some(priority) = filter.priority {
            args.insert("priority".to_owned(), json!(priority));
        }
        if let Some(search) = &filter.search {
            args.insert("search".to_owned(), json!(search));
        }
        if filter.sort != todo_api::TaskSort::default() {
            args.insert("sort".to_owned(), json!(filter.sort));
        }
        // The tool counts days in UTC: a day more on each side, and the user's zone decides here.
        match filter.due {
            Some(Due::Days(from, to)) => {
                if let (Ok(from), Ok(to)) = (
                    from.yesterday(),
                    to.tomorrow().and_then(jiff::civil::Date::tomorrow),
                ) {
                    args.insert("due_after".to_owned(), json!(from.to_string()));
                    args.insert("due_before".to_owned(), json!(to.to_string()));
                }
            }
            Some(Due::Overdue) => {
                args.insert(
                    "due_before".to_owned(),
                    json!(self.clock.day(1).to_string()),
                );
            }
            Some(Due::Never | Due::Ever) | None => {}
        }
        Value::Object(args)
    }

    /// All tasks, as the look at the list showed them.
    fn tasks(&self) -> Vec<Task> {
        self.made
            .iter()
            .find(|made| made.call.id == LOOKUP)
            .map(|made| tasks(&made.result))
            .unwrap_or_default()
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
                    self.act(at, k, action, *id, task)
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

    fn changes(&self, changes: &Changes, task: Option<&Task>) -> Option<Map<String, Value>> {
        let mut args = Map::new();
        let mut set = |name: &str, value: Value| args.insert(name.to_owned(), value);
        if let Some(title) = changes.title.as_ref().filter(|title| !title.is_empty()) {
            set("title", json!(title));
        }
        match &changes.note {
            Some(Note::Set(text)) => drop(set("description", json!(text))),
            Some(Note::Clear) => drop(set("description", Value::Null)),
            Some(Note::Append(text)) => {
                let old = task
                    .and_then(|task| task.description.as_deref())
                    .unwrap_or_default();
                let joined = if old.is_empty() {
                    text.clone()
                } else {
                    format!("{old}\n{text}")
                };
                set("description", json!(clip(&joined, DESCRIPTION_MAX)));
            }
            None => {}
        }
        if let Some(change) = changes.priority {
            let old = task.map(|task| task.priority).unwrap_or_default();
            let new = match (change, old) {
                (PriorityChange::To(priority), _) => priority,
                (PriorityChange::Raise, Priority::None) => Priority::Medium,
                (PriorityChange::Raise, Priority::Low) => Priority::Medium,
                (PriorityChange::Raise, _) => Priority::High,
                (PriorityChange::Lower, Priority::High) => Priority::Medium,
                (PriorityChange::Lower, _) => Priority::Low,
            };
            set("priority", json!(new));
        }
        if let Some(change) = changes.due {
            match self.due(change, task.and_then(|task| task.due_date)) {
                Some(due) => set("due_date", json!(due)),
                None => set("due_date", Value::Null),
            };
        }
        if let Some(change) = &changes.tags {
            let old = task.map(|task| task.tags.clone()).unwrap_or_default();
            let same = |a: &String, b: &String| a.to_lowercase() == b.to_lowercase();
            let new: Vec<String> = match change {
                TagChange::Clear => Vec::new(),
                TagChange::Remove(gone) => old
                    .into_iter()
                    .filter(|tag| !gone.iter().any(|other| same(tag, other)))
                    .collect(),
                TagChange::Add(more) => {
                    let more = more
                        .iter()
                        .filter(|tag| !old.iter().any(|other| same(tag, other)));
                    old.iter().chain(more).cloned().collect()
                }
            };
            set("tags", json!(new));
        }
        (!args.is_empty()).then_some(args)
    }

    fn due(&self, change: DueChange, old: Option<DueDate>) -> Option<DueDate> {
        let zone = self.clock.zone();
        let local = |due: DueDate| match due {
            DueDate::Day(day) => (day, None),
            DueDate::Moment(moment) => {
                let local = zone.to_datetime(moment);
                (local.date(), Some(local.time()))
            }
        };
        let shifted = |span: jiff::Span| {
            let (day, time) = old.map_or((self.clock.today(), None), local);
            let moved = later(day.to_datetime(time.unwrap_or(Time::midnight())), span);
            let has_time = time.is_some() || moved.time() != Time::midnight();
            if has_time {
                DueDate::Moment(self.clock.moment(moved))
            } else {
                DueDate::Day(moved.date())
            }
        };
        Some(match change {
            DueChange::Clear => return None,
            DueChange::To(when) => when.resolve(&self.clock),
            DueChange::Move(when) => match (when, old.map(local)) {
                (When::Day(day), Some((_, Some(time)))) => {
                    DueDate::Moment(self.clock.moment(day.to_datetime(time)))
                }
                (When::Time(time), Some((day, _))) => {
                    DueDate::Moment(self.clock.moment(day.to_datetime(time)))
                }
                _ => when.resolve(&self.clock),
            },
            DueChange::Later(span) => shifted(span.0),
            DueChange::Earlier(span) => shifted(-span.0),
        })
    }

    /// Which tasks are meant.
    fn resolve(&self, action: &Action, targets: &[Reference]) -> Resolved {
        let all = self.tasks();
        let status = match action {
            Action::Reopen => TaskStatus::Completed,
            _ => TaskStatus::Pending,
        };
        let mut found: Vec<i64> = Vec::new();
        for target in targets {
            let these: Vec<i64> = match target {
                Reference::Number(id) => vec![*id],
                Reference::Position(position) => self.at(*position, &all).into_iter().collect(),
                Reference::It => self.spoken_of().last().copied().into_iter().collect(),
                Reference::Them => self.spoken_of(),
                Reference::Newest => all.iter().map(|task| task.id).max().into_iter().collect(),
                Reference::Words(words) => match references::find(words, &all, status) {
                    Found::Sure(tasks) if tasks.len() == 1 => vec![tasks[0].id],
                    Found::Sure(tasks) | Found::Perhaps(tasks) => return Resolved::Unsure(tasks),
                    Found::Nothing => Vec::new(),
                },
                Reference::The(filter) => {
                    let tasks: Vec<Task> = all
                        .iter()
                        .filter(|task| filter.selects(task, &self.clock))
                        .cloned()
                        .collect();
                    match tasks.as_slice() {
                        [only] => vec![only.id],
                        [] => Vec::new(),
                        _ => return Resolved::Unsure(tasks),
                    }
                }
                Reference::All(filter) => {
                    let fits = |task: &&Task| {
                        filter.selects(task, &self.clock)
                            && match action {
                                Action::Complete => !task.completed,
                                Action::Reopen => task.completed,
                                _ => true,
                            }
                    };
                    all.iter().filter(fits).map(|task| task.id).collect()
                }
            };
            if these.is_empty() {
                return Resolved::None;
            }
            found.extend(these);
        }
        found.dedup();
        if found.is_empty() {
            Resolved::None
        } else {
            Resolved::These(found)
        }
    }

    /// The task at a place of the list that was shown last, or else of the pending tasks.
    fn at(&self, position: Position, all: &[Task]) -> Option<i64> {
        let shown = self
            .earlier
            .iter()
            .rev()
            .find(|made| made.call.id.starts_with("list-"));
        let shown: Vec<i64> = match shown {
            Some(made) => tasks(&made.result).iter().map(|task| task.id).collect(),
            None => all
                .iter()
                .filter(|task| !task.completed)
                .map(|task| task.id)
                .collect(),
        };
        match position {
            Position::Nth(n) => shown.get(usize::try_from(n).ok()?.checked_sub(1)?).copied(),
            Position::Last => shown.last().copied(),
        }
    }

    /// The tasks that were spoken of last: in this message, or else in the latest turn that did
    /// something, or else the only one that was shown.
    fn spoken_of(&self) -> Vec<i64> {
        let touched = |made: &Made| made.result.get("task_id").and_then(Value::as_i64);
        let here: Vec<i64> = self.made.iter().filter_map(touched).collect();
        if !here.is_empty() {
            return here;
        }
        let mut ids = Vec::new();
        for message in self.history.iter().rev() {
            match message {
                ModelMessage::User(_) if !ids.is_empty() => break,
                ModelMessage::ToolResult { content, .. } => {
                    if let Some(id) = content.get("task_id").and_then(Value::as_i64) {
                        ids.insert(0, id);
                    } else if ids.is_empty()
                        && let [only] = tasks(content).as_slice()
                    {
                        return vec![only.id];
                    }
                }
                _ => {}
            }
        }
        ids
    }

    /// What came of a command.
    fn report(&self, at: usize, command: &Command) -> Vec<Part> {
        let prefix = format!("act-{at}-");
        let mine: Vec<&Made> = self
            .made
            .iter()
            .filter(|made| made.call.id.starts_with(&prefix))
            .collect();
        match command {
            Command::Say(talk) => vec![Part::Talk(talk.clone())],
            Command::List(filter) | Command::Count(filter) => {
                let id = format!("list-{at}");
                let result = self
                    .made
                    .iter()
                    .find(|made| made.call.id == id)
                    .map(|made| &made.result);
                let shown: Vec<Task> = result
                    .map(tasks)
                    .unwrap_or_default()
                    .into_iter()
                    .filter(|task| filter.selects(task, &self.clock))
                    .take(filter.limit.unwrap_or(usize::MAX))
                    .collect();
                if matches!(command, Command::Count(_)) {
                    vec![Part::Counted(filter.clone(), shown.len())]
                } else {
                    vec![Part::Listed(filter.clone(), shown)]
                }
            }
            Command::Add { remind, .. } if mine.is_empty() => {
                vec![if *remind {
                    Part::Talk(Talk::NoReminder)
                } else {
                    Part::AsksWhatToAdd
                }]
            }
            Command::Show(targets) => match self.resolve(&Action::Complete, targets) {
                Resolved::These(ids) => {
                    let all = self.tasks();
                    let found: Vec<Task> = all
                        .into_iter()
                        .filter(|task| ids.contains(&task.id))
                        .collect();
                    if found.is_empty() {
                        vec![Part::NotFound(None)]
                    } else {
                        vec![Part::Listed(Filter::default(), found)]
                    }
                }
                Resolved::Unsure(tasks) => vec![Part::AsksWhich(tasks)],
                Resolved::None => vec![Part::NotFound(words_of(targets))],
            },
            Command::Add { remind, .. } | Command::Act { remind, .. } if !mine.is_empty() => {
                let mut parts: Vec<Part> = mine.iter().map(|made| self.done(made)).collect();
                if *remind {
                    parts.push(Part::Talk(Talk::NoReminder));
                }
                parts
            }
            Command::Act { targets, .. } if targets.is_empty() => vec![Part::AsksWhichOne],
            Command::Act {
                action,
                targets,
                otherwise,
                ..
            } => match self.resolve(action, targets) {
                Resolved::Unsure(tasks) => vec![Part::AsksWhich(tasks)],
                Resolved::These(_) => vec![Part::AsksWhatToChange],
                Resolved::None => match otherwise {
                    Some(Otherwise::Offer(details)) => {
                        vec![
                            Part::NotFound(words_of(targets)),
                            Part::Offer(details.title.clone()),
                        ]
                    }
                    _ => vec![Part::NotFound(words_of(targets))],
                },
            },
            Command::Add { .. } => vec![Part::AsksWhatToAdd],
        }
    }

    fn done(&self, made: &Made) -> Part {
        if let Some(error) = made.result.get("error").and_then(Value::as_str) {
            let code = made
                .result
                .get("code")
                .and_then(Value::as_str)
                .unwrap_or_default();
            return match code {
                "not_found" => {
                    Part::NotFound(made.call.args.get("task_id").map(|id| format!("task {id}")))
                }
                "declined" => Part::Declined,
                _ => Part::Refused(error.to_owned()),
            };
        }
        let due = made
            .call
            .args
            .get("due_date")
            .and_then(Value::as_str)
            .and_then(|due| due.parse().ok());
        Part::Done(Done {
            tool: made.call.tool.clone(),
            id: made
                .result
                .get("task_id")
                .and_then(Value::as_i64)
                .unwrap_or_default(),
            title: made
                .result
                .get("title")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            args: made.call.args.clone(),
            due,
        })
    }

    /// If the last answer asked which of several tasks was meant, and this message says which: the
    /// command that it was about, for that task.
    fn answer_to_question(&self, text: &str, commands: &[Command]) -> Option<Command> {
        let previous = self
            .history
            .iter()
            .rposition(|message| matches!(message, ModelMessage::User(_)))?;
        let ModelMessage::User(asked) = &self.history[previous] else {
            return None;
        };
        let is_answer = commands.iter().all(|command| match command {
            Command::Say(Talk::NotUnderstood { .. }) | Command::Show(_) => true,
            Command::Add { tasks, .. } => tasks.len() == 1,
            _ => false,
        });
        let tokens = tokenize(text);
        let read = references::parse(Phrase::new(text, &tokens), &self.clock)?;
        let points = matches!(
            read.all.as_slice(),
            [Reference::Number(_) | Reference::Position(_) | Reference::Them]
        );
        if !is_answer && !points {
            return None;
        }
        let before = Context {
            clock: self.clock.clone(),
            made: made(&self.history[previous + 1..]),
            earlier: made(&self.history[..previous]),
            history: &self.history[..previous],
            request: self.request,
        };
        let questioned = parse(asked, &before.clock);
        let (action, candidates) = questioned.iter().find_map(|command| match command {
            Command::Act {
                action, targets, ..
            } if needs_lookup(command) => match before.resolve(action, targets) {
                Resolved::Unsure(tasks) => Some((action.clone(), tasks)),
                _ => None,
            },
            _ => None,
        })?;
        let ids: Vec<i64> = match read.all.as_slice() {
            [Reference::Number(id)] => candidates
                .iter()
                .filter(|task| task.id == *id)
                .map(|task| task.id)
                .collect(),
            [Reference::Position(Position::Nth(n))] => usize::try_from(*n - 1)
                .ok()
                .and_then(|at| candidates.get(at))
                .map(|task| task.id)
                .into_iter()
                .collect(),
            [Reference::Position(Position::Last)] => {
                candidates.last().map(|task| task.id).into_iter().collect()
            }
            [Reference::Them] | [Reference::All(_)] => {
                candidates.iter().map(|task| task.id).collect()
            }
            [Reference::Words(words)] => {
                match references::find(words, &candidates, TaskStatus::All) {
                    Found::Sure(tasks) if tasks.len() == 1 => vec![tasks[0].id],
                    _ => Vec::new(),
                }
            }
            _ => Vec::new(),
        };
        let targets: Vec<Reference> = ids.into_iter().map(Reference::Number).collect();
        (!targets.is_empty()).then_some(Command::Act {
            action,
            targets,
            otherwise: None,
            remind: false,
        })
    }
}

/// The id of the call that looks at the list to find out which tasks are meant.
const LOOKUP: &str = "lookup";

enum Resolved {
    These(Vec<i64>),
    /// Several fit, or only in part.
    Unsure(Vec<Task>),
    None,
}

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
                        || matches!(changes.tags, Some(TagChange::Add(_) | TagChange::Remove(_)))
                }
                _ => false,
            };
            !targets.is_empty() && (!by_number || needs_task)
        }
        Command::Show(_) => true,
        _ => false,
    }
}

fn words_of(targets: &[Reference]) -> Option<String> {
    targets.iter().find_map(|target| match target {
        Reference::Words(words) => Some(format!("“{words}”")),
        Reference::Number(id) => Some(format!("task {id}")),
        _ => None,
    })
}

fn call(id: String, tool: &str, args: Value) -> Call {
    Call {
        id,
        tool: tool.to_owned(),
        args,
    }
}

fn tasks(result: &Value) -> Vec<Task> {
    let items = result.as_array().map(Vec::as_slice).unwrap_or_default();
    items
        .iter()
        .filter_map(|item| serde_json::from_value(item.clone()).ok())
        .collect()
}
