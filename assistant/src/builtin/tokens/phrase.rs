//! Part of a message, as the grammar looks at it.

use std::ops::Range;

use super::{Kind, Token};

/// Part of a message: the tokens the grammar looks at, and the text behind them.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Phrase<'a> {
    text: &'a str,
    tokens: &'a [Token],
}

impl<'a> Phrase<'a> {
    pub(in super::super) fn new(text: &'a str, tokens: &'a [Token]) -> Self {
        Self { text, tokens }
    }

    /// The whole message.
    pub(in super::super) fn text(self) -> &'a str {
        self.text
    }

    pub(in super::super) fn tokens(self) -> &'a [Token] {
        self.tokens
    }

    pub(in super::super) fn len(self) -> usize {
        self.tokens.len()
    }

    pub(in super::super) fn is_empty(self) -> bool {
        self.tokens.is_empty()
    }

    pub(in super::super) fn get(self, at: usize) -> Option<&'a Token> {
        self.tokens.get(at)
    }

    /// The compared form of the token at `at`, empty beyond the end.
    pub(in super::super) fn word(self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |token| token.word.as_str())
    }

    pub(in super::super) fn range(self, range: Range<usize>) -> Self {
        let end = range.end.min(self.tokens.len());
        Self {
            tokens: &self.tokens[range.start.min(end)..end],
            ..self
        }
    }

    pub(in super::super) fn from(self, start: usize) -> Self {
        self.range(start..self.len())
    }

    /// Without the marks and line ends around it.
    pub(in super::super) fn trimmed(self) -> Self {
        let is_edge = |token: &Token| matches!(token.kind, Kind::Mark(_) | Kind::Break);
        let start = self.tokens.iter().position(|t| !is_edge(t));
        let end = self.tokens.iter().rposition(|t| !is_edge(t));
        match (start, end) {
            (Some(start), Some(end)) => self.range(start..end + 1),
            _ => self.range(0..0),
        }
    }

    /// The user's own text from the first to the last token.
    pub(in super::super) fn source(self) -> &'a str {
        match (self.tokens.first(), self.tokens.last()) {
            (Some(first), Some(last)) => &self.text[first.span.start..last.span.end],
            _ => "",
        }
    }

    /// Where its first token begins in the message.
    pub(in super::super) fn source_start(self) -> usize {
        self.tokens.first().map_or(0, |token| token.span.start)
    }

    /// Where its last token ends in the message.
    pub(in super::super) fn source_end(self) -> usize {
        self.tokens.last().map_or(0, |token| token.span.end)
    }

    /// What stands between the quotes of a quoted token, or the token's own text.
    pub(in super::super) fn unquoted(self, token: &Token) -> &'a str {
        match &token.kind {
            Kind::Quoted(inner) => &self.text[inner.clone()],
            _ => &self.text[token.span.clone()],
        }
    }
}
