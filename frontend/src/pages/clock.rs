//! What time it is where the user is, and how dates are said there.

use jiff::{
    Timestamp,
    civil::{Date, Time},
    tz::TimeZone,
};
use todo_api::{DueDate, Settings};

/// Now, in the user's time zone.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    pub(crate) now: Timestamp,
    pub(crate) zone: TimeZone,
}

impl Clock {
    /// Now for a user; UTC until their zone is known.
    pub(crate) fn of(settings: &Settings) -> Self {
        let zone = settings
            .time_zone
            .as_deref()
            .and_then(|name| TimeZone::get(name).ok())
            .unwrap_or(TimeZone::UTC);
        Self {
            now: Timestamp::now(),
            zone,
        }
    }

    fn today(&self) -> Date {
        self.zone.to_datetime(self.now).date()
    }

    /// Whether a task that is due then is overdue.
    pub(crate) fn is_overdue(&self, due: DueDate) -> bool {
        due.overdue_from(&self.zone) <= self.now
    }

    /// A due date in words: "Tomorrow, 17:00", "Fri 27 Nov".
    pub(crate) fn say(&self, due: DueDate) -> String {
        let today = self.today();
        let day = due.day(&self.zone);
        let days = today.until(day).map_or(0, |span| span.get_days());
        let day = match days {
            0 => "Today".to_owned(),
            1 => "Tomorrow".to_owned(),
            -1 => "Yesterday".to_owned(),
            _ if day.year() == today.year() => day.strftime("%a %-d %b").to_string(),
            _ => day.strftime("%a %-d %b %Y").to_string(),
        };
        match self.time_of(due) {
            Some(time) => format!("{day}, {}", time.strftime("%H:%M")),
            None => day,
        }
    }

    /// The day of a due date, as a form's date field has it.
    pub(crate) fn date_field(&self, due: DueDate) -> String {
        due.day(&self.zone).to_string()
    }

    /// The time of a due date, as a form's time field has it; empty when it is a whole day.
    pub(crate) fn time_field(&self, due: DueDate) -> String {
        self.time_of(due)
            .map(|time| time.strftime("%H:%M").to_string())
            .unwrap_or_default()
    }

    fn time_of(&self, due: DueDate) -> Option<Time> {
        match due {
            DueDate::Day(_) => None,
            DueDate::Moment(moment) => Some(self.zone.to_datetime(moment).time()),
        }
    }

    /// A due date from a form's fields. A time without a date is today or, if it has passed,
    /// tomorrow.
    pub(crate) fn read_fields(&self, date: &str, time: &str) -> Result<Option<DueDate>, BadDate> {
        let (date, time) = (date.trim(), time.trim());
        let day: Option<Date> = match date {
            "" => None,
            text => Some(text.parse().map_err(|_| BadDate)?),
        };
        let time: Option<Time> = match time {
            "" => None,
            text => Some(text.parse().map_err(|_| BadDate)?),
        };
        let moment = |day: Date, time: Time| {
            let local = day.to_datetime(time).to_zoned_datetime(self.zone.clone());
            local.map(|local| local.timestamp()).map_err(|_| BadDate)
        };
        Ok(match (day, time) {
            (None, None) => None,
            (Some(day), None) => Some(DueDate::Day(day)),
            (Some(day), Some(time)) => Some(DueDate::Moment(moment(day, time)?)),
            (None, Some(time)) => {
                let today = self.today();
                let due = moment(today, time)?;
                let tomorrow = today.tomorrow().map_err(|_| BadDate)?;
                Some(DueDate::Moment(if due > self.now {
                    due
                } else {
                    moment(tomorrow, time)?
                }))
            }
        })
    }

    /// A moment in words: "24 Nov 2026, 17:00".
    pub(crate) fn say_moment(&self, moment: Timestamp) -> String {
        let local = self.zone.to_datetime(moment);
        local.strftime("%-d %b %Y, %H:%M").to_string()
    }
}

/// A form's date or time is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadDate;

#[cfg(test)]
mod tests {
    use super::*;

    fn berlin() -> Clock {
        Clock {
            now: "2026-11-24T15:30:00Z".parse().unwrap(),
            zone: TimeZone::get("Europe/Berlin").unwrap(),
        }
    }

    #[test]
    fn due_dates_are_said_as_people_say_them() {
        for (due, said) in [
            ("2026-11-24", "Today"),
            ("2026-11-25", "Tomorrow"),
            ("2026-11-23", "Yesterday"),
            ("2026-11-27", "Fri 27 Nov"),
            ("2027-01-01", "Fri 1 Jan 2027"),
            ("2026-11-25T16:00:00Z", "Tomorrow, 17:00"),
            ("2026-11-24T23:30:00Z", "Tomorrow, 00:30"),
        ] {
            assert_eq!(berlin().say(due.parse().unwrap()), said);
        }
    }

    #[test]
    fn a_day_is_overdue_when_it_ends_there_and_a_moment_at_once() {
        for (due, overdue) in [
            ("2026-11-24", false),
            ("2026-11-23", true),
            ("2026-11-24T15:30:00Z", true),
            ("2026-11-24T15:31:00Z", false),
        ] {
            assert_eq!(berlin().is_overdue(due.parse().unwrap()), overdue, "{due}");
        }
    }

    #[test]
    fn the_fields_of_a_form_make_a_due_date_and_back() {
        for (date, time, due) in [
            ("", "", Ok(None)),
            ("2026-11-27", "", Ok(Some("2026-11-27"))),
            ("2026-11-27", "17:00", Ok(Some("2026-11-27T16:00:00Z"))),
            // Summer time.
            ("2027-07-01", "17:00", Ok(Some("2027-07-01T15:00:00Z"))),
            ("", "17:00", Ok(Some("2026-11-24T16:00:00Z"))),
            ("", "08:00", Ok(Some("2026-11-25T07:00:00Z"))),
            ("27.11.2026", "", Err(BadDate)),
            ("2026-11-27", "5pm", Err(BadDate)),
        ] {
            let due = due.map(|due| due.map(|due| due.parse::<DueDate>().unwrap()));
            assert_eq!(berlin().read_fields(date, time), due, "{date} {time}");
        }
        let due = "2026-11-27T16:00:00Z".parse().unwrap();
        assert_eq!(berlin().date_field(due), "2026-11-27");
        assert_eq!(berlin().time_field(due), "17:00");
    }
}
