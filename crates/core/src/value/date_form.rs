//! The written forms of dates: which of them one text could have, and its date by one of them. Chooses no form: that
//! takes all cells of a column.

use super::calendar::{days_from_civil, parse_date};
use super::moment::{Moment, after_blanks, moment};
use super::names::{MONTHS, leading};

/// How a date is written. Days and months have one or two digits but in [`DateForm::Iso`], years four.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DateForm {
    /// `2024-01-31`.
    Iso,
    /// `2024/01/31`.
    YearMonthDay,
    /// `31/01/2024`.
    DayMonthYear,
    /// `01/31/2024`.
    MonthDayYear,
    /// `31.01.2024`.
    DayMonthYearPoints,
    /// `31-01-2024`.
    DayMonthYearDashes,
    /// `01-31-2024`.
    MonthDayYearDashes,
    /// `31 Jan 2024`, `31-January-2024`.
    DayName,
    /// `Jan 31, 2024`, `January 31 2024`.
    NameDay,
}

impl DateForm {
    /// Every form.
    pub const ALL: [DateForm; 9] = [
        DateForm::Iso,
        DateForm::YearMonthDay,
        DateForm::DayMonthYear,
        DateForm::MonthDayYear,
        DateForm::DayMonthYearPoints,
        DateForm::DayMonthYearDashes,
        DateForm::MonthDayYearDashes,
        DateForm::DayName,
        DateForm::NameDay,
    ];

    /// The same form in strftime's notation.
    pub const fn format(self) -> &'static str {
        match self {
            DateForm::Iso => "%Y-%m-%d",
            DateForm::YearMonthDay => "%Y/%m/%d",
            DateForm::DayMonthYear => "%d/%m/%Y",
            DateForm::MonthDayYear => "%m/%d/%Y",
            DateForm::DayMonthYearPoints => "%d.%m.%Y",
            DateForm::DayMonthYearDashes => "%d-%m-%Y",
            DateForm::MonthDayYearDashes => "%m-%d-%Y",
            DateForm::DayName => "%d %b %Y",
            DateForm::NameDay => "%b %d, %Y",
        }
    }

    /// The date that `text` is in this form; days since 1970-01-01.
    pub fn parse_date(self, text: &[u8]) -> Option<i32> {
        self.leading(text).filter(|(_, rest)| rest.is_empty()).map(|(days, _)| days)
    }

    /// The timestamp that `text` is: a date in this form, `T` or blanks, and a time of day as
    /// [`read_timestamp`](super::read_timestamp) takes it.
    pub fn read_timestamp(self, text: &[u8]) -> Option<Moment> {
        let (days, rest) = self.leading(text)?;
        match rest {
            [b'T', time @ ..] => moment(days, time),
            [b' ', blanks @ ..] => moment(days, after_blanks(blanks)),
            _ => None,
        }
    }

    /// The date at the beginning of `text`, and what follows it.
    fn leading(self, text: &[u8]) -> Option<(i32, &[u8])> {
        match self {
            DateForm::Iso => {
                let (date, rest) = text.split_at_checked(10)?;
                Some((parse_date(date)?, rest))
            }
            DateForm::YearMonthDay => {
                let (year, rest) = year(text)?;
                let (month, rest) = short(after(rest, b'/')?)?;
                let (day, rest) = short(after(rest, b'/')?)?;
                Some((days_from_civil(year, month, day)?, rest))
            }
            DateForm::MonthDayYear => month_day_year(text, b'/'),
            DateForm::MonthDayYearDashes => month_day_year(text, b'-'),
            DateForm::DayMonthYear => day_month_year(text, b'/'),
            DateForm::DayMonthYearPoints => day_month_year(text, b'.'),
            DateForm::DayMonthYearDashes => day_month_year(text, b'-'),
            DateForm::DayName => {
                let (day, rest) = short(text)?;
                let (separator, rest) = rest.split_first().filter(|(b, _)| matches!(b, b' ' | b'-'))?;
                let (month, rest) = month_name(rest)?;
                let (year, rest) = year(after(rest, *separator)?)?;
                Some((days_from_civil(year, month, day)?, rest))
            }
            DateForm::NameDay => {
                let (month, rest) = month_name(text)?;
                let (day, rest) = short(after(rest, b' ')?)?;
                let rest = rest.strip_prefix(b",").unwrap_or(rest);
                let (year, rest) = year(after(rest, b' ')?)?;
                Some((days_from_civil(year, month, day)?, rest))
            }
        }
    }
}

/// A set of forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
pub struct DateForms(u16);

impl DateForms {
    /// Every form.
    pub const ALL: DateForms = DateForms((1 << DateForm::ALL.len()) - 1);

    /// The forms in which `text` is a date.
    pub fn of_date(text: &[u8]) -> Self {
        Self::where_some(|form| form.parse_date(text))
    }

    /// The forms in which `text` is a timestamp.
    pub fn of_timestamp(text: &[u8]) -> Self {
        Self::where_some(|form| form.read_timestamp(text))
    }

