//! Files of unusual proportions.

use std::io::{BufWriter, Write};

use crate::program::Place;

#[test]
fn ten_thousand_columns() {
    let line = |cell: &dyn Fn(usize) -> String| (0..10_000).map(cell).collect::<Vec<_>>().join(",") + "\n";
    let mut text = line(&|column| format!("c{column}"));
    for row in 0..20 {
        text.push_str(&line(&|column| (row * column).to_string()));
    }
    let place = Place::with(text);
    let run =
        place.run(&["query", "SELECT sum(c9999) AS last, max(c0) AS first, count(*) AS n FROM 'f.csv'"]);
    assert_eq!(run.printed(), "last,first,n\n1899810,0,20\n");
    let all = place.run(&["query", "SELECT * FROM 'f.csv'"]);
    assert_eq!(all.printed(), place.read("f.csv"));
}

/// Bytes of a long field: beyond the usual limit, and as many as take seconds.
const LONG: usize = if cfg!(debug_assertions) { 20_000_000 } else { 100_000_000 };

#[test]
fn a_field_beyond_the_usual_limit() {
    let place = Place::new();
    let mut file = BufWriter::new(std::fs::File::create(place.path("f.csv")).unwrap());
    file.write_all(b"a,b\n1,\"").unwrap();
    let piece = "line\r\n, \"\"x".repeat(1 << 16);
    let times = LONG / piece.len() + 1;
    for _ in 0..times {
        file.write_all(piece.as_bytes()).unwrap();
    }
    file.write_all(b"\"\n2,short\n").unwrap();
    file.into_inner().unwrap().sync_all().unwrap();
    let sql = "SELECT sum(a) AS s, max(length(b)) AS n FROM 'f.csv'";
    place.run(&["query", sql]).failed(3, &["line 2, record 1, byte 6", "--max-field"]);
    let run = place.run(&["query", sql, "--max-field", "200MB"]);
    let characters = times * (piece.len() - (1 << 16));
    assert_eq!(run.printed(), format!("s,n\n3,{characters}\n"));
}
