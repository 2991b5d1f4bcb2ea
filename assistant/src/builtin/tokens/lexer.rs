//! Where each token ends.

use todo_api::{Priority, TAG_MAX};

use super::{Kind, Token, figures::figure, fold};

/// Splits a message in time linear in its length.
pub(in super::super) fn tokenize(text: &str) -> Vec<Token> {
    let mut lexer = Lexer {
        text,
        at: 0,
        tokens: Vec::new(),
        unclosed: Vec::new(),
    };
    while let Some(next) = lexer.rest().chars().next() {
        lexer.token(next);
    }
    lexer.tokens
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    tokens: Vec<Token>,
    /// Closing quotes that do not occur again, so that no search for them is made twice.
    unclosed: Vec<char>,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn push(&mut self, kind: Kind, len: usize) {
        let span = self.at..self.at + len;
        let word = fold(&self.text[span.clone()]);
        self.at = span.end;
        self.tokens.push(Token { kind, span, word });
    }

    fn token(&mut self, next: char) {
        match next {
            '\n' | '\r' | '\u{2028}' | '\u{2029}' => {
                if matches!(self.tokens.last(), Some(last) if last.kind == Kind::Break) {
                    self.at += next.len_utf8();
                } else {
                    self.push(Kind::Break, next.len_utf8());
                }
            }
            c if c.is_whitespace() || c.is_control() || is_invisible(c) => {
                self.at += c.len_utf8();
            }
            '#' => self.tag(),
            '!' => self.exclamation(),
            '0'..='9' => self.figures(),
            '+' if self.is_bullet() => self.push(Kind::Mark('+'), 1),
            c => {
                if let Some(closing) = closing_quote(c)
                    && self.quoted(c, closing)
                {
                    return;
                }
                self.word_or_mark(c);
            }
        }
    }

    /// "+milk" is "add milk" to some, and a line of a list to others; "+49" and "C++" are not.
    fn is_bullet(&self) -> bool {
        let mut after = self.rest().chars().skip(1);
        (self.at == 0 || self.text[..self.at].ends_with(char::is_whitespace))
            && after.next().is_some_and(|c| c.is_alphabetic() || c == ' ')
    }

    fn tag(&mut self) {
        let name: &str = &self.rest()[1..];
        let len = name
            .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '/')))
            .unwrap_or(name.len());
        let name = name[..len].trim_end_matches(['-', '/', '_']);
        if name.is_empty() || name.chars().count() > TAG_MAX {
            self.push(Kind::Mark('#'), 1);
        } else {
            self.push(Kind::Tag(name.to_owned()), 1 + name.len());
        }
    }

    /// `!high`, `!1`, `!!!`, or the end of a sentence.
    fn exclamation(&mut self) {
        let rest = self.rest();
        let marks = rest.len() - rest.trim_start_matches('!').len();
        let name = &rest[marks..];
        let len = name
            .find(|c: char| !c.is_alphanumeric())
            .unwrap_or(name.len());
        let named = match fold(&name[..len]).as_str() {
            "high" | "urgent" | "important" | "1" | "p1" => Some(Priority::High),
            "medium" | "med" | "normal" | "2" | "p2" => Some(Priority::Medium),
            "low" | "3" | "p3" => Some(Priority::Low),
            "none" | "4" | "p4" => Some(Priority::None),
            _ => None,
        };
        let after_space = self.at == 0 || self.text[..self.at].ends_with(char::is_whitespace);
        match named {
            Some(priority) => self.push(Kind::Priority(priority), marks + len),
            None if marks >= 2 && after_space && len == 0 => {
                let priority = if marks == 2 {
                    Priority::Medium
                } else {
                    Priority::High
                };
                self.push(Kind::Priority(priority), marks);
            }
            None => self.push(Kind::Mark('!'), marks),
        }
    }

    fn quoted(&mut self, opening: char, closing: char) -> bool {
        if self.unclosed.contains(&closing) {
            return false;
        }
        let start = self.at + opening.len_utf8();
        let ends_word = |end: usize| {
            let after = self.text[end..].chars().nth(1);
            closing == '"' || !after.is_some_and(char::is_alphanumeric)
        };
        let end = self.text[start..]
            .char_indices()
            .map(|(i, c)| (start + i, c))
            .find(|&(end, c)| closes(c, closing) && ends_word(end))
            .map(|(end, c)| (end, c.len_utf8()));
        match end {
            Some((end, width)) if !self.text[start..end].trim().is_empty() => {
                self.push(Kind::Quoted(start..end), end + width - self.at);
                true
            }
            Some(_) => false,
            None => {
                self.unclosed.push(closing);
                false
            }
        }
    }

    /// What begins with a figure: a date, a time, an ordinal, a number, or a word such as `2nd-hand`.
    fn figures(&mut self) {
        let rest = self.rest();
        let run = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, ':' | '.' | '/' | '-')))
            .unwrap_or(rest.len());
        if !rest[run..].starts_with(|c: char| c.is_alphanumeric()) {
            let run = &rest[..run];
            let bare = run.trim_end_matches([':', '.', '/', '-']);
            for candidate in [run, bare] {
                if let Some(kind) = figure(candidate) {
                    return self.push(kind, candidate.len());
                }
            }
        }
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let ends = !rest[digits..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
        match rest[..digits].parse() {
            Ok(number) if ends && !joins(&rest[digits..]) => {
                self.push(Kind::Number(number), digits);
            }
            _ => {
                let len = word_len(rest).max(digits);
                self.push(Kind::Word, len);
            }
        }
    }

    fn word_or_mark(&mut self, next: char) {
        match word_len(self.rest()) {
            0 => self.push(Kind::Mark(next), next.len_utf8()),
            len => self.push(Kind::Word, len),
        }
    }
}