    /// The forms of both sets.
    #[must_use]
    pub const fn and(self, other: DateForms) -> Self {
        DateForms(self.0 & other.0)
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The forms, in the order of [`DateForm::ALL`].
    pub fn iter(self) -> impl Iterator<Item = DateForm> {
        DateForm::ALL.into_iter().filter(move |form| self.0 & bit(*form) != 0)
    }

    /// The only form; `None` where there is none, or more than one.
    pub fn single(self) -> Option<DateForm> {
        let mut forms = self.iter();
        forms.next().filter(|_| forms.next().is_none())
    }

    fn where_some<T>(read: impl Fn(DateForm) -> Option<T>) -> Self {
        DateForm::ALL.into_iter().filter(|form| read(*form).is_some()).collect()
    }
}

impl FromIterator<DateForm> for DateForms {
    fn from_iter<I: IntoIterator<Item = DateForm>>(forms: I) -> Self {
        DateForms(forms.into_iter().fold(0, |bits, form| bits | bit(form)))
    }
}

const fn bit(form: DateForm) -> u16 {
    1 << form as u8
}

fn day_month_year(text: &[u8], separator: u8) -> Option<(i32, &[u8])> {
    let (day, month, year, rest) = year_last(text, separator)?;
    Some((days_from_civil(year, month, day)?, rest))
}

fn month_day_year(text: &[u8], separator: u8) -> Option<(i32, &[u8])> {
    let (month, day, year, rest) = year_last(text, separator)?;
    Some((days_from_civil(year, month, day)?, rest))
}

/// Two numbers of one or two digits and a year.
fn year_last(text: &[u8], separator: u8) -> Option<(u32, u32, i32, &[u8])> {
    let (first, rest) = short(text)?;
    let (second, rest) = short(after(rest, separator)?)?;
    let (year, rest) = year(after(rest, separator)?)?;
    Some((first, second, year, rest))
}

/// A month's name, long or short.
fn month_name(text: &[u8]) -> Option<(u32, &[u8])> {
    let (at, rest) = leading(&MONTHS, text, false).or_else(|| leading(&MONTHS, text, true))?;
    Some((u32::try_from(at).ok()? + 1, rest))
}

fn after(text: &[u8], separator: u8) -> Option<&[u8]> {
    text.strip_prefix(&[separator])
}

/// A number of one or two digits.
fn short(text: &[u8]) -> Option<(u32, &[u8])> {
    let count = text.iter().take(3).take_while(|b| b.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(count);
    (1..=2).contains(&count).then(|| (number(digits), rest))
}

/// A number of four digits.
fn year(text: &[u8]) -> Option<(i32, &[u8])> {
    let (digits, rest) = text.split_at_checked(4)?;
    let whole = digits.iter().all(u8::is_ascii_digit) && !rest.first().is_some_and(u8::is_ascii_digit);
    whole.then(|| (number(digits).cast_signed(), rest))
}

fn number(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |value, b| value * 10 + u32::from(b - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    fn forms(text: &str) -> Vec<(DateForm, String)> {
        let date = |form: DateForm| form.parse_date(text.as_bytes());
        DateForms::of_date(text.as_bytes())
            .iter()
            .map(|form| (form, Value::Date(date(form).unwrap()).to_string()))
            .collect()
    }

    #[test]
    fn a_text_has_all_forms_that_it_could_have() {
        use DateForm::*;
        let one = |form, date: &str| vec![(form, date.to_owned())];
        assert_eq!(forms("2024-02-01"), one(Iso, "2024-02-01"));
        assert_eq!(forms("2024/2/1"), one(YearMonthDay, "2024-02-01"));
        assert_eq!(forms("31/1/2024"), one(DayMonthYear, "2024-01-31"));
        assert_eq!(forms("1/31/2024"), one(MonthDayYear, "2024-01-31"));
        assert_eq!(
            forms("01/02/2024"),
            [(DayMonthYear, "2024-02-01".to_owned()), (MonthDayYear, "2024-01-02".to_owned())]
        );
        assert_eq!(forms("1.2.2024"), one(DayMonthYearPoints, "2024-02-01"));
        assert_eq!(forms("29-02-2024"), one(DayMonthYearDashes, "2024-02-29"));
        assert_eq!(forms("02-29-2024"), one(MonthDayYearDashes, "2024-02-29"));
        assert_eq!(forms("1 jan 2024"), one(DayName, "2024-01-01"));
        assert_eq!(forms("01-May-2024"), one(DayName, "2024-05-01"));
        assert_eq!(forms("January 1, 2024"), one(NameDay, "2024-01-01"));
        assert_eq!(forms("Sep 30 2024"), one(NameDay, "2024-09-30"));
        for none in [
            "",
            "2024-2-1",
            "1/2/24",
            "31/13/2024",
            "29.02.2023",
            "20240229",
            "1 Jan-2024",
            "Janu 1 2024",
            "1/2/20245",
            "001/2/2024",
            "1/2.2024",
            "0/1/2024",
        ] {
            assert_eq!(forms(none), [], "{none}");
        }
    }

    #[test]
    fn timestamps_have_a_form_too() {
        let of = |form: DateForm, text: &str| {
            form.read_timestamp(text.as_bytes()).map(|read| Value::Timestamp(read.micros).to_string())
        };
        let noon = Some("2024-01-31 12:00:00".to_owned());
        assert_eq!(of(DateForm::DayMonthYear, "31/01/2024 12:00"), noon);
        assert_eq!(of(DateForm::NameDay, "Jan 31, 2024  12:00:00"), noon);
        assert_eq!(of(DateForm::Iso, "2024-01-31T14:00+02"), noon);
        assert_eq!(of(DateForm::DayMonthYear, "31/01/2024"), None);
        assert!(
            DateForms::of_timestamp(b"01/02/2024 12:00")
                .iter()
                .eq([DateForm::DayMonthYear, DateForm::MonthDayYear])
        );
    }

    #[test]
    fn sets_meet() {
        let (both, one) = (DateForms::of_date(b"01/02/2024"), DateForms::of_date(b"13/02/2024"));
        assert!(both.and(one).iter().eq([DateForm::DayMonthYear]));
        assert!(one.and(DateForms::of_date(b"02/13/2024")).is_empty());
        assert!(DateForms::ALL.iter().eq(DateForm::ALL));
    }
}
