//! One figure of a comparison, and how people and programs read it. It knows no strategy and no form.

use std::time::Duration;

use crate::units::{grouped, memory_bytes, seconds, three_digits};

/// A figure and its unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Quantity {
    /// Bytes of memory.
    Bytes(u64),
    /// Bytes that were predicted, and how far that was from what was found, as a share of it.
    Predicted { bytes: u64, error: Option<f64> },
    /// Bytes for each record.
    BytesEach(f64),
    /// Bytes that a line through measured points has at zero records; may be less than nothing.
    Fixed(f64),
    /// A time in seconds.
    Seconds(f64),
    /// Things.
    Count(u64),
}

impl Quantity {
    /// For people, three digits and a unit; of [`Quantity::BytesEach`] the heading tells the unit.
    pub(super) fn text(self) -> String {
        match self {
            Quantity::Bytes(bytes) | Quantity::Predicted { bytes, error: None } => memory_bytes(bytes),
            Quantity::Predicted { bytes, error: Some(error) } => {
                format!("{} ({})", memory_bytes(bytes), share(error))
            }
            Quantity::BytesEach(bytes) => each(bytes),
            Quantity::Fixed(bytes) => {
                let sign = if bytes <= -0.5 { "-" } else { "" };
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "made positive")]
                let whole = bytes.abs().round() as u64;
                format!("{sign}{}", memory_bytes(whole))
            }
            Quantity::Seconds(value) => duration(value),
            Quantity::Count(count) => grouped(count),
        }
    }

    /// For programs: all digits, in bytes, seconds or things.
    pub(super) fn exact(self) -> String {
        match self {
            Quantity::Bytes(whole) | Quantity::Predicted { bytes: whole, .. } | Quantity::Count(whole) => {
                whole.to_string()
            }
            Quantity::BytesEach(value) | Quantity::Fixed(value) | Quantity::Seconds(value) => {
                value.to_string()
            }
        }
    }
}

/// A time for people. What is longer than a clock tells, or is none because it came out negative, stands as a number.
pub(super) fn duration(value: f64) -> String {
    match Duration::try_from_secs_f64(value) {
        Ok(duration) if value < 1e7 => seconds(duration),
        _ if value.abs() < 1e7 => format!("{value} s"),
        _ => format!("{value:.2e} s"),
    }
}

/// A mean number of bytes: three digits, and no sign before what rounds to nothing.
fn each(bytes: f64) -> String {
    let digits = three_digits(bytes);
    if digits == "-0.00" { "0.00".to_owned() } else { digits }
}

/// A difference as a share: `+1.3%`, or `35x` where per cent would say little.
fn share(error: f64) -> String {
    let percent = error * 100.0;
    match percent.abs() {
        ..0.05 => "+0.0%".to_owned(),
        ..9.95 => format!("{percent:+.1}%"),
        ..999.5 => format!("{percent:+.0}%"),
        _ => format!("{}x", three_digits(error + 1.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn for_people() {
        let predicted = |error| Quantity::Predicted { bytes: 2048, error };
        for (quantity, expected) in [
            (Quantity::Bytes(481_300_000), "459 MiB"),
            (predicted(None), "2.00 KiB"),
            (predicted(Some(0.0134)), "2.00 KiB (+1.3%)"),
            (predicted(Some(-0.0004)), "2.00 KiB (+0.0%)"),
            (predicted(Some(-0.5)), "2.00 KiB (-50%)"),
            (predicted(Some(34.0)), "2.00 KiB (35.0x)"),
            (Quantity::BytesEach(96.26), "96.3"),
            (Quantity::BytesEach(-0.004), "0.00"),
            (Quantity::BytesEach(-0.006), "-0.01"),
            (Quantity::BytesEach(12345.6), "12346"),
            (Quantity::Fixed(-2048.0), "-2.00 KiB"),
            (Quantity::Fixed(-0.4), "0 bytes"),
            (Quantity::Fixed(f64::MAX), "16384 PiB"),
            (Quantity::Seconds(0.0352), "35 ms"),
            (Quantity::Seconds(-1.0), "-1 s"),
            (Quantity::Seconds(1e300), "1.00e300 s"),
            (Quantity::Seconds(f64::INFINITY), "inf s"),
            (Quantity::Count(10_000_412), "10,000,412"),
        ] {
            assert_eq!(quantity.text(), expected, "{quantity:?}");
        }
    }

    #[test]
    fn for_programs() {
        assert_eq!(Quantity::Bytes(u64::MAX).exact(), "18446744073709551615");
        assert_eq!(Quantity::Predicted { bytes: 7, error: Some(0.5) }.exact(), "7");
        assert_eq!(Quantity::Seconds(0.1).exact(), "0.1");
    }
}
