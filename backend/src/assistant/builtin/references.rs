//! Which task is meant: by number, by position, by words of its title, or by what was said before.

use std::collections::HashSet;

use serde::Deserialize;
use todo_api::{DueDate, Priority, TaskStatus};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::{
    dates::Clock,
    filters::{self, Evidence, Filter},
    language,
    tokens::{Kind, Phrase, Token, cardinal, fold, ordinal},
};

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
        ["it" | "that" | "this"]
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
            "me" | "add" | "create" | "show" | "mark" | "remind" | "rename" | "reopen"
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

/// The tasks that words may mean.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Found {
    /// All of the words are in the titles of these.
    Sure(Vec<Task>),
    /// Only some of the words are: worth a question, not an action.
    Perhaps(Vec<Task>),
    Nothing,
}

/// Finds the tasks that words mean. Of several that match, those of the wanted status win.
pub(super) fn find(wanted: &str, tasks: &[Task], status: TaskStatus) -> Found {
    let words = content_words(wanted);
    if words.is_empty() {
        return Found::Nothing;
    }
    let prepared: Vec<(&Task, Vec<String>)> = tasks
        .iter()
        .map(|task| (task, split_words(&task.title)))
        .collect();
    let exact = key(wanted);
    let same: Vec<&Task> = prepared
        .iter()
        .filter(|(task, _)| key(&task.title) == exact)
        .map(|(task, _)| *task)
        .collect();
    if !same.is_empty() {
        return Found::Sure(prefer(same, status));
    }
    // From the strictest comparison to the most lenient; the first that finds something decides.
    let comparisons: [fn(&str, &str) -> bool; 3] = [
        |wanted, word| wanted == word,
        |wanted, word| stem(wanted) == stem(word) || is_start(wanted, word),
        is_misspelt,
    ];
    for same_word in comparisons {
        let matching: Vec<&Task> = prepared
            .iter()
            .filter(|(_, title)| words.iter().all(|w| title.iter().any(|t| same_word(w, t))))
            .map(|(task, _)| *task)
            .collect();
        if !matching.is_empty() {
            return Found::Sure(prefer(matching, status));
        }
    }
    let tagged: Vec<&Task> = tasks
        .iter()
        .filter(|task| {
            words.iter().all(|w| {
                let in_title = || split_words(&task.title).iter().any(|t| stem(t) == stem(w));
                task.tags.iter().any(|tag| stem(&key(tag)) == stem(w)) || in_title()
            })
        })
        .collect();
    if !tagged.is_empty() {
        return Found::Sure(prefer(tagged, status));
    }
    let score = |title: &[String]| {
        let hits = words
            .iter()
            .filter(|w| {
                title
                    .iter()
                    .any(|t| stem(w) == stem(t) || is_misspelt(w, t))
            })
            .count();
        if hits * 2 >= words.len() { hits } else { 0 }
    };
    let best = prepared
        .iter()
        .map(|(_, title)| score(title))
        .max()
        .unwrap_or(0);
    if best == 0 {
        return Found::Nothing;
    }
    let near = prepared.iter().filter(|(_, title)| score(title) == best);
    Found::Perhaps(prefer(near.map(|(task, _)| *task).collect(), status))
}

fn prefer(tasks: Vec<&Task>, status: TaskStatus) -> Vec<Task> {
    let fits = |task: &&&Task| match status {
        TaskStatus::All => true,
        TaskStatus::Pending => !task.completed,
        TaskStatus::Completed => task.completed,
    };
    let fitting: Vec<Task> = tasks.iter().filter(fits).map(|t| (*t).clone()).collect();
    if fitting.is_empty() {
        tasks.into_iter().cloned().collect()
    } else {
        fitting
    }
}

/// The comparable form of a text: no case, no accents, single spaces.
fn key(text: &str) -> String {
    split_words(text).join(" ")
}

