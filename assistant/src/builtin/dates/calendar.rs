//! Days of the calendar: the next of a weekday, of a month's day, of a week's end.

use jiff::{
    Span, ToSpan,
    civil::{Date, Weekday},
};

/// Beyond the end of the calendar the day stays what it was.
pub(super) fn add(day: Date, span: Result<Span, jiff::Error>) -> Date {
    span.and_then(|span| day.checked_add(span))
        .ok()
        .filter(|date| (1..=9998).contains(&date.year()))
        .unwrap_or(day)
}

/// Its Friday; from Saturday on, its Sunday.
pub(super) fn end_of_week(today: Date, monday: Date) -> Date {
    let friday = add(monday, Ok(4.days()));
    if today > friday {
        add(monday, Ok(6.days()))
    } else {
        friday
    }
}

pub(super) fn on_weekday(monday: Date, weekday: Weekday) -> Date {
    let offset = i64::from(weekday.to_monday_zero_offset());
    add(monday, Span::new().try_days(offset))
}

/// A month and a day of a given year, or of the next year in which they come.
pub(super) fn month_date(today: Date, month: i8, day: i64, year: Option<i16>) -> Option<Date> {
    let day = i8::try_from(day).ok()?;
    // A leap year, so that 29 February is a date.
    Date::new(2024, month, day).ok()?;
    match year {
        Some(year) => Date::new(year, month, day).ok(),
        None => Some(next_month_day(today, month, day)),
    }
}

pub(super) fn next_month_day(today: Date, month: i8, day: i8) -> Date {
    (0..9)
        .filter_map(|years| Date::new(today.year().saturating_add(years), month, day).ok())
        .find(|date| *date >= today)
        .unwrap_or(today)
}

/// The next month that has such a day: "the 31st" is never the 1st.
pub(super) fn next_day_of_month(from: Date, day: i64) -> Option<Date> {
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

pub(in super::super) fn weekday(word: &str) -> Option<Weekday> {
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

pub(super) fn month(word: &str) -> Option<i8> {
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
