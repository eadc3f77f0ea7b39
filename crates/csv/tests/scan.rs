//! The parallel scan against the one-byte machine and the `csv` crate: any bytes, block size and number of threads.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the test's message")]

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use arrow::array::AsArray;
use plimsoll_core::{
    CsvOptions, DataType, Delimiter, Error, ErrorKind, OnError, Quotes, Ragged, RejectCounts, RejectKind,
};
use plimsoll_csv::machine::{Place, State, Token};
use plimsoll_csv::{ColumnType, CsvFile, Dialect, Reader, Scan};
use proptest::prelude::*;

type Record = Vec<Option<String>>;

/// All records by `threads` readers, in file order; or the error of the first block that has one.
fn scanned(bytes: &[u8], options: &CsvOptions, block: usize, threads: usize) -> Result<Vec<Record>, Error> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let file = CsvFile::open(file.path().to_str().unwrap(), options)?;
    let columns = file.schema().fields.len();
    let scan = Arc::new(Scan::new(&file, (0..columns).collect(), block, Arc::new(AtomicU64::new(0))));
    let worker = || {
        let mut reader = Reader::new(Arc::clone(&scan));
        let (mut records, mut counts) = (Vec::new(), RejectCounts::default());
        let mut ticket = 0;
        let mut work = || -> Result<(), Error> {
            while let Some(next) = reader.next_block()? {
                ticket = next;
                loop {
                    let count = reader.next_records(3)?;
                    reader.count_bad(&mut counts);
                    if count == 0 && reader.block_ended() {
                        break;
                    }
                    let text = ColumnType::declared(DataType::Utf8);
                    let arrays: Vec<_> = (0..columns)
                        .map(|index| reader.cells(reader.spans(index)).parse(text).unwrap().array)
                        .collect();
                    for row in 0..count {
                        let cell = |array: &arrow::array::ArrayRef| {
                            array.is_valid(row).then(|| array.as_string::<i32>().value(row).to_owned())
                        };
                        records.push((
                            reader.position() + row as u64,
                            arrays.iter().map(cell).collect::<Record>(),
                        ));
                    }
                }
            }
            Ok(())
        };
        let outcome = work();
        (records, counts, outcome.map_err(|error| (ticket, error)))
    };
    let parts: Vec<_> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    let (mut all, mut bad) = (Vec::new(), RejectCounts::default());
    let mut errors = Vec::new();
    for (records, counts, outcome) in parts {
        all.extend(records);
        bad.add(&counts);
        errors.extend(outcome.err());
    }
    if let Some((_, error)) = errors.into_iter().min_by_key(|(_, error)| byte_of(error)) {
        return Err(error);
    }
    all.sort_by_key(|(position, _)| *position);
    assert!(all.windows(2).all(|pair| pair[0].0 < pair[1].0), "positions are distinct");
    let skipped: u64 = RejectKind::ALL.iter().map(|kind| bad.skipped(*kind)).sum();
    assert_eq!(scan.records(), all.len() as u64 + skipped);
    Ok(all.into_iter().map(|(_, record)| record).collect())
}

fn byte_of(error: &Error) -> u64 {
    match error.kind() {
        ErrorKind::Data { location, .. } => location.byte,
        _ => 0,
    }
}

