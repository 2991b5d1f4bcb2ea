//! The first stage: a message becomes words, numbers, times, dates, #tags, !priorities, quoted
//! text and marks. Each token keeps the bytes it came from, so that a title keeps the user's own
//! spelling whatever the grammar compares.

mod figures;
mod lexer;
mod numbers;
mod phrase;

use std::ops::Range;

use jiff::civil::Date;
use todo_api::Priority;

pub(super) use lexer::tokenize;
pub(super) use numbers::{cardinal, ordinal};
pub(super) use phrase::Phrase;

/// A piece of a message.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Where it stands in the message.
    pub(super) span: Range<usize>,
    /// What the grammar compares: lower case, with plain apostrophes.
    pub(super) word: String,
}

impl Token {
    /// Punctuation, the end of a line, or a word without a letter or a figure, such as an emoji.
    pub(super) fn says_nothing(&self) -> bool {
        match self.kind {
            Kind::Mark(_) | Kind::Break => true,
            Kind::Word => !self.word.contains(char::is_alphanumeric),
            _ => false,
        }
    }
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Word,
    Number(i64),
    /// `3rd`
    Ordinal(i64),
    Clock(Clock),
    Date(WrittenDate),
    /// `#home`, without its sign.
    Tag(String),
    Priority(Priority),
    /// What stands between the quotes.
    Quoted(Range<usize>),
    /// A punctuation mark.
    Mark(char),
    /// The end of a line.
    Break,
}

/// A time of day as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    pub(super) hour: i8,
    pub(super) minute: i8,
    pub(super) half: Half,
}

/// Which half of the day an hour from 1 to 12 means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    Morning,
    Afternoon,
    /// Written in the 24-hour way: `17:00`, `05:30`.
    Exact,
    /// `5:30`: the context decides.
    Open,
}

/// A date in figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WrittenDate {
    Full(Date),
    /// `24.12.`, `12/24`: the year is the next in which it comes.
    MonthDay {
        month: i8,
        day: i8,
    },
}

/// Lower case with plain apostrophes and hyphens, the form in which words are compared.
pub(super) fn fold(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            '\u{2018}' | '\u{2019}' | '\u{02bc}' | '`' | '\u{b4}' => '\'',
            '\u{2010}' | '\u{2011}' => '-',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        tokenize(text).into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn times_dates_and_signs_are_recognised() {
        use Kind::{Clock as C, Date as D, Number, Ordinal, Priority as P, Tag, Word};
        let clock = |hour, minute, half| C(Clock { hour, minute, half });
        assert_eq!(
            kinds("17:00 5pm 5:30pm 5:30 05:30 17h 3 3rd #home !high !!! v1.2"),
            [
                clock(17, 0, Half::Exact),
                clock(5, 0, Half::Afternoon),
                clock(5, 30, Half::Afternoon),
                clock(5, 30, Half::Open),
                clock(5, 30, Half::Exact),
                clock(17, 0, Half::Exact),
                Number(3),
                Ordinal(3),
                Tag("home".to_owned()),
                P(Priority::High),
                P(Priority::High),
                Word,
            ]
        );
        let date = |y, m, d| D(WrittenDate::Full(Date::constant(y, m, d)));
        assert_eq!(
            kinds("2026-11-24 24.11.2026 11/24/2026 24/11/2026 24.12. 2/30"),
            [
                date(2026, 11, 24),
                date(2026, 11, 24),
                date(2026, 11, 24),
                date(2026, 11, 24),
                D(WrittenDate::MonthDay { month: 12, day: 24 }),
                // No such day in either order.
                Number(2),
                Kind::Mark('/'),
                Number(30),
            ]
        );
    }

    #[test]
    fn quotes_close_and_apostrophes_do_not_open_them() {
        let text = "rename mom's to \u{201c}Call mom\u{201d} or 'Tom's cake'";
        let words: Vec<_> = tokenize(text).into_iter().map(|t| t.word).collect();
        assert_eq!(
            words,
            [
                "rename",
                "mom's",
                "to",
                "\u{201c}call mom\u{201d}",
                "or",
                "'tom's cake'"
            ]
        );
    }
}
