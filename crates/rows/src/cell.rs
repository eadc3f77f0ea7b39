//! One cell: which class its text has, and its value as a column's type. Knows no column and no query.

use num_bigint::BigInt;
use num_traits::ToPrimitive;
use plimsoll_core::value::{DateForm, TimeFormat};
use plimsoll_core::{CellClass, CsvOptions, DataType, Notation, Profile, Value};

use crate::calendar::{self, DAY};
use crate::cast::cast;
use crate::date_form::{dates, timestamps};
use crate::exact::{self, power_of_ten};
use crate::machine::Cell;

/// What the cell's text could be.
pub(crate) fn classify(cell: &Cell, options: &CsvOptions) -> CellClass {
    let Some(bytes) = value_bytes(cell, options) else { return CellClass::Null };
    let Ok(text) = std::str::from_utf8(bytes) else { return CellClass::Text };
    let formats = options.date_format.is_some() || options.timestamp_format.is_some();
    if let Some(date) = date_class(text, options).filter(|_| formats) {
        return date;
    }
    if let Some(number) = Written::read(text, options) {
        return number.class();
    }
    match text {
        "true" | "false" | "True" | "False" | "TRUE" | "FALSE" => CellClass::Boolean,
        _ if special(text).is_some() => CellClass::Special,
        _ if calendar::time(text).is_some() => CellClass::Time,
        _ => date_class(text, options).unwrap_or(CellClass::Text),
    }
}

/// The class of a date or a timestamp, by the formats that the user gives or in one of the usual forms.
fn date_class(text: &str, options: &CsvOptions) -> Option<CellClass> {
    let iso = || std::iter::once(DateForm::Iso).collect();
    if options.date_format.is_some() {
        if date(text, options, None).is_some() {
            return Some(CellClass::Date { forms: iso() });
        }
    } else {
        let forms: Vec<DateForm> = dates(text).into_iter().map(|(form, _)| form).collect();
        if !forms.is_empty() {
            return Some(CellClass::Date { forms: forms.into_iter().collect() });
        }
    }
    if options.timestamp_format.is_some() {
        return timestamp(text, options, None, false)
            .map(|_| CellClass::Timestamp { forms: iso(), zoned: false });
    }
    let read = timestamps(text);
    let zoned = read.first()?.zoned;
    Some(CellClass::Timestamp { forms: read.iter().map(|read| read.form).collect(), zoned })
}

/// A date by the format that the user gives, else in this form, ISO 8601's where there is none.
fn date(text: &str, options: &CsvOptions, form: Option<DateForm>) -> Option<i32> {
    if let Some(format) = &options.date_format {
        return TimeFormat::new(format).ok()?.parse_date(text.as_bytes());
    }
    let form = form.unwrap_or(DateForm::Iso);
    dates(text).into_iter().find(|(found, _)| *found == form).map(|(_, days)| days)
}

/// A timestamp by the format that the user gives, else with a date in this form and a zone or none.
fn timestamp(text: &str, options: &CsvOptions, form: Option<DateForm>, zoned: bool) -> Option<i64> {
    if let Some(format) = &options.timestamp_format {
        return TimeFormat::new(format).ok()?.parse_timestamp(text.as_bytes());
    }
    let form = form.unwrap_or(DateForm::Iso);
    timestamps(text).into_iter().find(|read| read.form == form && read.zoned == zoned).map(|read| read.micros)
}

/// The text that counts in a column of another type than text; `None` for NULL.
fn value_bytes<'a>(cell: &'a Cell, options: &CsvOptions) -> Option<&'a [u8]> {
    let mut bytes = &cell.bytes[..];
    while let [b' ' | b'\t', rest @ ..] = bytes {
        bytes = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    let names_null = !cell.quoted && options.nulls.iter().any(|null| null.as_bytes() == bytes);
    (!bytes.is_empty() && !names_null && !is_null(cell, options)).then_some(bytes)
}

