//! From a rule as it is written to the machine's instructions.

use super::{Names, Op, Slot};

/// The instructions of a pattern, with [`Op::End`] at their end.
pub(super) fn compile(source: &str, names: &Names) -> Result<Vec<Op>, String> {
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
    Ok(compiler.ops)
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
