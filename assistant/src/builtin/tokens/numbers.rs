//! Numbers in figures and in words.

use super::{Kind, Token};

/// The value of a number in figures, or in words up to ninety-nine.
pub(in super::super) fn cardinal(token: &Token) -> Option<i64> {
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
pub(in super::super) fn ordinal(token: &Token) -> Option<i64> {
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
