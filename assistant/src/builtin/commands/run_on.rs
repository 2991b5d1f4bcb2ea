//! Commands said one behind the other without punctuation: "add buy milk delete task two". A title
//! may have any words, so they are parted only where what follows is complete and names its task by
//! number; nothing is deleted on a guess.

use super::{
    super::{
        dates::Clock,
        language,
        references::Reference,
        sentences,
        slots::Details,
        tokens::{Kind, Phrase, Token, fold},
    },
    Action, Command, Talk, explicit, read_clause,
};

/// Most places of a clause that are tried.
const ATTEMPTS: usize = 6;
/// Longest command that is looked for behind another, in tokens.
const LONGEST: usize = 24;

/// The commands that a clause runs together; itself if it is one.
pub(super) fn parted<'a>(clause: Phrase<'a>, clock: &Clock) -> Vec<Phrase<'a>> {
    let mut end = clause.len();
    let mut parts = Vec::new();
    // "I should be grateful if you would remove …" begins with its verb.
    let begins = sentences::without_politeness(clause).source_start();
    let places = (1..clause.len()).rev().filter(|at| {
        !language::asks(clause)
            && clause.from(*at).source_start() > begins
            && may_begin(clause, *at)
    });
    for at in places.take(ATTEMPTS) {
        let (before, command) = (clause.range(0..at), clause.range(at..end));
        if command.len() <= LONGEST
            && let Some(command_read) = clear(command, clock)
            && allows(before, &command_read, clock)
        {
            parts.push(command);
            end = at;
        }
    }
    parts.push(clause.range(0..end));
    parts.reverse();
    parts
}

/// Whether a command can begin here: at its verb, and not inside a phrase.
fn may_begin(clause: Phrase<'_>, at: usize) -> bool {
    let begins = matches!(
        clause.word(at),
        "add"
            | "create"
            | "delete"
            | "remove"
            | "mark"
            | "complete"
            | "finish"
            | "reopen"
            | "rename"
            | "move"
            | "reschedule"
            | "show"
    );
    let before = clause.word(at - 1);
    let goes_on = matches!(
        before,
        "to" | "and"
            | "or"
            | "not"
            | "never"
            | "don't"
            | "dont"
            | "a"
            | "an"
            | "the"
            | "my"
            | "of"
            | "for"
            | "on"
            | "in"
            | "with"
            | "by"
            | "about"
            | "how"
            | "i"
            | "you"
            | "we"
            | "they"
            | "should"
            | "can't"
            | "cannot"
            | "remember"
            | "task"
            | "called"
            | "named"
    );
    let is_mark = clause
        .get(at - 1)
        .is_some_and(|token| matches!(token.kind, Kind::Mark(_) | Kind::Break));
    begins && !goes_on && !is_mark
}

/// The command, if it is complete and there is no doubt which tasks it is about.
fn clear(command: Phrase<'_>, clock: &Clock) -> Option<Command> {
    let says = |words: &[&str]| {
        let says_one = |token: &Token| words.contains(&token.word.as_str());
        command.tokens().iter().any(says_one)
    };
    let read = explicit(command, clock)?;
    let is_clear = match &read {
        Command::Add { tasks, .. } => {
            matches!(command.word(0), "add" | "create") && is_titled(tasks)
        }
        Command::Act {
            action, targets, ..
        } => {
            let by_number = |target: &Reference| matches!(target, Reference::Number(_));
            let says_how = match action {
                Action::Update(changes) => !changes.is_empty(),
                // "call mark task 3" says nothing of what is to become of the task.
                Action::Complete if command.word(0) == "mark" => {
                    says(&["done", "complete", "completed", "finished"])
                }
                _ => true,
            };
            let names_it = says(&["task", "tasks", "todo", "item", "items", "number"]);
            !targets.is_empty() && targets.iter().all(by_number) && says_how && names_it
        }
        Command::List(_) => says(&["task", "tasks", "todo", "todos", "list"]),
        _ => false,
    };
    is_clear.then_some(read)
}

/// Whether what stands before is complete, so that the command is no part of it.
fn allows(before: Phrase<'_>, command: &Command, clock: &Clock) -> bool {
    // "tell Bob delete task two"
    let is_quoting = (0..before.len()).any(|at| {
        matches!(
            before.word(at),
            "tell" | "ask" | "say" | "text" | "email" | "remind" | "message" | "write"
        ) && !matches!(before.word(at + 1), "me" | "us")
    });
    match read_clause(before, clock) {
        Command::Add { tasks, .. } => is_titled(&tasks) && !is_quoting,
        Command::Act { targets, .. } => !targets.is_empty(),
        Command::List(_) | Command::Count(_) | Command::Show(_) => true,
        // "I forgot the maths test add study maths": what is told is no command.
        Command::Say(Talk::NotUnderstood { text, .. }) => {
            matches!(command, Command::Add { .. }) && language::is_statement(&text)
        }
        Command::Say(_) => false,
    }
}

fn is_titled(tasks: &[Details]) -> bool {
    // A verb alone lacks what it is about.
    let is_whole = |title: &str| !title.is_empty() && !language::is_task_verb(&fold(title));
    !tasks.is_empty() && tasks.iter().all(|task| is_whole(&task.title))
}
