//! Reads a date from left to right: its preposition, then a day, a time and a part of the day in
//! any order.

use jiff::{
    Timestamp,
    civil::{Date, Time},
};

use super::{
    super::tokens::{Phrase, Token},
    Clock, Found, When,
    calendar::add,
    times::is_time,
};
use jiff::ToSpan;

/// What has been read of one date.
#[derive(Default)]
pub(super) struct Said {
    pub(super) day: Option<Date>,
    pub(super) time: Option<SaidTime>,
    pub(super) part: Option<Part>,
    pub(super) moment: Option<Timestamp>,
}

pub(super) enum SaidTime {
    /// Which half of the day is open until the part of the day is known.
    Open(i8, i8),
    Exact(Time),
    /// 24:00 of the day.
    Midnight,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Morning,
    Afternoon,
    Evening,
    Night,
}

impl Part {
    pub(super) fn of(word: &str) -> Option<Self> {
        Some(match word {
            "morning" | "mornings" => Self::Morning,
            "afternoon" => Self::Afternoon,
            "evening" => Self::Evening,
            "night" => Self::Night,
            _ => return None,
        })
    }

    pub(super) fn time(self) -> Time {
        match self {
            Self::Morning => Time::constant(9, 0, 0, 0),
            Self::Afternoon => Time::constant(15, 0, 0, 0),
            Self::Evening => Time::constant(18, 0, 0, 0),
            Self::Night => Time::constant(20, 0, 0, 0),
        }
    }

    /// The hour at which it is over.
    fn end(self) -> i8 {
        match self {
            Self::Morning => 12,
            Self::Afternoon => 18,
            Self::Evening | Self::Night => 24,
        }
    }
}

/// The preposition a date stands behind.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lead {
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

pub(super) struct Reader<'a> {
    pub(super) phrase: Phrase<'a>,
    pub(super) clock: &'a Clock,
    pub(super) at: usize,
    pub(super) said: Said,
    pub(super) lead: Lead,
    pub(super) sure: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(phrase: Phrase<'a>, clock: &'a Clock) -> Self {
        Self {
            phrase,
            clock,
            at: 0,
            said: Said::default(),
            lead: Lead::None,
            sure: false,
        }
    }

    pub(super) fn read(mut self) -> Option<Found> {
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

    pub(super) fn rest(&self) -> Phrase<'a> {
        self.phrase.from(self.at)
    }

    pub(super) fn word(&self, ahead: usize) -> &'a str {
        self.phrase.word(self.at + ahead)
    }

    pub(super) fn token(&self, ahead: usize) -> Option<&'a Token> {
        self.phrase.get(self.at + ahead)
    }

    pub(super) fn eat(&mut self, words: &[&str]) -> bool {
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

    pub(super) fn set_day(&mut self, day: Date, sure: bool) -> bool {
        if self.said.day.is_some() || self.said.moment.is_some() {
            return false;
        }
        self.said.day = Some(day);
        self.sure |= sure;
        true
    }

    pub(super) fn set_time(&mut self, time: SaidTime, sure: bool) -> bool {
        if self.said.time.is_some() || self.said.moment.is_some() {
            return false;
        }
        self.said.time = Some(time);
        self.sure |= sure;
        true
    }

    pub(super) fn set_part(&mut self, part: Part) -> bool {
        if self.said.part.is_some() || self.said.moment.is_some() {
            return false;
        }
        self.said.part = Some(part);
        true
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

    /// When a part of the day is. Once that has passed today, it is the coming full hour while the
    /// part lasts, and then no time at all: said at 21:15, "tonight" is 22:00.
    fn time_of(&self, part: Part) -> Option<Time> {
        let now = self.clock.now.time();
        if self.said.day != Some(self.clock.today()) || part.time() > now {
            return Some(part.time());
        }
        let hour = now.hour() + 1;
        (hour < part.end()).then(|| Time::constant(hour, 0, 0, 0))
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
            (None, Some(part)) => self.time_of(part),
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
