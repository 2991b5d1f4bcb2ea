//! What stands in a title beside the title: its date, its priority, its #tags and its note.

use jiff::SpanFieldwise;
use todo_api::{DESCRIPTION_MAX, Priority, TAG_MAX, TAGS_MAX, TITLE_MAX};

use super::{
    dates::{self, Clock, When},
    tokens::{Kind, Phrase, Token},
};

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
    const FILLERS: [&str; 20] = [
        "and", "with", "to", "as", "it", "be", "is", "due", ",", ":", "a", "an", "the", "also",
        "set", "make", "of", "-", "on", "then",
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

/// A list of tags, with or without their sign: "home and work", "#a, #b".
pub(super) fn tag_list(phrase: Phrase<'_>) -> Option<Vec<String>> {
    let mut found = Vec::new();
    for token in phrase.tokens() {
        match &token.kind {
            Kind::Tag(name) => found.push(name.clone()),
            Kind::Mark(',') => {}
            Kind::Quoted(_) => found.push(phrase.unquoted(token).trim().to_owned()),
            Kind::Word if matches!(token.word.as_str(), "and" | "tag" | "tags" | "the" | "as") => {}
            Kind::Word => found.push(token.word.clone()),
            _ => return None,
        }
    }
    found.retain(|tag| !tag.is_empty() && tag.chars().count() <= TAG_MAX);
    (!found.is_empty() && found.len() <= 5).then_some(found)
}

/// `#home`, "tagged home and garden", "with the tag home".
fn tags(phrase: Phrase<'_>, found: &mut Vec<String>) -> Option<usize> {
    let first = phrase.get(0)?;
    if let Kind::Tag(name) = &first.kind {
        // "#3" is a task.
        if name.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        add_tag(found, name);
        return Some(1);
    }
    let word = |at| phrase.word(at);
    let mut at = match word(0) {
        "tagged" | "labelled" | "labeled" => 1 + usize::from(matches!(word(1), "as" | "with")),
        "with" | "and" | "under" => {
            let noun = 1 + usize::from(matches!(word(1), "the" | "a"));
            match word(noun) {
                "tag" | "tags" | "label" | "labels" => noun + 1,
                _ => return None,
            }
        }
        "tag" | "tags" | "label" | "labels" if word(1) == ":" => 1,
        _ => return None,
    };
    if word(at) == ":" {
        at += 1;
    }
    let start = at;
    while let Some(token) = phrase.get(at) {
        match &token.kind {
            Kind::Tag(name) => add_tag(found, name),
            Kind::Quoted(_) => add_tag(found, phrase.unquoted(token)),
            Kind::Word => add_tag(found, &token.word),
            _ => break,
        }
        at += 1;
        let more = match word(at) {
            "and" | "&" => 1,
            "," if word(at + 1) == "and" => 2,
            "," => 1,
            _ => break,
        };
        if !matches!(phrase.get(at + more)?.kind, Kind::Word | Kind::Tag(_)) {
            break;
        }
        at += more;
    }
    (at > start).then_some(at)
}

fn add_tag(found: &mut Vec<String>, name: &str) {
    let name = name.trim();
    let fits = !name.is_empty() && name.chars().count() <= TAG_MAX && found.len() < TAGS_MAX;
    if fits && !found.iter().any(|known| known == name) {
        found.push(name.to_owned());
    }
}

/// `!high`, "with high priority", "priority: low", "p1".
fn priority(phrase: Phrase<'_>) -> Option<(Priority, usize)> {
    let first = phrase.get(0)?;
    if let Kind::Priority(priority) = first.kind {
        return Some((priority, 1));
    }
    if first.kind == Kind::Word
        && let Some(priority) = priority_code(&first.word)
    {
        return Some((priority, 1));
    }
    let word = |at| phrase.word(at);
    if is_priority_noun(word(0)) {
        let at = 1 + usize::from(matches!(word(1), ":" | "is" | "to" | "of" | "=" | "level"));
        let level = level(word(at)).or_else(|| number_level(word(at)))?;
        return Some((level, at + 1));
    }
    let mut at = 0;
    if matches!(word(at), "with" | "as" | "at" | "of" | "in") {
        at += 1;
        if matches!(word(at), "a" | "an" | "the") {
            at += 1;
        }
    }
    if matches!(word(at), "very" | "really" | "super") {
        at += 1;
    }
    if let Some(level) = compound_level(word(at)) {
        return Some((level, at + 1));
    }
    let level = level(word(at))?;
    if is_priority_noun(word(at + 1)) {
        return Some((level, at + 2));
    }
    // "as urgent"
    (at > 0 && word(0) == "as" && is_adjective(word(at))).then_some((level, at + 1))
}

fn is_priority_noun(word: &str) -> bool {
    matches!(
        word,
        "priority" | "prio" | "priorities" | "importance" | "urgency"
    )
}

fn is_adjective(word: &str) -> bool {
    matches!(word, "urgent" | "important" | "critical")
}

fn priority_code(word: &str) -> Option<Priority> {
    Some(match word {
        "p1" => Priority::High,
        "p2" => Priority::Medium,
        "p3" => Priority::Low,
        "p4" => Priority::None,
        _ => return None,
    })
}

fn level(word: &str) -> Option<Priority> {
    Some(match word {
        "high" | "top" | "highest" | "higher" | "urgent" | "important" | "critical" | "max" => {
            Priority::High
        }
        "medium" | "mid" | "normal" | "moderate" | "med" => Priority::Medium,
        "low" | "lowest" | "lower" | "minor" => Priority::Low,
        "no" | "none" | "zero" => Priority::None,
        _ => return None,
    })
}

fn number_level(word: &str) -> Option<Priority> {
    Some(match word {
        "1" => Priority::High,
        "2" => Priority::Medium,
        "3" => Priority::Low,
        _ => return None,
    })
}

/// "high-priority"
fn compound_level(word: &str) -> Option<Priority> {
    let (name, noun) = word.split_once('-')?;
    is_priority_noun(noun).then(|| level(name))?
}

/// A level without its noun, where nothing else can be meant: "make it urgent", "set it to low".
fn bare_priority(phrase: Phrase<'_>) -> Option<(Priority, usize)> {
    let word = |at| phrase.word(at);
    match word(0) {
        "not" | "less" if is_adjective(word(1)) => Some((Priority::Low, 2)),
        "more" if is_adjective(word(1)) => Some((Priority::High, 2)),
        "very" | "really" | "super" => level(word(1)).map(|level| (level, 2)),
        "asap" => Some((Priority::High, 1)),
        "no" => None,
        first => level(first).map(|level| (level, 1)),
    }
}

/// A level that a phrase of a filter begins with: "high priority", "urgent", "important".
pub(super) fn leading_priority(phrase: Phrase<'_>) -> Option<(Priority, usize)> {
    if let Some(found) = priority(phrase) {
        return Some(found);
    }
    let word = phrase.word(0);
    (is_adjective(word) || (matches!(word, "high" | "medium" | "low") && phrase.len() > 1))
        .then(|| bare_priority(phrase))?
}

struct Reader<'a> {
    phrase: Phrase<'a>,
    clock: &'a Clock,
    /// Which tokens are no part of the title.
    taken: Vec<bool>,
    details: Details,
}

