//! Decimals whose mantissas have up to 38 digits, for columns that 64 bits do not hold. `None` means only "not by this
//! way": the caller then asks the exact grammar.

use crate::parse::fast::{POWERS, long_digits};
use crate::parse::significand::Significand;
use crate::walk::Span;

/// The most digits of a mantissa.
const MOST: usize = 38;

/// The most digits that are read as one word.
const WORD: usize = 18;

/// A decimal with a point as a mantissa at `scale`, where that has at most 38 digits.
#[inline(always)]
pub(crate) fn decimal(bytes: &[u8], span: Span, scale: usize) -> Option<i128> {
    if let Some(number) = Significand::read(bytes, span) {
        let missing = scale.checked_sub(number.behind as usize)?;
        // A product of two words of 19 digits has 38 at most.
        if let Some(factor) = FACTORS.get(missing) {
            return Some(signed(u128::from(number.digits) * u128::from(*factor), number.negative));
        }
    }
    long(bytes, span, scale)
}

/// 10^0 to 10^19.
const FACTORS: [u64; 20] = {
    let mut factors = [10_000_000_000_000_000_000; 20];
    let mut at = 0;
    while at < POWERS.len() {
        factors[at] = POWERS[at];
        at += 1;
    }
    factors
};

/// A decimal of any form but with a digit on both sides of its point: up to 18 digits before it, and up to 36 behind it.
fn long(bytes: &[u8], span: Span, scale: usize) -> Option<i128> {
    let text = span.of(bytes);
    let negative = text.first() == Some(&b'-');
    let sign = usize::from(negative);
    let point = text[sign..].iter().position(|byte| *byte == b'.')?;
    let behind = text.len() - sign - point - 1;
    let leading_zero = point > 1 && text[sign] == b'0';
    if !(1..=WORD).contains(&point) || !(1..=2 * WORD).contains(&behind) || leading_zero {
        return None;
    }
    let missing = scale.checked_sub(behind)?;
    if point + scale > MOST {
        return None;
    }
    let start = span.start as usize + sign;
    let whole = long_digits(bytes, start, point)?;
    let first = behind.min(WORD);
    let mut fraction = u128::from(long_digits(bytes, start + point + 1, first)?);
    if behind > WORD {
        let rest = long_digits(bytes, start + point + 1 + WORD, behind - WORD)?;
        fraction = fraction * u128::from(POWERS[behind - WORD]) + u128::from(rest);
    }
    let magnitude = u128::from(whole) * power(scale) + fraction * power(missing);
    Some(signed(magnitude, negative))
}

/// 10^`exponent`, of at most 38.
#[inline(always)]
fn power(exponent: usize) -> u128 {
    let first = exponent.min(19);
    u128::from(FACTORS[first]) * u128::from(FACTORS[exponent - first])
}

#[inline(always)]
fn signed(magnitude: u128, negative: bool) -> i128 {
    let value = magnitude as i128;
    if negative { -value } else { value }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use plimsoll_core::Number;

    use super::*;
    use crate::parse::significand::tests::split;

    fn check(text: &str, scale: u8) {
        let mut bytes = b"9.".to_vec();
        bytes.extend_from_slice(text.as_bytes());
        bytes.extend_from_slice(&[b'7'; 64]);
        let found = decimal(&bytes, Span::between(2, 2 + text.len()), usize::from(scale));
        let number = Number::read(text.as_bytes());
        let expected = number.and_then(|number| number.at_scale(scale));
        if found.is_some() {
            assert_eq!(found, expected, "{text} at {scale}");
        }
        let usual = split(text).is_some_and(|(whole, behind)| {
            behind.len() <= usize::from(scale).min(36)
                && whole.len() <= 18
                && whole.len() + usize::from(scale) <= 38
        });
        if usual {
            assert!(found.is_some(), "the fast way takes {text} at {scale}");
        }
    }

    #[test]
    fn examples() {
        for text in [
            "0.5",
            "-0.0",
            "942.4502837770503",
            "530.03985456381155927",
            "-1.00000000000000000001",
            "00.5",
            "1.",
            ".5",
            "123456789012345678.5",
            "99999999999999999999999999999999999999.9",
            "0.00000000000000000000000000000000000001",
        ] {
            for scale in [0, 1, 13, 17, 20, 22, 37, 38] {
                check(text, scale);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn agrees_with_the_grammar(text in "-?[0-9]{0,20}(\\.[0-9]{0,38})?", scale in 0u8..39) {
            check(&text, scale);
        }

        #[test]
        fn agrees_on_usual_numbers(text in "-?[0-9]{1,4}\\.[0-9]{1,24}", scale in 0u8..39) {
            check(&text, scale);
        }

        #[test]
        fn agrees_on_near_numbers(text in "[-+.0-9e /:]{1,24}", scale in 0u8..39) {
            check(&text, scale);
        }
    }
}