/// The cell as a value of `data_type`, which the user gave where the column has no `profile`.
///
/// # Errors
/// What is wrong with it: text of another class than the type takes, or bytes that are not UTF-8 in a text column.
pub(crate) fn value(
    cell: &Cell,
    options: &CsvOptions,
    data_type: DataType,
    profile: Option<&Profile>,
) -> Result<Value, String> {
    if data_type == DataType::Utf8 {
        return text(cell, options);
    }
    let Some(bytes) = value_bytes(cell, options) else { return Ok(Value::Null) };
    let value = match std::str::from_utf8(bytes) {
        Ok(text) => match profile {
            None => given(text, options, data_type),
            Some(profile) => inferred(text, classify(cell, options), options, data_type, profile),
        },
        Err(_) => None,
    };
    value.ok_or_else(|| format!("the value is not a {data_type}"))
}

/// The cell's own text: NULL where it is empty or a NULL text and not quoted.
///
/// # Errors
/// As [`value`].
pub(crate) fn text(cell: &Cell, options: &CsvOptions) -> Result<Value, String> {
    if is_null(cell, options) {
        return Ok(Value::Null);
    }
    let text = std::str::from_utf8(&cell.bytes).map_err(|_| "the text is not UTF-8".to_owned())?;
    Ok(Value::Utf8(text.into()))
}

fn is_null(cell: &Cell, options: &CsvOptions) -> bool {
    !cell.quoted && (cell.bytes.is_empty() || options.nulls.iter().any(|null| null.as_bytes() == cell.bytes))
}

/// A cell of a class that its column's type takes.
fn inferred(
    text: &str,
    class: CellClass,
    options: &CsvOptions,
    data_type: DataType,
    profile: &Profile,
) -> Option<Value> {
    let number = Written::read(text, options);
    match (data_type, class) {
        (DataType::Boolean, CellClass::Boolean) => Some(Value::Boolean(text.eq_ignore_ascii_case("true"))),
        (DataType::Int64, CellClass::Number { fits_i64: true, .. })
        | (DataType::Float64, CellClass::Special)
        | (DataType::Float64, CellClass::Number { is_long: false, .. }) => given(text, options, data_type),
        (DataType::Decimal { scale, .. }, CellClass::Number { .. })
            if number?.scale() <= i64::from(scale) =>
        {
            given(text, options, data_type)
        }
        (DataType::Time, CellClass::Time) => given(text, options, data_type),
        (DataType::Date, CellClass::Date { .. }) => date(text, options, profile.date_form()).map(Value::Date),
        (DataType::Timestamp, CellClass::Timestamp { .. }) => {
            timestamp(text, options, profile.date_form(), profile.is_zoned()).map(Value::Timestamp)
        }
        // Its midnight.
        (DataType::Timestamp, CellClass::Date { .. }) if !profile.is_zoned() => {
            date(text, options, profile.date_form()).map(|days| Value::Timestamp(i64::from(days) * DAY))
        }
        _ => None,
    }
}

/// A cell of a column whose type the user gave: any text of the type's grammar whose value it holds without rounding.
fn given(text: &str, options: &CsvOptions, data_type: DataType) -> Option<Value> {
    let number = || Written::read(text, options);
    match data_type {
        // Blanks around a cell are spaces and tabs, which are gone; those around the text of a CAST are more.
        DataType::Boolean if text.trim() != text => None,
        DataType::Boolean => cast(&Value::Utf8(text.into()), data_type),
        DataType::Int64 => number()?.mantissa(0)?.to_i64().map(Value::Int64),
        DataType::Decimal { precision, scale } => {
            exact::decimal(&number()?.mantissa(scale)?, precision, scale)
        }
        DataType::Float64 => special(text).or_else(|| number()?.plain().parse().ok()).map(exact::float),
        DataType::Date => date(text, options, None).map(Value::Date),
        DataType::Timestamp => {
            let moment = [false, true].into_iter().find_map(|zoned| timestamp(text, options, None, zoned));
            let midnight = || date(text, options, None).map(|days| i64::from(days) * DAY);
            moment.or_else(midnight).map(Value::Timestamp)
        }
        DataType::Time => calendar::time(text).map(Value::Time),
        DataType::Null | DataType::Interval | DataType::Utf8 => None,
    }
}

