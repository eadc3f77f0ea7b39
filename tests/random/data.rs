//! Random CSV files: eight columns, each mostly of one kind, with cells of every other kind now and then.

use plimsoll_core::{CsvOptions, OnError, Quotes, Ragged};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// The columns: integers, decimals, doubles, text, dates, timestamps, Booleans, and anything.
pub(crate) const COLUMNS: [&str; 8] = ["i", "d", "f", "s", "day", "ts", "b", "any"];

/// A file and what its dialect says of it.
#[derive(Clone)]
pub(crate) struct File {
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
    /// Whether records lie behind the head sample: then a type may turn out wider after rows were given.
    pub(crate) beyond_sample: bool,
}

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let filler = "~".repeat(CsvOptions::SAMPLE_BYTES);
        f.write_str(&String::from_utf8_lossy(&self.bytes).replace(&filler, "~FILLER~").replace('\r', "\\r"))
    }
}

const INTEGERS: [&str; 16] = [
    "0",
    "1",
    "-1",
    "2",
    "3",
    "7",
    "10",
    "42",
    "-5",
    "100",
    "999",
    "-0",
    "9223372036854775807",
    "-9223372036854775808",
    "4611686018427387904",
    "3037000500",
];
const DECIMALS: [&str; 16] = [
    "0.0",
    "1.0",
    "1.00",
    "-1.50",
    "2.5",
    "3",
    "0.1",
    "0.10",
    "-0.0",
    "12.345",
    "99.99",
    "0.333333",
    "-7.25",
    "1000000.01",
    "123456789012345678.9",
    "0.000000000001",
];
const FLOATS: [&str; 16] = [
    "1e0",
    "1e3",
    "-2.5e-3",
    "0.1",
    "0.5",
    "3",
    "nan",
    "NaN",
    "inf",
    "-inf",
    "1e308",
    "1e-308",
    "-0.0",
    "5e-324",
    "1e16",
    "0.30000000000000",
];
const TEXTS: [&str; 20] = [
    "a",
    "b",
    "A",
    "ab",
    "abc",
    "b a",
    " x ",
    "é",
    "ß",
    "日本",
    "007",
    "7",
    "+7",
    "1_0",
    "a%b",
    "\"q\"\"q\"",
    "\"a,b\"",
    "\"line\nbreak\"",
    "\"\"",
    "NULL",
];
const DATES: [&str; 8] = [
    "2024-02-29",
    "2024-01-01",
    "1970-01-01",
    "1969-12-31",
    "0001-01-01",
    "9999-12-31",
    "2000-06-15",
    "\"2024-01-01\"",
];
const TIMESTAMPS: [&str; 6] = [
    "2024-02-29 12:00:00",
    "2024-02-29T12:00:00.5",
    "1970-01-01 00:00:00",
    "1969-12-31 23:59:59.999999",
    "9999-12-31 23:59:59",
    "2024-01-01 00:00:00",
];
const BOOLEANS: [&str; 6] = ["true", "false", "True", "FALSE", "true", "\"false\""];
const WIDE: [&str; 6] = [
    "99999999999999999999",
    "-99999999999999999999999999999999999999",
    "1234567890.123456789",
    "12345678901234567890123456789012345678",
    "0.00000000000000000000000000000000000001",
    "18446744073709551616",
];

fn list(values: &'static [&'static str]) -> BoxedStrategy<String> {
    select(values).prop_map(str::to_owned).boxed()
}

fn number() -> BoxedStrategy<String> {
    prop_oneof![4 => (-20i64..20).prop_map(|n| n.to_string()), 1 => any::<i32>().prop_map(|n| n.to_string())]
        .boxed()
}

/// A cell of `column`'s own kind.
fn own(column: usize) -> BoxedStrategy<String> {
    match column {
        0 => prop_oneof![5 => number(), 1 => list(&INTEGERS)].boxed(),
        1 => {
            let cents = (-9999i64..9999).prop_map(|n| {
                format!("{}{}.{:02}", if n < 0 { "-" } else { "" }, n.abs() / 100, n.abs() % 100)
            });
            prop_oneof![4 => cents, 3 => list(&DECIMALS)].boxed()
        }
        2 => {
            let double = any::<f64>().prop_filter("plain", |x| x.is_finite()).prop_map(|x| format!("{x:e}"));
            let short = (-9999i32..9999, -4i32..4).prop_map(|(m, e)| format!("{m}e{e}"));
            prop_oneof![3 => list(&FLOATS), 2 => short, 1 => double].boxed()
        }
        3 => list(&TEXTS),
        4 => list(&DATES),
        5 => list(&TIMESTAMPS),
        6 => list(&BOOLEANS),
        _ => any_kind(),
    }
}

