//! Dates, times and timestamps from text, and taken apart. The calendar is counted year by year and month by month; no
//! formula to trust.

/// Microseconds of a second, and of a day.
pub(crate) const SECOND: i64 = 1_000_000;
pub(crate) const DAY: i64 = 24 * 60 * 60 * SECOND;

/// The months in English.
pub(crate) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The days of a week in English, from Sunday.
pub(crate) const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// Days since 1970-01-01 of exactly `YYYY-MM-DD`, a real day of the years 0001 to 9999.
pub(crate) fn date(text: &str) -> Option<i32> {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else { return None };
    day_number(number(year, 4)?, number(month, 2)?, number(day, 2)?)
}

/// Days since 1970-01-01 of a day of the years 1 to 9999.
pub(crate) fn day_number(year: i32, month: i32, day: i32) -> Option<i32> {
    if !(1..=9999).contains(&year)
        || !(1..=12).contains(&month)
        || day < 1
        || day > days_in_month(year, month)
    {
        return None;
    }
    let years: i32 = if year >= 1970 {
        (1970..year).map(days_in_year).sum()
    } else {
        -(year..1970).map(days_in_year).sum::<i32>()
    };
    let months: i32 = (1..month).map(|month| days_in_month(year, month)).sum();
    Some(years + months + day - 1)
}

/// Microseconds since midnight of `H:MM` or `HH:MM`, seconds with 1 to 9 digits of a fraction behind them or not; those
/// behind the microsecond are cut off.
pub(crate) fn time(text: &str) -> Option<i64> {
    let mut parts: Vec<&str> = text.split(':').collect();
    if parts.len() == 2 {
        parts.push("00");
    }
    let [hour, minute, second] = parts[..] else { return None };
    let (second, fraction) = second.split_once(['.', ',']).unwrap_or((second, "0"));
    if !(1..=9).contains(&fraction.len()) {
        return None;
    }
    let nanoseconds = number(&format!("{fraction:0<9}"), 9)?;
    let hour = number(hour, 2).or_else(|| number(hour, 1))?;
    let (minute, second) = (number(minute, 2)?, number(second, 2)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = i64::from((hour * 60 + minute) * 60 + second);
    Some(seconds * 1_000_000 + i64::from(nanoseconds / 1000))
}

/// Microseconds since 1970-01-01 00:00:00, in UTC, of a date, `T` or blanks, a time as [`time`] takes it and perhaps a
/// zone, with blanks before it or not.
pub(crate) fn zoned_timestamp(text: &str) -> Option<i64> {
    let (day, rest) = (text.get(..10)?, text.get(10..)?);
    let clock = match rest.strip_prefix('T') {
        Some(clock) => clock,
        None if rest.starts_with(' ') => rest.trim_start_matches(' '),
        None => return None,
    };
    let end = clock.find(['Z', '+', '-', ' ']).unwrap_or(clock.len());
    let ahead = if end == clock.len() { 0 } else { zone(clock[end..].trim_start_matches(' '))? };
    let micros = i64::from(date(day)?) * DAY + time(&clock[..end])? - ahead;
    if Moment::is_lawful(micros) { Some(micros) } else { None }
}

/// Microseconds that a zone is ahead of UTC: `Z`, `+02`, `+0200`, `-02:00`.
pub(crate) fn zone(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let digits = text.strip_prefix(['+', '-'])?;
    let digits = match digits.split_once(':') {
        Some((hours, minutes)) if hours.len() == 2 && minutes.len() == 2 => format!("{hours}{minutes}"),
        Some(_) => return None,
        None if digits.len() == 2 => format!("{digits}00"),
        None => digits.to_owned(),
    };
    let (hours, minutes) = (number(&digits, 4)? / 100, number(&digits, 4)? % 100);
    if hours > 15 || minutes > 59 {
        return None;
    }
    let ahead = i64::from(hours * 60 + minutes) * 60 * SECOND;
    Some(if text.starts_with('-') { -ahead } else { ahead })
}

/// A moment taken apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) days: i32,
    pub(crate) year: i32,
    pub(crate) month: i32,
    pub(crate) day: i32,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
    pub(crate) micros: i64,
}

