//! What the grammar knows of words beyond its rules: verbs that begin tasks, other languages,
//! repetition, questions, and misspelt words of its own.

mod foreign;
mod repetition;
mod spelling;
mod verbs;

use super::{
    rules::STARTERS,
    sentences,
    tokens::{Phrase, tokenize},
};

pub(super) use foreign::is_other;
pub(super) use repetition::without_repetition;
pub(super) use spelling::corrected;
pub(super) use verbs::{imperative, is_task_verb, with_imperatives};

/// Whether a clause begins as questions do. "Can you …" asks for something to be done instead.
pub(super) fn asks(clause: Phrase<'_>) -> bool {
    let (first, second) = (clause.word(0), clause.word(1));
    match first {
        "what" | "what's" | "whats" | "why" | "how" | "who" | "who's" | "when" | "where"
        | "which" | "is" | "are" | "does" | "did" | "am" | "was" | "were" | "whose"
        | "anything" | "wats" | "what're" | "when's" | "where's" | "isn't" | "aren't"
        | "didn't" => true,
        "do" | "have" | "has" | "should" | "shall" | "must" | "will" => {
            matches!(second, "i" | "we" | "you" | "they" | "it" | "the" | "my") && first != "do"
                || (first == "do" && matches!(second, "i" | "we" | "you" | "they"))
        }
        _ => false,
    }
}

/// Whether a clause asks something.
pub(super) fn is_question(clause: Phrase<'_>) -> bool {
    let behind = clause
        .tokens()
        .last()
        .map_or("", |last| &clause.text()[last.span.end..]);
    asks(clause) || clause.word(0) == "tell" || behind.trim_start().starts_with('?')
}

/// Whether a text tells something rather than asking for it.
pub(super) fn is_statement(text: &str) -> bool {
    let tokens = tokenize(text);
    let clause = sentences::without_politeness(Phrase::new(text, &tokens));
    let commands = STARTERS
        .as_ref()
        .is_some_and(|pattern| pattern.starts(clause).is_some());
    !commands && !is_question(clause) && (clause.is_empty() || clause.len() > 2)
}
