//! Loading a file in each way of holding it, and a grouping over what is held.
//!
//! `cargo bench -p plimsoll-workspace --bench strategies`

#![allow(clippy::expect_used, reason = "a benchmark that cannot run has nothing to measure")]

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::LazyLock;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use plimsoll::memory::Budget;
use plimsoll::{CsvOptions, Dataset, Engine, Form, Inferred, Query, Table};
use plimsoll_rows::Held;
use tempfile::TempDir;

const RECORDS: usize = 200_000;
const SQL: &str = "SELECT station, min(t), avg(t), max(t) FROM 'weather.csv' GROUP BY station";

fn main() {
    divan::main();
}

/// The file, its types, and an engine of two threads.
struct Input {
    folder: TempDir,
    bytes: u64,
    engine: Engine,
    inferred: Inferred,
}

static INPUT: LazyLock<Input> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("weather.csv");
    let mut text = String::from("station,t\n");
    for at in 0..RECORDS {
        let _ = writeln!(text, "station {},{}.{}", at * 7919 % 413, at * 31 % 61, at % 10);
    }
    std::fs::write(&path, &text).expect("a file");
    let engine = Engine::builder().threads(2).build().expect("an engine");
    let table = Table { path: path.display().to_string(), options: CsvOptions::default() };
    let inferred = engine.infer(&table).expect("the file reads");
    Input { folder, bytes: text.len() as u64, engine, inferred }
});

impl Input {
    fn ipc(&self) -> PathBuf {
        self.folder.path().join("weather.arrow")
    }

    fn rows(&self) -> Held {
        let consumer = Budget::unlimited().consumer("rows");
        Held::load(&self.inferred.table, self.inferred.schema.clone(), &self.inferred.profiles, &consumer)
            .expect("it loads")
    }

    fn columns(&self, form: Form) -> Dataset {
        self.engine.load(&self.inferred, form).expect("it loads")
    }

    fn mapped(&self) -> Dataset {
        self.engine.load_mapped(&self.inferred, &self.ipc()).expect("it loads")
    }

    fn query(&self) -> Query {
        let mut query = plimsoll::sql::parse(SQL, &CsvOptions::default()).expect("SQL");
        query.from = self.inferred.table.clone();
        query
    }
}

#[divan::bench_group(sample_count = 10)]
mod load {
    use super::*;

    fn measured<T>(bencher: Bencher<'_, '_>, load: impl Fn(&Input) -> T + Sync) {
        let input = &*INPUT;
        bencher.counter(BytesCount::new(input.bytes)).bench(|| load(input));
    }

    #[divan::bench]
    fn rows(bencher: Bencher<'_, '_>) {
        measured(bencher, Input::rows);
    }

    #[divan::bench]
    fn columnar(bencher: Bencher<'_, '_>) {
        measured(bencher, |input| input.columns(Form::Plain));
    }

    #[divan::bench]
    fn compact(bencher: Bencher<'_, '_>) {
        measured(bencher, |input| input.columns(Form::Compact));
    }

    #[divan::bench]
    fn mapped(bencher: Bencher<'_, '_>) {
        measured(bencher, Input::mapped);
    }
}

#[divan::bench_group(sample_count = 20)]
mod query {
    use super::*;

    fn over(bencher: Bencher<'_, '_>, dataset: &Dataset) {
        let query = INPUT.engine.query(INPUT.query()).over(dataset);
        bencher.counter(ItemsCount::new(RECORDS)).bench(|| black_box(query.run().expect("a result").batches));
    }

    #[divan::bench]
    fn rows(bencher: Bencher<'_, '_>) {
        let (held, query) = (INPUT.rows(), INPUT.query());
        bencher.counter(ItemsCount::new(RECORDS)).bench(|| black_box(held.run(&query).expect("a result")));
    }

    #[divan::bench]
    fn stream(bencher: Bencher<'_, '_>) {
        let query = INPUT.engine.query(INPUT.query()).with_types(&INPUT.inferred).expect("a file");
        bencher.counter(ItemsCount::new(RECORDS)).bench(|| black_box(query.run().expect("a result").batches));
    }

    #[divan::bench]
    fn columnar(bencher: Bencher<'_, '_>) {
        over(bencher, &INPUT.columns(Form::Plain));
    }

    #[divan::bench]
    fn compact(bencher: Bencher<'_, '_>) {
        over(bencher, &INPUT.columns(Form::Compact));
    }

    #[divan::bench]
    fn mapped(bencher: Bencher<'_, '_>) {
        over(bencher, &INPUT.mapped());
    }
}
