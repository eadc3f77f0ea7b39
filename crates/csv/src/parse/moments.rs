//! Which dates and times a column takes, and their values.
//!
//! A column whose type is inferred takes dates of the one form that its cells agree on. Formats that the user gives stand
//! instead of all forms.

use std::cell::Cell;

use plimsoll_core::value::{DateForm, DateForms, MICROS_PER_DAY, Moment, TimeFormat, read_time};
use plimsoll_core::{CellClass, CsvOptions, Result};

use crate::column::ColumnType;

/// The fewest and the most bytes of a date or a timestamp in any form.
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=64;

/// The formats that the user gives.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TimeFormats {
    /// Of dates.
    pub date: Option<TimeFormat>,
    /// Of timestamps.
    pub timestamp: Option<TimeFormat>,
}

impl TimeFormats {
    /// Those of `options`.
    ///
    /// # Errors
    /// `Plan` for a format that cannot be read.
    pub(crate) fn new(options: &CsvOptions) -> Result<Self> {
        let compiled = |format: &Option<String>| format.as_deref().map(TimeFormat::new).transpose();
        Ok(TimeFormats {
            date: compiled(&options.date_format)?,
            timestamp: compiled(&options.timestamp_format)?,
        })
    }

    /// Whether there is one.
    pub(crate) fn are_given(&self) -> bool {
        self.date.is_some() || self.timestamp.is_some()
    }

    /// The class of a date or a timestamp; `None` for any other text.
    pub(crate) fn class(&self, text: &[u8]) -> Option<CellClass> {
        // What has a format of its own needs no form: it has that of the column.
        let given = || std::iter::once(DateForm::Iso).collect();
        let is_usual = LENGTHS.contains(&text.len()) && text.iter().any(u8::is_ascii_digit);
        let forms = match &self.date {
            Some(format) => format.parse_date(text).map(|_| given()),
            None => is_usual.then(|| DateForms::of_date(text)).filter(|forms| !forms.is_empty()),
        };
        if let Some(forms) = forms {
            return Some(CellClass::Date { forms });
        }
        if let Some(format) = &self.timestamp {
            let forms = given();
            return format.parse_timestamp(text).map(|_| CellClass::Timestamp { forms, zoned: false });
        }
        if !is_usual || !text.contains(&b':') {
            return None;
        }
        let forms = DateForms::of_timestamp(text);
        let moment = forms.iter().next()?.read_timestamp(text)?;
        Some(CellClass::Timestamp { forms, zoned: moment.zoned })
    }
}

/// The dates and times of a column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moments<'a> {
    formats: &'a TimeFormats,
    form: DateForm,
    /// Whether a date that could have several forms is not taken.
    certain: bool,
    zoned: bool,
    declared: bool,
}

impl<'a> Moments<'a> {
    pub(crate) fn new(formats: &'a TimeFormats, column: ColumnType) -> Self {
        let form = column.date_form.unwrap_or(DateForm::Iso);
        // What is written as ISO 8601 has it has no other form.
        let certain = column.certain_dates && form != DateForm::Iso;
        Moments { formats, form, certain, zoned: column.zoned, declared: column.declared }
    }

    /// Days since 1970-01-01.
    pub(crate) fn date(self, text: &[u8]) -> Option<i32> {
        match &self.formats.date {
            Some(format) => format.parse_date(text),
            None => {
                let days = self.form.parse_date(text);
                days.filter(|_| !self.certain || DateForms::of_date(text).single().is_some())
            }
        }
    }

    /// Microseconds since 1970-01-01 00:00:00. A date alone is its midnight where the column names no zones. `cut` counts
    /// those of a fraction that was cut off behind the microsecond.
    pub(crate) fn timestamp(self, text: &[u8], cut: &Cell<u64>) -> Option<i64> {
        let moment = match &self.formats.timestamp {
            Some(format) => format.parse_timestamp(text),
            None => {
                let moment = self.form.read_timestamp(text);
                let is_sure = || !self.certain || DateForms::of_timestamp(text).single().is_some();
                let moment = moment.filter(|_| is_sure());
                moment.filter(|moment| self.takes(moment.zoned)).map(|moment| counted(moment, cut))
            }
        };
        moment.or_else(|| self.midnight(text))
    }

    /// Microseconds since midnight; `cut` is as that of [`Moments::timestamp`].
    pub(crate) fn time(self, text: &[u8], cut: &Cell<u64>) -> Option<i64> {
        read_time(text).filter(|time| !time.zoned).map(|time| counted(time, cut))
    }

    fn midnight(self, text: &[u8]) -> Option<i64> {
        if self.takes(false) { self.date(text).map(|days| i64::from(days) * MICROS_PER_DAY) } else { None }
    }

    fn takes(self, zoned: bool) -> bool {
        self.declared || self.zoned == zoned
    }
}

fn counted(moment: Moment, cut: &Cell<u64>) -> i64 {
    if moment.truncated {
        cut.set(cut.get() + 1);
    }
    moment.micros
}
