//! Comparisons by a runner that only says what it is told.

use plimsoll_core::DataType;

use super::*;
use crate::Digest;

/// Answers by a function of the strategy and of how often it was asked, and remembers the order.
struct Script<F> {
    answer: F,
    asked: Vec<Strategy>,
}

impl<F: FnMut(&Request, usize) -> Answer> Runner for Script<F> {
    fn run(&mut self, request: &Request) -> Result<Answer> {
        let before = self.asked.iter().filter(|asked| **asked == request.strategy).count();
        self.asked.push(request.strategy);
        Ok((self.answer)(request, before))
    }
}

fn measured(seconds: f64, sum: &str) -> Answer {
    let digest = Digest { rows: 1, sum: sum.to_owned(), ordered: None };
    let measured =
        Measured { records: 2, load_seconds: seconds, peak_heap_bytes: 100, digest, ..Measured::default() };
    Answer::Measured(Box::new(measured))
}

/// A folder with a file of two records, and a comparison over it.
fn comparison(strategies: &[Strategy]) -> (tempfile::TempDir, Comparison) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f.csv");
    fs::write(&file, "k;v\na;1\nb;2.5\n").unwrap();
    let comparison = Comparison {
        sql: format!("SELECT k, sum(v) FROM '{}' GROUP BY k", file.display()),
        options: CsvOptions::default(),
        strategies: strategies.to_vec(),
        threads: 2,
        memory_limit_bytes: Some(1 << 30),
        repeats: 3,
        sizes: Vec::new(),
        temp_dir: folder.path().to_owned(),
    };
    (folder, comparison)
}

fn run(comparison: &Comparison, answer: impl FnMut(&Request, usize) -> Answer) -> (Report, Vec<Strategy>) {
    let mut script = Script { answer, asked: Vec::new() };
    let report = compare(comparison, &mut script, &mut |_| ()).unwrap();
    (report, script.asked)
}

use Strategy::{Columnar, Rows, Stream};

#[test]
fn strategies_take_turns_and_the_median_is_kept() {
    let (_folder, comparison) = comparison(&[Stream, Rows]);
    let (report, asked) = run(&comparison, |request, before| {
        assert_eq!(request.inferred.table.options.delimiter, Some(b';'.into()));
        assert_eq!(request.inferred.schema.types(), [DataType::Utf8, DataType::decimal(1)]);
        assert_eq!((request.threads, request.memory_limit_bytes), (2, Some(1 << 30)));
        measured([3.0, 1.0, 2.0][before], "1")
    });
    assert_eq!(asked, [Stream, Rows, Stream, Rows, Stream, Rows]);
    assert_eq!(report.agreement, Agreement::All);
    assert_eq!((report.input.bytes, report.input.records, report.repeats), (14, 2, 3));
    let times: Vec<f64> =
        report.strategies.iter().map(|strategy| strategy.measured().unwrap().load_seconds).collect();
    assert_eq!(times, [2.0, 2.0]);
    // Two rows of two values, a vector each, and the file's two texts of one byte.
    let predicted = report.strategies[1].predicted_bytes.unwrap();
    assert!((2 * (24 + 2 * 24) + 2..1000).contains(&predicted), "{predicted}");
}

#[test]
fn one_that_fails_does_not_stop_the_others() {
    let (_folder, comparison) = comparison(&[Rows, Stream, Columnar]);
    let (report, asked) = run(&comparison, |request, before| match (request.strategy, before) {
        (Rows, _) => Answer::DoesNotFit { message: "too large".into() },
        (Columnar, 1) => Answer::Failed { message: "killed".into() },
        _ => measured(1.0, "1"),
    });
    assert_eq!(asked, [Rows, Stream, Columnar, Stream, Columnar, Stream]);
    let outcomes: Vec<&Outcome> = report.strategies.iter().map(|strategy| &strategy.outcome).collect();
    assert_eq!(*outcomes[0], Outcome::DoesNotFit { needs_bytes: 1 << 30 });
    assert!(matches!(outcomes[1], Outcome::Measured(_)));
    assert_eq!(*outcomes[2], Outcome::Failed { message: "killed".into() });
}

#[test]
fn a_difference_is_looked_for() {
    let (_folder, comparison) = comparison(&[Stream, Rows]);
    let (report, _) = run(&comparison, |request, _| match &request.rows_file {
        None => measured(1.0, request.strategy.name()),
        Some(path) => {
            let rows = if request.strategy == Rows { "b, 2\na, 1\n" } else { "a, 1\nb, 3\n" };
            fs::write(path, rows).unwrap();
            Answer::Written
        }
    });
    let difference = "rows gives (b, 2), stream gives (b, 3)".to_owned();
    assert_eq!(report.agreement, Agreement::Differs { strategies: [Rows, Stream], difference });
}

#[test]
fn a_file_that_changes_is_noticed() {
    let (folder, comparison) = comparison(&[Stream, Rows]);
    let (report, _) = run(&comparison, |request, before| {
        if (request.strategy, before) == (Rows, 1) {
            fs::write(folder.path().join("f.csv"), "k;v\na;1\n").unwrap();
        }
        measured(1.0, "1")
    });
    for strategy in &report.strategies {
        let Outcome::Failed { message } = &strategy.outcome else { panic!("{strategy:?}") };
        assert!(message.contains("changed while it was compared"));
    }
}

#[test]
fn prefixes_are_swept() {
    let (folder, mut comparison) = comparison(&[Stream, Rows]);
    comparison.sizes = vec![5, 1, 2];
    let (report, _) = run(&comparison, |request, _| {
        let text = fs::read_to_string(&request.inferred.table.path).unwrap();
        let records = text.lines().count() as u64 - 1;
        let Answer::Measured(mut one) = measured(1.0, "1") else { unreachable!() };
        one.peak_heap_bytes = if request.strategy == Rows { 10 + 7 * records } else { 10 };
        Answer::Measured(one)
    });
    let sweep = report.sweep.unwrap();
    let sizes: Vec<(Strategy, u64)> =
        sweep.points.iter().map(|point| (point.strategy, point.records)).collect();
    assert_eq!(sizes, [(Rows, 1), (Rows, 2), (Stream, 1), (Stream, 2)]);
    let slopes: Vec<f64> = sweep.fits.iter().map(|fit| fit.bytes_a_record.round()).collect();
    assert_eq!(slopes, [7.0, 0.0]);
    // What a comparison writes is gone afterwards.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn what_cannot_be_compared_is_an_error() {
    let (_folder, mut comparison) = comparison(&[Stream]);
    comparison.sql = "SELECT".into();
    let mut script = Script { answer: |_: &Request, _| measured(1.0, "1"), asked: Vec::new() };
    assert!(compare(&comparison, &mut script, &mut |_| ()).is_err());
    comparison.sql = "SELECT * FROM 'no/such.csv'".into();
    let error = compare(&comparison, &mut script, &mut |_| ()).unwrap_err();
    assert!(error.to_string().contains("no/such.csv"), "{error}");
    assert!(script.asked.is_empty());
}
