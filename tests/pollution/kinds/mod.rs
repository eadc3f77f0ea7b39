//! The kinds of pollution, a file for each family. Each function gives the variants of one source table.

mod around;
mod bytes;
mod delimiters;
mod dialects;
mod ends;
mod headers;
mod quotes;
mod values;

use crate::sources::Source;
use crate::table::{PLAIN, joined};
use crate::variant::Variant;

/// All variants of `source`.
pub(crate) fn variants(source: &Source) -> Vec<Variant> {
    let families = [
        delimiters::variants,
        quotes::variants,
        ends::variants,
        headers::variants,
        around::variants,
        bytes::variants,
        values::variants,
        dialects::variants,
    ];
    families.iter().flat_map(|family| family(source)).collect()
}

/// The records that are polluted one at a time, as indexes into the rows: early, in the middle, last.
fn places(source: &Source) -> [usize; 3] {
    [1, source.table.rows.len() / 2, source.table.rows.len() - 1]
}

/// The records of `source` without their ends, the header first.
fn records(source: &Source) -> Vec<String> {
    PLAIN.records(&source.table)
}

/// The file with record `index` (0 is the header) replaced.
fn with_record(source: &Source, index: usize, record: String) -> Vec<u8> {
    let mut records = records(source);
    records[index] = record;
    joined(&records, "\n")
}

/// The fields of record `index` (0 is the header) as they are written.
fn fields(source: &Source, index: usize) -> Vec<String> {
    let fields = source.table.records().nth(index).expect("the table has this record");
    fields.iter().map(|text| PLAIN.field(text)).collect()
}

/// The line on which record `index` (0 is the header) begins.
fn line(source: &Source, index: usize) -> u64 {
    records(source)[..index].iter().map(|record| 1 + record.matches('\n').count() as u64).sum::<u64>() + 1
}
