//! What came of each command, as the parts of an answer.

use serde_json::Value;

use super::{
    super::{
        commands::{Action, Command, Otherwise, Talk},
        references::{Reference, Task},
        replies::{Done, Part},
    },
    Context, Made, is_so_already,
    lookup::Resolved,
    tasks,
};

impl Context<'_> {
    /// What came of a command.
    pub(super) fn report(&self, at: usize, commands: &[Command]) -> Vec<Part> {
        let Some(command) = commands.get(at) else {
            return Vec::new();
        };
        let mine: Vec<&Made> = self.made_for(at).collect();
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
                let no_reminder = remind.then_some(Part::Talk(Talk::NoReminder));
                no_reminder
                    .into_iter()
                    .chain([Part::AsksWhatToAdd])
                    .collect()
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
                        vec![Part::Shown(found)]
                    }
                }
                Resolved::Unsure(tasks) => vec![Part::AsksWhich(tasks)],
                Resolved::None => vec![Part::NotFound(words_of(targets))],
            },
            Command::Add { remind, .. } | Command::Act { remind, .. } if !mine.is_empty() => {
                let mut parts: Vec<Part> = mine.iter().map(|made| self.done(made)).collect();
                if let Command::Act {
                    action, targets, ..
                } = command
                {
                    parts.extend(self.as_before(action, targets, &mine));
                }
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
                Resolved::These(_) if matches!(action, Action::Update(_)) => {
                    vec![Part::AsksWhatToChange]
                }
                Resolved::These(_) => self.as_before(action, targets, &mine),
                Resolved::None
                    if matches!(targets.as_slice(), [Reference::It | Reference::Them]) =>
                {
                    vec![Part::AsksWhichOne]
                }
                Resolved::None => match otherwise {
                    Some(Otherwise::Offer(details)) => {
                        vec![
                            Part::NotFound(words_of(targets)),
                            Part::Offer(details.title.clone()),
                        ]
                    }
                    Some(Otherwise::Nothing) if commands.len() > 1 => Vec::new(),
                    _ => vec![Part::NotFound(words_of(targets))],
                },
            },
            Command::Add { .. } => vec![Part::AsksWhatToAdd],
        }
    }

    /// The tasks that needed no call, because they are already as was asked.
    fn as_before(&self, action: &Action, targets: &[Reference], mine: &[&Made]) -> Vec<Part> {
        let Resolved::These(ids) = self.resolve(action, targets) else {
            return Vec::new();
        };
        let is_untouched = |task: &Task| {
            let of_it = |made: &&Made| made.call.args.get("task_id") == Some(&task.id.into());
            ids.contains(&task.id) && is_so_already(action, task) && !mine.iter().any(of_it)
        };
        let tasks = self.tasks().into_iter().filter(is_untouched);
        tasks.map(Part::AsBefore).collect()
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
}

fn words_of(targets: &[Reference]) -> Option<String> {
    targets.iter().find_map(|target| match target {
        Reference::Words(words) => Some(format!("“{words}”")),
        Reference::Number(id) => Some(format!("task {id}")),
        _ => None,
    })
}
