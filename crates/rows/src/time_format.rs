//! strftime and strptime, specifier by specifier; what each means is said by `plimsoll_core::value::TimeFormat`.

use crate::calendar::{self, DAY, Moment, SECOND};

/// A specifier that stands for several.
fn expansion(letter: char) -> Option<&'static str> {
    match letter {
        'T' | 'X' => Some("%H:%M:%S"),
        'D' => Some("%m/%d/%y"),
        'F' | 'x' => Some("%Y-%m-%d"),
        'c' => Some("%Y-%m-%d %H:%M:%S"),
        _ => None,
    }
}

/// The format without the specifiers that stand for others.
fn expanded(format: &str) -> String {
    let mut out = String::new();
    let mut rest = format.chars();
    while let Some(character) = rest.next() {
        if character != '%' {
            out.push(character);
            continue;
        }
        let letter = rest.next().unwrap_or('%');
        match expansion(letter) {
            Some(meaning) => out.push_str(meaning),
            None => out.extend(['%', letter]),
        }
    }
    out
}

/// A moment by a format.
pub(crate) fn print(micros: i64, format: &str) -> String {
    let moment = Moment::new(micros);
    let mut out = String::new();
    let format = expanded(format);
    let mut rest = format.chars();
    while let Some(character) = rest.next() {
        if character != '%' {
            out.push(character);
            continue;
        }
        let mut letter = rest.next().unwrap_or('%');
        let bare = letter == '-';
        if bare {
            letter = rest.next().unwrap_or('%');
        }
        let half = (moment.hour + 11) % 12 + 1;
        let number = match letter {
            'Y' => (i64::from(moment.year), 4),
            'y' => (i64::from(moment.year) % 100, 2),
            'm' => (i64::from(moment.month), 2),
            'd' => (i64::from(moment.day), 2),
            'j' => (moment.year_day(), 3),
            'H' => (moment.hour, 2),
            'I' => (half, 2),
            'M' => (moment.minute, 2),
            'S' => (moment.second, 2),
            'f' => (moment.micros, 6),
            'g' => (moment.micros / 1000, 3),
            's' => (micros.div_euclid(SECOND), 1),
            _ => {
                let text = match letter {
                    'B' => moment.month_name().to_owned(),
                    'b' => moment.month_name()[..3].to_owned(),
                    'A' => moment.weekday_name().to_owned(),
                    'a' => moment.weekday_name()[..3].to_owned(),
                    'p' => if moment.hour < 12 { "AM" } else { "PM" }.to_owned(),
                    'z' => "+00".to_owned(),
                    'Z' => String::new(),
                    other => other.to_string(),
                };
                out.push_str(&text);
                continue;
            }
        };
        let (value, width) = if bare { (number.0, 1) } else { number };
        out.push_str(&format!("{value:0width$}"));
    }
    out
}

