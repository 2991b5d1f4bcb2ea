//! Dates and times as people write them, resolved in the user's zone.

mod calendar;
mod days;
mod reader;
mod times;

#[cfg(test)]
mod tests;

use jiff::{
    Span, Timestamp, ToSpan, ZonedDateTime,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};
use todo_api::DueDate;

use calendar::add;
pub(super) use calendar::weekday;
use reader::{Part, Reader};

use super::tokens::{Phrase, cardinal};

/// The user's "now": every relative date counts from it.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    now: ZonedDateTime,
}

impl Clock {
    pub(super) fn new(now: Timestamp, zone: TimeZone) -> Self {
        Self {
            now: now.to_zoned_datetime(zone),
        }
    }

    pub(super) fn zone(&self) -> &TimeZone {
        self.now.time_zone()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.now.timestamp()
    }

    pub(super) fn today(&self) -> Date {
        self.now.date()
    }

    /// The day that many days from today.
    pub(super) fn day(&self, days: i64) -> Date {
        add(self.today(), Span::new().try_days(days))
    }

    /// The moment a local time means. One that a clock change skips is moved on by as much as the
    /// clocks were; of one that comes twice, the first is meant.
    pub(super) fn moment(&self, local: DateTime) -> Timestamp {
        local
            .to_zoned_datetime(self.zone().clone())
            .map_or_else(|_| self.now(), |zoned| zoned.timestamp())
    }

    /// The Monday of this week.
    fn monday(&self) -> Date {
        self.day(-i64::from(self.today().weekday().to_monday_zero_offset()))
    }

    /// This week, Monday to Sunday.
    pub(super) fn week(&self) -> (Date, Date) {
        let monday = self.monday();
        (monday, add(monday, Ok(6.days())))
    }
}

/// When something is, as far as it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    Day(Date),
    At(DateTime),
    /// At this time of a day that was not said.
    Time(Time),
    Moment(Timestamp),
}

impl When {
    /// What it means for a new task: a bare time that has passed today means tomorrow.
    pub(super) fn resolve(self, clock: &Clock) -> DueDate {
        match self {
            Self::Day(day) => DueDate::Day(day),
            Self::At(local) => DueDate::Moment(clock.moment(local)),
            Self::Moment(moment) => DueDate::Moment(moment),
            Self::Time(time) => {
                let today = clock.moment(clock.today().to_datetime(time));
                if today > clock.now() {
                    DueDate::Moment(today)
                } else {
                    DueDate::Moment(clock.moment(clock.day(1).to_datetime(time)))
                }
            }
        }
    }

    /// The two halves of a date said in two places ("tomorrow … at 5").
    pub(super) fn join(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Day(day), Self::Time(time)) | (Self::Time(time), Self::Day(day)) => {
                Some(Self::At(day.to_datetime(time)))
            }
            _ => None,
        }
    }
}

/// A date found in a phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) when: When,
    /// How many tokens it takes.
    pub(super) len: usize,
    /// Whether it is a date wherever it stands. Others ("the Friday report") are one only at the
    /// edge of a title.
    pub(super) sure: bool,
}

/// The date or time that a phrase begins with, prepositions included.
pub(super) fn find(phrase: Phrase<'_>, clock: &Clock) -> Option<Found> {
    Reader::new(phrase, clock).read()
}

/// The date or time that a phrase consists of.
pub(super) fn whole(phrase: Phrase<'_>, clock: &Clock) -> Option<When> {
    let phrase = phrase.trimmed();
    let found = find(phrase, clock)?;
    (phrase.from(found.len).trimmed().is_empty()).then_some(found.when)
}

/// The time that stands for a part of the day: "afternoon" is 15:00.
pub(super) fn part_of_day(word: &str) -> Option<Time> {
    Part::of(word).map(Part::time)
}

/// A length of time that a phrase begins with, and its tokens: "2 days", "a week", "half an hour".
pub(super) fn length(phrase: Phrase<'_>) -> Option<(Span, usize)> {
    let (amount, mut at) = amount(phrase)?;
    let unit = phrase.word(at);
    at += 1;
    let span = match unit {
        "minute" | "minutes" | "min" | "mins" => Span::new().try_minutes(amount),
        "hour" | "hours" | "hr" | "hrs" | "h" => Span::new().try_hours(amount),
        "day" | "days" => Span::new().try_days(amount),
        "week" | "weeks" | "wk" | "wks" => Span::new().try_weeks(amount),
        "fortnight" | "fortnights" => Span::new().try_weeks(amount.saturating_mul(2)),
        "month" | "months" => Span::new().try_months(amount),
        "year" | "years" => Span::new().try_years(amount),
        "an" if phrase.word(0) == "half" && phrase.word(at) == "hour" => {
            return Some((30.minutes(), at + 1));
        }
        _ => return None,
    };
    let span = span.ok()?;
    if phrase.word(at) == "and" && phrase.word(at + 1) == "a" && phrase.word(at + 2) == "half" {
        let half = match unit {
            "hour" | "hours" => span.try_minutes(30).ok()?,
            _ => return Some((span, at)),
        };
        return Some((half, at + 3));
    }
    Some((span, at))
}

fn amount(phrase: Phrase<'_>) -> Option<(i64, usize)> {
    let first = phrase.get(0)?;
    Some(match first.word.as_str() {
        "a" | "an" if phrase.word(1) == "couple" => (2, if phrase.word(2) == "of" { 3 } else { 2 }),
        "a" if phrase.word(1) == "few" => (3, 2),
        "a" | "an" | "half" => (1, 1),
        _ => (cardinal(first).filter(|n| (0..100_000).contains(n))?, 1),
    })
}
