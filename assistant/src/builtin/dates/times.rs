//! Which time of the day is meant: "5pm", "half past six", "noon".

use jiff::civil::Time;

use super::{
    super::tokens::{Half, Kind, Token, cardinal},
    calendar::weekday,
    reader::{Lead, Reader, SaidTime},
};

impl Reader<'_> {
    pub(super) fn time(&mut self) -> bool {
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

pub(super) fn is_time(token: &Token) -> bool {
    matches!(token.kind, Kind::Clock(_))
        || cardinal(token).is_some()
        || matches!(
            token.word.as_str(),
            "noon" | "midnight" | "half" | "quarter"
        )
}
