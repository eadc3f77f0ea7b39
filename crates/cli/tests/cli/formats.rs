//! The formats, over every type.

use crate::program::Place;

const TYPES: &str = "i,d,f,s,b,day,ts\n\
    7,1.50,1.0e3,\"a,\"\"b\",true,2024-02-29,2024-02-29 12:00:00.5\n\
    -1,2,nan,\"\",false,1970-01-01,1970-01-01T00:00:00\n\
    ,,,,,,\n";

fn printed(format: &str, sql: &str) -> String {
    Place::with(TYPES).run(&["query", sql, "--format", format]).printed().to_owned()
}

/// Grouping prints values; a bare projection would print the file's own text.
const VALUES: &str = "SELECT i, d, f, s, b, day, ts FROM 'f.csv' ORDER BY i DESC";

#[test]
fn csv() {
    assert_eq!(
        printed("csv", VALUES),
        "i,d,f,s,b,day,ts\n\
         7,1.50,1000.0,\"a,\"\"b\",true,2024-02-29,2024-02-29 12:00:00.5\n\
         -1,2.00,NaN,\"\",false,1970-01-01,1970-01-01 00:00:00\n\
         ,,,,,,\n"
    );
}

#[test]
fn a_streamed_column_prints_its_own_text() {
    assert_eq!(
        printed("csv", "SELECT i, d, f, ts, d + 0 AS e FROM 'f.csv'"),
        "i,d,f,ts,e\n\
         7,1.50,1.0e3,2024-02-29 12:00:00.5,1.50\n\
         -1,2,nan,1970-01-01T00:00:00,2.00\n\
         ,,,,\n"
    );
}

/// Cells behind the head sample that need more digits, and one that is text.
#[test]
fn typed_rows_of_a_whole_file_have_the_types_of_all_its_cells() {
    let records = "12.5,7,8\n".repeat(40_000);
    let place = Place::with(format!("x,n,s\n{records}0.12345,8.5,nil\n"));
    let lines = |sql: &str| place.run(&["query", sql, "--format", "jsonl", "--quiet"]);
    let all = lines("SELECT x, n, s FROM 'f.csv'");
    let lines_of_all: Vec<&str> = all.printed().lines().collect();
    assert_eq!(lines_of_all[0], r#"{"x":12.50000,"n":7.0,"s":"8"}"#);
    assert_eq!(lines_of_all[40_000], r#"{"x":0.12345,"n":8.5,"s":"nil"}"#);
    // A text in a sum ends the query where it stands, as it does where no pass comes before.
    let failed = lines("SELECT s + 1 AS t FROM 'f.csv'");
    assert_eq!(failed.code, 3);
    assert!(failed.stderr.contains("line 40002, record 40001"), "{}", failed.stderr);
    let first = lines("SELECT x FROM 'f.csv' LIMIT 1");
    assert_eq!(first.printed(), "{\"x\":12.5}\n", "a LIMIT needs no pass");
}

#[test]
fn what_is_printed_as_csv_reads_back() {
    let place = Place::with(TYPES);
    let once = place.run(&["query", VALUES]).printed().to_owned();
    place.write("f.csv", &once);
    assert_eq!(place.run(&["query", VALUES]).printed(), once);
}

#[test]
fn tsv() {
    assert_eq!(printed("tsv", "SELECT s, i FROM 'f.csv'"), "s\ti\n\"a,\"\"b\"\t7\n\"\"\t-1\n\t\n");
}

#[test]
fn json_and_lines() {
    let rows = [
        r#"{"i":7,"d":1.50,"f":1000.0,"s":"a,\"b","b":true,"day":"2024-02-29","ts":"2024-02-29 12:00:00.5"}"#,
        r#"{"i":-1,"d":2.00,"f":"NaN","s":"","b":false,"day":"1970-01-01","ts":"1970-01-01 00:00:00"}"#,
        r#"{"i":null,"d":null,"f":null,"s":null,"b":null,"day":null,"ts":null}"#,
    ];
    assert_eq!(printed("jsonl", VALUES), rows.join("\n") + "\n");
    let array = printed("json", VALUES);
    let parsed: Vec<serde_json::Value> = serde_json::from_str(&array).unwrap();
    let expected: Vec<serde_json::Value> =
        rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect();
    assert_eq!(parsed, expected);
    assert!(array.contains("\"d\":1.50"), "decimals keep their digits: {array}");
    let streamed = printed("json", "SELECT d FROM 'f.csv'");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&streamed).unwrap()[1]["d"], 2.0);
    assert!(
        serde_json::from_str::<Vec<serde_json::Value>>(&printed("json", "SELECT i FROM 'f.csv' LIMIT 0"))
            .unwrap()
            .is_empty()
    );
}

#[test]
fn markdown_and_table() {
    assert_eq!(
        printed("markdown", "SELECT i, b FROM 'f.csv' ORDER BY i"),
        "| i | b |\n| ---: | --- |\n| -1 | false |\n| 7 | true |\n| NULL | NULL |\n"
    );
    let table = printed("table", "SELECT i, s FROM 'f.csv' ORDER BY i");
    for text in ["│    i │ s", "│   -1 │", "│    7 │ a,\"b", "│ NULL │ NULL"] {
        assert!(table.contains(text), "{text:?} is missing in\n{table}");
    }
}

#[test]
fn a_format_by_extension() {
    let place = Place::with("a\n1\n");
    place.run(&["query", "SELECT a FROM 'f.csv'", "-o", "out.jsonl"]).printed();
    assert_eq!(place.read("out.jsonl"), "{\"a\":1}\n");
}

#[test]
fn help_texts() {
    let place = Place::new();
    insta::assert_snapshot!("help", place.run(&["--help"]).printed());
    insta::assert_snapshot!("help_of_query", place.run(&["query", "-h"]).printed());
}
