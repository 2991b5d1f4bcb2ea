//! What asks for a task to come again, which is not offered.

use super::super::{
    dates,
    tokens::{Kind, Phrase, Token},
};

/// The tokens of a clause without the repetition that it asks for, if it asks for any.
pub(in super::super) fn without_repetition(clause: Phrase<'_>) -> Option<Vec<Token>> {
    let is_unit = |word: &str| {
        let single = word.strip_suffix('s').unwrap_or(word);
        matches!(
            single,
            "day"
                | "week"
                | "month"
                | "year"
                | "morning"
                | "evening"
                | "night"
                | "afternoon"
                | "hour"
                | "weekday"
                | "weekend"
                | "quarter"
                | "workday"
        ) || dates::weekday(word).is_some()
            || dates::weekday(single).is_some()
    };
    let is_plural_day = |word: &str| {
        word.strip_suffix('s').is_some_and(|day| {
            (dates::weekday(day).is_some() && day.len() > 4) || matches!(day, "weekend" | "weekday")
        })
    };
    let is_task_noun = |word: &str| {
        matches!(
            word,
            "task" | "todo" | "to-do" | "item" | "reminder" | "chore" | "alarm"
        )
    };
    let tokens = clause.tokens();
    for (at, token) in tokens.iter().enumerate() {
        let len = match token.word.as_str() {
            "every" | "each" => {
                let mut len = 1;
                while matches!(
                    clause.word(at + len),
                    "other" | "single" | "second" | "third" | "few" | "first" | "last"
                ) || tokens
                    .get(at + len)
                    .is_some_and(|t| matches!(t.kind, Kind::Number(_) | Kind::Ordinal(_)))
                {
                    len += 1;
                }
                if clause.word(at + len) == "of" {
                    // "every first of the month"
                    len += 1 + usize::from(matches!(clause.word(at + len + 1), "the" | "a"));
                }
                if !is_unit(clause.word(at + len)) {
                    continue;
                }
                len + 1
            }
            "daily" | "weekly" | "monthly" | "yearly" | "annually" | "hourly" | "biweekly"
                if at > 0 && (at + 1 == tokens.len() || is_task_noun(clause.word(at + 1))) =>
            {
                1
            }
            // "on sundays", "on mondays and thursdays"
            "on" if is_plural_day(clause.word(at + 1)) => {
                let mut len = 2;
                loop {
                    let more = usize::from(matches!(clause.word(at + len), "and" | ","));
                    if !is_plural_day(clause.word(at + len + more)) {
                        break len;
                    }
                    len += more + 1;
                }
            }
            // "twice a week", "three times a day"
            "once" | "twice" | "times"
                if matches!(clause.word(at + 1), "a" | "per" | "each" | "every")
                    && is_unit(clause.word(at + 2)) =>
            {
                3
            }
            "repeat" | "repeating" | "recurring" if at + 1 == tokens.len() => 1,
            _ => continue,
        };
        let mut rest = tokens.to_vec();
        rest.drain(at..at + len);
        return Some(rest);
    }
    None
}
