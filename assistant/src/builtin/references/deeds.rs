//! What people tell of having done, which completes the task that they speak of.

use super::super::{language, tokens::Phrase, words::is_past};

/// What was done, without anyone who did it: "bought milk", but not "completed tasks".
pub(in super::super) fn is_deed(phrase: Phrase<'_>) -> bool {
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
pub(in super::super) fn is_passive(phrase: Phrase<'_>) -> bool {
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
