//! Numbers with another decimal mark than the point, or with marks between groups of three digits, as plain ones.

use plimsoll_core::{Error, Result};

/// How numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberFormat {
    /// Before the fraction.
    pub decimal: u8,
    /// Between groups of three digits.
    pub thousands: Option<u8>,
}

/// Bytes of most numbers; longer ones are put together on the heap.
const USUAL: usize = 64;

impl NumberFormat {
    /// A point before the fraction, and nothing between groups of digits.
    pub const PLAIN: NumberFormat = NumberFormat { decimal: b'.', thousands: None };

    /// Whether numbers are written as SQL writes them.
    pub(crate) fn is_plain(self) -> bool {
        self == Self::PLAIN
    }

    /// Refuses marks that belong to numbers already.
    ///
    /// # Errors
    /// `Plan`.
    pub(crate) fn check(self) -> Result<()> {
        let named = [("decimal mark", Some(self.decimal)), ("mark between thousands", self.thousands)];
        for (name, mark) in named {
            let Some(mark) = mark else { continue };
            if mark.is_ascii_alphanumeric() || matches!(mark, b'+' | b'-') || !mark.is_ascii() {
                return Err(Error::plan(
                    format!("the {name} cannot be '{}'", mark.escape_ascii()),
                    "choose another byte, such as a comma",
                ));
            }
        }
        if self.thousands == Some(self.decimal) {
            return Err(Error::plan(
                format!("'{}' cannot be both marks of a number", self.decimal.escape_ascii()),
                "give --decimal and --thousands different bytes",
            ));
        }
        Ok(())
    }

    /// What `read` makes of the number as SQL writes it; `None` too where `text` breaks the format.
    pub(crate) fn read<T>(self, text: &[u8], read: impl FnOnce(&[u8]) -> Option<T>) -> Option<T> {
        if self.is_plain() {
            return read(text);
        }
        let mut usual = [0; USUAL];
        let mut long = Vec::new();
        let plain = match usual.get_mut(..text.len()) {
            Some(usual) => usual,
            None => {
                long.resize(text.len(), 0);
                &mut long[..]
            }
        };
        let length = self.rewrite(text, plain)?;
        read(&plain[..length])
    }

    /// Writes the number as SQL does to `plain`, which has room for all of `text`; gives its length.
    fn rewrite(self, text: &[u8], plain: &mut [u8]) -> Option<usize> {
        let whole =
            text.iter().take_while(|byte| **byte != self.decimal && !matches!(byte, b'e' | b'E')).count();
        if !self.groups_are_even(&text[..whole]) {
            return None;
        }
        let mut length = 0;
        for (at, byte) in text.iter().enumerate() {
            let written = match *byte {
                byte if byte == self.decimal => b'.',
                byte if Some(byte) == self.thousands && at < whole => continue,
                // A point that is not the decimal mark.
                b'.' => return None,
                byte => byte,
            };
            plain[length] = written;
            length += 1;
        }
        Some(length)
    }

    /// Whether the marks between digits, if there are any, stand before every three digits and nowhere else.
    fn groups_are_even(self, whole: &[u8]) -> bool {
        let Some(mark) = self.thousands else { return true };
        let digits = match whole {
            [b'-' | b'+', rest @ ..] => rest,
            _ => whole,
        };
        if !digits.contains(&mark) {
            return true;
        }
        let mut groups = digits.split(|byte| *byte == mark);
        let first = groups.next().unwrap_or_default();
        (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str, decimal: u8, thousands: Option<u8>) -> Option<String> {
        NumberFormat { decimal, thousands }
            .read(text.as_bytes(), |plain| Some(String::from_utf8_lossy(plain).into_owned()))
    }

    #[test]
    fn european_numbers() {
        for (text, expected) in [
            ("1.234,5", Some("1234.5")),
            ("-1.234.567", Some("-1234567")),
            ("+12,50", Some("+12.50")),
            (",5", Some(".5")),
            ("1234,5e-3", Some("1234.5e-3")),
            ("1.23,4", None),
            ("1234.567", None),
            (".123", None),
            ("1,234.5", None),
        ] {
            assert_eq!(plain(text, b',', Some(b'.')).as_deref(), expected, "{text}");
        }
        assert_eq!(plain("1.5", b',', None), None, "the point means nothing");
        assert_eq!(plain("1 234,5", b',', Some(b' ')).as_deref(), Some("1234.5"));
    }

    #[test]
    fn marks_differ_from_what_numbers_have() {
        let check = |decimal, thousands| NumberFormat { decimal, thousands }.check().is_ok();
        assert!(check(b',', Some(b'.')) && check(b'.', Some(b' ')) && check(b'.', Some(b'_')));
        for (decimal, thousands) in [(b'.', Some(b'.')), (b'1', None), (b'e', None), (b'.', Some(b'-'))] {
            assert!(!check(decimal, thousands), "{decimal} {thousands:?}");
        }
    }

    #[test]
    fn plain_numbers_pass() {
        assert_eq!(plain("1,234.5", b'.', Some(b',')).as_deref(), Some("1234.5"));
        assert_eq!(plain("1,234", b'.', None).as_deref(), Some("1,234"), "which is no number");
        let long = "1".repeat(100);
        assert_eq!(plain(&format!("{long},5"), b',', None), Some(format!("{long}.5")));
    }
}
