//! The grammar of numbers, one for inference, given types and CAST: an optional sign, digits with at most one point, before,
//! behind or among them, and an optional exponent. It knows no types of columns and reads no white space.

use crate::CellClass;
use crate::infer::Notation;

/// The most digits that an exact mantissa may have.
const MAX_DIGITS: u32 = crate::MAX_PRECISION as u32;

/// The greatest mantissa.
const LARGEST: u128 = 10u128.pow(MAX_DIGITS) - 1;

/// More digits before the point than any finite double has.
const FINITE_DIGITS: i64 = 308;

/// The most significant digits of a whole number that is safe as a double.
const SAFE_DIGITS: usize = 15;

/// A number as it is written, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number<'a> {
    negative: bool,
    /// Digits before the point.
    whole: &'a [u8],
    /// Digits behind the point.
    fraction: &'a [u8],
    has_point: bool,
    exponent: Option<Exponent>,
}

/// The power of ten behind the `e`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Exponent {
    /// Saturates: past any number of digits one exponent is as good as another.
    value: i64,
    has_sign: bool,
}

impl<'a> Number<'a> {
    /// Takes all of `text` apart; `None` where it is not a number.
    pub fn read(text: &'a [u8]) -> Option<Self> {
        let (negative, unsigned) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        let (whole, rest) = split_digits(unsigned);
        let (has_point, fraction, rest) = match rest {
            [b'.', behind @ ..] => {
                let (fraction, rest) = split_digits(behind);
                (true, fraction, rest)
            }
            _ => (false, &rest[..0], rest),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let exponent = match rest {
            [] => None,
            [b'e' | b'E', power @ ..] => Some(Exponent::read(power)?),
            _ => return None,
        };
        Some(Number { negative, whole, fraction, has_point, exponent })
    }

    /// What inference makes of it. Text with leading zeros (`007`) is no number there, nor is what no finite double holds.
    pub fn class(&self) -> CellClass {
        if self.whole.len() > 1 && self.whole[0] == b'0' {
            return CellClass::Text;
        }
        let int_digits = self.int_digits();
        if int_digits > FINITE_DIGITS && !self.is_finite() {
            return CellClass::Text;
        }
        let notation = match self.exponent {
            None if self.has_point => Notation::Point,
            None => Notation::Digits,
            Some(exponent) => Notation::Exponent { clear: exponent.has_sign || self.has_point },
        };
        let scale = self.scale();
        CellClass::Number {
            int_digits: u32::try_from(int_digits).unwrap_or(u32::MAX),
            scale: u32::try_from(scale).unwrap_or(u32::MAX),
            notation,
            is_long: notation == Notation::Digits && trimmed(self.whole).len() > SAFE_DIGITS,
            fits_i64: scale == 0 && self.as_i64().is_some(),
        }
    }

    /// The value as a mantissa at `scale`; `None` where it has more digits behind the point, zeros among them, or more than
    /// 38 digits in all.
    pub fn at_scale(&self, scale: u8) -> Option<i128> {
        if self.scale() > i64::from(scale) { None } else { self.rounded(scale) }
    }

    /// The value as a mantissa at `scale`; `None` where that would round, or has more than 38 digits.
    pub fn exactly_at_scale(&self, scale: u8) -> Option<i128> {
        let kept = self.kept(scale);
        let cut = self.digits().skip(usize::try_from(kept).unwrap_or(0));
        if cut.clone().all(|digit| digit == b'0') { self.rounded(scale) } else { None }
    }

    /// The value as a mantissa at `scale`, digits past it rounded half away from zero; `None` past 38 digits.
    pub fn rounded(&self, scale: u8) -> Option<i128> {
        let kept = self.kept(scale);
        let mut mantissa = 0u128;
        let mut taken = 0i64;
        for digit in self.digits().take(usize::try_from(kept).unwrap_or(0)) {
            mantissa = mantissa.checked_mul(10)?.checked_add(u128::from(digit - b'0'))?;
            taken += 1;
        }
        if mantissa != 0 {
            let zeros = u32::try_from((kept - taken).max(0)).ok()?;
            mantissa = mantissa.checked_mul(10u128.checked_pow(zeros)?)?;
        }
        let next = usize::try_from(kept).ok().and_then(|kept| self.digits().nth(kept));
        if next.is_some_and(|digit| digit >= b'5') {
            mantissa += 1;
        }
        let mantissa = i128::try_from(mantissa).ok().filter(|value| value.unsigned_abs() <= LARGEST)?;
        Some(if self.negative { -mantissa } else { mantissa })
    }

    /// The value as a 64-bit integer; `None` where it is none.
    pub fn as_i64(&self) -> Option<i64> {
        self.exactly_at_scale(0).and_then(|value| i64::try_from(value).ok())
    }

    /// Whether it is written without a point and without an exponent.
    pub fn is_plain_whole(&self) -> bool {
        !self.has_point && self.exponent.is_none()
    }

    fn digits(&self) -> impl Iterator<Item = u8> + Clone {
        self.whole.iter().chain(self.fraction).copied()
    }

    fn power(&self) -> i64 {
        self.exponent.map_or(0, |exponent| exponent.value)
    }

    /// How many of the digits stand before the point of a mantissa at `scale`; more than there are stands for zeros.
    fn kept(&self, scale: u8) -> i64 {
        self.power().saturating_add(length(self.whole)).saturating_add(i64::from(scale))
    }

    /// Digits before the point of the value written without an exponent: 0 below 1.
    fn int_digits(&self) -> i64 {
        let all = length(self.whole) + length(self.fraction);
        match self.digits().position(|digit| digit != b'0') {
            None => 0,
            Some(zeros) => {
                let significant = all - i64::try_from(zeros).unwrap_or(i64::MAX);
                significant.saturating_add(self.power()).saturating_sub(length(self.fraction)).max(0)
            }
        }
    }

    /// Digits behind the point of the value written without an exponent, all digits that are written kept.
    fn scale(&self) -> i64 {
        let is_zero = self.digits().all(|digit| digit == b'0');
        let power = if is_zero { 0 } else { self.power() };
        length(self.fraction).saturating_sub(power).max(0)
    }

    fn is_finite(&self) -> bool {
        // A double's greatest power of ten is 308; only numbers about as large need to be computed.
        if self.int_digits() > FINITE_DIGITS + 1 {
            return false;
        }
        let digits: String = self.digits().map(char::from).collect();
        let power = self.power().saturating_sub(length(self.fraction));
        format!("{digits}e{power}").parse::<f64>().is_ok_and(f64::is_finite)
    }
}

impl Exponent {
    fn read(text: &[u8]) -> Option<Self> {
        let (negative, has_sign, digits) = match text {
            [b'-', rest @ ..] => (true, true, rest),
            [b'+', rest @ ..] => (false, true, rest),
            _ => (false, false, text),
        };
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let magnitude = digits
            .iter()
            .fold(0i64, |value, digit| value.saturating_mul(10).saturating_add(i64::from(digit - b'0')))
            // Leaves room for the digits before it.
            .min(i64::MAX / 2);
        Some(Exponent { value: if negative { -magnitude } else { magnitude }, has_sign })
    }
}

/// The digits that a text begins with, and the rest.
fn split_digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().take_while(|byte| byte.is_ascii_digit()).count())
}

