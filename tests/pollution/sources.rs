//! The five tables that are polluted. Their cells are invented; each has 24 records.

use crate::table::Table;

/// A table, and what is told of it.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) name: &'static str,
    pub(crate) table: Table,
    /// The column of decimals with two digits, where there is one.
    pub(crate) decimals: Option<usize>,
    /// The column of dates or timestamps, where there is one.
    pub(crate) times: Option<usize>,
    /// A column of texts.
    pub(crate) texts: usize,
    /// Whether a number stands in the first column.
    pub(crate) ids: bool,
}

/// Records of each table.
const RECORDS: usize = 24;

const NAMES: [&str; 8] = ["Ann", "Müller", "Zoë", "Bob", "Renée", "Olaf", "Chloé", "Dan"];
const CITIES: [&str; 6] = ["Köln", "Lima", "Oslo", "São Paulo", "Bern", "Graz"];

/// All of them.
pub(crate) fn sources() -> Vec<Source> {
    vec![people(), prices(), times(), quoted(), wide()]
}

fn table(names: &[&str], record: impl Fn(usize) -> Vec<String>) -> Table {
    Table {
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        rows: (0..RECORDS).map(record).collect(),
    }
}

fn pick(from: &[&str], index: usize) -> String {
    from[index % from.len()].to_owned()
}

fn people() -> Source {
    let table = table(&["id", "name", "city", "visits"], |i| {
        vec![
            (1001 + i * 7).to_string(),
            pick(&NAMES, i * 3 + i / 8),
            pick(&CITIES, i * 5 + i / 6),
            ((i * 37) % 90).to_string(),
        ]
    });
    Source { name: "people", table, decimals: None, times: None, texts: 1, ids: true }
}

fn prices() -> Source {
    let table = table(&["sku", "product", "price", "stock"], |i| {
        vec![
            format!("K-{:03}", 100 + i * 3),
            format!("{} {}", pick(&["lamp", "chair", "crème", "table"], i), i % 5 + 1),
            format!("{}.{:02}", 3 + i * 61 % 1900, i * 17 % 100),
            if i == 9 { String::new() } else { (i * 13 % 200).to_string() },
        ]
    });
    Source { name: "prices", table, decimals: Some(2), times: None, texts: 1, ids: false }
}

fn times() -> Source {
    let table = table(&["taken", "station", "celsius", "valid"], |i| {
        vec![
            format!("2024-{:02}-{:02} {:02}:{:02}:00", i % 12 + 1, i + 2, i * 5 % 24, i * 7 % 60),
            pick(&["Hafen", "Küste", "Berg"], i * 2 + i / 5),
            format!("{}.{:02}", i * 3 % 30, i * 29 % 100),
            (i % 3 > 0).to_string(),
        ]
    });
    Source { name: "times", table, decimals: Some(2), times: Some(0), texts: 1, ids: false }
}

fn quoted() -> Source {
    let table = table(&["id", "title", "text", "pages"], |i| {
        let text = match i % 4 {
            0 => format!("first, second, and part {i}"),
            1 => format!("a line\nand another, {i}"),
            2 => format!("she said \"no\" {i} times"),
            _ => format!("plain text {i} für alle"),
        };
        vec![(i + 1).to_string(), format!("Book, volume {i}"), text, (100 + i * 11).to_string()]
    });
    Source { name: "quoted", table, decimals: None, times: None, texts: 2, ids: true }
}

fn wide() -> Source {
    let names = ["id", "day", "name", "amount", "count", "ratio", "active", "code", "remark"];
    let table = table(&names, |i| {
        vec![
            (500 + i).to_string(),
            format!("2023-{:02}-{:02}", i % 12 + 1, i + 3),
            pick(&NAMES, i + i / 8),
            format!("{}.{:02}", 1000 + i * 977 % 9000, i * 31 % 100),
            (i * i).to_string(),
            format!("0.{:03}", i * 41 % 1000),
            (i % 2 == 0).to_string(),
            format!("{:04}", i * 3),
            if i % 4 == 1 { format!("see {}, page {i}", pick(&CITIES, i)) } else { "é".into() },
        ]
    });
    Source { name: "wide", table, decimals: Some(3), times: Some(1), texts: 2, ids: true }
}
