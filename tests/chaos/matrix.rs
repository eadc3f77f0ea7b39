//! The queries that all failures are tried with, what they are run over, and what must hold whenever one has ended.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::compute::{SortColumn, concat_batches, lexsort_to_indices, take_record_batch};
use plimsoll::memory::Budget;
use plimsoll::{Engine, EngineBuilder, Error, ErrorKind, Outcome, Result, Stream};
use plimsoll_kernels::spill::Space;

/// A query over FILE, which has the columns station and t.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Query {
    pub(crate) name: &'static str,
    sql: &'static str,
    /// Whether the rows have an order.
    ordered: bool,
    /// Bytes with which it gets through the large table by temporary files, on one thread and on several; `None` where it
    /// never spills.
    pub(crate) tight: Option<[u64; 2]>,
}

/// Each thread that reads groups again needs more than a megabyte.
const GROUPS: Option<[u64; 2]> = Some([3 << 20, 5 << 20]);

/// Between them these run every operator that reserves.
pub(crate) const QUERIES: [Query; 7] = [
    Query { name: "count", sql: "SELECT count(*) FROM FILE", ordered: true, tight: None },
    Query {
        name: "median",
        sql: "SELECT station, min(t), avg(t), median(t) FROM FILE GROUP BY station HAVING min(t) < 20 ORDER BY station",
        ordered: true,
        tight: GROUPS,
    },
    Query {
        name: "count distinct",
        sql: "SELECT t, count(DISTINCT station) FROM FILE GROUP BY t HAVING count(*) > 2 ORDER BY 2 DESC LIMIT 5",
        ordered: true,
        tight: GROUPS,
    },
    Query {
        name: "sort",
        sql: "SELECT * FROM FILE WHERE t > 2 ORDER BY t",
        ordered: true,
        tight: Some([1 << 20, 3 << 19]),
    },
    Query { name: "distinct", sql: "SELECT DISTINCT station FROM FILE", ordered: true, tight: GROUPS },
    Query {
        name: "correlation",
        sql: "SELECT station, first(t), corr(t, t * t), stddev(t) FROM FILE GROUP BY station HAVING count(*) > 1 ORDER BY 1 DESC LIMIT 3",
        ordered: true,
        tight: GROUPS,
    },
    Query {
        name: "unordered groups",
        sql: "SELECT station, sum(t), count(*) FROM FILE GROUP BY station",
        ordered: false,
        tight: GROUPS,
    },
];

/// A sort that holds as much as the groups before it.
pub(crate) const GROUPS_AND_ROWS: Query = Query {
    name: "groups and rows",
    sql: "SELECT station, min(t) FROM FILE GROUP BY station ORDER BY station",
    ordered: true,
    tight: GROUPS,
};

/// Every query on one thread and on several.
pub(crate) fn cases() -> impl Iterator<Item = (Query, usize)> {
    QUERIES.into_iter().flat_map(|query| [(query, 1), (query, 3)])
}

/// A file of the repository: 3,000 records, 40 stations.
pub(crate) fn small() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/weather.csv")
}

/// Some megabytes: more than what is tight, mostly of stations that stand once.
pub(crate) fn large() -> &'static Path {
    static LARGE: LazyLock<(tempfile::TempDir, PathBuf)> = LazyLock::new(|| {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("large.csv");
        std::fs::write(&path, records(0..RECORDS)).unwrap();
        (directory, path)
    });
    &LARGE.1
}

/// Records of the large table.
pub(crate) const RECORDS: u32 = 3_000;

/// Records of these numbers, the first of all with the header before it.
pub(crate) fn records(numbers: std::ops::Range<u32>) -> String {
    let mut text = String::from(if numbers.start == 0 { "station,t\n" } else { "" });
    for number in numbers {
        let station = number * 7919 % 2_700;
        writeln!(text, "{station:08}{},{}.{}", ", a station".repeat(90), number % 300, number % 10).unwrap();
    }
    text.replace(", a", "; a")
}

impl Query {
    pub(crate) fn over(&self, file: &Path) -> String {
        self.sql.replace("FILE", &format!("'{}'", file.display()))
    }

