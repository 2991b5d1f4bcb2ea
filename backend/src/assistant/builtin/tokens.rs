//! The first stage: a message becomes words, numbers, times, dates, #tags, !priorities, quoted
//! text and marks. Each token keeps the bytes it came from, so that a title keeps the user's own
//! spelling whatever the grammar compares.

use std::ops::Range;

use jiff::civil::Date;
use todo_api::{Priority, TAG_MAX};

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

/// Splits a message in time linear in its length.
pub(super) fn tokenize(text: &str) -> Vec<Token> {
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

/// A whole run that starts with a figure, if it is one of the known shapes.
fn figure(run: &str) -> Option<Kind> {
    if run.len() > 24 {
        return None;
    }
    if let Some(date) = written_date(run) {
        return Some(Kind::Date(date));
    }
    let lower = run.to_ascii_lowercase();
    let digits = lower.len() - lower.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let number: i64 = lower[..digits].parse().ok()?;
    match &lower[digits..] {
        "" => return Some(Kind::Number(number)),
        "st" | "nd" | "rd" | "th" => return Some(Kind::Ordinal(number)),
        _ => {}
    }
    clock(&lower).map(Kind::Clock)
}

/// `17:00`, `5pm`, `5:30pm`, `5.30pm`, `17h`, `17h30`.
fn clock(run: &str) -> Option<Clock> {
    let compact: String = run.chars().filter(|&c| c != '.').collect();
    let (half, figures) = if compact.ends_with("am") {
        (Half::Morning, &run[..run.find('a')?])
    } else if compact.ends_with("pm") {
        (Half::Afternoon, &run[..run.find('p')?])
    } else {
        (Half::Open, run)
    };
    let (hour, minute, marked) = match figures.split_once([':', '.', 'h']) {
        Some((hour, "")) if figures.ends_with('h') => (hour, "0", true),
        Some((hour, minute)) if minute.len() == 2 => {
            // "5.30" without am or pm is more often a price or a version.
            if half == Half::Open && figures.contains('.') {
                return None;
            }
            (hour, minute, true)
        }
        Some(_) => return None,
        None => (figures, "0", false),
    };
    if hour.len() > 2 || (half == Half::Open && !marked) {
        return None;
    }
    let padded = hour.len() == 2 && hour.starts_with('0');
    let (hour, minute): (i8, i8) = (hour.parse().ok()?, minute.parse().ok()?);
    let half = match half {
        Half::Open if padded || hour > 12 || hour == 0 => Half::Exact,
        half => half,
    };
    let valid = (0..60).contains(&minute)
        && match half {
            Half::Morning | Half::Afternoon => (1..=12).contains(&hour),
            Half::Exact | Half::Open => (0..24).contains(&hour),
        };
    valid.then_some(Clock { hour, minute, half })
}

/// `2026-11-24`, `24.11.2026`, `24.11.`, `11/24`, `24/11/2026`.
fn written_date(run: &str) -> Option<WrittenDate> {
    let separator = run.chars().find(|c| !c.is_ascii_digit())?;
    let dotted = separator == '.';
    let parts: Vec<&str> = run.split(separator).collect();
    let number = |part: &str| -> Option<i16> {
        (!part.is_empty() && part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse().ok())?
    };
    match (separator, parts.as_slice()) {
        ('-' | '/', [year, month, day]) if year.len() == 4 => {
            full(number(year)?, number(month)?, number(day)?)
        }
        ('-' | '/' | '.', [a, b, year]) if matches!(year.len(), 2 | 4) => {
            let year = number(year)?;
            let year = if year < 100 { 2000 + year } else { year };
            let (a, b) = (number(a)?, number(b)?);
            // Dots are written by people who put the day first; slashes by both.
            if dotted || a > 12 {
                full(year, b, a)
            } else {
                full(year, a, b).or_else(|| full(year, b, a))
            }
        }
        ('.', [day, month, ""]) => month_day(number(month)?, number(day)?),
        ('/', [a, b]) => {
            let (a, b) = (number(a)?, number(b)?);
            month_day(a, b).or_else(|| month_day(b, a))
        }
        _ => None,
    }
}

fn full(year: i16, month: i16, day: i16) -> Option<WrittenDate> {
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    (1..=9998)
        .contains(&year)
        .then_some(WrittenDate::Full(date))
}

fn month_day(month: i16, day: i16) -> Option<WrittenDate> {
    let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    // A leap year, so that 29 February is a date.
    Date::new(2024, month, day).ok()?;
    Some(WrittenDate::MonthDay { month, day })
}

/// Part of a message: the tokens the grammar looks at, and the text behind them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Phrase<'a> {
    text: &'a str,
    tokens: &'a [Token],
}