impl Moment {
    pub(crate) fn new(moment: i64) -> Self {
        let days = i32::try_from(moment.div_euclid(DAY)).unwrap_or(0);
        let clock = moment.rem_euclid(DAY);
        let mut year = 1970;
        let mut left = days;
        while left < 0 {
            year -= 1;
            left += days_in_year(year);
        }
        while left >= days_in_year(year) {
            left -= days_in_year(year);
            year += 1;
        }
        let mut month = 1;
        while left >= days_in_month(year, month) {
            left -= days_in_month(year, month);
            month += 1;
        }
        Moment {
            days,
            year,
            month,
            day: left + 1,
            hour: clock / SECOND / 60 / 60,
            minute: clock / SECOND / 60 % 60,
            second: clock / SECOND % 60,
            micros: clock % SECOND,
        }
    }

    /// Whether microseconds since 1970-01-01 00:00:00 are a moment of the years 1 to 9999.
    pub(crate) fn is_lawful(micros: i64) -> bool {
        let day = |year, month, day| day_number(year, month, day).map_or(0, i64::from);
        (day(1, 1, 1)..=day(9999, 12, 31)).contains(&micros.div_euclid(DAY))
    }

    /// 1 for January 1st.
    pub(crate) fn year_day(&self) -> i64 {
        i64::from((1..self.month).map(|month| days_in_month(self.year, month)).sum::<i32>() + self.day)
    }

    /// 1 for Monday to 7 for Sunday.
    pub(crate) fn weekday(&self) -> i64 {
        // 1970-01-01 was a Thursday.
        i64::from(self.days + 3).rem_euclid(7) + 1
    }

    pub(crate) fn weekday_name(&self) -> &'static str {
        WEEKDAYS[usize::try_from(self.weekday() % 7).unwrap_or(0)]
    }

    pub(crate) fn month_name(&self) -> &'static str {
        MONTHS[usize::try_from(self.month - 1).unwrap_or(0)]
    }

    /// The Monday of a year's first week by ISO 8601, the one with January 4th.
    pub(crate) fn first_monday(year: i32) -> Option<i32> {
        let fourth = Moment::new(i64::from(day_number(year, 1, 4)?) * DAY);
        Some(fourth.days - i32::try_from(fourth.weekday()).ok()? + 1)
    }

    /// The year and the week by ISO 8601.
    pub(crate) fn week(&self) -> Option<(i32, i32)> {
        let years = [self.year + 1, self.year, self.year - 1];
        years.into_iter().find_map(|year| {
            let first = Self::first_monday(year)?;
            if self.days >= first { Some((year, (self.days - first) / 7 + 1)) } else { None }
        })
    }
}

/// A number of exactly `width` ASCII digits.
pub(crate) fn number(text: &str, width: usize) -> Option<i32> {
    let digits = text.len() == width && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

fn is_leap(year: i32) -> bool {
    year % 400 == 0 || (year % 4 == 0 && year % 100 != 0)
}

fn days_in_year(year: i32) -> i32 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_in_month(year: i32, month: i32) -> i32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_core::Value;

    #[test]
    fn every_day_reads_back() {
        let (first, last) = (date("0001-01-01").unwrap(), date("9999-12-31").unwrap());
        assert_eq!((first, last, date("1970-01-01")), (-719_162, 2_932_896, Some(0)));
        for days in (first..=last).step_by(1009) {
            assert_eq!(date(&Value::Date(days).to_string()), Some(days));
        }
    }

    #[test]
    fn only_the_exact_form() {
        for wrong in [
            "",
            "2023-02-29",
            "0000-01-01",
            "2024-1-01",
            "2024-01-01 ",
            "2024-01-01-",
            "+024-01-01",
            "2024-13-01",
        ] {
            assert_eq!(date(wrong), None, "{wrong}");
        }
        for right in ["1969-12-31 23:59:59.999999", "2024-02-29 00:00:00", "0001-01-01 00:00:00.5"] {
            assert_eq!(Value::Timestamp(zoned_timestamp(right).unwrap()).to_string(), right);
        }
        assert_eq!(zoned_timestamp("1970-01-01T00:00:01.50Z"), Some(1_500_000));
        for wrong in [
            "1970-01-01",
            "1970-01-01 24:00:00",
            "1970-01-01 00:60:00",
            "1970-01-01 00:00:00.",
            "1970-01-01 00:00:00.1234567890",
            "1970-01-01 00:00:00.+1",
        ] {
            assert_eq!(zoned_timestamp(wrong), None, "{wrong}");
        }
    }
}