/// What a text says of a moment.
#[derive(Default)]
struct Said {
    year: Option<i32>,
    month: Option<i32>,
    day: Option<i32>,
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

/// The moment that `text` is by a format, without the blanks around it.
pub(crate) fn parse(text: &str, format: &str) -> Option<i64> {
    let format = expanded(format);
    let mut said = Said::default();
    let mut text = text.trim_matches(|c: char| c.is_ascii_whitespace());
    let mut rest = format.chars();
    while let Some(character) = rest.next() {
        let specifier = if character == '%' { rest.next().filter(|letter| *letter != '%') } else { None };
        text = match specifier {
            None => text.strip_prefix(character)?,
            Some('-') => said.take(rest.next()?, text)?,
            Some(letter) => said.take(letter, text)?,
        };
    }
    if !text.is_empty() {
        return None;
    }
    said.moment().filter(|micros| Moment::is_lawful(*micros))
}

impl Said {
    /// Takes a specifier's text from the beginning of `text`; what remains.
    fn take<'a>(&mut self, letter: char, text: &'a str) -> Option<&'a str> {
        match letter {
            'B' | 'b' | 'A' | 'a' => {
                let names: &[&str] =
                    if letter.eq_ignore_ascii_case(&'b') { &calendar::MONTHS } else { &calendar::WEEKDAYS };
                let long = letter.is_uppercase();
                let lower = text.to_ascii_lowercase();
                let name = |name: &&str| if long { name.to_lowercase() } else { name[..3].to_lowercase() };
                let at = names.iter().position(|one| lower.starts_with(&name(one)))?;
                if letter.eq_ignore_ascii_case(&'b') {
                    self.month = Some(i32::try_from(at).ok()? + 1);
                }
                Some(&text[name(&names[at]).len()..])
            }
            'p' => {
                let lower = text.to_ascii_lowercase();
                self.afternoon = lower.starts_with("pm");
                if self.afternoon || lower.starts_with("am") { Some(&text[2..]) } else { None }
            }
            'z' => {
                let end =
                    text.find(|c: char| !c.is_ascii_digit() && !"+-:Z".contains(c)).unwrap_or(text.len());
                self.ahead = calendar::zone(&text[..end])?;
                Some(&text[end..])
            }
            'Z' => ["UTC", "GMT", "Z"].iter().find_map(|name| text.strip_prefix(name)),
            _ => self.take_number(letter, text),
        }
    }

    fn take_number<'a>(&mut self, letter: char, text: &'a str) -> Option<&'a str> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) if letter == 's' => (true, rest),
            _ => (false, text),
        };
        let most = match letter {
            'Y' => 4,
            'j' | 'g' => 3,
            'f' => 9,
            's' => 15,
            _ => 2,
        };
        let digits: String = text.chars().take(most).take_while(char::is_ascii_digit).collect();
        let value: i64 = digits.parse().ok()?;
        let small = i32::try_from(value).ok();
        match letter {
            'Y' => self.year = small,
            'y' => self.year = small.map(|year| if year < 69 { 2000 + year } else { 1900 + year }),
            'm' => self.month = small,
            'd' => self.day = small,
            'j' => self.year_day = small,
            'H' if value < 24 => self.hour = value,
            'I' if (1..=12).contains(&value) => self.half_hour = Some(value),
            'M' if value < 60 => self.minute = value,
            'S' if value < 60 => self.second = value,
            'f' | 'g' => self.micros = format!("{digits:0<9}").parse::<i64>().ok()? / 1000,
            's' => self.epoch = Some(if negative { -value } else { value }),
            _ => return None,
        }
        Some(&text[digits.len()..])
    }

    fn moment(&self) -> Option<i64> {
        if let Some(epoch) = self.epoch {
            return epoch.checked_mul(SECOND)?.checked_add(self.micros);
        }
        let year = self.year.unwrap_or(1900);
        let days = match self.year_day {
            None => calendar::day_number(year, self.month.unwrap_or(1), self.day.unwrap_or(1))?,
            Some(day) => {
                let (first, last) = (calendar::day_number(year, 1, 1)?, calendar::day_number(year, 12, 31)?);
                (first..=last).nth(usize::try_from(day - 1).ok()?)?
            }
        };
        let hour = match self.half_hour {
            None => self.hour,
            Some(12) if self.afternoon => 12,
            Some(12) => 0,
            Some(hour) => hour + if self.afternoon { 12 } else { 0 },
        };
        let seconds = (hour * 60 + self.minute) * 60 + self.second;
        Some(i64::from(days) * DAY + seconds * SECOND + self.micros - self.ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_core::value::TimeFormat;
    use proptest::prelude::*;

    const FORMATS: [&str; 8] = [
        "%Y-%m-%d %H:%M:%S.%f",
        "%A, %d %B %Y %I:%M:%S %p",
        "%a %b %-d %T %y|%j",
        "%s",
        "%D %X %g",
        "%d%m%Y%H%M",
        "%F %H:%M%z",
        "%j/%Y %Z",
    ];

    proptest! {
        #[test]
        fn as_the_core_does(
            format in prop::sample::select(&FORMATS[..]),
            micros in -62_135_596_800_000_000i64..253_402_300_800_000_000,
            noise in "[ 0-9:+/-]{0,3}",
        ) {
            let core = TimeFormat::new(format).unwrap();
            let mut printed = String::new();
            core.write(&mut printed, micros).unwrap();
            prop_assert_eq!(print(micros, format), &*printed);
            for text in [printed.clone(), format!("{noise}{printed}"), format!("{printed}{noise}"), printed.replacen('1', &noise, 1)] {
                prop_assert_eq!(parse(&text, format), core.parse_timestamp(text.as_bytes()), "{}", text);
            }
        }
    }
}
