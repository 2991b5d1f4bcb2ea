//! From a message to the commands in it.

mod acting;
mod adding;
mod build;
mod run_on;

use jiff::Span;

use super::{
    dates::{self, Clock},
    discourse,
    filters::{self, Evidence, Filter},
    language,
    pattern::{Match, Slot},
    references::{self, Reference},
    rules::{RULE_SET, Rule, WISHES},
    sentences,
    slots::{self, Changes, Details},
    tokens::{Kind, Phrase, Token, tokenize},
    words,
};
use adding::add;
use build::build;

/// Something to do, or to say.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Command {
    Add {
        /// Empty when it was not said what to add.
        tasks: Vec<Details>,
        /// A reminder was asked for.
        remind: bool,
    },
    /// Changes tasks. Without targets, or with changes that are empty, it has to be asked for them.
    Act {
        action: Action,
        targets: Vec<Reference>,
        /// What else it may mean when there is no such task: "make dinner" is a task of its own.
        otherwise: Option<Otherwise>,
        remind: bool,
    },
    List(Filter),
    /// How many there are.
    Count(Filter),
    Show(Vec<Reference>),
    Say(Talk),
}

/// What is done to tasks.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Action {
    Complete,
    Reopen,
    Delete,
    Update(Changes),
}

/// A second reading, taken when no task fits the first.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Otherwise {
    Add(Details),
    /// Only if the user says so.
    Offer(Details),
    /// Nothing, if there is more in the message: what people tell of need not be a task.
    Nothing,
}

/// What needs no tool.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Talk {
    Greeting,
    Thanks,
    Help,
    /// Nothing is to be done after all.
    Cancel,
    /// Yes, to what was offered.
    Agree,
    Undo,
    NoReminder,
    /// Repetition is not offered; what can be done once is.
    NoRepetition(Option<Details>),
    OtherLanguage,
    NotUnderstood {
        text: String,
        /// What it could be if it is a task.
        offer: Option<Details>,
    },
}

/// Most commands of one message.
const COMMANDS_MAX: usize = 30;

/// Reads a message.
pub(super) fn parse(text: &str, clock: &Clock) -> Vec<Command> {
    let tokens = language::with_imperatives(tokenize(text));
    let commands = read(Phrase::new(text, &tokens), clock);
    if commands.iter().all(is_understood) {
        return discourse::join(commands);
    }
    // Perhaps a word of the grammar is misspelt.
    let corrected = language::corrected(&tokens);
    if let Some(tokens) = corrected {
        let again = read(Phrase::new(text, &tokens), clock);
        if again.iter().all(is_understood) {
            return discourse::join(again);
        }
    }
    discourse::join(commands)
}

pub(super) fn is_understood(command: &Command) -> bool {
    !matches!(command, Command::Say(Talk::NotUnderstood { .. }))
}

fn read(message: Phrase<'_>, clock: &Clock) -> Vec<Command> {
    if language::is_other(message) {
        return vec![Command::Say(Talk::OtherLanguage)];
    }
    let clauses: Vec<Phrase<'_>> = sentences::clauses(message)
        .into_iter()
        .flat_map(|clause| run_on::parted(clause, clock))
        .collect();
    let mut commands: Vec<Command> = clauses
        .iter()
        .take(COMMANDS_MAX)
        .map(|clause| read_clause(*clause, clock))
        .collect();
    // Nobody is left to believe that the rest was read too.
    if let Some(rest) = clauses.get(COMMANDS_MAX) {
        commands.push(not_understood(*rest, clock));
    }
    // Politeness around a command is no command of its own.
    let is_small_talk = |c: &Command| {
        matches!(
            c,
            Command::Say(Talk::Greeting | Talk::Thanks | Talk::Cancel | Talk::Agree)
        )
    };
    if !commands.iter().all(is_small_talk) {
        commands.retain(|command| !is_small_talk(command));
    } else {
        commands.truncate(1);
    }
    if commands.is_empty() {
        commands.push(not_understood(message, clock));
    }
    commands
}

