//! Buffered output of CSV text: digits without formatting machinery, and a file that appears only when it is whole.

use std::fs::File;
use std::io::{Error, ErrorKind, Result, Write};
use std::path::{Path, PathBuf};

/// Bytes that are collected before they are written.
const BLOCK: usize = 256 * 1024;

/// A file in the making.
pub(crate) struct Output {
    file: File,
    buffer: Vec<u8>,
    partial: PathBuf,
    path: PathBuf,
}

impl Output {
    /// Starts `path` under a name of its own beside it.
    pub(crate) fn create(path: &Path, force: bool) -> Result<Self> {
        if !force && path.exists() {
            return Err(Error::new(ErrorKind::AlreadyExists, "the file exists; --force replaces it"));
        }
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        Ok(Output {
            file: File::create(&partial)?,
            buffer: Vec::with_capacity(BLOCK + 64 * 1024),
            partial,
            path: path.to_owned(),
        })
    }

    /// Writes what is left and gives the file its name.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.file.write_all(&self.buffer)?;
        std::fs::rename(&self.partial, &self.path)
    }

    /// To be called after each record: writes the buffer once it is full.
    #[inline]
    pub(crate) fn end_record(&mut self) -> Result<()> {
        self.buffer.push(b'\n');
        if self.buffer.len() >= BLOCK {
            self.file.write_all(&self.buffer)?;
            self.buffer.clear();
        }
        Ok(())
    }

    #[inline]
    pub(crate) fn text(&mut self, text: &str) {
        self.buffer.extend_from_slice(text.as_bytes());
    }

    #[inline]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    #[inline]
    pub(crate) fn byte(&mut self, byte: u8) {
        self.buffer.push(byte);
    }

    /// The digits of `number`, with zeros before them up to `width`.
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "one decimal digit")]
    pub(crate) fn digits(&mut self, number: u64, width: usize) {
        let mut digits = [b'0'; 20];
        let mut start = digits.len();
        let mut rest = number;
        while rest > 0 {
            start -= 1;
            digits[start] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        let start = start.min(digits.len() - width.clamp(1, digits.len()));
        self.buffer.extend_from_slice(&digits[start..]);
    }

    /// `mantissa` / 10^`scale`, with exactly `scale` digits behind the point.
    #[inline]
    pub(crate) fn decimal(&mut self, mantissa: i64, scale: u32) {
        if mantissa < 0 {
            self.byte(b'-');
        }
        let unit = 10_u64.pow(scale);
        let magnitude = mantissa.unsigned_abs();
        self.digits(magnitude / unit, 1);
        if scale > 0 {
            self.byte(b'.');
            self.digits(magnitude % unit, scale as usize);
        }
    }

    /// `mantissa` / 10^`scale`, without trailing zeros behind the point, and without a point before nothing.
    pub(crate) fn short_decimal(&mut self, mantissa: i64, scale: u32) {
        let (mut mantissa, mut scale) = (mantissa, scale);
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        self.decimal(mantissa, scale);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_as_they_read() {
        let path = std::env::temp_dir().join(format!("generate-output-{}", std::process::id()));
        let mut output = Output::create(&path, true).unwrap();
        for mantissa in [0, -1, 10, -999, 12_345, i64::MIN, i64::MAX] {
            output.buffer.clear();
            output.decimal(mantissa, 1);
            let text = String::from_utf8(output.buffer.clone()).unwrap();
            assert_eq!(text.replace('.', "").parse::<i64>().unwrap(), mantissa, "{text}");
        }
        output.buffer.clear();
        for (mantissa, scale) in [(50_000_000, 6), (50_100_000, 6), (0, 6), (-1, 6)] {
            output.short_decimal(mantissa, scale);
            output.byte(b' ');
        }
        output.digits(7, 3);
        output.digits(12_345, 3);
        assert_eq!(output.buffer, b"50 50.1 0 -0.000001 00712345");
        output.finish().unwrap();
        assert!(Output::create(&path, false).is_err(), "a file that exists is not replaced");
        std::fs::remove_file(&path).unwrap();
    }
}
