//! strftime, strptime and the names of days and months.

use arrow::array::{PrimitiveBuilder, StringBuilder};
use arrow::datatypes::TimestampMicrosecondType;
use plimsoll_core::value::{MONTHS, TimeFormat, WEEKDAYS, weekday};
use plimsoll_core::{Error, ErrorKind, Function, Location, Result};

use super::calendar::Day;
use crate::evaluate::operand::{Operand, joint_len, joint_nulls};

/// Bytes of a text that room is made for in advance.
const EXPECTED_BYTES: usize = 16;

/// `dayname` and `monthname` of timestamps.
pub(in crate::evaluate) fn name(function: Function, input: &Operand) -> Result<Operand> {
    let moments = input.primitive::<TimestampMicrosecondType>();
    let mut names = StringBuilder::with_capacity(moments.len(), moments.len() * EXPECTED_BYTES);
    names.extend(moments.iter().map(|micros| {
        let (day, _) = Day::of_moment(micros?);
        Some(match function {
            Function::DayName => WEEKDAYS[weekday(day.days)],
            _ => MONTHS[day.month as usize - 1],
        })
    }));
    Ok(input.with(names.finish()))
}

/// A format that is compiled again only where it is another than that of the row before.
#[derive(Default)]
struct Formats {
    last: Option<(String, TimeFormat)>,
}

impl Formats {
    fn of(&mut self, text: &str) -> Result<&TimeFormat> {
        let known = matches!(&self.last, Some((known, _)) if known == text);
        if !known {
            self.last = None;
        }
        match &mut self.last {
            Some((_, format)) => Ok(format),
            empty => Ok(&empty.insert((text.to_owned(), TimeFormat::new(text)?)).1),
        }
    }
}

/// `strftime` of timestamps.
pub(in crate::evaluate) fn strftime(input: &Operand, format: &Operand) -> Result<Operand> {
    let operands = [input, format];
    let (rows, nulls) = (joint_len(&operands), joint_nulls(&operands));
    let moments = input.primitive::<TimestampMicrosecondType>();
    let mut texts = StringBuilder::with_capacity(rows, rows * EXPECTED_BYTES);
    let mut formats = Formats::default();
    for row in 0..rows {
        if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            texts.append_null();
            continue;
        }
        let format = formats.of(format.text(row))?;
        // A builder takes any text: to write into it cannot fail.
        let _ = format.write(&mut texts, moments.value(input.index(row)));
        texts.append_value("");
        if i32::try_from(texts.values_slice().len()).is_err() {
            return Err(Error::value("the texts of one block have more than 2 GiB"));
        }
    }
    Ok(Operand::of(&operands, texts.finish()))
}

/// `strptime`, and `try_strptime`, which gives NULL for what is not of the format.
pub(in crate::evaluate) fn strptime(function: Function, text: &Operand, format: &Operand) -> Result<Operand> {
    let operands = [text, format];
    let (rows, nulls) = (joint_len(&operands), joint_nulls(&operands));
    let mut moments = PrimitiveBuilder::<TimestampMicrosecondType>::with_capacity(rows);
    let mut formats = Formats::default();
    for row in 0..rows {
        if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            moments.append_null();
            continue;
        }
        let read = formats.of(format.text(row))?.parse_timestamp(text.text(row).as_bytes());
        if read.is_none() && function == Function::Strptime {
            return Err(misread(text.text(row), format.text(row)));
        }
        moments.append_option(read);
    }
    Ok(Operand::of(&operands, moments.finish()))
}

fn misread(text: &str, format: &str) -> Error {
    let shown: String = text.chars().take(Location::VALUE_CHARS).flat_map(char::escape_debug).collect();
    let message = format!("'{shown}' is no date or time of the format '{format}'");
    ErrorKind::Value { message, hint: "try_strptime gives NULL instead".into() }.into()
}
