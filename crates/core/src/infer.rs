//! Which type a CSV column has, given the cells that were seen.
//!
//! A [`CellClass`] says what one cell's text could be; a [`Profile`] collects classes and names the least type that
//! takes them all, in the chain Int64 < Decimal < Float64 < Utf8 (Boolean, Date and Timestamp join anything else as
//! Utf8). The result does not depend on the order of the cells. Turning text into a class is the parsers' business:
//! `plimsoll-csv` and `plimsoll-rows` each have their own.

use serde::{Deserialize, Serialize};

use crate::{DataType, MAX_PRECISION};

/// The most significant digits that a decimal text may have and still survive as a double.
pub const FLOAT_DIGITS: u32 = 15;

/// What the text of one cell could be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellClass {
    /// Empty, quoted empty outside a text column, or a text given with `--null`.
    Null,
    /// `-?(0|[1-9][0-9]*)(\.[0-9]+)?`: a number in plain digits, without a leading zero or plus.
    Number {
        /// Digits before the point, at least 1.
        int_digits: u32,
        /// Digits behind the point; 0 where there is no point.
        scale: u32,
        /// Significant digits: from the first to the last that is not zero; 0 for zero.
        significant: u32,
        /// Whether it is an integer within 64 bits.
        fits_i64: bool,
    },
    /// A number with an exponent (`1e5`, `-2.5E-3`), or exactly one of
    /// `nan NaN NAN inf Inf Infinity infinity` with an optional minus before the infinities.
    Float,
    /// One of `true false True False TRUE FALSE`.
    Boolean,
    /// `YYYY-MM-DD`, a real day of the years 0001 to 9999.
    Date,
    /// `YYYY-MM-DD HH:MM:SS` with `T` or a space between and up to 6 digits of a second behind a point.
    Timestamp,
    /// Anything else; always text that is not empty.
    Text,
}

/// What all cells seen so far could be together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Profile {
    number: bool,
    float: bool,
    boolean: bool,
    date: bool,
    timestamp: bool,
    text: bool,
    beyond_i64: bool,
    int_digits: u32,
    scale: u32,
    significant: u32,
}

impl Profile {
    /// Takes one more cell.
    pub fn observe(&mut self, class: CellClass) {
        match class {
            CellClass::Null => {}
            CellClass::Number { int_digits, scale, significant, fits_i64 } => {
                self.number = true;
                self.beyond_i64 |= !fits_i64;
                self.int_digits = self.int_digits.max(int_digits);
                self.scale = self.scale.max(scale);
                self.significant = self.significant.max(significant);
            }
            CellClass::Float => self.float = true,
            CellClass::Boolean => self.boolean = true,
            CellClass::Date => self.date = true,
            CellClass::Timestamp => self.timestamp = true,
            CellClass::Text => self.text = true,
        }
    }

    /// Takes all cells that another profile has seen.
    pub fn merge(&mut self, other: &Profile) {
        self.number |= other.number;
        self.float |= other.float;
        self.boolean |= other.boolean;
        self.date |= other.date;
        self.timestamp |= other.timestamp;
        self.text |= other.text;
        self.beyond_i64 |= other.beyond_i64;
        self.int_digits = self.int_digits.max(other.int_digits);
        self.scale = self.scale.max(other.scale);
        self.significant = self.significant.max(other.significant);
    }

    /// Digits that the mantissa of any number seen has at most, where it is written with `scale` digits behind the point.
    pub fn mantissa_digits(&self, scale: u8) -> u32 {
        self.int_digits + u32::from(scale)
    }

    /// The least type that takes every cell seen; `Null` where none had a value.
    pub fn data_type(&self) -> DataType {
        let numeric = self.number || self.float;
        match (numeric, self.boolean, self.date, self.timestamp) {
            _ if self.text => DataType::Utf8,
            (false, false, false, false) => DataType::Null,
            (false, true, false, false) => DataType::Boolean,
            (false, false, true, false) => DataType::Date,
            (false, false, false, true) => DataType::Timestamp,
            (true, false, false, false) => self.numeric_type(),
            _ => DataType::Utf8,
        }
    }

    fn numeric_type(&self) -> DataType {
        let fits_decimal = self.int_digits + self.scale <= u32::from(MAX_PRECISION);
        match self.float || !fits_decimal {
            false if !self.beyond_i64 => DataType::Int64,
            #[allow(clippy::cast_possible_truncation, reason = "scale is at most 38 here")]
            false => DataType::decimal(self.scale as u8),
            true if self.significant <= FLOAT_DIGITS => DataType::Float64,
            true => DataType::Utf8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(int_digits: u32, scale: u32, significant: u32) -> CellClass {
        CellClass::Number { int_digits, scale, significant, fits_i64: scale == 0 && int_digits < 19 }
    }

    fn type_of(classes: &[CellClass]) -> DataType {
        let mut profile = Profile::default();
        let mut reversed = Profile::default();
        classes.iter().for_each(|class| profile.observe(*class));
        classes.iter().rev().for_each(|class| reversed.observe(*class));
        assert_eq!(profile, reversed, "the order of the cells does not matter");
        profile.data_type()
    }

    #[test]
    fn least_type_that_takes_all() {
        use CellClass::{Boolean, Date, Float, Null, Text, Timestamp};
        assert_eq!(type_of(&[]), DataType::Null);
        assert_eq!(type_of(&[Null]), DataType::Null);
        assert_eq!(type_of(&[number(3, 0, 3), Null]), DataType::Int64);
        assert_eq!(type_of(&[number(3, 0, 3), number(1, 2, 3)]), DataType::decimal(2));
        assert_eq!(type_of(&[number(20, 0, 20)]), DataType::decimal(0));
        assert_eq!(type_of(&[number(3, 0, 3), Float]), DataType::Float64);
        assert_eq!(type_of(&[number(16, 0, 16), Float]), DataType::Utf8);
        assert_eq!(type_of(&[number(37, 0, 37), number(1, 2, 2)]), DataType::Utf8);
        assert_eq!(type_of(&[number(37, 0, 1), number(1, 2, 2)]), DataType::Float64);
        assert_eq!(type_of(&[Boolean, number(1, 0, 1)]), DataType::Utf8);
        assert_eq!(type_of(&[Date, Null]), DataType::Date);
        assert_eq!(type_of(&[Date, Timestamp]), DataType::Utf8);
        assert_eq!(type_of(&[number(3, 0, 3), Text]), DataType::Utf8);
    }
}
