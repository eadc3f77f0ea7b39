//! Whole queries over small files: types, stages, and the error that each kind of bad input ends with.

use plimsoll_core::{
    AggregateFunction, CompareOp, CsvOptions, DataType, Error, ErrorKind, Expr, Infer, OrderBy, Query,
    SelectItem, Table, Value,
};

use crate::{Rows, run, run_bytes};

fn query(select: Vec<Expr>) -> Query {
    let mut query = Query::new(Table { path: "f.csv".into(), options: CsvOptions::default() });
    query.select = select.into_iter().map(|expr| SelectItem::Expr { expr, alias: None }).collect();
    query
}

fn column(name: &str) -> Expr {
    Expr::Column(name.into())
}

fn int(value: i64) -> Expr {
    Expr::Literal(Value::Int64(value))
}

fn text(value: &str) -> Expr {
    Expr::Literal(Value::Utf8(value.into()))
}

fn compare(op: CompareOp, left: Expr, right: Expr) -> Expr {
    Expr::Compare(op, Box::new(left), Box::new(right))
}

fn aggregate(function: AggregateFunction, name: &str) -> Expr {
    Expr::Aggregate { function, arguments: vec![column(name)] }
}

fn count() -> Expr {
    Expr::Aggregate { function: AggregateFunction::CountStar, arguments: Vec::new() }
}

fn integer(name: &str) -> Expr {
    Expr::Cast { expr: Box::new(column(name)), data_type: DataType::Int64, lenient: false }
}

fn by(expr: Expr, descending: bool, nulls_first: bool) -> OrderBy {
    OrderBy { expr, descending, nulls_first }
}

fn shown(rows: &Rows) -> Vec<String> {
    let line = |row: &Vec<Value>| row.iter().map(Value::to_string).collect::<Vec<_>>().join("|");
    rows.rows.iter().map(line).collect()
}

fn rows(query: &Query, bytes: &str) -> Vec<String> {
    shown(&run_bytes(query, bytes.as_bytes(), false).unwrap())
}

fn types(query: &Query, bytes: &str) -> Vec<DataType> {
    run_bytes(query, bytes.as_bytes(), false).unwrap().schema.types()
}

fn error(query: &Query, bytes: &[u8]) -> Error {
    run_bytes(query, bytes, false).unwrap_err()
}

/// Line, record, byte, column and value of a data error.
fn place(query: &Query, bytes: &[u8]) -> (u64, u64, u64, String, String) {
    match error(query, bytes).into_kind() {
        ErrorKind::Data { location, .. } => (
            location.line,
            location.record,
            location.byte,
            location.column.unwrap_or_default(),
            location.value.unwrap_or_default(),
        ),
        other => panic!("{other}"),
    }
}

fn at(line: u64, record: u64, byte: u64, column: &str, value: &str) -> (u64, u64, u64, String, String) {
    (line, record, byte, column.into(), value.into())
}

/// A file whose head sample holds `a` = 1 and `b` = 1 alone, filled up by a third column, and `tail` behind it.
fn beyond_sample(tail: &str) -> String {
    let record = format!("1,1,{}\n", "x".repeat(1000));
    format!("a,b,fill\n{}{tail}", record.repeat(CsvOptions::SAMPLE_BYTES / record.len() + 1))
}

const WEATHER: &str = "station,t,day\nOslo,1.5,2024-01-01\nRoma,12,2024-01-01\nOslo,-2.25,2024-01-02\n\nRoma,,2024-01-02\n,3,\n";

#[test]
fn every_column_of_every_record() {
    let all = query(Vec::new());
    assert_eq!(
        rows(&all, WEATHER),
        [
            "Oslo|1.50|2024-01-01",
            "Roma|12.00|2024-01-01",
            "Oslo|-2.25|2024-01-02",
            "Roma|NULL|2024-01-02",
            "NULL|3.00|NULL",
        ]
    );
    assert_eq!(types(&all, WEATHER), [DataType::Utf8, DataType::decimal(2), DataType::Date]);
    assert_eq!(types(&all, "a,b\n,\n"), [DataType::Null, DataType::Null]);
    assert_eq!(rows(&all, "a,b\n"), Vec::<String>::new());
}

