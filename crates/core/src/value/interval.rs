//! Intervals: what may be added to a date or a time, in months, days and microseconds. Adds none to a date: that takes a
//! calendar.

use std::fmt;

use super::{MICROS_PER_DAY, parse_time, write_time};

/// Microseconds of a day, where all of an interval is counted in them.
const DAY: i128 = MICROS_PER_DAY as i128;
/// Days of a month where intervals are compared, or a part of a month is written.
const MONTH_DAYS: i32 = 30;

/// Months, days and microseconds, each with a sign of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Interval {
    /// Months.
    pub months: i32,
    /// Days.
    pub days: i32,
    /// Microseconds; at most [`Interval::MOST_MICROS`] either way.
    pub micros: i64,
}

plimsoll_memory::impl_deep_size!(flat Interval);

impl Interval {
    /// What an Arrow interval holds in nanoseconds, about 292 years.
    pub const MOST_MICROS: i64 = i64::MAX / 1000;

    /// An interval; `None` for more microseconds than it holds.
    pub fn new(months: i32, days: i32, micros: i64) -> Option<Self> {
        let fits = micros.unsigned_abs() <= Self::MOST_MICROS.unsigned_abs();
        fits.then_some(Interval { months, days, micros })
    }

    /// So many microseconds, whole days of them as days: the difference of two timestamps.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "64 bits of microseconds are 107 million days at most"
    )]
    pub const fn between(micros: i64) -> Self {
        Interval { months: 0, days: (micros / MICROS_PER_DAY) as i32, micros: micros % MICROS_PER_DAY }
    }

    /// The sum; `None` where a part does not fit.
    pub fn plus(self, other: Interval) -> Option<Self> {
        Self::new(
            self.months.checked_add(other.months)?,
            self.days.checked_add(other.days)?,
            self.micros.checked_add(other.micros)?,
        )
    }

    /// So many times; `None` where a part does not fit.
    pub fn times(self, factor: i64) -> Option<Self> {
        let small = |part: i32| i32::try_from(i64::from(part).checked_mul(factor)?).ok();
        Self::new(small(self.months)?, small(self.days)?, self.micros.checked_mul(factor)?)
    }

    /// What intervals are compared by: microseconds, a month being 30 days, a day 24 hours.
    pub const fn order_key(self) -> i128 {
        let days = self.months as i128 * MONTH_DAYS as i128 + self.days as i128;
        days * DAY + self.micros as i128
    }

    /// Reads `1 year 2 months -3 days 04:05:06.7`: numbers with units, and a time, in any order and with a sign each;
    /// `ago` at the end turns all signs. A number may have a fraction; one without a unit counts seconds. `None` for any
    /// other text.
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text.trim().to_ascii_lowercase();
        let (mut rest, ago) = match lower.strip_suffix("ago") {
            Some(rest) => (rest.trim_end(), true),
            None => (&*lower, false),
        };
        if rest.is_empty() {
            return None;
        }
        let mut sum = Interval::default();
        while !rest.is_empty() {
            let end = |found: Option<usize>, text: &str| found.unwrap_or(text.len());
            let is_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | ':' | '+' | '-');
            let (number, behind) = rest.split_at(end(rest.find(|c| !is_number(c)), rest));
            let behind = behind.trim_start();
            let part = if number.contains(':') {
                rest = behind;
                clock(number)?
            } else {
                let (unit, behind) = behind.split_at(end(behind.find(|c: char| !c.is_alphabetic()), behind));
                rest = behind.trim_start();
                amount(number, if unit.is_empty() { "s" } else { unit })?
            };
            sum = sum.plus(part)?;
        }
        if ago { sum.times(-1) } else { Some(sum) }
    }

    /// One of a unit, as `INTERVAL 3 DAY` names it; `None` for what is no unit.
    pub fn unit(name: &str) -> Option<Self> {
        amount("1", &name.to_ascii_lowercase())
    }
}

/// `[-+]H…:MM[:SS[.fraction]]`.
fn clock(text: &str) -> Option<Interval> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (hours, rest) = unsigned.split_once(':')?;
    let hours: i64 =
        if hours.bytes().all(|b| b.is_ascii_digit()) { hours.parse().ok()? } else { return None };
    let within = parse_time(format!("0:{rest}").as_bytes())?;
    let micros = hours.checked_mul(3_600_000_000)?.checked_add(within)?;
    Interval::new(0, 0, if text.starts_with('-') { -micros } else { micros })
}

