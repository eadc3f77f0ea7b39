//! One result against the exact one. Rows are found by their keys, whatever their order; of equal rows there must be as many.

use std::collections::HashMap;
use std::io::Read;

use csv::ByteRecord;

use crate::exact::{join, parts};
use crate::state::Kind;

/// Peers add floats one after another and in any order, so their sums and means differ from the exact ones by up to this, in
/// proportion above 1.
const TOLERANCE: f64 = 1e-9;

/// How far two ways to a root may be apart, in proportion: about ten units in the last place.
const ROOT_TOLERANCE: f64 = 2e-15;

struct Options {
    /// Exact values must be equal.
    exactly: bool,
    /// Rows must stand in the order of the exact result.
    ordered: bool,
    /// Of the result that was found.
    delimiter: u8,
}

/// The exact result: keys and values of its rows, one text each.
struct Table {
    kinds: Vec<Kind>,
    keys: Texts,
    values: Texts,
}

/// Many texts in one.
#[derive(Default)]
struct Texts {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

/// The first difference in words, or `None`.
pub(crate) fn run(words: &[String]) -> Result<Option<String>, String> {
    let (flags, paths): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| word.starts_with("--"));
    let has = |flag: &str| flags.iter().any(|one| *one == flag);
    let delimiter = flags.iter().find_map(|flag| flag.strip_prefix("--delimiter=")?.bytes().next());
    let delimiter = delimiter.unwrap_or(b',');
    let options = Options { exactly: has("--exactly"), ordered: has("--ordered"), delimiter };
    let [expected, found] = paths.as_slice() else {
        return Err("compare takes two files".to_owned());
    };
    let open = |path: &str| std::fs::File::open(path).map_err(|error| format!("{path}: {error}"));
    let table = Table::read(open(expected)?).map_err(|message| format!("{expected}: {message}"))?;
    table.compare(open(found)?, &options).map_err(|message| format!("{found}: {message}"))
}

impl Table {
    fn read(input: impl Read) -> Result<Self, String> {
        let mut reader = csv::Reader::from_reader(input);
        let kind = |name: &str| name.rsplit_once(':').and_then(|(_, kind)| Kind::named(kind));
        let headings = reader.headers().map_err(said)?;
        let kinds = headings.iter().map(kind).collect::<Option<Vec<_>>>().ok_or("a heading has no kind")?;
        let mut table = Table { kinds, keys: Texts::default(), values: Texts::default() };
        let (mut record, mut key, mut value) = (ByteRecord::new(), Vec::new(), Vec::new());
        while reader.read_byte_record(&mut record).map_err(said)? {
            table.split(&record, &mut key, &mut value);
            table.keys.push(&key);
            table.values.push(&value);
        }
        Ok(table)
    }

    /// The key of a record and its values.
    fn split(&self, record: &ByteRecord, key: &mut Vec<u8>, value: &mut Vec<u8>) {
        let cells = |wanted: bool| {
            let those =
                record.iter().zip(&self.kinds).filter(move |(_, kind)| (**kind == Kind::Key) == wanted);
            those.map(|(cell, _)| cell)
        };
        join(key, cells(true).map(canonical));
        join(value, cells(false));
    }

    fn compare(&self, input: impl Read, options: &Options) -> Result<Option<String>, String> {
        // Where a key first stands, and how many rows of it are still to come.
        let mut rows: HashMap<&[u8], (usize, usize)> = HashMap::with_capacity(self.keys.ends.len());
        for row in 0..self.keys.ends.len() {
            rows.entry(self.keys.get(row)).or_insert((row, 0)).1 += 1;
        }
        let kinds: Vec<Kind> = self.kinds.iter().copied().filter(|kind| *kind != Kind::Key).collect();
        let mut reader =
            csv::ReaderBuilder::new().flexible(true).delimiter(options.delimiter).from_reader(input);
        let (mut record, mut key, mut value) = (ByteRecord::new(), Vec::new(), Vec::new());
        let mut count = 0;
        while reader.read_byte_record(&mut record).map_err(said)? {
            let named = |key: &[u8]| String::from_utf8_lossy(key).replace('\u{1f}', ", ");
            if record.len() != self.kinds.len() {
                return Ok(Some(format!("row {count} has {} cells, not {}", record.len(), self.kinds.len())));
            }
            self.split(&record, &mut key, &mut value);
            let Some((row, left)) = rows.get_mut(key.as_slice()).filter(|(_, left)| *left > 0) else {
                return Ok(Some(format!("'{}' is not wanted, or comes too often", named(&key))));
            };
            *left -= 1;
            if options.ordered && self.keys.get(count) != key {
                return Ok(Some(format!("'{}' stands in row {count}", named(&key))));
            }
            let wanted = self.values.get(*row);
            for ((wanted, found), kind) in parts(wanted).zip(parts(&value)).zip(&kinds) {
                if !same(wanted, found, *kind, options.exactly) {
                    let [wanted, found] = [wanted, found].map(String::from_utf8_lossy);
                    return Ok(Some(format!("'{}' has {found} instead of {wanted}", named(&key))));
                }
            }
            count += 1;
        }
        let all = self.keys.ends.len();
        Ok((count < all).then(|| format!("{} of {all} rows are missing", all - count)))
    }
}

