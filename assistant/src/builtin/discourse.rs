//! How the commands of one message hang together: "it" is the task of the command before, a change
//! of a task that is only now added is part of adding it, and a sentence that tells why something
//! is asked for is no request of its own.

use todo_api::DESCRIPTION_MAX;

use super::{
    commands::{Action, Command, Talk, is_understood},
    language,
    references::Reference,
    slots::{Changes, Details, DueChange, Note, PriorityChange, TagChange, clip},
};

/// Joins what belongs together; the order stays.
pub(super) fn join(commands: Vec<Command>) -> Vec<Command> {
    let any_understood = commands.iter().any(is_understood);
    let mut joined: Vec<Command> = Vec::new();
    for command in commands {
        let command = match joined.pop() {
            None => command,
            Some(before) => match together(before, command) {
                Ok(one) => one,
                Err((before, command)) => {
                    if !(any_understood && is_background(&before)) {
                        joined.push(before);
                    }
                    command
                }
            },
        };
        if !joined.contains(&command) {
            joined.push(command);
        }
    }
    joined
}

/// A statement before a command: "my landlord wrote again, please add …".
fn is_background(command: &Command) -> bool {
    match command {
        Command::Say(Talk::NotUnderstood { text, .. }) => language::is_statement(text),
        _ => false,
    }
}

/// The one command that two are, if they are one.
#[expect(
    clippy::result_large_err,
    reason = "both are given back when they are two"
)]
fn together(before: Command, command: Command) -> Result<Command, (Command, Command)> {
    match (before, command) {
        // "add gym and tag it health"
        (
            Command::Add { mut tasks, remind },
            Command::Act {
                action: Action::Update(changes),
                targets,
                ..
            },
        ) if is_spoken_of(&targets) && is_said_of_new(&changes) => {
            for task in &mut tasks {
                describe(task, &changes);
            }
            Ok(Command::Add { tasks, remind })
        }
        // "I should clean the garage, can you add that?"
        (before @ Command::Add { .. }, Command::Add { tasks, .. })
            if tasks.iter().all(|task| task.title.is_empty()) =>
        {
            Ok(before)
        }
        (
            Command::Say(Talk::NotUnderstood {
                offer: Some(offer), ..
            }),
            Command::Add { tasks, remind },
        ) if tasks.iter().all(|task| task.title.is_empty()) => Ok(Command::Add {
            tasks: vec![offer],
            remind,
        }),
        // "the plants are dry, can you reopen that one": worth a question.
        (
            Command::Say(Talk::NotUnderstood { text, .. }),
            Command::Act {
                action,
                targets,
                remind,
                ..
            },
        ) if is_spoken_of(&targets) => Ok(Command::Act {
            action,
            targets: vec![Reference::Mention(text)],
            otherwise: None,
            remind,
        }),
        // "lunch moved to 12:30, can you update task 9?"
        (
            Command::Act {
                action: Action::Update(changes),
                targets,
                remind,
                otherwise,
            },
            Command::Act {
                action: Action::Update(none),
                targets: named,
                ..
            },
        ) if none.is_empty() => Ok(Command::Act {
            action: Action::Update(changes),
            targets: if named.is_empty() || is_spoken_of(&named) {
                targets
            } else {
                named
            },
            remind,
            otherwise,
        }),
        // "reopen 7 and set it to tomorrow"
        (
            before @ Command::Act { .. },
            Command::Act {
                action, targets, ..
            },
        ) if is_spoken_of(&targets) => {
            let Command::Act {
                action: first,
                targets: named,
                ..
            } = &before
            else {
                return Ok(before);
            };
            if named.is_empty() || (*first == action && !matches!(action, Action::Update(_))) {
                return Ok(before);
            }
            let command = Command::Act {
                action,
                targets: named.clone(),
                otherwise: None,
                remind: false,
            };
            Err((before, command))
        }
        (before, command) => Err((before, command)),
    }
}

fn is_spoken_of(targets: &[Reference]) -> bool {
    matches!(targets, [Reference::It | Reference::Them])
}

/// Whether a task can be added with these changes from the start.
fn is_said_of_new(changes: &Changes) -> bool {
    let due = matches!(
        changes.due,
        None | Some(DueChange::To(_) | DueChange::Move(_) | DueChange::Clear)
    );
    let tags = !matches!(changes.tags, Some(TagChange::Swap { .. }));
    !changes.is_empty() && due && tags
}

fn describe(task: &mut Details, changes: &Changes) {
    if let Some(title) = changes.title.as_ref().filter(|title| !title.is_empty()) {
        task.title.clone_from(title);
    }
    match &changes.note {
        Some(Note::Set(text) | Note::Append(text)) => {
            task.description = Some(clip(text, DESCRIPTION_MAX));
        }
        Some(Note::Clear) => task.description = None,
        None => {}
    }
    match changes.priority {
        Some(PriorityChange::To(priority)) => task.priority = Some(priority),
        Some(PriorityChange::Raise) => task.priority = Some(todo_api::Priority::High),
        Some(PriorityChange::Lower) => task.priority = Some(todo_api::Priority::Low),
        None => {}
    }
    match changes.due {
        Some(DueChange::To(when) | DueChange::Move(when)) => {
            task.when = match task.when {
                Some(said) => said.join(when).or(Some(when)),
                None => Some(when),
            };
        }
        Some(DueChange::Clear) => task.when = None,
        _ => {}
    }
    match &changes.tags {
        Some(TagChange::Add(tags)) => {
            for tag in tags {
                if !task.tags.contains(tag) {
                    task.tags.push(tag.clone());
                }
            }
        }
        Some(TagChange::Remove(gone)) => task.tags.retain(|tag| !gone.contains(tag)),
        Some(TagChange::Clear) => task.tags.clear(),
        Some(TagChange::Swap { .. }) | None => {}
    }
}
