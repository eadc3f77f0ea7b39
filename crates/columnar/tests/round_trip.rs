//! Stores of every form against a scan of the CSV file itself, value for value.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the test's message")]

mod common;

use std::fmt::Write;
use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType as ArrowType, Float64Type};
use common::{Columns, Csv, blocks_of, columns_of, every_store};
use plimsoll_columnar::{Form, Store};
use plimsoll_core::{CsvOptions, DataType, Field};
use proptest::prelude::*;

#[track_caller]
fn check(csv: &Csv) {
    let folder = tempfile::tempdir().unwrap();
    let expected = csv.columns();
    let schema = csv.spec.schema(&csv.file).unwrap();
    for (at, (name, store)) in every_store(csv, &folder).into_iter().enumerate() {
        store.expect_schema(&schema).unwrap();
        let (columns, _) = columns_of(store, 1 + at % 3);
        same(name, &columns, &expected);
    }
}

#[track_caller]
fn same(name: &str, columns: &Columns, expected: &Columns) {
    assert_eq!(columns.len(), expected.len(), "{name}");
    for ((column, found), (_, expected)) in columns.iter().zip(expected) {
        assert_eq!(found, expected, "{name}, column {column}");
        // Arrow takes equal doubles for equal; here their bits count.
        let bits = |array: &dyn Array| {
            let doubles = array.as_primitive_opt::<Float64Type>()?;
            Some(doubles.iter().map(|value| value.map(f64::to_bits)).collect::<Vec<_>>())
        };
        let (found, expected) =
            (found.as_ref().and_then(|a| bits(a)), expected.as_ref().and_then(|a| bits(a)));
        assert_eq!(found, expected, "{name}, column {column}");
    }
}

/// What the cells of a column are.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Empty,
    Truth,
    Small,
    Integer,
    Edge,
    Decimal { digits: usize, scale: usize },
    Double,
    Simple,
    Date,
    Timestamp,
    Seconds,
    Word,
    Text,
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Empty),
        Just(Kind::Truth),
        Just(Kind::Small),
        Just(Kind::Integer),
        Just(Kind::Edge),
        (1..=38_usize)
            .prop_flat_map(|digits| (0..digits).prop_map(move |scale| Kind::Decimal { digits, scale })),
        Just(Kind::Double),
        Just(Kind::Simple),
        Just(Kind::Date),
        Just(Kind::Timestamp),
        Just(Kind::Seconds),
        Just(Kind::Word),
        Just(Kind::Text),
    ]
}

/// A cell as the file has it.
fn cell(kind: Kind) -> BoxedStrategy<String> {
    let value = match kind {
        Kind::Empty => Just(String::new()).boxed(),
        Kind::Truth => any::<bool>().prop_map(|truth| truth.to_string()).boxed(),
        Kind::Small => (-129_i64..=130).prop_map(|value| value.to_string()).boxed(),
        Kind::Integer => any::<i64>().prop_map(|value| value.to_string()).boxed(),
        Kind::Edge => {
            let edges = [8, 16, 32, 64].map(|bits| 1_i128 << (bits - 1));
            let near = (0..4_usize, any::<bool>(), 0..2_i128).prop_map(move |(at, negative, less)| {
                if negative { -(edges[at] - less) } else { edges[at] - 1 - less }
            });
            near.prop_map(|value| value.to_string()).boxed()
        }
        Kind::Decimal { digits, scale } => {
            let whole = digits - scale;
            let digits = |count: usize| proptest::collection::vec(b'0'..=b'9', count);
            (any::<bool>(), 1..=whole.max(1), digits(whole.max(1)), digits(scale))
                .prop_map(move |(negative, length, before, after)| {
                    let text = |digits: Vec<u8>| String::from_utf8(digits).unwrap();
                    let before = text(before)[..length].trim_start_matches('0').to_owned();
                    let before = if before.is_empty() || whole == 0 { "0".to_owned() } else { before };
                    let sign = if negative { "-" } else { "" };
                    if scale == 0 {
                        format!("{sign}{before}")
                    } else {
                        format!("{sign}{before}.{}", text(after))
                    }
                })
                .boxed()
        }
        Kind::Double => prop_oneof![
            any::<f64>()
                .prop_filter("as text", |value| value.is_finite())
                .prop_map(|value| format!("{value:e}")),
            Just("NaN".to_owned()),
            Just("-inf".to_owned()),
            Just("inf".to_owned()),
            Just("-0.0".to_owned()),
            Just("-0e5".to_owned()),
        ]
        .boxed(),
        Kind::Simple => (-1000..1000_i32).prop_map(|value| format!("{}e-2", value * 25)).boxed(),
        Kind::Date => (1..=9999_u32, 1..=12_u32, 1..=28_u32)
            .prop_map(|(year, month, day)| format!("{year:04}-{month:02}-{day:02}"))
            .boxed(),
        Kind::Timestamp => (1..=9999_u32, 0..24_u32, 0..1_000_000_u32)
            .prop_map(|(year, hour, micros)| format!("{year:04}-02-28 {hour:02}:59:58.{micros:06}"))
            .boxed(),
        Kind::Seconds => (1900..=2040_u32, 0..60_u32)
            .prop_map(|(year, second)| format!("{year:04}-12-31T23:00:{second:02}"))
            .boxed(),
        Kind::Word => prop_oneof![Just("Oslo"), Just("Ålesund"), Just("\"\""), Just("\"a\nb\""), Just("x")]
            .prop_map(str::to_owned)
            .boxed(),
        Kind::Text => "\\PC{0,20}".prop_map(|text| format!("\"{}\"", text.replace('"', "\"\""))).boxed(),
    };
    prop_oneof![8 => value, 1 => Just(String::new())].boxed()
}

