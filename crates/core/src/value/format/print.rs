//! Printing by a format.

use std::fmt;

use super::super::calendar::{MICROS_PER_DAY, civil_from_days, days_before_month, weekday};
use super::super::names::{MONTHS, SHORT, WEEKDAYS};
use super::{Item, Number, TimeFormat};

/// Microseconds of a second.
const SECOND: i64 = 1_000_000;

impl TimeFormat {
    /// Writes a timestamp by the format.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write(&self, out: &mut impl fmt::Write, micros: i64) -> fmt::Result {
        let days = i32::try_from(micros.div_euclid(MICROS_PER_DAY)).unwrap_or(i32::MAX);
        let (year, month, day) = civil_from_days(days);
        let clock = micros.rem_euclid(MICROS_PER_DAY);
        let hour = clock / SECOND / 3600;
        let name = |name: &'static str, long: bool| if long { name } else { &name[..SHORT] };
        for item in &self.items {
            let (field, padded) = match *item {
                Item::Literal(character) => {
                    out.write_char(character)?;
                    continue;
                }
                Item::Month { long } => {
                    out.write_str(name(MONTHS[month as usize - 1], long))?;
                    continue;
                }
                Item::Weekday { long } => {
                    out.write_str(name(WEEKDAYS[weekday(days)], long))?;
                    continue;
                }
                Item::Half => {
                    out.write_str(if hour < 12 { "AM" } else { "PM" })?;
                    continue;
                }
                Item::Offset => {
                    out.write_str("+00")?;
                    continue;
                }
                Item::Zone => continue,
                Item::Number { field, padded } => (field, padded),
            };
            let (value, width) = match field {
                Number::Year => (i64::from(year), 4),
                Number::ShortYear => (i64::from(year.rem_euclid(100)), 2),
                Number::Month => (i64::from(month), 2),
                Number::Day => (i64::from(day), 2),
                Number::YearDay => (i64::from(days_before_month(year, month) + day), 3),
                Number::Hour => (hour, 2),
                Number::HalfHour => ((hour + 11) % 12 + 1, 2),
                Number::Minute => (clock / SECOND / 60 % 60, 2),
                Number::Second => (clock / SECOND % 60, 2),
                Number::Micros => (clock % SECOND, 6),
                Number::Millis => (clock % SECOND / 1000, 3),
                Number::Epoch => (micros.div_euclid(SECOND), 0),
            };
            if padded { write!(out, "{value:0width$}")? } else { write!(out, "{value}")? }
        }
        Ok(())
    }
}
