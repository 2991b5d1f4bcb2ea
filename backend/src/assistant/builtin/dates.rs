//! Dates and times as people write them, resolved in the user's zone.

use jiff::{
    Span, Timestamp, ToSpan, ZonedDateTime,
    civil::{Date, DateTime, Time, Weekday},
    tz::TimeZone,
};
use todo_api::DueDate;

use super::tokens::{Half, Kind, Phrase, Token, WrittenDate, cardinal, ordinal};

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

/// Beyond the end of the calendar the day stays what it was.
fn add(day: Date, span: Result<Span, jiff::Error>) -> Date {
    span.and_then(|span| day.checked_add(span))
        .ok()
        .filter(|date| (1..=9998).contains(&date.year()))
        .unwrap_or(day)
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
    Reader {
        phrase,
        clock,
        at: 0,
        said: Said::default(),
        lead: Lead::None,
        sure: false,
    }
    .read()
}

/// The date or time that a phrase consists of.
pub(super) fn whole(phrase: Phrase<'_>, clock: &Clock) -> Option<When> {
    let phrase = phrase.trimmed();
    let found = find(phrase, clock)?;
    (phrase.from(found.len).trimmed().is_empty()).then_some(found.when)
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

/// What has been read of one date.
#[derive(Default)]
struct Said {
    day: Option<Date>,
    time: Option<SaidTime>,
    part: Option<Part>,
    moment: Option<Timestamp>,
}

enum SaidTime {
    /// Which half of the day is open until the part of the day is known.
    Open(i8, i8),
    Exact(Time),
    /// 24:00 of the day.
    Midnight,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Morning,
    Afternoon,
    Evening,
    Night,
}

impl Part {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "morning" | "mornings" => Self::Morning,
            "afternoon" => Self::Afternoon,
            "evening" => Self::Evening,
            "night" => Self::Night,
            _ => return None,
        })
    }

    fn time(self) -> Time {
        match self {
            Self::Morning => Time::constant(9, 0, 0, 0),
            Self::Afternoon => Time::constant(15, 0, 0, 0),
            Self::Evening => Time::constant(18, 0, 0, 0),
            Self::Night => Time::constant(20, 0, 0, 0),
        }
    }
}

/// The preposition a date stands behind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lead {
    None,
    /// "for friday": a date at the edge of a title.
    For,
    /// "at 5"
    At,
    /// "in december"
    In,
    /// "on friday", "by friday", "due friday"
    Firm,
}

struct Reader<'a> {
    phrase: Phrase<'a>,
    clock: &'a Clock,
    at: usize,
    said: Said,
    lead: Lead,
    sure: bool,
}

impl<'a> Reader<'a> {
    fn read(mut self) -> Option<Found> {
        self.leads();
        let mut end = 0;
        loop {
            let start = self.at;
            if !(self.day() || self.time() || self.part()) {
                self.at = start;
                break;
            }
            end = self.at;
            self.connector();
        }
        if end == 0 {
            return None;
        }
        Some(Found {
            when: self.when()?,
            len: end,
            sure: self.sure,
        })
    }