#[test]
fn groups_come_in_the_order_of_their_first_record() {
    let mut query = query(vec![column("station"), count(), aggregate(AggregateFunction::Sum, "t")]);
    query.group_by = vec![int(1)];
    assert_eq!(rows(&query, WEATHER), ["Oslo|2|-0.75", "Roma|2|12.00", "NULL|1|3.00"]);
    query.having = Some(compare(CompareOp::Greater, count(), int(1)));
    assert_eq!(rows(&query, WEATHER), ["Oslo|2|-0.75", "Roma|2|12.00"]);
    query.limit = Some(1);
    query.offset = 1;
    query.having = None;
    assert_eq!(rows(&query, WEATHER), ["Roma|2|12.00"], "a limit goes by the key, NULL last");
}

#[test]
fn keys_are_equal_by_value() {
    let mut query = query(vec![column("k"), count()]);
    query.group_by = vec![int(1)];
    assert_eq!(rows(&query, "k\n1.0\n1.00\n\n2\n\"\"\n"), ["1.00|2", "NULL|2", "2.00|1"]);
    assert_eq!(rows(&query, "k\nnan\n-0\n0.0\nNaN\n1e0\n"), ["NaN|2", "0.0|2", "1.0|1"]);
    assert_eq!(rows(&query, "k\n007\n7\n\"\"\n"), ["007|1", "7|1", "|1"]);
}

#[test]
fn one_group_even_of_nothing() {
    let totals =
        query(vec![count(), aggregate(AggregateFunction::Sum, "a"), aggregate(AggregateFunction::Min, "a")]);
    assert_eq!(rows(&totals, "a\n"), ["0|NULL|NULL"]);
    let mut grouped = query(vec![count()]);
    grouped.group_by = vec![column("a")];
    assert_eq!(rows(&grouped, "a\n"), Vec::<String>::new());
}

#[test]
fn order_is_stable_and_nulls_stand_where_they_are_told() {
    let mut query = query(vec![column("a"), column("b")]);
    let file = "a,b\n2,x\n,y\n1,z\n2,w\n";
    query.order_by = vec![by(column("a"), false, false)];
    assert_eq!(rows(&query, file), ["1|z", "2|x", "2|w", "NULL|y"]);
    query.order_by = vec![by(column("a"), true, false)];
    assert_eq!(rows(&query, file), ["2|x", "2|w", "1|z", "NULL|y"]);
    query.order_by = vec![by(column("a"), true, true), by(column("b"), false, false)];
    assert_eq!(rows(&query, file), ["NULL|y", "2|w", "2|x", "1|z"]);
    query.order_by = vec![by(int(1), false, true)];
    (query.offset, query.limit) = (1, Some(2));
    assert_eq!(rows(&query, file), ["1|z", "2|x"]);
}

#[test]
fn distinct_keeps_the_first() {
    let mut query = query(vec![column("a")]);
    query.distinct = true;
    assert_eq!(rows(&query, "a\n2\n1\n2\n\n1.0\n\n"), ["2.0", "1.0", "NULL"]);
    query.order_by = vec![by(int(1), false, false)];
    assert_eq!(rows(&query, "a\n2\n1\n2\n"), ["1", "2"]);
}