/// All records by the machine, one byte after the other; or the byte where the first error stands.
fn by_machine(bytes: &[u8], options: &CsvOptions, columns: usize) -> Result<Vec<Record>, u64> {
    let dialect = Dialect::new(options, b',').unwrap();
    let mut place = Place::default();
    let (mut records, mut fields, mut start, mut begin) = (Vec::new(), Vec::new(), 0, 0);
    let mut comment = false;
    let blanks = dialect.delimiter == Delimiter::Blanks;
    let is_blank = |byte: u8| blanks && matches!(byte, b' ' | b'\t');
    // Where a field begins that has text behind its closing quote.
    let mut behind = None;
    let decode = |raw: &[u8]| {
        let mut text = Vec::new();
        dialect.decode(raw, &mut text);
        (!raw.is_empty()).then(|| String::from_utf8(text).unwrap())
    };
    // Without the blanks at its end, but one that is escaped.
    let trimmed = |start: usize, end: usize| {
        let mut last = end;
        while last > start && is_blank(bytes[last - 1]) {
            last -= 1;
        }
        let escapes =
            bytes[start..last].iter().rev().take_while(|byte| Some(**byte) == dialect.escape).count();
        (last + escapes % 2).min(end)
    };
    let mut at = 0;
    while at <= bytes.len() {
        let token = match bytes.get(at) {
            Some(byte) => {
                let before = place;
                let token = place.step(*byte, &dialect);
                comment |= place.state == State::Comment;
                if before.state == State::RecordStart
                    && place.state == State::RecordStart
                    && token == Token::Text
                {
                    start = at + 1;
                    if !is_blank(*byte) {
                        begin = at + 1;
                    }
                }
                token
            }
            None if place.state == State::RecordStart => break,
            None if matches!(place.state, State::Quoted | State::Escaped) => {
                return Err(behind.unwrap_or(start) as u64);
            }
            None => Token::End,
        };
        let is_empty = token == Token::End && fields.is_empty() && start == at;
        if token != Token::Text {
            let end = match (token, &dialect.delimiter) {
                (Token::Delimiter, Delimiter::Text(text)) => at + 1 - text.len(),
                _ => trimmed(start, at),
            };
            if goes_on_behind_its_quote(&bytes[start..end], &dialect) {
                behind.get_or_insert(start);
            }
            fields.push(decode(&bytes[start..end]));
            start = at + usize::from(token == Token::End || !blanks);
        }
        if token == Token::End {
            let record = std::mem::take(&mut fields);
            if comment || (is_empty && columns != 1) {
                (comment, behind) = (false, None);
            } else if let Some(field) = behind {
                return Err(field as u64);
            } else if record.len() != columns {
                return Err(begin as u64);
            } else {
                records.push(record);
            }
            begin = at + 1;
        }
        at += 1;
    }
    Ok(records)
}

/// Whether a field begins with a quote and has text behind the one that closes it.
fn goes_on_behind_its_quote(raw: &[u8], dialect: &Dialect) -> bool {
    if !dialect.is_quoted(raw) {
        return false;
    }
    let mut place = Place::at(State::RecordStart);
    let plain = Dialect { delimiter: b'\0'.into(), comment: None, ..dialect.clone() };
    raw.iter().any(|byte| {
        let before = place.state;
        place.step(*byte, &plain);
        before == State::QuoteInQuoted && !matches!(place.state, State::Quoted)
    })
}

fn check(bytes: &[u8], options: &CsvOptions, block: usize, threads: usize) -> Result<(), TestCaseError> {
    // Where the head cannot be read at all there is nothing to compare.
    let columns = {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        match CsvFile::open(file.path().to_str().unwrap(), options) {
            Ok(file) => file.schema().fields.len(),
            Err(_) => return Ok(()),
        }
    };
    let expected = by_machine(bytes, options, columns);
    match (scanned(bytes, options, block, threads), expected) {
        (Ok(found), Ok(expected)) => prop_assert_eq!(found, expected),
        (Err(error), Err(byte)) => prop_assert_eq!(byte_of(&error), byte, "{}", error),
        (found, expected) => {
            prop_assert!(false, "{:?} against {:?}", found.map_err(|e| e.to_string()), expected)
        }
    }
    Ok(())
}

