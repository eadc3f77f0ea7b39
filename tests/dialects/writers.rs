//! How programs write tables: each writer takes a table and gives the bytes and their label.

use crate::head::{Head, Label};
use crate::tables::{Cell, Table};

/// How a program writes texts, numbers and records.
struct Form {
    program: &'static str,
    delimiter: &'static str,
    quote: char,
    quoting: Quoting,
    /// Before quotes inside of quotes; where nothing is quoted, before delimiters, line breaks and itself.
    escape: Option<char>,
    end: &'static str,
    header: bool,
    /// The row's number in front, and whether the header has a name (the empty one) above it.
    index: Option<bool>,
    null: &'static str,
    bools: [&'static str; 2],
    point: char,
    /// Day, month, year with points between, instead of ISO's order.
    german_dates: bool,
    /// Lines above.
    above: &'static [&'static str],
    /// What they begin with, where they are comments.
    comment: Option<&'static str>,
    before: &'static [u8],
}

#[derive(PartialEq)]
enum Quoting {
    /// What needs it.
    Needed,
    /// Texts and names.
    Texts,
    All,
    Never,
}

const FORM: Form = Form {
    program: "",
    delimiter: ",",
    quote: '"',
    quoting: Quoting::Needed,
    escape: None,
    end: "\n",
    header: true,
    index: None,
    null: "",
    bools: ["false", "true"],
    point: '.',
    german_dates: false,
    above: &[],
    comment: None,
    before: b"",
};

/// The heads of all programs for one table.
pub(crate) fn heads(table: &Table) -> Vec<Head> {
    forms().iter().filter(|form| form.can_write(table)).map(|form| form.head(table)).collect()
}

