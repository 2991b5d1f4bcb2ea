//! The language in which the grammar's rules are written, and its matcher.
//!
//! A pattern is words; `(a|b c)` is one of several, `[a|b]` the same or nothing, `{name}` stands
//! for another pattern, `<task>` is a slot. It has to match a clause from end to end; punctuation
//! between its words is skipped. A slot takes as few tokens as it can, and only what its kind
//! accepts, so a slot's meaning decides where it ends ("change *the report* to *friday*").

use std::collections::{HashMap, HashSet};

use super::tokens::{Kind, Phrase, Token};

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
        let mut compiler = Compiler {
            ops: Vec::new(),
            names,
            depth: 0,
        };
        let rest = compiler.alternatives(source)?;
        if !rest.is_empty() {
            return Err(format!("unexpected \"{rest}\" in \"{source}\""));
        }
        compiler.ops.push(Op::End);
        let first = first_words(&compiler.ops);
        Ok(Self {
            ops: compiler.ops,
            first,
        })
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
        let mut machine = Machine {
            pattern: self,
            clause,
            accepts,
            seen: vec![false; self.ops.len() * (clause.len() + 1)],
            slots: Vec::new(),
        };
        machine.run(0, 0).then_some(Match {
            slots: machine.slots,
        })
    }

    /// How much of the beginning of a clause the pattern matches at most.
    pub(super) fn starts(&self, clause: Phrase<'_>) -> Option<usize> {
        let mut machine = Machine {
            pattern: self,
            clause,
            accepts: &mut |_, _| false,
            seen: vec![false; self.ops.len() * (clause.len() + 1)],
            slots: Vec::new(),
        };
        machine.prefix(0, 0)
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

struct Machine<'m, 'a> {
    pattern: &'m Pattern,
    clause: Phrase<'a>,
    accepts: &'m mut dyn FnMut(Slot, Phrase<'a>) -> bool,
    /// States that were tried before and failed: they would fail again.
    seen: Vec<bool>,
    slots: Vec<(Slot, Phrase<'a>)>,
}

/// Nothing but a title or a text takes more tokens than this, which bounds the matcher's work.
const LONGEST_SLOT: usize = 40;

impl<'a> Machine<'_, 'a> {
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

struct Compiler<'n> {
    ops: Vec<Op>,
    names: &'n Names,
    depth: usize,
}

impl Compiler<'_> {
    /// `a|b c`, up to a closing bracket or the end.
    fn alternatives<'s>(&mut self, source: &'s str) -> Result<&'s str, String> {
        let mut ends = Vec::new();
        let mut rest = source;
        loop {
            let split = self.ops.len();
            self.ops.push(Op::End);
            rest = self.sequence(rest)?;
            let Some(next) = rest.strip_prefix('|') else {
                // The last alternative needs no second way.
                self.ops[split] = Op::Jump(split + 1);
                break;
            };
            ends.push(self.ops.len());
            self.ops.push(Op::End);
            self.ops[split] = Op::Split(split + 1, self.ops.len());
            rest = next;
        }
        for end in ends {
            self.ops[end] = Op::Jump(self.ops.len());
        }
        Ok(rest)
    }

    fn sequence<'s>(&mut self, source: &'s str) -> Result<&'s str, String> {
        let mut rest = source.trim_start();
        loop {
            let (inside, closing) = match rest.chars().next() {
                None | Some('|' | ')' | ']') => return Ok(rest),
                Some('(') => (&rest[1..], ')'),
                Some('[') => (&rest[1..], ']'),
                Some('{') => {
                    let (name, after) = rest[1..].split_once('}').ok_or("unclosed {")?;
                    self.named(name)?;
                    rest = after.trim_start();
                    continue;
                }
                Some('<') => {
                    let (name, after) = rest[1..].split_once('>').ok_or("unclosed <")?;
                    self.ops.push(Op::Slot(slot(name)?));
                    rest = after.trim_start();
                    continue;
                }
                Some(_) => {
                    let end = rest
                        .find([' ', '|', '(', ')', '[', ']', '{', '<', '\n'])
                        .unwrap_or(rest.len());
                    self.ops.push(Op::Word(rest[..end].to_owned()));
                    rest = rest[end..].trim_start();
                    continue;
                }
            };
            let skip = self.ops.len();
            if closing == ']' {
                self.ops.push(Op::End);
            }
            let after = self.alternatives(inside)?;
            rest = after
                .strip_prefix(closing)
                .ok_or_else(|| format!("missing {closing} before \"{after}\""))?
                .trim_start();
            if closing == ']' {
                self.ops[skip] = Op::Split(skip + 1, self.ops.len());
            }
        }
    }

    fn named(&mut self, name: &str) -> Result<(), String> {
        let source = *self
            .names
            .get(name)
            .ok_or_else(|| format!("no pattern is named {name}"))?;
        self.depth += 1;
        if self.depth > 8 {
            return Err(format!("{name} contains itself"));
        }
        let rest = self.alternatives(source)?;
        self.depth -= 1;
        if rest.is_empty() {
            Ok(())
        } else {
            Err(format!("unexpected \"{rest}\" in {name}"))
        }
    }
}

fn slot(name: &str) -> Result<Slot, String> {
    Ok(match name {
        "task" => Slot::Task,
        "definite" => Slot::Definite,
        "title" => Slot::Title,
        "errand" => Slot::Errand,
        "text" => Slot::Text,
        "when" => Slot::When,
        "changes" => Slot::Changes,
        "filter" => Slot::Filter,
        "tags" => Slot::Tags,
        "hashtags" => Slot::Hashtags,
        "span" => Slot::Span,
        "quoted" => Slot::Quoted,
        "newtags" => Slot::NewTags,
        "past" => Slot::Past,
        "deed" => Slot::Deed,
        "passive" => Slot::Passive,
        "number" => Slot::Number,
        other => return Err(format!("no slot is named {other}")),
    })
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
