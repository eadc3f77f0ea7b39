//! Inputs that are no plain files of UTF-8: other encodings, streams, files that the system makes up.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the test's message")]

use std::io::Write;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use arrow::array::AsArray;
use plimsoll_core::{CsvOptions, DataType, Error, ErrorKind};
use plimsoll_csv::{ColumnType, CsvFile, Reader, Scan};
use proptest::prelude::*;

/// The text of every cell of column 0 that `reader` finds in its next block; `None` behind the last.
fn next_cells(reader: &mut Reader) -> Result<Option<Vec<String>>, Error> {
    if reader.next_block()?.is_none() {
        return Ok(None);
    }
    let mut cells = Vec::new();
    loop {
        let count = reader.next_records(3)?;
        if count == 0 {
            return Ok(Some(cells));
        }
        let text = ColumnType::declared(DataType::Utf8);
        let array = reader.cells(reader.spans(0)).parse(text).unwrap().array;
        let texts = array.as_string::<i32>();
        cells.extend((0..count).map(|row| texts.value(row).to_owned()));
    }
}

fn reader(file: &CsvFile, block: usize) -> Reader {
    Reader::new(Arc::new(Scan::new(file, vec![0], block, Arc::new(AtomicU64::new(0)))))
}

fn cells(file: &CsvFile, block: usize) -> Result<Vec<String>, Error> {
    let mut reader = reader(file, block);
    let mut all = Vec::new();
    while let Some(cells) = next_cells(&mut reader)? {
        all.extend(cells);
    }
    Ok(all)
}

fn opened(bytes: &[u8], options: &CsvOptions) -> Result<(CsvFile, tempfile::NamedTempFile), Error> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    CsvFile::open(file.path().to_str().unwrap(), options).map(|opened| (opened, file))
}

fn utf16(text: &str, mark: bool, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let mark = if mark { "\u{feff}" } else { "" };
    mark.encode_utf16().chain(text.encode_utf16()).flat_map(bytes).collect()
}

