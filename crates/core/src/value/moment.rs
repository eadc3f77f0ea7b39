//! The written forms of times of day and timestamps: one grammar for cells, CAST and constants. Knows no format of the
//! user's.
//!
//! ```text
//! timestamp = date ("T" | blank+) time
//! time      = H[H] ":" MM [":" SS [("." | ",") digit{1,9}]] [blank*] [zone]
//! zone      = "Z" | ("+" | "-") HH [[":"] MM]
//! ```

use super::calendar::{MICROS_PER_DAY, is_moment};
use super::date_form::DateForm;

/// Microseconds of a second.
const SECOND: i64 = 1_000_000;

/// The most digits of a second's fraction that are read, and those that are kept.
const READ_DIGITS: usize = 9;
const KEPT_DIGITS: usize = 6;

/// A time of day or a timestamp that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Microseconds since midnight or since 1970-01-01 00:00:00; in UTC where the text names a zone.
    pub micros: i64,
    /// Whether the text names a zone.
    pub zoned: bool,
    /// Whether digits other than 0 behind the microsecond were cut off.
    pub truncated: bool,
}

/// Reads a timestamp whose date is `YYYY-MM-DD`; `None` for any other text, and where the instant in UTC is outside
/// of the years 1 to 9999.
pub fn read_timestamp(text: &[u8]) -> Option<Moment> {
    DateForm::Iso.read_timestamp(text)
}

/// The moment of a day whose time is written as `time`; `None` as [`read_timestamp`].
pub(super) fn moment(days: i32, time: &[u8]) -> Option<Moment> {
    let (time, offset) = clock(time)?;
    let micros = i64::from(days) * MICROS_PER_DAY + time.micros - offset;
    is_moment(micros).then_some(Moment { micros, ..time })
}

/// Reads a time of day; one with a zone is the time of day in UTC. `None` for any other text.
pub fn read_time(text: &[u8]) -> Option<Moment> {
    let (time, offset) = clock(text)?;
    Some(Moment { micros: (time.micros - offset).rem_euclid(MICROS_PER_DAY), ..time })
}

/// Reads a time of day without a zone; microseconds since midnight, those behind cut off.
pub fn parse_time(text: &[u8]) -> Option<i64> {
    read_time(text).filter(|time| !time.zoned).map(|time| time.micros)
}

/// The time that the text says, and how many microseconds its zone is ahead of UTC.
fn clock(text: &[u8]) -> Option<(Moment, i64)> {
    let (hour, rest) = match *text {
        [h, b':', ref rest @ ..] => (digit(h)?, rest),
        [h1, h2, b':', ref rest @ ..] => (two_digits(h1, h2)?, rest),
        _ => return None,
    };
    let [m1, m2, ref rest @ ..] = *rest else { return None };
    let minute = two_digits(m1, m2)?;
    let (second, (fraction, truncated, rest)) = match *rest {
        [b':', s1, s2, b'.' | b',', ref rest @ ..] => (two_digits(s1, s2)?, fraction(rest)?),
        [b':', s1, s2, ref rest @ ..] => (two_digits(s1, s2)?, (0, false, rest)),
        _ => (0, (0, false, rest)),
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let offset = match rest {
        [] => None,
        rest => Some(zone(after_blanks(rest))?),
    };
    let micros = ((hour * 60 + minute) * 60 + second) * SECOND + fraction;
    Some((Moment { micros, zoned: offset.is_some(), truncated }, offset.unwrap_or(0)))
}

/// The microseconds of 1 to 9 digits, whether others were cut off, and what follows.
fn fraction(text: &[u8]) -> Option<(i64, bool, &[u8])> {
    let count = text.iter().take_while(|b| b.is_ascii_digit()).count();
    if !(1..=READ_DIGITS).contains(&count) {
        return None;
    }
    let (digits, rest) = text.split_at(count);
    let (kept, cut) = digits.split_at(count.min(KEPT_DIGITS));
    let mut micros = kept.iter().fold(0, |micros, b| micros * 10 + i64::from(b - b'0'));
    for _ in kept.len()..KEPT_DIGITS {
        micros *= 10;
    }
    Some((micros, cut.iter().any(|b| *b != b'0'), rest))
}

/// How many microseconds a zone is ahead of UTC: `Z`, `+02`, `+0200` or `+02:00`, less than 16 hours.
pub fn zone(text: &[u8]) -> Option<i64> {
    let (sign, h1, h2, minutes) = match *text {
        [b'Z'] => return Some(0),
        [sign @ (b'+' | b'-'), h1, h2, ref minutes @ ..] => (sign, h1, h2, minutes),
        _ => return None,
    };
    let hours = two_digits(h1, h2)?;
    let minutes = match *minutes {
        [] => 0,
        [m1, m2] | [b':', m1, m2] => two_digits(m1, m2)?,
        _ => return None,
    };
    let ahead = (hours * 60 + minutes) * 60 * SECOND;
    (hours < 16 && minutes < 60).then_some(if sign == b'-' { -ahead } else { ahead })
}

/// The text behind the spaces that it begins with.
pub(super) fn after_blanks(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|b| **b == b' ').count();
    &text[blanks..]
}

