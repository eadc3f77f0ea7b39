//! Where writers put their text: a buffer that is handed on in pieces, so that a batch is never held twice.

use std::io::Write;
use std::path::PathBuf;

use plimsoll::{Error, Result};

/// Bytes that are handed on at once, but for a row that alone is larger.
const PIECE: usize = 64 << 10;

/// Text on its way to a file, a pipe or a terminal.
pub(crate) struct Sink<'a> {
    /// Text not handed on yet; writers append to it.
    pub(crate) text: String,
    target: &'a mut dyn Write,
    name: PathBuf,
}

impl<'a> Sink<'a> {
    /// A sink before `target`, which errors call `name`.
    pub(crate) fn new(target: &'a mut dyn Write, name: impl Into<PathBuf>) -> Self {
        Sink { text: String::with_capacity(2 * PIECE), target, name: name.into() }
    }

    /// Says that a row is complete, which lets the text go on when there is enough of it.
    ///
    /// # Errors
    /// `Io` from the target.
    pub(crate) fn end_row(&mut self) -> Result<()> {
        if self.text.len() < PIECE { Ok(()) } else { self.flush() }
    }

    /// Hands everything on.
    ///
    /// # Errors
    /// `Io` from the target.
    pub(crate) fn flush(&mut self) -> Result<()> {
        let written = self.target.write_all(self.text.as_bytes()).and_then(|()| self.target.flush());
        self.text.clear();
        self.text.shrink_to(2 * PIECE);
        written.map_err(|source| Error::io(&self.name, source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_goes_on_in_pieces_and_in_order() {
        let mut bytes = Vec::new();
        let mut sink = Sink::new(&mut bytes, "memory");
        let mut expected = String::new();
        for row in 0..30_000 {
            let line = format!("row {row}\n");
            sink.text.push_str(&line);
            expected.push_str(&line);
            sink.end_row().unwrap();
            assert!(sink.text.len() < PIECE);
        }
        sink.flush().unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }

    #[test]
    fn errors_name_the_target() {
        let mut full: &mut [u8] = &mut [0; 2];
        let mut sink = Sink::new(&mut full, "out.csv");
        sink.text.push_str("abc");
        assert!(sink.flush().unwrap_err().to_string().starts_with("out.csv: "));
    }
}
