//! Decimals as integers, and quotients rounded once. Adds no doubles.

/// Digits behind the point that values are held with: those of the input that has the most.
const DIGITS: usize = 6;

/// 10 to the `DIGITS`.
pub(crate) const UNIT: i128 = 1_000_000;

/// Millionths of `-?d+(.d{1,6})?`; `None` for anything else.
pub(crate) fn millionths(text: &[u8]) -> Option<i64> {
    let (negative, text) = text.strip_prefix(b"-").map_or((false, text), |rest| (true, rest));
    let point = text.iter().position(|byte| *byte == b'.');
    let (whole, fraction) = point.map_or((text, &b"0"[..]), |at| (&text[..at], &text[at + 1..]));
    if whole.is_empty() || fraction.is_empty() || whole.len() > 12 || fraction.len() > DIGITS {
        return None;
    }
    let mut value = 0;
    for byte in whole.iter().chain(fraction) {
        value = value * 10 + i64::from(byte.is_ascii_digit().then(|| byte - b'0')?);
    }
    value *= 10_i64.pow(u32::try_from(DIGITS - fraction.len()).ok()?);
    Some(if negative { -value } else { value })
}

/// The decimal of so many millionths, without zeros at its end.
pub(crate) fn decimal(millionths: i128) -> String {
    let sign = if millionths < 0 { "-" } else { "" };
    let (whole, fraction) = (millionths.abs() / UNIT, millionths.abs() % UNIT);
    format!("{sign}{whole}.{fraction:0DIGITS$}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The double nearest to a quotient. Where both fit 53 bits after reduction, one division is that; else it is an error.
#[allow(clippy::cast_precision_loss, reason = "both are below 2^53")]
pub(crate) fn nearest(dividend: i128, divisor: i128) -> Result<f64, String> {
    let common = common_divisor(dividend.unsigned_abs(), divisor.unsigned_abs()).cast_signed();
    let (dividend, divisor) = (dividend / common, divisor / common);
    if dividend.abs().max(divisor) >= 1 << 53 {
        return Err(format!("{dividend} / {divisor} is more than one division can round"));
    }
    Ok(dividend as f64 / divisor as f64)
}

fn common_divisor(mut left: u128, mut right: u128) -> u128 {
    while right > 0 {
        (left, right) = (right, left % right);
    }
    left.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_and_back() {
        for (text, wanted) in [
            ("0", Some(0)),
            ("-0.1", Some(-100_000)),
            ("12.345678", Some(12_345_678)),
            ("-7.50", Some(-7_500_000)),
            ("", None),
            ("-", None),
            (".5", None),
            ("5.", None),
            ("+1", None),
            ("1.2345678", None),
            ("1e3", None),
        ] {
            assert_eq!(millionths(text.as_bytes()), wanted, "{text}");
        }
        for text in ["0", "-0.1", "12.345678", "-7.5", "100"] {
            assert_eq!(decimal(millionths(text.as_bytes()).unwrap().into()), text);
        }
    }

    #[test]
    fn quotients_round_once() {
        assert_eq!(nearest(1, 3), Ok(1.0 / 3.0));
        assert_eq!(nearest(-1 << 60, 1 << 61), Ok(-0.5));
        assert_eq!(nearest(0, 7), Ok(0.0));
        assert!(nearest((1 << 60) + 1, 3).is_err());
    }
}
