//! Dates where calendars and clocks are awkward: both clock changes of a year, the first zone of
//! the world to see a day, leap days and the ends of months and years.

use jiff::{Timestamp, tz::TimeZone};
use proptest::prelude::*;
use todo_api::DueDate;

use super::{
    super::tokens::{Phrase, tokenize},
    Clock, whole,
};

fn clock(now: &str, zone: &str) -> Clock {
    Clock::new(now.parse().unwrap(), TimeZone::get(zone).unwrap())
}

/// What a phrase comes to: a day, or a moment in UTC.
fn due(phrase: &str, clock: &Clock) -> String {
    let tokens = tokenize(phrase);
    match whole(Phrase::new(phrase, &tokens), clock)
        .unwrap()
        .resolve(clock)
    {
        DueDate::Day(day) => day.to_string(),
        DueDate::Moment(moment) => moment.to_string(),
    }
}

#[test]
fn berlin_loses_an_hour_in_march() {
    // The clocks go from 02:00 to 03:00 on Sunday.
    let clock = clock("2026-03-28T11:00:00Z", "Europe/Berlin");
    assert_eq!(due("tomorrow at 01:59", &clock), "2026-03-29T00:59:00Z");
    // 02:30 is on no clock: the moment an hour and a half after 01:00 is, at 03:30.
    assert_eq!(due("tomorrow at 02:30", &clock), "2026-03-29T01:30:00Z");
    assert_eq!(due("tomorrow at 03:30", &clock), "2026-03-29T01:30:00Z");
    assert_eq!(due("tomorrow at 9am", &clock), "2026-03-29T07:00:00Z");
    // A day on is the same time, two hours the time that passes.
    assert_eq!(due("in 24 hours", &clock), "2026-03-29T11:00:00Z");
    assert_eq!(due("in 1 day", &clock), "2026-03-29");
    assert_eq!(due("sunday", &clock), "2026-03-29");
}

#[test]
fn berlin_has_an_hour_twice_in_october() {
    let clock = clock("2026-10-24T10:00:00Z", "Europe/Berlin");
    // 02:30 comes twice: the first is meant.
    assert_eq!(due("tomorrow at 02:30", &clock), "2026-10-25T00:30:00Z");
    assert_eq!(due("tomorrow at 03:30", &clock), "2026-10-25T02:30:00Z");
    assert_eq!(due("tomorrow at noon", &clock), "2026-10-25T11:00:00Z");
}

#[test]
fn new_york_changes_its_clocks_on_days_of_its_own() {
    let spring = clock("2026-03-07T17:00:00Z", "America/New_York");
    assert_eq!(due("tomorrow at 02:30", &spring), "2026-03-08T07:30:00Z");
    assert_eq!(due("tomorrow at 9am", &spring), "2026-03-08T13:00:00Z");
    let autumn = clock("2026-10-31T16:00:00Z", "America/New_York");
    assert_eq!(due("tomorrow at 01:30", &autumn), "2026-11-01T05:30:00Z");
    assert_eq!(due("tomorrow at 9am", &autumn), "2026-11-01T14:00:00Z");
}

#[test]
fn within_the_hour_that_comes_twice_an_hour_from_now_is_an_hour() {
    // 02:30 for the first time.
    let clock = clock("2026-10-25T00:30:00Z", "Europe/Berlin");
    assert_eq!(due("in an hour", &clock), "2026-10-25T01:30:00Z");
    assert_eq!(due("in 90 minutes", &clock), "2026-10-25T02:00:00Z");
}

#[test]
fn on_kiritimati_the_day_is_that_of_kiritimati() {
    // 23:30 on the 23rd in Greenwich, 13:30 on Tuesday 24th there.
    let clock = clock("2026-11-23T23:30:00Z", "Pacific/Kiritimati");
    assert_eq!(due("today", &clock), "2026-11-24");
    assert_eq!(due("tomorrow", &clock), "2026-11-25");
    assert_eq!(due("tuesday", &clock), "2026-12-01");
    assert_eq!(due("friday", &clock), "2026-11-27");
    assert_eq!(due("today at 5pm", &clock), "2026-11-24T03:00:00Z");
    assert_eq!(due("tomorrow at 01:00", &clock), "2026-11-24T11:00:00Z");
    // Half past one has passed there today.
    assert_eq!(due("at 9am", &clock), "2026-11-24T19:00:00Z");
}