impl<'a> Reader<'a> {
    fn new(phrase: Phrase<'a>, clock: &'a Clock) -> Self {
        Self {
            phrase,
            clock,
            taken: vec![false; phrase.len()],
            details: Details::default(),
        }
    }

    fn take(&mut self, at: usize, len: usize) {
        for taken in self.taken.iter_mut().skip(at).take(len) {
            *taken = true;
        }
    }

    /// "with the description: …", "note: …", to the end.
    fn description(&mut self) {
        for at in 1..self.phrase.len() {
            let rest = self.phrase.from(at);
            let mut len = 0;
            let led = matches!(rest.word(0), "with" | "and");
            if led {
                len += 1;
                if matches!(rest.word(len), "a" | "the") {
                    len += 1;
                }
            }
            if !matches!(
                rest.word(len),
                "description" | "desc" | "note" | "notes" | "details" | "comment"
            ) {
                continue;
            }
            len += 1;
            let mut marked = false;
            while matches!(
                rest.word(len),
                ":" | "that" | "says" | "saying" | "of" | "to" | "-" | "="
            ) {
                marked = true;
                len += 1;
            }
            let quoted = matches!(rest.get(len), Some(t) if matches!(t.kind, Kind::Quoted(_)));
            if !(led || marked || quoted) || rest.get(len).is_none() {
                continue;
            }
            let body = rest.from(len);
            let (text, taken) = match body.get(0) {
                Some(token) if quoted => (body.unquoted(token), len + 1),
                _ => (body.source(), rest.len()),
            };
            self.details.description = Some(clip(text.trim(), DESCRIPTION_MAX));
            self.take(at, taken);
            return;
        }
    }