/// The doubles that no digits write.
fn special(text: &str) -> Option<f64> {
    match text.strip_prefix(['+', '-']).unwrap_or(text) {
        "nan" | "NaN" | "NAN" => Some(f64::NAN),
        "inf" | "Inf" | "INF" | "Infinity" | "infinity" | "INFINITY" => {
            Some(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY })
        }
        _ => None,
    }
}

/// A number, split where its marks stand.
struct Written {
    negative: bool,
    /// Digits before the point.
    whole: String,
    /// Digits behind it.
    fraction: String,
    has_point: bool,
    /// Sign and digits of the exponent.
    exponent: Option<(String, String)>,
}

impl Written {
    /// `[+-]digits[.digits][e[+-]digits]`, a digit before or behind the point at least, the point and the marks between
    /// thousands as the options say.
    fn read(text: &str, options: &CsvOptions) -> Option<Written> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            None => (text, None),
            Some((mantissa, exponent)) => {
                let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
                let sign = exponent.strip_suffix(digits).unwrap_or_default();
                (mantissa, Some((sign.to_owned(), some_digits(digits)?.to_owned())))
            }
        };
        let unsigned = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
        let (whole, fraction) = match unsigned.split_once(char::from(options.decimal)) {
            Some(parts) => parts,
            None => (unsigned, ""),
        };
        let has_point = whole.len() < unsigned.len();
        let whole = match options.thousands.map(char::from) {
            Some(mark) if whole.contains(mark) => {
                let groups: Vec<&str> = whole.split(mark).collect();
                let even = groups[1..].iter().all(|group| group.len() == 3);
                if !even || groups[0].is_empty() || groups[0].len() > 3 {
                    return None;
                }
                groups.concat()
            }
            _ => whole.to_owned(),
        };
        some_digits(&format!("{whole}{fraction}"))?;
        let negative = mantissa.starts_with('-');
        Some(Written { negative, whole, fraction: fraction.to_owned(), has_point, exponent })
    }

    fn class(&self) -> CellClass {
        let finite = self.plain().parse().is_ok_and(f64::is_finite);
        if !finite || (self.whole.len() > 1 && self.whole.starts_with('0')) {
            return CellClass::Text;
        }
        let notation = match &self.exponent {
            Some((sign, _)) => Notation::Exponent { clear: self.has_point || !sign.is_empty() },
            None if self.has_point => Notation::Point,
            None => Notation::Digits,
        };
        let significant = self.significant();
        let int_digits = if significant.is_empty() { 0 } else { (count(&significant) + self.shift()).max(0) };
        CellClass::Number {
            int_digits: u32::try_from(int_digits).unwrap_or(u32::MAX),
            scale: u32::try_from(self.scale()).unwrap_or(u32::MAX),
            notation,
            is_long: notation == Notation::Digits && self.whole.trim_matches('0').len() > 15,
            fits_i64: self.scale() == 0 && self.mantissa(0).is_some_and(|value| value.to_i64().is_some()),
        }
    }

    /// Its digits without leading zeros.
    fn significant(&self) -> String {
        format!("{}{}", self.whole, self.fraction).trim_start_matches('0').to_owned()
    }

    /// By how many places the point stands behind the last digit; below 0 before it.
    fn shift(&self) -> i64 {
        let power = self.exponent.as_ref().map_or(0, |(sign, digits)| {
            let magnitude = digits.parse::<i64>().unwrap_or(i64::MAX / 4).min(i64::MAX / 4);
            if sign == "-" { -magnitude } else { magnitude }
        });
        power - count(&self.fraction)
    }

    /// Digits behind the point when the exponent is written out.
    fn scale(&self) -> i64 {
        if self.significant().is_empty() { count(&self.fraction) } else { (-self.shift()).max(0) }
    }

    /// The value times ten to the `scale`; `None` where that is no integer, or one that no type holds.
    fn mantissa(&self, scale: u8) -> Option<BigInt> {
        let significant = self.significant();
        let digits = significant.trim_end_matches('0');
        if digits.is_empty() {
            return Some(BigInt::ZERO);
        }
        let zeros = self.shift() + count(&significant) - count(digits) + i64::from(scale);
        let zeros = u32::try_from(zeros).ok().filter(|zeros| *zeros < 1000)?;
        let magnitude = digits.parse::<BigInt>().ok()? * power_of_ten(zeros);
        Some(if self.negative { -magnitude } else { magnitude })
    }

    /// As the standard library reads it.
    fn plain(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        let (exponent_sign, exponent) = self.exponent.clone().unwrap_or((String::new(), "0".to_owned()));
        format!("{sign}0{}.{}0e{exponent_sign}{exponent}", self.whole, self.fraction)
    }
}

