//! What begins with a figure: dates, times, ordinals, numbers.

use jiff::civil::Date;

use super::{Clock, Half, Kind, WrittenDate};

/// A whole run that starts with a figure, if it is one of the known shapes.
pub(super) fn figure(run: &str) -> Option<Kind> {
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
