//! The query builder, and results as they come: rows are written out while the file is still being read.
//!
//! `cargo run --package plimsoll-workspace --example builder`

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use arrow::array::AsArray;
use arrow::datatypes::Decimal128Type;
use plimsoll::expr::{avg, col, count_all, dec, max};
use plimsoll::{CsvOptions, DataType, Engine};

fn main() -> plimsoll::Result<()> {
    let engine = Engine::builder().build()?;
    let decimal = DataType::Decimal { precision: 4, scale: 1 };
    let options = CsvOptions {
        delimiter: Some(b';'.into()),
        header: Some(false),
        columns: Some(vec![("station".into(), Some(DataType::Utf8)), ("t".into(), Some(decimal))]),
        ..CsvOptions::default()
    };
    let measurements = || engine.csv("data/measurements.csv").options(options.clone());

    // No group and no order: batches come in file order, and nothing is held but the block that is being read.
    let hot = measurements().filter(col("t").gt(dec("40.0")?)).select([col("station"), col("t")]);
    let mut stream = hot.stream()?;
    let mut rows = 0;
    for batch in stream.by_ref() {
        let batch = batch?;
        rows += batch.num_rows();
        // 40.1 is the mantissa 401 with one digit behind the point.
        assert!(
            batch.column(1).as_primitive::<Decimal128Type>().values().iter().all(|mantissa| *mantissa > 400)
        );
    }
    let footprint = stream.footprint();
    assert_eq!((footprint.rows_given, footprint.rows_read), (rows as u64, 5000));
    println!("{rows} of {} measurements are above 40 °C", footprint.rows_read);

    // The same with groups. The plan is what SQL of the same meaning gives.
    let busiest = measurements()
        .group_by([col("station")])
        .aggregate([count_all().alias("n"), avg(col("t")).alias("mean"), max(col("t")).alias("most")])
        .having(col("n").gt_eq(20))
        .order_by([col("n").desc(), col("station").asc()])
        .limit(5);
    let sql = engine.sql_with(
        "SELECT station, count(*) AS n, avg(t) AS mean, max(t) AS most FROM 'data/measurements.csv' \
         GROUP BY station HAVING n >= 20 ORDER BY n DESC, station LIMIT 5",
        &options,
    )?;
    assert_eq!(busiest.query(), sql.query());
    let (by_builder, by_sql) = (busiest.run()?, sql.run()?);
    assert_eq!(by_builder.batches, by_sql.batches);
    println!("{}", busiest.explain()?);
    Ok(())
}
