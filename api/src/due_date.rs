//! When a task falls due: on a day, or at a moment.

use std::{borrow::Cow, fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};
use serde::{Deserialize, Serialize, de};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::SchemaType, schema::Type},
};

/// A full-date or a date-time of RFC 3339, kept in the kind it was given. A day is that day
/// wherever the user is; a moment is the same instant for everyone and is returned in UTC.
///
/// The text form (`2026-11-24`, `2026-11-24T16:00:00Z`) has a fixed width to the second, so its
/// byte order is the order of time, with a day before the moments of that day in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DueDate {
    /// That day in the user's own time zone.
    Day(civil::Date),
    /// An instant, to the second.
    Moment(Timestamp),
}

/// The text is neither a full-date nor a date-time with an offset, or its year is not 1–9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidDueDate;

impl fmt::Display for InvalidDueDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "must be a date such as 2026-11-24 or a date and time such as 2026-11-24T17:00:00Z",
        )
    }
}

impl std::error::Error for InvalidDueDate {}

impl DueDate {
    /// The instant from which the task is overdue: the end of its day in `zone`, or its moment.
    #[must_use]
    pub fn overdue_from(self, zone: &TimeZone) -> Timestamp {
        match self {
            Self::Moment(moment) => moment,
            Self::Day(day) => {
                let end = day
                    .tomorrow()
                    .unwrap_or(day)
                    .to_zoned_datetime(zone.clone());
                // Only the last day of the calendar has no following midnight.
                end.map_or(Timestamp::MAX, |end| end.timestamp())
            }
        }
    }

    /// The day on which it falls in `zone`.
    #[must_use]
    pub fn day(self, zone: &TimeZone) -> civil::Date {
        match self {
            Self::Day(day) => day,
            Self::Moment(moment) => zone.to_datetime(moment).date(),
        }
    }
}

impl fmt::Display for DueDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => write!(f, "{day}"),
            Self::Moment(moment) => write!(f, "{moment:.0}"),
        }
    }
}

impl FromStr for DueDate {
    type Err = InvalidDueDate;

    fn from_str(text: &str) -> Result<Self, InvalidDueDate> {
        let is_day = text.len() == 10;
        // jiff also reads week dates, weekday annotations and times without seconds; the wire has one form.
        let shape = |i: usize| text.as_bytes().get(i).copied();
        if !text.is_ascii()
            || text.len() > 40
            || shape(4) != Some(b'-')
            || shape(7) != Some(b'-')
            || text.contains('[')
        {
            return Err(InvalidDueDate);
        }
        let due = if is_day {
            Self::Day(text.parse().map_err(|_| InvalidDueDate)?)
        } else {
            let moment: Timestamp = text.parse().map_err(|_| InvalidDueDate)?;
            let fraction = SignedDuration::from_nanos(i64::from(moment.subsec_nanosecond()));
            Self::Moment(moment.checked_sub(fraction).map_err(|_| InvalidDueDate)?)
        };
        let year = due.day(&TimeZone::UTC).year();
        if (1..=9999).contains(&year) {
            Ok(due)
        } else {
            Err(InvalidDueDate)
        }
    }
}

impl Serialize for DueDate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DueDate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl PartialSchema for DueDate {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .description(Some("A full-date (that day wherever the user is) or a date-time (returned in UTC)."))
            .pattern(Some(r"^\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2}))?$"))
            .examples(["2026-11-24", "2026-11-24T17:00:00Z"])
            .into()
    }
}

impl ToSchema for DueDate {}

impl schemars::JsonSchema for DueDate {
    fn schema_name() -> Cow<'static, str> {
        "DueDate".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "A full-date such as 2026-11-24 (that day wherever the user is) or a date-time with offset such as 2026-11-24T17:00:00Z."
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_due_date_comes_back_in_the_kind_it_was_given() {
        for (given, returned) in [
            ("2026-11-24", "2026-11-24"),
            ("2026-11-24T17:00:00Z", "2026-11-24T17:00:00Z"),
            ("2026-11-24T17:00:00.999+14:00", "2026-11-24T03:00:00Z"),
        ] {
            assert_eq!(
                given
                    .parse::<DueDate>()
                    .map(|due| due.to_string())
                    .as_deref(),
                Ok(returned)
            );
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "tomorrow",
            "2026-13-01",
            "2026-02-30",
            "2026-11-24T25:00:00Z",
            "2026-11-24T17:00:00",
            "-000001-01-01",
            "0000-01-01",
            "20261124",
            "2026-W48-2",
            "2026-11-24T17:00:00Z[UTC]",
            "२०२६-११-२४",
        ] {
            assert_eq!(text.parse::<DueDate>(), Err(InvalidDueDate), "{text}");
        }
    }
}
