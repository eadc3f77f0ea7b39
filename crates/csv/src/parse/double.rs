//! Text to the nearest double, ties to even. The fast way is that of Eisel and Lemire (Lemire, "Number parsing at a gigabyte
//! per second", 2021); what it does not settle goes to the standard library.

use crate::parse::fast::{self, POWERS};
use crate::parse::significand::Significand;
use crate::walk::Span;

/// The double nearest to a number that is nothing but a number: one with a point, one with a point or a sign in its exponent
/// where there may be `exponents`, or a whole number of at most 15 digits. `None` means only "not by this way". Never -0.0.
#[inline(always)]
pub(crate) fn fast(bytes: &[u8], span: Span, exponents: bool) -> Option<f64> {
    match Significand::read(bytes, span) {
        Some(number) => nearest(number.negative, number.digits, -(number.behind as i32)),
        None => rarer(bytes, span, exponents),
    }
}

/// A number with an exponent of at most three digits, or a whole number.
#[inline(never)]
fn rarer(bytes: &[u8], span: Span, exponents: bool) -> Option<f64> {
    /// `e`, a sign and three digits.
    const LONGEST: usize = 5;
    let text = span.of(bytes);
    let tail = text.len().saturating_sub(LONGEST);
    let Some(mark) = text[tail..].iter().position(|byte| matches!(byte, b'e' | b'E')) else {
        let is_safe = |number: &i64| number.unsigned_abs() < POWERS[15];
        return fast::integer(bytes, span).filter(is_safe).map(|number| number as f64);
    };
    let (mantissa, power) = (&text[..tail + mark], &text[tail + mark + 1..]);
    let (has_sign, below, power) = match power {
        [b'-', power @ ..] => (true, true, power),
        [b'+', power @ ..] => (true, false, power),
        _ => (false, false, power),
    };
    if !exponents || power.is_empty() || !power.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let power = power.iter().fold(0, |value, digit| value * 10 + i32::from(digit - b'0'));
    let power = if below { -power } else { power };
    let mantissa = Span { start: span.start, length: mantissa.len() as u32 };
    if let Some(number) = Significand::read(bytes, mantissa) {
        return nearest(number.negative, number.digits, power - number.behind as i32);
    }
    let whole = fast::integer(bytes, mantissa).filter(|_| has_sign)?;
    nearest(whole < 0, whole.unsigned_abs(), power)
}

/// The greatest power of five that has 128 bits, and so the greatest power of ten of the fast way, up and down.
const GREATEST: i32 = 55;

/// The highest 128 bits of 5^power from -55 to 55: those of positive powers are exact, those of negative ones rounded up.
const FIVES: [u128; 2 * GREATEST as usize + 1] = {
    let mut fives = [0; 2 * GREATEST as usize + 1];
    let mut power = 0;
    let mut five = 1u128;
    loop {
        let normal = five << five.leading_zeros();
        fives[(GREATEST + power) as usize] = normal;
        if power > 0 {
            fives[(GREATEST - power) as usize] = reciprocal(normal);
        }
        if power == GREATEST {
            break;
        }
        five *= 5;
        power += 1;
    }
    fives
};

/// 2^255 / `divisor` for one of 128 bits that is no power of two, rounded up: it has 128 bits too. By long division.
const fn reciprocal(divisor: u128) -> u128 {
    // The dividend's bits below the highest are 0; the quotient's first bit is that of 2^128 / divisor.
    let (mut quotient, mut rest, mut bit) = (0u128, 1u128 << 127, 0);
    while bit < 128 {
        let over = rest >> 127 == 1;
        rest <<= 1;
        quotient <<= 1;
        if over || rest >= divisor {
            rest = rest.wrapping_sub(divisor);
            quotient |= 1;
        }
        bit += 1;
    }
    quotient + 1
}

/// The double nearest to `digits` * 10^`power`, with this sign; `None` where this way does not tell. Never -0.0.
#[inline(always)]
fn nearest(negative: bool, digits: u64, power: i32) -> Option<f64> {
    /// The exponent of the field of a double's bits that stands for 2^0.
    const BIAS: i32 = 1023;
    if digits == 0 {
        return Some(0.0);
    }
    let five = *FIVES.get((power + GREATEST) as usize)?;
    let shift = digits.leading_zeros();
    let digits = digits << shift;
    let (mut high, mut low) = product(digits, (five >> 64) as u64);
    if high & 0x1ff == 0x1ff {
        // What lies below the product's bits could carry into those that count.
        let (more, _) = product(digits, five as u64);
        let carried;
        (low, carried) = low.overflowing_add(more);
        high += u64::from(carried);
        // The power's own rounding could, too, where it is not exact.
        if low == u64::MAX && power < -27 {
            return None;
        }
    }
    // 54 bits: those of a double, and one to round by.
    let top = (high >> 63) as u32;
    let mut significand = high >> (top + 9);
    // The binary exponent of 10^power is that of 5^power, whose multiplication by 152170 / 2^16 is exact here, and power.
    let exponent = ((power * (152_170 + 65_536)) >> 16) + 63 + top as i32 - shift as i32 + BIAS;
    // Half way between two doubles: only small powers divide so evenly.
    let half_way = low <= 1 && (-4..=23).contains(&power) && significand & 3 == 1;
    if half_way && significand << (top + 9) == high {
        significand &= !1;
    }
    let significand = (significand + (significand & 1)) >> 1;
    // The hidden bit of the significand adds 1 to the exponent, and so does a carry out of its 53 bits.
    let magnitude = (((exponent - 1) as u64) << 52) + significand;
    Some(f64::from_bits(magnitude | u64::from(negative) << 63))
}