/// Without zeros at both ends.
fn trimmed(digits: &[u8]) -> &[u8] {
    let begin = digits.iter().take_while(|digit| **digit == b'0').count();
    let end = digits.iter().rev().take_while(|digit| **digit == b'0').count();
    digits.get(begin..digits.len() - end).unwrap_or_default()
}

fn length(digits: &[u8]) -> i64 {
    i64::try_from(digits.len()).unwrap_or(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<Number<'_>> {
        Number::read(text.as_bytes())
    }

    fn class(text: &str) -> (u32, u32, Notation, bool, bool) {
        match read(text).unwrap().class() {
            CellClass::Number { int_digits, scale, notation, is_long, fits_i64 } => {
                (int_digits, scale, notation, is_long, fits_i64)
            }
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn what_is_no_number() {
        for text in [
            "", ".", "-", "+", "-.", "e5", ".e5", "1e", "1e+", "1e5.0", "1 2", " 1", "--1", "1.2.3", "0x1",
            "1_0", "٣",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn digits_and_notations() {
        use Notation::{Digits, Exponent, Point};
        let (signed, bare) = (Exponent { clear: true }, Exponent { clear: false });
        for (text, expected) in [
            ("0", (0, 0, Digits, false, true)),
            ("-0.00", (0, 2, Point, false, false)),
            ("+12", (2, 0, Digits, false, true)),
            ("-1200", (4, 0, Digits, false, true)),
            ("10.050", (2, 3, Point, false, false)),
            (".5", (0, 1, Point, false, false)),
            ("5.", (1, 0, Point, false, true)),
            ("0.00012", (0, 5, Point, false, false)),
            ("9223372036854775807", (19, 0, Digits, true, true)),
            ("9223372036854775808", (19, 0, Digits, true, false)),
            ("1000000000000000000000", (22, 0, Digits, false, false)),
            ("1e5", (6, 0, bare, false, true)),
            ("1E+05", (6, 0, signed, false, true)),
            ("2e-6", (0, 6, signed, false, false)),
            ("1.50e1", (2, 1, signed, false, false)),
            ("1.0e+00", (1, 1, signed, false, false)),
            ("0e-300", (0, 0, signed, false, true)),
            ("12.5e3", (5, 0, signed, false, true)),
            ("1e308", (309, 0, bare, false, false)),
        ] {
            assert_eq!(class(text), expected, "{text}");
        }
        for text in ["007", "-00.5", "7E410", "1e999999999999999999999999", "2e308"] {
            assert_eq!(read(text).unwrap().class(), CellClass::Text, "{text}");
        }
    }

    #[test]
    fn mantissas() {
        let at = |text: &str, scale| read(text).unwrap().at_scale(scale);
        assert_eq!(at("1.5", 2), Some(150));
        assert_eq!(at("1.50", 1), None, "its scale is greater");
        assert_eq!(at("2e-6", 6), Some(2));
        assert_eq!(at("1e3", 0), Some(1000));
        let exactly = |text: &str, scale| read(text).unwrap().exactly_at_scale(scale);
        assert_eq!(exactly("1.50", 1), Some(15));
        assert_eq!(exactly("1.0", 0), Some(1));
        assert_eq!(exactly("1.5", 0), None);
        assert_eq!(exactly("0e-99999999999999999999", 0), Some(0));
        assert_eq!(exactly("1e-99999999999999999999", 0), None);
        assert_eq!(exactly("5e-1", 1), Some(5));
        assert_eq!(read("1.0e0").unwrap().as_i64(), Some(1));
        assert_eq!(read("-9223372036854775808").unwrap().as_i64(), Some(i64::MIN));
        assert_eq!(read("9223372036854775808").unwrap().as_i64(), None);
    }

    #[test]
    fn rounding_is_half_away_from_zero() {
        for (text, scale, expected) in [
            ("0", 0, Some(0)),
            ("-0.0", 2, Some(0)),
            ("+007", 0, Some(7)),
            (".5", 0, Some(1)),
            ("-.5", 0, Some(-1)),
            ("5.", 1, Some(50)),
            ("1.25e2", 0, Some(125)),
            ("1.25E+1", 0, Some(13)),
            ("-1.25e-1", 3, Some(-125)),
            ("4.9999999999999999999999999999999999999999999999", 0, Some(5)),
            ("0.49999999999999999999999999999999999999999999999", 0, Some(0)),
            ("0e999999999999999999999", 0, Some(0)),
            ("1e-999999999999999999999", 5, Some(0)),
            ("9e-1", 0, Some(1)),
            ("9e-2", 0, Some(0)),
            ("1e38", 0, None),
            ("99999999999999999999999999999999999999", 0, Some(10i128.pow(38) - 1)),
            ("99999999999999999999999999999999999999.5", 0, None),
            ("1e999999999999999999999", 0, None),
        ] {
            assert_eq!(read(text).unwrap().rounded(scale), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn decimals_read_back(mantissa in any::<i64>(), scale in 0u8..=18) {
            let text = crate::Value::decimal(i128::from(mantissa), scale).to_string();
            prop_assert_eq!(read(&text).unwrap().at_scale(scale), Some(i128::from(mantissa)));
        }

        #[test]
        fn an_exponent_moves_the_point(mantissa in 0u32.., scale in 0u8..=9, power in -9i64..9) {
            let plain = crate::Value::decimal(i128::from(mantissa), scale).to_string();
            let shifted = format!("{plain}e{power}");
            let wanted = u8::try_from((i64::from(scale) - power).max(0)).unwrap();
            let factor = 10i128.pow(u32::try_from((power - i64::from(scale)).max(0)).unwrap());
            prop_assert_eq!(read(&shifted).unwrap().at_scale(wanted), Some(i128::from(mantissa) * factor));
        }

        #[test]
        fn any_number_has_a_class(text in "[-+]?[0-9]{0,40}[.]?[0-9]{0,40}(e[-+]?[0-9]{1,20})?", scale in 0u8..=38) {
            if let Some(number) = read(&text) {
                let _ = (number.class(), number.rounded(scale), number.exactly_at_scale(scale));
            }
        }
    }
}