fn forms() -> Vec<Form> {
    let python = ["False", "True"];
    let r = ["FALSE", "TRUE"];
    let postgres = ["f", "t"];
    let mark = b"\xef\xbb\xbf";
    vec![
        Form { program: "pandas to_csv", bools: python, index: Some(true), ..FORM },
        Form { program: "pandas to_csv index=False", bools: python, ..FORM },
        Form { program: "pandas to_csv sep=;", bools: python, delimiter: ";", ..FORM },
        Form {
            program: "pandas to_csv sep=tab header=False",
            bools: python,
            delimiter: "\t",
            header: false,
            ..FORM
        },
        Form { program: "pandas to_csv QUOTE_NONNUMERIC", bools: python, quoting: Quoting::Texts, ..FORM },
        Form { program: "Python csv.writer", bools: python, end: "\r\n", ..FORM },
        Form {
            program: "R write.csv",
            bools: r,
            quoting: Quoting::Texts,
            index: Some(true),
            null: "NA",
            ..FORM
        },
        Form {
            program: "R write.csv row.names=FALSE",
            bools: r,
            quoting: Quoting::Texts,
            null: "NA",
            ..FORM
        },
        Form {
            program: "R write.csv2",
            bools: r,
            quoting: Quoting::Texts,
            null: "NA",
            delimiter: ";",
            point: ',',
            index: Some(true),
            ..FORM
        },
        Form {
            program: "R write.table sep=tab",
            bools: r,
            quoting: Quoting::Texts,
            null: "NA",
            delimiter: "\t",
            index: Some(false),
            escape: Some('\\'),
            ..FORM
        },
        Form { program: "R fwrite", bools: r, ..FORM },
        Form { program: "Excel en", bools: r, end: "\r\n", ..FORM },
        Form { program: "Excel en UTF-8", bools: r, end: "\r\n", before: mark, ..FORM },
        Form {
            program: "Excel de",
            bools: ["FALSCH", "WAHR"],
            delimiter: ";",
            end: "\r\n",
            point: ',',
            german_dates: true,
            ..FORM
        },
        Form { program: "Excel sep=;", bools: r, delimiter: ";", end: "\r\n", above: &["sep=;"], ..FORM },
        Form {
            program: "MySQL INTO OUTFILE",
            bools: ["0", "1"],
            delimiter: "\t",
            quoting: Quoting::Never,
            escape: Some('\\'),
            header: false,
            null: "\\N",
            ..FORM
        },
        Form {
            program: "MySQL OUTFILE ENCLOSED BY",
            bools: ["0", "1"],
            quoting: Quoting::All,
            escape: Some('\\'),
            header: false,
            null: "\\N",
            ..FORM
        },
        Form { program: "PostgreSQL COPY CSV HEADER", bools: postgres, ..FORM },
        Form {
            program: "PostgreSQL COPY text",
            bools: postgres,
            delimiter: "\t",
            quoting: Quoting::Never,
            escape: Some('\\'),
            header: false,
            null: "\\N",
            ..FORM
        },
        Form { program: "SQLite csv", bools: ["0", "1"], end: "\r\n", ..FORM },
        Form {
            program: "SQLite list",
            bools: ["0", "1"],
            delimiter: "|",
            quoting: Quoting::Never,
            header: false,
            ..FORM
        },
        Form {
            program: "Hive",
            delimiter: "\u{1}",
            quoting: Quoting::Never,
            header: false,
            null: "\\N",
            ..FORM
        },
        Form { program: "Spark header", escape: Some('\\'), ..FORM },
        Form { program: "SAS export", bools: ["0", "1"], end: "\r\n", null: ".", ..FORM },
        Form { program: "SPSS export", bools: ["0", "1"], delimiter: "\t", end: "\r\n", ..FORM },
        Form { program: "Stata export delimited", bools: ["0", "1"], ..FORM },
        Form { program: "DuckDB COPY", ..FORM },
        Form { program: "Polars write_csv", ..FORM },
        Form { program: "Polars write_csv quote_style=always", quoting: Quoting::All, ..FORM },
        Form {
            program: "SQL Server bcp",
            bools: ["0", "1"],
            delimiter: "\t",
            quoting: Quoting::Never,
            header: false,
            end: "\r\n",
            ..FORM
        },
        Form { program: "Oracle SQLcl", quoting: Quoting::Texts, bools: ["0", "1"], ..FORM },
        Form { program: "BigQuery export", ..FORM },
        Form { program: "LibreOffice apostrophes", quote: '\'', quoting: Quoting::All, ..FORM },
        Form {
            program: "Google Sheets tsv",
            bools: r,
            delimiter: "\t",
            quoting: Quoting::Never,
            end: "\r\n",
            ..FORM
        },
        Form {
            program: "logger with comments",
            delimiter: ";",
            above: &["# device 17, firmware 2.4", "# units; see the manual"],
            comment: Some("#"),
            ..FORM
        },
        Form {
            program: "a bank's statement",
            delimiter: ";",
            quoting: Quoting::All,
            point: ',',
            german_dates: true,
            above: &["\"Konto\";\"DE00 1234\"", "\"Zeitraum\";\"2024\"", ""],
            ..FORM
        },
        Form { program: "a report with a title", above: &["Quarterly report", ""], ..FORM },
        Form {
            program: "World Bank",
            quoting: Quoting::All,
            above: &["\"Data Source\",\"Indicators\",", "", "\"Last Updated\",\"2024-05-01\",", ""],
            before: mark,
            ..FORM
        },
    ]
}

impl Form {
    /// Whether the program can write the table so that it can be read again.
    fn can_write(&self, table: &Table) -> bool {
        let texts = || {
            table.rows.iter().flatten().filter_map(|cell| match cell {
                Cell::Text(text) => Some(text),
                _ => None,
            })
        };
        let plain = self.quoting != Quoting::Never || self.escape.is_some();
        plain || !texts().any(|text| text.contains(self.delimiter) || text.contains(['\n', '"']))
    }