fn options() -> CsvOptions {
    CsvOptions {
        header: Some(false),
        delimiter: Some(b','.into()),
        quote: Some(Some(b'"')),
        escape: Some(None),
        comment: Some(None),
        skip_rows: Some(0),
        ..CsvOptions::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_bytes_any_block_any_threads(
        bytes in prop::collection::vec(prop::sample::select(b"ab,,\"\"\n\n\n\r\\#".to_vec()), 0..300),
        block in prop::sample::select(vec![1usize, 2, 3, 7, 64, 65, 1000]),
        threads in 1usize..4,
        escape in prop::option::weighted(0.2, Just(b'\\')),
        comment in prop::option::weighted(0.2, Just(b'#')),
        quote in prop::option::weighted(0.9, Just(b'"')),
    ) {
        let comment = comment.map(|byte| char::from(byte).to_string());
        let given = CsvOptions { escape: Some(escape), comment: Some(comment), quote: Some(quote), ..options() };
        check(&bytes, &given, block, threads)?;
    }

    #[test]
    fn any_delimiter(
        bytes in prop::collection::vec(prop::sample::select(b"aab:: , \t\t\"\n\n\n\r\\##".to_vec()), 0..300),
        delimiter in prop::sample::select(vec!["", "::", ", ", "aab", ":a:", "a", "\t"]),
        block in prop::sample::select(vec![1usize, 2, 3, 7, 64, 65, 1000]),
        threads in 1usize..4,
        escape in prop::option::weighted(0.3, Just(b'\\')),
        comment in prop::option::weighted(0.3, prop::sample::select(vec!["##", "#", ":#"])),
        quote in prop::option::weighted(0.8, Just(b'"')),
        max_field in prop::sample::select(vec![3, CsvOptions::MAX_FIELD]),
    ) {
        let delimiter = if delimiter.is_empty() { Delimiter::Blanks } else { Delimiter::Text(delimiter.into()) };
        let given = CsvOptions {
            delimiter: Some(delimiter),
            escape: Some(escape),
            comment: Some(comment.map(str::to_owned)),
            quote: Some(quote),
            max_field,
            ..options()
        };
        if max_field == CsvOptions::MAX_FIELD {
            check(&bytes, &given, block, threads)?;
        } else {
            // Whether a field is too long depends on nothing else. (A record can have more than one fault.)
            let whole = scanned(&bytes, &given, 1000, 1).ok();
            prop_assert_eq!(scanned(&bytes, &given, block, threads).ok(), whole);
        }
    }

    #[test]
    fn where_faults_are_passed_over_blocks_and_threads_change_nothing(
        bytes in prop::collection::vec(prop::sample::select(b"ab,,\"\"\n\n\n\r\\#".to_vec()), 0..300),
        block in prop::sample::select(vec![1usize, 2, 3, 7, 64, 65, 1000]),
        threads in 1usize..4,
        escape in prop::option::weighted(0.2, Just(b'\\')),
        comment in prop::option::weighted(0.2, Just(b'#')),
        ragged in prop::sample::select(vec![Ragged::Fail, Ragged::Pad, Ragged::Skip]),
        quotes in prop::sample::select(vec![Quotes::Strict, Quotes::Lenient]),
        on_error in prop::sample::select(vec![OnError::Fail, OnError::Skip]),
        max_field in prop::sample::select(vec![5u64, 20, 1 << 20]),
    ) {
        let comment = comment.map(|byte| char::from(byte).to_string());
        let given = CsvOptions {
            escape: Some(escape), comment: Some(comment), ragged, quotes, on_error, max_field, ..options()
        };
        let at_once = scanned(&bytes, &given, 1 << 20, 1);
        match (scanned(&bytes, &given, block, threads), at_once) {
            (Ok(found), Ok(expected)) => prop_assert_eq!(found, expected),
            (Err(error), Err(expected)) => prop_assert_eq!(byte_of(&error), byte_of(&expected), "{}", error),
            (found, expected) => {
                let shown = |outcome: Result<Vec<Record>, Error>| outcome.map_err(|error| error.to_string());
                prop_assert!(false, "{:?} against {:?}", shown(found), shown(expected))
            }
        }
    }

    #[test]
    fn even_records_agree_with_the_csv_crate(
        rows in prop::collection::vec(prop::collection::vec("([a-c,\"\n\r]{0,6}|[a-c]{60,90})", 3), 1..40),
        ender in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        block in 1usize..200,
        threads in 1usize..4,
    ) {
        let mut writer = csv::WriterBuilder::new()
            .terminator(if ender == "\r\n" { csv::Terminator::CRLF } else { csv::Terminator::Any(ender.as_bytes()[0]) })
            .quote_style(csv::QuoteStyle::Necessary)
            .from_writer(Vec::new());
        rows.iter().for_each(|row| writer.write_record(row).unwrap());
        let bytes = writer.into_inner().unwrap();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&bytes[..]);
        let expected: Vec<Vec<String>> =
            reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
        let found = scanned(&bytes, &options(), block, threads).unwrap();
        let found: Vec<Vec<String>> =
            found.into_iter().map(|record| record.into_iter().map(Option::unwrap_or_default).collect()).collect();
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn a_field_longer_than_a_thousand_blocks() {
    let mut bytes = b"1,\"".to_vec();
    bytes.extend(std::iter::repeat_n(b"x,\n\"\"".as_slice(), 20_000).flatten());
    bytes.extend_from_slice(b"\"\n2,b\n");
    let records = scanned(&bytes, &options(), 97, 2).unwrap();
    assert_eq!(records.len(), 2);
    assert_eq!(records[0][1].as_ref().unwrap().len(), 80_000);
    let short = CsvOptions { max_field: 1000, ..options() };
    let error = scanned(&bytes, &short, 97, 2).unwrap_err().to_string();
    assert!(error.contains("longer than 1000 bytes") && error.contains("--max-field"), "{error}");
}

#[test]
fn errors_say_where() {
    let text = b"a,b\n1,2\n\n\"x\ny\",3\n4\n";
    let error = scanned(text, &CsvOptions::default(), 5, 1).unwrap_err();
    let ErrorKind::Data { location, message, .. } = error.kind() else { panic!("{error}") };
    assert_eq!((location.line, location.record, location.byte), (6, 3, 17));
    assert!(message.contains("1 field where 2 are expected"));
    let open = scanned(b"a,b\n1,2\n3,\"x\ny", &CsvOptions::default(), 4, 2).unwrap_err();
    let ErrorKind::Data { location, .. } = open.kind() else { panic!("{open}") };
    assert_eq!((location.line, location.record, location.byte), (3, 2, 10));
}

#[test]
fn heads() {
    let names = |text: &str, options: &CsvOptions| {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        CsvFile::open(file.path().to_str().unwrap(), options)
            .map(|file| {
                file.schema()
                    .fields
                    .into_iter()
                    .map(|field| (field.name, field.data_type))
                    .collect::<Vec<_>>()
            })
            .map_err(|error| error.to_string())
    };
    let named =
        |pairs: &[(&str, DataType)]| Ok(pairs.iter().map(|(name, t)| ((*name).to_owned(), *t)).collect());
    let plain = CsvOptions::default();
    assert_eq!(
        names("\u{feff}a;b\n1;2.5\n", &plain),
        named(&[("a", DataType::Int64), ("b", DataType::decimal(1))])
    );
    assert_eq!(
        names("a,a,,a_1\n", &plain),
        named(&[
            ("a", DataType::Null),
            ("a_1", DataType::Null),
            ("column2", DataType::Null),
            ("a_1_1", DataType::Null)
        ])
    );
    let skipped = CsvOptions { skip_rows: Some(2), header: Some(false), ..CsvOptions::default() };
    assert_eq!(
        names("x\r\ny\r\n1\tb\n", &skipped),
        named(&[("column0", DataType::Int64), ("column1", DataType::Utf8)])
    );
    assert!(names("", &plain).unwrap_err().contains("--columns"));
    let columns =
        CsvOptions { columns: Some(vec![("x".into(), Some(DataType::Date))]), ..CsvOptions::default() };
    assert_eq!(names("", &columns), named(&[("x", DataType::Date)]));
    assert!(names("a,b\n", &columns).unwrap_err().contains("2 fields"));
}
