//! Loads a file once and asks it often: columns in the narrowest types, what each takes and why, and the same columns in an
//! Arrow file that is mapped instead of loaded.

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use plimsoll::expr::{avg, col, count_all};
use plimsoll::{CsvOptions, Engine, Form, Table};

#[global_allocator]
static ALLOCATOR: plimsoll::memory::Counting = plimsoll::memory::Counting::system();

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::builder().memory_limit(256 << 20).threads(2).build()?;
    let table = Table { path: "data/weather.csv".into(), options: CsvOptions::default() };
    let inferred = engine.infer(&table)?;
    let compact = engine.load(&inferred, Form::Compact)?;
    for column in compact.columns() {
        println!("{column}, {} bytes", column.heap_bytes);
    }

    let warm = engine
        .over(&compact)
        .filter(col("t").gt(30))
        .aggregate([count_all().alias("n"), avg(col("t")).into()]);
    let first = warm.run()?;
    assert_eq!(first.batches, warm.run()?.batches);
    let stations = engine.over(&compact).group_by([col("station")]).aggregate([avg(col("t"))]);
    assert_eq!(stations.run()?.footprint.groups, Some(40));

    let folder = tempfile::tempdir()?;
    let path = folder.path().join("weather.arrow");
    let mapped = engine.load_mapped(&inferred, &path)?;
    assert_eq!(warm.clone().over(&mapped).run()?.batches, first.batches);
    // A statement can name the file.
    let sql = format!("SELECT count(*) AS n, avg(t) FROM '{}' WHERE t > 30", path.display());
    assert_eq!(engine.sql(&sql)?.run()?.batches, first.batches);

    let plain = engine.load(&inferred, Form::Plain)?;
    let bytes =
        |dataset: &plimsoll::Dataset| dataset.columns().iter().map(|column| column.heap_bytes).sum::<u64>();
    println!("plain {} bytes, compact {}, mapped {}", bytes(&plain), bytes(&compact), bytes(&mapped));
    assert!(bytes(&mapped) < bytes(&compact) && bytes(&compact) < bytes(&plain));
    Ok(())
}
