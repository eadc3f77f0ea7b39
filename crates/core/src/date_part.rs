//! The parts of dates and times that functions name: `extract(hour FROM x)`, `date_trunc('month', x)`. Computes nothing.

/// A part of a date or a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DatePart {
    /// 1001 to 2000 is the second millennium; date_trunc goes to years that 1000 divides.
    Millennium,
    /// 1901 to 2000 is the 20th century; date_trunc goes to years that 100 divides.
    Century,
    /// The year by 10.
    Decade,
    /// The year.
    Year,
    /// The year of the week by ISO 8601.
    IsoYear,
    /// 1 to 4.
    Quarter,
    /// 1 to 12.
    Month,
    /// The week by ISO 8601, 1 to 53: it begins on Monday, and the first has the year's first Thursday.
    Week,
    /// `IsoYear` times 100 and `Week`.
    YearWeek,
    /// The day of the month.
    Day,
    /// 0 for Sunday to 6 for Saturday.
    DayOfWeek,
    /// 1 for Monday to 7 for Sunday.
    IsoDayOfWeek,
    /// 1 to 366.
    DayOfYear,
    /// 0 to 23.
    Hour,
    /// 0 to 59.
    Minute,
    /// 0 to 59.
    Second,
    /// Milliseconds of the minute.
    Millisecond,
    /// Microseconds of the minute.
    Microsecond,
    /// Seconds since 1970-01-01 00:00:00, or since midnight, as a double.
    Epoch,
}

impl DatePart {
    /// Every part with its names; the first is the one that is printed.
    pub const ALL: [(DatePart, &'static [&'static str]); 19] = [
        (DatePart::Millennium, &["millennium", "millennia", "millenium", "mil", "mils"]),
        (DatePart::Century, &["century", "centuries", "cent", "c"]),
        (DatePart::Decade, &["decade", "decades", "dec", "decs"]),
        (DatePart::Year, &["year", "years", "yr", "yrs", "y"]),
        (DatePart::IsoYear, &["isoyear", "weekyear"]),
        (DatePart::Quarter, &["quarter", "quarters"]),
        (DatePart::Month, &["month", "months", "mon", "mons"]),
        (DatePart::Week, &["week", "weeks", "w", "weekofyear"]),
        (DatePart::YearWeek, &["yearweek"]),
        (DatePart::Day, &["day", "days", "d", "dayofmonth"]),
        (DatePart::DayOfWeek, &["dow", "dayofweek", "weekday"]),
        (DatePart::IsoDayOfWeek, &["isodow"]),
        (DatePart::DayOfYear, &["doy", "dayofyear"]),
        (DatePart::Hour, &["hour", "hours", "hr", "hrs", "h"]),
        (DatePart::Minute, &["minute", "minutes", "min", "mins", "m"]),
        (DatePart::Second, &["second", "seconds", "sec", "secs", "s"]),
        (DatePart::Millisecond, &["millisecond", "milliseconds", "ms", "msec", "msecs"]),
        (DatePart::Microsecond, &["microsecond", "microseconds", "us", "usec", "usecs"]),
        (DatePart::Epoch, &["epoch"]),
    ];

    /// The part called `name`, in any case.
    pub fn parse(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        Self::ALL.iter().find(|(_, names)| names.contains(&lower.as_str())).map(|(part, _)| *part)
    }

    /// The name that is printed.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(part, _)| *part == self).map_or("?", |(_, names)| names[0])
    }

    /// Whether a time of day has it.
    pub const fn is_of_time(self) -> bool {
        matches!(
            self,
            DatePart::Hour
                | DatePart::Minute
                | DatePart::Second
                | DatePart::Millisecond
                | DatePart::Microsecond
                | DatePart::Epoch
        )
    }

    /// Whether an interval has it.
    pub const fn is_of_interval(self) -> bool {
        !matches!(
            self,
            DatePart::IsoYear
                | DatePart::Week
                | DatePart::YearWeek
                | DatePart::DayOfWeek
                | DatePart::IsoDayOfWeek
                | DatePart::DayOfYear
                | DatePart::Epoch
        )
    }

    /// What date_trunc, date_diff and date_sub count for it: a day of the week or the year is a day, an epoch a second.
    #[must_use]
    pub const fn unit(self) -> Self {
        match self {
            DatePart::DayOfWeek | DatePart::IsoDayOfWeek | DatePart::DayOfYear => DatePart::Day,
            DatePart::YearWeek => DatePart::Week,
            DatePart::Epoch => DatePart::Second,
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_case() {
        assert_eq!(DatePart::parse("YEAR"), Some(DatePart::Year));
        assert_eq!(DatePart::parse("dayofweek"), Some(DatePart::DayOfWeek));
        assert_eq!(DatePart::parse("fortnight"), None);
        for (part, names) in DatePart::ALL {
            assert!(names.iter().all(|name| DatePart::parse(name) == Some(part)));
            assert_eq!(part.name(), names[0]);
        }
    }
}