    fn head(&self, table: &Table) -> Head {
        let mut lines: Vec<String> = self.above.iter().map(|line| (*line).to_owned()).collect();
        if self.header {
            let mut names: Vec<String> = table.names.iter().map(|name| self.field(name, true)).collect();
            if self.index == Some(true) {
                names.insert(0, self.field("", true));
            }
            lines.push(names.join(self.delimiter));
        }
        for (number, row) in table.rows.iter().enumerate() {
            let mut fields: Vec<String> = row.iter().map(|cell| self.cell(cell)).collect();
            if self.index.is_some() {
                let number = if self.null == "NA" { number + 1 } else { number };
                fields.insert(0, self.field(&number.to_string(), self.quoting == Quoting::Texts));
            }
            lines.push(fields.join(self.delimiter));
        }
        let body: String = lines.iter().flat_map(|line| [line.as_str(), self.end]).collect();
        let bytes = [self.before, body.as_bytes()].concat();
        let has_quotes = bytes.contains(&(self.quote as u8)) && self.quoting != Quoting::Never;
        let escape = self.escape.filter(|escape| bytes.contains(&(*escape as u8)));
        let escapes = escape.filter(|escape| self.uses(table, *escape));
        let skipped = self.above.len() as u64;
        Head {
            name: format!("{}: {}", self.program, table.name),
            label: Label {
                delimiter: Some(self.delimiter),
                quote: has_quotes.then_some(self.quote),
                escape: escapes,
                header: self.header,
                skip: if self.comment.is_some() { 0 } else { skipped },
                comment: self.comment,
                columns: table.names.len() + usize::from(self.index.is_some()),
            },
            bytes,
        }
    }

    /// Whether a text of the table needs the escape: in others it may as well be text.
    fn uses(&self, table: &Table, escape: char) -> bool {
        table.rows.iter().flatten().any(|cell| match cell {
            Cell::Text(text) if self.quoting == Quoting::Never => {
                text.contains(self.delimiter) || text.contains(['\n', escape])
            }
            Cell::Text(text) => text.contains([self.quote, escape]),
            _ => false,
        })
    }

    fn cell(&self, cell: &Cell) -> String {
        let with_point = |text: String| text.replace('.', &self.point.to_string());
        match cell {
            Cell::Text(text) => self.field(text, true),
            Cell::Int(value) => self.field(&value.to_string(), false),
            Cell::Decimal(hundredths) => {
                let (sign, value) = (if *hundredths < 0 { "-" } else { "" }, hundredths.abs());
                self.field(&with_point(format!("{sign}{}.{:02}", value / 100, value % 100)), false)
            }
            Cell::Double(value) => self.field(&with_point(format!("{value:?}")), false),
            Cell::Bool(value) => self.field(self.bools[usize::from(*value)], false),
            Cell::Date(y, m, d) => self.field(&self.date(*y, *m, *d), false),
            Cell::Time(y, m, d, hour, minute) => {
                self.field(&format!("{} {hour:02}:{minute:02}:00", self.date(*y, *m, *d)), false)
            }
            // NULL is never quoted.
            Cell::Null => self.null.to_owned(),
        }
    }

    fn date(&self, y: u32, m: u32, d: u32) -> String {
        if self.german_dates { format!("{d:02}.{m:02}.{y:04}") } else { format!("{y:04}-{m:02}-{d:02}") }
    }

    fn field(&self, text: &str, is_text: bool) -> String {
        let special =
            text.contains(self.delimiter) || text.contains(self.quote) || text.contains(['\n', '\r']);
        let quoted = match self.quoting {
            Quoting::Never => false,
            Quoting::All => true,
            Quoting::Texts => is_text || special,
            Quoting::Needed => special,
        };
        let mut out = String::new();
        out.extend(quoted.then_some(self.quote));
        for c in text.chars() {
            match self.escape {
                Some(escape) if quoted && (c == self.quote || c == escape) => out.push(escape),
                Some(escape)
                    if !quoted
                        && self.quoting == Quoting::Never
                        && (c == escape || c == '\n' || self.delimiter.contains(c)) =>
                {
                    out.push(escape);
                }
                None if quoted && c == self.quote => out.push(c),
                _ => {}
            }
            out.push(c);
        }
        out.extend(quoted.then_some(self.quote));
        out
    }
}