fn digit(b: u8) -> Option<i64> {
    b.is_ascii_digit().then(|| i64::from(b - b'0'))
}

fn two_digits(tens: u8, ones: u8) -> Option<i64> {
    Some(digit(tens)? * 10 + digit(ones)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    fn shown(text: &str) -> Option<String> {
        let read = read_timestamp(text.as_bytes())?;
        let marks = [(read.zoned, " UTC"), (read.truncated, " cut")];
        let marks: String = marks.iter().filter(|(set, _)| *set).map(|(_, mark)| *mark).collect();
        Some(format!("{}{marks}", Value::Timestamp(read.micros)))
    }

    #[test]
    fn timestamps_read_back() {
        for text in ["1969-12-31 23:59:59.999999", "2024-02-29 00:00:00", "9999-12-31 12:00:00.5"] {
            assert_eq!(shown(text).as_deref(), Some(text));
        }
        for wrong in ["1970-01-01", "1970-01-01 24:00:00", "1970-01-01 00:00:00."] {
            assert_eq!(shown(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn timestamps_in_every_spelling() {
        for (text, expected) in [
            ("2024-02-29 01:02:03", "2024-02-29 01:02:03"),
            ("2024-02-29T1:02", "2024-02-29 01:02:00"),
            ("2024-02-29   23:59:59.5", "2024-02-29 23:59:59.5"),
            ("2024-02-29 23:59:59,5", "2024-02-29 23:59:59.5"),
            ("2024-02-29 23:59:59.123456000", "2024-02-29 23:59:59.123456"),
            ("2024-02-29 23:59:59.123456789", "2024-02-29 23:59:59.123456 cut"),
            ("2024-02-29T01:02:03Z", "2024-02-29 01:02:03 UTC"),
            ("2024-02-29 01:02+02", "2024-02-28 23:02:00 UTC"),
            ("2024-02-29 01:02:03.25 -0330", "2024-02-29 04:32:03.25 UTC"),
            ("2024-02-29 01:02:03+05:45", "2024-02-28 19:17:03 UTC"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
        }
        for wrong in [
            "2024-02-29",
            "2024-02-29 ",
            "2024-02-29 1",
            "2024-02-29 1:2",
            "2024-02-29 01:02:3",
            "2024-02-29 24:00:00",
            "2024-02-29 01:60:00",
            "2024-02-29 01:02:03.",
            "2024-02-29 01:02.5",
            "2024-02-29 01:02:03.1234567890",
            "2024-02-29 01:02:03 ",
            "2024-02-29 01:02:03+2",
            "2024-02-29 01:02:03+16",
            "2024-02-29 01:02:03+02:60",
            "2024-02-29 01:02:03 UTC",
            "2023-02-29 01:02:03",
            "0001-01-01 00:00:00+01",
            "9999-12-31 23:59:59-01",
        ] {
            assert_eq!(shown(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn times_of_day() {
        let hours = |hours: i64| Some(hours * 3600 * SECOND);
        assert_eq!(parse_time(b"12:00"), hours(12));
        assert_eq!(parse_time(b"9:00:00.000000"), hours(9));
        assert_eq!(parse_time(b"12:00+02"), None);
        assert_eq!(read_time(b"01:00+02").map(|time| time.micros), hours(23));
        for wrong in ["", "12", "24:00", "1:2", "12:00:", "12:00:00 am", "12.30"] {
            assert_eq!(read_time(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