/// Reads one clause.
pub(super) fn read_clause(clause: Phrase<'_>, clock: &Clock) -> Command {
    let command = explicit(clause, clock)
        .or_else(|| dated(clause, clock))
        .or_else(|| language::is_other(clause).then_some(Command::Say(Talk::OtherLanguage)))
        .or_else(|| bare(clause, clock))
        .unwrap_or_else(|| not_understood(clause, clock));
    let creates = match &command {
        Command::Add { .. } | Command::Say(Talk::NotUnderstood { .. }) => true,
        Command::Act { action, .. } => matches!(action, Action::Update(_)),
        _ => false,
    };
    if creates && let Some(rest) = language::without_repetition(clause) {
        let rest = Phrase::new(clause.text(), &rest);
        let once = match explicit(rest, clock) {
            Some(Command::Add { mut tasks, .. }) if tasks.len() == 1 => tasks.pop(),
            _ => match bare(rest, clock) {
                Some(Command::Add { mut tasks, .. }) => tasks.pop(),
                _ => None,
            },
        };
        return Command::Say(Talk::NoRepetition(once));
    }
    command
}

/// "by friday I have to upload the slides": a date, then a command that makes tasks.
fn dated(clause: Phrase<'_>, clock: &Clock) -> Option<Command> {
    let clause = sentences::without_politeness(clause.trimmed());
    let found = dates::find(clause, clock)?;
    let rest = clause.from(found.len).trimmed();
    match explicit(rest, clock)? {
        Command::Add { mut tasks, remind } if !rest.is_empty() => {
            for task in &mut tasks {
                task.when = match task.when {
                    None => Some(found.when),
                    Some(said) => said.join(found.when).or(Some(said)),
                };
            }
            Some(Command::Add { tasks, remind })
        }
        _ => None,
    }
}

fn not_understood(clause: Phrase<'_>, clock: &Clock) -> Command {
    let trimmed = clause.trimmed();
    let offer = slots::details(trimmed, clock);
    let is_offer = !offer.title.is_empty()
        && (1..=12).contains(&trimmed.len())
        && offer.title.chars().any(char::is_alphabetic)
        && !language::is_question(clause);
    Command::Say(Talk::NotUnderstood {
        text: trimmed.source().to_owned(),
        offer: is_offer.then_some(offer),
    })
}

/// What a rule of the grammar says.
pub(super) fn explicit(clause: Phrase<'_>, clock: &Clock) -> Option<Command> {
    let whole = clause.trimmed();
    let stripped = sentences::without_politeness(whole);
    // "hey", "thanks" and "ok" are politeness before a command, and talk of their own alone.
    let readings = if stripped.len() == whole.len() {
        [Some(whole), None]
    } else {
        [Some(stripped), Some(whole)]
    };
    readings
        .into_iter()
        .flatten()
        .filter(|reading| !reading.is_empty())
        .find_map(|reading| wished(reading, clock).or_else(|| by_rules(reading, clock)))
}

/// "I want to delete task 3": a command, where "I want to delete the old photos" is a task.
fn wished(clause: Phrase<'_>, clock: &Clock) -> Option<Command> {
    let len = WISHES.as_ref()?.starts(clause)?;
    let rest = clause.from(len);
    let is_ours = |token: &Token| {
        matches!(
            token.word.as_str(),
            "task" | "tasks" | "todo" | "todos" | "item" | "entry" | "list" | "reminder"
        )
    };
    // Who wants to finish a task has not finished it.
    let is_said = matches!(rest.word(0), "mark" | "tick" | "check" | "cross");
    let fits = |command: &Command| match command {
        Command::Act { action, .. } => *action != Action::Complete || is_said,
        Command::List(_) | Command::Count(_) | Command::Show(_) => true,
        _ => false,
    };
    if !rest.tokens().iter().any(is_ours) {
        return None;
    }
    by_rules(rest, clock).filter(fits)
}

