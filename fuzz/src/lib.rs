//! What the targets share: a file to write their input to, settings drawn from bytes, and the engine beside the oracle.

#[path = "../../tests/common/mod.rs"]
mod common;

use std::cell::RefCell;
use std::io::{Seek as _, Write as _};

use common::{Setting, difference, resolved, run_engine};
use plimsoll::Engine;
use plimsoll_core::{CsvOptions, DataType, ErrorKind, Query, Table};
use tempfile::NamedTempFile;

thread_local! {
    static FILE: RefCell<Option<NamedTempFile>> = const { RefCell::new(None) };
}

/// Runs `test` with the path of a file that holds `bytes`. One file is written again and again.
pub fn with_file(bytes: &[u8], test: impl FnOnce(&str)) {
    FILE.with_borrow_mut(|slot| {
        let file = slot.get_or_insert_with(|| NamedTempFile::new().expect("a temporary file"));
        file.as_file_mut().set_len(0).expect("an empty file");
        file.as_file_mut().rewind().expect("its begin");
        file.as_file_mut().write_all(bytes).expect("room for the input");
        test(file.path().to_str().expect("a path of text"));
    });
}

/// Takes bytes from the front of an input; zeros where it has ended.
pub struct Draw<'a> {
    rest: &'a [u8],
}

impl<'a> Draw<'a> {
    /// All of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Draw { rest: bytes }
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.rest.split_first() else { return 0 };
        self.rest = rest;
        *first
    }

    /// One of `from`, by the next byte.
    pub fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[usize::from(self.byte()) % from.len()].clone()
    }

    /// What is left.
    pub fn rest(self) -> &'a [u8] {
        self.rest
    }
}

/// A dialect in which every setting is given.
pub fn dialect(draw: &mut Draw<'_>) -> CsvOptions {
    CsvOptions {
        encoding: Some("utf-8".to_owned()),
        delimiter: Some(draw.pick(b",;\t|").into()),
        quote: Some(draw.pick(&[Some(b'"'), Some(b'\''), None])),
        escape: Some(draw.pick(&[None, Some(b'\\')])),
        header: Some(draw.pick(&[true, false])),
        comment: Some(draw.pick(&[None, None, Some("#".to_owned())])),
        skip_rows: Some(draw.pick(&[0, 0, 0, 1, 2])),
        ..CsvOptions::default()
    }
}

/// A type that columns may be given.
pub fn data_type(draw: &mut Draw<'_>) -> Option<DataType> {
    draw.pick(&[
        None,
        Some(DataType::Int64),
        Some(DataType::Float64),
        Some(DataType::Decimal { precision: 38, scale: 6 }),
        Some(DataType::Date),
        Some(DataType::Timestamp),
        Some(DataType::Boolean),
    ])
}

/// `SELECT *` over the file at `path`.
pub fn all_of(path: &str, options: CsvOptions) -> Query {
    Query::new(Table { path: path.to_owned(), options })
}

/// Runs the query; a result and an error are as good.
pub fn run(query: &Query) {
    let _ = run_engine(query, Setting { threads: 1, block_size: None }, false);
}

/// Panics unless the engine, with blocks of that many bytes, gives what the oracle gives with the dialect that the engine
/// finds. Both may fail at the header: the oracle's place is then its record, the engine's the field. A file that the engine
/// takes for a compressed one is text to the oracle.
pub fn assert_agree(query: &Query, block_size: Option<usize>) {
    let engine = run_engine(query, Setting { threads: 1, block_size }, false);
    if engine.as_ref().is_err_and(|error| matches!(error.kind(), ErrorKind::File { .. })) {
        return;
    }
    // Settings that contradict each other: there is no dialect for the oracle.
    if let Err(error) = Engine::builder().threads(1).build().expect("an engine").resolve(&query.from)
        && matches!(error.kind(), ErrorKind::Plan { .. })
    {
        assert!(engine.is_err(), "{error}, but the engine gives {engine:?}");
        return;
    }
    let oracle = plimsoll_rows::run(&resolved(query), false);
    if let (Err(engine), Err(_)) = (&engine, &oracle)
        && matches!(engine.kind(), ErrorKind::Data { location, .. } if location.record == 0)
    {
        return;
    }
    if let Some(difference) = difference(&engine, &oracle, true) {
        panic!("{difference}");
    }
}
