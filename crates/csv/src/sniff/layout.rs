//! Where the table lies among the records that a dialect gives: title lines before it, its width, how regular it is.

use super::cell::{Kind, kind};
use super::header::judge;
use super::split::{Record, Records};

/// The most title lines before a table.
const TITLES: usize = 64;

/// The most different numbers of fields that are counted.
const WIDTHS: usize = 256;

/// How a header can be one name short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Short {
    /// The first column holds row names, as R writes them.
    RowNames,
    /// Every record but the header ends with a delimiter: the last column is empty and has no name.
    Trailing,
}

/// The most records of a block before a table that are no single lines of text.
const BLOCK: usize = 17;

/// What is settled before the layout is looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    /// Whether lines before the table may be titles.
    pub(super) titles: bool,
    /// Whether the first record names the columns, where the user says so.
    pub(super) header: Option<bool>,
}

/// A table among records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// Index of its first record.
    pub(super) start: usize,
    /// Fields of most of its records.
    pub(super) width: usize,
    /// Records from the first on that have this width and break no rule.
    pub(super) regular: usize,
    /// Records with more than one field.
    pub(super) split: usize,
    /// Records from the first on.
    pub(super) total: usize,
    pub(super) short: Option<Short>,
}

impl Layout {
    pub(super) fn of(records: &Records<'_>, rules: Rules) -> Self {
        let width = usual_width(&records.all);
        let first = records.all.iter().position(|record| record.width() == width).unwrap_or(0);
        let short = if rules.header == Some(false) { None } else { short(records, first, width) };
        let titled = rules.titles && short.is_none() && first > 0 && are_titles(records, first, width, rules);
        let start = match titled {
            true => first,
            false if rules.titles => behind_block(records, width).unwrap_or(0),
            false => 0,
        };
        let table = &records.all[start.min(records.all.len())..];
        Layout {
            start,
            width,
            regular: table.iter().filter(|record| record.width() == width && !record.faulty).count()
                + usize::from(short.is_some()),
            split: table.iter().filter(|record| record.width() > 1).count(),
            total: table.len(),
            short,
        }
    }

    /// Whether most records are split.
    pub(super) fn splits_most(&self) -> bool {
        self.width > 1 && self.split * 2 > self.total
    }
}

/// The number of fields, two at least, that most records have; of equally frequent ones that which comes first. One where
/// no record has more.
fn usual_width(records: &[Record]) -> usize {
    let mut counts: Vec<(usize, usize)> = Vec::new();
    for width in records.iter().map(Record::width).filter(|width| *width > 1) {
        match counts.iter().position(|(known, _)| *known == width) {
            Some(index) => counts[index].1 += 1,
            None if counts.len() < WIDTHS => counts.push((width, 1)),
            None => {}
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max();
    counts.iter().find(|(_, count)| Some(*count) == most).map_or(1, |(width, _)| *width)
}

/// Whether the records before `first` are lines about the table and not of it: they have one field with a letter in it, or
/// less than half of the fields, and a blank line or a header follows.
fn are_titles(records: &Records<'_>, first: usize, width: usize, rules: Rules) -> bool {
    let title = |record: &Record| match record.width() {
        1 => records.cells(record).iter().any(|cell| has_letter(records.text(cell))),
        fields => fields * 2 <= width,
    };
    if first > TITLES || !records.all[..first].iter().all(title) {
        return false;
    }
    let follows_header = || {
        let verdict = judge(records, first, width);
        rules.header != Some(false) && verdict.names && verdict.certain
    };
    records.all[first].behind_blank || follows_header()
}

/// The record behind a blank line where a header begins, and each of the few records before it is no record of the table: it
/// has another number of fields, or an empty one.
fn behind_block(records: &Records<'_>, width: usize) -> Option<usize> {
    let empty =
        |record: &Record| records.cells(record).iter().any(|cell| kind(records.text(cell)) == Kind::Empty);
    let begins = |record: &Record| {
        let text = |cell| kind(records.text(cell)) == Kind::Text;
        record.behind_blank && record.width() == width && records.cells(record).iter().all(text)
    };
    let start = (1..records.all.len().min(BLOCK)).rev().find(|index| begins(&records.all[*index]))?;
    let (block, table) = records.all.split_at(start);
    let is_block = block.iter().all(|record| record.width() != width || empty(record));
    (is_block && block.len() < table.len()).then_some(start)
}

fn has_letter(text: &[u8]) -> bool {
    text.iter().any(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii())
}

/// Whether the first record is one name short of every other.
fn short(records: &Records<'_>, first: usize, width: usize) -> Option<Short> {
    let (header, below) = records.all.split_first()?;
    let fits = first == 1
        && header.width() + 1 == width
        && below.iter().all(|record| record.width() == width && !record.faulty)
        && records.cells(header).iter().all(|cell| kind(records.text(cell)) == Kind::Text);
    if !fits {
        return None;
    }
    let column = |index: usize| {
        below.iter().filter_map(move |record| records.cells(record).get(index)).map(|cell| records.text(cell))
    };
    if column(width - 1).all(<[u8]>::is_empty) {
        return Some(Short::Trailing);
    }
    let texts = column(0).all(|text| kind(text) == Kind::Text);
    let numbered = (1..).zip(column(0)).all(|(row, text)| text == u64::to_string(&row).as_bytes());
    // Numbers with decimal commas in a file of one column look like two columns of digits.
    let whole = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let is_one_column = width == 2 && numbered && column(1).all(whole);
    let mut names: Vec<&[u8]> = column(0).collect();
    names.sort_unstable();
    let distinct = names.windows(2).all(|pair| pair[0] != pair[1]);
    ((texts || numbered) && distinct && !is_one_column).then_some(Short::RowNames)
}
