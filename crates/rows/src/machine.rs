//! The slow CSV machine: bytes to records, one byte at a time. It never guesses a dialect and knows no columns.

use plimsoll_core::{CsvOptions, Delimiter, OnError, Quotes};

/// One field of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// What the field says: without its quotes, escapes undone.
    pub bytes: Vec<u8>,
    /// Whether it began with a quote, or an escape was left out of it: then it is no NULL text.
    pub quoted: bool,
    /// Offset of its first byte, the opening quote included, from the start of the file.
    pub byte: u64,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its fields; at least one.
    pub fields: Vec<Cell>,
    /// The physical line on which it begins, from 1.
    pub line: u64,
    /// Offset of its first byte from the start of the file.
    pub byte: u64,
    /// Offset of the first byte behind its terminator.
    pub end: u64,
    /// The rules of quotes and lengths that it breaks.
    pub(crate) flaws: Vec<Fault>,
}

/// A broken rule of CSV, and where the field begins that breaks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Whether it is about quotes; else a field is too long.
    pub(crate) of_quotes: bool,
    /// Which field of its record it is.
    pub(crate) field: usize,
    pub(crate) message: String,
    pub(crate) line: u64,
    pub(crate) byte: u64,
}

/// The machine. An empty line comes as a record without fields: what it means is the caller's business.
pub(crate) struct Machine<'a> {
    bytes: &'a [u8],
    delimiter: Delimiter,
    quote: Option<u8>,
    /// The byte that makes a following quote, or itself, text inside quotes, as a quote does to a quote. Outside quotes it
    /// makes delimiters and line breaks text, too.
    escape: Option<u8>,
    comment: Option<Vec<u8>>,
    max_field: u64,
    /// Whether misplaced quotes are no errors.
    lenient: bool,
    /// Whether records that break rules are passed over.
    passes_over: bool,
    at: usize,
    line: u64,
}