/// The text, where it is one digit or more.
fn some_digits(text: &str) -> Option<&str> {
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then_some(text)
}

fn count(digits: &str) -> i64 {
    i64::try_from(digits.len()).unwrap_or(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str, quoted: bool) -> Cell {
        Cell { bytes: text.as_bytes().to_vec(), quoted, byte: 0 }
    }

    fn class(text: &str) -> CellClass {
        classify(&cell(text, false), &CsvOptions::default())
    }

    fn number(int_digits: u32, scale: u32, notation: Notation, fits_i64: bool) -> CellClass {
        CellClass::Number { int_digits, scale, notation, is_long: int_digits > 15, fits_i64 }
    }

    #[test]
    fn numbers() {
        use Notation::{Digits, Exponent, Point};
        assert_eq!(class("0"), number(0, 0, Digits, true));
        assert_eq!(class("-0"), number(0, 0, Digits, true));
        assert_eq!(class("0.00"), number(0, 2, Point, false));
        assert_eq!(class("-1200"), number(4, 0, Digits, true));
        assert_eq!(class("10.050"), number(2, 3, Point, false));
        assert_eq!(class(" +5. "), number(1, 0, Point, true));
        assert_eq!(class("9223372036854775807"), number(19, 0, Digits, true));
        assert_eq!(class("9223372036854775808"), number(19, 0, Digits, false));
        assert_eq!(class("-9223372036854775808"), number(19, 0, Digits, true));
        assert_eq!(class("2e-6"), number(0, 6, Exponent { clear: true }, false));
        assert_eq!(class("12E3"), number(5, 0, Exponent { clear: false }, true));
    }

    #[test]
    fn what_is_no_number() {
        for text in ["007", "-", "--1", "1,5", "1 2", "0x1", "٣", "1e", "1e+", "01e5", "1e999", "."] {
            assert_eq!(class(text), CellClass::Text, "{text}");
        }
        for text in ["nan", "-inf", "+Infinity"] {
            assert_eq!(class(text), CellClass::Special, "{text}");
        }
        assert_eq!(class("True"), CellClass::Boolean);
        assert_eq!(class("tRue"), CellClass::Text);
        let forms = std::iter::once(DateForm::Iso).collect();
        assert_eq!(class("2024-02-29"), CellClass::Date { forms });
        assert_eq!(class("2024-02-29T01:02:03"), CellClass::Timestamp { forms, zoned: false });
        assert_eq!(class("2024-02-29 1:02Z"), CellClass::Timestamp { forms, zoned: true });
        assert_eq!(class("1:02"), CellClass::Time);
        let no_utf8 = Cell { bytes: vec![0xFF], quoted: false, byte: 0 };
        assert_eq!(classify(&no_utf8, &CsvOptions::default()), CellClass::Text);
    }

    #[test]
    fn nulls() {
        let options = CsvOptions { nulls: vec!["NA".to_owned()], ..CsvOptions::default() };
        assert_eq!(classify(&cell("NA", false), &options), CellClass::Null);
        assert_eq!(classify(&cell(" NA ", false), &options), CellClass::Null);
        assert_eq!(classify(&cell("NA", true), &options), CellClass::Text);
        assert_eq!(classify(&cell("", true), &options), CellClass::Null);
        assert_eq!(classify(&cell(" \t", false), &options), CellClass::Null);
        let of = |text, quoted, data_type| {
            value(&cell(text, quoted), &options, data_type, Some(&Profile::default()))
        };
        assert_eq!(of("", true, DataType::Utf8), Ok(Value::Utf8("".into())));
        assert_eq!(of("", true, DataType::Int64), Ok(Value::Null));
        assert_eq!(of("", false, DataType::Utf8), Ok(Value::Null));
        assert_eq!(of("NA", false, DataType::Utf8), Ok(Value::Null));
        assert_eq!(of(" NA", false, DataType::Utf8), Ok(Value::Utf8(" NA".into())));
    }

    #[test]
    fn values() {
        let options = CsvOptions::default();
        let of = |text: &str, data_type| {
            value(&cell(text, false), &options, data_type, Some(&Profile::default())).ok()
        };
        let as_given = |text: &str, data_type| value(&cell(text, false), &options, data_type, None).ok();
        let decimal = |precision, scale| DataType::Decimal { precision, scale };
        assert_eq!(of("-0.25", decimal(2, 2)), Some(Value::decimal(-25, 2)));
        assert_eq!(of("1.5", decimal(4, 2)), Some(Value::decimal(150, 2)));
        assert_eq!(of("1.50", decimal(4, 1)), None, "its scale is greater");
        assert_eq!(as_given("1.50", decimal(4, 1)), Some(Value::decimal(15, 1)));
        assert_eq!(of("123", decimal(4, 2)), None, "it has more digits");
        assert_eq!(of("1e1", decimal(4, 2)), Some(Value::decimal(1000, 2)));
        assert_eq!(of(&"9".repeat(38), decimal(38, 0)).unwrap().to_string(), "9".repeat(38));
        assert_eq!(of("-0", DataType::Float64).unwrap().to_string(), "0.0");
        assert_eq!(of("12345678901234567890", DataType::Float64), None, "an identifier");
        assert_eq!(
            as_given("12345678901234567890", DataType::Float64),
            Some(Value::Float64(12_345_678_901_234_567_890.0))
        );
        assert_eq!(of("-Infinity", DataType::Float64), Some(Value::Float64(f64::NEG_INFINITY)));
        assert_eq!(of("1.5", DataType::Int64), None);
        assert_eq!(as_given("1.0", DataType::Int64), Some(Value::Int64(1)));
        assert_eq!(as_given("1e-200", DataType::Int64), None);
        assert_eq!(of("1", DataType::Boolean), None);
        assert_eq!(of("FALSE", DataType::Boolean), Some(Value::Boolean(false)));
    }

    #[test]
    fn other_marks() {
        let options = CsvOptions { decimal: b',', thousands: Some(b'.'), ..CsvOptions::default() };
        let of = |text: &str| {
            value(&cell(text, false), &options, DataType::decimal(2), Some(&Profile::default())).ok()
        };
        assert_eq!(of("1.234,5"), Some(Value::decimal(123_450, 2)));
        assert_eq!(of("1234,56"), Some(Value::decimal(123_456, 2)));
        assert_eq!(of("1.23,4"), None);
        assert_eq!(of("1.5"), None);
    }
}