/// A CSV file of columns of these kinds.
fn file(rows: usize) -> impl Strategy<Value = String> {
    let columns = proptest::collection::vec((kind(), any::<bool>()), 1..5);
    columns.prop_flat_map(move |columns| {
        let cells = columns.into_iter().map(move |(kind, nulls)| {
            let cell = cell(kind);
            let never_null = cell.clone().prop_filter("a value", |text| !text.is_empty());
            let cell = if nulls || matches!(kind, Kind::Empty) { cell } else { never_null.boxed() };
            proptest::collection::vec(cell, 0..rows)
        });
        cells.collect::<Vec<_>>().prop_map(|columns| {
            let rows = columns.iter().map(Vec::len).min().unwrap_or(0);
            let mut text = (0..columns.len()).map(|at| format!("c{at}")).collect::<Vec<_>>().join(",") + "\n";
            for row in 0..rows {
                let cells: Vec<&str> = columns.iter().map(|column| column[row].as_str()).collect();
                // A line of one empty cell is blank: no record.
                let line = cells.join(",");
                text += if line.is_empty() { "\"\"" } else { &line };
                text += "\n";
            }
            text
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_file(text in file(60), block_size in 16..4096_usize) {
        check(&Csv::new(&text, &CsvOptions::default(), block_size));
    }
}

#[test]
fn no_rows_and_no_columns() {
    let csv = Csv::of("a,b\n");
    check(&csv);
    let mut csv = Csv::of("a,b\n1,2\n3,4\n");
    csv.spec.columns.clear();
    let folder = tempfile::tempdir().unwrap();
    for (name, store) in every_store(&csv, &folder) {
        assert_eq!((store.rows(), store.columns().len()), (2, 0), "{name}");
        assert_eq!(blocks_of(&Arc::new(store), Vec::new(), 2).unwrap()[0].rows, 2, "{name}");
    }
}

/// Rows for three chunks, in which types and dictionaries widen late.
fn long_file() -> String {
    let mut text = "grows,decimal,word,id,date,maybe\n".to_owned();
    for row in 0..150_000_u64 {
        let grows = match row {
            0..1000 => row % 100,
            1000..70_000 => row % 30_000,
            70_000..149_999 => row,
            _ => 1 << 40,
        };
        let decimal =
            if row == 140_000 { "123456789012345678901.5".to_owned() } else { format!("-{row}.25") };
        let word = if row < 66_000 { row % 200 } else { row % 70_000 };
        let maybe = if row == 100_000 { "1.0e300" } else { "" };
        writeln!(text, "{grows},{decimal},w{word:06},{row:08}x,20{:02}-01-31,{maybe}", row % 100).unwrap();
    }
    text
}

#[test]
fn rows_of_many_chunks() {
    let csv = Csv::of(&long_file());
    check(&csv);
    let types: Vec<ArrowType> =
        csv.load(Form::Compact).columns().into_iter().map(|column| column.physical).collect();
    let dictionary = |key| ArrowType::Dictionary(Box::new(key), Box::new(ArrowType::Utf8));
    assert_eq!(
        types,
        [
            ArrowType::Int64,
            ArrowType::Decimal128(38, 2),
            dictionary(ArrowType::UInt32),
            ArrowType::Utf8,
            ArrowType::Date32,
            ArrowType::Float64
        ]
    );
}

#[test]
fn a_projection_gives_its_columns_only() {
    let store = Arc::new(Csv::of("a,b,c\n1,x,2.5\n2,y,3.5\n").load(Form::Compact));
    let blocks = blocks_of(&store, vec![2, 0, 2], 1).unwrap();
    let names: Vec<&str> = blocks[0].schema.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["c", "a", "c"]);
    assert_eq!(blocks[0].columns[1].as_primitive::<arrow::datatypes::Int64Type>().values(), &[1, 2]);
    let error = blocks_of(&store, vec![3], 1).unwrap_err();
    assert_eq!(error.to_string(), "the store has no column of number 3");
}

/// The type that each column is given and the words for it.
#[test]
fn the_narrowest_type_and_why() {
    let csv = Csv::of(
        "i,d,small,t,s,micro,single,double,word,unique,nothing,truth\n\
         -128,0.01,0.5,2024-01-01,2024-01-01 00:00:01,2024-01-01 00:00:00.5,1e-30,5.0e-1,aaaaaaaa,p,,true\n\
         127,-327.67,0.25,1950-06-01,1999-01-01 00:00:00,2024-01-01 00:00:00,1.0e0,8.470329472543003e-22,aaaaaaaa,q,,false\n",
    );
    let reports = csv.load(Form::Compact).columns();
    let shown: Vec<String> = reports.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "i BIGINT as Int8: its values lie from -128 to 127",
            "d DECIMAL(38,2) as Int16: its values lie from -32767 to 1",
            "small DECIMAL(38,2) as Int8: its values lie from 25 to 50",
            "t DATE as Int16: its values lie from -7154 to 19723",
            "s TIMESTAMP as Int32: its values are whole seconds that 32 bits count",
            "micro TIMESTAMP as Timestamp(µs): a value is no whole second that 32 bits count",
            "single DOUBLE as Float64: a value needs 64 bits",
            "double DOUBLE as Float32: every value is exact in 32 bits",
            "word VARCHAR as Dictionary(UInt8, Utf8): 1 distinct texts, 18 bytes instead of 28",
            "unique VARCHAR as Utf8: a dictionary of 2 texts would take 16 bytes instead of 14",
            "nothing NULL as Null: the only type there is",
            "truth BOOLEAN as Boolean: the only type there is",
        ]
    );
    assert!(
        csv.load(Form::Plain).columns().iter().all(|column| column.to_string().ends_with(": the plain type"))
    );
}

/// A long text ends a chunk before it has its rows.
#[test]
fn long_texts() {
    let mut text = "a,b\n".to_owned();
    for row in 0..40 {
        writeln!(text, "{row},{}", char::from(b'a' + row % 26).to_string().repeat(1 << 20)).unwrap();
    }
    let csv = Csv::of(&text);
    check(&csv);
    let store = Arc::new(csv.load(Form::Plain));
    assert!(blocks_of(&store, vec![0, 1], 1).unwrap().len() >= 3);
}

#[test]
fn a_type_that_the_user_gives() {
    let options = CsvOptions {
        types: vec![
            ("a".to_owned(), DataType::Decimal { precision: 30, scale: 2 }),
            ("b".to_owned(), DataType::Float64),
            ("c".to_owned(), DataType::Utf8),
        ],
        ..CsvOptions::default()
    };
    let csv = Csv::new("a,b,c\n1,2,3\n1234567890123456789.5,0.1,\n", &options, 64);
    check(&csv);
    let store: Store = csv.load(Form::Compact);
    let expected = Field::new("a", DataType::Decimal { precision: 30, scale: 2 });
    assert_eq!(store.schema().fields[0], expected);
    let other = plimsoll_core::Schema::new(vec![expected, Field::new("x", DataType::Float64)]);
    let error = store.expect_schema(&other).unwrap_err().to_string();
    assert!(error.starts_with("column 2 of the store is b DOUBLE, not x DOUBLE"), "{error}");
}
