//! Sizes in bytes as people write them: `64MiB`, `1.5GB`, `500k`, `4096`.

use std::str::FromStr;

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) u64);

/// Units in lower case, with the bytes of one.
const UNITS: [(&str, u64); 18] = [
    ("", 1),
    ("b", 1),
    ("k", 1000),
    ("kb", 1000),
    ("ki", 1 << 10),
    ("kib", 1 << 10),
    ("m", 1_000_000),
    ("mb", 1_000_000),
    ("mi", 1 << 20),
    ("mib", 1 << 20),
    ("g", 1_000_000_000),
    ("gb", 1_000_000_000),
    ("gi", 1 << 30),
    ("gib", 1 << 30),
    ("t", 1_000_000_000_000),
    ("tb", 1_000_000_000_000),
    ("ti", 1 << 40),
    ("tib", 1 << 40),
];

impl FromStr for Size {
    type Err = String;

    /// Reads digits, an optional fraction and an optional unit in any case. The arithmetic is of integers, so that
    /// `1.1GB` is 1100000000 bytes and not one less; a fraction of a byte is dropped.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "write a size such as 64MiB, 1.5GB, 500k or 4096".to_owned();
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let unit = unit.trim_start().to_ascii_lowercase();
        let (_, bytes) = UNITS.into_iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;

        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let integer = |digits: &str| -> Result<u128, String> {
            let valid = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            if valid { digits.parse().map_err(|_| "the size is too large".to_owned()) } else { Err(wrong()) }
        };
        // Beyond 18 digits a fraction of the greatest unit is less than a byte.
        let fraction_kept = fraction.get(..18).unwrap_or(fraction);
        integer(fraction)?;
        let scale = 10u128.pow(u32::try_from(fraction_kept.len()).unwrap_or(18));
        let part = integer(fraction_kept)? * u128::from(bytes) / scale;
        let total = integer(whole)?.checked_mul(u128::from(bytes)).and_then(|size| size.checked_add(part));
        let size = total.and_then(|size| u64::try_from(size).ok());
        size.map(Size).ok_or_else(|| "the size is too large".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, bytes) in [
            ("0", 0),
            ("4096", 4096),
            ("4096B", 4096),
            ("500k", 500_000),
            ("500KB", 500_000),
            ("64MiB", 64 << 20),
            ("64 mib", 64 << 20),
            ("64Mi", 64 << 20),
            ("1.5GB", 1_500_000_000),
            ("1.1GB", 1_100_000_000),
            ("0.5KiB", 512),
            ("1.9", 1),
            ("2TiB", 2 << 40),
            ("0.000000000000000001TB", 0),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(text.parse(), Ok(Size(bytes)), "{text}");
        }
    }

    #[test]
    fn refuses_the_rest() {
        for text in [
            "",
            " ",
            "k",
            ".",
            ".5k",
            "5.",
            "1.2.3",
            "-1",
            "+1",
            "1e6",
            "64 MiBs",
            "64XB",
            "1,5GB",
            "١",
            "18446744073709551616",
            "99999999999TiB",
            "1.2k3",
            "999999999999999999999999999999999999999999",
        ] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }
}