    fn rest(&self) -> Phrase<'a> {
        self.phrase.from(self.at)
    }

    fn word(&self, ahead: usize) -> &'a str {
        self.phrase.word(self.at + ahead)
    }

    fn token(&self, ahead: usize) -> Option<&'a Token> {
        self.phrase.get(self.at + ahead)
    }

    fn eat(&mut self, words: &[&str]) -> bool {
        let eaten = words.iter().enumerate().all(|(i, w)| self.word(i) == *w);
        if eaten {
            self.at += words.len();
        }
        eaten
    }

    /// The prepositions at the start: "due by", "on the", "for".
    fn leads(&mut self) {
        for _ in 0..3 {
            let lead = match self.word(0) {
                "due" | "deadline" | "by" | "before" | "until" | "till" | "til" | "on" | "no" => {
                    if self.word(0) == "no" && !self.eat(&["no", "later"]) {
                        break;
                    }
                    Lead::Firm
                }
                "than" if self.lead == Lead::Firm => Lead::Firm,
                "is" | "date" if self.lead == Lead::Firm && self.at > 0 => Lead::Firm,
                ":" if self.lead == Lead::Firm && self.at > 0 => Lead::Firm,
                "starting" if self.lead == Lead::None => Lead::For,
                "for" => Lead::For,
                "around" if !self.token(1).is_some_and(is_time) => break,
                "at" | "@" | "around" => Lead::At,
                "in" | "within" | "during" => Lead::In,
                _ => break,
            };
            self.lead = lead;
            if self.word(0) != "later" {
                self.at += 1;
            }
        }
        self.sure = self.lead == Lead::Firm;
    }

    /// What may stand between a day and its time.
    fn connector(&mut self) {
        if self.word(0) == "," || self.word(0) == "-" {
            self.at += 1;
        }
        match self.word(0) {
            "at" | "@" | "around" => {
                self.at += 1;
                self.lead = Lead::At;
            }
            "by" | "on" | "before" => {
                self.at += 1;
                self.lead = Lead::Firm;
            }
            "in" => {
                self.at += 1;
                self.lead = Lead::In;
            }
            _ => self.lead = Lead::None,
        }
    }

    fn set_day(&mut self, day: Date, sure: bool) -> bool {
        if self.said.day.is_some() || self.said.moment.is_some() {
            return false;
        }
        self.said.day = Some(day);
        self.sure |= sure;
        true
    }

    fn set_time(&mut self, time: SaidTime, sure: bool) -> bool {
        if self.said.time.is_some() || self.said.moment.is_some() {
            return false;
        }
        self.said.time = Some(time);
        self.sure |= sure;
        true
    }

    fn set_part(&mut self, part: Part) -> bool {
        if self.said.part.is_some() || self.said.moment.is_some() {
            return false;
        }
        self.said.part = Some(part);
        true
    }

    fn day(&mut self) -> bool {
        if self.said.day.is_some() || self.said.moment.is_some() {
            return false;
        }
        self.near_day()
            || self.ahead()
            || self.period()
            || self.weekday()
            || self.calendar_day()
            || self.holiday()
    }

    /// "today", "tomorrow", "the day after tomorrow", "tonight".
    fn near_day(&mut self) -> bool {
        let start = self.at;
        let the = self.eat(&["the"]);
        if self.eat(&["day", "after", "tomorrow"]) {
            return self.set_day(self.clock.day(2), true);
        }
        if the {
            self.at = start;
            return false;
        }
        let days = match self.word(0) {
            "today" | "2day" | "eod" | "tod" => 0,
            "tomorrow" | "tmr" | "tmrw" | "tmw" | "tomorow" | "tommorow" | "tommorrow"
            | "tomorrrow" | "2moro" | "2morrow" => 1,
            "yesterday" => -1,
            "overmorrow" => 2,
            "tonight" | "tonite" => {
                self.at += 1;
                self.set_part(Part::Night);
                return self.set_day(self.clock.today(), true);
            }
            "this" => {
                let Some(part) = Part::of(self.word(1)) else {
                    return false;
                };
                self.at += 2;
                self.set_part(part);
                return self.set_day(self.clock.today(), true);
            }
            _ => return false,
        };
        self.at += 1;
        // Nothing falls due yesterday: more often it is a name.
        self.set_day(self.clock.day(days), days >= 0)
    }

    /// "in 3 days", "2 weeks from now", "a week from friday".
    fn ahead(&mut self) -> bool {
        let start = self.at;
        let Some((span, len)) = length(self.rest()) else {
            return false;
        };
        self.at += len;
        let is_in = self.lead == Lead::In;
        let mut from = self.clock.today();
        if self.eat(&["from", "now"]) || self.eat(&["from", "today"]) {
        } else if self.eat(&["from"]) || self.eat(&["after"]) {
            if !(self.near_day() || self.weekday() || self.calendar_day()) {
                self.at = start;
                return false;
            }
            from = self.said.day.take().unwrap_or(from);
        } else if !is_in {
            self.at = start;
            return false;
        }
        let has_time = span.get_hours() != 0 || span.get_minutes() != 0;
        if has_time {
            let moment = self.clock.now.checked_add(span).ok();
            let minute = moment.and_then(|m| m.round(jiff::Unit::Minute).ok());
            let Some(minute) = minute.filter(|m| m.year() <= 9998) else {
                self.at = start;
                return false;
            };
            self.said.moment = Some(minute.timestamp());
            self.sure = true;
            return true;
        }
        self.set_day(add(from, Ok(span)), true)
    }

    /// "next week", "this weekend", "the end of the month".
    fn period(&mut self) -> bool {
        let start = self.at;
        let today = self.clock.today();
        let monday = self.clock.monday();
        let next_monday = add(monday, Ok(7.days()));
        let after_month = |date: Date| add(date.last_of_month(), Ok(1.day()));
        match self.word(0) {
            "eow" => {
                self.at += 1;
                return self.set_day(end_of_week(today, monday), true);
            }
            "eom" => {
                self.at += 1;
                return self.set_day(today.last_of_month(), true);
            }
            _ => {}
        }
        self.eat(&["the"]);
        if self.eat(&["end", "of"]) || self.eat(&["month", "end"]) {
            let _ = self.eat(&["the"]) || self.eat(&["this"]);
            let next = self.eat(&["next"]);
            let day = match self.word(0) {
                "day" if !next => today,
                "week" if next => add(next_monday, Ok(4.days())),
                "week" => end_of_week(today, monday),
                "month" if next => after_month(today).last_of_month(),
                "month" => today.last_of_month(),
                "year" if next => add(today.last_of_year(), Ok(1.day())).last_of_year(),
                "year" => today.last_of_year(),
                name => match month(name) {
                    Some(month) => next_month_day(today, month, 1).last_of_month(),
                    None => {
                        self.at = start;
                        return false;
                    }
                },
            };
            self.at += 1;
            return self.set_day(day, true);
        }
        let saturday = if today.weekday() == Weekday::Sunday {
            today
        } else {
            add(monday, Ok(5.days()))
        };
        let qualifier = match self.word(0) {
            "next" | "following" => Some(true),
            "this" | "coming" => Some(false),
            _ => None,
        };
        if qualifier.is_some() {
            self.at += 1;
        }
        let day = match (qualifier, self.word(0)) {
            (Some(true), "week") => {
                self.at += 1;
                // "next week friday"
                if let Some(weekday) = weekday(self.word(0)) {
                    self.at += 1;
                    return self.set_day(on_weekday(next_monday, weekday), true);
                }
                return self.set_day(next_monday, true);
            }
            (Some(true), "weekend") => add(saturday, Ok(7.days())),
            (Some(true), "month") => after_month(today),
            (Some(true), "year") => add(today.last_of_year(), Ok(1.day())),
            (Some(false), "week") => end_of_week(today, monday),
            (Some(false) | None, "weekend") => saturday,
            (Some(false), "month") => today.last_of_month(),
            (Some(false), "year") => today.last_of_year(),
            _ => {
                self.at = start;
                return false;
            }
        };
        let sure = qualifier.is_some() || self.lead != Lead::None;
        self.at += 1;
        self.set_day(day, sure)
    }

    /// "friday", "next friday", "friday next week".
    fn weekday(&mut self) -> bool {
        let start = self.at;
        self.eat(&["the"]);
        let (mut next, mut this) = (false, false);
        loop {
            match self.word(0) {
                "next" | "following" => next = true,
                "this" => this = true,
                "coming" | "upcoming" => {}
                _ => break,
            }
            self.at += 1;
        }
        let moved = self.at > start;
        let Some(weekday) = weekday(self.word(0)) else {
            self.at = start;
            return false;
        };
        // "sat", "sun", "may" and the like are also words.
        let is_short = self.word(0).len() <= 4 && !self.word(0).starts_with("fri");
        if is_short && self.lead == Lead::None && !moved && self.at + 1 != self.phrase.len() {
            let timed = self.phrase.get(self.at + 1).is_some_and(|token| {
                matches!(token.kind, Kind::Clock(_))
                    || token.word == "at"
                    || Part::of(&token.word).is_some()
            });
            if !timed {
                self.at = start;
                return false;
            }
        }
        self.at += 1;
        let today = self.clock.today();
        let monday = self.clock.monday();
        let mut sure = self.lead != Lead::None && self.lead != Lead::For || next || this;
        let next_week = self.eat(&["next", "week"]) || self.eat(&["of", "next", "week"]);
        let day = if next || next_week {
            sure = true;
            on_weekday(add(monday, Ok(7.days())), weekday)
        } else if this && weekday == today.weekday() {
            today
        } else {
            let ahead = i64::from(weekday.since(today.weekday()));
            self.clock.day(if ahead == 0 { 7 } else { ahead })
        };
        self.set_day(day, sure)
    }

    /// "24 december", "dec 24th", "the 5th", "2026-12-24", "in december".
    fn calendar_day(&mut self) -> bool {
        let today = self.clock.today();
        if let Some(Kind::Date(written)) = self.token(0).map(|token| &token.kind) {
            let (day, sure) = match *written {
                WrittenDate::Full(date) => (date, true),
                WrittenDate::MonthDay { month, day } => (
                    next_month_day(today, month, day),
                    self.lead != Lead::None || self.word(0).ends_with('.'),
                ),
            };
            self.at += 1;
            return self.set_day(day, sure);
        }
        let start = self.at;
        let the = self.eat(&["the"]);
        let number = self.token(0).and_then(|t| ordinal(t).or_else(|| figure(t)));
        if let Some(number) = number {
            let is_ordinal = self.token(0).and_then(ordinal).is_some();
            let in_figures = matches!(self.token(0), Some(t) if matches!(t.kind, Kind::Ordinal(_)));
            self.at += 1;
            let before_of = self.at;
            self.eat(&["of"]);
            if let Some(month) = month(self.word(0)) {
                self.at += 1;
                let year = self.year();
                return match month_date(today, month, number, year) {
                    Some(day) => self.set_day(day, true),
                    None => self.give_back(start),
                };
            }
            let _ = self.eat(&["this", "month"]) || self.eat(&["the", "month"]);
            let next = self.eat(&["next", "month"]);
            if !next && self.at == before_of + 1 {
                self.at = before_of;
            }
            let spoken = is_ordinal && (in_figures || the) && (self.lead != Lead::None || the);
            if !spoken && !next {
                return self.give_back(start);
            }
            let from = if next {
                add(today.last_of_month(), Ok(1.day()))
            } else {
                today
            };
            return match next_day_of_month(from, number) {
                Some(day) => {
                    let sure = self.lead != Lead::None;
                    self.set_day(day, sure)
                }
                None => self.give_back(start),
            };
        }
        self.at = start;
        let Some(month) = month(self.word(0)) else {
            return false;
        };
        let name = self.word(0);
        self.at += 1;
        self.eat(&["the"]);
        let number = self.token(0).and_then(|t| ordinal(t).or_else(|| figure(t)));
        if let Some(number) = number {
            self.at += 1;
            let year = self.year();
            return match month_date(today, month, number, year) {
                Some(day) => self.set_day(day, true),
                None => self.give_back(start),
            };
        }
        // "in december" is its first day; "may" and "march" alone are words.
        if self.lead == Lead::In || (self.lead == Lead::Firm && !matches!(name, "may" | "march")) {
            let year = self.year();
            if let Some(day) = month_date(today, month, 1, year) {
                return self.set_day(day, true);
            }
        }
        self.give_back(start)
    }

    fn give_back(&mut self, at: usize) -> bool {
        self.at = at;
        false
    }

    /// A year behind a month and a day.
    fn year(&mut self) -> Option<i16> {
        let comma = usize::from(self.word(0) == ",");
        let year = match self.token(comma)?.kind {
            Kind::Number(year @ 2000..=2199) => i16::try_from(year).ok()?,
            _ => return None,
        };
        self.at += comma + 1;
        Some(year)
    }

    /// "by christmas", "on new year's eve".
    fn holiday(&mut self) -> bool {
        if self.lead == Lead::None {
            return false;
        }
        let (month, day) = if self.eat(&["christmas", "eve"]) {
            (12, 24)
        } else if self.eat(&["christmas"]) {
            (12, 25)
        } else if self.eat(&["new", "year's", "eve"]) {
            (12, 31)
        } else if self.eat(&["new", "year's"]) || self.eat(&["new", "year"]) {
            (1, 1)
        } else if self.eat(&["halloween"]) {
            (10, 31)
        } else {
            return false;
        };
        self.eat(&["day"]);
        self.set_day(next_month_day(self.clock.today(), month, day), false)
    }

    fn time(&mut self) -> bool {
        if self.said.time.is_some() || self.said.moment.is_some() {
            return false;
        }
        let Some(token) = self.token(0) else {
            return false;
        };
        let after_day = self.said.day.is_some();
        match (&token.kind, token.word.as_str()) {
            (Kind::Clock(clock), _) => {
                let time = said_time(clock.hour, clock.minute, clock.half);
                self.at += 1;
                self.eat(&["."]);
                let _ = self.eat(&["o'clock"]);
                return self.set_time(time, true);
            }
            (_, "noon" | "midday") => {
                self.at += 1;
                let sure = self.lead != Lead::None;
                return self.set_time(SaidTime::Exact(Time::constant(12, 0, 0, 0)), sure);
            }
            (_, "lunchtime" | "lunch") if self.lead == Lead::At => {
                self.at += 1;
                return self.set_time(SaidTime::Exact(Time::constant(12, 0, 0, 0)), true);
            }
            (_, "midnight") => {
                self.at += 1;
                let sure = self.lead != Lead::None;
                return self.set_time(SaidTime::Midnight, sure);
            }
            (_, "half" | "quarter") => return self.spoken_time(),
            _ => {}
        }
        let Some(hour) = cardinal(token).and_then(|n| i8::try_from(n).ok()) else {
            return false;
        };
        let start = self.at;
        self.at += 1;
        let half = match self.word(0) {
            "am" | "a.m" => Some(Half::Morning),
            "pm" | "p.m" => Some(Half::Afternoon),
            _ => None,
        };
        if let Some(half) = half {
            if !(1..=12).contains(&hour) {
                return self.give_back(start);
            }
            self.at += 1;
            self.eat(&["."]);
            return self.set_time(said_time(hour, 0, half), true);
        }
        let oclock = self.eat(&["o'clock"]) || self.eat(&["oclock"]);
        // "at 5", and after a day also "tomorrow 5" or "by 5"; but "at 5 Main Street" is a place.
        let by = start > 0
            && matches!(
                self.phrase.word(start - 1),
                "by" | "before" | "until" | "till"
            );
        let leads = self.lead == Lead::At || (self.lead == Lead::Firm && (after_day || by));
        if !(oclock || (leads || after_day) && self.hour_ends()) || !(0..24).contains(&hour) {
            return self.give_back(start);
        }
        let half = if hour > 12 || hour == 0 {
            Half::Exact
        } else {
            Half::Open
        };
        self.set_time(said_time(hour, 0, half), leads || oclock)
    }

    /// Whether an hour without minutes can end here.
    fn hour_ends(&self) -> bool {
        let Some(token) = self.token(0) else {
            return true;
        };
        matches!(
            token.kind,
            Kind::Mark(_) | Kind::Break | Kind::Tag(_) | Kind::Priority(_)
        ) || matches!(
            token.word.as_str(),
            "on" | "in"
                | "tomorrow"
                | "today"
                | "tonight"
                | "with"
                | "for"
                | "about"
                | "and"
                | "to"
                | "at"
                | "this"
                | "next"
                | "by"
                | "sharp"
                | "please"
                | "as"
                | "every"
                | "high"
                | "low"
                | "medium"
                | "priority"
                | "tagged"
        ) || weekday(&token.word).is_some()
    }

    /// "half past 5", "quarter to six".
    fn spoken_time(&mut self) -> bool {
        let start = self.at;
        let minutes = if self.word(0) == "half" { 30 } else { 15 };
        let sign = match self.word(1) {
            "past" | "after" => 1,
            "to" | "before" if minutes == 15 => -1,
            _ => return false,
        };
        let Some(hour) = self
            .token(2)
            .and_then(cardinal)
            .filter(|h| (1..=12).contains(h))
        else {
            return self.give_back(start);
        };
        self.at += 3;
        let hour = i8::try_from(hour).unwrap_or(12);
        let (hour, minute) = match (sign, hour) {
            (1, hour) => (hour, minutes),
            (_, 1) => (12, 45),
            (_, hour) => (hour - 1, 45),
        };
        let half = match self.word(0) {
            "am" | "a.m" => Half::Morning,
            "pm" | "p.m" => Half::Afternoon,
            _ => Half::Open,
        };
        if half != Half::Open {
            self.at += 1;
        }
        self.set_time(said_time(hour, minute, half), true)
    }

    /// "in the morning", "friday evening", "at night".
    fn part(&mut self) -> bool {
        let start = self.at;
        let the = self.eat(&["the"]);
        let Some(part) = Part::of(self.word(0)) else {
            return self.give_back(start);
        };
        let after = self.said.day.is_some() || self.said.time.is_some();
        let led = (self.lead == Lead::In && the) || (self.lead == Lead::At && part == Part::Night);
        if !(after || led) {
            return self.give_back(start);
        }
        self.at += 1;
        self.sure |= led;
        self.set_part(part)
    }

    fn when(&self) -> Option<When> {
        if let Some(moment) = self.said.moment {
            return Some(When::Moment(moment));
        }
        let part = self.said.part;
        let mut next_day = false;
        let time = match (&self.said.time, part) {
            (Some(SaidTime::Exact(time)), _) => Some(*time),
            (Some(SaidTime::Midnight), _) => {
                next_day = true;
                Some(Time::midnight())
            }
            (Some(SaidTime::Open(hour, minute)), part) => {
                let hour = match part {
                    Some(Part::Morning) => hour % 12,
                    Some(Part::Night) if matches!(hour, 12) => {
                        next_day = true;
                        0
                    }
                    Some(_) => hour % 12 + 12,
                    // By day people mean 1 to 7 after noon and 8 to 12 as said.
                    None if (1..8).contains(hour) => hour + 12,
                    None => *hour,
                };
                Time::new(hour, *minute, 0, 0).ok()
            }
            (None, Some(part)) => Some(part.time()),
            (None, None) => None,
        };
        Some(match (self.said.day, time) {
            (Some(day), Some(time)) if next_day => {
                When::At(add(day, Ok(1.day())).to_datetime(time))
            }
            (Some(day), Some(time)) => When::At(day.to_datetime(time)),
            (Some(day), None) => When::Day(day),
            (None, Some(time)) => When::Time(time),
            (None, None) => return None,
        })
    }
}