#[test]
fn types_join_the_cells_that_are_read() {
    let file = beyond_sample("2,2.5,\n3,x,\n");
    let last = DataType::decimal(1);
    let mut query = query(vec![column("b")]);
    query.filter = Some(compare(CompareOp::Equal, column("a"), int(2)));
    assert_eq!(types(&query, &file), [last], "the record with x does not pass");
    query.filter = Some(compare(CompareOp::Greater, column("a"), int(1)));
    assert_eq!(types(&query, &file), [DataType::Utf8]);
    query.filter = None;
    query.limit = Some(5);
    assert_eq!(types(&query, &file), [DataType::Int64], "a stream ends at its limit");
    query.from.options.infer = Infer::Full;
    assert_eq!(types(&query, &file), [DataType::Utf8]);
    query.from.options.types = vec![("B".into(), DataType::Float64)];
    assert_eq!(types(&query, &file), [DataType::Float64]);
}

#[test]
fn columns_of_where_take_every_record() {
    let file = beyond_sample("2.5,3,\n3.25,x,\n");
    let mut query = query(vec![column("a"), column("b")]);
    query.filter = Some(compare(CompareOp::Equal, column("a"), Expr::Literal(Value::decimal(25, 1))));
    assert_eq!(rows(&query, &file), ["2.50|3"]);
    query.limit = Some(1);
    assert_eq!(rows(&query, &file), ["2.5|3"], "the stream ends before 3.25");
    // As the integer that the sample tells of, the literal could not be read.
    query.filter = Some(compare(CompareOp::Equal, column("a"), text("x")));
    assert_eq!(rows(&query, &beyond_sample("x,3,\n")), ["x|3"]);
}

#[test]
fn bare_columns_as_their_own_text() {
    let mut options = query(vec![column("a"), compare(CompareOp::Greater, column("b"), int(1)), column("b")]);
    options.from.options.nulls = vec!["NA".into()];
    let file = "a,b\n1.50,007\n\"NA\",2\nNA,NA\n,\"\"\n\"\",1\n";
    let failing = run_bytes(&options, file.as_bytes(), true).unwrap_err().to_string();
    assert!(failing.contains("value '007'"), "in another expression it is typed: {failing}");
    let file = file.replace("007", "7.0");
    let result = run_bytes(&options, file.as_bytes(), true).unwrap();
    assert_eq!(shown(&result), ["1.50|true|7.0", "NA|true|2", "NULL|NULL|NULL", "NULL|NULL|", "|false|1"]);
    assert_eq!(result.schema.types(), [DataType::Utf8, DataType::Boolean, DataType::Utf8]);
    options.distinct = true;
    let held = run_bytes(&options, file.as_bytes(), true).unwrap();
    assert_eq!(held.schema.fields[2].data_type, DataType::decimal(1), "not where rows are held");
}

#[test]
fn cells_that_do_not_fit_a_given_type() {
    let mut query = query(vec![column("b")]);
    query.from.options.types = vec![("b".into(), DataType::Int64)];
    assert_eq!(place(&query, b"a,b\n1,2\n3,\"x\ny\"\n"), at(3, 2, 10, "b", "x\\ny"));
    query.filter = Some(compare(CompareOp::Equal, column("a"), int(1)));
    assert_eq!(rows(&query, "a,b\n1,2\n3,x\n"), ["2"], "WHERE does not let it pass");
    query.from.options.types.push(("a".into(), DataType::Date));
    query.filter = Some(compare(CompareOp::Equal, column("a"), text("2024-01-01")));
    assert_eq!(place(&query, b"a,b\n2024-01-02,x\n2024-02-30,1\n"), at(3, 2, 17, "a", "2024-02-30"));
}

#[test]
fn text_where_a_number_is_needed_names_the_cell() {
    let mut filtered = query(vec![count()]);
    filtered.filter = Some(compare(CompareOp::Greater, column("a"), int(1)));
    assert_eq!(place(&filtered, b"a,b\n1,\n\n2,\nx,\ny,\n"), at(5, 3, 11, "a", "x"));
    assert_eq!(place(&filtered, b"a\n1\n2024-01-01\n"), at(3, 2, 4, "a", "2024-01-01"));
    let sum = query(vec![aggregate(AggregateFunction::Sum, "b")]);
    assert_eq!(place(&sum, b"a,b\n1,2\n3,NA\n"), at(3, 2, 10, "b", "NA"));
    let mut having = query(vec![count()]);
    having.group_by = vec![column("a")];
    having.having = Some(compare(CompareOp::Greater, column("a"), int(1)));
    assert_eq!(place(&having, b"a\nx\n"), at(2, 1, 2, "a", "x"));
    having.from.options.types = vec![("a".into(), DataType::Utf8)];
    assert!(matches!(error(&having, b"a\nx\n").kind(), ErrorKind::Type { .. }), "no cell is to blame");
}