fn any_kind() -> BoxedStrategy<String> {
    prop_oneof![
        list(&INTEGERS),
        list(&DECIMALS),
        list(&FLOATS),
        list(&TEXTS),
        list(&DATES),
        list(&TIMESTAMPS),
        list(&BOOLEANS),
        list(&WIDE),
    ]
    .boxed()
}

/// How often cells of a column are NULL and of a foreign kind, in percent.
fn column(index: usize, rows: usize) -> BoxedStrategy<Vec<String>> {
    let nulls = select(vec![0u32, 10, 50, 100]);
    let foreign = prop_oneof![6 => Just(0u32), 1 => Just(5u32)];
    (nulls, foreign, any::<bool>())
        .prop_flat_map(move |(nulls, foreign, few)| {
            // Few different values make groups, ties and duplicates.
            let pool = if few { vec(own(index), 1..4) } else { vec(own(index), 1..40) };
            (pool, Just(nulls), Just(foreign))
        })
        .prop_flat_map(move |(pool, nulls, foreign)| {
            let cell = prop_oneof![
                100 - nulls => select(pool),
                nulls => prop_oneof![9 => Just(String::new()), 1 => Just("\"\"".to_owned())],
            ];
            let cell = prop_oneof![100 - foreign => cell, foreign => any_kind()];
            vec(cell, rows)
        })
        .boxed()
}

/// What becomes of bad records and cells: mostly they are errors.
pub(crate) fn tolerance() -> BoxedStrategy<CsvOptions> {
    let ragged = select(vec![Ragged::Fail, Ragged::Pad, Ragged::Skip]);
    let quotes = select(vec![Quotes::Strict, Quotes::Lenient]);
    let on_error = select(vec![OnError::Fail, OnError::Skip, OnError::Null]);
    let tolerant = (ragged, quotes, on_error).prop_map(|(ragged, quotes, on_error)| CsvOptions {
        ragged,
        quotes,
        on_error,
        ..CsvOptions::default()
    });
    prop_oneof![1 => Just(CsvOptions::default()), 1 => tolerant].boxed()
}

/// A file of up to 40 records, at times broken at a few places.
pub(crate) fn file() -> BoxedStrategy<File> {
    let piece = select(vec![&b"\""[..], b",", b"\n", b"\xFF", b"\r", b"\"\"", b",\"x\"y,"]);
    let broken = (any::<prop::sample::Index>(), piece, prop::bool::weighted(0.2));
    (well_formed(), prop_oneof![3 => Just(Vec::new()), 1 => vec(broken, 1..4)])
        .prop_map(|(mut file, broken)| {
            for (place, piece, cut) in broken {
                let at = place.index(file.bytes.len());
                let behind = file.bytes.split_off(at);
                file.bytes.extend_from_slice(piece);
                file.bytes.extend_from_slice(if cut { &[] } else { &behind });
            }
            file
        })
        .boxed()
}

fn well_formed() -> BoxedStrategy<File> {
    let rows = prop_oneof![1 => Just(0usize), 3 => 1usize..4, 8 => 1usize..40];
    let newline = prop_oneof![4 => Just("\n"), 1 => Just("\r\n"), 1 => Just("\r")];
    (
        rows,
        newline,
        any::<bool>(),
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.15),
        prop::bool::weighted(0.2),
    )
        .prop_flat_map(|(rows, newline, ended, bom, beyond_sample, blanks)| {
            let columns: Vec<_> = (0..COLUMNS.len()).map(|index| column(index, rows)).collect();
            columns.prop_map(move |columns| {
                let mut text = String::from(if bom { "\u{feff}" } else { "" });
                text.push_str(&COLUMNS.join(","));
                text.push_str(",fill");
                for row in 0..rows {
                    text.push_str(newline);
                    if blanks && row % 3 == 1 {
                        text.push_str(newline);
                    }
                    let cells: Vec<&str> = columns.iter().map(|column| column[row].as_str()).collect();
                    text.push_str(&cells.join(","));
                    text.push(',');
                    if beyond_sample && row == 0 {
                        text.push_str(&"~".repeat(CsvOptions::SAMPLE_BYTES));
                    }
                }
                if ended {
                    text.push_str(newline);
                }
                File { bytes: text.into_bytes(), beyond_sample: beyond_sample && rows > 1 }
            })
        })
        .boxed()
}