impl Texts {
    fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len());
    }

    fn get(&self, at: usize) -> &[u8] {
        let begin = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[begin..self.ends[at]]
    }
}

/// A decimal without zeros at its end, so that 7.0 and 7 are the same; other text as it is.
fn canonical(cell: &[u8]) -> &[u8] {
    let digits = cell.strip_prefix(b"-").unwrap_or(cell);
    let Some(point) = digits.iter().position(|byte| *byte == b'.') else { return cell };
    let number =
        point > 0 && digits.iter().enumerate().all(|(at, byte)| at == point || byte.is_ascii_digit());
    if !number {
        return cell;
    }
    let kept = cell.iter().rposition(|byte| *byte != b'0').map_or(0, |last| last + 1);
    cell[..kept].strip_suffix(b".").unwrap_or(&cell[..kept])
}

/// Whether a value is the wanted one. What has no value is empty, or, for peers, not a number.
fn same(wanted: &[u8], found: &[u8], kind: Kind, exactly: bool) -> bool {
    let (exact, found) = (canonical(wanted), canonical(found));
    if exact == found {
        return true;
    }
    let [exact, found] =
        [exact, found].map(|text| str::from_utf8(text).ok().and_then(|text| text.parse::<f64>().ok()));
    match (exact, found) {
        (None, Some(found)) => wanted.is_empty() && found.is_nan() && !exactly,
        (Some(exact), Some(found)) if exactly => match kind {
            Kind::Key | Kind::Exact => false,
            Kind::Double => exact == found,
            Kind::Root => (exact - found).abs() <= ROOT_TOLERANCE * exact.abs(),
        },
        (Some(exact), Some(found)) => (exact - found).abs() <= TOLERANCE * exact.abs().max(1.0),
        _ => false,
    }
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: &str = "k:key,sum:exact,mean:double,sd:root\na,1.50,0.1,1.4142135623730951\nb,7,2.0,\n";

    fn difference(wanted: &str, found: &str, exactly: bool, ordered: bool) -> Option<String> {
        let table = Table::read(wanted.as_bytes()).unwrap();
        table.compare(found.as_bytes(), &Options { exactly, ordered, delimiter: b',' }).unwrap()
    }

    #[test]
    fn the_same_values_in_other_words() {
        for found in [
            "k,x,y,z\nb,7.0,2,\na,1.5,0.1,1.414213562373095\n",
            "k,x,y,z\na,1.5,0.10,1.4142135623730951\nb,7,2e0,\n",
        ] {
            assert_eq!(difference(WANTED, found, true, false), None, "{found}");
            assert_eq!(difference(WANTED, found, false, false), None, "{found}");
        }
        let near = "k,x,y,z\nb,7.000000001,2,NaN\na,1.5,0.1000000001,1.4142135624\n";
        assert_eq!(difference(WANTED, near, false, false), None);
    }

    #[test]
    fn differences_are_found() {
        for (found, exactly) in [
            ("k,x,y,z\na,1.5,0.1,1.4142135623730951\n", false),
            ("k,x,y,z\na,1.5,0.1,1.4142135623730951\na,1.5,0.1,1.4142135623730951\n", false),
            ("k,x,y,z\na,1.5,0.1,1.4142135623730951\nc,7,2,\n", false),
            ("k,x,y,z\na,1.5,0.1,1.4142135623730951\nb,7,2\n", false),
            ("k,x,y,z\na,1.5,0.1,1.4142135623730951\nb,7.00000001,2,\n", false),
            ("k,x,y,z\na,1.5,0.1,1.4142135623730951\nb,7,2,0\n", false),
            ("k,x,y,z\na,1.5,0.1,1.4142135623730951\nb,x,2,\n", false),
            ("k,x,y,z\na,1.5,0.1,1.4142135623730951\nb,7,2,NaN\n", true),
            ("k,x,y,z\na,1.5000000001,0.1,1.4142135623730951\nb,7,2,\n", true),
            ("k,x,y,z\na,1.5,0.10000000000000002,1.4142135623730951\nb,7,2,\n", true),
            ("k,x,y,z\na,1.5,0.1,1.41421356237\nb,7,2,\n", true),
        ] {
            assert!(difference(WANTED, found, exactly, false).is_some(), "{found}");
        }
    }

    #[test]
    fn equal_rows_are_counted_and_order_is_seen() {
        let wanted = "a:key,b:key\n1,x\n2.50,y\n1,x\n";
        assert_eq!(difference(wanted, "a,b\n1,x\n2.5,y\n1,x\n", true, true), None);
        assert_eq!(difference(wanted, "a,b\n1,x\n1,x\n2.5,y\n", true, false), None);
        assert!(difference(wanted, "a,b\n1,x\n1,x\n2.5,y\n", true, true).is_some());
        assert!(difference(wanted, "a,b\n1,x\n2.5,y\n2.5,y\n", true, false).is_some());
        assert!(difference(wanted, "a,b\n1,x\n2.5,y\n", true, false).is_some());
    }
}
