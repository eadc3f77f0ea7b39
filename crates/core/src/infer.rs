//! Which type a CSV column has, given the cells that were seen.
//!
//! A [`CellClass`] says what one cell's text could be; a [`Profile`] collects classes and names the least type that
//! takes them all. The result depends on the set of the cells and not on their order, but for the first cells, up to
//! [`Profile::settle`], which decide what no other cell tells alone. Turning text into a class is the parsers' business:
//! `plimsoll-csv` and `plimsoll-rows` each have their own.

use serde::{Deserialize, Serialize};

use crate::value::{DateForm, DateForms};
use crate::{DataType, MAX_PRECISION};

/// The most digits of a mantissa of a column that has exponents and is exact all the same.
const EXPONENT_DIGITS: u32 = 18;

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notation {
    /// Digits alone, perhaps behind a sign.
    Digits,
    /// With a point and without an exponent.
    Point,
    /// With an exponent.
    Exponent {
        /// Whether it has a point or a sign in its exponent. Without them it could be an identifier, as `12E3` is.
        clear: bool,
    },
}

/// What the text of one cell could be. Spaces and tabs around it do not count, but in text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellClass {
    /// Empty, blank, quoted empty outside a text column, or a text given with `--null`.
    Null,
    /// A number as [`Number`](crate::number::Number) reads it, without leading zeros, that a finite double can hold.
    Number {
        /// Digits before the point of its value written without an exponent, 0 below 1.
        int_digits: u32,
        /// Digits behind the point of its value written without an exponent; all that are written count.
        scale: u32,
        /// How it is written.
        notation: Notation,
        /// Whether it is digits alone, and more than 15 of them are significant.
        is_long: bool,
        /// Whether it is whole and within 64 bits, and no digit is written behind its point.
        fits_i64: bool,
    },
    /// One of `nan NaN NAN inf Inf INF Infinity infinity INFINITY` with an optional sign.
    Special,
    /// One of `true false True False TRUE FALSE`.
    Boolean,
    /// A real day of the years 0001 to 9999.
    Date {
        /// How it could be written.
        forms: DateForms,
    },
    /// A date and a time of day, as [`DateForm::read_timestamp`](crate::value::DateForm::read_timestamp) reads them.
    Timestamp {
        /// How its date could be written.
        forms: DateForms,
        /// Whether it names a zone.
        zoned: bool,
    },
    /// A time of day without a zone, as [`parse_time`](crate::value::parse_time) reads it.
    Time,
    /// Anything else; always text that is not empty.
    Text,
}

/// What all cells seen so far could be together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Profile {
    /// A number was seen.
    number: bool,
    /// A number with an exponent was seen.
    exponent: bool,
    /// A number with a point, or a sign in its exponent, was seen.
    clear: bool,
    /// A number with an exponent was seen that is not clear by itself.
    unclear: bool,
    special: bool,
    boolean: bool,
    date: bool,
    timestamp: bool,
    time: bool,
    zoned: bool,
    zoneless: bool,
    /// The forms that every date seen could have; `None` where no date was.
    forms: Option<DateForms>,
    text: bool,
    beyond_i64: bool,
    long: bool,
    int_digits: u32,
    scale: u32,
    /// A number with an exponent that is not clear by itself is text, whatever else is seen.
    #[serde(default)]
    unclear_is_text: bool,
    /// A date that could have several forms is text, whatever else is seen.
    #[serde(default)]
    ambiguous_is_text: bool,
}

impl Profile {
    /// Decides by the cells seen so far what no single cell tells: whether `12E3` is a number, and which number of
    /// `01/02/2024` is the day. What they leave open is text. From here on each cell counts by itself, and a column of text
    /// stays one.
    pub fn settle(&mut self) {
        self.text |= self.data_type() == DataType::Utf8;
        self.unclear_is_text = !self.clear;
        self.ambiguous_is_text = self.date_form().is_none();
    }

