//! The second stage: where one command ends and the next begins, and what is only politeness.

use super::{
    dates::{self, Clock},
    language,
    rules::{OPENERS, STARTERS},
    slots,
    tokens::{Kind, Phrase, Token},
};

/// Words at the end of a command that say nothing.
const CLOSERS: [&str; 8] = [
    "please", "pls", "plz", "thanks", "thx", "ty", "cheers", "now",
];

/// The parts of a message that are commands of their own.
pub(super) fn clauses(message: Phrase<'_>) -> Vec<Phrase<'_>> {
    let mut clauses = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while at < message.len() {
        let Some(token) = message.get(at) else { break };
        let ends = match token.kind {
            Kind::Break if is_list(message.range(start..at)) => None,
            Kind::Mark('.') if at > start && is_abbreviation(message.word(at - 1)) => None,
            Kind::Break | Kind::Mark('.' | '!' | '?' | '…') => Some(at + 1),
            // "add the following: call Tom; email Ann"
            Kind::Mark(';') if is_list(message.range(start..at)) => starter_after(message, at + 1),
            Kind::Mark(';') => Some(at + 1),
            Kind::Mark(',') => starter_after(message, at + 1),
            Kind::Word
                if matches!(
                    token.word.as_str(),
                    "and" | "then" | "also" | "plus" | "but" | "so"
                ) && at > start =>
            {
                starter_after(message, at + 1)
            }
            _ => None,
        };
        if let Some(next) = ends {
            clauses.push(message.range(start..at));
            start = next;
            at = next;
        } else {
            at += 1;
        }
    }
    clauses.push(message.from(start));
    clauses
        .into_iter()
        .map(Phrase::trimmed)
        .filter(|clause| !clause.is_empty())
        .collect()
}

/// "Dr. Smith": the full stop ends no sentence.
fn is_abbreviation(word: &str) -> bool {
    matches!(
        word,
        "dr" | "mr"
            | "mrs"
            | "ms"
            | "prof"
            | "st"
            | "jr"
            | "sr"
            | "vs"
            | "approx"
            | "no"
            | "e.g"
            | "i.e"
    )
}

/// Whether a list follows a colon: "add these: …", on one line or on several.
fn is_list(clause: Phrase<'_>) -> bool {
    let has_colon = clause.tokens().iter().any(|t| t.kind == Kind::Mark(':'));
    let opens = |word: &str| {
        matches!(
            word,
            "following" | "these" | "tasks" | "things" | "items" | "todos" | "list"
        )
    };
    has_colon
        && clause
            .tokens()
            .iter()
            .take_while(|token| token.kind != Kind::Mark(':'))
            .any(|token| opens(&token.word))
}

/// Where a new command begins at or just behind this place, if one does.
fn starter_after(message: Phrase<'_>, at: usize) -> Option<usize> {
    const LONGEST: usize = 16;
    let mut at = at;
    // Politeness before it belongs to it: "and could you please …".
    for _ in 0..4 {
        while matches!(message.word(at), "and" | "then" | "also" | ",") {
            at += 1;
        }
        let rest = message.range(at..at + LONGEST);
        match OPENERS.as_ref().and_then(|pattern| pattern.starts(rest)) {
            Some(len) if len > 0 => at += len,
            _ => break,
        }
    }
    let rest = message.range(at..at + LONGEST);
    let starts = STARTERS
        .as_ref()
        .is_some_and(|pattern| pattern.starts(rest).is_some());
    (starts && rest.len() > 1).then_some(at)
}

/// "next friday", where "next" alone only goes on: "next, delete task 3".
fn is_next_date(clause: Phrase<'_>) -> bool {
    let unit = clause.word(1);
    clause.word(0) == "next"
        && (dates::weekday(unit).is_some() || matches!(unit, "week" | "weekend" | "month" | "year"))
}

/// A command without what is only said to be polite.
pub(super) fn without_politeness(clause: Phrase<'_>) -> Phrase<'_> {
    let mut clause = clause.trimmed();
    while !is_next_date(clause)
        && let Some(len) = OPENERS
            .as_ref()
            .and_then(|pattern| pattern.starts(clause))
            .filter(|len| *len > 0)
    {
        clause = clause.from(len).trimmed();
    }
    loop {
        let last = clause.len().saturating_sub(1);
        if clause.len() > 1 && clause.word(last) == "you" && clause.word(last - 1) == "thank" {
            clause = clause.range(0..last - 1).trimmed();
        } else if clause.len() > 1
            && CLOSERS.contains(&clause.word(last))
            && clause.word(last) != "now"
        {
            clause = clause.range(0..last).trimmed();
        } else {
            return clause;
        }
    }
}

/// The things in an enumeration: "milk, eggs and bread" are three, "buy milk and eggs" is one.
pub(super) fn items<'a>(phrase: Phrase<'a>, clock: &Clock) -> Vec<Phrase<'a>> {
    let mut items: Vec<Phrase<'a>> = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while at < phrase.len() {
        let Some(token) = phrase.get(at) else { break };
        let separates = is_separator(token);
        if !separates || at == start {
            at += 1;
            continue;
        }
        let mut next = at + 1;
        while matches!(phrase.word(next), "and" | "also" | "then")
            || phrase
                .get(next)
                .is_some_and(|t| matches!(t.kind, Kind::Mark(',' | ';' | '-' | '*')))
        {
            next += 1;
        }
        let (before, after) = (phrase.range(start..at), phrase.from(next));
        let is_line = token.kind == Kind::Break;
        if is_line || divides(phrase.range(0..at), before, after, clock) {
            items.push(before);
            start = next;
        }
        at = next;
    }
    items.push(phrase.from(start));
    items
        .into_iter()
        .map(Phrase::trimmed)
        .filter(|item| !item.is_empty())
        .collect()
}

fn is_separator(token: &Token) -> bool {
    matches!(token.kind, Kind::Mark(',' | ';') | Kind::Break) || token.word == "and"
}

fn divides(all_before: Phrase<'_>, before: Phrase<'_>, after: Phrase<'_>, clock: &Clock) -> bool {
    if after.is_empty() {
        return false;
    }
    let end = after
        .tokens()
        .iter()
        .position(is_separator)
        .unwrap_or(after.len());
    let item = after.range(0..end);
    // ", tomorrow at 5" and "and #home" belong to what stands before.
    if slots::changes(item, clock).is_some()
        || matches!(item.word(0), "it" | "that" | "with" | "then")
    {
        return false;
    }
    // "the form and send it back": one thing to do, of which both parts speak.
    let speaks_back = |t: &Token| matches!(t.word.as_str(), "it" | "them" | "him" | "her");
    if item.tokens().iter().any(speaks_back) {
        return false;
    }
    // "a meeting with Bob and Alice"
    let by_comma = all_before
        .text()
        .get(before.source_end()..item.source_start())
        .is_some_and(|between| between.contains([',', ';']));
    let is_relation = |t: &Token| {
        matches!(
            t.word.as_str(),
            "with" | "between" | "for" | "of" | "about" | "from" | "to" | "by" | "both"
        )
    };
    let verb_before = language::is_task_verb(all_before.word(0));
    let verb_after = language::is_task_verb(item.word(0));
    match (verb_before, verb_after) {
        (_, true) => true,
        (false, false) if !by_comma && before.tokens().iter().any(is_relation) => false,
        (false, false) => before.len() <= 4 && item.len() <= 12,
        (true, false) => false,
    }
}
