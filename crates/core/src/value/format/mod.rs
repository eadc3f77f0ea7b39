//! Formats of dates and times in strftime's notation: compiled once, then read and printed without an allocation.
//! Which of the two is asked decides; both know the same specifiers.
//!
//! | | |
//! |---|---|
//! | `%Y` `%y` | year of four digits; of two: 69 to 99 are 1969 to 1999, the rest 2000 to 2068 |
//! | `%m` `%d` `%j` | month, day, day of the year |
//! | `%H` `%I` `%p` | hour of 24, of 12, AM or PM |
//! | `%M` `%S` | minute, second |
//! | `%f` `%g` | microseconds (up to nine digits are read), milliseconds |
//! | `%b` `%B` `%a` `%A` | name of the month, of the weekday; short, long |
//! | `%z` `%Z` | offset from UTC, name of the zone (`UTC`, `GMT` or `Z`); what is printed is `+00` and nothing |
//! | `%s` | seconds since 1970-01-01 00:00:00 |
//! | `%T` `%X`, `%D`, `%F` `%x`, `%c` | `%H:%M:%S`, `%m/%d/%y`, `%Y-%m-%d`, `%Y-%m-%d %H:%M:%S` |
//! | `%%` | a percent sign |
//!
//! `-` before the letter of a number prints it without leading zeros; read are numbers of up to their digits anyway.

mod parse;
mod print;

use crate::{Error, Result};

/// A compiled format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeFormat {
    items: Vec<Item>,
}

/// A part of a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    Literal(char),
    Number { field: Number, padded: bool },
    Month { long: bool },
    Weekday { long: bool },
    Half,
    Offset,
    Zone,
}

/// A number of a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Number {
    Year,
    ShortYear,
    Month,
    Day,
    YearDay,
    Hour,
    HalfHour,
    Minute,
    Second,
    Micros,
    Millis,
    Epoch,
}

impl TimeFormat {
    /// Compiles a format.
    ///
    /// # Errors
    /// `Plan` for a specifier that is not in the table.
    pub fn new(format: &str) -> Result<TimeFormat> {
        let mut items = Vec::with_capacity(format.len());
        compile(format, format, &mut items)?;
        Ok(TimeFormat { items })
    }
}

fn compile(part: &str, format: &str, items: &mut Vec<Item>) -> Result<()> {
    let mut rest = part.chars();
    while let Some(character) = rest.next() {
        if character != '%' {
            items.push(Item::Literal(character));
            continue;
        }
        let mut letter = rest.next();
        let padded = letter != Some('-');
        if !padded {
            letter = rest.next();
        }
        match (letter, padded) {
            (Some('T' | 'X'), true) => compile("%H:%M:%S", format, items)?,
            (Some('D'), true) => compile("%m/%d/%y", format, items)?,
            (Some('F' | 'x'), true) => compile("%Y-%m-%d", format, items)?,
            (Some('c'), true) => compile("%Y-%m-%d %H:%M:%S", format, items)?,
            _ => items.push(item(letter, padded).ok_or_else(|| unknown(letter, padded, format))?),
        }
    }
    Ok(())
}

fn item(letter: Option<char>, padded: bool) -> Option<Item> {
    let number = |field| Some(Item::Number { field, padded });
    match letter? {
        'Y' => number(Number::Year),
        'y' => number(Number::ShortYear),
        'm' => number(Number::Month),
        'd' => number(Number::Day),
        'j' => number(Number::YearDay),
        'H' => number(Number::Hour),
        'I' => number(Number::HalfHour),
        'M' => number(Number::Minute),
        'S' => number(Number::Second),
        _ if !padded => None,
        'f' => number(Number::Micros),
        'g' => number(Number::Millis),
        's' => number(Number::Epoch),
        'b' | 'B' => Some(Item::Month { long: letter == Some('B') }),
        'a' | 'A' => Some(Item::Weekday { long: letter == Some('A') }),
        'p' => Some(Item::Half),
        'z' => Some(Item::Offset),
        'Z' => Some(Item::Zone),
        '%' => Some(Item::Literal('%')),
        _ => None,
    }
}

