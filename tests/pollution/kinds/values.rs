//! Cells: padded, of another locale, with words among numbers.

use super::{line, places};
use crate::sources::Source;
use crate::table::{PLAIN, Style, joined};
use crate::variant::Variant;

pub(super) fn variants(source: &Source) -> Vec<Variant> {
    let mut all = vec![
        blanks_around(source, "", " "),
        blanks_around(source, " ", ""),
        blanks_around(source, " ", " "),
        behind_delimiters(source),
        aligned(source),
    ];
    if let Some(column) = source.decimals {
        all.extend([comma(source, column, ";"), comma(source, column, ","), comma(source, column, "\t")]);
        all.extend([thousands(source, column), points(source, column)]);
        all.extend(["$", "€ ", "EUR "].map(|sign| currency(source, column, sign)));
        all.extend([percent(source, column), plus(source, column), exponents(source, column)]);
        for row in places(source) {
            all.extend(
                ["n/a", "NULL", "-", "NA", "unknown", "#DIV/0!"]
                    .map(|word| one(source, column, row, "a word among numbers", word)),
            );
            all.extend(
                ["1.5e400", "0x1F", "1_000", "٣"]
                    .map(|text| one(source, column, row, "a strange number", text)),
            );
        }
    }
    if let Some(column) = source.times {
        all.extend(dates(source, column));
    }
    all
}

fn blanks_around(source: &Source, before: &str, behind: &str) -> Variant {
    let table = source.table.with_texts(|text| format!("{before}{text}{behind}"));
    let place = format!("{before:?} and {behind:?}");
    let variant = Variant::new("blanks around cells", source, &place, PLAIN.file(&table));
    // A comma and a blank may be the delimiter: then only the first field of each record has a blank before it.
    let mut split = table.clone();
    for fields in std::iter::once(&mut split.names).chain(&mut split.rows) {
        fields.iter_mut().skip(1).for_each(|text| *text = text.trim_start_matches(' ').to_owned());
    }
    variant.or(table).or(split)
}

/// A blank behind each delimiter, none at the begin of a record.
fn behind_delimiters(source: &Source) -> Variant {
    let style = Style { delimiter: ", ", ..PLAIN };
    // Fields with a comma alone need quotes too.
    let records = source
        .table
        .records()
        .map(|fields| fields.iter().map(|text| PLAIN.field(text)).collect::<Vec<_>>().join(style.delimiter));
    let records: Vec<String> = records.collect();
    let first = records.iter().skip(1).position(|record| record.contains(", \""));
    let mut literal = source.table.with_texts(|text| format!(" {text}"));
    for (record, clean) in
        std::iter::once(&mut literal.names).chain(&mut literal.rows).zip(source.table.records())
    {
        record[0].clone_from(&clean[0]);
    }
    let variant = Variant::new("a blank behind each delimiter", source, "", joined(&records, "\n"));
    match first {
        None => variant.or(literal),
        Some(row) => variant.or_error([line(source, row + 1)]),
    }
}

/// Columns of equal width, as a person types them.
fn aligned(source: &Source) -> Variant {
    let width = |column: usize| {
        source.table.records().map(|fields| PLAIN.field(&fields[column]).chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..source.table.names.len()).map(width).collect();
    let pad = |(text, width): (&String, &usize)| format!("{:<width$}", PLAIN.field(text));
    let records = source
        .table
        .records()
        .map(|fields| fields.iter().zip(&widths).map(pad).collect::<Vec<_>>().join(","));
    let records: Vec<String> = records.collect();
    let quoted = source.table.rows.iter().position(|row| row.iter().any(|text| PLAIN.field(text) != *text));
    // Blanks behind a closing quote are no text.
    let padded = |fields: &Vec<String>| -> Vec<String> {
        let pad = |(text, width): (&String, &usize)| match PLAIN.field(text) == *text {
            true => format!("{text:<width$}"),
            false => text.clone(),
        };
        fields.iter().zip(&widths).map(pad).collect()
    };
    let mut literal = source.table.named(padded(&source.table.names));
    literal.rows = source.table.rows.iter().map(padded).collect();
    let variant = Variant::new("aligned columns", source, "", joined(&records, "\n")).or(literal);
    match quoted {
        Some(row) => variant.or_error([line(source, row + 1)]),
        None => variant,
    }
}

/// Decimal commas.
fn comma(source: &Source, column: usize, delimiter: &str) -> Variant {
    let table = source.table.with_column(column, |text| text.replace('.', ","));
    let style = Style { delimiter, ..PLAIN };
    Variant::new("decimal commas", source, &format!("delimiter {delimiter:?}"), style.file(&table))
        .or(table)
        .told(|options| options.decimal = b',')
}

/// `1,234.56`, in quotes.
fn thousands(source: &Source, column: usize) -> Variant {
    let table = source.table.with_column(column, |text| grouped(text, ','));
    Variant::new("groups of thousands", source, "commas", PLAIN.file(&table))
        .or(table)
        .told(|options| options.thousands = Some(b','))
}

/// `1.234,56`.
fn points(source: &Source, column: usize) -> Variant {
    let swapped = |text: &str| grouped(&text.replace('.', ","), '.');
    let table = source.table.with_column(column, swapped);
    let style = Style { delimiter: ";", ..PLAIN };
    Variant::new("groups of thousands", source, "points", style.file(&table)).or(table).told(|options| {
        options.thousands = Some(b'.');
        options.decimal = b',';
    })
}

/// The number with `mark` between groups of three digits of its whole part.
fn grouped(text: &str, mark: char) -> String {
    let end = text.find(['.', ',']).unwrap_or(text.len());
    let (whole, rest) = text.split_at(end);
    let mut out = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            out.push(mark);
        }
        out.push(digit);
    }
    out + rest
}

