//! A table as other programs write it: an identifier of 1,000, a timestamp, and three doubles in the shortest digits that
//! read back as themselves, as Python prints them. Some of them need an exponent.

use std::io::{Result, Write};

use crate::output::Output;
use crate::random::Random;

const IDENTIFIERS: u64 = 1_000;

const DAY: u64 = 86_400;

pub(crate) fn write(output: &mut Output, random: &mut Random, rows: u64) -> Result<()> {
    output.text("id,at,x,y,z");
    output.end_record()?;
    let mut text = Vec::new();
    for row in 0..rows {
        output.digits(random.below(IDENTIFIERS), 1);
        output.byte(b',');
        timestamp(output, row);
        let (x, z) = (random.unit(), random.unit() * 1_000.0);
        // The sum of twelve uniform numbers: bell-shaped, with mean 6 and deviation 1, and the same on every machine.
        let y = (0..12).map(|_| random.unit()).sum::<f64>() - 6.0;
        for value in [x, y, z] {
            output.byte(b',');
            as_python(value, &mut text)?;
            output.bytes(&text);
        }
        output.end_record()?;
    }
    Ok(())
}

/// A second later in each row; every month has 28 days.
fn timestamp(output: &mut Output, row: u64) {
    let (day, second) = (row / DAY, row % DAY);
    output.digits(2024 + day / 336, 4);
    for (mark, number) in [(b'-', day / 28 % 12 + 1), (b'-', day % 28 + 1)] {
        output.byte(mark);
        output.digits(number, 2);
    }
    for (mark, number) in [(b' ', second / 3_600), (b':', second / 60 % 60), (b':', second % 60)] {
        output.byte(mark);
        output.digits(number, 2);
    }
}

/// What Python's `repr` gives: that of Rust, but for a sign and two digits at least in exponents.
fn as_python(value: f64, text: &mut Vec<u8>) -> Result<()> {
    text.clear();
    write!(text, "{value:?}")?;
    if let Some(mark) = text.iter().position(|byte| *byte == b'e') {
        let power = text.split_off(mark + 1);
        let (sign, digits) = match power.strip_prefix(b"-") {
            Some(digits) => (b'-', digits),
            None => (b'+', &power[..]),
        };
        text.push(sign);
        if digits.len() < 2 {
            text.push(b'0');
        }
        text.extend_from_slice(digits);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_python_does() {
        let values =
            [0.5, -1.25, 0.21390671443500386, 4.4e-5, 0.0001, 1e16, -1.5e300, 942.4502837770503, 3.0];
        let texts = [
            "0.5",
            "-1.25",
            "0.21390671443500386",
            "4.4e-05",
            "0.0001",
            "1e+16",
            "-1.5e+300",
            "942.4502837770503",
            "3.0",
        ];
        let mut text = Vec::new();
        for (value, expected) in values.into_iter().zip(texts) {
            as_python(value, &mut text).unwrap();
            assert_eq!(text, expected.as_bytes());
        }
    }
}
