//! The language in which the grammar's rules are written, and its matcher.
//!
//! A pattern is words; `(a|b c)` is one of several, `[a|b]` the same or nothing, `{name}` stands
//! for another pattern, `<task>` is a slot. It has to match a clause from end to end; punctuation
//! between its words is skipped. A slot takes as few tokens as it can, and only what its kind
//! accepts, so a slot's meaning decides where it ends ("change *the report* to *friday*").

mod compiler;
mod machine;

use std::collections::{HashMap, HashSet};

use super::tokens::Phrase;
use machine::Machine;

/// What a slot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// Which task or tasks.
    Task,
    /// A reference that cannot be mistaken for something else: "task 3", "it", "the milk task".
    Definite,
    /// A title with its date, priority and tags.
    Title,
    /// A title that begins with what is to be done: "buy milk".
    Errand,
    /// Free text.
    Text,
    /// A date or time and nothing else.
    When,
    /// Date, priority and tags, and nothing else.
    Changes,
    /// Which tasks to show.
    Filter,
    /// Tags, with or without their sign.
    Tags,
    /// Tags with their sign.
    Hashtags,
    /// A length of time: "2 days".
    Span,
    /// Text between quotes.
    Quoted,
    /// Tags that come instead of the hashtags.
    NewTags,
    /// What was done: "bought milk".
    Past,
    /// The same where nobody is said to have done it, so that it has to be plainer.
    Deed,
    /// What was done, in the passive: "the rent is paid".
    Passive,
    /// A reference by number and nothing else.
    Number,
}

/// The text that each slot of a matched pattern took.
#[derive(Clone, Debug, Default)]
pub(super) struct Match<'a> {
    slots: Vec<(Slot, Phrase<'a>)>,
}

impl<'a> Match<'a> {
    /// What the first slot of this kind took; empty when the pattern has none.
    pub(super) fn get(&self, slot: Slot) -> Phrase<'a> {
        self.slots
            .iter()
            .find(|(kind, _)| *kind == slot)
            .map_or(Phrase::new("", &[]), |(_, phrase)| *phrase)
    }

    pub(super) fn has(&self, slot: Slot) -> bool {
        self.slots.iter().any(|(kind, _)| *kind == slot)
    }

    /// What the task slot took, whichever of its kinds the pattern has.
    pub(super) fn task(&self) -> Phrase<'a> {
        const KINDS: [Slot; 6] = [
            Slot::Definite,
            Slot::Task,
            Slot::Past,
            Slot::Deed,
            Slot::Passive,
            Slot::Number,
        ];
        KINDS
            .into_iter()
            .find(|slot| self.has(*slot))
            .map_or(Phrase::new("", &[]), |slot| self.get(slot))
    }
}

/// A compiled pattern: instructions of a small backtracking machine.
#[derive(Debug)]
pub(super) struct Pattern {
    ops: Vec<Op>,
    /// The words it can begin with; none if it can begin with anything.
    first: Option<HashSet<String>>,
}

#[derive(Debug)]
enum Op {
    Word(String),
    Slot(Slot),
    /// Tries the first, then the second.
    Split(usize, usize),
    Jump(usize),
    End,
}

/// Named patterns, for `{name}`.
pub(super) type Names = HashMap<&'static str, &'static str>;

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// A sentence on what is wrong with it.
    pub(super) fn compile(source: &str, names: &Names) -> Result<Self, String> {
        let ops = compiler::compile(source, names)?;
        let first = first_words(&ops);
        Ok(Self { ops, first })
    }

    /// Matches a whole clause; `accepts` says whether a slot may hold a phrase.
    pub(super) fn matches<'a>(
        &self,
        clause: Phrase<'a>,
        accepts: &mut dyn FnMut(Slot, Phrase<'a>) -> bool,
    ) -> Option<Match<'a>> {
        let opening = clause.tokens().iter().find(|token| !token.says_nothing());
        if let (Some(first), Some(opening)) = (&self.first, opening)
            && !first.contains(&opening.word)
        {
            return None;
        }
        let mut machine = Machine::new(self, clause, accepts);
        machine.matches().then_some(Match {
            slots: machine.slots,
        })
    }

    /// How much of the beginning of a clause the pattern matches at most.
    pub(super) fn starts(&self, clause: Phrase<'_>) -> Option<usize> {
        Machine::new(self, clause, &mut |_, _| false).longest_start()
    }

    /// The words that occur in it, for the correction of misspelt ones.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.ops.iter().filter_map(|op| match op {
            Op::Word(word) => Some(word.as_str()),
            _ => None,
        })
    }
}

/// The words that a match can begin with, unless it can begin with a slot or a mark.
fn first_words(ops: &[Op]) -> Option<HashSet<String>> {
    let mut words = HashSet::new();
    let mut seen = vec![false; ops.len()];
    let mut ahead = vec![0];
    while let Some(at) = ahead.pop() {
        if std::mem::replace(&mut seen[at], true) {
            continue;
        }
        match &ops[at] {
            Op::Word(word) if word.contains(char::is_alphanumeric) => {
                words.insert(word.clone());
            }
            Op::Word(_) | Op::Slot(_) | Op::End => return None,
            Op::Jump(to) => ahead.push(*to),
            Op::Split(first, second) => ahead.extend([*first, *second]),
        }
    }
    Some(words)
}

/// How much the matcher did, for the test that it does not grow out of proportion.
#[cfg(test)]
pub(super) mod work {
    use std::cell::Cell;

    thread_local! {
        static DONE: Cell<usize> = const { Cell::new(0) };
    }

    pub(super) fn count(steps: usize) {
        DONE.set(DONE.get() + steps);
    }

    /// The steps since the last time.
    pub(in super::super) fn take() -> usize {
        DONE.replace(0)
    }
}
