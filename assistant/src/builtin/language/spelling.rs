//! Misspelt words of the grammar.

use std::{collections::BTreeSet, sync::LazyLock};

use super::{
    super::{
        rules::RULE_SET,
        tokens::{Kind, Token},
        words::is_misspelt,
    },
    verbs::is_task_verb,
};

/// Words of dates, which the rules do not have.
const DAYS: [&str; 11] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "today",
    "tomorrow",
    "tonight",
    "weekend",
];

/// The words of the grammar's rules.
static VOCABULARY: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let words = RULE_SET.iter().flat_map(|rule| rule.pattern.words());
    words
        .chain(DAYS.iter().copied())
        .filter(|word| word.len() >= 3)
        .map(str::to_owned)
        .collect()
});

/// Longest message in which misspelt words are looked for, in tokens.
const LONGEST_CORRECTED: usize = 40;

/// The tokens with misspelt words of the grammar put right; none if there are none.
pub(in super::super) fn corrected(tokens: &[Token]) -> Option<Vec<Token>> {
    if tokens.len() > LONGEST_CORRECTED {
        return None;
    }
    let mut changed = false;
    let corrected = tokens
        .iter()
        .map(|token| {
            let is_candidate = token.kind == Kind::Word && (3..=14).contains(&token.word.len());
            if !is_candidate || VOCABULARY.contains(&token.word) || is_task_verb(&token.word) {
                return token.clone();
            }
            match VOCABULARY
                .iter()
                .find(|known| is_misspelt(&token.word, known))
            {
                Some(known) => {
                    changed = true;
                    Token {
                        word: known.clone(),
                        ..token.clone()
                    }
                }
                None => token.clone(),
            }
        })
        .collect();
    changed.then_some(corrected)
}

/// Whether a word is one of the grammar's rules.
pub(super) fn is_known(word: &str) -> bool {
    VOCABULARY.contains(word)
}
