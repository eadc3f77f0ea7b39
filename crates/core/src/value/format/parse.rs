//! Reading by a format.

use super::super::calendar::{days_from_civil, is_moment};
use super::super::moment::zone;
use super::super::names::{MONTHS, WEEKDAYS, leading};
use super::{Item, Number, TimeFormat};

/// Microseconds of a second.
const SECOND: i64 = 1_000_000;
/// Seconds of a day.
const DAY: i64 = 86_400;

/// What was read so far.
#[derive(Debug, Clone, Copy)]
struct Fields {
    year: i32,
    month: u32,
    day: u32,
    year_day: Option<i32>,
    hour: i64,
    half_hour: Option<i64>,
    afternoon: bool,
    minute: i64,
    second: i64,
    micros: i64,
    ahead: i64,
    epoch: Option<i64>,
}

impl TimeFormat {
    /// The timestamp that `text` is, without the blanks around it; microseconds since 1970-01-01 00:00:00, in UTC where
    /// the format has an offset. What the format does not name is that of 1900-01-01 00:00:00. `None` for text of another
    /// form and outside of the years 1 to 9999.
    pub fn parse_timestamp(&self, text: &[u8]) -> Option<i64> {
        let mut fields = Fields {
            year: 1900,
            month: 1,
            day: 1,
            year_day: None,
            hour: 0,
            half_hour: None,
            afternoon: false,
            minute: 0,
            second: 0,
            micros: 0,
            ahead: 0,
            epoch: None,
        };
        let mut rest = text.trim_ascii();
        for item in &self.items {
            rest = fields.read(*item, rest)?;
        }
        if !rest.is_empty() {
            return None;
        }
        fields.moment().filter(|micros| is_moment(*micros))
    }

    /// The day of the timestamp that `text` is; days since 1970-01-01.
    pub fn parse_date(&self, text: &[u8]) -> Option<i32> {
        let micros = self.parse_timestamp(text)?;
        i32::try_from(micros.div_euclid(DAY * SECOND)).ok()
    }
}

impl Fields {
    /// Takes the item at the beginning of `text`; what follows it.
    fn read<'a>(&mut self, item: Item, text: &'a [u8]) -> Option<&'a [u8]> {
        match item {
            Item::Literal(character) => {
                let mut buffer = [0; 4];
                text.strip_prefix(character.encode_utf8(&mut buffer).as_bytes())
            }
            Item::Number { field, .. } => self.read_number(field, text),
            Item::Month { long } => {
                let (at, rest) = leading(&MONTHS, text, !long)?;
                self.month = u32::try_from(at).ok()? + 1;
                Some(rest)
            }
            // The date says which it is.
            Item::Weekday { long } => leading(&WEEKDAYS, text, !long).map(|(_, rest)| rest),
            Item::Half => {
                let (at, rest) = leading(&["AM", "PM"], text, false)?;
                self.afternoon = at == 1;
                Some(rest)
            }
            Item::Offset => {
                let offset = |b: &u8| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b':' | b'Z');
                let (zone_text, rest) = text.split_at(text.iter().take_while(|b| offset(b)).count());
                self.ahead = zone(zone_text)?;
                Some(rest)
            }
            Item::Zone => [&b"UTC"[..], b"GMT", b"Z"].into_iter().find_map(|name| text.strip_prefix(name)),
        }
    }

    fn read_number<'a>(&mut self, field: Number, text: &'a [u8]) -> Option<&'a [u8]> {
        let (negative, text) = match (field, text) {
            (Number::Epoch, [b'-', rest @ ..]) => (true, rest),
            _ => (false, text),
        };
        let most = match field {
            Number::Year => 4,
            Number::YearDay | Number::Millis => 3,
            Number::Micros => 9,
            Number::Epoch => 15,
            _ => 2,
        };
        let count = text.iter().take(most).take_while(|b| b.is_ascii_digit()).count();
        if count == 0 {
            return None;
        }
        let (digits, rest) = text.split_at(count);
        let value = digits.iter().fold(0i64, |value, b| value * 10 + i64::from(b - b'0'));
        let small = || u32::try_from(value).ok();
        let below = |limit: i64| (value < limit).then_some(value);
        match field {
            Number::Year => self.year = i32::try_from(value).ok()?,
            Number::ShortYear => {
                self.year = i32::try_from(value).ok()? + if value < 69 { 2000 } else { 1900 };
            }
            Number::Month => self.month = small()?,
            Number::Day => self.day = small()?,
            Number::YearDay => self.year_day = Some(i32::try_from(value).ok()?),
            Number::Hour => self.hour = below(24)?,
            Number::HalfHour => self.half_hour = Some(below(13).filter(|hour| *hour > 0)? % 12),
            Number::Minute => self.minute = below(60)?,
            Number::Second => self.second = below(60)?,
            Number::Micros | Number::Millis => {
                let scale = u32::try_from(count).ok()?;
                self.micros = value * SECOND / 10i64.pow(scale);
            }
            Number::Epoch => self.epoch = Some(if negative { -value } else { value }),
        }
        Some(rest)
    }

    fn moment(&self) -> Option<i64> {
        if let Some(seconds) = self.epoch {
            return seconds.checked_mul(SECOND)?.checked_add(self.micros);
        }
        let days = match self.year_day {
            None => days_from_civil(self.year, self.month, self.day)?,
            Some(day) => {
                let first = days_from_civil(self.year, 1, 1)?;
                let last = days_from_civil(self.year, 12, 31)?;
                Some(first + day - 1).filter(|days| day > 0 && *days <= last)?
            }
        };
        let hour = self.half_hour.map_or(self.hour, |hour| hour + if self.afternoon { 12 } else { 0 });
        let seconds = i64::from(days) * DAY + (hour * 60 + self.minute) * 60 + self.second;
        Some(seconds * SECOND + self.micros - self.ahead)
    }
}
