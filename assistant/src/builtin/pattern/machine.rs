//! The backtracking machine that matches a clause.

#[cfg(test)]
use super::work;
use super::{
    super::tokens::{Kind, Phrase, Token},
    Op, Pattern, Slot,
};

pub(super) struct Machine<'m, 'a> {
    pattern: &'m Pattern,
    clause: Phrase<'a>,
    accepts: &'m mut dyn FnMut(Slot, Phrase<'a>) -> bool,
    /// States that were tried before and failed: they would fail again.
    seen: Vec<bool>,
    pub(super) slots: Vec<(Slot, Phrase<'a>)>,
}

/// Nothing but a title or a text takes more tokens than this, which bounds the matcher's work.
const LONGEST_SLOT: usize = 40;

impl<'m, 'a> Machine<'m, 'a> {
    pub(super) fn new(
        pattern: &'m Pattern,
        clause: Phrase<'a>,
        accepts: &'m mut dyn FnMut(Slot, Phrase<'a>) -> bool,
    ) -> Self {
        Self {
            pattern,
            clause,
            accepts,
            seen: vec![false; pattern.ops.len() * (clause.len() + 1)],
            slots: Vec::new(),
        }
    }

    /// Whether the pattern matches the clause from end to end.
    pub(super) fn matches(&mut self) -> bool {
        self.run(0, 0)
    }

    /// How much of the beginning of the clause the pattern matches at most.
    pub(super) fn longest_start(&mut self) -> Option<usize> {
        self.prefix(0, 0)
    }

    fn skip_marks(&self, mut at: usize) -> usize {
        while self.clause.get(at).is_some_and(Token::says_nothing) {
            at += 1;
        }
        at
    }

    fn word(&self, word: &str, at: usize) -> Option<usize> {
        let is_mark = word.len() == 1 && word.starts_with(|c: char| c.is_ascii_punctuation());
        let at = if is_mark { at } else { self.skip_marks(at) };
        let token = self.clause.get(at)?;
        (token.word == word && !matches!(token.kind, Kind::Quoted(_))).then_some(at + 1)
    }

    fn run(&mut self, op: usize, at: usize) -> bool {
        #[cfg(test)]
        work::count(1);
        let state = op * (self.clause.len() + 1) + at;
        if std::mem::replace(&mut self.seen[state], true) {
            return false;
        }
        match &self.pattern.ops[op] {
            Op::Word(word) => self
                .word(word, at)
                .is_some_and(|next| self.run(op + 1, next)),
            Op::Jump(to) => self.run(*to, at),
            Op::Split(first, second) => self.run(*first, at) || self.run(*second, at),
            Op::End => self.skip_marks(at) == self.clause.len(),
            Op::Slot(slot) => self.slot(*slot, op, at),
        }
    }

    fn slot(&mut self, slot: Slot, op: usize, at: usize) -> bool {
        let (start, len) = (self.skip_marks(at), self.clause.len());
        if start >= len {
            return false;
        }
        let is_last = matches!(self.pattern.ops[op + 1], Op::End);
        let first = if is_last { len } else { start + 1 };
        let last = match slot {
            Slot::Title | Slot::Errand | Slot::Text => len,
            _ => len.min(start + LONGEST_SLOT),
        };
        for end in first..=last {
            // Cheap refusals first: most ends are not followed by the next word.
            if let Op::Word(word) = &self.pattern.ops[op + 1]
                && self.word(word, end).is_none()
            {
                continue;
            }
            let phrase = self.clause.range(start..end).trimmed();
            #[cfg(test)]
            work::count(match slot {
                // Taken unread.
                Slot::Title | Slot::Errand | Slot::Text => 1,
                _ => phrase.len(),
            });
            if phrase.is_empty() || !(self.accepts)(slot, phrase) {
                continue;
            }
            self.slots.push((slot, phrase));
            if self.run(op + 1, end) {
                return true;
            }
            self.slots.pop();
        }
        false
    }

    /// Like `run`, but succeeds wherever the pattern ends, the longest way it can.
    fn prefix(&mut self, op: usize, at: usize) -> Option<usize> {
        let state = op * (self.clause.len() + 1) + at;
        if std::mem::replace(&mut self.seen[state], true) {
            return None;
        }
        match &self.pattern.ops[op] {
            Op::Word(word) => self.prefix(op + 1, self.word(word, at)?),
            Op::Jump(to) => self.prefix(*to, at),
            Op::Split(first, second) => {
                let first = self.prefix(*first, at);
                first.max(self.prefix(*second, at))
            }
            Op::End => Some(at),
            Op::Slot(_) => None,
        }
    }
}
