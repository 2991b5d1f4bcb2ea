//! Which task is meant: by number, by position, by words of its title, or by what was said before.

mod deeds;
mod matching;

use serde::Deserialize;
use todo_api::{DueDate, Priority};

use super::{
    dates::Clock,
    filters::{self, Evidence, Filter},
    tokens::{Kind, Phrase, Token, cardinal, ordinal},
};
use matching::content_words;

pub(super) use deeds::{is_deed, is_passive};
pub(super) use matching::{Found, find, find_each, mentioned};

/// A task as `list_tasks` shows it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct Task {
    pub(super) id: i64,
    pub(super) title: String,
    #[serde(default)]
    pub(super) description: Option<String>,
    #[serde(default)]
    pub(super) completed: bool,
    #[serde(default)]
    pub(super) priority: Priority,
    #[serde(default)]
    pub(super) due_date: Option<DueDate>,
    #[serde(default)]
    pub(super) tags: Vec<String>,
}

/// How a task was referred to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reference {
    /// By the number that its row shows.
    Number(i64),
    /// By its place in the last list that was shown.
    Position(Position),
    /// The task that was spoken of last.
    It,
    /// The tasks that were spoken of last.
    Them,
    /// The newest task.
    Newest,
    /// By words of its title.
    Words(String),
    /// Spoken of in a sentence that says more, which is worth a question.
    Mention(String),
    /// The one task with these properties.
    The(Filter),
    /// All tasks with these properties.
    All(Filter),
}

/// A place in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// Counted from 1.
    Nth(i64),
    Last,
}

/// What a phrase refers to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct References {
    pub(super) all: Vec<Reference>,
    /// It cannot be mistaken for anything but a task.
    pub(super) definite: bool,
}

impl References {
    fn definite(reference: Reference) -> Self {
        Self {
            all: vec![reference],
            definite: true,
        }
    }
}

fn is_noun(word: &str) -> bool {
    matches!(
        word,
        "task" | "todo" | "to-do" | "item" | "reminder" | "taks"
    )
}

fn is_number_noun(word: &str) -> bool {
    is_noun(word)
        || matches!(
            word,
            "tasks"
                | "todos"
                | "to-dos"
                | "items"
                | "number"
                | "no"
                | "nr"
                | "numbers"
                | "id"
                | "num"
        )
}

/// Reads a reference to one or several tasks.
pub(super) fn parse(phrase: Phrase<'_>, clock: &Clock) -> Option<References> {
    let mut phrase = phrase.trimmed();
    while phrase.len() > 1 && phrase.tokens().last().is_some_and(Token::says_nothing) {
        phrase = phrase.range(0..phrase.len() - 1);
    }
    if phrase.is_empty() || phrase.tokens().iter().any(|t| t.kind == Kind::Break) {
        return None;
    }
    pronoun(phrase)
        .or_else(|| numbers(phrase))
        .or_else(|| positions(phrase))
        .or_else(|| selection(phrase, clock))
        .or_else(|| mixed(phrase))
        .or_else(|| words(phrase))
}

fn pronoun(phrase: Phrase<'_>) -> Option<References> {
    let said: Vec<&str> = phrase.tokens().iter().map(|t| t.word.as_str()).collect();
    let reference = match said.as_slice() {
        ["it" | "that" | "this" | "it's" | "that's"]
        | ["that" | "this" | "same", "one" | "task" | "todo" | "item"]
        | ["the", "same"]
        | ["the", "same", "one" | "task"] => Reference::It,
        ["the" | "my", "task" | "one"] => Reference::It,
        ["the", "task" | "one", "i", "just", ..]
        | ["the", "task" | "one", "you", "just", ..]
        | ["what", "i", "just", "added"]
        | ["the", "last", "added", "task" | "one"]
        | ["my", "last", "added", "task"] => Reference::Newest,
        ["them" | "those" | "these" | "both" | "they"]
        | ["all" | "both", "of", "them" | "these" | "those"]
        | ["them" | "these" | "those", "all" | "both"]
        | ["all", "those" | "these"]
        | ["those" | "these" | "both", "tasks" | "ones"] => Reference::Them,
        ["the" | "my", "newest" | "latest", ..] | ["newest" | "latest", ..] if said.len() <= 3 => {
            Reference::Newest
        }
        ["the" | "my", "most", "recent", ..] if said.len() <= 4 => Reference::Newest,
        _ => return None,
    };
    Some(References::definite(reference))
}

