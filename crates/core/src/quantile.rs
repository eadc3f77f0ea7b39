//! The q of a quantile: the decimal that was written, from 0 to 1. It is never a double on the way.

use std::fmt;

use crate::MAX_PRECISION;
use crate::value::write_decimal;

/// `mantissa` / 10^`scale`, from 0 to 1, without trailing zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quantile {
    mantissa: u128,
    scale: u8,
}

impl Quantile {
    /// Half of the values.
    pub const MEDIAN: Quantile = Quantile { mantissa: 5, scale: 1 };

    /// `mantissa` / 10^`scale`, `None` where that is more than 1 or has more than [`MAX_PRECISION`] digits behind the
    /// point.
    pub const fn new(mut mantissa: u128, mut scale: u8) -> Option<Self> {
        while scale > 0 && mantissa.is_multiple_of(10) {
            mantissa /= 10;
            scale -= 1;
        }
        if scale > MAX_PRECISION || mantissa > 10u128.pow(scale as u32) {
            return None;
        }
        Some(Quantile { mantissa, scale })
    }

    /// The number that `text` writes, with or without an exponent; `None` where it is none, or none from 0 to 1, or has
    /// more than [`MAX_PRECISION`] digits behind the point.
    pub fn parse(text: &str) -> Option<Self> {
        let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all = [whole, fraction].concat();
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let scale = i64::try_from(fraction.len()).ok()?.checked_sub(exponent.parse().ok()?)?;
        let significant = all.trim_start_matches('0');
        let kept = significant.trim_end_matches('0');
        if kept.is_empty() {
            return Quantile::new(0, 0);
        }
        let scale = scale.checked_sub(i64::try_from(significant.len() - kept.len()).ok()?)?;
        Quantile::new(kept.parse().ok()?, u8::try_from(scale).ok()?)
    }

    /// The shortest decimal that reads back as `q`; `None` as for [`parse`](Self::parse).
    pub fn of(q: f64) -> Option<Self> {
        // Takes the sign off a zero.
        Self::parse(&(q + 0.0).to_string())
    }

    /// Numerator and denominator, a power of ten; not reduced.
    pub const fn fraction(self) -> (u128, u128) {
        (self.mantissa, 10u128.pow(self.scale as u32))
    }
}

impl fmt::Display for Quantile {
    /// The number without an exponent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_decimal(f, self.mantissa.cast_signed(), self.scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_kept() {
        for (text, expected) in [
            ("0.1", "0.1"),
            (".10", "0.1"),
            ("00.25", "0.25"),
            ("1", "1"),
            ("1.000", "1"),
            ("0", "0"),
            ("0e99", "0"),
            ("0.00000025", "0.00000025"),
            ("2.5e-7", "0.00000025"),
            ("0.001E+2", "0.1"),
            ("10e-1", "1"),
            ("0.12345678901234567890123456789012345678", "0.12345678901234567890123456789012345678"),
        ] {
            assert_eq!(Quantile::parse(text).map(|q| q.to_string()).as_deref(), Some(expected), "{text}");
        }
        let wrong = [
            "",
            ".",
            "e1",
            "-0.1",
            "+1",
            "1.1",
            "1e1",
            "1.00000000000000000000000000000000000001",
            "1e-39",
            "0.1e",
            "0.1x",
            "NaN",
            "inf",
            "1e99999999999999999999",
        ];
        for text in wrong {
            assert_eq!(Quantile::parse(text), None, "{text}");
        }
        assert_eq!(Quantile::of(0.1), Quantile::new(1, 1));
        assert_eq!(Quantile::of(0.5), Some(Quantile::MEDIAN));
        assert_eq!(Quantile::of(1e-7), Quantile::new(1, 7));
        assert_eq!((Quantile::of(f64::NAN), Quantile::of(-0.5), Quantile::of(2.0)), (None, None, None));
        assert_eq!(Quantile::of(-0.0), Quantile::new(0, 0));
    }
}