/// The upper and the lower word of a product.
#[inline(always)]
fn product(left: u64, right: u64) -> (u64, u64) {
    let product = u128::from(left) * u128::from(right);
    ((product >> 64) as u64, product as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The fast way agrees with the standard library where it takes the text. Whether it does.
    fn check(text: &str) -> bool {
        let expected: f64 = text.parse().unwrap();
        let mut bytes = b"9.".to_vec();
        bytes.extend_from_slice(text.as_bytes());
        bytes.extend_from_slice(&[b'7'; 64]);
        let found = fast(&bytes, Span::between(2, 2 + text.len()), true);
        if let Some(found) = found {
            assert_eq!(found.to_bits(), (expected + 0.0).to_bits(), "{text}");
        }
        found.is_some()
    }

    #[test]
    fn examples() {
        for text in [
            "0.0",
            "-0.0",
            "0.5",
            "4.4e-05",
            "0.21390671443500386",
            "942.4502837770503",
            "1e+16",
            "5e-324",
            "1.5E10",
            "1.0e+00",
            "9007199254740993.0",
            "9007199254740992.5",
            "1.7976931348623157e+308",
            "2.2250738585072014e-308",
            "1e-55",
            "1e+55",
            "0.000001",
            "-1.25e-7",
            "0e-5",
            "1.5e-3",
        ] {
            check(text);
        }
        for text in ["0.5", "4.4e-05", "0.21390671443500386", "-1.0e+00", "1.5E10", "1e+16", "2.9e-38"] {
            assert!(check(text), "the fast way takes {text}");
        }
    }

    #[test]
    fn other_texts_are_left_to_the_grammar() {
        for wrong in [
            "",
            ".",
            "-",
            "e5",
            "1e",
            "1e+",
            "1.2.3",
            "--1",
            "-+1",
            " 1",
            "1 ",
            "1_0",
            "0x1p3",
            "inf",
            "nan",
            "1e5.5",
            "\u{661}",
            "1.5e",
            "1.5e-",
            "1.5e1234",
            "-e+5",
            "1.5ee5",
            ".5",
            "5.",
            "+1.5",
            "007.5",
            "7E410",
            "7e4",
            "01e-5",
            "007",
            "1234567890123456",
        ] {
            let mut bytes = wrong.as_bytes().to_vec();
            let length = bytes.len();
            bytes.resize(length + 64, b'7');
            assert_eq!(fast(&bytes, Span::between(0, length), true), None, "{wrong}");
        }
    }

    #[test]
    fn exponents_are_taken_where_they_may_be() {
        let text = format!("1.5e-3{}", "7".repeat(64));
        assert_eq!(fast(text.as_bytes(), Span::between(0, 6), false), None);
        assert_eq!(fast(text.as_bytes(), Span::between(0, 3), false), Some(1.5));
    }

    #[test]
    fn powers_of_five_are_rounded_up_where_they_are_not_exact() {
        for power in 1..=GREATEST {
            let (down, up) = (FIVES[(GREATEST - power) as usize], FIVES[(GREATEST + power) as usize]);
            assert!(down >> 127 == 1 && up >> 127 == 1);
            // down * up is just above 2^255: the upper word of their product has only its highest bit.
            let halves = |value: u128| (value >> 64, value & u128::from(u64::MAX));
            let ((a, b), (c, d)) = (halves(down), halves(up));
            let (middle, carry) = (a * d).overflowing_add(b * c);
            let (_, over) = (b * d).overflowing_add(middle << 64);
            let upper = a * c + (middle >> 64) + (u128::from(carry) << 64) + u128::from(over);
            assert_eq!(upper, 1 << 127, "5^{power}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8000))]
        #[test]
        fn any_bits(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            for text in [format!("{value:?}"), format!("{value:e}"), format!("{value:.16e}"), format!("{value:.18e}")] {
                check(&text);
            }
        }

        #[test]
        fn as_python_prints_them(bits in 0u64..1 << 52, exponent in -12i32..20) {
            let value = f64::from_bits(bits | 0x3ff0 << 48) * 2f64.powi(exponent);
            let taken = check(&format!("{value:?}"));
            prop_assert!(taken || value.fract() == 0.0);
            check(&format!("{value:.17}"));
            check(&format!("{value:.6}"));
            let python = format!("{value:e}");
            let python = python.replace("e-", "e-0").replace("e1", "e+1");
            check(&python);
        }

        #[test]
        fn half_way_cases(bits in 0u64..1 << 52, exponent in 0i32..40, digits in 0usize..3) {
            // One bit more than a double has, written out in full, and a little above and below.
            let value = u128::from(bits | 1 << 52) * 2 + 1;
            let five = 5u128.pow(exponent as u32 % 16);
            let mantissa = value * five;
            for text in [mantissa - 1, mantissa, mantissa + 1] {
                check(&format!("{text}{}e-{}", "0".repeat(digits), exponent));
                let text = text.to_string();
                check(&format!("{}.{}", &text[..4], &text[4..]));
                check(&format!("{}.{}e+{exponent}", &text[..1], &text[1..]));
            }
        }

        #[test]
        fn any_number(text in "[-+]?(0|[1-9][0-9]{0,9})(\\.[0-9]{1,30})?([eE][-+]?[0-9]{1,3})?") {
            check(&text);
        }

        #[test]
        fn near_numbers(text in "[-+.0-9eE]{1,12}") {
            // What is no number is read by neither.
            if text.parse::<f64>().is_ok() {
                check(&text);
            } else {
                let bytes = format!("{text}{}", "7".repeat(64));
                prop_assert_eq!(fast(bytes.as_bytes(), Span::between(0, text.len()), true), None);
            }
        }
    }
}
