//! Tables of texts and how they are written as CSV. Reads nothing.

/// A name or a cell that matches every text.
pub(crate) const ANY: &str = "\u{1}any";

/// Names and cells as texts; an empty cell is NULL or the empty text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Table {
    pub(crate) names: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    /// The table with other names.
    pub(crate) fn named<T: Into<String>>(&self, names: impl IntoIterator<Item = T>) -> Table {
        Table { names: names.into_iter().map(Into::into).collect(), rows: self.rows.clone() }
    }

    /// The table with each cell of column `column` put through `change`.
    pub(crate) fn with_column(&self, column: usize, change: impl Fn(&str) -> String) -> Table {
        let mut table = self.clone();
        for row in &mut table.rows {
            row[column] = change(&row[column]);
        }
        table
    }

    /// The table with each name and cell put through `change`.
    pub(crate) fn with_texts(&self, change: impl Fn(&str) -> String) -> Table {
        let change = |row: &Vec<String>| row.iter().map(|text| change(text)).collect();
        Table { names: change(&self.names), rows: self.rows.iter().map(change).collect() }
    }

    /// The names, then the rows.
    pub(crate) fn records(&self) -> impl Iterator<Item = &Vec<String>> {
        std::iter::once(&self.names).chain(&self.rows)
    }
}

/// Which fields are quoted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Quoting {
    /// Fields that hold the delimiter, the quote or a line break.
    Needed,
    /// All fields.
    All,
    /// None: quotes are text.
    Never,
}

/// How a table is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style<'a> {
    pub(crate) delimiter: &'a str,
    pub(crate) quote: char,
    pub(crate) quoting: Quoting,
    /// What makes a quote inside of quotes text, and a delimiter outside where nothing is quoted.
    pub(crate) escape: Option<char>,
    /// Behind each record.
    pub(crate) end: &'a str,
}

/// What RFC 4180 has, with LF.
pub(crate) const PLAIN: Style<'static> =
    Style { delimiter: ",", quote: '"', quoting: Quoting::Needed, escape: None, end: "\n" };

impl Style<'_> {
    /// One field.
    pub(crate) fn field(&self, text: &str) -> String {
        let special = text.contains(self.delimiter)
            || text.contains(self.quote)
            || text.contains(['\n', '\r'])
            || self.escape.is_some_and(|escape| text.contains(escape));
        match (self.quoting, self.escape) {
            (Quoting::Never, Some(escape)) => text
                .chars()
                .flat_map(|c| {
                    let escaped = c == escape || c == '\n' || self.delimiter.contains(c);
                    escaped.then_some(escape).into_iter().chain([c])
                })
                .collect(),
            (Quoting::Never, None) => text.to_owned(),
            (Quoting::Needed, _) if !special => text.to_owned(),
            (_, escape) => {
                let before = escape.unwrap_or(self.quote);
                let inside = text.chars().flat_map(|c| {
                    (c == self.quote || Some(c) == escape).then_some(before).into_iter().chain([c])
                });
                std::iter::once(self.quote).chain(inside).chain([self.quote]).collect()
            }
        }
    }

    /// One record without its end.
    pub(crate) fn record(&self, fields: &[String]) -> String {
        fields.iter().map(|text| self.field(text)).collect::<Vec<_>>().join(self.delimiter)
    }

    /// The records without their ends, the header first.
    pub(crate) fn records(&self, table: &Table) -> Vec<String> {
        table.records().map(|fields| self.record(fields)).collect()
    }

    /// The whole file.
    pub(crate) fn file(&self, table: &Table) -> Vec<u8> {
        joined(&self.records(table), self.end)
    }
}

/// `records`, each with `end` behind it.
pub(crate) fn joined(records: &[String], end: &str) -> Vec<u8> {
    records.iter().flat_map(|record| record.bytes().chain(end.bytes())).collect()
}