impl<'a> Phrase<'a> {
    pub(super) fn new(text: &'a str, tokens: &'a [Token]) -> Self {
        Self { text, tokens }
    }

    /// The whole message.
    pub(super) fn text(self) -> &'a str {
        self.text
    }

    pub(super) fn tokens(self) -> &'a [Token] {
        self.tokens
    }

    pub(super) fn len(self) -> usize {
        self.tokens.len()
    }

    pub(super) fn is_empty(self) -> bool {
        self.tokens.is_empty()
    }

    pub(super) fn get(self, at: usize) -> Option<&'a Token> {
        self.tokens.get(at)
    }

    /// The compared form of the token at `at`, empty beyond the end.
    pub(super) fn word(self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |token| token.word.as_str())
    }

    pub(super) fn range(self, range: Range<usize>) -> Self {
        let end = range.end.min(self.tokens.len());
        Self {
            tokens: &self.tokens[range.start.min(end)..end],
            ..self
        }
    }

    pub(super) fn from(self, start: usize) -> Self {
        self.range(start..self.len())
    }

    /// Without the marks and line ends around it.
    pub(super) fn trimmed(self) -> Self {
        let is_edge = |token: &Token| matches!(token.kind, Kind::Mark(_) | Kind::Break);
        let start = self.tokens.iter().position(|t| !is_edge(t));
        let end = self.tokens.iter().rposition(|t| !is_edge(t));
        match (start, end) {
            (Some(start), Some(end)) => self.range(start..end + 1),
            _ => self.range(0..0),
        }
    }

    /// The user's own text from the first to the last token.
    pub(super) fn source(self) -> &'a str {
        match (self.tokens.first(), self.tokens.last()) {
            (Some(first), Some(last)) => &self.text[first.span.start..last.span.end],
            _ => "",
        }
    }

    /// Where its first token begins in the message.
    pub(super) fn source_start(self) -> usize {
        self.tokens.first().map_or(0, |token| token.span.start)
    }

    /// Where its last token ends in the message.
    pub(super) fn source_end(self) -> usize {
        self.tokens.last().map_or(0, |token| token.span.end)
    }

    /// What stands between the quotes of a quoted token, or the token's own text.
    pub(super) fn unquoted(self, token: &Token) -> &'a str {
        match &token.kind {
            Kind::Quoted(inner) => &self.text[inner.clone()],
            _ => &self.text[token.span.clone()],
        }
    }
}

/// The value of a number in figures, or in words up to ninety-nine.
pub(super) fn cardinal(token: &Token) -> Option<i64> {
    const ONES: [&str; 19] = [
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] = [
        "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
    ];
    if let Kind::Number(number) = token.kind {
        return Some(number);
    }
    let place = |names: &[&str], word: &str| {
        let at = names.iter().position(|name| *name == word)?;
        i64::try_from(at + 1).ok()
    };
    let tens = |word: &str| Some(10 * (place(&TENS, word)? + 1));
    let word = token.word.as_str();
    place(&ONES, word).or_else(|| tens(word)).or_else(|| {
        let (ten, one) = word.split_once('-')?;
        Some(tens(ten)? + place(&ONES[..9], one)?)
    })
}

/// The value of an ordinal in figures or in a word up to twelfth.
pub(super) fn ordinal(token: &Token) -> Option<i64> {
    if let Kind::Ordinal(number) = token.kind {
        return Some(number);
    }
    const NAMES: [&str; 12] = [
        "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
        "tenth", "eleventh", "twelfth",
    ];
    let at = NAMES.iter().position(|name| *name == token.word)?;
    i64::try_from(at + 1).ok()
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
