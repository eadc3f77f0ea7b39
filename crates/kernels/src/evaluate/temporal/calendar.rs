//! Moments taken apart, and the parts of each.

use plimsoll_core::DatePart;
use plimsoll_core::value::{civil_from_days, days_before_month, days_from_civil, weekday};

use super::{DAY, SECOND};

/// A day of the calendar.
#[derive(Debug, Clone, Copy)]
pub(super) struct Day {
    pub(super) days: i32,
    pub(super) year: i32,
    pub(super) month: u32,
    pub(super) day: u32,
}

impl Day {
    pub(super) fn new(days: i32) -> Self {
        let (year, month, day) = civil_from_days(days);
        Day { days, year, month, day }
    }

    /// The day of a moment, and the microseconds since midnight.
    pub(super) fn of_moment(micros: i64) -> (Self, i64) {
        // Moments are in the years 1 to 9999.
        (Day::new(i32::try_from(micros.div_euclid(DAY)).unwrap_or(0)), micros.rem_euclid(DAY))
    }

    /// The Monday of its week.
    pub(super) fn monday(self) -> i32 {
        self.days.wrapping_sub(self.iso_weekday() - 1)
    }

    fn iso_weekday(self) -> i32 {
        match weekday(self.days) {
            0 => 7,
            weekday => i32::try_from(weekday).unwrap_or(0),
        }
    }

    /// The year and the number of its week: those of the week's Thursday.
    pub(super) fn iso_week(self) -> (i32, i32) {
        let thursday = Day::new(self.monday().wrapping_add(3));
        (thursday.year, (thursday.year_day() - 1) / 7 + 1)
    }

    fn year_day(self) -> i32 {
        (days_before_month(self.year, self.month) + self.day).cast_signed()
    }

    /// A part of the day; 0 for those of the time.
    pub(super) fn part(self, part: DatePart) -> i64 {
        use DatePart as P;
        i64::from(match part {
            P::Millennium => (self.year - 1) / 1000 + 1,
            P::Century => (self.year - 1) / 100 + 1,
            P::Decade => self.year / 10,
            P::Year => self.year,
            P::IsoYear => self.iso_week().0,
            P::Quarter => (self.month.cast_signed() - 1) / 3 + 1,
            P::Month => self.month.cast_signed(),
            P::Week => self.iso_week().1,
            P::YearWeek => {
                let (year, week) = self.iso_week();
                year * 100 + week
            }
            P::Day => self.day.cast_signed(),
            P::DayOfWeek => self.iso_weekday() % 7,
            P::IsoDayOfWeek => self.iso_weekday(),
            P::DayOfYear => self.year_day(),
            P::Hour | P::Minute | P::Second | P::Millisecond | P::Microsecond | P::Epoch => 0,
        })
    }

    /// The first day of the part that it is in; `None` before the year 1.
    pub(super) fn truncated(self, part: DatePart) -> Option<i32> {
        use DatePart as P;
        let year = |years: i32| days_from_civil(self.year / years * years, 1, 1);
        match part {
            P::Millennium => year(1000),
            P::Century => year(100),
            P::Decade => year(10),
            P::Year => year(1),
            P::IsoYear => {
                let fourth = days_from_civil(self.iso_week().0, 1, 4)?;
                Some(Day::new(fourth).monday())
            }
            P::Quarter => days_from_civil(self.year, (self.month - 1) / 3 * 3 + 1, 1),
            P::Month => days_from_civil(self.year, self.month, 1),
            P::Week => Some(self.monday()),
            _ => Some(self.days),
        }
    }
}

/// A part of a time of day; 0 for those of the day.
pub(super) fn part_of_clock(micros: i64, part: DatePart) -> i64 {
    match part {
        DatePart::Hour => micros / (3600 * SECOND),
        DatePart::Minute => micros / (60 * SECOND) % 60,
        DatePart::Second => micros / SECOND % 60,
        DatePart::Millisecond => micros % (60 * SECOND) / 1000,
        DatePart::Microsecond => micros % (60 * SECOND),
        _ => 0,
    }
}

/// Microseconds of a part that is shorter than a day, or of a day.
pub(super) fn length(part: DatePart) -> i64 {
    match part {
        DatePart::Hour => 3600 * SECOND,
        DatePart::Minute => 60 * SECOND,
        DatePart::Second => SECOND,
        DatePart::Millisecond => 1000,
        DatePart::Microsecond => 1,
        _ => DAY,
    }
}