    /// What is a date, a priority or a tag wherever it stands.
    fn anywhere(&mut self) {
        let mut at = 0;
        while at < self.phrase.len() {
            if self.taken[at] {
                at += 1;
                continue;
            }
            let rest = self.phrase.from(at);
            let len = if let Some(len) = tags(rest, &mut self.details.tags) {
                len
            } else if let Some((level, len)) = self.priority_here(rest) {
                self.details.priority = Some(level);
                len
            } else if let Some(found) = dates::find(rest, self.clock)
                && found.sure
                && self.set_when(found.when)
            {
                found.len
            } else {
                at += 1;
                continue;
            };
            self.take(at, len);
            at += len;
        }
    }

    fn priority_here(&self, rest: Phrase<'_>) -> Option<(Priority, usize)> {
        if self.details.priority.is_some() {
            return None;
        }
        priority(rest)
    }

    fn set_when(&mut self, when: When) -> bool {
        match self.details.when {
            None => self.details.when = Some(when),
            Some(said) => match said.join(when) {
                Some(joined) => self.details.when = Some(joined),
                None => return false,
            },
        }
        true
    }

    fn is_open(&self, at: usize) -> bool {
        let is_mark = |token: &Token| matches!(token.kind, Kind::Mark(_) | Kind::Break);
        !self.taken[at] && !self.phrase.get(at).is_none_or(is_mark)
    }

    /// What is a date or a priority only at the end or the beginning of a title.
    fn edges(&mut self) {
        while self.trailing() {}
        let Some(first) = (0..self.phrase.len()).find(|at| self.is_open(*at)) else {
            return;
        };
        let rest = self.phrase.from(first);
        let set_off = |len: usize| matches!(rest.word(len), ":" | "," | "-" | "\u{2013}");
        if let Some(found) = dates::find(rest, self.clock)
            && set_off(found.len)
            && self.set_when(found.when)
        {
            self.take(first, found.len);
        } else if self.details.priority.is_none()
            && is_adjective(rest.word(0))
            && (set_off(1) || matches!(rest.get(1).map(|t| &t.kind), Some(Kind::Mark('!'))))
        {
            self.details.priority = Some(Priority::High);
            self.take(first, 1);
        }
    }

