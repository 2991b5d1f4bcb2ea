//! Which day is meant: "tomorrow", "next friday", "the 5th", "in 3 days".

use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};

use super::{
    super::tokens::{Kind, Token, WrittenDate, ordinal},
    calendar::{
        add, end_of_week, month, month_date, next_day_of_month, next_month_day, on_weekday, weekday,
    },
    length,
    reader::{Lead, Part, Reader},
};

impl Reader<'_> {
    pub(super) fn day(&mut self) -> bool {
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

    pub(super) fn give_back(&mut self, at: usize) -> bool {
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
}

fn figure(token: &Token) -> Option<i64> {
    match token.kind {
        Kind::Number(number) => Some(number),
        _ => None,
    }
}
