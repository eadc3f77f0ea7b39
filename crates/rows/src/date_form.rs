//! The written forms of dates, taken apart by their separators. Knows one text at a time.

use plimsoll_core::value::DateForm;

use crate::calendar;

/// The forms in which `text` is a date, and the date that it is in each.
pub(crate) fn dates(text: &str) -> Vec<(DateForm, i32)> {
    let parts = |separator: char| text.split(separator).collect::<Vec<_>>();
    let mut found = Vec::new();
    let mut add = |form, days: Option<i32>| found.extend(days.map(|days| (form, days)));
    add(DateForm::Iso, calendar::date(text));
    if let [a, b, c] = parts('/')[..] {
        add(DateForm::YearMonthDay, of(a, b, c));
        add(DateForm::DayMonthYear, of(c, b, a));
        add(DateForm::MonthDayYear, of(c, a, b));
    }
    if let [day, month, year] = parts('.')[..] {
        add(DateForm::DayMonthYearPoints, of(year, month, day));
    }
    if let [day, month, year] = parts('-')[..] {
        add(DateForm::DayMonthYearDashes, of(year, month, day));
        add(DateForm::MonthDayYearDashes, of(year, day, month));
    }
    for separator in [' ', '-'] {
        if let [day, month, year] = parts(separator)[..] {
            add(DateForm::DayName, named(month).and_then(|month| of(year, month, day)));
        }
    }
    if let [month, day, year] = parts(' ')[..] {
        let day = day.strip_suffix(',').unwrap_or(day);
        add(DateForm::NameDay, named(month).and_then(|month| of(year, month, day)));
    }
    found
}

/// A timestamp in one form.
pub(crate) struct Read {
    pub(crate) form: DateForm,
    /// In UTC where a zone is named.
    pub(crate) micros: i64,
    pub(crate) zoned: bool,
}

/// The forms in which `text` is a date, `T` or blanks, a time of day and perhaps a zone, and the moment that it is in each.
pub(crate) fn timestamps(text: &str) -> Vec<Read> {
    let mut found = Vec::new();
    for (at, separator) in text.char_indices().filter(|(_, c)| matches!(c, 'T' | ' ')) {
        let (day, rest) = (&text[..at], &text[at + 1..]);
        let clock = if separator == 'T' { rest } else { rest.trim_start_matches(' ') };
        let end = clock.find(['Z', '+', '-', ' ']).unwrap_or(clock.len());
        let zoned = end < clock.len();
        let ahead = if zoned { calendar::zone(clock[end..].trim_start_matches(' ')) } else { Some(0) };
        let (Some(time), Some(ahead)) = (calendar::time(&clock[..end]), ahead) else { continue };
        let moments = dates(day).into_iter().map(|(form, days)| Read {
            form,
            micros: i64::from(days) * calendar::DAY + time - ahead,
            zoned,
        });
        found.extend(moments.filter(|read| calendar::Moment::is_lawful(read.micros)));
    }
    found
}

/// The day of a year of four digits, a month and a day of one or two.
fn of(year: &str, month: &str, day: &str) -> Option<i32> {
    let short = |text: &str| calendar::number(text, 1).or_else(|| calendar::number(text, 2));
    calendar::day_number(calendar::number(year, 4)?, short(month)?, short(day)?)
}

/// The number of a month's name, as text.
fn named(name: &str) -> Option<&'static str> {
    let numbers = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"];
    let name = name.to_lowercase();
    let months = calendar::MONTHS.map(str::to_lowercase);
    let month = months.iter().position(|month| name == *month || name == month[..3])?;
    Some(numbers[month])
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_core::value::DateForms;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn as_the_core_reads_them(
            text in "[0-9]{1,5}[-/. ][0-9]{1,3}[-/. ][0-9]{1,5}|[0-3]?[0-9][ -](Jan|FEB|march|Octo)[ -]20[0-9]{2}|(may|Sep|December) [0-3]?[0-9],? [0-9]{4}"
        ) {
            let core: Vec<_> = DateForms::of_date(text.as_bytes())
                .iter()
                .map(|form| (form, form.parse_date(text.as_bytes()).unwrap()))
                .collect();
            prop_assert_eq!(dates(&text), core);
        }
    }
}