    fn trailing(&mut self) -> bool {
        let Some(last) = (0..self.phrase.len()).rfind(|at| self.is_open(*at)) else {
            return false;
        };
        let Some(first) = (0..self.phrase.len()).find(|at| self.is_open(*at)) else {
            return false;
        };
        let word = |at: usize| self.phrase.word(at);
        if self.details.priority.is_none()
            && last > first
            && matches!(word(last), "urgent" | "important" | "urgently" | "asap")
        {
            const BEFORE: [&str; 12] = [
                "it's",
                "its",
                "it",
                "is",
                "that's",
                "very",
                "really",
                "this",
                "and",
                "as",
                "super",
                "it\u{2019}s",
            ];
            let set_off = matches!(word(last - 1), "," | "(" | "-" | "." | ";" | "!");
            if BEFORE.contains(&word(last - 1)) || set_off || word(last) != "important" {
                let mut start = last;
                while start > first + 1 && BEFORE.contains(&word(start - 1)) {
                    start -= 1;
                }
                self.details.priority = Some(Priority::High);
                self.take(start, last + 1 - start);
                return true;
            }
        }
        // The longest date that ends with the title.
        let start = last.saturating_sub(11).max(first);
        for at in start..=last {
            if self.taken[at] || self.is_compound(at) {
                continue;
            }
            if let Some(found) = dates::find(self.phrase.range(at..last + 1), self.clock)
                && at + found.len == last + 1
                && self.set_when(found.when)
            {
                self.take(at, found.len);
                return true;
            }
        }
        false
    }

    /// "Black Friday", "the last Sunday": a name, no date.
    fn is_compound(&self, at: usize) -> bool {
        at > 0
            && dates::weekday(self.phrase.word(at)).is_some()
            && matches!(
                self.phrase.word(at - 1),
                "black"
                    | "good"
                    | "last"
                    | "casual"
                    | "cyber"
                    | "easter"
                    | "palm"
                    | "ash"
                    | "a"
                    | "every"
                    | "each"
                    | "super"
                    | "the"
                    | "previous"
                    | "from"
            )
    }

    fn finish(mut self) -> Details {
        let title = self.title();
        self.details.title = if title.chars().count() > TITLE_MAX {
            // Nothing is lost: what the title cannot hold stands in the description.
            if self.details.description.is_none() {
                self.details.description = Some(clip(&title, DESCRIPTION_MAX));
            }
            clip(&title, TITLE_MAX)
        } else {
            title
        };
        self.details
    }

    fn title(&self) -> String {
        let open: Vec<usize> = (0..self.phrase.len())
            .filter(|at| self.is_open(*at))
            .collect();
        if let [only] = open.as_slice()
            && let Some(token) = self.phrase.get(*only)
            && matches!(token.kind, Kind::Quoted(_))
        {
            return title_text(self.phrase.unquoted(token));
        }
        let mut pieces: Vec<&str> = Vec::new();
        let mut at = 0;
        while at < self.phrase.len() {
            if self.taken[at] {
                at += 1;
                continue;
            }
            let start = at;
            while at < self.phrase.len() && !self.taken[at] {
                at += 1;
            }
            let before_taken = at < self.phrase.len();
            pieces.push(tidy(self.phrase.range(start..at), start > 0, before_taken));
        }
        pieces.retain(|piece| !piece.is_empty());
        title_text(&pieces.join(" "))
    }
}

/// A piece of a title without what dangles where something was taken out.
fn tidy(piece: Phrase<'_>, after_taken: bool, before_taken: bool) -> &str {
    let (mut start, mut end) = (0, piece.len());
    while after_taken
        && start < end
        && matches!(
            piece.word(start),
            "," | ";" | "." | ")" | "]" | "-" | ":" | "\u{2013}" | "\u{2014}"
        )
    {
        start += 1;
    }
    if start > 0 || !after_taken {
        // "tomorrow, and call mom"
        while start < end && piece.word(start) == "and" {
            start += 1;
        }
    }
    while before_taken
        && start < end
        && matches!(
            piece.word(end - 1),
            "," | ";"
                | "("
                | "["
                | "-"
                | ":"
                | "\u{2013}"
                | "\u{2014}"
                | "and"
                | "maybe"
                | "probably"
                | "perhaps"
        )
    {
        end -= 1;
    }
    piece.range(start..end).source()
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