fn by_rules(clause: Phrase<'_>, clock: &Clock) -> Option<Command> {
    let asks = language::asks(clause);
    let fitting = |rule: &&Rule| !asks || rule.intent.can_be_asked();
    RULE_SET.iter().filter(fitting).find_map(|rule| {
        let mut accepts = |slot, phrase| accepts(slot, phrase, clock);
        let found = rule.pattern.matches(clause, &mut accepts)?;
        build(rule.intent, &found, clause, clock)
    })
}

fn accepts(slot: Slot, phrase: Phrase<'_>, clock: &Clock) -> bool {
    match slot {
        Slot::Task => references::parse(phrase, clock).is_some(),
        Slot::Definite => references::parse(phrase, clock).is_some_and(|read| read.definite),
        Slot::Number => references::parse(phrase, clock)
            .is_some_and(|read| matches!(read.all.as_slice(), [Reference::Number(_)])),
        Slot::Past => references::parse(phrase, clock).is_some() && words::is_past(phrase.word(0)),
        Slot::Deed => references::is_deed(phrase) && names_one(phrase, clock),
        Slot::Passive => references::is_passive(phrase) && names_one(phrase, clock),
        Slot::When => dates::whole(phrase, clock).is_some(),
        Slot::Changes => slots::changes(phrase, clock).is_some(),
        Slot::Filter => filters::parse(phrase, clock)
            .is_some_and(|read| read.evidence > Evidence::None || read.has_status),
        Slot::Tags => slots::tag_list(phrase).is_some(),
        Slot::Hashtags | Slot::NewTags => {
            let is_sign =
                |t: &Token| matches!(t.kind, Kind::Tag(_) | Kind::Mark(',')) || t.word == "and";
            phrase.tokens().iter().all(is_sign) && slots::tag_list(phrase).is_some()
        }
        Slot::Span => matches!(dates::length(phrase), Some((_, len)) if len == phrase.len()),
        Slot::Quoted => matches!(phrase.tokens(), [only] if matches!(only.kind, Kind::Quoted(_))),
        Slot::Errand => phrase.len() > 1 && language::is_task_verb(phrase.word(0)),
        Slot::Title | Slot::Text => true,
    }
}

/// Whether a phrase refers to a task by its words.
fn names_one(phrase: Phrase<'_>, clock: &Clock) -> bool {
    references::parse(phrase, clock)
        .is_some_and(|read| matches!(read.all.as_slice(), [Reference::Words(_)]))
}

/// A task without a command: "buy milk", "dentist tomorrow at 3", "milk #shopping".
fn bare(clause: Phrase<'_>, clock: &Clock) -> Option<Command> {
    let clause = sentences::without_politeness(clause.trimmed());
    let looks = matches!(clause.word(0), "show" | "list" | "display");
    if clause.is_empty() || looks || language::is_question(clause) {
        return None;
    }
    let items = sentences::items(clause, clock);
    let first = slots::details(*items.first()?, clock);
    let says_more = first.when.is_some() || first.priority.is_some() || !first.tags.is_empty();
    let starts_with_verb = language::is_task_verb(clause.word(0)) && clause.len() > 1;
    let is_statement = matches!(
        clause.word(0),
        "i" | "i'm"
            | "im"
            | "you"
            | "it"
            | "it's"
            | "he"
            | "she"
            | "they"
            | "we"
            | "this"
            | "that"
            | "there"
            | "the"
            | "if"
            | "because"
            | "no"
            | "not"
            | "is"
            | "are"
            | "was"
    );
    // "make it later": said of a task, and no task.
    let is_change = matches!(clause.word(1), "it" | "that" | "them")
        && matches!(clause.word(0), "make" | "set" | "put" | "move" | "change")
        && clause.word(2) != "to";
    let is_short_note = says_more && !is_statement && clause.len() <= 24;
    if first.title.is_empty() || is_change || !(starts_with_verb || is_short_note) {
        return None;
    }
    let nothing = Match::default();
    Some(add(items, &nothing, clock, false))
}

/// A span as it is added to a due date.
pub(super) fn later(when: jiff::civil::DateTime, span: Span) -> jiff::civil::DateTime {
    when.checked_add(span)
        .ok()
        .filter(|moved| (1..=9998).contains(&moved.year()))
        .unwrap_or(when)
}