    /// A budget with which it gets through the large table by temporary files.
    pub(crate) fn tight(&self, threads: usize) -> Budget {
        let [alone, together] = self.tight.expect("it spills");
        Budget::limited(if threads == 1 { alone } else { together }).unwrap()
    }

    /// Its rows as one batch, sorted where their order means nothing: where batches end does not matter.
    pub(crate) fn whole(&self, batches: &[RecordBatch]) -> Option<RecordBatch> {
        let whole = concat_batches(&batches.first()?.schema(), batches).expect("of one schema");
        if self.ordered {
            return Some(whole);
        }
        let columns = whole.columns().iter();
        let columns: Vec<_> =
            columns.map(|values| SortColumn { values: values.clone(), options: None }).collect();
        let order = lexsort_to_indices(&columns, None).expect("all types have an order");
        Some(take_record_batch(&whole, &order).expect("of the same length"))
    }

    /// What it gives over `file` where nothing fails.
    pub(crate) fn expected(&self, file: &Path) -> Option<RecordBatch> {
        let outcome = run(&self.over(file), engine(1, &Budget::unlimited())).expect("nothing fails");
        self.whole(&outcome.batches)
    }
}

/// Blocks so small that tables grow many times, and every thread has some.
pub(crate) fn engine(threads: usize, budget: &Budget) -> EngineBuilder {
    Engine::builder().budget(budget.clone()).threads(threads).block_size(2048)
}

pub(crate) fn stream(sql: &str, engine: EngineBuilder) -> Result<Stream> {
    engine.build()?.sql(sql)?.stream()
}

pub(crate) fn run(sql: &str, engine: EngineBuilder) -> Result<Outcome> {
    engine.build()?.sql(sql)?.run()
}

/// Runs a query over the large table with tight memory and its temporary files in `space`. Whatever comes of it, nothing
/// is reserved and no file is left afterwards.
pub(crate) fn run_tight(
    query: Query,
    threads: usize,
    space: &Space,
    place: &str,
) -> Result<Vec<RecordBatch>> {
    let budget = query.tight(threads);
    // The rows given are not held by the query.
    let engine = engine(threads, &budget).block_size(16 << 10).space(space.clone());
    let batches = stream(&query.over(large()), engine).and_then(|stream| stream.collect());
    assert_nothing_left(&budget, space.directory(), place);
    batches
}

/// Whether memory was refused to one of several threads, since the others had taken what it needs: that is up to the moment.
pub(crate) fn is_refusal<T>(run: &Result<T>, threads: usize) -> bool {
    let refused = |error: &Error| matches!(error.kind(), ErrorKind::MemoryLimit { .. });
    threads > 1 && run.as_ref().is_err_and(refused)
}

#[track_caller]
pub(crate) fn assert_nothing_left(budget: &Budget, directory: &Path, place: &str) {
    // Workers that were ahead end at their next block.
    assert_eq!(eventually(|| budget.used(), |used| *used == 0), 0, "{place}");
    if let Ok(entries) = directory.read_dir() {
        assert_eq!(entries.count(), 0, "{place}");
    }
}

/// Whether an error is of the system, names this file or directory, says all of this, and what to do.
#[track_caller]
pub(crate) fn assert_io(error: &Error, path: &Path, fragments: &[&str], place: &str) {
    let ErrorKind::Io { path: of, .. } = error.kind() else {
        panic!("{place}: {error}");
    };
    assert_eq!(of, path, "{place}: {error}");
    for fragment in fragments.iter().chain(&["hint: "]) {
        assert!(error.to_string().contains(fragment), "{place}: {fragment} is missing in: {error}");
    }
}

/// Asks until the answer is as it should be, for a second at most.
pub(crate) fn eventually<T>(mut ask: impl FnMut() -> T, is_right: impl Fn(&T) -> bool) -> T {
    for _ in 0..200 {
        let answer = ask();
        if is_right(&answer) {
            return answer;
        }
        drop(answer);
        std::thread::sleep(Duration::from_millis(5));
    }
    ask()
}