impl<'a> Machine<'a> {
    /// A machine that stands behind the byte order mark and the lines that `options` pass over.
    pub(crate) fn new(bytes: &'a [u8], options: &CsvOptions, delimiter: impl Into<Delimiter>) -> Self {
        let quote = options.quote_byte();
        let mut machine = Machine {
            bytes,
            delimiter: delimiter.into(),
            quote,
            escape: options.escape_byte().filter(|escape| Some(*escape) != quote),
            comment: options.comment_text().map(|text| text.as_bytes().to_vec()),
            max_field: options.max_field,
            lenient: options.quotes == Quotes::Lenient,
            passes_over: options.on_error != OnError::Fail,
            at: if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 },
            line: 1,
        };
        for _ in 0..options.skip_rows.unwrap_or(0) {
            if machine.peek(0).is_none() {
                break;
            }
            machine.skip_line();
        }
        machine
    }

    /// Offset of the next byte.
    pub(crate) fn offset(&self) -> u64 {
        self.at as u64
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    /// Bytes of the line terminator at the current place; 0 where there is none.
    fn terminator(&self) -> usize {
        match (self.peek(0), self.peek(1)) {
            (Some(b'\r'), Some(b'\n')) => 2,
            (Some(b'\r' | b'\n'), _) => 1,
            _ => 0,
        }
    }

    /// Steps over a line terminator; whether there was one.
    fn take_terminator(&mut self) -> bool {
        let length = self.terminator();
        self.at += length;
        self.line += u64::from(length > 0);
        length > 0
    }

    fn skip_line(&mut self) {
        while self.peek(0).is_some() && !self.take_terminator() {
            self.at += 1;
        }
    }

    /// Bytes of the delimiter at the current place; 0 where there is none. All blanks that stand together are one.
    fn delimiter(&self) -> usize {
        let rest = &self.bytes[self.at..];
        match &self.delimiter {
            Delimiter::Text(text) if rest.starts_with(text) => text.len(),
            Delimiter::Text(_) => 0,
            Delimiter::Blanks => rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count(),
        }
    }

    /// Whether blanks that separate nothing, since no field was before them, stand before a comment.
    fn at_comment(&self) -> bool {
        let blanks = if self.delimiter == Delimiter::Blanks { self.delimiter() } else { 0 };
        let rest = &self.bytes[self.at + blanks..];
        self.comment.as_ref().is_some_and(|comment| rest.starts_with(comment))
    }

    /// Takes an escape outside quotes and what it makes text: a line break, a quote, an escape, or a delimiter's first byte. Before
    /// anything else it is text itself. Whether it was left out.
    fn take_escape(&mut self, bytes: &mut Vec<u8>) -> bool {
        let escape = self.bytes[self.at];
        self.at += 1;
        let from = self.at;
        let begins_delimiter = match &self.delimiter {
            Delimiter::Text(text) => self.peek(0) == text.first().copied(),
            Delimiter::Blanks => matches!(self.peek(0), Some(b' ' | b'\t')),
        };
        let is_special = self.peek(0) == self.quote || self.peek(0) == self.escape || begins_delimiter;
        let is_special = self.peek(0).is_some() && is_special;
        self.at += usize::from(is_special);
        let is_left_out = is_special || self.take_terminator();
        if !is_left_out {
            bytes.push(escape);
        }
        bytes.extend(&self.bytes[from..self.at]);
        is_left_out
    }

    /// The byte that the current one makes text inside quotes: a quote behind a quote, a quote or an escape behind an
    /// escape.
    fn escaped(&self) -> Option<u8> {
        let (byte, next) = (self.peek(0), self.peek(1)?);
        let quote = Some(next) == self.quote && (byte == self.quote || byte == self.escape);
        let escape = Some(next) == self.escape && byte == self.escape;
        (quote || escape).then_some(next)
    }

    /// Whether the quote at the current place, with which a field begins, is text: it is not closed within the longest field
    /// or before the end of the file, or what closes it stands on a later line and not at the end of a field.
    fn quote_is_text(&self) -> bool {
        let field = &self.bytes[self.at..];
        let is = |at: usize, byte: Option<u8>| byte.is_some() && field.get(at).copied() == byte;
        let mut at = 1;
        while at < field.len() && (at as u64) < self.max_field {
            let doubled = is(at, self.quote) && is(at + 1, self.quote);
            let escapes = is(at, self.escape) && self.escape != self.quote;
            if doubled || escapes {
                at += 2;
            } else if is(at, self.quote) {
                let behind = &field[at + 1..];
                let ends = match (behind.first(), &self.delimiter) {
                    (None | Some(b'\r' | b'\n'), _) => true,
                    (_, Delimiter::Text(text)) => behind.starts_with(text),
                    (Some(next), Delimiter::Blanks) => b" \t".contains(next),
                };
                return !ends && field[..at].iter().any(|byte| b"\r\n".contains(byte));
            } else {
                at += 1;
            }
        }
        true
    }

    /// The next field, number `field` of its record, and whether the record ends with it. Its flaws are added to `flaws`.
    fn field(&mut self, field: usize, flaws: &mut Vec<Fault>) -> Result<(Cell, bool), Fault> {
        let (start, line) = (self.at, self.line);
        let fault =
            |of_quotes, message: String| Fault { of_quotes, field, message, line, byte: start as u64 };
        let mut bytes = Vec::new();
        let mut quoted = self.peek(0).is_some() && self.peek(0) == self.quote;
        let mut inside = quoted;
        let (mut closed, mut behind, mut too_long) = (false, false, false);
        let unclosed = || fault(true, "the quote that opens this field is never closed".into());
        if quoted && (self.lenient || self.passes_over) && self.quote_is_text() {
            flaws.push(unclosed());
            bytes.extend(self.quote);
            inside = false;
        }
        self.at += usize::from(quoted);
        let last = loop {
            if (self.at - start) as u64 > self.max_field {
                let fault = fault(false, format!("the field is longer than {} bytes", self.max_field));
                if !self.passes_over {
                    return Err(fault);
                }
                if !too_long {
                    flaws.push(fault);
                }
                too_long = true;
            }
            let Some(byte) = self.peek(0) else {
                if inside {
                    return Err(unclosed());
                }
                break true;
            };
            if let Some(literal) = self.escaped().filter(|_| inside) {
                bytes.push(literal);
                self.at += 2;
            } else if inside && Some(byte) == self.quote {
                (inside, closed) = (false, true);
                self.at += 1;
            } else if inside {
                let length = self.terminator().max(1);
                bytes.extend(&self.bytes[self.at..self.at + length]);
                if !self.take_terminator() {
                    self.at += 1;
                }
            } else if Some(byte) == self.escape {
                behind |= closed;
                quoted |= self.take_escape(&mut bytes);
            } else if self.delimiter() > 0 {
                self.at += self.delimiter();
                // Blanks at the end of a record separate nothing.
                let is_end = self.peek(0).is_none() || self.terminator() > 0;
                if self.delimiter == Delimiter::Blanks && is_end {
                    self.take_terminator();
                    break true;
                }
                break false;
            } else if self.take_terminator() {
                break true;
            } else {
                behind |= closed;
                bytes.push(byte);
                self.at += 1;
            }
        };
        if behind {
            flaws.push(fault(true, "text stands behind the closing quote".into()));
        }
        Ok((Cell { bytes, quoted, byte: start as u64 }, last))
    }
}

