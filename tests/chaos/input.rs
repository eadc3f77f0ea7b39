//! The input changes while it is read. What is read is the file as it is when it is opened, up to the length that it has
//! then: records that are added later are not seen, and a file that has become shorter is an error.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use arrow::array::RecordBatch;
use libtest_mimic::Trial;
use plimsoll::Result;
use plimsoll::memory::Budget;
use tempfile::TempDir;

use crate::matrix::{self, Query, RECORDS, assert_io, assert_nothing_left, cases, records};
use crate::trial;

pub(crate) fn trials() -> Vec<Trial> {
    let trials = cases().flat_map(|(query, threads)| {
        let named = |what: &str| format!("input::{what}::{}::{threads}", query.name);
        [
            trial(named("shrinks before"), move || shrinks_before(query, threads)),
            trial(named("shrinks"), move || shrinks(query, threads)),
            trial(named("grows"), move || grows(query, threads)),
        ]
    });
    trials.chain([trial("input::shrinks behind rows that were given".to_owned(), behind_rows)]).collect()
}

/// The large table, to be changed.
struct Input {
    directory: TempDir,
}

impl Input {
    fn new() -> Self {
        let input = Input { directory: tempfile::tempdir().unwrap() };
        fs::copy(matrix::large(), input.path()).unwrap();
        input
    }

    fn path(&self) -> std::path::PathBuf {
        self.directory.path().join("input.csv")
    }

    fn cut(&self, length: u64) {
        let file = OpenOptions::new().write(true).open(self.path()).unwrap();
        file.set_len(length).unwrap();
    }

    fn append(&self, text: &str) {
        OpenOptions::new().append(true).open(self.path()).unwrap().write_all(text.as_bytes()).unwrap();
    }
}

/// Opens the input, lets `change` happen to it while the query runs or before, and runs the query to its end.
fn run(
    query: Query,
    threads: usize,
    input: &Path,
    change: impl FnOnce() + Send,
    at_once: bool,
) -> Result<Vec<RecordBatch>> {
    let budget = Budget::unlimited();
    let engine = matrix::engine(threads, &budget).block_size(16 << 10);
    let stream = matrix::stream(&query.over(input), engine)?;
    let batches = std::thread::scope(|scope| {
        let changing = scope.spawn(change);
        if at_once {
            changing.join().unwrap();
        }
        stream.collect()
    });
    assert_nothing_left(&budget, Path::new("nowhere"), query.name);
    batches
}

fn shrinks_before(query: Query, threads: usize) {
    let length = matrix::large().metadata().unwrap().len();
    // Between the statement and the run nothing is open yet: it is a shorter file, and no more.
    let input = Input::new();
    let engine = || matrix::engine(threads, &Budget::unlimited());
    let statement = engine().build().unwrap().sql(&query.over(&input.path())).unwrap();
    input.cut(records(0..RECORDS / 3).len() as u64);
    let outcome = statement.run().unwrap();
    assert_eq!(query.whole(&outcome.batches), query.expected(&input.path()));

    for left in [0, length / 3, length - 1] {
        let input = Input::new();
        let error = run(query, threads, &input.path(), || input.cut(left), true).unwrap_err();
        assert_io(&error, &input.path(), &["became shorter"], "once it is open");
    }
}

fn shrinks(query: Query, threads: usize) {
    let expected = query.expected(matrix::large());
    let length = matrix::large().metadata().unwrap().len();
    let mut outcomes = [0; 2];
    for milliseconds in [0, 3, 30] {
        let input = Input::new();
        let later = || {
            std::thread::sleep(Duration::from_millis(milliseconds));
            input.cut(length / 2);
        };
        let batches = run(query, threads, &input.path(), later, false);
        outcomes[usize::from(batches.is_ok())] += 1;
        match batches {
            Ok(batches) => assert_eq!(query.whole(&batches), expected, "{milliseconds} ms"),
            Err(error) => assert_io(&error, &input.path(), &["became shorter"], query.name),
        }
    }
    println!("{} failed, {} had read it before", outcomes[0], outcomes[1]);
}

fn grows(query: Query, threads: usize) {
    let expected = query.expected(matrix::large());
    for at_once in [true, false] {
        let input = Input::new();
        let more = || {
            (0..20)
                .for_each(|piece| input.append(&records(RECORDS + piece * 100..RECORDS + (piece + 1) * 100)))
        };
        let batches = run(query, threads, &input.path(), more, at_once).unwrap();
        assert_eq!(query.whole(&batches), expected, "at once: {at_once}");

        // Another file in its place is another file.
        let input = Input::new();
        let replace = || {
            let other = input.directory.path().join("other.csv");
            File::create(&other).unwrap().write_all(b"station,t\nanother,1.5\n").unwrap();
            fs::rename(other, input.path()).unwrap();
        };
        let batches = run(query, threads, &input.path(), replace, at_once).unwrap();
        assert_eq!(query.whole(&batches), expected, "replaced, at once: {at_once}");
    }
}

/// What was given before the error was right.
fn behind_rows() {
    for threads in [1, 3] {
        let input = Input::new();
        let engine = matrix::engine(threads, &Budget::unlimited());
        let sql = format!("SELECT * FROM '{}'", input.path().display());
        let mut stream = matrix::stream(&sql, engine).unwrap();
        let whole: Vec<RecordBatch> =
            matrix::run(&sql, matrix::engine(1, &Budget::unlimited())).unwrap().batches;
        let whole = arrow::compute::concat_batches(&whole[0].schema(), &whole).unwrap();
        let mut given = 0;
        let mut check = |batch: RecordBatch| {
            assert_eq!(batch, whole.slice(given, batch.num_rows()));
            given += batch.num_rows();
        };
        (0..20).for_each(|_| check(stream.next().unwrap().unwrap()));
        input.cut(1_000_000);
        let error = loop {
            match stream.next().expect("an error, not an end") {
                Ok(batch) => check(batch),
                Err(error) => break error,
            }
        };
        assert_io(&error, &input.path(), &["became shorter"], "behind rows");
        assert!(stream.next().is_none());
        assert!((20..RECORDS as usize).contains(&given), "{given}");
    }
}
