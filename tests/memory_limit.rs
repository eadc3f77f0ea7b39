//! Tests that assert a limit: what a piece of work may hold and how often it may allocate. The allocator counts, so the
//! figures are exact and the same on every run; nothing here is timed.
//!
//! As dhat's testing mode and pytest-memray's `limit_memory`.

#![allow(clippy::unwrap_used, reason = "a failed expectation in a test is the message")]

use std::fmt::Write as _;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufWriter, Write as _};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use arrow::util::display::array_value_to_string;
use plimsoll::Engine;
use plimsoll_core::{CsvOptions, ErrorKind};
use plimsoll_memory::trace::{self, GroupBy, Measure, Mode};
use plimsoll_memory::{Budget, Counting, Measured, heap, measure, reset_peak};

#[global_allocator]
static ALLOCATOR: Counting = Counting::system();

/// All threads share the heap and the traces, so one test runs at a time. Tests that only call `measure` would not need it
/// for themselves: that sees the calling thread alone.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Fails where `work` holds more than `limit` bytes at once, with the lines that held them. Gives its result.
#[track_caller]
fn limit_memory<T>(limit: u64, work: impl Fn() -> T) -> (T, Measured) {
    let (result, cost) = measure(&work);
    if cost.peak_bytes <= limit {
        return (result, cost);
    }
    // Once more, to tell the lines. Tracing costs only where the test has failed.
    trace::start(16, Mode::Exact).unwrap();
    drop(work());
    let lines = trace::stop().unwrap().statistics(GroupBy::Line, Measure::AtPeak, false);
    panic!("{} bytes were held, {limit} are allowed\n{}", cost.peak_bytes, trace::report(&lines, 5));
}

/// Writes `rows` records of a station and a temperature, and gives the file's place.
fn weather(directory: &Path, rows: u32) -> PathBuf {
    let mut text = String::from("station,t\n");
    for row in 0..rows {
        let temperature = f64::from(row % 600) / 10.0 - 20.0;
        writeln!(text, "station {},{temperature:.1}", row % 50).unwrap();
    }
    let path = directory.join(format!("{rows}.csv"));
    fs::write(&path, text).unwrap();
    path
}

/// The most bytes that all threads held above what was live before, while the result was taken batch by batch, and how
/// often they allocated.
fn cost_of(sql: &str, threads: usize) -> (u64, u64) {
    let engine = Engine::builder().threads(threads).block_size(1 << 16).build().unwrap();
    reset_peak();
    let before = heap().unwrap();
    let mut stream = engine.sql(sql).unwrap().stream().unwrap();
    let rows: usize = stream.by_ref().map(|batch| batch.unwrap().num_rows()).sum();
    assert!(rows > 0);
    drop(stream);
    let after = heap().unwrap();
    (after.peak_bytes - before.live_bytes, after.allocations - before.allocations)
}

const SMALL: u32 = 100_000;
const LARGE: u32 = 500_000;

/// What a query over the small and the large file held at most, and how often it allocated.
fn small_and_large(query: &str, threads: usize) -> [(u64, u64); 2] {
    let directory = tempfile::tempdir().unwrap();
    [SMALL, LARGE].map(|rows| {
        let file = weather(directory.path(), rows);
        cost_of(&query.replace("FILE", &format!("'{}'", file.display())), threads)
    })
}

#[test]
fn the_heap_of_a_streaming_query_does_not_grow_with_the_file() {
    let _alone = alone();
    let queries = [
        "SELECT station, t FROM FILE WHERE t > 0",
        "SELECT station, avg(t), count(*) FROM FILE GROUP BY station",
        // Some ten thousand rows are held before those beyond the limit are thrown out.
        "SELECT station, t FROM FILE ORDER BY t DESC, station LIMIT 10",
    ];
    for threads in [1, 2] {
        for query in queries {
            let [small, large] = small_and_large(query, threads);
            let told = format!("{query}, {threads} threads: (bytes, allocations) {small:?} and {large:?}");
            println!("{told}");
            // The file grows by 6 MB. What may differ is how far one thread is ahead of the other, and what each has
            // not published yet.
            assert!(large.0 <= small.0 + (512 << 10), "{told}");
            // Some allocations for each block, none for each row.
            assert!((large.1 - small.1) < u64::from(LARGE - SMALL) / 20, "{told}");
        }
    }
}