fn said_time(hour: i8, minute: i8, half: Half) -> SaidTime {
    let hour = match half {
        Half::Morning => hour % 12,
        Half::Afternoon => hour % 12 + 12,
        Half::Exact => hour,
        Half::Open => return SaidTime::Open(hour, minute),
    };
    Time::new(hour, minute, 0, 0).map_or(SaidTime::Midnight, SaidTime::Exact)
}

fn is_time(token: &Token) -> bool {
    matches!(token.kind, Kind::Clock(_))
        || cardinal(token).is_some()
        || matches!(
            token.word.as_str(),
            "noon" | "midnight" | "half" | "quarter"
        )
}

fn figure(token: &Token) -> Option<i64> {
    match token.kind {
        Kind::Number(number) => Some(number),
        _ => None,
    }
}

/// Its Friday; from Saturday on, its Sunday.
fn end_of_week(today: Date, monday: Date) -> Date {
    let friday = add(monday, Ok(4.days()));
    if today > friday {
        add(monday, Ok(6.days()))
    } else {
        friday
    }
}

fn on_weekday(monday: Date, weekday: Weekday) -> Date {
    let offset = i64::from(weekday.to_monday_zero_offset());
    add(monday, Span::new().try_days(offset))
}

/// A month and a day of a given year, or of the next year in which they come.
fn month_date(today: Date, month: i8, day: i64, year: Option<i16>) -> Option<Date> {
    let day = i8::try_from(day).ok()?;
    // A leap year, so that 29 February is a date.
    Date::new(2024, month, day).ok()?;
    match year {
        Some(year) => Date::new(year, month, day).ok(),
        None => Some(next_month_day(today, month, day)),
    }
}

