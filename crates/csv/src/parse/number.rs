//! The grammar of plain numbers: `-?(0|[1-9][0-9]*)(\.[0-9]+)?`, of any length.

/// A number in plain digits, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number {
    pub(crate) negative: bool,
    /// All digits without the point, where there are at most 38 behind leading zeros.
    pub(crate) mantissa: Option<u128>,
    /// Digits before the point.
    pub(crate) int_digits: u32,
    /// Digits behind the point.
    pub(crate) scale: u32,
    /// From the first to the last digit that is not zero.
    pub(crate) significant: u32,
}

const LARGEST: u128 = 10u128.pow(38) - 1;

impl Number {
    /// Reads all of `text`, or `None` where it is not a plain number.
    pub(crate) fn read(text: &[u8]) -> Option<Self> {
        let (negative, digits) = match text {
            [b'-', digits @ ..] => (true, digits),
            _ => (false, text),
        };
        let int_digits = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let behind = match &digits[int_digits..] {
            [] => &[],
            [b'.', behind @ ..] if !behind.is_empty() && behind.iter().all(u8::is_ascii_digit) => behind,
            _ => return None,
        };
        if int_digits == 0 || (int_digits > 1 && digits[0] == b'0') {
            return None;
        }
        let (mut mantissa, mut seen, mut significant) = (Some(0u128), 0u32, 0u32);
        for byte in digits[..int_digits].iter().chain(behind) {
            let digit = u128::from(byte - b'0');
            mantissa = mantissa
                .and_then(|value| value.checked_mul(10)?.checked_add(digit))
                .filter(|v| *v <= LARGEST);
            if digit != 0 || seen > 0 {
                seen += 1;
            }
            if digit != 0 {
                significant = seen;
            }
        }
        Some(Number {
            negative,
            mantissa,
            int_digits: u32::try_from(int_digits).unwrap_or(u32::MAX),
            scale: u32::try_from(behind.len()).unwrap_or(u32::MAX),
            significant,
        })
    }

    /// The value as a mantissa at `scale`, where it has no more digits behind the point and at most 38 in all.
    pub(crate) fn at_scale(&self, scale: u8) -> Option<i128> {
        let missing = u32::from(scale).checked_sub(self.scale)?;
        let mantissa =
            self.mantissa?.checked_mul(10u128.checked_pow(missing)?).filter(|value| *value <= LARGEST)?;
        let mantissa = i128::try_from(mantissa).ok()?;
        Some(if self.negative { -mantissa } else { mantissa })
    }

    /// The value as a 64-bit integer.
    pub(crate) fn as_i64(&self) -> Option<i64> {
        self.at_scale(0).and_then(|value| i64::try_from(value).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_numbers() {
        for wrong in
            ["", "-", "007", "+1", "1.", ".5", "1e5", " 1", "1 ", "1.2.3", "--1", "1_000", "01.5", "\u{0661}"]
        {
            assert_eq!(Number::read(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn digits_are_counted() {
        let read = |text: &str| Number::read(text.as_bytes()).map(|n| (n.int_digits, n.scale, n.significant));
        assert_eq!(read("0"), Some((1, 0, 0)));
        assert_eq!(read("-0.0"), Some((1, 1, 0)));
        assert_eq!(read("1200"), Some((4, 0, 2)));
        assert_eq!(read("0.00120"), Some((1, 5, 2)));
        assert_eq!(read("10.01"), Some((2, 2, 4)));
        let long = "9".repeat(39);
        assert_eq!(Number::read(long.as_bytes()).and_then(|n| n.mantissa), None);
        assert_eq!(Number::read(&long.as_bytes()[1..]).and_then(|n| n.at_scale(0)), Some(10i128.pow(38) - 1));
        assert_eq!(Number::read(b"-9223372036854775808").and_then(|n| n.as_i64()), Some(i64::MIN));
        assert_eq!(Number::read(b"9223372036854775808").and_then(|n| n.as_i64()), None);
    }
}
