//! What is done to tasks that there are.

use todo_api::Priority;

use super::{
    super::{
        dates::Clock,
        filters::Filter,
        language,
        pattern::{Match, Slot},
        references::{self, Reference, References},
        slots::{self, Changes, PriorityChange},
        tokens::Phrase,
    },
    Action, Command, Otherwise,
    build::new_title,
};

/// These verbs also begin tasks: "make dinner", "finish the report by friday".
const BOTH: [&str; 30] = [
    "make", "put", "give", "set", "turn", "fix", "update", "check", "call", "clean", "wipe",
    "empty", "take", "bring", "adjust", "correct", "replace", "plan", "schedule", "get", "trash",
    "tidy", "dump", "edit", "review", "open", "throw", "label", "print", "read",
];
/// These as well, but a command that found no task is likelier: the user is asked.
const MAYBE: [&str; 22] = [
    "finish",
    "complete",
    "close",
    "cancel",
    "drop",
    "resolve",
    "forget",
    "wrap",
    "book",
    "finalize",
    "revise",
    "strike",
    "move",
    "push",
    "change",
    "clear",
    "kill",
    "pull",
    "reschedule",
    "postpone",
    "shift",
    "delay",
];

pub(super) fn act(
    action: Action,
    found: &Match<'_>,
    clause: Phrase<'_>,
    clock: &Clock,
) -> Option<Command> {
    let phrase = found.task();
    let read = if phrase.is_empty() {
        // "set the priority to high" is said of the task that was spoken of last; to delete
        // or to complete one, it has to be named.
        let is_change = matches!(&action, Action::Update(changes) if !changes.is_empty());
        References {
            all: is_change.then_some(Reference::It).into_iter().collect(),
            definite: true,
        }
    } else {
        references::parse(phrase, clock)?
    };
    Some(Command::Act {
        action,
        otherwise: otherwise(&read, found, clause, clock),
        targets: read.all,
        remind: false,
    })
}

fn otherwise(
    read: &References,
    found: &Match<'_>,
    clause: Phrase<'_>,
    clock: &Clock,
) -> Option<Otherwise> {
    let verb = clause.word(0);
    let is_told = [Slot::Past, Slot::Deed, Slot::Passive];
    if is_told.into_iter().any(|slot| found.has(slot)) {
        return Some(Otherwise::Nothing);
    }
    if read.definite || !matches!(read.all.as_slice(), [Reference::Words(_)]) {
        return None;
    }
    let details = slots::details(clause, clock);
    // What is done by a date is to be done, not done.
    let is_plan = matches!(verb, "finish" | "complete" | "book" | "revise" | "finalize")
        && details.when.is_some();
    // So is "have the homework done", if there is no such task.
    let ends_done = clause.word(clause.len().saturating_sub(1)) == "done";
    if BOTH.contains(&verb) || is_plan || (ends_done && language::is_task_verb(verb)) {
        Some(Otherwise::Add(details))
    } else if MAYBE.contains(&verb) {
        Some(Otherwise::Offer(slots::plain_details(clause)))
    } else {
        None
    }
}

pub(super) fn delete(found: &Match<'_>, clause: Phrase<'_>, clock: &Clock) -> Option<Command> {
    if found.has(Slot::Quoted) {
        let text = new_title(found);
        return Some(Command::Act {
            action: Action::Delete,
            targets: vec![Reference::Words(text)],
            otherwise: None,
            remind: false,
        });
    }
    let has = |slot| found.has(slot);
    let said = |words: &[&str]| {
        clause
            .tokens()
            .iter()
            .any(|t| words.contains(&t.word.as_str()))
    };
    if !has(Slot::Task) && !has(Slot::Definite) && said(&["list", "lists", "todolist"]) {
        // "clear my list"
        return Some(Command::Act {
            action: Action::Delete,
            targets: vec![Reference::All(Filter::default())],
            otherwise: None,
            remind: false,
        });
    }
    const DONE: [&str; 7] = [
        "completed",
        "complete",
        "done",
        "finished",
        "closed",
        "ticked",
        "checked",
    ];
    if !has(Slot::Task) && !has(Slot::Definite) && said(&DONE) {
        return Some(Command::Act {
            action: Action::Delete,
            targets: vec![Reference::All(Filter {
                status: todo_api::TaskStatus::Completed,
                ..Filter::default()
            })],
            otherwise: None,
            remind: false,
        });
    }
    act(Action::Delete, found, clause, clock)
}

/// "change X to Y": a date, a priority, tags, or else a new title.
pub(super) fn change(found: &Match<'_>, clause: Phrase<'_>, clock: &Clock) -> Option<Command> {
    let changes = if found.has(Slot::Changes) {
        slots::changes(found.get(Slot::Changes), clock)?.moving()
    } else if found.has(Slot::Text) || found.has(Slot::Quoted) {
        Changes {
            title: Some(new_title(found)),
            ..Changes::default()
        }
    } else {
        let level = if clause.word(0).starts_with("de") {
            Priority::Low
        } else {
            Priority::High
        };
        Changes {
            priority: Some(PriorityChange::To(level)),
            ..Changes::default()
        }
    };
    act(Action::Update(changes), found, clause, clock)
}
