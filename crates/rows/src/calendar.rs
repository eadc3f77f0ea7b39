//! Dates and timestamps from text. The calendar is counted year by year and month by month; no formula to trust.

/// Days since 1970-01-01 of exactly `YYYY-MM-DD`, a real day of the years 0001 to 9999.
pub(crate) fn date(text: &str) -> Option<i32> {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else { return None };
    let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
    if year < 1 || !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    let days_in_year = |year| if is_leap(year) { 366 } else { 365 };
    let years: i32 = if year >= 1970 {
        (1970..year).map(days_in_year).sum()
    } else {
        -(year..1970).map(days_in_year).sum::<i32>()
    };
    let months: i32 = (1..month).map(|month| days_in_month(year, month)).sum();
    Some(years + months + day - 1)
}

/// Microseconds since 1970-01-01 00:00:00 of exactly `YYYY-MM-DD HH:MM:SS`, with `T` or a space between and 1 to 6
/// digits behind an optional point.
pub(crate) fn timestamp(text: &str) -> Option<i64> {
    let (day, time) = text.split_once([' ', 'T'])?;
    let days = date(day)?;
    let (clock, fraction) = match time.split_once('.') {
        None => (time, "000000".to_owned()),
        Some((clock, fraction)) if (1..=6).contains(&fraction.len()) => (clock, format!("{fraction:0<6}")),
        Some(_) => return None,
    };
    let parts: Vec<&str> = clock.split(':').collect();
    let [hour, minute, second] = parts[..] else { return None };
    let (hour, minute, second) = (number(hour, 2)?, number(minute, 2)?, number(second, 2)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = i64::from(days) * 24 * 60 * 60 + i64::from((hour * 60 + minute) * 60 + second);
    Some(seconds * 1_000_000 + i64::from(number(&fraction, 6)?))
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

/// A number of exactly `width` ASCII digits.
fn number(text: &str, width: usize) -> Option<i32> {
    let digits = text.len() == width && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

fn is_leap(year: i32) -> bool {
    year % 400 == 0 || (year % 4 == 0 && year % 100 != 0)
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
            assert_eq!(Value::Timestamp(timestamp(right).unwrap()).to_string(), right);
        }
        assert_eq!(timestamp("1970-01-01T00:00:01.50"), Some(1_500_000));
        for wrong in [
            "1970-01-01",
            "1970-01-01 24:00:00",
            "1970-01-01 00:60:00",
            "1970-01-01 00:00:00.",
            "1970-01-01 00:00:00.1234567",
            "1970-01-01  00:00:00",
            "1970-01-01 00:00:00Z",
            "1970-01-01 00:00:00.+1",
        ] {
            assert_eq!(timestamp(wrong), None, "{wrong}");
        }
    }
}