impl Iterator for Machine<'_> {
    type Item = Result<Record, Fault>;

    /// Nothing comes after a fault.
    fn next(&mut self) -> Option<Self::Item> {
        while self.at_comment() {
            self.skip_line();
        }
        let (line, byte) = (self.line, self.offset());
        if self.delimiter == Delimiter::Blanks {
            self.at += self.delimiter();
        }
        self.peek(0)?;
        let (mut fields, mut flaws) = (Vec::new(), Vec::new());
        let mut last = self.take_terminator();
        while !last {
            match self.field(fields.len(), &mut flaws) {
                Ok((cell, ends)) => {
                    fields.push(cell);
                    last = ends;
                }
                Err(fault) => {
                    self.at = self.bytes.len();
                    let earlier = flaws.into_iter().find(|_| !self.lenient);
                    return Some(Err(earlier.unwrap_or(fault)));
                }
            }
        }
        Some(Ok(Record { fields, line, byte, end: self.offset(), flaws }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    fn machine<'a>(bytes: &'a [u8], change: &dyn Fn(&mut CsvOptions)) -> Machine<'a> {
        let mut options = CsvOptions::default();
        change(&mut options);
        Machine::new(bytes, &options, b',')
    }

    /// Records as text: fields joined by `|`, quoted ones between `<>`.
    fn shown(bytes: &[u8], change: &dyn Fn(&mut CsvOptions)) -> Vec<String> {
        machine(bytes, change)
            .map(|record| match record {
                Err(fault) => format!("{} @{}:{}", fault.message, fault.line, fault.byte),
                Ok(record) => {
                    let fields = record.fields.iter().map(|cell| {
                        let text = String::from_utf8_lossy(&cell.bytes);
                        if cell.quoted { format!("<{text}>") } else { text.into_owned() }
                    });
                    fields.collect::<Vec<_>>().join("|")
                }
            })
            .collect()
    }

    fn plain(bytes: &[u8]) -> Vec<String> {
        shown(bytes, &|_| ())
    }

    #[test]
    fn terminators_mix() {
        assert_eq!(plain(b"a,b\nc\r\nd\re"), ["a|b", "c", "d", "e"]);
        assert_eq!(plain(b"a\n\n\r\n\rb\n"), ["a", "", "", "", "b"]);
        assert_eq!(plain(b""), Vec::<String>::new());
        assert_eq!(plain(b"a,"), ["a|"]);
        assert_eq!(plain(b"\xEF\xBB\xBFa\n"), ["a"]);
    }

    #[test]
    fn quotes() {
        assert_eq!(plain(b"\"a,\r\nb\",c\n"), ["<a,\r\nb>|c"]);
        assert_eq!(plain(b"\"a\"b\"c,\"\"\n"), ["<ab\"c>|<>"]);
        assert_eq!(plain(b"a\"b\"\"c\n"), ["a\"b\"\"c"]);
        assert_eq!(plain(b"\"\"\"\"\n"), ["<\">"]);
        assert_eq!(shown(b"\"a,\"\n", &|o| o.quote = Some(None)), ["\"a|\""]);
    }

    #[test]
    fn quotes_that_break_the_rules() {
        let flaws = |bytes: &[u8], lenient: bool| -> Vec<u64> {
            let change = |o: &mut CsvOptions| {
                o.quotes = if lenient { Quotes::Lenient } else { Quotes::Strict };
            };
            let records = machine(bytes, &change).map_while(Result::ok);
            records.flat_map(|record| record.flaws).map(|flaw| flaw.byte).collect()
        };
        let lenient = |bytes| shown(bytes, &|o| o.quotes = Quotes::Lenient);
        assert_eq!(flaws(b"a,\"b\"c\n", false), [2]);
        assert_eq!(lenient(b"\"a\"b,c\n"), ["<ab>|c"]);
        assert_eq!(lenient(b"\"a,b\n\"c,\"d\"\n"), ["<\"a>|b", "<c,d\">"]);
        assert_eq!(lenient(b"\"a,b\n\",c\n"), ["<a,b\n>|c"]);
        assert_eq!(flaws(b"\"a,b\n\"c,d\n", true), [0, 5]);
    }

    #[test]
    fn an_escape_other_than_the_quote() {
        let escaped = |bytes| shown(bytes, &|o| o.escape = Some(Some(b'\\')));
        assert_eq!(escaped(br#""a\"b\\c\nd""#), [r#"<a"b\c\nd>"#]);
        assert_eq!(escaped(br#""a""b""#), [r#"<a"b>"#], "a doubled quote is a quote still");
        assert_eq!(escaped(br#"a\"b"#), [r#"<a"b>"#]);
        assert_eq!(
            escaped(b"a\\,b,c\\\\c\\\r\nd,\\N\ne\\"),
            ["<a,b>|<c\\c\r\nd>|\\N", "e\\"],
            "outside quotes"
        );
    }

    #[test]
    fn delimiters_of_several_bytes() {
        let split = |bytes: &[u8], delimiter: &str| {
            let machine = Machine::new(bytes, &CsvOptions::default(), Delimiter::Text(delimiter.into()));
            let texts = |record: Record| -> Vec<String> {
                record.fields.iter().map(|cell| String::from_utf8_lossy(&cell.bytes).into_owned()).collect()
            };
            machine.map(|record| texts(record.unwrap()).join("|")).collect::<Vec<_>>()
        };
        assert_eq!(split(b"a::b:c:::d\n::\n", "::"), ["a|b:c|:d", "|"]);
        assert_eq!(split(b"1, \"a, b\",c\n", ", "), ["1|a, b,c"]);
        assert_eq!(split(b"aaab", "aab"), ["a|"]);
    }

    #[test]
    fn blanks_between_fields() {
        let split = |bytes: &[u8]| {
            let options = CsvOptions { comment: Some(Some("##".into())), ..CsvOptions::default() };
            let machine = Machine::new(bytes, &options, Delimiter::Blanks);
            let texts = |record: Record| -> Vec<String> {
                record.fields.iter().map(|cell| String::from_utf8_lossy(&cell.bytes).into_owned()).collect()
            };
            machine.map(|record| texts(record.unwrap()).join("|")).collect::<Vec<_>>()
        };
        assert_eq!(split(b"  a \t b  \n\t\n ## c\n\"d e\"  f\n  "), ["a|b", "", "d e|f"]);
        assert_eq!(split(b"# a ##\n"), ["#|a|##"]);
    }

    #[test]
    fn an_open_quote_is_located_where_its_field_begins() {
        let message = "the quote that opens this field is never closed";
        assert_eq!(plain(b"a,b\n\"x\ny\",\"z\n\n"), ["a|b", &format!("{message} @3:10")]);
    }

    #[test]
    fn lines_and_offsets() {
        let found: Vec<_> = machine(b"skip \"\r\n#c\"\r\n\"a\nb\"\r\nc,d\n", &|o| {
            o.skip_rows = Some(1);
            o.comment = Some(Some("#".into()));
        })
        .map(|record| record.map(|r| (r.line, r.byte, r.end)).unwrap())
        .collect();
        assert_eq!(found, [(3, 13, 20), (5, 20, 24)]);
        assert_eq!(shown(b"a\n#b\n", &|o| o.skip_rows = Some(9)), Vec::<String>::new());
        assert_eq!(shown(b"a\n#b\n c,#d\n", &|o| o.comment = Some(Some("#".into()))), ["a", " c|#d"]);
    }

    #[test]
    fn the_longest_field_counts_its_quotes() {
        let limited = |bytes| shown(bytes, &|o| o.max_field = 4);
        assert_eq!(limited(b"abcd,\"ab\"\n"), ["abcd|<ab>"]);
        assert_eq!(limited(b"a,\"abc\"\n"), ["the field is longer than 4 bytes @1:2"]);
        assert_eq!(limited(b"abcde"), ["the field is longer than 4 bytes @1:0"]);
    }

    fn csv_crate(bytes: &[u8], escape: Option<u8>) -> Vec<Vec<Vec<u8>>> {
        let mut reader = csv::ReaderBuilder::new();
        reader.has_headers(false).flexible(true).escape(escape);
        let records = reader.from_reader(bytes).into_byte_records();
        records.map(|record| record.unwrap().iter().map(<[u8]>::to_vec).collect()).collect()
    }

    /// The fields of all records but the empty ones; `None` after a fault.
    fn fields(bytes: &[u8], escape: Option<u8>) -> Option<Vec<Vec<Vec<u8>>>> {
        let records: Result<Vec<Record>, Fault> = machine(bytes, &|o| o.escape = Some(escape)).collect();
        let records = records.ok()?.into_iter().filter(|record| !record.fields.is_empty());
        Some(records.map(|record| record.fields.into_iter().map(|cell| cell.bytes).collect()).collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        /// The same fields as the `csv` crate, which skips empty lines and closes open quotes at the end of the file.
        #[test]
        fn agrees_with_the_csv_crate(
            bytes in vec(select(b"\"\",,\n\r\\ab".to_vec()), 0..48),
        ) {
            if let Some(fields) = fields(&bytes, None) {
                prop_assert_eq!(fields, csv_crate(&bytes, None));
            }
        }

        /// With an escape only where it stands before what it escapes: before other bytes the `csv` crate drops it.
        #[test]
        fn agrees_with_the_csv_crate_on_escapes(
            pieces in vec(select(vec!["a,", ",", "a\n", "\n", "b\r", "\"\\\\b,\\\"\",", "\"\\\\\"\n", "\"\"\"\","]), 0..24),
        ) {
            // Outside quotes the crate takes escapes for text.
            let bytes = pieces.concat().into_bytes();
            if let Some(fields) = fields(&bytes, Some(b'\\')) {
                prop_assert_eq!(fields, csv_crate(&bytes, Some(b'\\')));
            }
        }

        /// Cells, offsets and ends cover the file in order, whatever the bytes.
        #[test]
        fn offsets_grow(bytes in vec(any::<u8>(), 0..64)) {
            let mut before = 0;
            for record in machine(&bytes, &|_| ()).map_while(Result::ok) {
                prop_assert!(record.byte >= before && record.end > record.byte);
                prop_assert!(record.fields.iter().all(|cell| cell.byte >= record.byte && cell.byte <= record.end));
                before = record.end;
            }
        }
    }
}