/// "task 3", "#3", "tasks 3, 4 and 7", "3-5".
fn numbers(phrase: Phrase<'_>) -> Option<References> {
    const MOST: i64 = 50;
    let mut all: Vec<Reference> = Vec::new();
    let mut named = false;
    let mut range = false;
    let mut last = None;
    for token in phrase.tokens() {
        let number = match &token.kind {
            Kind::Tag(digits) => digits.parse().ok(),
            Kind::Number(number) => Some(*number),
            _ if named => cardinal(token),
            _ => None,
        };
        if let Some(number) = number {
            named |= matches!(token.kind, Kind::Tag(_));
            match last {
                Some(from) if range && number > from && number - from <= MOST => {
                    all.extend((from + 1..=number).map(Reference::Number));
                }
                _ => all.push(Reference::Number(number)),
            }
            range = false;
            last = Some(number);
            continue;
        }
        match token.word.as_str() {
            word if is_number_noun(word) => named = true,
            "the" | "my" | "," | "and" | "&" | "+" | "#" | "." | "both" | "also" | ":" | "a" => {}
            "-" | "\u{2013}" | "to" | "through" | "until" if last.is_some() => range = true,
            _ => return None,
        }
    }
    (!all.is_empty() && !range).then_some(References {
        all,
        definite: true,
    })
}

/// "the third", "second task", "the first and the last one".
fn positions(phrase: Phrase<'_>) -> Option<References> {
    let mut all = Vec::new();
    let mut count: Option<(bool, i64)> = None;
    for (at, token) in phrase.tokens().iter().enumerate() {
        if let Some(nth) = ordinal(token) {
            all.push(Reference::Position(Position::Nth(nth)));
            continue;
        }
        match token.word.as_str() {
            "last" | "bottom" => all.push(Reference::Position(Position::Last)),
            "top" => all.push(Reference::Position(Position::Nth(1))),
            "the" | "my" | "and" | "," | "&" | "one" | "ones" | "task" | "tasks" | "item"
            | "todo" => {}
            "in" | "on" | "of" | "from" if at > 0 && !all.is_empty() => {
                let rest = phrase.from(at + 1);
                let is_list = |t: &Token| {
                    matches!(
                        t.word.as_str(),
                        "the" | "my" | "list" | "that" | "todo" | "tasks"
                    )
                };
                if rest.tokens().iter().all(is_list) && !rest.is_empty() {
                    break;
                }
                return None;
            }
            _ => match (cardinal(token), all.as_slice()) {
                // "the first two"
                (Some(n @ 2..=20), [Reference::Position(Position::Nth(1))]) => {
                    count = Some((true, n));
                }
                (Some(n @ 2..=20), [Reference::Position(Position::Last)]) => {
                    count = Some((false, n));
                }
                _ => return None,
            },
        }
    }
    if let Some((true, n)) = count {
        all = (1..=n)
            .map(|i| Reference::Position(Position::Nth(i)))
            .collect();
    } else if count.is_some() {
        return None;
    }
    (!all.is_empty()).then_some(References {
        all,
        definite: true,
    })
}

/// "all completed tasks", "everything", "the overdue one".
fn selection(phrase: Phrase<'_>, clock: &Clock) -> Option<References> {
    let last = phrase.tokens().last()?.word.as_str();
    let has = |word: &str| phrase.tokens().iter().any(|t| t.word == word);
    let everything = has("all") || has("everything") || has("every");
    let plural = everything
        || ["tasks", "todos", "to-dos", "items", "ones", "things"]
            .iter()
            .any(|noun| has(noun));
    let read = filters::parse(phrase, clock)?;
    if plural && (read.evidence > Evidence::None || (everything && phrase.len() == 1)) {
        if read.evidence == Evidence::Noun && !everything && !has("my") {
            return None;
        }
        if !everything && read.guessed_tag {
            return None;
        }
        return Some(References::definite(Reference::All(read.filter)));
    }
    let singular = matches!(last, "task" | "one" | "item" | "todo") || has("task") || has("one");
    (singular
        && read.evidence == Evidence::Property
        && !read.guessed_tag
        && read.filter.search.is_none())
    .then(|| References::definite(Reference::The(read.filter)))
}