#[test]
fn a_leap_day_is_the_next_that_there_is() {
    let clock = clock("2026-11-23T08:00:00Z", "Europe/Berlin");
    assert_eq!(due("29 february", &clock), "2028-02-29");
    assert_eq!(due("february 28", &clock), "2027-02-28");
    let leap = self::clock("2028-02-28T12:00:00Z", "Europe/Berlin");
    assert_eq!(due("tomorrow", &leap), "2028-02-29");
    assert_eq!(due("in a year", &leap), "2029-02-28");
    assert_eq!(due("end of the month", &leap), "2028-02-29");
}

#[test]
fn years_and_months_end() {
    let clock = clock("2026-12-31T12:00:00Z", "Europe/Berlin");
    assert_eq!(due("tomorrow", &clock), "2027-01-01");
    assert_eq!(due("end of the year", &clock), "2026-12-31");
    assert_eq!(due("next month", &clock), "2027-01-01");
    assert_eq!(due("friday", &clock), "2027-01-01");
    assert_eq!(due("january 1", &clock), "2027-01-01");
    // There is no 31st before the end of January.
    let february = self::clock("2027-02-01T12:00:00Z", "Europe/Berlin");
    assert_eq!(due("the 31st", &february), "2027-03-31");
    let january = self::clock("2027-01-31T12:00:00Z", "Europe/Berlin");
    assert_eq!(due("in a month", &january), "2027-02-28");
}

#[test]
fn a_year_after_midnight_in_greenwich_is_still_the_old_one_in_new_york() {
    let clock = clock("2027-01-01T02:00:00Z", "America/New_York");
    assert_eq!(due("today", &clock), "2026-12-31");
    assert_eq!(due("tomorrow", &clock), "2027-01-01");
    assert_eq!(due("tonight at 11pm", &clock), "2027-01-01T04:00:00Z");
}

#[test]
fn a_part_of_today_that_has_begun_is_its_coming_full_hour() {
    let at = |now: &str| clock(now, "Europe/Berlin");
    assert_eq!(
        due("tonight", &at("2026-11-23T18:59:00Z")),
        "2026-11-23T19:00:00Z"
    );
    assert_eq!(
        due("tonight", &at("2026-11-23T19:00:00Z")),
        "2026-11-23T20:00:00Z"
    );
    assert_eq!(
        due("tonight", &at("2026-11-23T20:15:00Z")),
        "2026-11-23T21:00:00Z"
    );
    // No full hour of the day is left.
    assert_eq!(due("tonight", &at("2026-11-23T22:15:00Z")), "2026-11-23");
    assert_eq!(
        due("this afternoon", &at("2026-11-23T15:30:00Z")),
        "2026-11-23T16:00:00Z"
    );
    assert_eq!(
        due("this morning", &at("2026-11-23T15:30:00Z")),
        "2026-11-23"
    );
    assert_eq!(
        due("tomorrow evening", &at("2026-11-23T20:15:00Z")),
        "2026-11-24T17:00:00Z"
    );
}

proptest! {
    #[test]
    fn at_any_moment_anywhere_tomorrow_is_the_day_after_today(
        second in 1_767_225_600_i64..4_102_444_800,
        zone in prop::sample::select(vec![
            "UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Pacific/Apia",
            "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns",
        ]),
    ) {
        let now = Timestamp::from_second(second).unwrap();
        let clock = Clock::new(now, TimeZone::get(zone).unwrap());
        let today = clock.today();
        prop_assert_eq!(due("today", &clock), today.to_string());
        prop_assert_eq!(due("tomorrow", &clock), today.tomorrow().unwrap().to_string());
        // Whatever the clocks do at that hour, it falls on that day.
        let early: Timestamp = due("tomorrow at 02:30", &clock).parse().unwrap();
        prop_assert_eq!(clock.zone().to_datetime(early).date(), today.tomorrow().unwrap());
        let soon: Timestamp = due("in 2 hours", &clock).parse().unwrap();
        prop_assert!((soon.as_second() - second - 7_200).abs() <= 60);
    }
}
