//! The proleptic Gregorian calendar of the years 1 to 9999, and the strict text of its days.

/// 0001-01-01 and 9999-12-31.
const FIRST_DAY: i32 = -719_162;
const LAST_DAY: i32 = 2_932_896;

/// Microseconds of a day.
pub const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Days since 1970-01-01 of a proleptic Gregorian date, `None` where the month has no such day or the year is not in
/// 1 to 9999. The method is Howard Hinnant's `days_from_civil`.
pub const fn days_from_civil(year: i32, month: u32, day: u32) -> Option<i32> {
    if year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let shifted_month = (month as i32 + 9) % 12;
    let day_of_year = (153 * shifted_month + 2) / 5 + day as i32 - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// Days of a month.
pub const fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days of a year before a month begins.
pub const fn days_before_month(year: i32, month: u32) -> u32 {
    const DAYS: [u32; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    DAYS[month as usize - 1] + if month > 2 { days_in_month(year, 2) - 28 } else { 0 }
}

/// The weekday of a day: 0 is Sunday, 6 Saturday.
#[allow(clippy::cast_sign_loss, reason = "0 to 6")]
pub const fn weekday(days: i32) -> usize {
    (days as i64 + 4).rem_euclid(7) as usize
}

/// Year, month and day of a day count; the inverse of [`days_from_civil`].
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "each part is in its calendar range"
)]
pub const fn civil_from_days(days: i32) -> (i32, u32, u32) {
    let shifted = days as i64 + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u32;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 } as u32;
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year as i32, month, day)
}

/// Whether a day is one of the years 1 to 9999.
pub const fn is_day(days: i32) -> bool {
    FIRST_DAY <= days && days <= LAST_DAY
}

/// Whether a number of microseconds since 1970-01-01 00:00:00 is in the years 1 to 9999.
pub const fn is_moment(micros: i64) -> bool {
    FIRST_DAY as i64 * MICROS_PER_DAY <= micros && micros < (LAST_DAY as i64 + 1) * MICROS_PER_DAY
}

/// Reads exactly `YYYY-MM-DD`; days since 1970-01-01.
pub fn parse_date(text: &[u8]) -> Option<i32> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text else { return None };
    let year = digits(&[y1, y2, y3, y4])?;
    days_from_civil(i32::try_from(year).ok()?, digits(&[m1, m2])?, digits(&[d1, d2])?)
}

fn digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0u32, |value, b| b.is_ascii_digit().then(|| value * 10 + u32::from(b - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendar_is_its_own_inverse() {
        assert_eq!(days_from_civil(1970, 1, 1), Some(0));
        assert_eq!(days_from_civil(2000, 2, 29), Some(11_016));
        assert_eq!(days_from_civil(1900, 2, 29), None);
        let first = days_from_civil(1, 1, 1).unwrap();
        let last = days_from_civil(9999, 12, 31).unwrap();
        assert_eq!((first, last), (FIRST_DAY, LAST_DAY));
        for days in first..=last {
            let (year, month, day) = civil_from_days(days);
            assert_eq!(days_from_civil(year, month, day), Some(days));
        }
    }

    #[test]
    fn dates_parse_strictly() {
        assert_eq!(parse_date(b"1970-01-02"), Some(1));
        for wrong in ["1970-1-02", "1970-02-30", "1970-01-02 ", "0000-01-01", "1970/01/02", ""] {
            assert_eq!(parse_date(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