/// So that the test above is known to see what it looks for.
#[test]
fn what_must_hold_every_row_does_grow() {
    let _alone = alone();
    let [small, large] = small_and_large("SELECT station, t FROM FILE ORDER BY t, station", 1);
    println!("(bytes, allocations) {small:?} and {large:?}");
    assert!(large.0 - small.0 > 16 * u64::from(LARGE - SMALL), "{small:?} {large:?}");
}

/// What a query gives and the most bytes that were held, where it may reserve so many.
fn given_within(budget: Budget, sql: &str) -> (Vec<String>, u64) {
    let engine = Engine::builder().threads(2).block_size(1 << 18).budget(budget).build().unwrap();
    reset_peak();
    let before = heap().unwrap();
    let stream = engine.sql(sql).unwrap().stream().unwrap();
    let mut sums = Vec::new();
    for batch in stream {
        let batch = batch.unwrap();
        // The rows themselves would be as much as all that is measured.
        for row in 0..batch.num_rows() {
            let mut hash = DefaultHasher::new();
            for column in batch.columns() {
                array_value_to_string(column, row).unwrap().hash(&mut hash);
            }
            sums.push(hash.finish().to_string());
        }
    }
    (sums, heap().unwrap().peak_bytes - before.live_bytes)
}

/// Hundreds of columns for each of the file, or texts many times as long: a block of them is larger than the budget.
#[test]
fn what_expressions_give_is_kept_within_the_budget() {
    const BUDGET: u64 = 8 << 20;
    /// Hashes of rows, plans, headers of arrays, code that runs for the first time.
    const BESIDE: u64 = 2 << 20;
    let _alone = alone();
    let directory = tempfile::tempdir().unwrap();
    let file = weather(directory.path(), 6_000);
    let listed = |columns, of: &dyn Fn(u32) -> String| (1..=columns).map(of).collect::<Vec<_>>().join(", ");
    let long = ["station"; 12].join(" || ");
    let queries = [
        format!("SELECT {} FROM FILE", listed(300, &|number| format!("t * {number}"))),
        format!("SELECT {} FROM FILE", listed(60, &|number| format!("{long} || {number}"))),
        format!(
            "SELECT station, {} FROM FILE GROUP BY station",
            listed(300, &|number| format!("sum(t * {number})"))
        ),
        format!(
            "SELECT station, {} FROM FILE GROUP BY station",
            listed(60, &|number| format!("max({long} || {number})"))
        ),
    ];
    for query in queries {
        let query = query.replace("FILE", &format!("'{}'", file.display()));
        let (mut expected, without) = given_within(Budget::unlimited(), &query);
        let (mut given, held) = given_within(Budget::limited(BUDGET).unwrap(), &query);
        println!("{} rows, {without} bytes held, {held} within {BUDGET}: {:.80}", given.len(), query);
        expected.sort();
        given.sort();
        assert!(given == expected, "{query:.80}");
        assert!(held <= BUDGET + BESIDE && without > 2 * BUDGET, "{held}, {without}: {query:.80}");
    }
}

