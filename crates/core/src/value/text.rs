//! The canonical text of values, written without an allocation.

use std::fmt;

use super::{MICROS_PER_DAY, civil_from_days};

/// Writes a whole number.
///
/// # Errors
/// Those of the writer.
pub fn write_int(out: &mut impl fmt::Write, value: i64) -> fmt::Result {
    out.write_str(itoa::Buffer::new().format(value))
}

/// Writes `mantissa` / 10^`scale` with exactly `scale` digits behind the point.
///
/// # Errors
/// Those of the writer.
pub fn write_decimal(out: &mut impl fmt::Write, mantissa: i128, scale: u8) -> fmt::Result {
    let mut buffer = itoa::Buffer::new();
    let magnitude = mantissa.unsigned_abs();
    // One word is far cheaper to print than two.
    let digits = match u64::try_from(magnitude) {
        Ok(word) => buffer.format(word),
        Err(_) => buffer.format(magnitude),
    };
    if mantissa < 0 {
        out.write_char('-')?;
    }
    let scale = usize::from(scale);
    if scale == 0 {
        return out.write_str(digits);
    }
    let (whole, behind) = digits.split_at(digits.len().saturating_sub(scale));
    out.write_str(if whole.is_empty() { "0" } else { whole })?;
    out.write_char('.')?;
    for _ in behind.len()..scale {
        out.write_char('0')?;
    }
    out.write_str(behind)
}

/// Writes the shortest text that reads back as the same double: `1.0`, `0.1`, `1e300`, `NaN`, `inf`, `-inf`. Of several
/// that are as short, the nearest; of two that are as near, the one whose last digit is even.
///
/// # Errors
/// Those of the writer.
pub fn write_float(out: &mut impl fmt::Write, value: f64) -> fmt::Result {
    let value = if value == 0.0 { 0.0 } else { value };
    // What is not finite, and the one power of ten that `zmij` would write without an exponent.
    if !value.is_finite() || (1e-5..1e-4).contains(&value.abs()) {
        return write!(out, "{value:?}");
    }
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(value);
    // Its exponents have a sign always.
    let (before, behind) = text.split_once('+').unwrap_or((text, ""));
    out.write_str(before)?;
    out.write_str(behind)
}

/// Writes `YYYY-MM-DD`.
///
/// # Errors
/// Those of the writer.
pub fn write_date(out: &mut impl fmt::Write, days: i32) -> fmt::Result {
    let (year, month, day) = civil_from_days(days);
    write!(out, "{year:04}-{month:02}-{day:02}")
}

/// Writes `YYYY-MM-DD HH:MM:SS`, and the microseconds behind a point, without trailing zeros, where there are any.
///
/// # Errors
/// Those of the writer.
pub fn write_timestamp(out: &mut impl fmt::Write, micros: i64) -> fmt::Result {
    let days = i32::try_from(micros.div_euclid(MICROS_PER_DAY)).unwrap_or(i32::MAX);
    let time = micros.rem_euclid(MICROS_PER_DAY);
    write_date(out, days)?;
    out.write_char(' ')?;
    write_time(out, time)
}

/// Writes `HH:MM:SS`, and the microseconds behind a point, without trailing zeros, where there are any.
///
/// # Errors
/// Those of the writer.
pub fn write_time(out: &mut impl fmt::Write, micros: i64) -> fmt::Result {
    let seconds = micros / 1_000_000;
    write!(out, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
    let mut fraction = micros % 1_000_000;
    if fraction == 0 {
        return Ok(());
    }
    let mut width = 6;
    while fraction % 10 == 0 {
        fraction /= 10;
        width -= 1;
    }
    write!(out, ".{fraction:0width$}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(write: impl Fn(&mut String) -> fmt::Result) -> String {
        let mut out = String::new();
        write(&mut out).unwrap();
        out
    }

    /// The digits of a decimal as the standard library pads them.
    fn padded(mantissa: i128, scale: u8) -> String {
        let sign = if mantissa < 0 { "-" } else { "" };
        let (magnitude, width) = (mantissa.unsigned_abs(), usize::from(scale));
        match 10u128.checked_pow(u32::from(scale)) {
            _ if scale == 0 => format!("{mantissa}"),
            Some(unit) => format!("{sign}{}.{:0width$}", magnitude / unit, magnitude % unit),
            None => format!("{sign}0.{magnitude:0width$}"),
        }
    }

    /// Doubles of every size, of few digits, and of every pattern of bits.
    fn doubles() -> impl Strategy<Value = f64> {
        let short =
            (-99_999i64..99_999, -25i32..25).prop_map(|(digits, power)| digits as f64 * 10f64.powi(power));
        prop_oneof![any::<f64>(), any::<u64>().prop_map(f64::from_bits), short, -1e17..1e17, -1e-3..1e-3]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn decimals_are_as_the_standard_library_pads_them(high: i64, low: u64, bits in 0..128u32, scale in 0..40u8) {
            let mantissa = ((i128::from(high) << 64) | i128::from(low)) >> bits;
            prop_assert_eq!(text(|out| write_decimal(out, mantissa, scale)), padded(mantissa, scale));
        }

        #[test]
        fn floats_are_as_the_standard_library_prints_them(value in doubles()) {
            let expected = format!("{:?}", if value == 0.0 { 0.0 } else { value });
            let given = text(|out| write_float(out, value));
            // Of two texts that are as near, the standard library takes the greater.
            let tied = given.len() == expected.len() && given.parse() == Ok(value) && given.ends_with(['0', '2', '4', '6', '8']);
            prop_assert!(given == expected || tied, "{} for {}", given, expected);
        }

        #[test]
        fn integers_are_as_the_standard_library_prints_them(value: i64, bits in 0..64u32) {
            prop_assert_eq!(text(|out| write_int(out, value >> bits)), format!("{}", value >> bits));
        }
    }

    /// As Python's `repr`, too, has them.
    #[test]
    fn ties_go_to_the_even_digit() {
        let tie = |whole: f64, part: f64| text(|out| write_float(out, whole + part));
        assert_eq!(tie(802_139_342_442_314.0, 0.25), "802139342442314.2");
        assert_eq!(tie(1_125_899_906_842_624.0, 0.25), "1125899906842624.2");
        assert_eq!(tie(1_125_899_906_842_624.0, 0.75), "1125899906842624.8");
    }

    #[test]
    fn the_ends_of_the_ranges() {
        for mantissa in [0, 9, -9, i128::MAX, i128::MIN, i128::from(u64::MAX), i128::from(u64::MAX) + 1] {
            for scale in [0, 1, 2, 18, 19, 20, 38, 39] {
                assert_eq!(text(|out| write_decimal(out, mantissa, scale)), padded(mantissa, scale));
            }
        }
        for bound in [1e-4f64, 1e15, 1e16, 1e-5, f64::MIN_POSITIVE, f64::MAX, f64::INFINITY] {
            for value in [bound.next_down(), bound, bound.next_up(), -bound] {
                assert_eq!(text(|out| write_float(out, value)), format!("{value:?}"));
            }
        }
    }
}
