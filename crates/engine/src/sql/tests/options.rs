//! The options of `read_csv`.

use plimsoll_core::{CsvOptions, DataType, Delimiter, Infer, OnError, Quotes, Ragged};

use super::parse;

#[test]
fn each_option_sets_its_field() {
    let default = CsvOptions::default;
    let decimal = DataType::Decimal { precision: 4, scale: 1 };
    let text = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    for (options, expected) in [
        ("delimiter=';'", CsvOptions { delimiter: Some(b';'.into()), ..default() }),
        ("sep := '\\t'", CsvOptions { delimiter: Some(b'\t'.into()), ..default() }),
        ("DELIM => '|'", CsvOptions { delimiter: Some(b'|'.into()), ..default() }),
        ("sep=';;'", CsvOptions { delimiter: Some(Delimiter::parse(";;").unwrap()), ..default() }),
        ("encoding='shift_jis'", CsvOptions { encoding: Some("shift_jis".into()), ..default() }),
        ("quote=''''", CsvOptions { quote: Some(Some(b'\'')), ..default() }),
        ("quote=''", CsvOptions { quote: Some(None), ..default() }),
        ("escape='\\'", CsvOptions { escape: Some(Some(b'\\')), ..default() }),
        ("header=false", CsvOptions { header: Some(false), ..default() }),
        ("header=0", CsvOptions { header: Some(false), ..default() }),
        ("null='NA'", CsvOptions { nulls: text(&["NA"]), ..default() }),
        ("nullstr=['NA', '-']", CsvOptions { nulls: text(&["NA", "-"]), ..default() }),
        ("comment='#'", CsvOptions { comment: Some(Some("#".into())), ..default() }),
        ("skip=3", CsvOptions { skip_rows: Some(3), ..default() }),
        ("infer='FULL'", CsvOptions { infer: Infer::Full, ..default() }),
        ("ragged='pad'", CsvOptions { ragged: Ragged::Pad, ..default() }),
        ("quotes='Lenient'", CsvOptions { quotes: Quotes::Lenient, ..default() }),
        (
            "on_error='skip', max_errors=10",
            CsvOptions { on_error: OnError::Skip, max_errors: Some(10), ..default() },
        ),
        (
            "decimal_separator=',', thousands='.'",
            CsvOptions { decimal: b',', thousands: Some(b'.'), ..default() },
        ),
        ("date_format='%d/%m/%Y'", CsvOptions { date_format: Some("%d/%m/%Y".into()), ..default() }),
        ("timestampformat='%s'", CsvOptions { timestamp_format: Some("%s".into()), ..default() }),
        ("max_field=1_000", CsvOptions { max_field: 1000, ..default() }),
        ("types={'t': 'DOUBLE'}", CsvOptions { types: vec![("t".into(), DataType::Float64)], ..default() }),
        (
            "types=MAP {'t': 'DOUBLE'}",
            CsvOptions { types: vec![("t".into(), DataType::Float64)], ..default() },
        ),
        (
            "columns={'s': 'VARCHAR', t: 'DECIMAL(4,1)'}",
            CsvOptions {
                columns: Some(vec![("s".into(), Some(DataType::Utf8)), ("t".into(), Some(decimal))]),
                ..default()
            },
        ),
        (
            "names=['a', 'b']",
            CsvOptions { columns: Some(vec![("a".into(), None), ("b".into(), None)]), ..default() },
        ),
        (
            "delim=';', header=false, skip=1",
            CsvOptions { delimiter: Some(b';'.into()), header: Some(false), skip_rows: Some(1), ..default() },
        ),
    ] {
        let query = parse(&format!("SELECT * FROM read_csv('f.csv', {options})"));
        assert_eq!(query.from.path, "f.csv");
        assert_eq!(query.from.options, expected, "{options}");
    }
}