/// What stands before a table is passed over, so that its length does not matter: in a file, and in a stream, where comments
/// must be named.
#[test]
fn long_heads_are_not_held() {
    const BUDGET: u64 = 8 << 20;
    /// What a query over a short file holds: two readers, the sample, the plan.
    const HELD: u64 = 4 << 20;
    const LINES: usize = 30_000_000;
    let _alone = alone();
    let directory = tempfile::tempdir().unwrap();
    for (number, (line, options, by_stream)) in [
        ("# a comment\n", "", false),
        ("# a comment\n", ", comment='#'", true),
        ("\r\n", "", true),
        ("a line, \"and more\n", ", skip=SKIP", true),
    ]
    .into_iter()
    .enumerate()
    {
        let lines = LINES / line.len();
        let path = directory.path().join(format!("{number}.csv"));
        let mut file = BufWriter::new(fs::File::create(&path).unwrap());
        (0..lines).for_each(|_| file.write_all(line.as_bytes()).unwrap());
        file.write_all(b"a;b\n1;2\n3;4\n").unwrap();
        file.into_inner().unwrap().sync_all().unwrap();
        let options = options.replace("SKIP", &lines.to_string());
        let sql = |path: &str| format!("SELECT sum(b) AS s FROM read_csv('{path}'{options})");
        let budget = || Budget::limited(BUDGET).unwrap();
        let (expected, _) = given_within(
            budget(),
            &format!("SELECT sum(b) AS s FROM '{}'", {
                let short = directory.path().join("short.csv");
                fs::write(&short, "a;b\n1;2\n3;4\n").unwrap();
                short.display().to_string()
            }),
        );
        let (given, held) = given_within(budget(), &sql(&path.display().to_string()));
        println!("{held} bytes held for {lines} lines {line:?} of a file");
        assert!(given == expected && held < HELD, "{held}: {line:?}");
        if by_stream {
            let (read, mut write) = std::io::pipe().unwrap();
            let writer =
                std::thread::spawn(move || std::io::copy(&mut fs::File::open(path).unwrap(), &mut write));
            let (given, held) = given_within(budget(), &sql(&format!("/proc/self/fd/{}", read.as_raw_fd())));
            writer.join().unwrap().unwrap();
            println!("{held} bytes held for {lines} lines {line:?} of a stream");
            assert!(given == expected && held < HELD, "{held}: {line:?}");
        }
    }
}

/// A field of 40 MB, or a quote that nothing closes: in the first record, the second, or behind the sample.
#[test]
fn long_records_are_refused_within_the_budget() {
    const BUDGET: u64 = 16 << 20;
    const BESIDE: u64 = 4 << 20;
    let _alone = alone();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("f.csv");
    let many = "1,2\n".repeat(200_000);
    for (before, behind) in
        [("", ",b\n1,2\n"), ("a,b\n1,", "\n2,y\n"), ("a,b\n1,\"", ""), (&many, "\n2,y\n"), ("\"", "")]
    {
        let mut file = BufWriter::new(fs::File::create(&path).unwrap());
        file.write_all(before.as_bytes()).unwrap();
        (0..40_000).for_each(|_| file.write_all(&[b'x'; 1000]).unwrap());
        file.write_all(behind.as_bytes()).unwrap();
        file.into_inner().unwrap().sync_all().unwrap();
        let options = CsvOptions { max_field: 100 << 20, ..CsvOptions::default() };
        let engine = Engine::builder().threads(2).budget(Budget::limited(BUDGET).unwrap()).build().unwrap();
        reset_peak();
        let live = heap().unwrap().live_bytes;
        let query = engine.sql(&format!("SELECT count(*) AS n FROM '{}'", path.display())).unwrap();
        let error = query.options(options).run().map(drop).unwrap_err();
        let held = heap().unwrap().peak_bytes - live;
        println!("{held} bytes held behind {} bytes: {error}", before.len());
        assert!(matches!(error.kind(), ErrorKind::MemoryLimit { .. }), "{error}");
        assert!(held <= BUDGET + BESIDE, "{held}: {error}");
    }
}

#[test]
fn a_line_is_written_into_a_buffer_without_an_allocation() {
    let _alone = alone();
    let mut line = String::with_capacity(64);
    let (written, cost) = measure(|| write!(line, "Bergen,{:.1}", 4.5));
    written.unwrap();
    assert_eq!((line.as_str(), cost), ("Bergen,4.5", Measured::default()));
}

#[test]
fn work_within_its_limit_passes_and_leaves_nothing() {
    let _alone = alone();
    let (sum, cost) = limit_memory(8 * 1000, || (0..1000_u64).collect::<Vec<_>>().iter().sum::<u64>());
    assert_eq!((sum, cost.peak_bytes, cost.allocations, cost.live_bytes), (499_500, 8000, 1, 0));
}

#[test]
#[should_panic(expected = "8001 bytes were held, 8000 are allowed\nTop 5 lines\n#1: tests/memory_limit.rs:")]
fn one_byte_too_many_fails_and_names_the_line() {
    let _alone = alone();
    limit_memory(8000, || vec![0_u8; 8001]);
}

#[test]
fn a_leak_shows() {
    let _alone = alone();
    let (leaked, cost) = measure(|| -> &'static str { String::from("kept for good").leak() });
    assert_eq!((cost.live_bytes, cost.frees), (i64::try_from(leaked.len()).unwrap(), 0));
}