    /// Takes one more cell.
    pub fn observe(&mut self, class: CellClass) {
        match class {
            CellClass::Null => {}
            CellClass::Number { int_digits, scale, notation, is_long, fits_i64 } => {
                self.number = true;
                self.exponent |= matches!(notation, Notation::Exponent { .. });
                self.clear |= matches!(notation, Notation::Point | Notation::Exponent { clear: true });
                let unclear = notation == Notation::Exponent { clear: false };
                self.unclear |= unclear;
                self.text |= unclear && self.unclear_is_text;
                self.long |= is_long;
                self.beyond_i64 |= !fits_i64;
                self.int_digits = self.int_digits.max(int_digits);
                self.scale = self.scale.max(scale);
            }
            CellClass::Special => self.special = true,
            CellClass::Boolean => self.boolean = true,
            CellClass::Date { forms } => {
                self.date = true;
                self.zoneless = true;
                self.narrow(forms);
            }
            CellClass::Timestamp { forms, zoned } => {
                self.timestamp = true;
                self.zoned |= zoned;
                self.zoneless |= !zoned;
                self.narrow(forms);
            }
            CellClass::Time => self.time = true,
            CellClass::Text => self.text = true,
        }
    }

    /// Leaves the forms that dates seen now could have, too.
    fn narrow(&mut self, forms: DateForms) {
        self.text |= forms.single().is_none() && self.ambiguous_is_text;
        self.forms = Some(self.forms.unwrap_or(DateForms::ALL).and(forms));
    }

    /// Takes note of a number of this many digits before the point, of whose notation nothing new is known.
    pub fn observe_digits(&mut self, int_digits: u32) {
        self.int_digits = self.int_digits.max(int_digits);
    }

    /// Whether numbers with this many digits before the point are exact beside those that were seen.
    pub fn is_exact_with(&self, int_digits: u32) -> bool {
        int_digits.saturating_add(self.scale) <= self.most_digits()
    }

    /// The most digits of a mantissa of an exact column.
    fn most_digits(&self) -> u32 {
        if self.exponent { EXPONENT_DIGITS } else { u32::from(MAX_PRECISION) }
    }

    /// Takes all cells that another profile has seen. Both are settled, and by the same cells, or neither is.
    pub fn merge(&mut self, other: &Profile) {
        self.number |= other.number;
        self.exponent |= other.exponent;
        self.clear |= other.clear;
        self.unclear |= other.unclear;
        self.special |= other.special;
        self.boolean |= other.boolean;
        self.date |= other.date;
        self.timestamp |= other.timestamp;
        self.time |= other.time;
        self.zoned |= other.zoned;
        self.zoneless |= other.zoneless;
        let forms = other.forms.unwrap_or(DateForms::ALL);
        self.forms = self.forms.or(other.forms).map(|known| known.and(forms));
        self.text |= other.text;
        self.beyond_i64 |= other.beyond_i64;
        self.long |= other.long;
        self.int_digits = self.int_digits.max(other.int_digits);
        self.scale = self.scale.max(other.scale);
        self.unclear_is_text |= other.unclear_is_text;
        self.ambiguous_is_text |= other.ambiguous_is_text;
    }

    /// Digits that the mantissa of any number seen has at most, where it is written with `scale` digits behind the point.
    pub fn mantissa_digits(&self, scale: u8) -> u32 {
        self.int_digits.saturating_add(u32::from(scale))
    }

    /// The widest notation of the numbers of the column: `clear` where those that are not clear by themselves are text.
    /// `None` where no number was seen.
    pub fn notation(&self) -> Option<Notation> {
        match (self.exponent, self.clear) {
            (true, _) => Some(Notation::Exponent { clear: self.unclear_is_text }),
            (false, true) => Some(Notation::Point),
            (false, false) => self.number.then_some(Notation::Digits),
        }
    }

    /// The least type that takes every cell seen; `Null` where none had a value.
    pub fn data_type(&self) -> DataType {
        let (numeric, dated) = (self.number || self.special, self.date || self.timestamp);
        match (numeric, self.boolean, dated, self.time) {
            _ if self.text => DataType::Utf8,
            (false, false, false, false) => DataType::Null,
            (false, true, false, false) => DataType::Boolean,
            (false, false, false, true) => DataType::Time,
            (false, false, true, false) => self.dated_type(),
            (true, false, false, false) => self.numeric_type(),
            _ => DataType::Utf8,
        }
    }

    /// How dates and timestamps are written, where all that were seen agree on one reading.
    pub fn date_form(&self) -> Option<DateForm> {
        self.forms?.single()
    }

    /// The forms that dates and timestamps could have, where there are several.
    pub fn ambiguous_forms(&self) -> Option<DateForms> {
        self.forms.filter(|forms| !forms.is_empty() && forms.single().is_none())
    }