fn currency(source: &Source, column: usize, sign: &str) -> Variant {
    let table = source.table.with_column(column, |text| format!("{sign}{text}"));
    Variant::new("signs of currencies", source, sign, PLAIN.file(&table)).or(table)
}

fn percent(source: &Source, column: usize) -> Variant {
    let table = source.table.with_column(column, |text| format!("{text}%"));
    Variant::new("percent signs", source, "", PLAIN.file(&table)).instead(table)
}

fn plus(source: &Source, column: usize) -> Variant {
    let table = source.table.with_column(column, |text| format!("+{text}"));
    Variant::new("plus signs", source, "", PLAIN.file(&table)).or(table)
}

/// `3.05` as `3.05e+00`.
fn exponents(source: &Source, column: usize) -> Variant {
    let table = source.table.with_column(column, |text| format!("{text}e+00"));
    Variant::new("exponents", source, "", PLAIN.file(&table)).or(table)
}

/// One cell of a column of numbers: what it says, in a column of texts.
fn one(source: &Source, column: usize, row: usize, kind: &'static str, text: &str) -> Variant {
    let mut table = source.table.clone();
    table.rows[row][column] = text.to_owned();
    let variant = Variant::new(kind, source, &format!("{text}, record {}", row + 1), PLAIN.file(&table));
    let variant = variant.instead(table.clone());
    table.rows[row][column].clear();
    let variant = if kind == "a word among numbers" { variant.or(table) } else { variant };
    variant.or_error([line(source, row + 1)])
}

/// From an ISO time to one in another form.
type Change = fn(&str) -> String;

/// Dates and times in other forms.
fn dates(source: &Source, column: usize) -> Vec<Variant> {
    let timestamps = source.name == "times";
    let forms: &[(&str, &str)] = &[
        ("day/month/year", "%d/%m/%Y"),
        ("month/day/year", "%m/%d/%Y"),
        ("day.month.year", "%d.%m.%Y"),
        ("year/month/day", "%Y/%m/%d"),
        ("day-month-year", "%d-%m-%Y"),
        ("yearmonthday", "%Y%m%d"),
    ];
    let mut all: Vec<Variant> = forms
        .iter()
        .map(|(name, form)| {
            let table = source.table.with_column(column, |text| formatted(text, form));
            let form = if timestamps { format!("{form} %H:%M:%S") } else { (*form).to_owned() };
            Variant::new("dates of another form", source, name, PLAIN.file(&table)).or(table).told(
                |options| match timestamps {
                    true => options.timestamp_format = Some(form),
                    false => options.date_format = Some(form),
                },
            )
        })
        .collect();
    if timestamps {
        let changes: [(&str, Change); 5] = [
            ("T between", |text| text.replace(' ', "T")),
            ("T and Z", |text| text.replace(' ', "T") + "Z"),
            ("no seconds", |text| text[..text.len() - 3].to_owned()),
            ("a fraction of nine digits", |text| format!("{text}.000000000")),
            ("an offset of zero", |text| format!("{text}+00:00")),
        ];
        all.extend(changes.map(|(name, change)| {
            let table = source.table.with_column(column, change);
            Variant::new("times of another form", source, name, PLAIN.file(&table)).or(table)
        }));
    }
    let row = source.table.rows.len() / 2;
    let mut table = source.table.clone();
    table.rows[row][column] = table.rows[row][column].replacen("20", "2023-02-30 ", 1);
    all.push(
        Variant::new("a date that does not exist", source, "", PLAIN.file(&table))
            .instead(table)
            .or_error([line(source, row + 1)]),
    );
    all
}

/// An ISO date, and the time behind it where there is one, in `form`.
fn formatted(text: &str, form: &str) -> String {
    let (date, time) = text.split_at(10);
    form.replace("%Y", &date[..4]).replace("%m", &date[5..7]).replace("%d", &date[8..]) + time
}