/// A number with a fraction, of a unit. A part of a month is days of 30 to the month, a part of a day microseconds.
fn amount(number: &str, unit: &str) -> Option<Interval> {
    use crate::DatePart as P;
    let negative = number.starts_with('-');
    let unsigned = number.strip_prefix(['-', '+']).unwrap_or(number);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    // A fraction in millionths: no unit has more that count.
    let millionths: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    let months = |each: i64| {
        let all = millionths * each;
        let (count, part) = (whole.checked_mul(each)? + all / 1_000_000, all % 1_000_000);
        let days = part * i64::from(MONTH_DAYS);
        let micros = days % 1_000_000 * (MICROS_PER_DAY / 1_000_000);
        Interval::new(i32::try_from(count).ok()?, i32::try_from(days / 1_000_000).ok()?, micros)
    };
    let days = |each: i64| {
        let all = millionths * each;
        let count = whole.checked_mul(each)? + all / 1_000_000;
        let micros = all % 1_000_000 * (MICROS_PER_DAY / 1_000_000);
        Interval::new(0, i32::try_from(count).ok()?, micros)
    };
    let micros = |each: i64| {
        let part = i64::try_from(i128::from(millionths) * i128::from(each) / 1_000_000).ok()?;
        Interval::new(0, 0, whole.checked_mul(each)?.checked_add(part)?)
    };
    let interval = match P::parse(unit)? {
        P::Millennium => months(12_000),
        P::Century => months(1200),
        P::Decade => months(120),
        P::Year => months(12),
        P::Quarter => months(3),
        P::Month => months(1),
        P::Week => days(7),
        P::Day => days(1),
        P::Hour => micros(3_600_000_000),
        P::Minute => micros(60_000_000),
        P::Second => micros(1_000_000),
        P::Millisecond => micros(1000),
        P::Microsecond => micros(1),
        P::IsoYear | P::YearWeek | P::DayOfWeek | P::IsoDayOfWeek | P::DayOfYear | P::Epoch => None,
    }?;
    if negative { interval.times(-1) } else { Some(interval) }
}

impl fmt::Display for Interval {
    /// `1 year 2 months -3 days 04:05:06.7`; parts that are 0 are left out, `00:00:00` where all are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for (count, unit) in [(self.months / 12, "year"), (self.months % 12, "month"), (self.days, "day")] {
            if count != 0 {
                let blank = if first { "" } else { " " };
                let plural = if count.abs() == 1 { "" } else { "s" };
                write!(f, "{blank}{count} {unit}{plural}")?;
                first = false;
            }
        }
        if self.micros == 0 && !first {
            return Ok(());
        }
        if !first {
            f.write_str(" ")?;
        }
        if self.micros < 0 {
            f.write_str("-")?;
        }
        write_time(f, self.micros.abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_read_and_printed() {
        for (text, expected) in [
            ("1 day", "1 day"),
            ("14 months -3 days 04:05:06.7", "1 year 2 months -3 days 04:05:06.7"),
            ("0 days", "00:00:00"),
            ("-1 month", "-1 month"),
            ("-1 hour", "-01:00:00"),
            ("-13 months 30 hours", "-1 year -1 month 30:00:00"),
            ("100 hours", "100:00:00"),
            ("1 decade", "10 years"),
            ("1 year 1.5 days", "1 year 1 day 12:00:00"),
            ("1h 30m", "01:30:00"),
            ("1.5 hours", "01:30:00"),
            ("1.5 months", "1 month 15 days"),
            ("1.5 years", "1 year 6 months"),
            ("01:02", "01:02:00"),
            ("-00:00:01.5", "-00:00:01.5"),
            ("5", "00:00:05"),
            ("1 day ago", "-1 day"),
            ("2 WEEKS", "14 days"),
            ("1 quarter", "3 months"),
        ] {
            let read = Interval::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(read.to_string(), expected, "{text}");
            assert_eq!(Interval::parse(expected), Some(read), "{expected}");
        }
        for wrong in
            ["", "ago", "day", "1,2 days", "1 day, 2 hours", "P1Y", "1 fortnight", "1 dow", "1:2:3:4"]
        {
            assert_eq!(Interval::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn months_have_30_days_where_intervals_compare() {
        let key = |text: &str| Interval::parse(text).unwrap().order_key();
        assert_eq!(key("1 month"), key("30 days"));
        assert_eq!(key("1 day"), key("24 hours"));
        assert!(key("31 days") > key("1 month"));
        assert_eq!(Interval::between(-129_600_000_000).to_string(), "-1 day -12:00:00");
    }
}