    /// Whether a date that could have several forms is text, though the form of the column is known.
    pub fn wants_certain_dates(&self) -> bool {
        self.ambiguous_is_text
    }

    /// Whether the timestamps that were seen name zones.
    pub fn is_zoned(&self) -> bool {
        self.zoned
    }

    /// Whether values of another type than text were seen in a column of text: which it may look like.
    pub fn looks_typed(&self) -> bool {
        self.data_type() == DataType::Utf8 && (self.number || self.date || self.timestamp || self.time)
    }

    fn dated_type(&self) -> DataType {
        match (self.date_form(), self.timestamp, self.zoned && self.zoneless) {
            (None, ..) | (_, _, true) => DataType::Utf8,
            (Some(_), false, false) => DataType::Date,
            (Some(_), true, false) => DataType::Timestamp,
        }
    }

    fn numeric_type(&self) -> DataType {
        // Identifiers such as 12E3: only among numbers that cannot be anything else they are numbers, too.
        if self.unclear && !self.clear {
            return DataType::Utf8;
        }
        match u8::try_from(self.scale) {
            Ok(scale) if !self.special && self.is_exact_with(self.int_digits) => {
                if scale == 0 && !self.beyond_i64 { DataType::Int64 } else { DataType::decimal(scale) }
            }
            // A whole number that no double holds is an identifier, too.
            _ if self.long => DataType::Utf8,
            _ => DataType::Float64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Number;

    fn class(text: &str) -> CellClass {
        match text {
            "nan" => CellClass::Special,
            _ => Number::read(text.as_bytes()).map_or(CellClass::Text, |number| number.class()),
        }
    }

    fn type_of(classes: &[CellClass]) -> DataType {
        let mut profile = Profile::default();
        let mut reversed = Profile::default();
        classes.iter().for_each(|class| profile.observe(*class));
        classes.iter().rev().for_each(|class| reversed.observe(*class));
        assert_eq!(profile, reversed, "the order of the cells does not matter");
        profile.data_type()
    }

    fn type_of_texts(texts: &[&str]) -> DataType {
        type_of(&texts.iter().map(|text| class(text)).collect::<Vec<_>>())
    }

    #[test]
    fn least_type_that_takes_all() {
        use CellClass::{Boolean, Null, Special, Text, Time};
        assert_eq!(type_of(&[]), DataType::Null);
        assert_eq!(type_of(&[Null]), DataType::Null);
        assert_eq!(type_of(&[class("1"), Null]), DataType::Int64);
        assert_eq!(type_of(&[Boolean, class("1")]), DataType::Utf8);
        assert_eq!(type_of(&[Time, Null]), DataType::Time);
        assert_eq!(type_of(&[Time, class("1")]), DataType::Utf8);
        assert_eq!(type_of(&[class("1"), Text]), DataType::Utf8);
        assert_eq!(type_of(&[Special, Null]), DataType::Float64);
        assert_eq!(type_of(&[Special, Text]), DataType::Utf8);
    }

    #[test]
    fn the_first_cells_decide() {
        let with = |first: &[CellClass], then: &[CellClass]| {
            let types = [then.to_vec(), then.iter().rev().copied().collect()].map(|then| {
                let mut profile = Profile::default();
                first.iter().for_each(|class| profile.observe(*class));
                profile.settle();
                then.into_iter().for_each(|class| profile.observe(class));
                profile.data_type()
            });
            assert_eq!(types[0], types[1], "the order of the other cells does not matter");
            types[0]
        };
        let [whole, point, unclear] = ["17", "2.5", "12E3"].map(class);
        assert_eq!(with(&[point], &[unclear, whole]), DataType::decimal(1));
        assert_eq!(with(&[whole], &[point]), DataType::decimal(1));
        assert_eq!(with(&[whole], &[unclear, point]), DataType::Utf8);
        assert_eq!(with(&[], &[unclear, point]), DataType::Utf8);
        assert_eq!(with(&[unclear], &[point]), DataType::Utf8);
        let [ambiguous, certain] = ["01/02/2024", "31/01/2024"].map(date);
        assert_eq!(with(&[certain], &[ambiguous]), DataType::Date);
        assert_eq!(with(&[], &[certain]), DataType::Date);
        assert_eq!(with(&[], &[certain, ambiguous]), DataType::Utf8);
        assert_eq!(with(&[ambiguous], &[certain]), DataType::Utf8);
    }

    #[test]
    fn exact_numbers() {
        assert_eq!(type_of_texts(&["123", "1.25"]), DataType::decimal(2));
        assert_eq!(type_of_texts(&["99999999999999999999"]), DataType::decimal(0));
        assert_eq!(type_of_texts(&["5.", "+7"]), DataType::Int64);
        assert_eq!(type_of_texts(&["0.21390671443500386", ".5"]), DataType::decimal(17));
        assert_eq!(type_of_texts(&["2e-6", "97.98558"]), DataType::decimal(6));
        assert_eq!(type_of_texts(&["1e+05", "17"]), DataType::Int64);
        assert_eq!(type_of_texts(&["12.345678901234567", "3.3e-05"]), DataType::decimal(15));
        let digits = "1".repeat(37);
        assert_eq!(type_of_texts(&[&digits, "0.1"]), DataType::decimal(1));
    }

    fn date(text: &str) -> CellClass {
        CellClass::Date { forms: DateForms::of_date(text.as_bytes()) }
    }

    fn timestamp(text: &str, zoned: bool) -> CellClass {
        CellClass::Timestamp { forms: DateForms::of_timestamp(text.as_bytes()), zoned }
    }

    #[test]
    fn dates_agree_on_one_reading() {
        assert_eq!(type_of(&[date("2024-01-31"), date("2024-02-01")]), DataType::Date);
        assert_eq!(type_of(&[date("01/02/2024")]), DataType::Utf8, "January or February");
        assert_eq!(type_of(&[date("01/02/2024"), date("31/01/2024")]), DataType::Date);
        assert_eq!(type_of(&[date("31/01/2024"), date("01/31/2024")]), DataType::Utf8);
        assert_eq!(type_of(&[date("31/01/2024"), date("2024-01-31")]), DataType::Utf8);
        assert_eq!(type_of(&[date("31/01/2024"), CellClass::Time]), DataType::Utf8);
    }

    #[test]
    fn zones_do_not_mix() {
        let (plain, zoned) = (timestamp("2024-01-31 12:00", false), timestamp("2024-01-31 12:00Z", true));
        assert_eq!(type_of(&[plain]), DataType::Timestamp);
        assert_eq!(type_of(&[zoned]), DataType::Timestamp);
        assert_eq!(type_of(&[plain, zoned]), DataType::Utf8);
        assert_eq!(type_of(&[plain, date("2024-01-31")]), DataType::Timestamp);
        assert_eq!(type_of(&[zoned, date("2024-01-31")]), DataType::Utf8);
    }

    #[test]
    fn doubles() {
        assert_eq!(type_of_texts(&["0.21390671443500386", "4.4e-05"]), DataType::decimal(17));
        assert_eq!(type_of_texts(&["0.21390671443500386", "4.4e-19"]), DataType::Float64);
        assert_eq!(type_of_texts(&["1.000000000000000000e+00"]), DataType::Float64);
        assert_eq!(type_of_texts(&["1e+300", "17", "0.1"]), DataType::Float64);
        assert_eq!(type_of_texts(&["nan", "17"]), DataType::Float64);
        let digits = format!("0.{}", "1".repeat(39));
        assert_eq!(type_of_texts(&[&digits]), DataType::Float64);
    }

    #[test]
    fn identifiers_are_text() {
        assert_eq!(type_of_texts(&["7E10", "7E11"]), DataType::Utf8);
        assert_eq!(type_of_texts(&["7E10", "12"]), DataType::Utf8);
        assert_eq!(type_of_texts(&["7E10", "1.5"]), DataType::decimal(1));
        assert_eq!(type_of_texts(&["7E10", "1e-3"]), DataType::decimal(3));
        assert_eq!(type_of_texts(&["7E10", "nan"]), DataType::Utf8);
        assert_eq!(type_of_texts(&["007", "1.5"]), DataType::Utf8);
        assert_eq!(type_of_texts(&["1234567890123456789", "1e-300"]), DataType::Utf8);
        assert_eq!(type_of_texts(&["1234567890123456789", "nan"]), DataType::Utf8);
        let digits = "1".repeat(39);
        assert_eq!(type_of_texts(&[&digits]), DataType::Utf8);
    }
}
