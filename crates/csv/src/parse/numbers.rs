//! Which numbers a column takes, and their values.
//!
//! A column whose type the user gives takes every number that its type holds without rounding. One whose type is inferred
//! takes numbers of the notations that were seen: any other is first told to whoever infers, since it may change the type.

use plimsoll_core::{CellClass, Notation, Number};

use super::class::{positive_zero, special};
use super::localized::NumberFormat;
use crate::column::ColumnType;

/// The numbers of a column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Numbers {
    format: NumberFormat,
    declared: bool,
    /// The widest notation that is taken; `None` takes none.
    notation: Option<Notation>,
}

impl Numbers {
    pub(crate) fn new(format: NumberFormat, column: ColumnType) -> Self {
        Numbers { format, declared: column.declared, notation: column.notation }
    }

    /// An integer of 64 bits.
    pub(crate) fn integer(self, text: &[u8]) -> Option<i64> {
        self.format.read(text, |text| {
            let number = Number::read(text)?;
            if self.declared {
                return number.as_i64();
            }
            match number.class() {
                class @ CellClass::Number { fits_i64: true, .. } if self.takes(class) => number.as_i64(),
                _ => None,
            }
        })
    }

    /// A decimal as its mantissa at `scale`.
    pub(crate) fn decimal(self, text: &[u8], scale: u8) -> Option<i128> {
        self.format.read(text, |text| {
            let number = Number::read(text)?;
            if self.declared {
                return number.exactly_at_scale(scale);
            }
            if self.takes(number.class()) { number.at_scale(scale) } else { None }
        })
    }

    /// The nearest double.
    pub(crate) fn double(self, text: &[u8]) -> Option<f64> {
        if let Some(value) = special(text) {
            return Some(value);
        }
        self.format.read(text, |text| {
            let number = Number::read(text)?;
            if !self.declared {
                match number.class() {
                    CellClass::Number { is_long: true, .. } => return None,
                    class if !self.takes(class) => return None,
                    _ => {}
                }
            }
            // The standard library reads the same grammar.
            std::str::from_utf8(text).ok()?.parse().ok().map(positive_zero)
        })
    }

    /// Whether every number with a point and without an exponent is taken.
    pub(crate) fn takes_points(self) -> bool {
        self.declared || matches!(self.notation, Some(Notation::Point | Notation::Exponent { .. }))
    }

    /// Whether every number with an exponent and a point, or a sign in its exponent, is taken.
    pub(crate) fn takes_exponents(self) -> bool {
        self.declared || matches!(self.notation, Some(Notation::Exponent { .. }))
    }

    /// Whether a number is of a notation that is taken.
    fn takes(self, class: CellClass) -> bool {
        let CellClass::Number { notation, .. } = class else { return false };
        match notation {
            Notation::Digits => true,
            Notation::Point => self.takes_points(),
            Notation::Exponent { clear } => {
                clear && self.takes_exponents() || self.notation == Some(Notation::Exponent { clear: false })
            }
        }
    }
}