fn split_words(text: &str) -> Vec<String> {
    let plain: String = fold(text)
        .nfkd()
        .filter(|c| !is_combining_mark(*c))
        .collect();
    plain
        .split(|c: char| !(c.is_alphanumeric() || c == '\''))
        .map(|word| word.trim_matches('\'').trim_end_matches("'s"))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The words of a reference that say something, each once.
fn content_words(text: &str) -> Vec<String> {
    const EMPTY: [&str; 42] = [
        "the", "a", "an", "my", "to", "of", "for", "with", "and", "about", "in", "on", "at",
        "that", "this", "it", "is", "task", "todo", "one", "please", "our", "some", "from", "item",
        "i", "thing", "tasks", "todos", "items", "things", "which", "called", "named", "off", "up",
        "out", "now", "all", "list", "them", "me",
    ];
    let all = split_words(text);
    let mut seen = HashSet::new();
    all.into_iter()
        .filter(|word| !EMPTY.contains(&word.as_str()) && seen.insert(word.clone()))
        .take(20)
        .collect()
}

/// Past forms that do not end in "-ed", each with its verb.
const IRREGULAR: [(&str, &str); 34] = [
    ("bought", "buy"),
    ("paid", "pay"),
    ("sent", "send"),
    ("wrote", "write"),
    ("written", "write"),
    ("made", "make"),
    ("did", "do"),
    ("done", "do"),
    ("got", "get"),
    ("took", "take"),
    ("went", "go"),
    ("ran", "run"),
    ("fed", "feed"),
    ("gave", "give"),
    ("spoke", "speak"),
    ("met", "meet"),
    ("read", "read"),
    ("sold", "sell"),
    ("told", "tell"),
    ("thought", "think"),
    ("found", "find"),
    ("brought", "bring"),
    ("built", "build"),
    ("drove", "drive"),
    ("swept", "sweep"),
    ("hung", "hang"),
    ("put", "put"),
    ("picked", "pick"),
    ("saw", "see"),
    ("taught", "teach"),
    ("returned", "return"),
    ("took", "take"),
    ("phoned", "call"),
    ("rang", "ring"),
];

/// A word without its ending: "booking", "booked" and "books" are one; so are "bought" and "buy".
pub(super) fn stem(word: &str) -> String {
    if let Some((_, base)) = IRREGULAR.iter().find(|(form, _)| *form == word) {
        return (*base).to_owned();
    }
    let mut stem = word;
    for ending in ["ing", "ied", "ed", "ies", "es", "s", "er", "y", "e"] {
        if let Some(base) = stem.strip_suffix(ending)
            && base.chars().count() >= 3
            && !(ending == "s" && base.ends_with('s'))
        {
            stem = base;
            if !matches!(ending, "s") {
                break;
            }
        }
    }
    // "planning" and "plan", "happy" and "happi".
    let mut chars: Vec<char> = stem.chars().collect();
    if let [.., a, b] = chars.as_slice()
        && a == b
        && chars.len() > 3
    {
        chars.pop();
    }
    if chars.last() == Some(&'e') && chars.len() > 3 {
        chars.pop();
    }
    chars.into_iter().collect()
}

/// "appoint" for "appointment".
fn is_start(wanted: &str, word: &str) -> bool {
    wanted.chars().count() >= 4 && word.starts_with(wanted)
}

/// Whether a word says that something was done: "bought", "called".
pub(super) fn is_past(word: &str) -> bool {
    (word.ends_with("ed") && word.len() > 4) || IRREGULAR.iter().any(|(form, _)| *form == word)
}

/// The tasks of which a sentence speaks, if only by one of its words.
pub(super) fn mentioned(sentence: &str, tasks: &[Task], status: TaskStatus) -> Vec<Task> {
    let stems: Vec<String> = content_words(sentence).iter().map(|w| stem(w)).collect();
    let hits = |task: &Task| {
        let title: Vec<String> = split_words(&task.title).iter().map(|w| stem(w)).collect();
        stems.iter().filter(|word| title.contains(word)).count()
    };
    let best = tasks.iter().map(hits).max().unwrap_or(0);
    let best: Vec<&Task> = tasks
        .iter()
        .filter(|task| best > 0 && hits(task) == best)
        .collect();
    prefer(best, status)
}

/// What was done, without anyone who did it: "bought milk", but not "completed tasks".
pub(super) fn is_deed(phrase: Phrase<'_>) -> bool {
    // Words that are also the first of a task, or of what is asked for.
    const OTHER: [&str; 19] = [
        "read",
        "put",
        "set",
        "cut",
        "completed",
        "finished",
        "closed",
        "checked",
        "tagged",
        "unfinished",
        "uncompleted",
        "needed",
        "wanted",
        "planned",
        "scheduled",
        "unchecked",
        "related",
        "sorted",
        "did",
    ];
    phrase.len() > 1 && is_past(phrase.word(0)) && !OTHER.contains(&phrase.word(0))
}

/// What was done, in the passive: "the rent is paid", "flights have been booked".
pub(super) fn is_passive(phrase: Phrase<'_>) -> bool {
    // What these say of a task is something else.
    const OTHER: [&str; 12] = [
        "cancelled",
        "canceled",
        "called",
        "needed",
        "named",
        "tagged",
        "moved",
        "postponed",
        "delayed",
        "scheduled",
        "rescheduled",
        "done",
    ];
    let last = phrase.word(phrase.len().saturating_sub(1));
    let verb = (1..phrase.len().saturating_sub(1)).any(|at| {
        matches!(
            phrase.word(at),
            "is" | "are" | "was" | "were" | "been" | "got" | "gets"
        )
    });
    // "rent paid": short, and not what is to be done ("get the car repaired").
    let first = phrase.word(0);
    let is_noun = !language::is_task_verb(first)
        || matches!(first, "rent" | "book" | "mail" | "post" | "paint" | "water");
    let is_someone = matches!(
        first,
        "i" | "i'm"
            | "im"
            | "we"
            | "we're"
            | "you"
            | "you're"
            | "he"
            | "she"
            | "they"
            | "it"
            | "it's"
    );
    let is_note = (2..=4).contains(&phrase.len()) && is_noun && !is_someone;
    (verb || is_note) && is_past(last) && !OTHER.contains(&last)
}

/// One slip of the fingers in a word of five letters, two in one of nine.
pub(super) fn is_misspelt(wanted: &str, word: &str) -> bool {
    let len = wanted.chars().count().min(word.chars().count());
    if (3..=4).contains(&len) {
        // A short word has too many neighbours for anything but two letters swapped.
        return is_swapped(wanted, word);
    }
    let slips = match len {
        0..=4 => 0,
        5..=8 => 1,
        _ => 2,
    };
    slips > 0 && distance(wanted, word, slips) <= slips
}

/// Whether two words of one length differ by two neighbouring letters that changed places.
fn is_swapped(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let at = a.iter().zip(&b).position(|(a, b)| a != b);
    a.len() == b.len()
        && at.is_some_and(|at| {
            let mut swapped = a.clone();
            at + 1 < a.len() && {
                swapped.swap(at, at + 1);
                swapped == b
            }
        })
}

/// The edits between two words, two letters swapped being one; more than `most` is not counted.
pub(super) fn distance(a: &str, b: &str, most: usize) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > most || a.len() > 40 {
        return most + 1;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut next = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let changed = usize::from(a[i - 1] != b[j - 1]);
            next[j] = (row[j] + 1).min(next[j - 1] + 1).min(row[j - 1] + changed);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                next[j] = next[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}