fn next_month_day(today: Date, month: i8, day: i8) -> Date {
    (0..9)
        .filter_map(|years| Date::new(today.year().saturating_add(years), month, day).ok())
        .find(|date| *date >= today)
        .unwrap_or(today)
}

/// The next month that has such a day: "the 31st" is never the 1st.
fn next_day_of_month(from: Date, day: i64) -> Option<Date> {
    let day = i8::try_from(day)
        .ok()
        .filter(|day| (1..=31).contains(day))?;
    let first = from.first_of_month();
    (0..4).find_map(|months| {
        let month = add(first, Span::new().try_months(months));
        let date = Date::new(month.year(), month.month(), day).ok()?;
        (date >= from).then_some(date)
    })
}

pub(super) fn weekday(word: &str) -> Option<Weekday> {
    Some(match word {
        "monday" | "mon" => Weekday::Monday,
        "tuesday" | "tue" | "tues" => Weekday::Tuesday,
        "wednesday" | "wed" | "weds" => Weekday::Wednesday,
        "thursday" | "thu" | "thur" | "thurs" => Weekday::Thursday,
        "friday" | "fri" => Weekday::Friday,
        "saturday" | "sat" => Weekday::Saturday,
        "sunday" | "sun" => Weekday::Sunday,
        _ => return None,
    })
}

fn month(word: &str) -> Option<i8> {
    Some(match word {
        "january" | "jan" => 1,
        "february" | "feb" => 2,
        "march" | "mar" => 3,
        "april" | "apr" => 4,
        "may" => 5,
        "june" | "jun" => 6,
        "july" | "jul" => 7,
        "august" | "aug" => 8,
        "september" | "sep" | "sept" => 9,
        "october" | "oct" => 10,
        "november" | "nov" => 11,
        "december" | "dec" => 12,
        _ => return None,
    })
}
