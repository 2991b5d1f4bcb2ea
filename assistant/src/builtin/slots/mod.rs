//! What stands in a title beside the title: its date, its priority, its #tags and its note.

mod properties;
mod reader;

use jiff::SpanFieldwise;
use todo_api::{Priority, TITLE_MAX};

use super::{
    dates::{self, Clock, When},
    tokens::{Kind, Phrase},
};
use properties::{bare_priority, priority, tags};
use reader::Reader;

pub(super) use properties::{leading_priority, tag_list};

/// A task as it was described.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Details {
    pub(super) title: String,
    pub(super) description: Option<String>,
    pub(super) priority: Option<Priority>,
    pub(super) when: Option<When>,
    pub(super) tags: Vec<String>,
}

impl Details {
    /// Takes from `other` what is not said here, for "add milk and eggs tomorrow".
    pub(super) fn inherit(&mut self, other: &Self) {
        self.when = self.when.or(other.when);
        self.priority = self.priority.or(other.priority);
        if self.tags.is_empty() {
            self.tags.clone_from(&other.tags);
        }
    }
}

/// What changes a task: each field only if it was spoken of.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Changes {
    pub(super) title: Option<String>,
    pub(super) note: Option<Note>,
    pub(super) priority: Option<PriorityChange>,
    pub(super) due: Option<DueChange>,
    pub(super) tags: Option<TagChange>,
}

/// A change of the description.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Note {
    Set(String),
    /// Below what is there.
    Append(String),
    Clear,
}

/// A change of the priority.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum PriorityChange {
    To(Priority),
    Raise,
    Lower,
}

/// A change of the due date.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum DueChange {
    /// Exactly this.
    To(When),
    /// To this day or time; the other half stays what it was.
    Move(When),
    /// Later by this much.
    Later(SpanFieldwise),
    /// Earlier by this much.
    Earlier(SpanFieldwise),
    Clear,
}

/// A change of the tags.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TagChange {
    Add(Vec<String>),
    Remove(Vec<String>),
    Swap { gone: Vec<String>, new: Vec<String> },
    Clear,
}

impl Changes {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// A day that is said alone moves a task, which keeps its time; so does a time.
    pub(super) fn moving(mut self) -> Self {
        if let Some(DueChange::To(when)) = self.due {
            self.due = Some(DueChange::Move(when));
        }
        self
    }
}

/// Reads a title with all that is said beside it.
pub(super) fn details(phrase: Phrase<'_>, clock: &Clock) -> Details {
    let mut reader = Reader::new(phrase, clock);
    reader.description();
    reader.anywhere();
    reader.edges();
    reader.finish()
}

/// Takes a phrase for a title as it is.
pub(super) fn plain_details(phrase: Phrase<'_>) -> Details {
    Details {
        title: clip(&title_text(phrase.source()), TITLE_MAX),
        ..Details::default()
    }
}

/// Reads a phrase that has nothing but a date, a priority and tags.
pub(super) fn changes(phrase: Phrase<'_>, clock: &Clock) -> Option<Changes> {
    const FILLERS: [&str; 23] = [
        "and", "with", "to", "as", "it", "be", "is", "due", ",", ":", "a", "an", "the", "also",
        "set", "make", "of", "-", "on", "then", "it's", "its", "that's",
    ];
    let mut changes = Changes::default();
    let mut details = Details::default();
    let mut at = 0;
    while at < phrase.len() {
        let rest = phrase.from(at);
        let word = rest.word(0);
        if matches!(word, "no" | "without")
            && let Some(len) = no_date(rest)
        {
            changes.due = Some(DueChange::Clear);
            at += len;
        } else if let Some(len) = tags(rest, &mut details.tags) {
            at += len;
        } else if let Some((priority, len)) = priority(rest).or_else(|| bare_priority(rest)) {
            details.priority = Some(priority);
            at += len;
        } else if let Some(found) = dates::find(rest, clock) {
            details.when = match details.when {
                None => Some(found.when),
                Some(said) => Some(said.join(found.when)?),
            };
            at += found.len;
        } else if let Some(time) = dates::part_of_day(word) {
            let time = When::Time(time);
            details.when = match details.when {
                None => Some(time),
                Some(said) => Some(said.join(time)?),
            };
            at += 1;
        } else if FILLERS.contains(&word) || matches!(rest.get(0)?.kind, Kind::Break) {
            at += 1;
        } else {
            return None;
        }
    }
    changes.priority = details.priority.map(PriorityChange::To);
    if let Some(when) = details.when {
        changes.due = Some(DueChange::To(when));
    }
    if !details.tags.is_empty() {
        changes.tags = Some(TagChange::Add(details.tags));
    }
    (!changes.is_empty()).then_some(changes)
}

/// "no due date", "without a deadline".
fn no_date(phrase: Phrase<'_>) -> Option<usize> {
    let at = if matches!(phrase.word(1), "a" | "any") {
        2
    } else {
        1
    };
    match (phrase.word(at), phrase.word(at + 1)) {
        ("due", "date") => Some(at + 2),
        ("deadline" | "date", _) => Some(at + 1),
        _ => None,
    }
}

/// A title as it is stored: one line, no punctuation at its end, a capital at its start.
pub(super) fn title_text(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let line = words.join(" ");
    let line = line
        .trim_end_matches([
            '.', ',', ';', ':', '!', '?', '-', '\u{2026}', '\u{2013}', '\u{2014}', ' ',
        ])
        .trim_start_matches([
            ',', ';', ':', '-', '\u{2013}', '\u{2014}', '\u{2022}', '*', '.', ' ',
        ]);
    let first = line.split(' ').next().unwrap_or_default();
    let mixed = first.chars().skip(1).any(char::is_uppercase);
    if mixed || first.contains("://") || first.starts_with("www.") || first.contains('@') {
        return line.to_owned();
    }
    let mut chars = line.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// At most so many characters, cut between words if it can be.
pub(super) fn clip(text: &str, max: usize) -> String {
    let Some((cut, _)) = text.char_indices().nth(max) else {
        return text.to_owned();
    };
    let short = text.char_indices().nth(max - 1).map_or(cut, |(i, _)| i);
    let head = &text[..short];
    let head = match head.rfind(' ') {
        Some(space) if space > short / 2 => &head[..space],
        _ => head,
    };
    format!("{}\u{2026}", head.trim_end())
}