/// Marks of direction and zero width, which say nothing.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Whether what follows a number makes it part of a word: `1.5`, `1,000`, `50%`.
fn joins(after: &str) -> bool {
    let mut chars = after.chars();
    match chars.next() {
        Some('.' | ',') => chars.next().is_some_and(|c| c.is_ascii_digit()),
        Some('%' | '€' | '$' | '£' | '+' | '°' | '\'' | '\u{2019}') => true,
        _ => false,
    }
}

/// The bytes of the word at the start of `text`, 0 when a mark stands there.
fn word_len(text: &str) -> usize {
    if text.starts_with("http://") || text.starts_with("https://") || text.starts_with("www.") {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        return text[..end]
            .trim_end_matches(['.', ',', ';', ')', '!', '?'])
            .len();
    }
    let mut previous: Option<char> = None;
    let mut chars = text.char_indices().peekable();
    while let Some((i, c)) = chars.next() {
        let following = chars.peek().map(|&(_, c)| c);
        let inside = match c {
            // Between letters they belong to the word: "mom's", "e.g", "and/or", "a@b.example".
            '\'' | '\u{2018}' | '\u{2019}' | '.' | '/' | '-' | '\u{2010}' | '\u{2011}' | '&'
            | '@' | '\u{b7}' => {
                previous.is_some_and(char::is_alphanumeric)
                    && following.is_some_and(char::is_alphanumeric)
            }
            ',' | ':' => {
                previous.is_some_and(|c| c.is_ascii_digit())
                    && following.is_some_and(|c| c.is_ascii_digit())
            }
            c => !is_mark(c) && !c.is_whitespace() && !c.is_control() && !is_invisible(c),
        };
        if !inside {
            return i;
        }
        previous = Some(c);
    }
    text.len()
}

fn is_mark(c: char) -> bool {
    (c.is_ascii_punctuation() && !matches!(c, '_' | '%' | '$' | '+' | '&' | '@'))
        || matches!(
            c,
            '\u{2013}' | '\u{2014}' | '\u{2026}' | '\u{ab}' | '\u{bb}' | '\u{2018}'
                ..='\u{201f}'
                    | '\u{2022}'
                    | '\u{a1}'
                    | '\u{bf}'
                    | '\u{3002}'
                    | '\u{3001}'
                    | '\u{ff0c}'
                    | '\u{ff1f}'
                    | '\u{ff01}'
        )
}

fn closing_quote(opening: char) -> Option<char> {
    Some(match opening {
        '"' => '"',
        '\'' => '\'',
        '`' => '`',
        '\u{201c}' | '\u{201e}' => '\u{201d}',
        '\u{2018}' | '\u{201a}' => '\u{2019}',
        '\u{ab}' => '\u{bb}',
        _ => return None,
    })
}

/// Keyboards and languages disagree on which curly quote closes.
fn closes(c: char, closing: char) -> bool {
    c == closing
        || (closing == '\u{201d}' && matches!(c, '\u{201c}' | '"'))
        || (closing == '\u{2019}' && c == '\'')
}