fn unknown(letter: Option<char>, padded: bool, format: &str) -> Error {
    let specifier = match (letter, padded) {
        (None, _) => return Error::plan(format!("the format '{format}' ends with a single %"), "write %%"),
        (Some(letter), true) => format!("%{letter}"),
        (Some(letter), false) => format!("%-{letter}"),
    };
    let known = "%Y %y %m %d %j %H %I %p %M %S %f %g %b %B %a %A %z %Z %s %T %D %F %c %%";
    Error::plan(
        format!("the format '{format}' has {specifier}, which is no specifier"),
        format!("the specifiers are {known}, and - before the letter of a number"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    fn parsed(text: &str, format: &str) -> Option<String> {
        let micros = TimeFormat::new(format).unwrap().parse_timestamp(text.as_bytes())?;
        Some(Value::Timestamp(micros).to_string())
    }

    #[test]
    fn formats_are_read() {
        for (text, format, expected) in [
            ("2024-02-29", "%Y-%m-%d", "2024-02-29 00:00:00"),
            (" 29/02/24 ", "%d/%m/%y", "2024-02-29 00:00:00"),
            ("29/02/68", "%d/%m/%y", "2068-02-29 00:00:00"),
            ("01/02/69", "%d/%m/%y", "1969-02-01 00:00:00"),
            ("1/2/2024", "%-d/%m/%Y", "2024-02-01 00:00:00"),
            ("12/Feb/2024:10:11:12 +0200", "%d/%b/%Y:%H:%M:%S %z", "2024-02-12 08:11:12"),
            ("12/february/2024", "%d/%B/%Y", "2024-02-12 00:00:00"),
            ("2024-02-29 01:02:03.5", "%F %T.%f", "2024-02-29 01:02:03.5"),
            ("2024-02-29 01:02:03.123456789", "%F %T.%f", "2024-02-29 01:02:03.123456"),
            ("2024-02-29 01:02:03.12", "%F %T.%g", "2024-02-29 01:02:03.12"),
            ("2024-02-29 1:2:3 pm", "%F %I:%M:%S %p", "2024-02-29 13:02:03"),
            ("2024-02-29 12:2:3 AM", "%F %I:%M:%S %p", "2024-02-29 00:02:03"),
            ("Wed 2024-02-29", "%a %Y-%m-%d", "2024-02-29 00:00:00"),
            ("2024 060", "%Y %j", "2024-02-29 00:00:00"),
            ("20240229", "%Y%m%d", "2024-02-29 00:00:00"),
            ("10:11:12", "%X", "1900-01-01 10:11:12"),
            ("02/29/24", "%D", "2024-02-29 00:00:00"),
            ("2024-02-29 UTC", "%x %Z", "2024-02-29 00:00:00"),
            ("1709164800", "%s", "2024-02-29 00:00:00"),
            ("-1", "%s", "1969-12-31 23:59:59"),
            ("100%", "%H0%%", "1900-01-01 10:00:00"),
            ("2024", "%Y", "2024-01-01 00:00:00"),
        ] {
            assert_eq!(parsed(text, format).as_deref(), Some(expected), "{text} {format}");
        }
        for (text, format) in [
            ("29/02/70", "%d/%m/%y"),
            ("001/2/2024", "%d/%m/%Y"),
            ("12/february/2024", "%d/%b/%Y"),
            ("13:02", "%I:%M"),
            ("2024-02-29 10:00", "%F"),
            ("2024-02-29 24:00", "%F %H:%M"),
            ("2023 366", "%Y %j"),
            ("9999-12-31 23:59 -01", "%F %H:%M %z"),
            ("", "%Y"),
            ("x", "%Y"),
        ] {
            assert_eq!(parsed(text, format), None, "{text} {format}");
        }
    }

    #[test]
    fn formats_are_printed() {
        let printed = |format: &str, micros| {
            let mut out = String::new();
            TimeFormat::new(format).unwrap().write(&mut out, micros).unwrap();
            out
        };
        let micros = 1_707_440_523_045_000;
        for (format, expected) in [
            ("%Y|%y|%m|%d|%H|%I|%M|%S|%f|%g|%p", "2024|24|02|09|01|01|02|03|045000|045|AM"),
            ("%b|%B|%a|%A|%j|%z|%Z|%%|é", "Feb|February|Fri|Friday|040|+00||%|é"),
            ("%-m|%-d|%-H|%-I|%-M|%-S|%-j|%-y", "2|9|1|1|2|3|40|24"),
            ("%T|%D|%F|%s", "01:02:03|02/09/24|2024-02-09|1707440523"),
            ("%c|%x|%X", "2024-02-09 01:02:03|2024-02-09|01:02:03"),
        ] {
            assert_eq!(printed(format, micros), expected);
        }
        assert_eq!(printed("%Y %s", -62_135_596_800_000_001), "0000 -62135596801");
        assert_eq!(printed("%I %p", 12 * 3_600_000_000), "12 PM");
    }

    #[test]
    fn what_is_printed_is_read() {
        let format = TimeFormat::new("%A, %d %B %Y %I:%M:%S.%f %p").unwrap();
        for micros in [0, -1, 1_707_440_523_045_000, -62_135_596_800_000_000, 253_402_300_799_999_999] {
            let mut out = String::new();
            format.write(&mut out, micros).unwrap();
            assert_eq!(format.parse_timestamp(out.as_bytes()), Some(micros), "{out}");
        }
    }

    #[test]
    fn unknown_specifiers_are_named() {
        for (format, named) in [("%q", "has %q,"), ("%Y %-B", "has %-B,"), ("%", "single %")] {
            assert!(TimeFormat::new(format).unwrap_err().to_string().contains(named));
        }
    }
}