#[test]
fn the_first_error_in_the_file_is_reported() {
    let cast = query(vec![integer("a")]);
    assert_eq!(place(&cast, b"a,b\nx,1\n1\n"), at(2, 1, 4, "a", "x"));
    assert_eq!(place(&cast, b"a,b\n1,1\n1\nx,1\n"), at(3, 2, 8, "", ""));
    assert_eq!(place(&query(vec![count()]), b"a\n1\n\"2\n"), at(3, 2, 4, "a", ""));
    let mut first = query(vec![column("a")]);
    first.limit = Some(1);
    assert_eq!(rows(&first, "a,b\n1,1\n1\n"), ["1"], "what lies behind the last row is not read");
}

#[test]
fn text_that_is_not_utf8() {
    assert_eq!(place(&query(vec![column("b")]), b"a,b\n1,x\n2,\xFF\n"), at(3, 2, 10, "b", "\u{FFFD}"));
    assert_eq!(run_bytes(&query(vec![column("a")]), b"a,b\n1,\xFF\n", false).unwrap().rows.len(), 1);
}

#[test]
fn sums_past_38_digits() {
    let sum = query(vec![aggregate(AggregateFunction::Sum, "a")]);
    let greatest = "9".repeat(38);
    let failing = error(&sum, format!("a\n{greatest}\n1\n").as_bytes());
    assert!(matches!(failing.kind(), ErrorKind::Value { .. }), "{failing}");
    assert_eq!(rows(&sum, &format!("a\n{greatest}\n1\n-1\n")), [greatest], "only the result counts");
}

#[test]
fn names_that_do_not_exist() {
    assert!(error(&query(vec![column("c")]), b"a,b\n").to_string().contains("no column is called c"));
}

#[test]
fn files_on_disk() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.csv");
    std::fs::write(&path, "a,b\n1,2\n").unwrap();
    let mut query = query(Vec::new());
    query.from.path = path.to_str().unwrap().into();
    assert_eq!(shown(&run(&query, false).unwrap()), ["1|2"]);
    query.from.path.push('x');
    assert!(matches!(run(&query, false).unwrap_err().kind(), ErrorKind::Io { .. }));
}

proptest::proptest! {
    /// Whatever the bytes, there is a result or an error, and every value has its column's type.
    #[test]
    fn any_bytes(
        cells in proptest::collection::vec(
            proptest::sample::select(vec![",", "\n", "\r\n", "\"", "1", "-2.5", "1e5", "nan", "x", "true", "2024-01-01", "\u{FEFF}", "#", ""]),
            0..60,
        ),
        header in proptest::bool::ANY,
        bare_text in proptest::bool::ANY,
    ) {
        let mut all = query(Vec::new());
        all.from.options.header = Some(header);
        all.from.options.comment = Some(Some("#".into()));
        if let Ok(rows) = run_bytes(&all, cells.concat().as_bytes(), bare_text) {
            for (index, field) in rows.schema.fields.iter().enumerate() {
                let fits = |value: &Value| match (value, field.data_type) {
                    (Value::Null, _) => true,
                    (Value::Decimal { scale, .. }, DataType::Decimal { scale: wanted, .. }) => *scale == wanted,
                    (value, data_type) => value.data_type() == data_type,
                };
                proptest::prop_assert!(rows.rows.iter().all(|row| fits(&row[index])));
            }
        }
    }
}