/// "task 3 and the milk task": parts of which at least one is a number or a position.
fn mixed(phrase: Phrase<'_>) -> Option<References> {
    let mut all = Vec::new();
    let mut certain = false;
    let mut parts = 0;
    for part in phrase
        .tokens()
        .split(|t| matches!(t.word.as_str(), "and" | "," | "&"))
    {
        if part.is_empty() {
            continue;
        }
        parts += 1;
        let start = part.as_ptr_range();
        let at = phrase
            .tokens()
            .iter()
            .position(|t| std::ptr::eq(t, start.start))?;
        let part = phrase.range(at..at + part.len());
        let read = pronoun(part)
            .or_else(|| numbers(part))
            .or_else(|| positions(part))
            .inspect(|_| certain = true)
            .or_else(|| words(part))?;
        all.extend(read.all);
    }
    (certain && parts > 1).then_some(References {
        all,
        definite: true,
    })
}

fn words(phrase: Phrase<'_>) -> Option<References> {
    if let [only] = phrase.tokens()
        && let Kind::Quoted(_) = only.kind
    {
        let text = phrase.unquoted(only).trim().to_owned();
        return Some(References::definite(Reference::Words(text)));
    }
    let (mut start, mut end) = (0, phrase.len());
    let mut definite = false;
    let word = |at: usize| phrase.word(at);
    if matches!(
        word(start),
        "the" | "my" | "that" | "this" | "our" | "a" | "an" | "one"
    ) {
        start += 1;
    }
    let is_thing = |word: &str| is_noun(word) || matches!(word, "one" | "entry" | "thing");
    let is_numbered = matches!(phrase.get(start + 1), Some(t) if matches!(t.kind, Kind::Number(_)));
    if is_thing(word(start)) && is_numbered {
        // "task 1 due friday" says more than which task.
        return None;
    }
    if is_thing(word(start)) && start + 1 < end {
        definite = true;
        start += 1;
        if matches!(
            word(start),
            "about"
                | "called"
                | "named"
                | "to"
                | "with"
                | "for"
                | "titled"
                | "that"
                | "regarding"
                | "labelled"
                | ":"
                | "which"
                | "of"
        ) {
            start += 1;
            if matches!(word(start), "says" | "is") {
                start += 1;
            }
        }
    } else if end > start + 1 && is_thing(word(end - 1)) {
        definite = true;
        end -= 1;
    } else if end > start + 2 && matches!((word(end - 2), word(end - 1)), ("to", "do")) {
        end -= 2;
    } else if end > start + 3
        && matches!(word(end - 1), "list" | "tasks" | "todos")
        && matches!(word(end - 2), "my" | "the" | "todo" | "to-do" | "task")
    {
        // "milk from my list"
        let from = (start + 1..end - 1).rfind(|at| matches!(word(*at), "from" | "on" | "off"));
        if let Some(from) = from {
            end = from;
            definite = true;
        }
    }
    let rest = phrase.range(start..end).trimmed();
    let text = match rest.tokens() {
        [only] => rest.unquoted(only),
        _ => rest.source(),
    };
    // "as", "the date", "3 is": words of the grammar that got between its own.
    let dangles = |word: &str| {
        matches!(
            word,
            "is" | "are" | "was" | "to" | "as" | "for" | "from" | "and" | "of" | "be" | "been"
        )
    };
    let is_field = rest.len() <= 2
        && matches!(
            rest.word(rest.len().saturating_sub(1)),
            "priority" | "prio" | "deadline" | "date" | "tag" | "tags" | "title" | "note"
        );
    // Where a command begins, no task is named: "add the item: …", "show me what …".
    let commands = start == 0
        && matches!(
            rest.word(0),
            "me" | "add" | "create" | "show" | "mark" | "remind" | "rename" | "reopen" | "set"
        );
    let loose =
        commands || dangles(rest.word(0)) || dangles(rest.word(rest.len().saturating_sub(1)));
    if content_words(text).is_empty() || loose || (is_field && !definite) {
        return None;
    }
    Some(References {
        all: vec![Reference::Words(text.to_owned())],
        definite,
    })
}
