//! Where the quotes of a file cannot be trusted: which of them open a quoted field, and which are text. It looks ahead in
//! the bytes that it is given, and never behind them.

use plimsoll_core::Delimiter;

use crate::Dialect;

/// Whether the quote with which `field` begins is text, with all of its field up to the next delimiter or line end.
/// `field` goes on to the last byte that is known; `ended` says whether the input ends there.
///
/// A quote is text where its field is not closed within [`Dialect::max_field`] bytes or before the end of the input, and
/// where the quote that would close it stands on a later line and before anything but a delimiter, a line end or the
/// end. Where the bytes do not tell, it is taken to open: who has more asks again. Where a scan does not pass over
/// faults every quote opens.
///
/// All quotes that may be looked at stand behind the field's beginning and within a bound, so that the answer does not
/// depend on how the input is cut.
pub(crate) fn opens_text(field: &[u8], ended: bool, dialect: &Dialect) -> bool {
    let Some(quote) = dialect.quote.filter(|_| dialect.tolerance.resynchronises()) else { return false };
    let limit = field.len().min(dialect.max_field);
    let mut at = 1;
    while at < limit {
        let special = |byte: &u8| *byte == quote || Some(*byte) == dialect.escape;
        let Some(next) = field[at..limit].iter().position(special) else { break };
        at += next;
        if field[at] != quote || field.get(at + 1) == Some(&quote) {
            at += 2;
            continue;
        }
        let behind = &field[at + 1..];
        let closes = match (behind.first(), &dialect.delimiter) {
            (None | Some(b'\n' | b'\r'), _) => true,
            (Some(next), Delimiter::Blanks) => dialect.is_blank(*next),
            // What may become a delimiter is not known to be none.
            (_, Delimiter::Text(text)) => behind.starts_with(text) || (!ended && text.starts_with(behind)),
        };
        return !closes && field[..at].iter().any(|byte| matches!(byte, b'\n' | b'\r'));
    }
    ended || field.len() >= dialect.max_field
}

#[cfg(test)]
mod tests {
    use plimsoll_core::{CsvOptions, Quotes};

    use super::*;

    fn is_text(field: &str, ended: bool, change: impl Fn(&mut CsvOptions)) -> bool {
        let mut options = CsvOptions { quotes: Quotes::Lenient, ..CsvOptions::default() };
        change(&mut options);
        opens_text(field.as_bytes(), ended, &Dialect::new(&options, b',').unwrap())
    }

    #[test]
    fn quotes_that_close_open() {
        for field in ["\"a\",b", "\"a\n\"\nb", "\"a\"\"\n\",", "\"\"", "\"a\"b,c\n\"", "\"a\n\"\r"] {
            assert!(!is_text(field, true, |_| ()), "{field}");
        }
    }

    #[test]
    fn quotes_that_close_nowhere_are_text() {
        for field in ["\"", "\"a,b", "\"a\n2,\"b\n", "\"a\"\"", "\"a\n\"b\""] {
            assert!(is_text(field, true, |_| ()), "{field}");
            assert!(!is_text(field, true, |options| options.quotes = Quotes::Strict), "{field}");
        }
        assert!(!is_text("\"a,b", false, |_| ()), "it may be closed behind these bytes");
        assert!(is_text("\"abc\",", false, |options| options.max_field = 4));
        assert!(!is_text("\"abc\",", false, |options| options.max_field = 5));
        assert!(is_text("\"a\\\"", true, |options| options.escape = Some(Some(b'\\'))));
    }
}