fn plain() -> CsvOptions {
    CsvOptions {
        delimiter: Some(b','.into()),
        quote: Some(Some(b'"')),
        header: Some(true),
        ..CsvOptions::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn utf16_reads_as_utf8(
        rows in prop::collection::vec("([a-zäж一😀]{0,12}|\"[a,\n一]{0,9}\")", 1..60),
        block in 1usize..200,
        mark in any::<bool>(),
    ) {
        let text: String = rows.iter().fold("name,n\n".to_owned(), |text, row| text + row + ",1\n");
        let (expected, _kept) = opened(text.as_bytes(), &plain()).unwrap();
        let expected = cells(&expected, 1000).unwrap();
        for (label, bytes) in
            [("utf-16le", utf16(&text, mark, u16::to_le_bytes)), ("utf-16be", utf16(&text, mark, u16::to_be_bytes))]
        {
            let encoding = (!mark).then(|| label.to_owned());
            let (file, _kept) = opened(&bytes, &CsvOptions { encoding, ..plain() }).unwrap();
            prop_assert_eq!(&cells(&file, block).unwrap(), &expected);
            prop_assert_eq!(cells(&file, 1 << 20).unwrap(), expected.clone(), "a second pass");
        }
    }
}

#[test]
fn labels_decode() {
    for (label, bytes) in [
        ("windows-1252", &b"name,n\nM\xfcller,1\n"[..]),
        ("latin1", b"name,n\nM\xfcller,1\n"),
        ("cp437", b""),
        ("gb18030", b"name,n\nM\xa8\xb9ller,1\n"),
    ] {
        let found = opened(bytes, &CsvOptions { encoding: Some(label.to_owned()), ..plain() });
        match found {
            Ok((file, _kept)) => assert_eq!(cells(&file, 7).unwrap(), ["Müller"], "{label}"),
            Err(error) => assert!(label == "cp437" && error.to_string().contains("'cp437'"), "{error}"),
        }
    }
}

#[test]
fn places_are_those_of_the_file() {
    let located = |error: Error| match error.into_kind() {
        ErrorKind::Data { location, .. } => (location.line, location.record, location.byte),
        kind => panic!("{kind}"),
    };
    // Behind the mark and two records: a record of one field.
    let ragged = utf16("a,b\näж,1\n一\n", true, u16::to_le_bytes);
    for block in [1, 5, 1000] {
        let (file, _kept) = opened(&ragged, &plain()).unwrap();
        assert_eq!(located(cells(&file, block).unwrap_err()), (3, 2, 20));
    }
    // An unpaired surrogate far behind the sample.
    let mut broken = utf16("a,b\n", false, u16::to_be_bytes);
    let row = utf16("äж,1\n", false, u16::to_be_bytes);
    (0..100_000).for_each(|_| broken.extend_from_slice(&row));
    let byte = broken.len() as u64;
    broken.extend_from_slice(b"\xdc\x00");
    broken.extend_from_slice(&row);
    for block in [1000, 1 << 20] {
        let (file, _kept) = opened(&broken, &plain()).unwrap();
        assert_eq!(located(cells(&file, block).unwrap_err()), (100_002, 100_001, byte));
    }
    let (head, _kept) = (opened(b"a\0,\0b\0\n\0\0\xd8,\0", &plain()).unwrap_err(), ());
    assert_eq!(located(head), (2, 0, 8));
}

#[test]
fn rows_come_before_the_writer_has_done() {
    let (read, mut write) = std::io::pipe().unwrap();
    write.write_all(b"a,b\n1,2\n3,4\n5").unwrap();
    let file = CsvFile::open(&format!("/proc/self/fd/{}", read.as_raw_fd()), &CsvOptions::default()).unwrap();
    assert_eq!(file.schema().fields[0].data_type, DataType::Int64);
    let mut scan = reader(&file, 1 << 20);
    assert_eq!(next_cells(&mut scan).unwrap().unwrap(), ["1", "3"]);
    write.write_all(b",6\n7,8\n").unwrap();
    assert_eq!(next_cells(&mut scan).unwrap().unwrap(), ["5", "7"]);
    drop(write);
    while let Some(cells) = next_cells(&mut scan).unwrap() {
        assert!(cells.is_empty());
    }
    // What was little is kept for another pass.
    assert!(file.can_be_read_again() && file.length().is_none());
    assert_eq!(cells(&file, 3).unwrap(), ["1", "3", "5", "7"]);
}

#[test]
fn files_that_the_system_makes_up_are_read_to_their_end() {
    let options = CsvOptions { delimiter: Some(b':'.into()), header: Some(false), ..CsvOptions::default() };
    let file = CsvFile::open("/proc/self/status", &options).unwrap();
    let names = cells(&file, 64).unwrap();
    assert_eq!(names[0], "Name");
    assert!(names.contains(&"VmRSS".to_owned()), "{names:?}");
    let (empty, _kept) =
        opened(b"", &CsvOptions { columns: Some(vec![("a".into(), None)]), ..plain() }).unwrap();
    assert_eq!(empty.length(), Some(0));
}

/// What a head says of a file, and what all its records are: the settings, where the data begin, the cells or the error.
fn told(file: Result<CsvFile, Error>) -> String {
    let shown = |error: Error| error.to_string();
    let file = match file {
        Ok(file) => file,
        Err(error) => return shown(error),
    };
    let choices: Vec<String> = file
        .choices()
        .iter()
        .map(|choice| format!("{}={} ({})", choice.name, choice.value, choice.why))
        .collect();
    format!("{choices:?} {:?}", cells(&file, 1 << 16).map_err(shown))
}

/// The same of a pipe that gives these bytes.
fn told_by_pipe(bytes: &[u8], options: &CsvOptions) -> String {
    let (read, mut write) = std::io::pipe().unwrap();
    let bytes = bytes.to_vec();
    // Whoever fails at the head reads no more.
    let writer = std::thread::spawn(move || write.write_all(&bytes).is_ok());
    let path = format!("/proc/self/fd/{}", read.as_raw_fd());
    let told = told(CsvFile::open(&path, options)).replace(&path, "FILE");
    drop(read);
    writer.join().unwrap();
    told
}

fn told_by_file(bytes: &[u8], options: &CsvOptions) -> String {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    told(CsvFile::open(&path, options)).replace(&path, "FILE")
}

/// Heads longer than all that is looked at first, of which the same must be told as of short ones with other counts.
#[test]
fn long_heads_are_told_as_short_ones() {
    let comment = || Some(Some("#".to_owned()));
    let table = "a;b\n1;2\nx;ä\n";
    for (line, skipped, options) in [
        ("# comment ä\n", None, CsvOptions { comment: comment(), ..CsvOptions::default() }),
        ("\r\n", None, CsvOptions::default()),
        ("\r", None, CsvOptions { header: Some(false), ..CsvOptions::default() }),
        ("any \"line; ä\r\n", Some(()), CsvOptions::default()),
        ("# comment; ä\r\n", None, CsvOptions::default()),
    ] {
        for (first, encoding) in
            [("", None), ("\u{feff}", None), ("", Some("windows-1252")), ("", Some("utf-16le"))]
        {
            for separator in ["", "sep=;\n"] {
                if skipped.is_some() && !separator.is_empty() {
                    continue;
                }
                let encoded = |lines: usize| {
                    let text = [first, separator, &line.repeat(lines), table].concat();
                    match encoding {
                        None => text.into_bytes(),
                        Some("utf-16le") => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
                        Some(_) => text.chars().map(|one| u8::try_from(u32::from(one)).unwrap()).collect(),
                    }
                };
                let options = |lines: usize| CsvOptions {
                    encoding: encoding.map(str::to_owned),
                    skip_rows: skipped.map(|()| lines as u64),
                    ..options.clone()
                };
                // So few that a table is seen behind them.
                let (short, long) = (71, 400_001);
                let counts = |told: String, lines: usize| {
                    let counts = [(lines, "N"), (lines + 1, "N+1")];
                    let told = told.replace(',', "");
                    counts
                        .iter()
                        .rev()
                        .fold(told, |told, (count, name)| told.replace(&count.to_string(), name))
                };
                let expected = counts(told_by_file(&encoded(short), &options(short)), short);
                let case = format!("{line:?} {first:?} {encoding:?} {separator:?}");
                assert!(expected.contains("Ok("), "{case}: {expected}");
                assert_eq!(counts(told_by_file(&encoded(long), &options(long)), long), expected, "{case}");
                // Comments that nobody names are found in files alone, which can be read again.
                if !line.starts_with("# comment;") {
                    assert_eq!(
                        counts(told_by_pipe(&encoded(long), &options(long)), long),
                        expected,
                        "pipe: {case}"
                    );
                }
            }
        }
    }
}

/// Where the data are wrong behind a long head, the place is exact.
#[test]
fn places_behind_long_heads() {
    let lines = 100_000;
    let text = "# comment ä\r\n".repeat(lines) + "a,b\r\nä,2\r\n3\r\n";
    let options = CsvOptions { comment: Some(Some("#".to_owned())), ..CsvOptions::default() };
    let latin: Vec<u8> = text.chars().map(|one| u8::try_from(u32::from(one)).unwrap()).collect();
    let coded = CsvOptions { encoding: Some("windows-1252".to_owned()), ..options.clone() };
    for (bytes, options) in [(text.as_bytes(), &options), (&latin, &coded)] {
        let place = format!("line {}, record 2, byte {}", lines + 3, bytes.len() - 3);
        for told in [told_by_file(bytes, options), told_by_pipe(bytes, options)] {
            assert!(told.contains(&place), "{place}: {told}");
        }
    }
}

/// A stream lets go of what it passes over, so that blank lines of a file of one column would be missing.
#[test]
fn blank_lines_that_are_records_are_not_lost() {
    let text = "\n".repeat(1 << 20) + "1\n2\n";
    let options = CsvOptions { header: Some(false), ..CsvOptions::default() };
    let (file, _kept) = opened(text.as_bytes(), &options).unwrap();
    assert_eq!(cells(&file, 1 << 16).unwrap().len(), (1 << 20) + 2);
    assert_eq!(file.schema().fields[0].data_type, DataType::Int64);
    let told = told_by_pipe(text.as_bytes(), &options);
    assert!(told.contains("1048576 blank lines, which are records"), "{told}");
}
